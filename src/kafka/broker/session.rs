//! Fetch sessions: a follower names each partition once and afterwards only what changed; the leader answers only with news (KIP-227).

use std::collections::BTreeMap;

use crate::kafka::{ErrorCode, FetchPartition, FetchedPartition, Offset, Partition};

/// What one follower asks for on one connection, and what it was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Session {
    asked: BTreeMap<Partition, Asked>,
    /// Got data last: it is read last the next time, so that a full answer starves nobody.
    fed: Option<Partition>,
}

/// One partition, and the high watermark and log start that it was told last.
#[derive(Clone, Copy, Debug)]
struct Asked {
    fetch: FetchPartition,
    told: Option<(Offset, Offset)>,
}

impl Session {
    /// Takes in a request: what changed, and what is asked for no longer.
    pub fn update(&mut self, changed: &[FetchPartition], forget: &[Partition]) {
        for p in forget {
            self.asked.remove(p);
        }
        for fetch in changed {
            let told = self.asked.get(&fetch.partition).and_then(|asked| asked.told);
            self.asked.insert(fetch.partition, Asked { fetch: *fetch, told });
        }
    }

    /// Whether this partition is asked for.
    pub fn asks_for(&self, p: Partition) -> bool {
        self.asked.contains_key(&p)
    }

    /// Everything that is asked for, in the order in which it is to be read.
    pub fn fetches(&self) -> Vec<FetchPartition> {
        let after = |p: &Partition| self.fed.is_some_and(|fed| *p <= fed);
        let (last, first): (Vec<_>, Vec<_>) = self.asked.iter().partition(|(p, _)| after(p));
        first.into_iter().chain(last).map(|(_, asked)| asked.fetch).collect()
    }

    /// Keeps of an answer what is news to the follower.
    pub fn keep_news(&mut self, answer: &mut Vec<FetchedPartition>) {
        if let Some(fed) = answer.iter().rev().find(|found| !found.batches.is_empty()) {
            self.fed = Some(fed.partition);
        }
        answer.retain(|found| {
            let Some(asked) = self.asked.get_mut(&found.partition) else { return false };
            if found.error != ErrorCode::None || found.diverging.is_some() {
                asked.told = None;
                return true;
            }
            let now = Some((found.high_watermark, found.log_start));
            let news = !found.batches.is_empty() || asked.told != now;
            asked.told = now;
            news
        });
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
        FetchPartition { partition: p(index), offset, leader_epoch: epoch, last_fetched_epoch, max_bytes: 1 }
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
