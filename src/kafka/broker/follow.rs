//! Following: one fetch at a time to each leader, for all partitions that it leads and this broker copies (`ReplicaFetcherThread`).
//!
//! A partition that got an error is left alone for `replica.fetch.backoff.ms`; the others go on. One whose position lies outside the
//! leader's log asks where that ends and begins (ListOffsets) before anything else is fetched from that leader.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{Broker, Pending, ReplicaRole};
use crate::engine::{Blocks, Micros, NodeId};
use crate::kafka::client::REPLICATION;
use crate::kafka::log::Log;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, Cx, ErrorCode, FetchPartition, FetchedPartition, Fetcher as Who, LeaderEpoch, Note, Offset,
    OffsetSpec, Partition, Timer,
};

/// The fetches to one leader. Only what changed is looked at: a fetch that moves nothing costs the same however much is followed.
#[derive(Clone, Debug, Default)]
pub(super) struct Fetcher {
    /// Everything that is followed there.
    follows: Blocks<Partition, ()>,
    /// The positions of the request before, whatever became of it: asking the same again tells nobody anything new.
    tried: Blocks<Partition, Said>,
    /// The leader's session holds all that was tried.
    known: bool,
    /// What may have changed since.
    changed: BTreeSet<Partition>,
    in_flight: bool,
    /// Left alone until then, after an error.
    delayed: BTreeMap<Partition, Micros>,
    /// Everything that was tried is left alone until then: the leader did not answer.
    rests: Option<Micros>,
    /// When the last answer came.
    answered: Option<Micros>,
}

/// A position, and when it was first asked for.
#[derive(Clone, Copy, Debug)]
struct Said {
    fetch: FetchPartition,
    since: Micros,
}

impl Fetcher {
    /// One partition more.
    pub fn follow(&mut self, p: Partition) {
        self.spell_out();
        self.follows.get_or_insert_with(p, || ());
        self.delayed.remove(&p);
        self.changed.insert(p);
    }

    /// One partition less.
    pub fn leave(&mut self, p: Partition) {
        self.spell_out();
        self.follows.remove(&p);
        self.delayed.remove(&p);
        self.changed.insert(p);
    }

    /// The leader did not answer: all that was asked waits. That is written down partition by partition only if something else happens
    /// to one of them meanwhile.
    fn rest(&mut self, until: Micros) {
        if !self.known {
            return;
        }
        self.rests = Some(until);
        if !self.changed.is_empty() {
            let asked = self.spell_out();
            self.delayed.extend(asked.into_iter().map(|p| (p, until)));
        }
    }

    /// Gives what was asked.
    fn spell_out(&mut self) -> Vec<Partition> {
        let Some(until) = self.rests.take() else { return Vec::new() };
        let asked = self.tried.keys().filter(|p| self.follows.contains_key(p));
        let asked: Vec<Partition> = asked.copied().collect();
        self.changed.extend(&asked);
        for p in &asked {
            self.delayed.entry(*p).or_insert(until);
        }
        asked
    }

    /// Until when nothing is to be asked; none if something is.
    fn idle_until(&mut self, now: Micros) -> Option<Micros> {
        if self.rests.is_some_and(|until| until <= now) {
            self.rests = None;
        }
        if !self.changed.is_empty() {
            self.spell_out();
        }
        let over: Vec<Partition> =
            self.delayed.iter().filter(|(_, until)| **until <= now).map(|(p, _)| *p).collect();
        for p in &over {
            self.delayed.remove(p);
        }
        if !over.is_empty() {
            self.spell_out();
            self.changed.extend(over);
        }
        let idle = self.rests.is_some() || self.delayed.len() == self.follows.len();
        idle.then(|| self.delayed.values().copied().chain(self.rests).min().unwrap_or(Micros::NEVER))
    }

    /// When a fetch for a partition was last answered.
    pub fn answered(&self, p: Partition) -> Option<Micros> {
        let said = self.tried.get(&p)?;
        self.answered.filter(|at| *at > said.since)
    }
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
            fetcher.known = false;
            fetcher.in_flight = false;
        }
    }

    /// The position of a partition may be another now.
    fn moved(&mut self, p: Partition) {
        if let Some(ReplicaRole::Following(Some(leader))) = self.vol.replicas.get(p).map(|r| &r.role)
            && let Some(fetcher) = self.vol.fetchers.get_mut(leader)
        {
            fetcher.changed.insert(p);
        }
    }

    fn hold_back(&mut self, leader: NodeId, p: Partition, until: Micros) {
        if let Some(fetcher) = self.vol.fetchers.get_mut(&leader) {
            fetcher.delayed.insert(p, until);
            fetcher.changed.insert(p);
        }
    }

    fn after_back_off(&self, cx: &Cx<'_>) -> Micros {
        cx.now() + self.configs.ms("replica.fetch.backoff.ms")
    }

    /// Makes sure that every leader this broker follows is being fetched from.
    pub(super) fn follow_leaders(&mut self, cx: &mut Cx<'_>) {
        let idle = |fetcher: &Fetcher| !fetcher.in_flight && !fetcher.follows.is_empty();
        let leaders: Vec<NodeId> =
            self.vol.fetchers.iter().filter(|(_, f)| idle(f)).map(|(leader, _)| *leader).collect();
        for leader in leaders {
            self.fetch_from(cx, leader);
        }
    }

    /// A fetch got no answer: all that it asked for waits a while.
    pub(super) fn on_fetch_lost(&mut self, cx: &mut Cx<'_>, leader: NodeId) {
        let until = self.after_back_off(cx);
        if let Some(fetcher) = self.vol.fetchers.get_mut(&leader) {
            fetcher.rest(until);
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
        let Some(fetcher) = self.vol.fetchers.get_mut(&leader).filter(|fetcher| !fetcher.in_flight) else {
            return;
        };
        if fetcher.follows.is_empty() {
            self.vol.fetchers.remove(&leader);
            cx.cancel_timer(Timer::FetchFrom(leader));
            cx.close(leader, REPLICATION); // the session there ends with its connection
            return;
        }
        if let Some(until) = fetcher.idle_until(cx.now()) {
            if until < Micros::NEVER {
                cx.set_timer(Timer::FetchFrom(leader), until.since(cx.now()));
            } else {
                cx.cancel_timer(Timer::FetchFrom(leader));
            }
            return;
        }
        cx.cancel_timer(Timer::FetchFrom(leader));
        let (partitions, forget, quiet) = self.next_request(cx, leader);
        let bytes = |name: &str| u64::try_from(self.configs.int(name)).unwrap_or(u64::MAX);
        let body = Body::Fetch {
            who: Who::Replica(epoch),
            max_wait: self.configs.ms("replica.fetch.wait.max.ms"),
            min_bytes: bytes("replica.fetch.min.bytes"),
            max_bytes: bytes("replica.fetch.response.max.bytes"),
            partitions,
            forget,
        };
        let limit = self.configs.ms("replica.socket.timeout.ms");
        self.vol.requests.send(cx, leader, REPLICATION, quiet, body, limit, Pending::Fetch(leader));
    }

    /// What the next request names and what it takes back, and whether it says nothing new.
    fn next_request(&mut self, cx: &Cx<'_>, leader: NodeId) -> (Vec<FetchPartition>, Vec<Partition>, bool) {
        let mut fetcher = self.vol.fetchers.remove(&leader).unwrap_or_default();
        let (mut named, mut forget) = (Vec::new(), Vec::new());
        for p in std::mem::take(&mut fetcher.changed) {
            let wanted = fetcher.follows.contains_key(&p) && !fetcher.delayed.contains_key(&p);
            match self.vol.replicas.get(p).filter(|_| wanted) {
                Some(replica) => {
                    let fetch = self.position(p, replica.epoch);
                    let before = fetcher.tried.get(&p).copied();
                    if before.is_none_or(|said| said.fetch != fetch) {
                        let since = before.map_or(cx.now(), |said| said.since);
                        fetcher.tried.insert(p, Said { fetch, since });
                        named.push(fetch);
                    }
                }
                None => forget.extend(fetcher.tried.remove(&p).map(|_| p)),
            }
        }
        let quiet = named.is_empty() && forget.is_empty();
        if !fetcher.known {
            forget.clear();
            named = fetcher.tried.values().map(|said| said.fetch).collect();
        }
        (fetcher.known, fetcher.in_flight) = (true, true);
        self.vol.fetchers.insert(leader, fetcher);
        (named, forget, quiet)
    }

    fn position(&self, p: Partition, epoch: LeaderEpoch) -> FetchPartition {
        let log = self.disk.log(p);
        FetchPartition {
            partition: p,
            offset: log.map_or(Offset(0), |log| log.end()),
            leader_epoch: epoch,
            last_fetched_epoch: log.and_then(|log| log.epochs().latest()).unwrap_or(LeaderEpoch(-1)),
            max_bytes: u64::try_from(self.configs.int("replica.fetch.max.bytes")).unwrap_or(u64::MAX),
            topic_id: self.topic_id(p),
        }
    }

    /// Whether this broker still follows that leader in that leadership.
    fn follows(&self, p: Partition, leader: NodeId, epoch: LeaderEpoch) -> bool {
        let replica = self.vol.replicas.get(p);
        replica.is_some_and(|r| {
            matches!(r.role, ReplicaRole::Following(Some(l)) if l == leader) && r.epoch == epoch
        })
    }

    /// A leader answered.
    pub(super) fn on_fetched(&mut self, cx: &mut Cx<'_>, leader: NodeId, partitions: &[FetchedPartition]) {
        let Some(fetcher) = self.vol.fetchers.get_mut(&leader) else { return };
        (fetcher.in_flight, fetcher.answered) = (false, Some(cx.now()));
        let asked = if fetcher.known { fetcher.tried.clone() } else { Blocks::new() };
        let mut looks = Vec::new();
        for found in partitions {
            let p = found.partition;
            let fetch = asked.get(&p).map(|said| said.fetch);
            let same = |f: &FetchPartition| f.topic_id == self.topic_id(p);
            let Some(fetch) = fetch.filter(|f| same(f) && self.follows(p, leader, f.leader_epoch)) else {
                continue;
            };
            match self.take_in(cx, found) {
                Next::Fetch => {}
                Next::BackOff => self.hold_back(leader, p, self.after_back_off(cx)),
                Next::Stop => self.hold_back(leader, p, Micros::NEVER),
                Next::Look => looks.push((p, fetch.leader_epoch)),
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
        let end = self.disk.log(p).map_or(found.high_watermark, |log| log.end());
        let to = found.high_watermark.min(end);
        self.follow_log_start(cx, p, found.log_start.min(end));
        let start = self.disk.log(p).map_or(to, |log| log.start());
        self.set_high_watermark(cx, p, to.max(start));
        self.watch_last_stable(cx, p);
        Next::Fetch
    }

    fn copy(&mut self, cx: &mut Cx<'_>, found: &FetchedPartition) {
        let (p, node, now) = (found.partition, cx.me(), cx.now());
        if found.batches.is_empty() {
            return;
        }
        let rolling = self.rolling(p);
        self.moved(p);
        for batch in &found.batches {
            let log = self.disk.open(p, Micros::ZERO);
            let inside = batch.base < log.end() && log.end() < batch.end();
            if inside && log.start() == log.end() {
                // The leader's log begins inside this batch (DeleteRecords): an empty copy begins where the batch does.
                self.begin_again(cx, p, batch.base, batch.leader_epoch);
            } else if batch.base < log.end() {
                continue;
            }
            let log = self.disk.open(p, Micros::ZERO);
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
        let moves = |log: &&Arc<Log>| log.start() < to || mutant::on(Mutant::LowersLogStart);
        let Some(from) = self.disk.log(p).filter(moves).map(|log| log.start()) else { return };
        let (node, log) = (cx.me(), self.disk.open(p, cx.now()));
        log.raise_start(to);
        let to = log.start();
        if to != from {
            cx.note(Note::LogStartMoved { node, partition: p, from, to });
        }
    }

    /// The leader says where the logs part: cut there, then fetch again (truncation on fetch).
    fn cut_back(&mut self, cx: &mut Cx<'_>, p: Partition, epoch: LeaderEpoch, end: Offset) {
        let Some(log) = self.disk.log(p) else { return };
        let to = match log.end_of_epoch(epoch) {
            Some((own, own_end)) if own == epoch => own_end.min(end),
            Some((_, own_end)) => own_end,
            None => end,
        };
        self.truncate(cx, p, to, epoch);
    }

    /// Cuts a follower's log. Its high watermark never stands above its end.
    fn truncate(&mut self, cx: &mut Cx<'_>, p: Partition, to: Offset, epoch: LeaderEpoch) {
        self.moved(p);
        let Some(log) = self.disk.log_mut(p) else { return };
        let mut to = to.min(log.end());
        if mutant::on(Mutant::CutsTooMuch) {
            to = log.start().max(to.plus(-1));
        }
        log.truncate(to);
        let to = log.end();
        cx.note(Note::Truncated { node: cx.me(), partition: p, to, epoch });
        let above = self.vol.replicas.get(p).is_some_and(|r| r.high_watermark > to);
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
        let end = self.disk.log(p).map_or(Offset(0), |log| log.end());
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
        self.moved(p);
        let node = cx.me();
        let Some(log) = self.disk.log_mut(p) else { return };
        let from = log.start();
        log.restart_at(at, cx.now());
        cx.note(Note::Truncated { node, partition: p, to: at, epoch });
        cx.note(Note::LogStartMoved { node, partition: p, from, to: at });
        self.set_high_watermark(cx, p, at);
    }
}
