//! Fetch sessions: a follower names each partition once and afterwards only what changed; the leader answers only with news (KIP-227).
//!
//! A partition rests in a session when the follower has everything, was told everything and is in sync. Nothing is looked up for it until
//! something happens to it, so an idle fetch costs the same for one partition and for a thousand. What each fetch says of those that rest
//! ("still at the end") is known from the time of the last one.

use std::collections::BTreeSet;

use super::{Broker, ReplicaRole};
use crate::engine::{Blocks, Conn, Micros};
use crate::kafka::{BrokerEpoch, ErrorCode, FetchPartition, FetchedPartition, Offset, Partition};

/// What one follower asks for on one connection, and what it was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    asked: Blocks<Partition, Asked>,
    /// Those that do not rest.
    awake: BTreeSet<Partition>,
    /// Got data last: it is read last the next time, so that a full answer starves nobody.
    fed: Option<Partition>,
    /// When the last fetch came, and with which registration.
    pub last: Option<(Micros, BrokerEpoch)>,
}

/// One partition, and the high watermark and log start that it was told last.
#[derive(Clone, Copy, Debug)]
struct Asked {
    fetch: FetchPartition,
    told: Option<(Offset, Offset)>,
}

/// What the fetches since a partition went to rest have said of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Rested {
    pub partition: Partition,
    /// When the last of them came.
    pub at: Micros,
    /// From where they asked: the end of the log.
    pub offset: Offset,
    pub epoch: BrokerEpoch,
}

impl Session {
    /// Takes in a request: what changed, and what is asked for no longer. Call [`Session::wake`] for all of these before.
    pub fn update(&mut self, changed: &[FetchPartition], forget: &[Partition]) {
        for p in forget {
            self.asked.remove(p);
            self.awake.remove(p);
        }
        for fetch in changed {
            let told = self.asked.get(&fetch.partition).and_then(|asked| asked.told);
            self.asked.insert(fetch.partition, Asked { fetch: *fetch, told });
            self.awake.insert(fetch.partition);
        }
    }

    /// Whether this partition is asked for.
    pub fn asks_for(&self, p: Partition) -> bool {
        self.asked.contains_key(&p)
    }

    /// Whether nothing is asked for.
    pub const fn is_empty(&self) -> bool {
        self.asked.is_empty()
    }

    /// Everything that is asked for.
    pub fn partitions(&self) -> Vec<Partition> {
        self.asked.keys().copied().collect()
    }

    /// What does not rest, in the order in which it is to be read.
    pub fn fetches(&self) -> Vec<FetchPartition> {
        let after = |p: &Partition| self.fed.is_some_and(|fed| *p <= fed);
        let (last, first): (Vec<_>, Vec<_>) = self.awake.iter().partition(|p| after(p));
        first.into_iter().chain(last).filter_map(|p| self.asked.get(p)).map(|asked| asked.fetch).collect()
    }

    /// What is known of a partition that rests; none if it does not.
    pub fn rested(&self, p: Partition) -> Option<Rested> {
        let (at, epoch) = self.last.filter(|_| !self.awake.contains(&p))?;
        let asked = self.asked.get(&p)?;
        Some(Rested { partition: p, at, offset: asked.fetch.offset, epoch })
    }

    /// Something happens to a partition: it rests no longer. Gives what was not written in the leader's books while it did.
    pub fn wake(&mut self, p: Partition) -> Option<Rested> {
        let rested = self.rested(p)?;
        self.awake.insert(p);
        Some(rested)
    }

    /// Lets a partition rest until something happens to it, if the follower was told where `high_watermark` and `start` stand.
    pub fn rest(&mut self, p: Partition, high_watermark: Offset, start: Offset) {
        if self.asked.get(&p).is_some_and(|asked| asked.told == Some((high_watermark, start))) {
            self.awake.remove(&p);
        }
    }

    /// Keeps of an answer what is news to the follower.
    pub fn keep_news(&mut self, answer: &mut Vec<FetchedPartition>) {
        if let Some(fed) = answer.iter().rev().find(|found| !found.batches.is_empty()) {
            self.fed = Some(fed.partition);
        }
        answer.retain(|found| {
            let Some(asked) = self.asked.get(&found.partition) else { return false };
            let failed = found.error != ErrorCode::None || found.diverging.is_some();
            let now = (!failed).then_some((found.high_watermark, found.log_start));
            let news = failed || !found.batches.is_empty() || asked.told != now;
            if asked.told != now
                && let Some(asked) = self.asked.get_mut(&found.partition)
            {
                asked.told = now;
            }
            news
        });
    }
}

impl Broker {
    /// A fetch of a follower came.
    pub(super) fn update_session(
        &mut self,
        conn: Conn,
        epoch: BrokerEpoch,
        changed: &[FetchPartition],
        forget: &[Partition],
    ) {
        let session = self.vol.sessions.entry(conn).or_default();
        let another_life = session.last.is_some_and(|(_, before)| before != epoch);
        let asked = changed.iter().map(|fetch| &fetch.partition).chain(forget);
        let woken: Vec<Rested> = asked.filter_map(|p| session.wake(*p)).collect();
        session.update(changed, forget);
        for rested in woken {
            self.write_down(conn, rested);
        }
        if another_life {
            self.wake_session(conn);
        }
    }

    /// Something happens to a partition: call before it does. Whoever asks for it is looked at again.
    pub(super) fn wake_sessions(&mut self, p: Partition) {
        let mut woken = Vec::new();
        for (conn, session) in &mut self.vol.sessions {
            woken.extend(session.wake(p).map(|rested| (*conn, rested)));
        }
        for (conn, rested) in woken {
            self.write_down(conn, rested);
        }
    }

    /// All that one follower asks for is looked at again.
    pub(super) fn wake_session(&mut self, conn: Conn) {
        let Some(session) = self.vol.sessions.get_mut(&conn) else { return };
        let woken: Vec<Rested> = session.partitions().into_iter().filter_map(|p| session.wake(p)).collect();
        for rested in woken {
            self.write_down(conn, rested);
        }
    }

    /// A follower's connection is gone.
    pub(super) fn end_session(&mut self, conn: Conn) {
        self.wake_session(conn);
        self.vol.sessions.remove(&conn);
    }

    /// Writes into the books what the fetches said while the partition rested.
    fn write_down(&mut self, conn: Conn, rested: Rested) {
        let Some(replica) = self.vol.replicas.get_mut(rested.partition) else { return };
        let ReplicaRole::Leading(leading) = &mut replica.role else { return };
        if let Some(follower) = leading.followers.get_mut(&conn.client) {
            follower.fetched(rested.at, rested.offset, rested.offset, rested.epoch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{Batch, LeaderEpoch, TopicId};

    fn p(index: u32) -> Partition {
        Partition { topic: TopicId(0), index }
    }

    fn ask(index: u32) -> FetchPartition {
        let (offset, epoch) = (Offset(0), LeaderEpoch(0));
        let last_fetched_epoch = LeaderEpoch(-1);
        FetchPartition {
            partition: p(index),
            offset,
            leader_epoch: epoch,
            last_fetched_epoch,
            max_bytes: 1,
            topic_id: Offset::NONE,
        }
    }

    fn found(index: u32, high_watermark: i64, log_start: i64, batches: Vec<Batch>) -> FetchedPartition {
        FetchedPartition {
            partition: p(index),
            error: ErrorCode::None,
            high_watermark: Offset(high_watermark),
            last_stable: Offset(high_watermark),
            log_start: Offset(log_start),
            aborted: Vec::new(),
            diverging: None,
            batches,
        }
    }

    fn news(session: &mut Session, mut answer: Vec<FetchedPartition>) -> Vec<u32> {
        session.keep_news(&mut answer);
        answer.iter().map(|found| found.partition.index).collect()
    }

    #[test]
    fn a_follower_hears_of_a_moved_high_watermark_or_log_start_once() {
        let mut session = Session::default();
        session.update(&[ask(0)], &[]);
        assert_eq!(news(&mut session, vec![found(0, 5, 0, vec![])]), [0]);
        assert_eq!(news(&mut session, vec![found(0, 5, 0, vec![])]), [0; 0]);
        assert_eq!(news(&mut session, vec![found(0, 6, 0, vec![])]), [0]);
        assert_eq!(news(&mut session, vec![found(0, 6, 3, vec![])]), [0]);
        assert_eq!(news(&mut session, vec![found(0, 6, 3, vec![])]), [0; 0]);
    }

    #[test]
    fn what_rests_is_not_read_until_something_happens_to_it() {
        let mut session = Session { last: Some((Micros::secs(1), BrokerEpoch(7))), ..Session::default() };
        session.update(&[ask(0), ask(1)], &[]);
        let read = |s: &Session| s.fetches().iter().map(|f| f.partition.index).collect::<Vec<_>>();
        session.rest(p(0), Offset(5), Offset(0));
        assert_eq!(read(&session), [0, 1], "it was not told yet where the high watermark stands");
        news(&mut session, vec![found(0, 5, 0, vec![])]);
        session.rest(p(0), Offset(5), Offset(0));
        assert_eq!((read(&session), session.asks_for(p(0))), (vec![1], true));
        session.last = Some((Micros::secs(2), BrokerEpoch(7)));
        let rested =
            Rested { partition: p(0), at: Micros::secs(2), offset: Offset(0), epoch: BrokerEpoch(7) };
        assert_eq!(session.wake(p(0)), Some(rested), "the fetches meanwhile count");
        assert_eq!((session.wake(p(0)), read(&session)), (None, vec![0, 1]));
    }

    #[test]
    fn who_got_data_is_read_last_the_next_time() {
        let mut session = Session::default();
        session.update(&[ask(0), ask(1), ask(2)], &[]);
        let order = |s: &Session| s.fetches().iter().map(|f| f.partition.index).collect::<Vec<_>>();
        assert_eq!(order(&session), [0, 1, 2]);
        news(&mut session, vec![found(1, 0, 0, vec![Batch::unplaced(None, vec![])])]);
        assert_eq!(order(&session), [2, 0, 1]);
        session.update(&[], &[p(2)]);
        assert!(!session.asks_for(p(2)));
    }
}
