//! From send() to batches: partition, size, memory (`KafkaProducer.doSend`, `RecordAccumulator.append`; librdkafka's local queue).

use super::{Draft, Producer};
use crate::engine::Micros;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{
    BATCH_HEADER_BYTES, BatchWhy, Chosen, Cx, ErrorCode, LeaderEpoch, Note, Partition, Record, RecordId,
    Send, TopicMetadata,
};

/// How long librdkafka believes that a topic may still be on its way (`topic.metadata.propagation.max.ms`).
const PROPAGATION: Micros = Micros::secs(30);

/// What became of a send() so far.
pub(super) enum Placed {
    /// It returned: the record is in a batch, or was refused.
    Done,
    /// It stands and waits; this is the error when `max.block.ms` is over.
    Wait(ErrorCode),
}

impl Producer {
    /// Tries to put a record into a batch.
    pub(super) fn place(&mut self, cx: &mut Cx<'_>, send: &Send, id: RecordId) -> Placed {
        if !self.settings.java {
            self.place_or_queue(cx, send, id);
            return Placed::Done;
        }
        if send.partition.is_some_and(|index| index < 0) {
            self.throw(cx, id, ErrorCode::IllegalArgument);
            return Placed::Done;
        }
        let count = self.vol.metadata.partition_count(send.topic);
        let named = send.partition.and_then(|index| u32::try_from(index).ok());
        if self.vol.topics.insert(send.topic) || count <= named.unwrap_or(0) {
            self.need_topic();
            return Placed::Wait(ErrorCode::Timeout);
        }
        let size = BATCH_HEADER_BYTES + size_of(send);
        if size > self.settings.max_request || size > self.settings.memory {
            self.fail(cx, &[id], ErrorCode::MessageTooLarge);
            return Placed::Done;
        }
        let chosen = match (self.vol.chosen.take(), named) {
            (Some(before), _) => before,
            (None, Some(index)) => (index, Chosen::Explicit),
            (None, None) => self.choose(cx, send, count),
        };
        if !self.has_memory(Partition { topic: send.topic, index: chosen.0 }, size_of(send)) {
            self.vol.chosen = Some(chosen);
            return Placed::Wait(ErrorCode::BufferExhausted);
        }
        self.enqueue(cx, send, id, chosen, cx.now());
        Placed::Done
    }

    /// librdkafka: into a batch, or among those whose topic is not known yet, or an error at once.
    fn place_or_queue(&mut self, cx: &mut Cx<'_>, send: &Send, id: RecordId) {
        let waiting = self.vol.unassigned.len() + self.vol.reports.len();
        let drafts = self.buffered().map(|(_, d)| d).chain(self.in_flight().map(|(_, _, d)| d));
        let (messages, bytes) =
            drafts.fold((waiting, 0), |(n, bytes), d| (n + d.records.len(), bytes + d.bytes));
        if messages >= self.settings.max_messages || bytes + size_of(send) > self.settings.memory {
            self.throw(cx, id, ErrorCode::LocalQueueFull);
        } else if BATCH_HEADER_BYTES + size_of(send) > self.settings.max_request {
            self.throw(cx, id, ErrorCode::MessageTooLarge);
        } else if send.partition.is_some_and(|index| index < -1) {
            self.throw(cx, id, ErrorCode::LocalUnknownPartition);
        } else if self.vol.topics.insert(send.topic) || self.vol.metadata.partition_count(send.topic) == 0 {
            self.vol.unassigned.push_back((send.clone(), id, cx.now()));
            self.need_topic();
        } else {
            self.assign(cx, send, id, cx.now());
        }
    }

    /// librdkafka: the topic is known; -1 means no partition in particular.
    fn assign(&mut self, cx: &mut Cx<'_>, send: &Send, id: RecordId, since: Micros) {
        let count = self.vol.metadata.partition_count(send.topic);
        match send.partition.and_then(|index| u32::try_from(index).ok()) {
            Some(index) if index >= count => self.throw(cx, id, ErrorCode::LocalUnknownPartition),
            Some(index) => self.enqueue(cx, send, id, (index, Chosen::Explicit), since),
            None => {
                let chosen = self.choose(cx, send, count);
                self.enqueue(cx, send, id, chosen, since);
            }
        }
    }

    /// Metadata came: messages that waited for their topic get a partition, or the news that there is no such topic.
    pub(super) fn house(&mut self, cx: &mut Cx<'_>, answered: &[TopicMetadata]) {
        for (send, record, since) in std::mem::take(&mut self.vol.unassigned) {
            let unknown =
                |t: &TopicMetadata| t.topic == send.topic && t.error == ErrorCode::UnknownTopicOrPartition;
            if self.vol.metadata.partition_count(send.topic) > 0 {
                self.assign(cx, &send, record, since);
            } else if since + PROPAGATION <= cx.now() && answered.iter().any(unknown) {
                self.fail(cx, &[record], ErrorCode::LocalUnknownTopic);
            } else {
                self.vol.unassigned.push_back((send, record, since));
            }
        }
    }

    /// Whether something waits for partitions that are not known.
    pub(super) fn waits_for_partitions(&self) -> bool {
        let java = match self.vol.calls.front() {
            Some(super::Call::Send(send, _)) => {
                let named = send.partition.and_then(|index| u32::try_from(index).ok()).unwrap_or(0);
                self.vol.metadata.partition_count(send.topic) <= named
            }
            _ => false,
        };
        java || self.vol.unassigned.iter().any(|(s, ..)| self.vol.metadata.partition_count(s.topic) == 0)
    }

    /// Whether the pool has room for a record. A batch takes `batch.size` from it, or what its first record needs, until it is answered.
    fn has_memory(&self, p: Partition, bytes: u64) -> bool {
        let open = self.vol.queues.get(&p).and_then(std::collections::VecDeque::back);
        if open.is_some_and(|draft| self.has_room(draft, bytes)) {
            return true;
        }
        let batch = self.settings.batch_size;
        let drafts = self.buffered().map(|(_, d)| d).chain(self.in_flight().map(|(_, _, d)| d));
        let taken: u64 = drafts.map(|draft| draft.bytes.max(batch)).sum();
        taken + (BATCH_HEADER_BYTES + bytes).max(batch) <= self.settings.memory
    }

    fn has_room(&self, draft: &Draft, bytes: u64) -> bool {
        !draft.closed && draft.bytes + bytes <= self.settings.batch_size
    }

    fn enqueue(
        &mut self,
        cx: &mut Cx<'_>,
        send: &Send,
        id: RecordId,
        (index, how): (u32, Chosen),
        since: Micros,
    ) {
        let partition = Partition { topic: send.topic, index };
        cx.note(Note::PartitionChosen { record: id, partition, how });
        cx.note(Note::RecordSent { record: id, client: cx.me(), partition });
        self.touches(partition);
        let (key, value) = (send.key.clone(), send.value.clone());
        let bytes = self.add(cx, partition, Record { id, key, value, timestamp: since, internal: None });
        if how == Chosen::Sticky {
            self.stuck_to(partition, bytes);
        }
    }

    /// Puts a record into the last batch of its partition, or into a new one. Gives the bytes it took, the header of a new batch included.
    fn add(&mut self, cx: &mut Cx<'_>, p: Partition, record: Record) -> u64 {
        let (size, bytes) = (self.settings.batch_size, record.size());
        let fits = self.vol.queues.get(&p).and_then(|q| q.back()).is_some_and(|d| self.has_room(d, bytes));
        let queue = self.vol.queues.entry(p).or_default();
        if !fits {
            if let Some(full) = queue.back_mut() {
                full.close(cx, p, BatchWhy::Full);
            }
            queue.push_back(Draft::open(cx.now()));
        }
        if let Some(open) = queue.back_mut() {
            open.bytes += bytes;
            let place = if mutant::on(Mutant::NewestFirst) { 0 } else { open.records.len() };
            open.records.insert(place, record);
            if open.bytes >= size || open.records.len() >= self.settings.batch_messages {
                open.close(cx, p, BatchWhy::Full);
            }
        }
        if fits { bytes } else { bytes + BATCH_HEADER_BYTES }
    }
}

impl Draft {
    pub(super) const fn open(created: Micros) -> Self {
        Self {
            records: Vec::new(),
            stamp: None,
            attempts: 0,
            created,
            bytes: BATCH_HEADER_BYTES,
            closed: false,
            retry_at: Micros::ZERO,
            retry_why: None,
            sent_epoch: LeaderEpoch(-1),
            split: false,
            renumbered: false,
        }
    }

    /// No more records go into it.
    pub(super) fn close(&mut self, cx: &mut Cx<'_>, partition: Partition, why: BatchWhy) {
        if !self.closed {
            self.closed = true;
            let count = u32::try_from(self.records.len()).unwrap_or(u32::MAX);
            cx.note(Note::BatchClosed { client: cx.me(), partition, count, why });
        }
    }
}

/// Modelled size of a record within a batch.
fn size_of(send: &Send) -> u64 {
    let len = |part: &Option<crate::kafka::Bytes>| part.as_ref().map_or(0, |bytes| bytes.len() as u64);
    7 + len(&send.key) + len(&send.value)
}
