//! Committed offsets: OffsetCommit, OffsetFetch and an admin's reset.

use super::group::{Committed, Group, Parked};
use super::state::{Desk, Wrote, as_coordinator_error};
use crate::kafka::{
    Body, ErrorCode, Generation, Internal, LeaderEpoch, MemberId, Note, Offset, OffsetRecord, Partition,
};

/// The same answer for every partition.
pub(super) fn commit_refused(partitions: impl Iterator<Item = Partition>, error: ErrorCode) -> Body {
    Body::OffsetsCommitted { results: partitions.map(|p| (p, error)).collect() }
}

impl Group {
    /// An OffsetCommit: refused at once, or answered when it is replicated.
    pub(super) fn commit(
        &mut self,
        desk: &mut Desk<'_>,
        parked: Parked,
        (member, instance): (Option<MemberId>, Option<&str>),
        generation: Generation,
        offsets: &[(Partition, Offset, LeaderEpoch)],
    ) {
        let partitions = || offsets.iter().map(|(p, _, _)| *p);
        if let Err(error) = self.check_commit((member, instance), generation, false) {
            return desk.reply(parked, commit_refused(partitions(), error));
        }
        let now = desk.now();
        if let Some(id) = member {
            self.touch(now, id);
        }
        let image = desk.host.image();
        let exists = |p: Partition| p.index < image.partition_count(p.topic);
        let refused = partitions().filter(|p| !exists(*p)).map(|p| (p, ErrorCode::UnknownTopicOrPartition));
        let refused: Vec<(Partition, ErrorCode)> = refused.collect();
        let known: Vec<(Partition, Committed)> = offsets
            .iter()
            .filter(|(p, _, _)| exists(*p))
            .map(|&(p, offset, leader_epoch)| (p, Committed { offset, leader_epoch, at: now }))
            .collect();
        if known.is_empty() {
            return desk.reply(parked, Body::OffsetsCommitted { results: refused });
        }
        if let Err(error) = self.write_offsets(desk, Some(parked), known, refused) {
            desk.reply(parked, commit_refused(partitions(), as_coordinator_error(error)));
        }
    }

    /// An admin's reset of a group without members.
    pub(super) fn reset(
        &mut self,
        desk: &mut Desk<'_>,
        offsets: &[(Partition, Offset)],
    ) -> Result<(), ErrorCode> {
        self.check_commit((None, None), Generation(-1), false)?;
        let (leader_epoch, at) = (LeaderEpoch(-1), desk.now());
        let offsets: Vec<(Partition, Committed)> =
            offsets.iter().map(|&(p, offset)| (p, Committed { offset, leader_epoch, at })).collect();
        if offsets.is_empty() {
            return Ok(());
        }
        self.write_offsets(desk, None, offsets, Vec::new()).map_err(as_coordinator_error)
    }

    fn write_offsets(
        &self,
        desk: &mut Desk<'_>,
        reply: Option<Parked>,
        offsets: Vec<(Partition, Committed)>,
        refused: Vec<(Partition, ErrorCode)>,
    ) -> Result<(), ErrorCode> {
        let say = |&(partition, committed): &(Partition, Committed)| {
            Internal::Offset(OffsetRecord {
                group: self.id,
                partition,
                offset: Some(committed.offset),
                leader_epoch: committed.leader_epoch,
            })
        };
        let says = offsets.iter().map(say).collect();
        desk.append(self.id, says, Wrote::Offsets { reply, offsets, refused })
    }

    /// The offsets are replicated (or not): now they count, and whoever committed them hears it.
    pub(super) fn offsets_written(
        &mut self,
        desk: &mut Desk<'_>,
        reply: Option<Parked>,
        offsets: &[(Partition, Committed)],
        refused: Vec<(Partition, ErrorCode)>,
        written: Result<(), ErrorCode>,
    ) {
        let error = written.err().map_or(ErrorCode::None, as_coordinator_error);
        if written.is_ok() {
            for &(partition, committed) in offsets {
                self.offsets.insert(partition, committed);
                let (group, offset) = (self.id, committed.offset);
                desk.host.note(Note::OffsetCommitted { group, partition, offset });
            }
        }
        match reply {
            Some(parked) => {
                let results = offsets.iter().map(|(p, _)| (*p, error)).chain(refused).collect();
                desk.reply(parked, Body::OffsetsCommitted { results });
            }
            None if error != ErrorCode::None => desk.host.note(Note::AdminRefused { error }),
            None => {}
        }
    }

    /// Whether a member may ask for committed offsets; one that does not say who it is may.
    pub(super) fn check_fetch(&self, member: Option<(MemberId, Generation)>) -> ErrorCode {
        match (&self.consumer, member) {
            (_, None) => ErrorCode::None,
            (Some(group), Some((id, epoch))) => group.check_epoch(Some(id), epoch),
            (None, Some((id, generation))) => self.identify(id, None, generation).err().unwrap_or_default(),
        }
    }

    /// What OffsetFetch says of these partitions.
    pub(super) fn committed(
        &self,
        partitions: &[Partition],
    ) -> Vec<(Partition, Option<Offset>, LeaderEpoch)> {
        let say = |p: &Partition| match self.offsets.get(p) {
            Some(committed) => (*p, Some(committed.offset), committed.leader_epoch),
            None => (*p, None, LeaderEpoch(-1)),
        };
        partitions.iter().map(say).collect()
    }
}
