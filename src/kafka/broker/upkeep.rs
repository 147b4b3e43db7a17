//! What a broker does by the clock: checkpoints, retention, expiry of producer ids.

use std::sync::Arc;

use super::Broker;
use crate::engine::Micros;
use crate::kafka::{Cx, Note, Partition, Timer};

impl Broker {
    pub(super) fn start_upkeep(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(Timer::IsrCheck, Micros(self.lag_limit().0 / 2));
        let checkpoint = self.configs.ms("replica.high.watermark.checkpoint.interval.ms");
        cx.set_clock(Timer::HighWatermarkCheckpoint, checkpoint);
        cx.set_clock(Timer::RetentionCheck, self.configs.ms("log.retention.check.interval.ms"));
    }

    /// Writes high watermarks down; the page cache is taken to be written back by now.
    pub(super) fn checkpoint(&mut self, cx: &mut Cx<'_>) {
        let interval = self.configs.ms("replica.high.watermark.checkpoint.interval.ms");
        cx.set_clock(Timer::HighWatermarkCheckpoint, interval);
        for (p, replica) in &self.vol.replicas {
            self.disk.high_watermarks.insert(*p, replica.high_watermark);
        }
        for log in self.disk.logs.values_mut() {
            if !log.is_flushed() {
                Arc::make_mut(log).flush();
            }
        }
    }

    /// Process start: what is known of producers is what the disk tells.
    pub(super) fn reload_logs(&mut self, cx: &Cx<'_>) {
        let expiration = self.configs.ms("producer.id.expiration.ms");
        for log in self.disk.logs.values_mut() {
            Arc::make_mut(log).reload(cx.now(), expiration);
        }
    }

    /// Orderly end of the process.
    pub(super) fn close_logs(&mut self) {
        for log in self.disk.logs.values_mut() {
            Arc::make_mut(log).close();
        }
    }

    /// Deletes the segments that retention allows to go, on every replica by itself.
    pub(super) fn check_retention(&mut self, cx: &mut Cx<'_>) {
        cx.set_clock(Timer::RetentionCheck, self.configs.ms("log.retention.check.interval.ms"));
        let partitions: Vec<Partition> = self.disk.logs.keys().copied().collect();
        for p in partitions {
            self.retain(cx, p);
        }
    }

    fn retain(&mut self, cx: &mut Cx<'_>, p: Partition) {
        let (Some(retention), Some(high_watermark)) = (self.retention(p), self.high_watermark(p)) else {
            return;
        };
        let expiry = self.configs.ms("producer.id.expiration.ms");
        let Some(log) = self.disk.logs.get_mut(&p).map(Arc::make_mut) else { return };
        let (node, from) = (cx.me(), log.start());
        log.expire_producers(cx.now(), expiry);
        let deleted = log.retain(cx.now(), high_watermark, retention);
        let to = log.start();
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
}
