//! Fetch: followers and consumers pull; the leader answers at once if it has something to say, else it waits (`ReplicaManager.fetchMessages`).
//!
//! A follower's fetch is also its acknowledgement: it has everything below the offset it asks for. The answer carries the high
//! watermark from *before* that was counted, so a follower learns of a commit one exchange after the leader. A fetch that had to wait
//! is answered with the high watermark of that later moment.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::purgatory::Parked;
use super::{Broker, ReplicaRole};
use crate::engine::{Envelope, MsgId, NodeId};
use crate::kafka::log::Log;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Batch, Body, Cx, ErrorCode, FetchPartition, FetchedPartition, Fetcher, Isolation, LeaderEpoch, Offset,
    Partition,
};

/// Where a fetch stands in the leader's log, if it can stand there.
enum Standing {
    /// It may be read from.
    Inside,
    /// The logs part here: epoch and end offset to cut to.
    Diverging(LeaderEpoch, Offset),
    /// It touches nothing of this log.
    OutOfRange,
}

impl Broker {
    pub(super) fn fetch(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Body::Fetch { who, max_wait, partitions, forget, .. } = &message.body else { return };
        let mut counted = BTreeMap::new();
        if let Fetcher::Replica(epoch) = who {
            let newest = self.vol.last_fetches.entry(message.from).or_insert(message.id);
            if message.id < *newest {
                // It was given up long ago and comes late, by a connection that is closed: of no session that there is.
                let error = ErrorCode::InvalidFetchSessionEpoch;
                let body = Body::Fetched { error, partitions: Vec::new(), leaders: Vec::new() };
                return self.answer(cx, message.conn, message.id, false, body);
            }
            *newest = message.id;
            self.update_session(message.conn, *epoch, partitions, forget);
            for fetch in self.wanted(message) {
                if let Some(before) = self.count_follower(cx, message.from, *who, fetch) {
                    counted.insert(fetch.partition, before);
                }
            }
            if let Some(session) = self.vol.sessions.get_mut(&message.conn) {
                session.last = Some((cx.now(), *epoch));
            }
        }
        let before = counted.iter().map(|(p, (hw, _))| (*p, *hw)).collect();
        let message = Arc::new(message.clone());
        if !self.try_fetch(cx, &message, &before, false) {
            let deadline = cx.now() + *max_wait;
            self.vol.parked.insert(message.id, Parked::Fetch { message: Arc::clone(&message), deadline });
        }
        for (p, (_, moved)) in counted {
            self.maybe_expand(p, message.from);
            if moved {
                self.advance_high_watermark(cx, p);
            }
        }
    }

    /// What a request is about: a consumer says it each time, a follower's session remembers. What rests there is left out.
    fn wanted(&self, message: &Envelope<Body>) -> Vec<FetchPartition> {
        let Body::Fetch { who, partitions, .. } = &message.body else { return Vec::new() };
        match who {
            Fetcher::Consumer(_) => partitions.clone(),
            Fetcher::Replica(_) => {
                self.vol.sessions.get(&message.conn).map(|session| session.fetches()).unwrap_or_default()
            }
        }
    }

    pub(super) fn asks_for(&self, message: &Envelope<Body>, p: Partition) -> bool {
        if let Body::ShareFetch(asked) = &message.body {
            return self.vol.shares.asks_for(asked, p);
        }
        let Body::Fetch { who, partitions, .. } = &message.body else { return false };
        match who {
            Fetcher::Consumer(_) => partitions.iter().any(|fetch| fetch.partition == p),
            Fetcher::Replica(_) => self.vol.sessions.get(&message.conn).is_some_and(|s| s.asks_for(p)),
        }
    }

    /// Records how far a follower has got. Gives the high watermark from before and whether the follower got further; nothing if its
    /// fetch cannot be served or its log parted from this one.
    fn count_follower(
        &mut self,
        cx: &Cx<'_>,
        from: NodeId,
        who: Fetcher,
        fetch: FetchPartition,
    ) -> Option<(Offset, bool)> {
        let (p, Fetcher::Replica(epoch)) = (fetch.partition, who) else { return None };
        if self.check_reader(from, who, &fetch) != ErrorCode::None {
            return None;
        }
        let log = self.disk.log(p)?;
        let Standing::Inside = standing(log, fetch) else { return None };
        let end = log.end();
        if fetch.offset != end {
            self.vol.behind.insert(p);
        }
        let replica = self.vol.replicas.get_mut(p)?;
        let ReplicaRole::Leading(leading) = &mut replica.role else { return None };
        let follower = leading.followers.get_mut(&from)?;
        let moved = follower.log_end != Some(fetch.offset);
        follower.fetched(cx.now(), fetch.offset, end, epoch);
        Some((replica.high_watermark, moved))
    }

    /// Looks again at a fetch that waited; `late` = its time is over, answer whatever there is.
    pub(super) fn retry_fetch(&mut self, cx: &mut Cx<'_>, request: MsgId, late: bool) {
        let Some(Parked::Fetch { message, .. }) = self.vol.parked.get(&request) else { return };
        let message = Arc::clone(message);
        if let Body::ShareFetch(asked) = &message.body {
            return self.retry_share_fetch(cx, &message, asked, late);
        }
        if self.try_fetch(cx, &message, &BTreeMap::new(), late) {
            self.vol.parked.remove(&request);
        }
    }

    /// Answers a fetch if there is something to say. `before` holds the high watermarks from before the fetch was counted.
    fn try_fetch(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        before: &BTreeMap<Partition, Offset>,
        late: bool,
    ) -> bool {
        let Body::Fetch { who, min_bytes, max_bytes, .. } = &message.body else { return true };
        let follower = matches!(who, Fetcher::Replica(_));
        let (mut bytes, mut urgent, mut partitions) = (0, false, Vec::new());
        let wanted = self.wanted(message);
        for &fetch in &wanted {
            let room = fetch.max_bytes.min(max_bytes.saturating_sub(bytes));
            let mut found = self.read_partition(message.from, *who, fetch, room);
            // Only the first data of an answer may be larger than what was asked for.
            if bytes > 0 && found.batches.first().is_some_and(|batch| batch.size() > room) {
                found.batches.clear();
            }
            urgent |= found.error != ErrorCode::None || found.diverging.is_some();
            urgent |= self.beyond_bound(*who, &fetch);
            if let Some(before) = before.get(&fetch.partition).filter(|_| found.error == ErrorCode::None) {
                found.high_watermark = *before;
            }
            bytes += found.batches.iter().map(Batch::size).sum::<u64>();
            partitions.push(found);
        }
        let session = self.vol.sessions.get_mut(&message.conn).filter(|_| follower);
        let asks_nothing = session.as_ref().map_or(partitions.is_empty(), |session| session.is_empty());
        let answers = late || urgent || asks_nothing || bytes >= *min_bytes;
        if let Some(session) = session {
            if answers {
                session.keep_news(&mut partitions);
            }
            self.let_rest(message, *who, &wanted);
        }
        if !answers {
            return false;
        }
        let says = |found: &FetchedPartition| !found.batches.is_empty() || found.error != ErrorCode::None;
        let quiet = if follower { partitions.is_empty() } else { !partitions.iter().any(says) };
        let leaders = if follower {
            Vec::new()
        } else {
            self.leader_hints(partitions.iter().map(|found| (found.partition, found.error)))
        };
        let body = Body::Fetched { error: ErrorCode::None, partitions, leaders };
        self.answer(cx, message.conn, message.id, quiet, body);
        true
    }

    /// Lets those partitions of a follower's session rest for which nothing is left to do until something happens to them.
    fn let_rest(&mut self, message: &Envelope<Body>, who: Fetcher, read: &[FetchPartition]) {
        let rests = |fetch: &FetchPartition| {
            let p = fetch.partition;
            let (log, leading) = (self.disk.log(p)?, self.leads(p)?);
            let done = fetch.offset == log.end()
                && leading.pending.is_none()
                && leading.isr.contains(&message.from)
                && self.check_reader(message.from, who, fetch) == ErrorCode::None
                && matches!(standing(log, *fetch), Standing::Inside);
            done.then_some((p, self.high_watermark(p)?, log.start()))
        };
        let resting: Vec<_> = read.iter().filter_map(rests).collect();
        if let Some(session) = self.vol.sessions.get_mut(&message.conn) {
            for (p, high_watermark, start) in resting {
                session.rest(p, high_watermark, start);
            }
        }
    }

    /// Where a reader's view of a partition ends.
    pub(super) fn bound(&self, who: Fetcher, p: Partition) -> Offset {
        let bound = match who {
            Fetcher::Replica(_) => self.disk.log(p).map(|log| log.end()),
            Fetcher::Consumer(Isolation::ReadUncommitted) => self.high_watermark(p),
            Fetcher::Consumer(Isolation::ReadCommitted) => self.last_stable(p),
        };
        bound.unwrap_or(Offset::NONE)
    }

    /// A consumer beyond its bound, but not beyond the log end, gets an empty answer at once, no error.
    fn beyond_bound(&self, who: Fetcher, fetch: &FetchPartition) -> bool {
        let p = fetch.partition;
        matches!(who, Fetcher::Consumer(_))
            && self.vol.replicas.contains(p)
            && fetch.offset > self.bound(who, p)
    }

    fn read_partition(
        &self,
        from: NodeId,
        who: Fetcher,
        fetch: FetchPartition,
        room: u64,
    ) -> FetchedPartition {
        let p = fetch.partition;
        let mut found = FetchedPartition {
            partition: p,
            error: self.check_reader(from, who, &fetch),
            high_watermark: Offset::NONE,
            last_stable: Offset::NONE,
            log_start: Offset::NONE,
            aborted: Vec::new(),
            diverging: None,
            batches: Vec::new(),
        };
        let (Some(replica), Some(log)) = (self.vol.replicas.get(p), self.disk.log(p)) else {
            return found;
        };
        if found.error != ErrorCode::None {
            return found;
        }
        match standing(log, fetch) {
            Standing::OutOfRange => {
                found.error = ErrorCode::OffsetOutOfRange;
                return found;
            }
            Standing::Diverging(epoch, end) => found.diverging = Some((epoch, end)),
            Standing::Inside => {
                let all = matches!(who, Fetcher::Replica(_)) || mutant::on(Mutant::ServesUncommitted);
                let bound = if all { log.end() } else { self.bound(who, p) };
                if fetch.offset < bound {
                    found.batches = log.read(fetch.offset, bound, room);
                }
                if let (Fetcher::Consumer(Isolation::ReadCommitted), Some(last)) = (who, found.batches.last())
                {
                    found.aborted = log.aborted(fetch.offset, last.end());
                }
            }
        }
        (found.high_watermark, found.log_start) = (replica.high_watermark, log.start());
        found.last_stable = log.last_stable(replica.high_watermark);
        found
    }

    /// What is wrong with somebody who reads here: an epoch as in [`Self::check_epoch`], a follower that is none, or one of an old life.
    fn check_reader(&self, from: NodeId, who: Fetcher, fetch: &FetchPartition) -> ErrorCode {
        let p = fetch.partition;
        if !self.has_topic(fetch) {
            return ErrorCode::UnknownTopicId;
        }
        let error = self.check_epoch(p, fetch.leader_epoch);
        let (ErrorCode::None, Fetcher::Replica(life)) = (error, who) else { return error };
        let known = self.leads(p).is_some_and(|leading| leading.followers.contains_key(&from));
        if !known {
            return ErrorCode::UnknownLeaderEpoch;
        }
        let newer = self.vol.image.brokers.get(&from).is_some_and(|broker| broker.epoch > life);
        if newer { ErrorCode::NotLeaderOrFollower } else { ErrorCode::None }
    }

    /// Whether the topic that a fetch means is the one that this broker knows. With ZooKeeper nobody looks: a topic is not deleted before
    /// every copy is.
    fn has_topic(&self, fetch: &FetchPartition) -> bool {
        let known = self.vol.image.topic_id(fetch.partition.topic);
        self.in_zookeeper_mode() || fetch.topic_id == Offset::NONE || fetch.topic_id == known
    }

    /// Which topic of that name it is; -1 with ZooKeeper, which tells brokers too late to go by it.
    pub(super) fn topic_id(&self, p: Partition) -> Offset {
        if self.in_zookeeper_mode() { Offset::NONE } else { self.vol.image.topic_id(p.topic) }
    }

    /// What is wrong with a request that believes in this leader epoch (-1 = does not say).
    pub(super) fn check_epoch(&self, p: Partition, epoch: LeaderEpoch) -> ErrorCode {
        let Some(replica) = self.vol.replicas.get(p) else {
            return match self.vol.image.partition(p) {
                Some(_) => ErrorCode::NotLeaderOrFollower,
                None => ErrorCode::UnknownTopicOrPartition,
            };
        };
        if epoch.0 >= 0 && epoch < replica.epoch {
            return ErrorCode::FencedLeaderEpoch;
        }
        if epoch > replica.epoch {
            return ErrorCode::UnknownLeaderEpoch;
        }
        match replica.role {
            ReplicaRole::Leading(_) => ErrorCode::None,
            ReplicaRole::Following(_) => ErrorCode::NotLeaderOrFollower,
        }
    }
}

/// Compares where a fetch stands with a leader's log (`Partition.readRecords`).
fn standing(log: &Log, fetch: FetchPartition) -> Standing {
    let inside = fetch.offset >= log.start();
    if fetch.last_fetched_epoch.0 >= 0 {
        return match log.end_of_epoch(fetch.last_fetched_epoch) {
            None => Standing::OutOfRange,
            Some(_) if !inside => Standing::OutOfRange,
            Some((_, end)) if end.plus(1) == fetch.offset && mutant::on(Mutant::OverlooksDivergence) => {
                Standing::Inside
            }
            Some((epoch, end)) if epoch < fetch.last_fetched_epoch || end < fetch.offset => {
                Standing::Diverging(epoch, end)
            }
            Some(_) => Standing::Inside,
        };
    }
    if inside && fetch.offset <= log.end() { Standing::Inside } else { Standing::OutOfRange }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Micros;
    use crate::kafka::TopicId;

    /// A leader with the epochs 0@0, 3@2, 4@8, 7@13, 9@14, elected with epoch 10 at 17.
    fn leader() -> Log {
        let rolling = crate::kafka::log::Rolling { bytes: u64::MAX, age: Micros::NEVER };
        let mut log = Log::default();
        let record = crate::kafka::Record {
            id: crate::kafka::RecordId(1),
            key: None,
            value: None,
            timestamp: Micros::ZERO,
            internal: None,
        };
        for (epoch, until) in [(0, 2), (3, 8), (4, 13), (7, 14), (9, 17)] {
            while log.end().0 < until {
                let batch = Batch::unplaced(None, vec![record.clone()]);
                log.append(batch, LeaderEpoch(epoch), Micros::ZERO, rolling);
            }
        }
        log.begin_epoch(LeaderEpoch(10));
        log
    }

    #[test]
    fn a_fetch_diverges_where_its_last_epoch_ends_elsewhere() {
        let log = leader();
        let at = |epoch: i32, offset: i64| {
            let partition = Partition { topic: TopicId(0), index: 0 };
            let (offset, leader_epoch) = (Offset(offset), LeaderEpoch(10));
            let last_fetched_epoch = LeaderEpoch(epoch);
            match standing(
                &log,
                FetchPartition {
                    partition,
                    offset,
                    leader_epoch,
                    last_fetched_epoch,
                    max_bytes: 1,
                    topic_id: Offset::NONE,
                },
            ) {
                Standing::Inside => "fine".to_owned(),
                Standing::Diverging(epoch, end) => format!("({},{end})", epoch.0),
                Standing::OutOfRange => "out".to_owned(),
            }
        };
        for (epoch, offset, answer) in [
            (2, 5, "(0,2)"),
            (0, 4, "(0,2)"),
            (6, 6, "(4,13)"),
            (5, 9, "(4,13)"),
            (10, 18, "(10,17)"),
            (0, 2, "fine"),
            (7, 14, "fine"),
            (9, 17, "fine"),
            (11, 17, "out"),
            (-1, 17, "fine"),
            (-1, 18, "out"),
        ] {
            assert_eq!(at(epoch, offset), answer, "fetch(fe={epoch}, o={offset})");
        }
    }
}
