//! Where to read on: committed offsets, auto.offset.reset, seek().

use std::collections::BTreeMap;

use super::{Ask, Consumer};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::{COORDINATOR, DATA};
use crate::kafka::config::{BY_DURATION, iso_duration};
use crate::kafka::{
    Body, Cx, ErrorCode, Fetcher, LeaderEpoch, MoveWhy, Note, Offset, OffsetSpec, Partition, SeekTo, Why,
};

/// What is known of a partition's position.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// The coordinator is asked for the committed offset.
    #[default]
    Unknown,
    /// The leader is asked. `policy`: auto.offset.reset wanted it, else a seek().
    Lookup { spec: OffsetSpec, policy: Option<&'static str> },
    /// Here.
    At(Offset),
    /// The position is out of range, and auto.offset.reset is none.
    Nowhere,
    /// There is no committed offset, and auto.offset.reset is none.
    NeverCommitted,
    /// What was read here is no longer in the log, and auto.offset.reset is none.
    Truncated,
}

/// An assigned partition.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
    pub place: Place,
    /// Leader epoch of the last record delivered; -1 = none yet.
    pub epoch: LeaderEpoch,
    /// Leadership whose log was asked and still had what was read; -1 = none.
    pub proven: LeaderEpoch,
    /// Committed, as far as this consumer knows; -1 = not.
    pub committed: Offset,
    /// The round of assignments that brought it.
    pub since: u64,
    /// It is not fetched before this time, because the last fetch of it failed.
    pub rests: Micros,
}

impl Default for Slot {
    fn default() -> Self {
        let none = LeaderEpoch(-1);
        let committed = Offset::NONE;
        Self { place: Place::Unknown, epoch: none, proven: none, committed, since: 0, rests: Micros::ZERO }
    }
}

impl Slot {
    pub const fn position(&self) -> Option<Offset> {
        match self.place {
            Place::At(offset) => Some(offset),
            _ => None,
        }
    }
}

impl Consumer {
    /// Asks for positions that are not known, if the application polls.
    pub(super) fn look_up_positions(&mut self, cx: &mut Cx<'_>) {
        if self.polling() && self.may_read() {
            if self.client.groupless {
                self.begin_without_commits(cx);
            }
            self.fetch_committed(cx);
            self.list_offsets(cx);
            self.prove_positions(cx);
        }
    }

    /// Without a group there is no committed offset to be asked for.
    fn begin_without_commits(&mut self, cx: &Cx<'_>) {
        let unknown = self.client.slots.iter().filter(|(_, slot)| slot.place == Place::Unknown);
        for partition in unknown.map(|(p, _)| *p).collect::<Vec<_>>() {
            self.reset(cx, partition);
        }
    }

    fn fetch_committed(&mut self, cx: &mut Cx<'_>) {
        let unknown = self.client.slots.iter().filter(|(_, slot)| slot.place == Place::Unknown);
        let partitions: Vec<Partition> = unknown.map(|(p, _)| *p).collect();
        let Some(to) = self.client.coordinator else { return };
        let round = self.client.round;
        if partitions.is_empty()
            || self.asking(|ask| matches!(ask, Ask::Committed { round: r } if *r == round))
            || !self.client.backoffs.committed.ready(cx)
        {
            return;
        }
        let body = Body::OffsetFetch {
            group: self.spec.group,
            member: self.fetches_as(),
            partitions,
            require_stable: self.requires_stable(),
        };
        self.ask(cx, to, COORDINATOR, false, body, Ask::Committed { round });
    }

    pub(super) fn on_offsets(
        &mut self,
        cx: &mut Cx<'_>,
        round: u64,
        error: ErrorCode,
        offsets: &[(Partition, Option<Offset>, LeaderEpoch)],
    ) {
        self.coordinator_gone(cx, error);
        if error != ErrorCode::None {
            return self.client.backoffs.committed.fail(cx, &self.spec.configs);
        }
        self.client.backoffs.committed.reset();
        for &(partition, offset, epoch) in offsets {
            if !self.still_held(partition, round) {
                continue; // about an earlier assignment
            }
            let Some(slot) = self.client.slots.get_mut(&partition) else { continue };
            if slot.place != Place::Unknown {
                continue; // a seek() was quicker
            }
            match offset {
                Some(to) => {
                    let since = slot.since;
                    *slot = Slot { place: Place::At(to), epoch, committed: to, since, ..Slot::default() };
                    let why = MoveWhy::Committed;
                    cx.note(Note::PositionMoved { consumer: cx.me(), partition, to, why });
                }
                None => self.reset(cx, partition),
            }
        }
    }

    /// auto.offset.reset decides.
    pub(super) fn reset(&mut self, cx: &Cx<'_>, partition: Partition) {
        let policy = self.spec.configs.get("auto.offset.reset");
        let ago = policy.strip_prefix(BY_DURATION).and_then(iso_duration);
        let fresh = self.client.slots.get(&partition).is_some_and(|slot| slot.place == Place::Unknown);
        let place = match policy {
            "none" if fresh => Place::NeverCommitted,
            "earliest" => Place::Lookup { spec: OffsetSpec::Earliest, policy: Some("earliest") },
            "none" => Place::Nowhere,
            _ if ago.is_some() => {
                let since = cx.now().since(ago.unwrap_or_default());
                Place::Lookup { spec: OffsetSpec::Timestamp(since), policy: Some("by_duration") }
            }
            _ => Place::Lookup { spec: OffsetSpec::Latest, policy: Some("latest") },
        };
        if let Some(slot) = self.client.slots.get_mut(&partition) {
            slot.place = place;
        }
    }

    fn list_offsets(&mut self, cx: &mut Cx<'_>) {
        let mut asked: BTreeMap<NodeId, Vec<(Partition, LeaderEpoch, OffsetSpec)>> = BTreeMap::new();
        let mut leaderless = false;
        for (&partition, slot) in &self.client.slots {
            let Place::Lookup { spec, .. } = slot.place else { continue };
            match self.client.metadata.leader(partition) {
                Some(leader) => {
                    let epoch = self.client.metadata.epoch(partition);
                    asked.entry(leader).or_default().push((partition, epoch, spec));
                }
                None => leaderless = true,
            }
        }
        if leaderless {
            self.want_metadata(Why::Unknown);
        }
        if asked.is_empty() || !self.client.backoffs.lookup.ready(cx) {
            return;
        }
        let round = self.client.round;
        for (to, partitions) in asked {
            let waiting = |(_, node, ask): (_, NodeId, &Ask)| {
                node == to && matches!(ask, Ask::Lookup { round: r, .. } if *r == round)
            };
            if !self.client.requests.iter().any(waiting) && self.client.requests.ready(cx, to, DATA) {
                let asked = partitions.iter().map(|(p, _, spec)| (*p, *spec)).collect();
                let body = Body::ListOffsets { who: Fetcher::Consumer(self.isolation()), partitions };
                self.ask(cx, to, DATA, false, body, Ask::Lookup { round, asked });
            }
        }
    }

    pub(super) fn on_listed(
        &mut self,
        cx: &mut Cx<'_>,
        round: u64,
        asked: &[(Partition, OffsetSpec)],
        results: &[(Partition, ErrorCode, Offset)],
    ) {
        let mut failed = false;
        for &(partition, error, to) in results {
            if !self.still_held(partition, round) {
                continue;
            }
            let Some(slot) = self.client.slots.get_mut(&partition) else { continue };
            let Place::Lookup { spec, policy } = slot.place else { continue };
            if !asked.contains(&(partition, spec)) {
                continue; // another seek() came meanwhile
            }
            if error != ErrorCode::None {
                failed = true;
                self.client.metadata.forget_leader(partition);
                continue;
            }
            if to == Offset::NONE {
                // no record is that young: the end
                if spec != OffsetSpec::Latest {
                    slot.place = Place::Lookup { spec: OffsetSpec::Latest, policy };
                }
                continue;
            }
            slot.place = Place::At(to);
            let consumer = cx.me();
            let why = if policy.is_some() { MoveWhy::Reset } else { MoveWhy::Seek };
            if let Some(policy) = policy {
                cx.note(Note::OffsetReset { consumer, partition, policy, to });
            }
            cx.note(Note::PositionMoved { consumer, partition, to, why });
        }
        if failed {
            self.client.backoffs.lookup.fail(cx, &self.spec.configs);
            self.want_metadata(Why::Error);
        } else {
            self.client.backoffs.lookup.reset();
        }
    }

    /// seek(): now if the partition is assigned, after the assignment if one is under way, else an error.
    pub(super) fn seek(&mut self, cx: &mut Cx<'_>, partition: Partition, to: SeekTo) {
        if !self.may_read() {
            return self.client.seeks.push((partition, to));
        }
        if matches!(to, SeekTo::Offset(offset) if offset.0 < 0) {
            let librdkafka = self.librdkafka();
            let error = if librdkafka { ErrorCode::LocalInvalidArg } else { ErrorCode::IllegalArgument };
            return self.refuse_call(cx, error);
        }
        let Some(slot) = self.client.slots.get_mut(&partition) else {
            return self.refuse_call(cx, ErrorCode::InvalidRequest);
        };
        self.client.completed.retain(|fetched| fetched.partition != partition);
        let ask = |spec| Place::Lookup { spec, policy: None };
        slot.place = match to {
            SeekTo::Offset(offset) => Place::At(offset),
            SeekTo::Earliest => ask(OffsetSpec::Earliest),
            SeekTo::Latest => ask(OffsetSpec::Latest),
            SeekTo::Timestamp(time) => ask(OffsetSpec::Timestamp(time)),
        };
        if let Place::At(to) = slot.place {
            slot.epoch = LeaderEpoch(-1);
            cx.note(Note::PositionMoved { consumer: cx.me(), partition, to, why: MoveWhy::Seek });
        }
        self.resume_after_seek(cx);
    }

    /// Seeks that waited for this assignment.
    pub(super) fn apply_seeks(&mut self, cx: &mut Cx<'_>) {
        for (partition, to) in std::mem::take(&mut self.client.seeks) {
            self.seek(cx, partition, to);
        }
    }
}
