//! What there is to know about an element, as names and values.

use crate::lab::Told;
use crate::lab::view::{
    BrokerView, ConsumerView, ControllerView, GroupView, Listing, MessageView, PartitionView, ProcessView,
    ProducerView, QueuedBatch, RecordKind, RecordView, ReplicaView, TankView, TransactionView,
};
use crate::text::{Lang, t, tf};

/// Fields of its own that a thing keeps above a long list of partitions.
const FEW: usize = 5;

/// A field; without a value it is a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name: a key under `inspect.`, or Kafka's own name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
}

/// An element's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub title: String,
    /// Fields in order.
    pub list: Vec<Fact>,
}

/// A topic, with nothing but its name so far.
pub(super) fn topic(id: &str, lang: Lang) -> Facts {
    Facts::new(format!("{id} · {}", t(lang, "inspect.topic")))
}

impl Facts {
    /// Adds the partitions of a long list, the worst first.
    pub(super) fn with_partitions(mut self, listing: &Listing, lang: Lang) -> Self {
        let rest: Vec<Fact> = std::mem::take(&mut self.list);
        self.list.extend(rest.into_iter().take(FEW));
        self.heading(&tf(lang, "heat.worst_first", &[("n", &listing.total)]));
        for row in &listing.rows {
            let mark = match (&row.leader, row.in_sync < row.replicas) {
                (None, _) => "✗ -".to_owned(),
                (Some(leader), true) => format!("◌ ★{leader}"),
                (Some(leader), false) => format!("★{leader}"),
            };
            self.add(&row.id, format!("{mark} {}/{} e{}", row.in_sync, row.replicas, row.leader_epoch));
        }
        self
    }

    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), list: Vec::new() }
    }

    fn add(&mut self, name: &str, value: impl ToString) {
        self.list.push(Fact { name: name.to_owned(), value: Some(value.to_string()) });
    }

    fn heading(&mut self, name: &str) {
        self.list.push(Fact { name: name.to_owned(), value: None });
    }

    fn pairs(&mut self, heading: &str, pairs: &[(String, String)]) {
        if !pairs.is_empty() {
            self.heading(heading);
            for (name, value) in pairs {
                self.add(name, value);
            }
        }
    }
}

/// The fields of an element at a moment; none if it is not there.
pub fn of(view: &TankView, id: &str, lang: Lang) -> Option<Facts> {
    if let Some(number) = id.strip_prefix('#') {
        let message = view.messages.iter().find(|m| m.id.to_string() == number)?;
        return Some(message_facts(view, message, lang));
    }
    if let Some((replica, offset)) = id.rsplit_once('@') {
        let replica = find_replica(view, replica)?.1;
        let record = replica.records.iter().find(|r| r.offset.to_string() == offset)?;
        return Some(record_facts(view, record, replica));
    }
    if let Some((broker, replica)) = find_replica(view, id) {
        return Some(replica_facts(broker, replica, lang));
    }
    let whole = id.split('.').next().unwrap_or(id);
    if let Some(broker) = view.brokers.iter().find(|b| b.id == whole) {
        return Some(broker_facts(broker, lang));
    }
    if let Some(controller) = view.controllers.iter().find(|c| c.id == whole) {
        return Some(controller_facts(controller, lang));
    }
    if let Some(producer) = view.producers.iter().find(|p| p.id == whole) {
        return Some(producer_facts(producer, lang));
    }
    if let Some(consumer) = view.consumers.iter().find(|c| c.id == whole) {
        return Some(consumer_facts(view, consumer, lang));
    }
    if let Some(group) = view.groups.iter().find(|g| g.id == whole) {
        return Some(group_facts(group, lang));
    }
    if let Some(transaction) = view.transactions.iter().find(|t| t.id == whole) {
        return Some(transaction_facts(transaction, lang));
    }
    let partition = view.topics.iter().flat_map(|topic| &topic.partitions).find(|p| p.id == whole)?;
    Some(partition_facts(view, partition, lang))
}

fn find_replica<'a>(view: &'a TankView, id: &str) -> Option<(&'a BrokerView, &'a ReplicaView)> {
    let (broker, partition) = id.split_once('/')?;
    let broker = view.brokers.iter().find(|b| b.id == broker)?;
    broker.replicas.iter().find(|r| r.partition == partition).map(|replica| (broker, replica))
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03}s", micros / 1_000_000, micros / 1000 % 1000)
}

fn process(process: ProcessView, lang: Lang) -> String {
    match process {
        ProcessView::Running => t(lang, "inspect.running").to_owned(),
        ProcessView::Paused(since) => format!("{} · {}", t(lang, "inspect.frozen"), seconds(since)),
        ProcessView::Down(since) => format!("✗ {} · {}", t(lang, "inspect.down"), seconds(since)),
    }
}

fn broker_facts(broker: &BrokerView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · {}", broker.id, t(lang, "inspect.broker")));
    facts.add("state", process(broker.process, lang));
    facts.add("fenced", t(lang, if broker.fenced { "inspect.yes" } else { "inspect.no" }));
    facts.add("broker epoch", broker.broker_epoch);
    facts.add("metadata", broker.metadata_offset);
    facts.add("waiting_produces", broker.waiting_produces);
    facts.add("waiting_fetches", broker.waiting_fetches);
    if !broker.coordinates.is_empty() {
        facts.add("coordinates", broker.coordinates.join(" "));
    }
    for replica in &broker.replicas {
        let role = if replica.is_leader { "★" } else { "☆" };
        let text = format!("{role} HW {} LEO {}", replica.high_watermark, replica.log_end);
        facts.add(&replica.partition, text);
    }
    facts.pairs("config", &broker.configs);
    facts
}

fn replica_facts(broker: &BrokerView, replica: &ReplicaView, lang: Lang) -> Facts {
    let role = if replica.is_leader { "inspect.leader" } else { "inspect.follower" };
    let mut facts = Facts::new(format!("{} @ {} · {}", replica.partition, broker.id, t(lang, role)));
    facts.add("ISR", if replica.in_sync { "◉" } else { "◌" });
    facts.add("leader_epoch", replica.leader_epoch);
    facts.add("log_start", replica.log_start);
    facts.add("HW", replica.high_watermark);
    facts.add("LEO", replica.log_end);
    facts.add("bytes", replica.bytes);
    if let Some(at) = replica.last_fetch {
        facts.add("last_fetch", seconds(at));
    }
    for follower in &replica.followers {
        facts.add(
            &format!("→ {}", follower.broker),
            format!("LEO {} · {}", follower.log_end, seconds(follower.caught_up)),
        );
    }
    facts.heading("segments");
    for segment in &replica.segments {
        let active = if segment.active { " ●" } else { "" };
        facts.add(
            &format!("{:020}", segment.base)[12..],
            format!("{}..{} · {} B{active}", segment.base, segment.end, segment.bytes),
        );
    }
    if !replica.producers.is_empty() {
        facts.heading("remembered");
        for producer in &replica.producers {
            let batches: Vec<String> =
                producer.batches.iter().map(|(first, last, at)| format!("{first}-{last}@{at}")).collect();
            facts.add(&format!("PID {} e{}", producer.pid, producer.epoch), batches.join(" "));
        }
    }
    facts
}

fn record_facts(_view: &TankView, record: &RecordView, replica: &ReplicaView) -> Facts {
    let mut facts = Facts::new(format!("{}@{}", replica.partition, record.offset));
    match record.kind {
        RecordKind::Data => facts.add("record", &record.record),
        RecordKind::Commit => facts.add("marker", "COMMIT"),
        RecordKind::Abort => facts.add("marker", "ABORT"),
    }
    facts.add("offset", record.offset);
    facts.add("key", record.key.as_deref().unwrap_or("null"));
    facts.add("value", record.value.as_deref().unwrap_or("null"));
    facts.add("timestamp", seconds(record.timestamp));
    facts.add("leader_epoch", record.leader_epoch);
    facts.heading("batch");
    facts.add("baseOffset", record.batch);
    if let Some((pid, sequence)) = record.stamp {
        facts.add("producerId", pid);
        facts.add("sequence", sequence);
    }
    facts
}

fn controller_facts(controller: &ControllerView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · {}", controller.id, t(lang, "inspect.controller")));
    facts.add("state", process(controller.process, lang));
    facts.add("active", t(lang, if controller.active { "inspect.yes" } else { "inspect.no" }));
    facts.add("epoch", controller.epoch);
    facts.add("LEO", controller.log_end);
    facts.heading("metadata_log");
    for (offset, kind) in controller.tail.iter().rev() {
        facts.add(&format!("@{offset}"), kind);
    }
    facts
}

fn producer_facts(producer: &ProducerView, lang: Lang) -> Facts {
    let mut facts =
        Facts::new(format!("{} · {} ({})", producer.id, t(lang, "inspect.producer"), producer.client));
    facts.add("state", process(producer.process, lang));
    facts.add("topic", producer.topics.join(" "));
    match producer.producer_id {
        Some((pid, epoch)) => {
            facts.add("PID", pid);
            facts.add("epoch", epoch);
        }
        None => facts.add("PID", "-1"),
    }
    facts.add("waiting", producer.buffered.len());
    facts.add("acked", producer.acked);
    facts.add("failed", producer.failed);
    if let Some(error) = &producer.error {
        facts.add("error", error);
    }
    if let Some(call) = &producer.blocked_in {
        facts.add("blocked_in", format!("{call}()"));
    }
    if producer.client == "librdkafka" {
        facts.add("callbacks_pending", producer.callbacks_pending);
    }
    let next = |(p, next): &(String, i32)| (p.clone(), next.to_string());
    facts.pairs("next_sequence", &producer.sequences.iter().map(next).collect::<Vec<_>>());
    let fresh = |batch: &&QueuedBatch| !batch.in_retry;
    let queued = |batch: &QueuedBatch| {
        let (waiting, linger) = (batch.waiting_us / 1000, batch.linger_us / 1000);
        let what = format!("{} · {} B · {waiting}/{linger} ms", batch.labels.join(" "), batch.bytes);
        (batch.partition.clone(), what)
    };
    facts.pairs("queue", &producer.queue.iter().filter(fresh).map(queued).collect::<Vec<_>>());
    if !producer.in_flight.is_empty() {
        facts.heading("in_flight");
        for batch in &producer.in_flight {
            let msg = batch.msg.map_or("↻".to_owned(), |msg| format!("#{msg}"));
            let sequence = batch.sequence.map_or(String::new(), |s| format!(" seq {s}"));
            facts.add(
                &msg,
                format!("{} {}{sequence} ×{}", batch.partition, batch.records.join(" "), batch.attempt),
            );
        }
    }
    facts.pairs("config", &producer.configs);
    facts
}

fn consumer_facts(view: &TankView, consumer: &ConsumerView, lang: Lang) -> Facts {
    let mut facts =
        Facts::new(format!("{} · {} ({})", consumer.id, t(lang, "inspect.consumer"), consumer.client));
    facts.add("state", process(consumer.process, lang));
    facts.add("group", &consumer.group);
    facts.add("member", consumer.member.as_deref().unwrap_or("-"));
    facts.add("generation", consumer.generation);
    if consumer.is_leader {
        facts.add("leader", t(lang, "inspect.yes"));
    }
    let group = view.groups.iter().find(|g| g.id == consumer.group);
    for position in &consumer.assigned {
        let committed = group.and_then(|g| g.committed.iter().find(|(p, ..)| *p == position.partition));
        let committed = committed.map_or("-".to_owned(), |(_, offset, _)| offset.to_string());
        facts.add(
            &position.partition,
            format!("{} · {} {committed}", position.position, t(lang, "inspect.committed")),
        );
    }
    facts.add("buffered", consumer.buffered);
    if let Some(record) = &consumer.working {
        facts.add("working", record);
    }
    facts.add("polls", consumer.polls);
    if let Some(error) = &consumer.error {
        facts.add("error", error);
    }
    facts.pairs("config", &consumer.configs);
    facts
}

fn group_facts(group: &GroupView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · {}", group.id, t(lang, "inspect.group")));
    facts.add("state", &group.state);
    facts.add("generation", group.generation);
    facts.add("coordinator", group.coordinator.as_deref().unwrap_or("-"));
    if let Some(leader) = &group.leader {
        facts.add("leader", leader);
    }
    if let Some(assignor) = &group.assignor {
        facts.add("assignor", assignor);
    }
    let members: Vec<String> = group
        .members
        .iter()
        .map(|m| {
            m.instance.as_ref().map_or(m.client.clone(), |instance| format!("{} ({instance})", m.client))
        })
        .collect();
    facts.add("members", members.join(" "));
    for (partition, consumer) in &group.owners {
        facts.add(partition, format!("→ {consumer}"));
    }
    if !group.committed.is_empty() {
        facts.heading("committed");
        for (partition, offset, lag) in &group.committed {
            facts.add(partition, format!("{offset} · {} {lag}", t(lang, "inspect.lag")));
        }
    }
    facts
}

fn transaction_facts(transaction: &TransactionView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · {}", transaction.id, t(lang, "inspect.transaction")));
    facts.add("state", &transaction.state);
    facts.add("producer", &transaction.client);
    facts.add("coordinator", transaction.coordinator.as_deref().unwrap_or("-"));
    facts.add("producerId", transaction.pid);
    facts.add("producerEpoch", transaction.epoch);
    facts.add("transaction.version", transaction.version);
    facts.add("transaction.timeout.ms", transaction.timeout / 1000);
    facts.add("since", transaction.started.map_or_else(|| "-".to_owned(), seconds));
    let members: Vec<&String> = transaction.partitions.iter().chain(&transaction.groups).collect();
    if !members.is_empty() {
        facts.heading("transaction_members");
        for member in members {
            facts.add(member, "");
        }
    }
    facts
}

fn partition_facts(view: &TankView, partition: &PartitionView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · {}", partition.id, t(lang, "inspect.partition")));
    facts.add("leader", partition.leader.as_deref().unwrap_or("-"));
    facts.add("leader_epoch", partition.leader_epoch);
    facts.add("replicas", partition.replicas.join(" "));
    facts.add("ISR", partition.isr.join(" "));
    facts.add("min.insync", partition.min_isr);
    if let Some(how) = partition.elected {
        facts.add("elected", how.name());
    }
    for broker in &view.brokers {
        if let Some(replica) = broker.replicas.iter().find(|r| r.partition == partition.id) {
            let text = format!("{}..{} · HW {}", replica.log_start, replica.log_end, replica.high_watermark);
            facts.add(&broker.id, text);
        }
    }
    if let Some(topic) = view.topics.iter().find(|t| t.partitions.iter().any(|p| p.id == partition.id)) {
        facts.pairs("config", &topic.configs);
    }
    facts
}

fn message_facts(view: &TankView, message: &MessageView, lang: Lang) -> Facts {
    let kind = if message.answers.is_some() { "inspect.response" } else { "inspect.request" };
    let mut facts = Facts::new(format!("#{} {} · {}", message.id, message.api, t(lang, kind)));
    facts.add("link", format!("{} → {}", message.from, message.to));
    facts.add("sent", seconds(message.sent_at));
    facts.add("arrives", seconds(message.due));
    if let Some(request) = message.answers {
        facts.add("answers", format!("#{request}"));
    }
    if message.held {
        facts.add("state", t(lang, "inspect.held"));
    }
    if message.dies_at.is_some_and(|at| at > view.now) {
        facts.add("state", t(lang, "inspect.will_be_lost"));
    }
    for (name, value) in &message.fields {
        facts.add(name, value);
    }
    facts
}

/// A row of the ladder: a message with its fields, or a note; then what it follows from.
pub(super) fn told(told: &Told, story: &[Told], lang: Lang) -> Facts {
    let line = &told.line;
    let mut facts = match &told.message {
        Some(message) => {
            let kind = if message.answers.is_some() { "inspect.response" } else { "inspect.request" };
            let mut facts = Facts::new(format!("#{} {} · {}", message.id, message.api, t(lang, kind)));
            facts.add("link", format!("{} → {}", message.from, message.to));
            facts.add("sent", seconds(message.sent_at));
            if let Some(request) = message.answers {
                facts.add("answers", format!("#{request}"));
            }
            for (name, value) in &message.fields {
                facts.add(name, value);
            }
            facts
        }
        None => {
            let mut facts = Facts::new(line.note.to_owned());
            facts.add("at", seconds(u64::try_from(line.at).unwrap_or(0)));
            for (name, _) in &line.fields {
                facts.add(name, line.field(name).unwrap_or_default());
            }
            facts
        }
    };
    let fate = told.message.as_ref().and_then(|message| {
        let ends = |t: &&Told| matches!(t.line.note, "MessageArrived" | "MessageLost");
        let id = message.id.to_string();
        story.iter().filter(ends).find(|told| told.line.field("msg").as_ref() == Some(&id))
    });
    if let Some(end) = fate {
        let lost = end.line.note == "MessageLost";
        let at = seconds(u64::try_from(end.line.at).unwrap_or(0));
        facts.add(if lost { "lost" } else { "arrived" }, at);
    }
    facts.heading("cause");
    let cause = story.iter().find(|other| other.line.event == line.parent && line.parent > 0);
    match cause {
        Some(cause) => {
            let text = super::super::stage::say(lang, &cause.line);
            let text = text.map_or_else(|| cause.line.note.to_owned(), |(_, _, text)| text);
            facts.add(&seconds(u64::try_from(cause.line.at).unwrap_or(0)), text);
        }
        None => facts.add("event", format!("#{}", line.parent)),
    }
    facts.heading("jump_here");
    facts
}
