//! Following: one fetch at a time to each leader, for all partitions that it leads and this broker copies (`ReplicaFetcherThread`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Broker, Pending, ReplicaRole};
use crate::engine::NodeId;
use crate::kafka::client::REPLICATION;
use crate::kafka::log::Log;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, Cx, ErrorCode, FetchPartition, FetchedPartition, Fetcher as Who, LeaderEpoch, Note, Offset,
    Partition, Timer,
};

/// The fetches to one leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    /// What the leader's session holds: the last thing said about each partition.
    said: BTreeMap<Partition, FetchPartition>,
    /// The positions of the request before, whatever became of it: asking the same again tells nobody anything new.
    tried: BTreeMap<Partition, FetchPartition>,
    in_flight: bool,
}

impl Broker {
    /// Forgets what a leader's session holds: the next fetch names everything.
    pub(super) fn forget_session(&mut self, leader: NodeId) {
        if let Some(fetcher) = self.vol.fetchers.get_mut(&leader) {
            fetcher.said.clear();
            fetcher.in_flight = false;
        }
    }

    /// Makes sure that every leader this broker follows is being fetched from.
    pub(super) fn follow_leaders(&mut self, cx: &mut Cx<'_>) {
        let mut leaders: Vec<NodeId> = self
            .vol
            .replicas
            .values()
            .filter_map(|r| if let ReplicaRole::Following(leader) = r.role { leader } else { None })
            .collect();
        leaders.sort_unstable();
        leaders.dedup();
        for leader in leaders {
            self.vol.fetchers.entry(leader).or_default();
            if !cx.timer_armed(Timer::FetchFrom(leader)) {
                self.fetch_from(cx, leader);
            }
        }
    }

    /// Sends the next fetch to a leader unless one is under way or there is nothing to follow there.
    pub(super) fn fetch_from(&mut self, cx: &mut Cx<'_>, leader: NodeId) {
        let Some(epoch) = self.vol.epoch else { return };
        let wanted: BTreeMap<Partition, FetchPartition> = self
            .vol
            .replicas
            .iter()
            .filter(|(_, r)| matches!(r.role, ReplicaRole::Following(Some(l)) if l == leader))
            .map(|(p, r)| (*p, self.position(*p, r.epoch)))
            .collect();
        let Some(fetcher) = self.vol.fetchers.get_mut(&leader) else { return };
        if fetcher.in_flight {
            return;
        }
        if wanted.is_empty() {
            self.vol.fetchers.remove(&leader);
            cx.close(leader, REPLICATION); // the session there ends with its connection
            return;
        }
        let changed: Vec<FetchPartition> = wanted
            .values()
            .filter(|fetch| fetcher.said.get(&fetch.partition) != Some(fetch))
            .copied()
            .collect();
        let forget: Vec<Partition> =
            fetcher.said.keys().filter(|p| !wanted.contains_key(p)).copied().collect();
        let quiet = fetcher.tried == wanted;
        fetcher.tried.clone_from(&wanted);
        fetcher.said = wanted;
        fetcher.in_flight = true;
        let body = Body::Fetch {
            who: Who::Replica(epoch),
            max_wait: self.configs.ms("replica.fetch.wait.max.ms"),
            min_bytes: u64::try_from(self.configs.int("replica.fetch.min.bytes")).unwrap_or(1),
            max_bytes: u64::try_from(self.configs.int("replica.fetch.response.max.bytes"))
                .unwrap_or(u64::MAX),
            partitions: changed,
            forget,
        };
        let limit = self.configs.ms("replica.socket.timeout.ms");
        self.vol.requests.send(cx, leader, REPLICATION, quiet, body, limit, Pending::Fetch(leader));
    }

    fn position(&self, p: Partition, epoch: LeaderEpoch) -> FetchPartition {
        let log = self.disk.logs.get(&p);
        FetchPartition {
            partition: p,
            offset: log.map_or(Offset(0), |log| log.end()),
            leader_epoch: epoch,
            last_fetched_epoch: log.and_then(|log| log.epochs().latest()).unwrap_or(LeaderEpoch(-1)),
        }
    }

    /// A leader answered.
    pub(super) fn on_fetched(&mut self, cx: &mut Cx<'_>, leader: NodeId, partitions: &[FetchedPartition]) {
        let Some(fetcher) = self.vol.fetchers.get_mut(&leader) else { return };
        fetcher.in_flight = false;
        let asked = fetcher.said.clone();
        let mut back_off = false;
        for found in partitions {
            let still = self.vol.replicas.get(&found.partition).is_some_and(|r| {
                matches!(r.role, ReplicaRole::Following(Some(l)) if l == leader)
                    && asked.get(&found.partition).is_some_and(|fetch| fetch.leader_epoch == r.epoch)
            });
            if still {
                back_off |= self.take_in(cx, found);
            }
        }
        for (p, replica) in &mut self.vol.replicas {
            if matches!(replica.role, ReplicaRole::Following(Some(l)) if l == leader) && asked.contains_key(p)
            {
                replica.last_fetch = Some(cx.now());
            }
        }
        if back_off {
            cx.set_timer(Timer::FetchFrom(leader), self.configs.ms("replica.fetch.backoff.ms"));
        } else {
            self.fetch_from(cx, leader);
        }
    }

    /// Takes in one partition of an answer. True: an error, try again after the back-off.
    fn take_in(&mut self, cx: &mut Cx<'_>, found: &FetchedPartition) -> bool {
        let (p, me, now) = (found.partition, cx.me(), cx.now());
        let rolling = self.rolling(p);
        match found.error {
            ErrorCode::None => {}
            ErrorCode::OffsetOutOfRange => {
                self.restart_copy(cx, found);
                return false;
            }
            _ => return true,
        }
        if let Some((epoch, end)) = found.diverging {
            self.cut_back(cx, p, epoch, end);
            return false;
        }
        let log = Arc::make_mut(self.disk.logs.entry(p).or_default());
        for batch in &found.batches {
            if batch.base < log.end() {
                continue;
            }
            let count = u32::try_from(batch.count()).unwrap_or(u32::MAX);
            let (base, control) = (batch.base, batch.outcome());
            let mut batch = batch.clone();
            if mutant::on(Mutant::CopiesOtherRecords) {
                batch.records = batch.records.iter().rev().cloned().collect();
            }
            if let Some(base) = log.copy(batch, now, rolling) {
                cx.note(Note::SegmentRolled { node: me, partition: p, base });
            }
            cx.note(Note::Appended { node: me, partition: p, base, count, control });
        }
        let (from, end) = (log.start(), log.end());
        log.raise_start(found.log_start.min(end));
        let to = log.start();
        if to != from {
            cx.note(Note::LogStartMoved { node: me, partition: p, from, to });
        }
        self.set_high_watermark(cx, p, found.high_watermark.min(end).max(to));
        self.watch_last_stable(cx, p);
        false
    }

    /// The leader says where the logs part: cut there, then fetch again (KIP-595 style truncation on fetch).
    fn cut_back(&mut self, cx: &mut Cx<'_>, p: Partition, epoch: LeaderEpoch, end: Offset) {
        let Some(log) = self.disk.logs.get_mut(&p) else { return };
        let log: &mut Log = Arc::make_mut(log);
        let to = match log.end_of_epoch(epoch) {
            Some((own, own_end)) if own == epoch => own_end.min(end),
            Some((_, own_end)) => own_end,
            None => end,
        };
        let mut to = to.min(log.end());
        if mutant::on(Mutant::CutsTooMuch) {
            to = log.start().max(to.plus(-1));
        }
        log.truncate(to);
        let to = log.end();
        cx.note(Note::Truncated { node: cx.me(), partition: p, to, epoch });
        let above = self.vol.replicas.get(&p).is_some_and(|r| r.high_watermark > to);
        if above && !mutant::on(Mutant::KeepsHighWatermark) {
            self.set_high_watermark(cx, p, to);
        }
    }

    /// This log does not touch the leader's: cut to the leader's end, or begin again at its start.
    fn restart_copy(&mut self, cx: &mut Cx<'_>, found: &FetchedPartition) {
        let (p, epoch) = (found.partition, self.leader_epoch(found.partition));
        let Some(log) = self.disk.logs.get_mut(&p) else { return };
        let log = Arc::make_mut(log);
        if found.log_start > log.end() {
            log.restart_at(found.log_start, cx.now());
        } else {
            log.truncate(found.high_watermark.max(log.start()).min(log.end()));
        }
        let to = log.end();
        cx.note(Note::Truncated { node: cx.me(), partition: p, to, epoch });
        let high_watermark = self.high_watermark(p).unwrap_or(to);
        self.set_high_watermark(cx, p, high_watermark.min(to));
    }
}
