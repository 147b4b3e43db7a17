//! Fetching: one request to each broker at a time, and only for partitions without fetched records in the
//! buffer.

use std::collections::{BTreeMap, VecDeque};

use super::isolation::visible;
use super::{Ask, Consumer, Place};
use crate::engine::NodeId;
use crate::kafka::client::DATA;
use crate::kafka::config::Family;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, Cx, ErrorCode, FetchPartition, FetchedPartition, Fetcher, LeaderEpoch, LeaderHint, MoveWhy, Note,
    Offset, Partition, RecordId, Timer, Why,
};

/// Records of one partition from one fetch, not polled yet.
#[derive(Clone, Debug)]
pub(super) struct Completed {
    pub partition: Partition,
    /// Offset, leader epoch of its batch, and the record.
    pub records: VecDeque<(Offset, LeaderEpoch, RecordId)>,
    /// The offset after all of it, what is not shown included.
    pub end: Offset,
    /// The position it was asked for; none once it is being handed over.
    from: Option<Offset>,
}

impl Completed {
    pub fn len(&self) -> usize {
        self.records.len()
    }
}

impl Consumer {
    /// Whether there is something for the application. What was fetched for another position than there is now is dropped: two leaders may
    /// have been asked for the same (`FetchCollector.handleInitializeSuccess`).
    pub(super) fn has_completed(&mut self) -> bool {
        while let Some(next) = self.client.completed.front_mut() {
            let here = self.client.slots.get(&next.partition).and_then(super::Slot::position);
            if next.from.take().is_none_or(|from| Some(from) == here) {
                break;
            }
            self.client.completed.pop_front();
        }
        !self.client.completed.is_empty()
    }

    /// Sends every fetch that may be sent.
    pub(super) fn send_fetches(&mut self, cx: &mut Cx<'_>) {
        if !self.may_read() || self.client.fatal.is_some() {
            return;
        }
        let mut wanted: BTreeMap<NodeId, Vec<FetchPartition>> = BTreeMap::new();
        let mut leaderless = false;
        let max_bytes = u64::try_from(self.spec.configs.int("max.partition.fetch.bytes")).unwrap_or(u64::MAX);
        for (&partition, slot) in &self.client.slots {
            let Place::At(offset) = slot.place else { continue };
            if self.unproven(partition, slot).is_some() || self.gives_up(partition) || slot.rests > cx.now() {
                continue;
            }
            if self.client.completed.iter().any(|fetched| fetched.partition == partition)
                || (mutant::on(Mutant::StopsReading) && slot.epoch.0 >= 0)
            {
                continue;
            }
            match self.client.metadata.leader(partition) {
                Some(leader) => wanted.entry(leader).or_default().push(FetchPartition {
                    partition,
                    offset,
                    leader_epoch: self.client.metadata.epoch(partition),
                    last_fetched_epoch: LeaderEpoch(-1),
                    max_bytes,
                    topic_id: self.client.metadata.topic_id(partition.topic),
                }),
                None => leaderless = true,
            }
        }
        if leaderless {
            self.want_metadata(Why::Unknown);
        }
        let now = cx.now();
        for (to, partitions) in wanted {
            let busy = |(_, node, ask): (_, NodeId, &Ask)| node == to && matches!(ask, Ask::Fetch { .. });
            if !self.client.requests.iter().any(busy) && self.client.requests.ready(cx, to, DATA) {
                self.send_fetch(cx, to, partitions);
            }
        }
        let resting = self.client.slots.values().map(|slot| slot.rests).filter(|until| now < *until);
        if let Some(until) = resting.min() {
            cx.set_timer(Timer::Fetch, until.since(now));
        }
    }

    fn send_fetch(&mut self, cx: &mut Cx<'_>, to: NodeId, partitions: Vec<FetchPartition>) {
        let said: Vec<(Partition, Offset, LeaderEpoch)> =
            partitions.iter().map(|p| (p.partition, p.offset, p.leader_epoch)).collect();
        let quiet = self.client.fetched.get(&to) == Some(&said);
        let asked = said.iter().map(|(p, offset, _)| (*p, *offset)).collect();
        self.client.fetched.insert(to, said);
        let bytes = |name| u64::try_from(self.spec.configs.int(name)).unwrap_or(0);
        let body = Body::Fetch {
            who: Fetcher::Consumer(self.isolation()),
            max_wait: self.spec.configs.ms("fetch.max.wait.ms"),
            min_bytes: bytes("fetch.min.bytes"),
            max_bytes: bytes("fetch.max.bytes"),
            partitions,
            forget: Vec::new(),
        };
        let round = self.client.round;
        self.ask(cx, to, DATA, quiet, body, Ask::Fetch { round, asked });
    }

    pub(super) fn on_fetched(
        &mut self,
        cx: &mut Cx<'_>,
        round: u64,
        asked: &[(Partition, Offset)],
        (error, partitions, leaders): (ErrorCode, &[FetchedPartition], &[LeaderHint]),
    ) {
        if error != ErrorCode::None {
            return self.want_metadata(Why::Error);
        }
        let mut troubled = Vec::new();
        for fetched in partitions {
            if !self.still_held(fetched.partition, round) || self.gives_up(fetched.partition) {
                continue; // about an earlier assignment
            }
            let offset = asked.iter().find(|(p, _)| *p == fetched.partition).map(|(_, offset)| *offset);
            let here = self.client.slots.get(&fetched.partition).and_then(super::Slot::position);
            if offset.is_none() || offset != here {
                continue; // a seek() moved the position meanwhile
            }
            match fetched.error {
                ErrorCode::None => self.keep(cx, fetched, here.unwrap_or_default()),
                ErrorCode::OffsetOutOfRange => self.reset(cx, fetched.partition),
                error => {
                    let stale =
                        error != ErrorCode::UnknownLeaderEpoch && error != ErrorCode::OffsetNotAvailable;
                    troubled.push((fetched.partition, stale));
                    if stale {
                        self.client.metadata.forget_leader(fetched.partition);
                        self.want_metadata(Why::Error);
                    }
                }
            }
        }
        self.client.metadata.learn_leaders(cx, leaders);
        for (partition, stale) in troubled {
            self.let_rest(cx, partition, stale);
        }
    }

    /// A partition could not be fetched. Java goes to the new leader at once if the answer said who it is; librdkafka waits in any case.
    fn let_rest(&mut self, cx: &Cx<'_>, partition: Partition, stale: bool) {
        let configs = &self.spec.configs;
        let rest = match configs.family() {
            Family::Java if stale && self.client.metadata.leader(partition).is_some() => return,
            Family::Java => configs.ms("retry.backoff.ms"),
            Family::Librdkafka => configs.ms("fetch.error.backoff.ms"),
        };
        if let Some(slot) = self.client.slots.get_mut(&partition) {
            slot.rests = cx.now() + rest;
        }
    }

    /// Puts what the application may see into the buffer, from `position` on. Of batches without any the position is all that moves.
    fn keep(&mut self, cx: &mut Cx<'_>, fetched: &FetchedPartition, position: Offset) {
        let Some(end) = fetched.batches.last().map(crate::kafka::Batch::end) else { return };
        let (partition, end) = (fetched.partition, end.max(position));
        let records: VecDeque<_> = visible(fetched, position).collect();
        if !records.is_empty() {
            self.client.completed.push_back(Completed { partition, records, end, from: Some(position) });
        } else if let Some(slot) = self.client.slots.get_mut(&partition) {
            slot.place = Place::At(end);
            let (consumer, why) = (cx.me(), MoveWhy::Skipped);
            cx.note(Note::PositionMoved { consumer, partition, to: end, why });
        }
    }
}
