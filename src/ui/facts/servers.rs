//! Brokers, replicas, records, partitions, controllers, ZooKeeper.

use super::{Facts, process, seconds};
use crate::lab::view::{
    BrokerView, ControllerView, PartitionView, RecordKind, RecordView, ReplicaView, TankView, ZnodeView,
    ZooKeeperView,
};
use crate::text::{Lang, t};

pub(super) fn broker(broker: &BrokerView, lang: Lang) -> Facts {
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

pub(super) fn replica(broker: &BrokerView, replica: &ReplicaView, lang: Lang) -> Facts {
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

pub(super) fn record(record: &RecordView, replica: &ReplicaView) -> Facts {
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

pub(super) fn controller(controller: &ControllerView, lang: Lang) -> Facts {
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

pub(super) fn partition(view: &TankView, partition: &PartitionView, lang: Lang) -> Facts {
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

pub(super) fn zookeeper(ensemble: &ZooKeeperView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · ZooKeeper", ensemble.id));
    facts.add("state", process(ensemble.process, lang));
    facts.add("zxid", ensemble.zxid);
    facts.add("/controller", ensemble.controller.as_deref().unwrap_or("-"));
    facts.add("/controller_epoch", ensemble.controller_epoch);
    let session = |session: &crate::lab::view::ZkSessionView| {
        (session.node.clone(), format!("{} · {} ms", seconds(session.heard), session.timeout / 1000))
    };
    facts.pairs("sessions", &ensemble.sessions.iter().map(session).collect::<Vec<_>>());
    facts
}

pub(super) fn znode(ensemble: &ZooKeeperView, znode: &ZnodeView, lang: Lang) -> Facts {
    let mut facts = Facts::new(format!("{} · znode", znode.path));
    facts.add("version", znode.version);
    let owner = znode.owner.as_ref();
    facts.add("session", owner.map_or_else(|| t(lang, "inspect.persistent").to_owned(), Clone::clone));
    facts.heading("data");
    for (name, value) in parts(&znode.data) {
        facts.add(&name, value);
    }
    let watchers = ensemble.watches.iter().filter(|watch| watch.path == znode.path);
    let watchers: Vec<(String, String)> = watchers.map(|watch| (watch.node.clone(), String::new())).collect();
    facts.pairs("watched_by", &watchers);
    facts
}

/// The fields of a short JSON object, one a line; what is no object stays whole.
fn parts(data: &str) -> Vec<(String, String)> {
    let Some(inner) = data.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) else {
        return if data.is_empty() { Vec::new() } else { vec![(data.to_owned(), String::new())] };
    };
    let (mut found, mut depth, mut start) = (Vec::new(), 0_usize, 0);
    let ends = inner.char_indices().chain([(inner.len(), ',')]);
    for (at, c) in ends {
        match c {
            '[' | '{' => depth += 1,
            ']' | '}' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                found.push(inner[start..at].to_owned());
                start = at + 1;
            }
            _ => {}
        }
    }
    let field = |text: String| match text.split_once(':') {
        Some((name, value)) => (name.trim_matches('"').to_owned(), value.to_owned()),
        None => (text, String::new()),
    };
    found.into_iter().filter(|text| !text.is_empty()).map(field).collect()
}

#[cfg(test)]
mod tests {
    use super::parts;

    #[test]
    fn the_data_of_a_znode_is_told_field_by_field() {
        let told = parts(r#"{"leader":2,"isr":[1,2],"partitions":{"0":[1,2],"1":[2]}}"#);
        let told: Vec<(&str, &str)> = told.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        assert_eq!(told, [("leader", "2"), ("isr", "[1,2]"), ("partitions", r#"{"0":[1,2],"1":[2]}"#)]);
        assert_eq!(parts("3"), [("3".to_owned(), String::new())]);
        assert!(parts("").is_empty());
    }
}
