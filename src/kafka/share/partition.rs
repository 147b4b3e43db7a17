//! A share-partition as the partition's leader has it in memory (`SharePartition`): which record is in which state, for one group.

use std::collections::BTreeMap;

use super::super::{Batch, ErrorCode, LeaderEpoch, MemberId, Offset};
use super::{AckRange, AckType, Acquired, DeliveryState, ShareState, StateBatch};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};

/// A record of the window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InFlight {
    /// Its state.
    pub state: DeliveryState,
    /// How often it was delivered.
    pub deliveries: u16,
    /// Who has it, and until when its lock holds.
    pub lock: Option<(MemberId, Micros)>,
    /// The state that it gets once that is stored, and the write that stores it.
    next: Option<(u64, DeliveryState)>,
}

/// Settings of the group.
#[derive(Clone, Copy, Debug)]
pub struct Terms {
    /// `group.share.record.lock.duration.ms`.
    pub lock: Micros,
    /// `group.share.delivery.count.limit`.
    pub deliveries: u16,
    /// `group.share.partition.max.record.locks`.
    pub locks: u64,
}

/// The window of a group in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SharePartition {
    /// The leadership that it was set up in.
    pub leader_epoch: LeaderEpoch,
    start: Offset,
    end: Offset,
    records: BTreeMap<Offset, InFlight>,
}

impl SharePartition {
    /// A window as it was stored. `start` is where it begins if that was never stored.
    #[must_use]
    pub fn restore(stored: &ShareState, start: Offset, leader_epoch: LeaderEpoch) -> Self {
        let start = if stored.start == Offset::NONE { start } else { stored.start };
        let mut shares = Self { leader_epoch, start, end: start, records: BTreeMap::new() };
        for batch in &stored.batches {
            for offset in (batch.first.0..=batch.last.0).map(Offset).filter(|offset| *offset >= start) {
                let fresh =
                    InFlight { state: batch.state, deliveries: batch.deliveries, lock: None, next: None };
                shares.records.insert(offset, fresh);
                shares.end = shares.end.max(offset.plus(1));
            }
        }
        // What was acquired and nothing else is not stored: to this leader it was never delivered (`SharePartition.maybeInitialize`).
        let fresh = InFlight { state: DeliveryState::Available, deliveries: 0, lock: None, next: None };
        for offset in (start.0..shares.end.0).map(Offset) {
            shares.records.entry(offset).or_insert(fresh);
        }
        shares.advance();
        shares
    }

    /// Start offset (SPSO): everything below is done.
    #[must_use]
    pub const fn start(&self) -> Offset {
        self.start
    }

    /// End offset (SPEO): nothing from here on was ever delivered.
    #[must_use]
    pub const fn end(&self) -> Offset {
        self.end
    }

    /// A record of the window.
    #[must_use]
    pub fn record(&self, offset: Offset) -> Option<&InFlight> {
        self.records.get(&offset)
    }

    /// Records of the window, in order.
    pub fn records(&self) -> impl Iterator<Item = (Offset, &InFlight)> {
        self.records.iter().map(|(offset, record)| (*offset, record))
    }

    /// Number of records that somebody has.
    #[must_use]
    pub fn acquired(&self) -> usize {
        self.records.values().filter(|record| record.state == DeliveryState::Acquired).count()
    }

    /// Where the next fetch reads: the first record that is available again, else the end.
    #[must_use]
    pub fn next_fetch(&self) -> Offset {
        let free = |record: &InFlight| record.state == DeliveryState::Available;
        self.records.iter().find(|(_, record)| free(record)).map_or(self.end, |(offset, _)| *offset)
    }

    /// Whether the window is as long as it may be: nothing new comes into it.
    fn is_full(&self, terms: Terms) -> bool {
        u64::try_from(self.end.0 - self.start.0).unwrap_or(0) >= terms.locks
    }

    /// Whether a fetch could bring anything: something is available again, or the window may grow.
    #[must_use]
    pub fn can_acquire(&self, terms: Terms) -> bool {
        self.next_fetch() != self.end || !self.is_full(terms)
    }

    /// A member gets what is available of these batches: whole batches until it has `most` records, and nothing new once the window is full.
    pub fn acquire(
        &mut self,
        member: MemberId,
        batches: &[Batch],
        most: u64,
        now: Micros,
        terms: Terms,
    ) -> Vec<Acquired> {
        let lock = Some((member, now + terms.lock));
        let mut taken: Vec<(Offset, DeliveryState, u16)> = Vec::new();
        self.archive_stale(batches);
        for batch in batches {
            if u64::try_from(taken.len()).unwrap_or(u64::MAX) >= most {
                break;
            }
            for (offset, record) in self.records.range_mut(batch.base..batch.end()) {
                if record.state == DeliveryState::Available {
                    let deliveries = record.deliveries.saturating_add(1);
                    *record = InFlight { state: DeliveryState::Acquired, deliveries, lock, next: None };
                    taken.push((*offset, record.state, deliveries));
                }
            }
            if batch.end() > self.end {
                if self.is_full(terms) {
                    break;
                }
                for offset in (self.end.max(batch.base).0..batch.end().0).map(Offset) {
                    let fresh = InFlight { state: DeliveryState::Acquired, deliveries: 1, lock, next: None };
                    self.records.insert(offset, fresh);
                    taken.push((offset, fresh.state, 1));
                }
                self.end = batch.end();
            }
        }
        let ranges = StateBatch::join(taken.into_iter());
        ranges
            .into_iter()
            .map(|b| Acquired { first: b.first, last: b.last, deliveries: b.deliveries })
            .collect()
    }

    /// What is available and not in the log any more, for it was compacted away: nobody will ever get it (`maybeArchiveStaleBatches`).
    /// That is not stored: the next leader finds out for itself.
    fn archive_stale(&mut self, batches: &[Batch]) {
        let (from, first) = (self.next_fetch(), batches.first().map(|batch| batch.base));
        let Some(first) = first.filter(|base| *base > from) else { return };
        for (_, record) in self.records.range_mut(from..first) {
            if record.state == DeliveryState::Available {
                record.state = DeliveryState::Archived;
            }
        }
    }

    /// A member says how it is done with records. What is to be stored; the states change when it is ([`Self::stored`]).
    ///
    /// # Errors
    /// `INVALID_RECORD_STATE`: one of them is not this member's (any more); then nothing happens to any of them.
    pub fn acknowledge(
        &mut self,
        member: MemberId,
        ranges: &[AckRange],
        token: u64,
        now: Micros,
        terms: Terms,
    ) -> Result<Vec<StateBatch>, ErrorCode> {
        let start = self.start;
        let each = || {
            ranges.iter().flat_map(|range| {
                (range.first.0..=range.last.0).map(Offset).map(move |offset| (offset, range.how))
            })
        };
        let own = |offset: &Offset| {
            let record = self.records.get(offset);
            record.is_some_and(|record| record.is_held_by(member) && record.next.is_none())
        };
        if each().any(|(offset, _)| offset >= start && !own(&offset)) {
            return Err(ErrorCode::InvalidRecordState);
        }
        let mut wanted = BTreeMap::new();
        for (offset, how) in each() {
            let Some(record) = self.records.get_mut(&offset) else { continue };
            let to = match how {
                AckType::Accept => DeliveryState::Acknowledged,
                AckType::Reject | AckType::Gap => DeliveryState::Archived,
                AckType::Release => record.freed(terms),
                AckType::Renew => {
                    record.lock = Some((member, now + terms.lock));
                    continue;
                }
            };
            record.next = Some((token, to));
            wanted.insert(offset, (to, record.deliveries));
        }
        Ok(joined(&wanted))
    }

    /// The session of a member is over: everything it has is to be free again. What is to be stored, as with [`Self::acknowledge`].
    pub fn release(&mut self, member: MemberId, token: u64, terms: Terms) -> Vec<StateBatch> {
        let mut wanted = BTreeMap::new();
        for (offset, record) in &mut self.records {
            if record.is_held_by(member) && record.next.is_none() {
                let to = record.freed(terms);
                record.next = Some((token, to));
                wanted.insert(*offset, (to, record.deliveries));
            }
        }
        joined(&wanted)
    }

    /// A write succeeded: what it stored is so from now on. Or it failed: everything stays as it was. Gives what changed.
    pub fn stored(&mut self, token: u64, success: bool) -> Vec<StateBatch> {
        let mut changed = BTreeMap::new();
        for (offset, record) in &mut self.records {
            let Some((_, to)) = record.next.filter(|(of, _)| *of == token) else { continue };
            record.next = None;
            if success {
                (record.state, record.lock) = (to, None);
                changed.insert(*offset, (to, record.deliveries));
            }
        }
        joined(&changed)
    }

    /// Locks that have run out: the records are free again, or archived if they were delivered as often as they may be. That is so at
    /// once; it is to be stored all the same.
    pub fn expire(&mut self, now: Micros, terms: Terms) -> Vec<StateBatch> {
        let mut changed = BTreeMap::new();
        for (offset, record) in &mut self.records {
            let over = record.lock.is_some_and(|(_, until)| until <= now) && record.next.is_none();
            if over {
                (record.state, record.lock) = (record.freed(terms), None);
                changed.insert(*offset, (record.state, record.deliveries));
            }
        }
        joined(&changed)
    }

    /// Moves the start over everything that is done.
    pub fn advance(&mut self) {
        while let Some(first) = self.records.first_entry()
            && first.get().state.is_final()
            && first.get().next.is_none()
        {
            first.remove();
        }
        let next = self.records.first_key_value().map_or(self.end, |(offset, _)| *offset);
        self.start = self.start.max(next);
    }

    /// The log begins here now: what lay before is gone.
    pub fn raise_start(&mut self, log_start: Offset) {
        if log_start > self.start {
            self.records = self.records.split_off(&log_start);
            self.start = log_start;
            self.end = self.end.max(log_start);
        }
    }

    /// When the next lock runs out.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Micros> {
        let waits = |record: &&InFlight| record.next.is_none();
        self.records.values().filter(waits).filter_map(|record| record.lock.map(|(_, until)| until)).min()
    }
}

impl InFlight {
    /// Whether this member has it.
    #[must_use]
    pub fn is_held_by(&self, member: MemberId) -> bool {
        self.state == DeliveryState::Acquired && self.lock.is_some_and(|(by, _)| by == member)
    }

    /// What it becomes when nobody has it any more.
    fn freed(&self, terms: Terms) -> DeliveryState {
        if self.deliveries >= terms.deliveries && !mutant::on(Mutant::DeliversForever) {
            DeliveryState::Archived
        } else {
            DeliveryState::Available
        }
    }
}

fn joined(records: &BTreeMap<Offset, (DeliveryState, u16)>) -> Vec<StateBatch> {
    StateBatch::join(records.iter().map(|(offset, (state, deliveries))| (*offset, *state, *deliveries)))
}
