//! Retention: whole segments go from the front, never past the high watermark (`UnifiedLog.deleteOldSegments`).

use super::Log;
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{DeleteWhy, Offset};

/// What a topic keeps.
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// `retention.ms`; none = for ever.
    pub age: Option<Micros>,
    /// `retention.bytes`; none = any size.
    pub bytes: Option<u64>,
}

/// What a pass of retention did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Base of the empty segment that was begun because everything was due.
    pub rolled: Option<Offset>,
    /// Bases of deleted segments, and why.
    pub segments: Vec<(Offset, DeleteWhy)>,
}

impl Log {
    /// One pass: by size first, then by age. What is left is at least `retention.bytes`; a segment goes by age when its newest record
    /// is older than `retention.ms`. The active segment goes too if all are due: an empty one is begun first.
    pub fn retain(&mut self, now: Micros, high_watermark: Offset, retention: Retention) -> Deleted {
        let mut deleted = Deleted::default();
        if let Some(limit) = retention.bytes {
            let mut excess = self.size().saturating_sub(limit);
            self.delete_while(now, high_watermark, DeleteWhy::Size, &mut deleted, |segment_size, _| {
                let most =
                    if mutant::on(Mutant::DeletesTooMuch) { excess + segment_size - 1 } else { excess };
                let fits = segment_size > 0 && segment_size <= most;
                if fits {
                    excess = excess.saturating_sub(segment_size);
                }
                fits
            });
        }
        if let Some(age) = retention.age {
            self.delete_while(now, high_watermark, DeleteWhy::Time, &mut deleted, |_, newest| {
                newest.is_some_and(|newest| now.since(newest) > age)
            });
        }
        deleted
    }

    fn delete_while(
        &mut self,
        now: Micros,
        high_watermark: Offset,
        why: DeleteWhy,
        deleted: &mut Deleted,
        mut due: impl FnMut(u64, Option<Micros>) -> bool,
    ) {
        let count = self
            .segments()
            .take_while(|s| {
                let committed = high_watermark >= s.end() || mutant::on(Mutant::DeletesUncommitted);
                committed && s.end() > s.base() && due(s.size(), s.max_timestamp())
            })
            .count();
        if count == 0 {
            return;
        }
        if count == self.segments.len() {
            deleted.rolled = Some(self.roll(now));
        }
        deleted.segments.extend(self.segments[..count].iter().map(|s| (s.base(), why)));
        self.segments.drain(..count);
        if let Some(first) = self.segments.first() {
            self.start = self.start.max(first.base());
        }
        self.drop_front();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::log::Rolling;
    use crate::kafka::{Batch, LeaderEpoch, Record, RecordId};

    fn log_of(timestamps: &[u64]) -> Log {
        let mut log = Log::default();
        let one_each = Rolling { bytes: 100, age: Micros::NEVER };
        for &at in timestamps {
            let record = Record {
                id: RecordId(0),
                key: None,
                value: Some(vec![0_u8; 32].into()),
                timestamp: Micros::secs(at),
                internal: None,
            };
            log.append(Batch::unplaced(None, vec![record]), LeaderEpoch(0), Micros::secs(at), one_each);
        }
        log
    }

    #[test]
    fn age_is_that_of_the_newest_record_and_stops_at_the_first_that_stays() {
        let mut log = log_of(&[0, 100, 10]);
        let hour = Retention { age: Some(Micros::secs(50)), bytes: None };
        let gone = log.retain(Micros::secs(90), Offset(3), hour);
        assert_eq!(
            gone.segments,
            [(Offset(0), DeleteWhy::Time)],
            "the one from the future protects the rest"
        );
        assert_eq!((log.start(), log.end()), (Offset(1), Offset(3)));
    }

    #[test]
    fn everything_may_go_once_an_empty_segment_is_begun() {
        let mut log = log_of(&[0, 1]);
        let gone =
            log.retain(Micros::secs(90), Offset(2), Retention { age: Some(Micros::secs(50)), bytes: None });
        assert_eq!(gone.rolled, Some(Offset(2)));
        assert_eq!((log.start(), log.end(), log.segments().count()), (Offset(2), Offset(2), 1));
    }

    #[test]
    fn nothing_at_or_above_the_high_watermark_goes_and_size_leaves_at_least_the_limit() {
        let mut log = log_of(&[0, 1, 2, 3]);
        let old = Retention { age: Some(Micros::secs(1)), bytes: None };
        log.retain(Micros::secs(90), Offset(1), old);
        assert_eq!(log.start(), Offset(1));
        let before = log.size();
        log.retain(Micros::secs(90), Offset(4), Retention { age: None, bytes: Some(150) });
        assert!(log.size() >= 150 && log.size() < before);
    }
}
