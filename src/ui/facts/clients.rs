//! Producers, consumers, groups, transactions.

use super::{Facts, process, seconds};
use crate::lab::view::{ConsumerView, GroupView, ProducerView, QueuedBatch, TankView, TransactionView};
use crate::text::{Lang, t};

pub(super) fn producer(producer: &ProducerView, lang: Lang) -> Facts {
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

pub(super) fn consumer(view: &TankView, consumer: &ConsumerView, lang: Lang) -> Facts {
    let mut facts =
        Facts::new(format!("{} · {} ({})", consumer.id, t(lang, "inspect.consumer"), consumer.client));
    facts.add("state", process(consumer.process, lang));
    facts.add("group", if consumer.group.is_empty() { "-" } else { consumer.group.as_str() });
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

pub(super) fn group(group: &GroupView, lang: Lang) -> Facts {
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

pub(super) fn transaction(transaction: &TransactionView, lang: Lang) -> Facts {
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
