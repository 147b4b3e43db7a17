//! Retention: whole segments go from the front, never past the high watermark (`UnifiedLog.deleteOldSegments`).

use std::sync::Arc;

use super::{Log, Segment};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{DeleteWhy, Offset};

/// What a topic keeps. With neither, segments go only once the log starts behind them (`cleanup.policy = compact`, `DeleteRecords`).
#[derive(Clone, Copy, Debug)]
pub struct Retention {
    /// `retention.ms`; none = for ever.
    pub age: Option<Micros>,
    /// `retention.bytes`; none = any size.
    pub bytes: Option<u64>,
    /// `file.delete.delay.ms`: how long the file of a deleted segment stays on disk.
    pub file_delay: Micros,
}

/// What a pass of retention did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Deleted {
    /// Base of the empty segment that was begun because everything was due.
    pub rolled: Option<Offset>,
    /// Bases of deleted segments, and why.
    pub segments: Vec<(Offset, DeleteWhy)>,
}

/// A segment that is deleted, or replaced by compaction, but whose file is still there.
#[derive(Clone, Debug)]
pub struct Leaving {
    /// The segment.
    pub segment: Arc<Segment>,
    /// When it was deleted.
    pub since: Micros,
    /// When the file goes.
    pub at: Micros,
}

impl Log {
    /// One pass: segments below the log start, then by size, then by age; each from the front, up to the first that stays. By size what is
    /// left is at least `retention.bytes`; by age a segment goes when its newest record is older than `retention.ms`. The active segment
    /// goes too if all are due: an empty one is begun first.
    pub fn retain(&mut self, now: Micros, high_watermark: Offset, retention: Retention) -> Deleted {
        let mut deleted = Deleted::default();
        let mut pass = Pass { now, high_watermark, file_delay: retention.file_delay, deleted: &mut deleted };
        let start = self.start;
        self.delete_while(&mut pass, DeleteWhy::LogStart, |_, upper| upper <= start);
        if let Some(mut excess) = retention.bytes.and_then(|limit| self.size().checked_sub(limit)) {
            self.delete_while(&mut pass, DeleteWhy::Size, |segment, _| {
                let fits = segment.size() <= excess || (excess > 0 && mutant::on(Mutant::DeletesTooMuch));
                if fits {
                    excess = excess.saturating_sub(segment.size());
                }
                fits
            });
        }
        if let Some(age) = retention.age {
            self.delete_while(&mut pass, DeleteWhy::Time, |segment, _| {
                now.since(segment.max_timestamp().unwrap_or(segment.created())) > age
            });
        }
        deleted
    }

    /// Deletes segments from the front while they are `due`, told each with the offset at which it ends: the base of the next one.
    fn delete_while(
        &mut self,
        pass: &mut Pass<'_>,
        why: DeleteWhy,
        mut due: impl FnMut(&Segment, Offset) -> bool,
    ) {
        let mut uppers = self.segments().skip(1).map(Segment::base).collect::<Vec<_>>();
        uppers.push(self.end());
        let goes = |(segment, upper): &(&Segment, Offset)| {
            let committed = pass.high_watermark >= *upper || mutant::on(Mutant::DeletesUncommitted);
            let last_and_empty = segment.base() == *upper && segment.is_empty();
            committed && !last_and_empty && due(segment, *upper)
        };
        let count = self.segments().zip(uppers).take_while(goes).count();
        if count == 0 {
            return;
        }
        if count == self.segments.len() {
            pass.deleted.rolled = Some(self.roll(pass.now));
        }
        for segment in self.segments.drain(..count) {
            pass.deleted.segments.push((segment.base(), why));
            self.leaving.push(Leaving { segment, since: pass.now, at: pass.now + pass.file_delay });
        }
        if let Some(first) = self.segments.first() {
            self.start = self.start.max(first.base());
        }
        self.drop_front();
    }

    /// Deleted segments whose files are still on disk.
    #[must_use]
    pub fn leaving(&self) -> &[Leaving] {
        &self.leaving
    }

    /// Removes the files whose time has come.
    pub fn remove_files(&mut self, now: Micros) {
        self.leaving.retain(|file| file.at > now);
    }
}

/// What the passes over one log share.
struct Pass<'a> {
    now: Micros,
    high_watermark: Offset,
    file_delay: Micros,
    deleted: &'a mut Deleted,
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
        let hour = Retention { age: Some(Micros::secs(50)), bytes: None, file_delay: Micros::ZERO };
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
        let gone = log.retain(
            Micros::secs(90),
            Offset(2),
            Retention { age: Some(Micros::secs(50)), bytes: None, file_delay: Micros::ZERO },
        );
        assert_eq!(gone.rolled, Some(Offset(2)));
        assert_eq!((log.start(), log.end(), log.segments().count()), (Offset(2), Offset(2), 1));
    }

    #[test]
    fn nothing_at_or_above_the_high_watermark_goes_and_size_leaves_at_least_the_limit() {
        let mut log = log_of(&[0, 1, 2, 3]);
        let old = Retention { age: Some(Micros::secs(1)), bytes: None, file_delay: Micros::ZERO };
        log.retain(Micros::secs(90), Offset(1), old);
        assert_eq!(log.start(), Offset(1));
        let before = log.size();
        log.retain(
            Micros::secs(90),
            Offset(4),
            Retention { age: None, bytes: Some(150), file_delay: Micros::ZERO },
        );
        assert!(log.size() >= 150 && log.size() < before);
    }
}
