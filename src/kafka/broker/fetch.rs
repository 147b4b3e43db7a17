//! Fetch: followers and consumers pull; the leader answers at once if it has something to say, else it waits (`ReplicaManager.fetchMessages`).
//!
//! A follower's fetch is also its acknowledgement: it has everything below the offset it asks for. The answer carries the high
//! watermark from *before* that was counted, so a follower learns of a commit one exchange after the leader.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::purgatory::Parked;
use super::{Broker, ReplicaRole, Session};
use crate::engine::{Envelope, MsgId, NodeId};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    Body, BrokerEpoch, Cx, ErrorCode, FetchPartition, FetchedPartition, Fetcher, Isolation, LeaderEpoch,
    Offset, Partition,
};

impl Broker {
    pub(super) fn fetch(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        let Body::Fetch { who, max_wait, partitions, forget, .. } = &message.body else { return };
        let mut counted = BTreeMap::new();
        if let Fetcher::Replica(epoch) = who {
            self.update_session(message, partitions, forget);
            for fetch in self.session_fetches(message) {
                if let Some(before) = self.count_follower(cx, message.from, *epoch, fetch) {
                    counted.insert(fetch.partition, before);
                }
            }
        }
        let message = Arc::new(message.clone());
        if !self.try_fetch(cx, &message, &counted, false) {
            let deadline = cx.now() + *max_wait;
            self.vol.parked.insert(message.id, Parked::Fetch { message, deadline });
        }
        for p in counted.into_keys() {
            self.after_follower_fetch(cx, p);
        }
    }

    /// The session names all partitions; a request only what changed (KIP-227).
    fn update_session(&mut self, message: &Envelope<Body>, changed: &[FetchPartition], forget: &[Partition]) {
        let session = self.vol.sessions.entry(message.conn).or_default();
        for p in forget {
            session.remove(p);
        }
        for fetch in changed {
            let told = session.get(&fetch.partition).map_or((Offset::NONE, Offset::NONE), |s| s.told);
            session.insert(fetch.partition, Session { fetch: *fetch, told });
        }
    }

    fn session_fetches(&self, message: &Envelope<Body>) -> Vec<FetchPartition> {
        let Body::Fetch { who, partitions, .. } = &message.body else { return Vec::new() };
        match who {
            Fetcher::Consumer(_) => partitions.clone(),
            Fetcher::Replica(_) => {
                let session = self.vol.sessions.get(&message.conn);
                session.map(|s| s.values().map(|s| s.fetch).collect()).unwrap_or_default()
            }
        }
    }

    pub(super) fn asks_for(&self, message: &Envelope<Body>, p: Partition) -> bool {
        let Body::Fetch { who, partitions, .. } = &message.body else { return false };
        match who {
            Fetcher::Consumer(_) => partitions.iter().any(|fetch| fetch.partition == p),
            Fetcher::Replica(_) => self.vol.sessions.get(&message.conn).is_some_and(|s| s.contains_key(&p)),
        }
    }

    /// Records how far a follower has got. Gives the high watermark from before, or nothing if its log parted from this one.
    fn count_follower(
        &mut self,
        cx: &Cx<'_>,
        follower: NodeId,
        epoch: BrokerEpoch,
        fetch: FetchPartition,
    ) -> Option<Offset> {
        let p = fetch.partition;
        let log = self.disk.logs.get(&p)?;
        let end = log.end();
        if Self::diverging(log, fetch).is_err() || fetch.offset < log.start() || fetch.offset > end {
            return None;
        }
        let replica = self.vol.replicas.get_mut(&p)?;
        if fetch.leader_epoch != replica.epoch {
            return None;
        }
        let ReplicaRole::Leading(leading) = &mut replica.role else { return None };
        leading.followers.get_mut(&follower)?.fetched(cx.now(), fetch.offset, end, epoch);
        Some(replica.high_watermark)
    }

    fn after_follower_fetch(&mut self, cx: &mut Cx<'_>, p: Partition) {
        self.maybe_expand(p);
        self.advance_high_watermark(cx, p);
    }

    /// Whether the follower's last epoch ends elsewhere in this log: `Err` tells where it should cut.
    fn diverging(
        log: &crate::kafka::log::Log,
        fetch: FetchPartition,
    ) -> Result<(), Option<(LeaderEpoch, Offset)>> {
        if fetch.last_fetched_epoch.0 < 0 {
            return Ok(());
        }
        match log.end_of_epoch(fetch.last_fetched_epoch) {
            None => Err(None),
            Some((_, end)) if end.plus(1) == fetch.offset && mutant::on(Mutant::OverlooksDivergence) => {
                Ok(())
            }
            Some((epoch, end)) if epoch < fetch.last_fetched_epoch || end < fetch.offset => {
                Err(Some((epoch, end)))
            }
            Some(_) => Ok(()),
        }
    }

    /// Looks again at a fetch that waited; `late` = its time is over, answer whatever there is.
    pub(super) fn retry_fetch(&mut self, cx: &mut Cx<'_>, request: MsgId, late: bool) {
        let Some(Parked::Fetch { message, .. }) = self.vol.parked.get(&request) else { return };
        let message = Arc::clone(message);
        if self.try_fetch(cx, &message, &BTreeMap::new(), late) {
            self.vol.parked.remove(&request);
        }
    }

    fn try_fetch(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        counted: &BTreeMap<Partition, Offset>,
        late: bool,
    ) -> bool {
        let Body::Fetch { who, min_bytes, max_bytes, .. } = &message.body else { return true };
        let follower = matches!(who, Fetcher::Replica(_));
        let (mut bytes, mut urgent, mut partitions) = (0, false, Vec::new());
        for fetch in self.session_fetches(message) {
            let room = max_bytes.saturating_sub(bytes);
            let mut found = self.read_partition(cx, *who, fetch, room);
            if let Some(before) = counted.get(&fetch.partition) {
                found.high_watermark = *before;
            }
            bytes += found.batches.iter().map(crate::kafka::Batch::size).sum::<u64>();
            urgent |= found.error != ErrorCode::None || found.diverging.is_some();
            urgent |= self.beyond_bound(*who, &fetch);
            partitions.push(found);
        }
        let wants_nothing = partitions.is_empty() && !follower;
        if !(late || urgent || wants_nothing || (bytes > 0 && bytes >= *min_bytes)) {
            return false;
        }
        if follower {
            self.keep_news(message, &mut partitions);
        }
        let quiet = partitions.iter().all(|p| {
            p.batches.is_empty() && p.error == ErrorCode::None && p.diverging.is_none() && !follower
        });
        self.answer(
            cx,
            message.conn,
            message.id,
            quiet,
            Body::Fetched { error: ErrorCode::None, partitions },
        );
        true
    }

    /// Where a reader's view of a partition ends.
    fn bound(&self, who: Fetcher, p: Partition) -> Offset {
        let bound = match who {
            Fetcher::Replica(_) => self.disk.logs.get(&p).map(|log| log.end()),
            Fetcher::Consumer(Isolation::ReadUncommitted) => self.high_watermark(p),
            Fetcher::Consumer(Isolation::ReadCommitted) => self.last_stable(p),
        };
        bound.unwrap_or(Offset::NONE)
    }

    /// A consumer beyond its bound, but not beyond the log end, gets an empty answer at once, no error.
    fn beyond_bound(&self, who: Fetcher, fetch: &FetchPartition) -> bool {
        let p = fetch.partition;
        matches!(who, Fetcher::Consumer(_))
            && self.vol.replicas.contains_key(&p)
            && fetch.offset > self.bound(who, p)
    }

    /// A follower is told only of partitions that have something new.
    fn keep_news(&mut self, message: &Envelope<Body>, partitions: &mut Vec<FetchedPartition>) {
        let Some(session) = self.vol.sessions.get_mut(&message.conn) else { return };
        partitions.retain(|found| {
            let Some(entry) = session.get_mut(&found.partition) else { return false };
            let news = !found.batches.is_empty()
                || found.error != ErrorCode::None
                || found.diverging.is_some()
                || (found.high_watermark, found.log_start) != entry.told;
            entry.told = (found.high_watermark, found.log_start);
            news
        });
    }

    fn read_partition(
        &self,
        cx: &Cx<'_>,
        who: Fetcher,
        fetch: FetchPartition,
        room: u64,
    ) -> FetchedPartition {
        let (p, follower) = (fetch.partition, matches!(who, Fetcher::Replica(_)));
        let mut found = FetchedPartition {
            partition: p,
            error: ErrorCode::None,
            high_watermark: Offset::NONE,
            last_stable: Offset::NONE,
            log_start: Offset::NONE,
            aborted: Vec::new(),
            diverging: None,
            batches: Vec::new(),
        };
        let (Some(replica), Some(log)) = (self.vol.replicas.get(&p), self.disk.logs.get(&p)) else {
            found.error = if self.vol.image.partition(p).is_some() {
                ErrorCode::NotLeaderOrFollower
            } else {
                ErrorCode::UnknownTopicOrPartition
            };
            return found;
        };
        found.error = self.check_epoch(p, fetch.leader_epoch);
        if found.error != ErrorCode::None {
            return found;
        }
        found.high_watermark = replica.high_watermark;
        found.last_stable = log.last_stable(replica.high_watermark);
        found.log_start = log.start();
        if follower
            && !self.leads(p).is_some_and(|l| l.followers.contains_key(&cx.me()) || !l.followers.is_empty())
        {
            return found;
        }
        match Self::diverging(log, fetch) {
            Err(None) => found.error = ErrorCode::OffsetOutOfRange,
            Err(Some(at)) if fetch.offset >= log.start() => found.diverging = Some(at),
            _ if fetch.offset < log.start() || fetch.offset > log.end() => {
                found.error = ErrorCode::OffsetOutOfRange
            }
            _ => {
                let all = follower || mutant::on(Mutant::ServesUncommitted);
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
        found
    }

    /// What is wrong with a request that believes in this leader epoch (-1 = does not say).
    pub(super) fn check_epoch(&self, p: Partition, epoch: LeaderEpoch) -> ErrorCode {
        let Some(replica) = self.vol.replicas.get(&p) else { return ErrorCode::UnknownTopicOrPartition };
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
