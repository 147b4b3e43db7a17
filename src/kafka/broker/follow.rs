//! Following: one fetch at a time to each leader, for all partitions that it leads and this broker copies (`ReplicaFetcherThread`).
//!
//! A partition that got an error is left alone for `replica.fetch.backoff.ms`; the others go on. One whose position lies outside the
//! leader's log asks where that ends and begins (ListOffsets) before anything else is fetched from that leader.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Broker, Pending, ReplicaRole};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::REPLICATION;
use crate::kafka::log::Log;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, Cx, ErrorCode, FetchPartition, FetchedPartition, Fetcher as Who, LeaderEpoch, Note, Offset,
    OffsetSpec, Partition, Timer,
};

/// The fetches to one leader.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    /// What the leader's session holds: the last thing said about each partition.
    said: BTreeMap<Partition, FetchPartition>,
    /// The positions of the request before, whatever became of it: asking the same again tells nobody anything new.
    tried: BTreeMap<Partition, FetchPartition>,
    in_flight: bool,
    /// Left alone until then, after an error.
    delayed: BTreeMap<Partition, Micros>,
}

/// A question to a leader about the ends of its log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    leader: NodeId,
    partition: Partition,
    epoch: LeaderEpoch,
    spec: OffsetSpec,
}

/// How a partition goes on after an answer.
enum Next {
    Fetch,
    BackOff,
    /// This leadership is over: not before new metadata.
    Stop,
    Look,
}

impl Broker {
    /// Forgets what a leader's session holds: the next fetch names everything.
    pub(super) fn forget_session(&mut self, leader: NodeId) {
        if let Some(fetcher) = self.vol.fetchers.get_mut(&leader) {
            fetcher.said.clear();
            fetcher.in_flight = false;
        }
    }

    /// A partition has another leadership: what delayed it is over.
    pub(super) fn forget_delay(&mut self, p: Partition) {
        for fetcher in self.vol.fetchers.values_mut() {
            fetcher.delayed.remove(&p);
        }
    }

    fn hold_back(&mut self, leader: NodeId, p: Partition, until: Micros) {
        if let Some(fetcher) = self.vol.fetchers.get_mut(&leader) {
            fetcher.delayed.insert(p, until);
        }
    }

    fn after_back_off(&self, cx: &Cx<'_>) -> Micros {
        cx.now() + self.configs.ms("replica.fetch.backoff.ms")
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
            self.fetch_from(cx, leader);
        }
    }

    /// A fetch got no answer: all that it asked for waits a while.
    pub(super) fn on_fetch_lost(&mut self, cx: &mut Cx<'_>, leader: NodeId) {
        let until = self.after_back_off(cx);
        if let Some(fetcher) = self.vol.fetchers.get_mut(&leader) {
            fetcher.delayed.extend(fetcher.said.keys().map(|p| (*p, until)));
        }
        self.forget_session(leader);
        self.fetch_from(cx, leader);
    }

    /// Sends the next fetch to a leader unless one is under way or there is nothing to follow there.
    pub(super) fn fetch_from(&mut self, cx: &mut Cx<'_>, leader: NodeId) {
        let Some(epoch) = self.vol.epoch else { return };
        let looking = |pending: &Pending| matches!(pending, Pending::LeaderLog(l) if l.leader == leader);
        if self.vol.requests.iter().any(|(_, _, pending)| looking(pending)) {
            return;
        }
        let follows =
            self.vol.replicas.iter().filter(
                |(_, r)| matches!(r.role, ReplicaRole::Following(Some(followed)) if followed == leader),
            );
        let mut wanted: BTreeMap<Partition, FetchPartition> =
            follows.map(|(p, r)| (*p, self.position(*p, r.epoch))).collect();
        let Some(fetcher) = self.vol.fetchers.get_mut(&leader) else { return };
        if fetcher.in_flight {
            return;
        }
        if wanted.is_empty() {
            self.vol.fetchers.remove(&leader);
            cx.cancel_timer(Timer::FetchFrom(leader));
            cx.close(leader, REPLICATION); // the session there ends with its connection
            return;
        }
        fetcher.delayed.retain(|p, until| wanted.contains_key(p) && *until > cx.now());
        wanted.retain(|p, _| !fetcher.delayed.contains_key(p));
        if wanted.is_empty() {
            match fetcher.delayed.values().filter(|until| **until < Micros::NEVER).min() {
                Some(until) => cx.set_timer(Timer::FetchFrom(leader), until.since(cx.now())),
                None => cx.cancel_timer(Timer::FetchFrom(leader)),
            }
            return;
        }
        cx.cancel_timer(Timer::FetchFrom(leader));
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
        let bytes = |name: &str| u64::try_from(self.configs.int(name)).unwrap_or(u64::MAX);
        let body = Body::Fetch {
            who: Who::Replica(epoch),
            max_wait: self.configs.ms("replica.fetch.wait.max.ms"),
            min_bytes: bytes("replica.fetch.min.bytes"),
            max_bytes: bytes("replica.fetch.response.max.bytes"),
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
            max_bytes: u64::try_from(self.configs.int("replica.fetch.max.bytes")).unwrap_or(u64::MAX),
        }
    }

    /// Whether this broker still follows that leader in that leadership.
    fn follows(&self, p: Partition, leader: NodeId, epoch: LeaderEpoch) -> bool {
        let replica = self.vol.replicas.get(&p);
        replica.is_some_and(|r| {
            matches!(r.role, ReplicaRole::Following(Some(l)) if l == leader) && r.epoch == epoch
        })
    }

    /// A leader answered.
    pub(super) fn on_fetched(&mut self, cx: &mut Cx<'_>, leader: NodeId, partitions: &[FetchedPartition]) {
        let Some(fetcher) = self.vol.fetchers.get_mut(&leader) else { return };
        fetcher.in_flight = false;
        let asked = fetcher.said.clone();
        let mut looks = Vec::new();
        for found in partitions {
            let p = found.partition;
            let Some(fetch) = asked.get(&p).filter(|f| self.follows(p, leader, f.leader_epoch)) else {
                continue;
            };
            match self.take_in(cx, found) {
                Next::Fetch => {}
                Next::BackOff => self.hold_back(leader, p, self.after_back_off(cx)),
                Next::Stop => self.hold_back(leader, p, Micros::NEVER),
                Next::Look => looks.push((p, fetch.leader_epoch)),
            }
        }
        for (p, replica) in &mut self.vol.replicas {
            if matches!(replica.role, ReplicaRole::Following(Some(l)) if l == leader) && asked.contains_key(p)
            {
                replica.last_fetch = Some(cx.now());
            }
        }
        for (partition, epoch) in looks {
            self.look(cx, Look { leader, partition, epoch, spec: OffsetSpec::Latest });
        }
        self.fetch_from(cx, leader);
    }

    /// Takes in one partition of an answer.
    fn take_in(&mut self, cx: &mut Cx<'_>, found: &FetchedPartition) -> Next {
        let p = found.partition;
        match found.error {
            ErrorCode::None => {}
            ErrorCode::OffsetOutOfRange => return Next::Look,
            ErrorCode::FencedLeaderEpoch => return Next::Stop,
            _ => return Next::BackOff,
        }
        if let Some((epoch, end)) = found.diverging {
            self.cut_back(cx, p, epoch, end);
            return Next::Fetch;
        }
        self.copy(cx, found);
        let end = self.disk.logs.get(&p).map_or(found.high_watermark, |log| log.end());
        let to = found.high_watermark.min(end);
        self.follow_log_start(cx, p, found.log_start.min(end));
        let start = self.disk.logs.get(&p).map_or(to, |log| log.start());
        self.set_high_watermark(cx, p, to.max(start));
        self.watch_last_stable(cx, p);
        Next::Fetch
    }

    fn copy(&mut self, cx: &mut Cx<'_>, found: &FetchedPartition) {
        let (p, node, now) = (found.partition, cx.me(), cx.now());
        let rolling = self.rolling(p);
        for batch in &found.batches {
            let log = self.disk.logs.entry(p).or_default();
            let inside = batch.base < log.end() && log.end() < batch.end();
            if inside && log.start() == log.end() {
                // The leader's log begins inside this batch (DeleteRecords): an empty copy begins where the batch does.
                self.begin_again(cx, p, batch.base, batch.leader_epoch);
            } else if batch.base < log.end() {
                continue;
            }
            let log = Arc::make_mut(self.disk.logs.entry(p).or_default());
            let count = u32::try_from(batch.count()).unwrap_or(u32::MAX);
            let (base, control) = (batch.base, batch.outcome());
            let mut batch = batch.clone();
            if mutant::on(Mutant::CopiesOtherRecords) {
                batch.records = batch.records.iter().rev().cloned().collect();
            }
            if let Some(base) = log.copy(batch, now, rolling) {
                cx.note(Note::SegmentRolled { node, partition: p, base });
            }
            cx.note(Note::Appended { node, partition: p, base, count, control });
        }
    }

    /// The leader's log begins at `to`, so this copy does not begin earlier. Segments below it go with the next pass of retention.
    fn follow_log_start(&mut self, cx: &mut Cx<'_>, p: Partition, to: Offset) {
        let moves = |log: &&mut Arc<Log>| log.start() < to || mutant::on(Mutant::LowersLogStart);
        let Some(log) = self.disk.logs.get_mut(&p).filter(moves) else { return };
        let (node, log) = (cx.me(), Arc::make_mut(log));
        let from = log.start();
        log.raise_start(to);
        let to = log.start();
        if to != from {
            cx.note(Note::LogStartMoved { node, partition: p, from, to });
        }
    }

    /// The leader says where the logs part: cut there, then fetch again (truncation on fetch).
    fn cut_back(&mut self, cx: &mut Cx<'_>, p: Partition, epoch: LeaderEpoch, end: Offset) {
        let Some(log) = self.disk.logs.get(&p) else { return };
        let to = match log.end_of_epoch(epoch) {
            Some((own, own_end)) if own == epoch => own_end.min(end),
            Some((_, own_end)) => own_end,
            None => end,
        };
        self.truncate(cx, p, to, epoch);
    }

    /// Cuts a follower's log. Its high watermark never stands above its end.
    fn truncate(&mut self, cx: &mut Cx<'_>, p: Partition, to: Offset, epoch: LeaderEpoch) {
        let Some(log) = self.disk.logs.get_mut(&p) else { return };
        let log: &mut Log = Arc::make_mut(log);
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

    // ---- outside the leader's log ----

    fn look(&mut self, cx: &mut Cx<'_>, look: Look) {
        let Some(life) = self.vol.epoch else { return };
        let partitions = vec![(look.partition, look.epoch, look.spec)];
        let body = Body::ListOffsets { who: Who::Replica(life), partitions };
        let limit = self.configs.ms("replica.socket.timeout.ms");
        let pending = Pending::LeaderLog(look);
        self.vol.requests.send(cx, look.leader, REPLICATION, false, body, limit, pending);
    }

    /// The question got lost with its connection, and with that the session there.
    pub(super) fn on_look_lost(&mut self, cx: &mut Cx<'_>, look: Look) {
        self.forget_session(look.leader);
        self.hold_back(look.leader, look.partition, self.after_back_off(cx));
        self.fetch_from(cx, look.leader);
    }

    /// A leader said where its log ends, or begins: cut to its end if that is lower than the own, begin again where it begins if that
    /// is higher; else go on (`fetchOffsetAndTruncate`).
    pub(super) fn on_leader_log(
        &mut self,
        cx: &mut Cx<'_>,
        look: Look,
        results: &[(Partition, ErrorCode, Offset)],
    ) {
        let Look { leader, partition: p, epoch, spec } = look;
        let found = results.iter().find(|(found, ..)| *found == p);
        if !self.follows(p, leader, epoch) {
            return self.fetch_from(cx, leader);
        }
        let end = self.disk.logs.get(&p).map_or(Offset(0), |log| log.end());
        match (found, spec) {
            (Some(&(_, ErrorCode::None, leader_end)), OffsetSpec::Latest) if leader_end < end => {
                self.truncate(cx, p, leader_end, epoch);
            }
            (Some((_, ErrorCode::None, _)), OffsetSpec::Latest) => {
                self.look(cx, Look { spec: OffsetSpec::Earliest, ..look });
            }
            (Some(&(_, ErrorCode::None, leader_start)), _) if leader_start > end => {
                self.begin_again(cx, p, leader_start, epoch);
            }
            _ => self.hold_back(leader, p, self.after_back_off(cx)),
        }
        self.fetch_from(cx, leader);
    }

    /// Drops the whole copy: the leader keeps nothing that touches it.
    fn begin_again(&mut self, cx: &mut Cx<'_>, p: Partition, at: Offset, epoch: LeaderEpoch) {
        let Some(log) = self.disk.logs.get_mut(&p) else { return };
        let (node, log) = (cx.me(), Arc::make_mut(log));
        let from = log.start();
        log.restart_at(at, cx.now());
        cx.note(Note::Truncated { node, partition: p, to: at, epoch });
        cx.note(Note::LogStartMoved { node, partition: p, from, to: at });
        self.set_high_watermark(cx, p, at);
    }
}
