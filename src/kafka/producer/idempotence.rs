//! Sequence numbers: who gets which, what a gap means, and how the client goes on after one (`TransactionManager`, KIP-360).

use super::{Draft, Pending, Producer};
use crate::kafka::{Cx, Note, Partition, ProducerEpoch, ProducerId, Sequence, Stamp};

/// How far a partition is numbered.
#[derive(Clone, Copy, Debug)]
pub(super) struct Numbering {
    id: ProducerId,
    epoch: ProducerEpoch,
    /// The number that the next new record gets.
    pub next: Sequence,
    /// The last number that was acknowledged.
    acked: Option<Sequence>,
}

impl Numbering {
    const fn begin((id, epoch): (ProducerId, ProducerEpoch)) -> Self {
        Self { id, epoch, next: Sequence(0), acked: None }
    }

    /// The number after the last that was acknowledged.
    fn expected(&self) -> Sequence {
        self.acked.map_or(Sequence(0), |last| last.plus(1))
    }
}

impl Producer {
    /// Gives a batch that leaves for the first time its numbers.
    pub(super) fn stamp(&mut self, p: Partition, draft: &mut Draft) {
        let Some(identity) = self.vol.identity.filter(|_| self.idempotent() && draft.stamp.is_none()) else {
            return;
        };
        let stale = self.is_stale(p);
        let numbering = self.vol.numbering.entry(p).or_insert(Numbering::begin(identity));
        if stale {
            *numbering = Numbering::begin(identity);
        }
        draft.stamp = Some(Stamp { id: numbering.id, epoch: numbering.epoch, first: numbering.next });
        numbering.next = numbering.next.plus(draft.count());
    }

    /// Whether a partition still counts in an epoch that is over.
    fn is_stale(&self, p: Partition) -> bool {
        self.vol.numbering.get(&p).is_some_and(|n| Some((n.id, n.epoch)) != self.vol.identity)
    }

    /// Whether a batch of this partition has numbers and no outcome.
    fn has_numbered(&self, p: Partition) -> bool {
        let waits = self.vol.queues.get(&p).is_some_and(|queue| queue.iter().any(|d| d.stamp.is_some()));
        waits || self.in_flight().any(|(_, at, _)| at == p)
    }

    /// A new batch waits while the fate of an earlier one is open or an old epoch is not finished; a batch that was sent before waits until
    /// it is the lowest number without an outcome.
    pub(super) fn must_wait_for_numbers(&self, p: Partition, front: &Draft) -> bool {
        let Some(mine) = front.stamp else {
            return self.vol.unresolved.contains_key(&p) || self.is_stale(p) && self.has_numbered(p);
        };
        let lower = |stamp: Stamp| stamp.first < mine.first;
        self.in_flight().any(|(_, at, draft)| at == p && draft.stamp.is_some_and(lower))
    }

    /// A batch was acknowledged.
    pub(super) fn number_acked(&mut self, p: Partition, draft: &Draft) {
        if let (Some(stamp), Some(numbering)) = (draft.stamp, self.vol.numbering.get_mut(&p)) {
            let last = stamp.first.plus(draft.count() - 1);
            numbering.acked = Some(numbering.acked.map_or(last, |before| before.max(last)));
        }
    }

    /// A batch was given up after it had been sent: the broker may have it or not.
    pub(super) fn number_unresolved(&mut self, p: Partition, draft: &Draft) {
        if let Some(stamp) = draft.stamp {
            let after = stamp.first.plus(draft.count());
            let known = self.vol.unresolved.entry(p).or_insert(after);
            *known = (*known).max(after);
        }
    }

    /// A batch was refused for good, so its numbers are missing in the log.
    pub(super) fn number_missing(&mut self, p: Partition, draft: &Draft) {
        if draft.stamp.is_some() {
            self.vol.gaps.insert(p);
        }
    }

    /// OUT_OF_ORDER_SEQUENCE_NUMBER: if an earlier batch is open, it will come, so this one is sent again as it is. If this is the next
    /// one, or the one after a batch of unknown fate, there is a real gap.
    pub(super) fn number_out_of_order(&mut self, p: Partition, draft: &Draft) {
        let Some(stamp) = draft.stamp else { return };
        let next = self.vol.numbering.get(&p).is_none_or(|n| n.expected() == stamp.first);
        let gap = match self.vol.unresolved.get(&p) {
            None => next && !draft.renumbered,
            Some(after) => *after == stamp.first,
        };
        if gap {
            self.vol.gaps.insert(p);
        }
    }

    /// Partitions whose open fates are settled go on; those with a gap begin again in a new epoch.
    pub(super) fn settle_numbers(&mut self, cx: &mut Cx<'_>) {
        let open: Vec<Partition> = self.vol.unresolved.keys().copied().collect();
        for p in open.into_iter().filter(|p| !self.has_numbered(*p)).collect::<Vec<_>>() {
            self.vol.unresolved.remove(&p);
            if self.vol.numbering.get(&p).is_some_and(|n| n.expected() != n.next) {
                self.vol.gaps.insert(p);
            }
        }
        if !self.vol.gaps.is_empty() && self.transactional_id().is_some() {
            self.gap_in_transaction(cx);
        } else if !self.vol.gaps.is_empty() && self.vol.identity.is_some() {
            self.bump_epoch(cx);
        }
    }

    /// Raises the epoch without asking anybody; after the last one a new producer id is needed. Other partitions follow when nothing of
    /// the old epoch is out.
    fn bump_epoch(&mut self, cx: &mut Cx<'_>) {
        let Some((id, epoch)) = self.vol.identity else { return };
        let gaps = std::mem::take(&mut self.vol.gaps);
        let identity = (epoch.0 < i16::MAX).then(|| (id, ProducerEpoch(epoch.0 + 1)));
        self.vol.identity = identity;
        if let Some((pid, epoch)) = identity {
            cx.note(Note::ProducerIdAssigned { client: cx.me(), pid, epoch });
        }
        for p in gaps {
            self.vol.unresolved.remove(&p);
            self.vol.numbering.remove(&p);
            let next = self.renumber(p, identity);
            if let Some(identity) = identity {
                self.vol.numbering.insert(p, Numbering { next, ..Numbering::begin(identity) });
            }
        }
    }

    /// Numbers everything of a partition that has numbers from 0, in the old order; without an identity it loses them.
    fn renumber(&mut self, p: Partition, identity: Option<(ProducerId, ProducerEpoch)>) -> Sequence {
        let out = self.vol.requests.iter_mut().filter_map(|pending| match pending {
            Pending::Produce(drafts) => Some(drafts.iter_mut()),
            Pending::Metadata | Pending::ProducerId | Pending::Transaction(_) => None,
        });
        let out = out.flatten().filter(|(at, _)| *at == p).map(|(_, draft)| draft);
        let waiting = self.vol.queues.get_mut(&p).into_iter().flatten();
        let mut drafts: Vec<&mut Draft> = out.chain(waiting).filter(|draft| draft.stamp.is_some()).collect();
        drafts.sort_by_key(|draft| draft.stamp.map(|stamp| stamp.first));
        let mut next = Sequence(0);
        for draft in drafts {
            draft.stamp = identity.map(|(id, epoch)| Stamp { id, epoch, first: next });
            draft.renumbered = true;
            next = next.plus(draft.count());
        }
        next
    }
}
