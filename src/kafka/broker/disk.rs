//! What a broker finds again after its process ended: logs and checkpoints. It knows which logs were touched, so that what happens by the
//! clock looks at those alone, however many there are.

use std::collections::BTreeSet;
use std::sync::Arc;

use crate::engine::{Blocks, Micros};
use crate::kafka::log::Log;
use crate::kafka::raft::Observer;
use crate::kafka::{Offset, Partition};

#[derive(Clone, Debug, Default)]
pub(super) struct Disk {
    logs: Blocks<Partition, Arc<Log>>,
    /// Of which topic each log is (`partition.metadata`); a name may come back.
    topic_ids: Blocks<Partition, Offset>,
    /// As of their last checkpoint.
    pub high_watermarks: Blocks<Partition, Offset>,
    /// Log starts as of theirs (`log.flush.start.offset.checkpoint.interval.ms`).
    pub log_starts: Blocks<Partition, Offset>,
    /// The power failed since the controller last heard of this broker: what was not written back is gone.
    pub tail_lost: bool,
    /// Epoch and leader of the quorum, as last heard.
    pub observer: Observer,
    /// Logs that were touched since the page cache was last written back.
    unflushed: BTreeSet<Partition>,
    /// Logs that were touched since log starts were last written down.
    starts: BTreeSet<Partition>,
    /// Logs that something was ever written to, and was written back since.
    written: Blocks<Partition, ()>,
    /// The empty log that was made last: all that begin at one moment are one until something happens to them.
    blank: Option<(Micros, Arc<Log>)>,
}

impl Disk {
    pub fn log(&self, p: Partition) -> Option<&Arc<Log>> {
        self.logs.get(&p)
    }

    /// A log, to be changed.
    pub fn log_mut(&mut self, p: Partition) -> Option<&mut Log> {
        let log = self.logs.get_mut(&p)?;
        self.unflushed.insert(p);
        self.starts.insert(p);
        Some(Arc::make_mut(log))
    }

    /// A log, to be changed; an empty one that begins at 0 if there is none.
    pub fn open(&mut self, p: Partition, now: Micros) -> &mut Log {
        self.unflushed.insert(p);
        self.starts.insert(p);
        Arc::make_mut(self.logs.get_or_insert_with(p, || Arc::new(Log::starting_at(Offset(0), now))))
    }

    /// An empty log of this topic.
    pub fn create(&mut self, p: Partition, id: Offset, now: Micros) {
        self.unflushed.insert(p);
        self.starts.insert(p);
        let blank = match &self.blank {
            Some((since, log)) if *since == now => log,
            _ => &self.blank.insert((now, Arc::new(Log::starting_at(Offset(0), now)))).1,
        };
        self.logs.get_or_insert_with(p, || Arc::clone(blank));
        self.topic_ids.insert(p, id);
    }

    /// A log is of this topic.
    pub fn name_topic(&mut self, p: Partition, id: Offset) {
        if self.logs.contains_key(&p) && self.topic_id(p) != id {
            self.topic_ids.insert(p, id);
        }
    }

    /// Of which topic a log is; -1 = not told.
    pub fn topic_id(&self, p: Partition) -> Offset {
        self.topic_ids.get(&p).copied().unwrap_or(Offset::NONE)
    }

    pub fn remove(&mut self, p: Partition) {
        self.logs.remove(&p);
        self.topic_ids.remove(&p);
        self.high_watermarks.remove(&p);
        self.log_starts.remove(&p);
        self.written.remove(&p);
        self.unflushed.remove(&p);
        self.starts.insert(p);
    }

    pub fn partitions(&self) -> impl Iterator<Item = Partition> + '_ {
        self.logs.keys().copied()
    }

    /// Logs that hold something, or did once: the only ones that retention, compaction and expiry can change.
    pub fn in_use(&self) -> Vec<Partition> {
        let all: BTreeSet<Partition> =
            self.written.keys().copied().chain(self.unflushed.iter().copied()).collect();
        all.into_iter().collect()
    }

    /// The page cache is written back.
    pub fn flush(&mut self) {
        for p in std::mem::take(&mut self.unflushed) {
            let Some(log) = self.logs.get(&p) else { continue };
            if log.end() > Offset(0) || log.producers().iter().next().is_some() {
                self.written.get_or_insert_with(p, || ());
            }
            if !log.is_flushed() {
                self.logs.get_mut(&p).map(Arc::make_mut).map(Log::flush);
            }
        }
    }

    /// Log starts are written down.
    pub fn write_starts(&mut self) {
        for p in std::mem::take(&mut self.starts) {
            let start = self.logs.get(&p).map(|log| log.start());
            match start {
                Some(start) if self.log_starts.get(&p) != Some(&start) => {
                    self.log_starts.insert(p, start);
                }
                Some(_) => {}
                None => {
                    self.log_starts.remove(&p);
                }
            }
        }
    }

    /// Changes every log there is: what happens when a process begins or ends.
    pub fn change_all(&mut self, change: impl Fn(Partition, &mut Log)) {
        let all: Vec<Partition> = self.partitions().collect();
        for p in all {
            if let Some(log) = self.log_mut(p) {
                change(p, log);
            }
        }
    }

    /// The power failed: what was not written back is gone.
    pub fn lose_unflushed(&mut self) {
        for p in self.unflushed.clone() {
            if let Some(log) = self.log_mut(p) {
                log.lose_unflushed();
            }
        }
    }
}
