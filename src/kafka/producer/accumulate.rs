//! From the application's send() to batches (`RecordAccumulator`).

use super::{Draft, Producer};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    BATCH_HEADER_BYTES, BatchWhy, Cx, ErrorCode, Note, Partition, Record, RecordId, Send, Timer, Why,
};

impl Producer {
    /// send(): gives the record its number and a place in a batch. The application learns its fate later.
    pub(super) fn send(&mut self, cx: &mut Cx<'_>, send: Send) {
        let record = RecordId(cx.next_serial());
        let now = cx.now();
        if self.vol.topics.insert(send.topic) || self.vol.metadata.partition_count(send.topic) == 0 {
            self.vol.homeless.push_back((send, record, now));
            self.vol.metadata_wanted.get_or_insert(Why::Unknown);
            return;
        }
        self.place(cx, send, record, now);
    }

    /// Records that waited for their topic get a partition, in order.
    pub(super) fn house_the_homeless(&mut self, cx: &mut Cx<'_>) {
        for (send, record, since) in std::mem::take(&mut self.vol.homeless) {
            if self.vol.metadata.partition_count(send.topic) > 0 {
                self.place(cx, send, record, since);
            } else {
                self.vol.homeless.push_back((send, record, since));
            }
        }
    }

    fn place(&mut self, cx: &mut Cx<'_>, send: Send, id: RecordId, since: Micros) {
        let count = self.vol.metadata.partition_count(send.topic);
        let (index, how) = self.choose(cx, &send, count);
        let partition = Partition { topic: send.topic, index };
        cx.note(Note::PartitionChosen { record: id, partition, how });
        cx.note(Note::RecordSent { record: id, client: cx.me(), partition });
        if index >= count {
            self.give_up(cx, &[id], ErrorCode::UnknownTopicOrPartition);
            return;
        }
        let record = Record { id, key: send.key, value: send.value, timestamp: since, internal: None };
        let limit = u64::try_from(self.configs.int("max.request.size")).unwrap_or(u64::MAX);
        if BATCH_HEADER_BYTES + record.size() > limit {
            self.give_up(cx, &[id], ErrorCode::MessageTooLarge);
            return;
        }
        self.add(cx, partition, record);
    }

    fn add(&mut self, cx: &mut Cx<'_>, p: Partition, record: Record) {
        let size = u64::try_from(self.configs.int("batch.size")).unwrap_or(0);
        let most = usize::try_from(self.configs.int("batch.num.messages")).unwrap_or(usize::MAX);
        let queue = self.vol.queues.entry(p).or_default();
        let fits = queue.back().is_some_and(|draft| !draft.closed && draft.bytes + record.size() <= size);
        if !fits {
            if let Some(full) = queue.back_mut().filter(|draft| !draft.closed) {
                full.closed = true;
                let count = u32::try_from(full.records.len()).unwrap_or(u32::MAX);
                cx.note(Note::BatchClosed { client: cx.me(), partition: p, count, why: BatchWhy::Full });
            }
            queue.push_back(Draft {
                records: Vec::new(),
                stamp: None,
                attempts: 0,
                created: cx.now(),
                bytes: BATCH_HEADER_BYTES,
                closed: false,
                retry_at: Micros::ZERO,
                retry_why: None,
            });
        }
        if let Some(open) = queue.back_mut() {
            open.bytes += record.size();
            let place = if mutant::on(Mutant::NewestFirst) { 0 } else { open.records.len() };
            open.records.insert(place, record);
            if open.bytes >= size || open.records.len() >= most {
                open.closed = true;
                let count = u32::try_from(open.records.len()).unwrap_or(u32::MAX);
                cx.note(Note::BatchClosed { client: cx.me(), partition: p, count, why: BatchWhy::Full });
            }
        }
    }

    /// flush(): everything buffered may leave now.
    pub(super) const fn flush(&mut self) {
        self.vol.flushing = true;
    }

    /// Tells the application that these records will not be stored by this client.
    pub(super) fn give_up(&mut self, cx: &mut Cx<'_>, records: &[RecordId], error: ErrorCode) {
        for record in records {
            cx.note(Note::RecordFailed { record: *record, error });
        }
        self.vol.failed += records.len() as u64;
        self.vol.error = Some(error);
    }

    pub(super) fn arm_workload(&self, cx: &mut Cx<'_>) {
        if let Some(workload) = &self.workload
            && workload.count.is_none_or(|count| self.workload_sent < count)
        {
            cx.set_clock(Timer::Workload, workload.every);
        }
    }

    /// The application's next record.
    pub(super) fn work(&mut self, cx: &mut Cx<'_>) {
        let (Some(workload), Some(&topic)) = (&self.workload, self.topics.first()) else { return };
        let turn = usize::try_from(self.workload_sent).unwrap_or(0);
        let key = (!workload.keys.is_empty()).then(|| workload.keys[turn % workload.keys.len()].clone());
        let value = Some(format!("v{}", self.workload_sent + 1).into_bytes().into());
        self.workload_sent += 1;
        self.send(cx, Send { topic, key, value, partition: None });
        self.arm_workload(cx);
    }
}
