//! What a broker does to its logs by the clock: checkpoints, retention, compaction, expiry of producer ids; and `DeleteRecords`.

use super::Broker;
use crate::engine::Micros;
use crate::kafka::log::Log;
use crate::kafka::{Cx, ErrorCode, Note, Offset, Partition, Timer};

impl Broker {
    pub(super) fn start_upkeep(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(Timer::IsrCheck, Micros(self.lag_limit().0 / 2));
        for (timer, interval) in [
            (Timer::HighWatermarkCheckpoint, "replica.high.watermark.checkpoint.interval.ms"),
            (Timer::RetentionCheck, "log.retention.check.interval.ms"),
            (Timer::LogStartCheckpoint, "log.flush.start.offset.checkpoint.interval.ms"),
            (Timer::ProducerExpiry, "producer.id.expiration.check.interval.ms"),
        ] {
            cx.set_clock(timer, self.configs.ms(interval));
        }
        if self.configs.on("log.cleaner.enable") {
            cx.set_clock(Timer::Cleaner, self.configs.ms("log.cleaner.backoff.ms"));
        }
    }

    /// Writes high watermarks down; the page cache is taken to be written back by now.
    pub(super) fn checkpoint(&mut self, cx: &mut Cx<'_>) {
        let interval = self.configs.ms("replica.high.watermark.checkpoint.interval.ms");
        cx.set_clock(Timer::HighWatermarkCheckpoint, interval);
        for p in std::mem::take(&mut self.vol.watermarks) {
            if let Some(replica) = self.vol.replicas.get(p) {
                self.disk.high_watermarks.insert(p, replica.high_watermark);
            }
        }
        self.disk.flush();
    }

    /// Writes log starts down: what deleted records after that is forgotten in a crash.
    pub(super) fn checkpoint_starts(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(
            Timer::LogStartCheckpoint,
            self.configs.ms("log.flush.start.offset.checkpoint.interval.ms"),
        );
        self.disk.write_starts();
    }

    /// Process start: where logs begin and what is known of producers is what the disk tells.
    pub(super) fn reload_logs(&mut self, cx: &Cx<'_>) {
        let expiration = self.configs.ms("producer.id.expiration.ms");
        let starts = self.disk.log_starts.clone();
        self.disk.change_all(|p, log| log.reload(cx.now(), starts.get(&p).copied(), expiration));
    }

    /// Orderly end of the process.
    pub(super) fn close_logs(&mut self) {
        self.disk.write_starts();
        self.disk.change_all(|_, log| log.close());
    }

    /// Deletes the segments that retention allows to go, on every replica by itself. Compacted logs are the cleaner's.
    pub(super) fn check_retention(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(Timer::RetentionCheck, self.configs.ms("log.retention.check.interval.ms"));
        self.retain_all(cx, false);
    }

    fn retain_all(&mut self, cx: &mut Cx<'_>, compacted: bool) {
        for p in self.disk.in_use() {
            if self.has_policy(p, "compact") == compacted {
                self.retain(cx, p);
            }
        }
        self.arm_file_delete(cx);
    }

    fn retain(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let (retention, node) = (self.retention(p), cx.me());
        let (Some(high_watermark), Some(log)) = (self.high_watermark(p), self.disk.log(p)) else {
            return;
        };
        let mut kept = Log::clone(log);
        let deleted = kept.retain(cx.now(), high_watermark, retention);
        if deleted.segments.is_empty() {
            return; // the log stays one with its copies
        }
        let (from, to) = (log.start(), kept.start());
        self.wake_sessions(p);
        *self.disk.open(p, cx.now()) = kept;
        if let Some(base) = deleted.rolled {
            cx.note(Note::SegmentRolled { node, partition: p, base });
        }
        for (base, why) in deleted.segments {
            cx.note(Note::SegmentDeleted { node, partition: p, base, why });
        }
        if to != from {
            cx.note(Note::LogStartMoved { node, partition: p, from, to });
        }
    }

    fn arm_file_delete(&mut self, cx: &mut Cx<'_>) {
        let logs = self.disk.in_use().into_iter().filter_map(|p| self.disk.log(p));
        let next = logs.flat_map(|log| log.leaving()).map(|file| file.at).min();
        match next {
            Some(at) => cx.set_timer(Timer::FileDelete, at.since(cx.now())),
            None => cx.cancel_timer(Timer::FileDelete),
        }
    }

    /// `file.delete.delay.ms` has passed for some segment.
    pub(super) fn remove_files(&mut self, cx: &mut Cx<'_>) {
        for p in self.disk.in_use() {
            if self.disk.log(p).is_some_and(|log| !log.leaving().is_empty())
                && let Some(log) = self.disk.log_mut(p)
            {
                log.remove_files(cx.now());
            }
        }
        self.arm_file_delete(cx);
    }

    /// Every 15 s: cleans the dirtiest log first, and goes on until none is dirty enough (`LogCleaner`).
    pub(super) fn run_cleaner(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(Timer::Cleaner, self.configs.ms("log.cleaner.backoff.ms"));
        let (node, now) = (cx.me(), cx.now());
        let mut due: Vec<(f64, Partition)> = Vec::new();
        for p in self.disk.in_use().into_iter().filter(|p| self.has_policy(*p, "compact")) {
            let compaction = self.compaction(p);
            let dirt = self.disk.log(p).zip(self.high_watermark(p));
            let dirt = dirt.map(|(log, hw)| log.dirt(now, hw, compaction));
            due.extend(dirt.filter(|dirt| dirt.is_due(compaction)).map(|dirt| (dirt.ratio(), p)));
        }
        due.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, p) in due {
            let compaction = self.compaction(p);
            self.wake_sessions(p);
            let (Some(hw), Some(log)) = (self.high_watermark(p), self.disk.log_mut(p)) else {
                continue;
            };
            let dirt = log.dirt(now, hw, compaction);
            let done = log.compact(now, dirt, compaction);
            let removed = u32::try_from(done.removed).unwrap_or(u32::MAX);
            cx.note(Note::LogCompacted { node, partition: p, upto: done.upto, removed });
        }
        self.retain_all(cx, true);
    }

    /// Forgets producers that wrote nothing for `producer.id.expiration.ms`.
    pub(super) fn expire_producers(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(Timer::ProducerExpiry, self.configs.ms("producer.id.expiration.check.interval.ms"));
        let (now, after) = (cx.now(), self.configs.ms("producer.id.expiration.ms"));
        for p in self.disk.in_use() {
            if self.disk.log(p).is_some_and(|log| log.has_expired_producers(now, after))
                && let Some(log) = self.disk.log_mut(p)
            {
                log.expire_producers(now, after);
            }
        }
    }

    /// An admin lets the records below an offset go (`DeleteRecords`). Followers raise their log start with their next fetch.
    pub(super) fn delete_records(&mut self, cx: &mut Cx<'_>, p: Partition, upto: Option<Offset>) {
        if let Err(error) = self.raise_log_start(cx, p, upto) {
            cx.note(Note::AdminRefused { error });
        }
    }

    fn raise_log_start(
        &mut self,
        cx: &mut Cx<'_>,
        p: Partition,
        upto: Option<Offset>,
    ) -> Result<(), ErrorCode> {
        if cx.shared().is_internal(p.topic) {
            return Err(ErrorCode::InvalidTopic);
        }
        self.leads(p).ok_or(ErrorCode::NotLeaderOrFollower)?;
        if !self.has_policy(p, "delete") {
            return Err(ErrorCode::PolicyViolation);
        }
        let high_watermark = self.high_watermark(p).ok_or(ErrorCode::UnknownTopicOrPartition)?;
        let to = upto.unwrap_or(high_watermark);
        if to > high_watermark {
            return Err(ErrorCode::OffsetOutOfRange);
        }
        let from = self.disk.log(p).ok_or(ErrorCode::UnknownTopicOrPartition)?.start();
        if to > from {
            self.wake_sessions(p);
            self.disk.open(p, cx.now()).raise_start(to);
            cx.note(Note::LogStartMoved { node: cx.me(), partition: p, from, to });
        }
        Ok(())
    }
}
