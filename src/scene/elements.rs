//! Which elements a scene has: what a lesson may point at and a person may select.

use super::Params;
use crate::lab::view::TankView;

/// Ids of everything in the scene, in reading order; parts of a thing follow a dot.
#[must_use]
pub fn elements(name: &str, params: &Params, view: &TankView) -> Vec<String> {
    let mut ids = Vec::new();
    let mut add = |id: String| {
        if !ids.contains(&id) {
            ids.push(id);
        }
    };
    if name == "lanes" {
        lanes(params, view, &mut add);
        return ids;
    }
    if name == "zk-kraft" {
        metadata(view, &mut add);
        return ids;
    }
    if name == "lifecycle" {
        lifecycle(view, &mut add);
        return ids;
    }
    if name == "group" {
        group(params, view, &mut add);
        return ids;
    }
    if name == "code" {
        code(params, view, &mut add);
        return ids;
    }
    if name == "partitioner" {
        partitioner(params, view, &mut add);
        return ids;
    }
    for producer in view.producers.iter().filter(|_| matches!(name, "cluster" | "ladder")) {
        add(producer.id.clone());
    }
    for broker in &view.brokers {
        add(broker.id.clone());
        for replica in broker.replicas.iter().filter(|r| params.shows(&r.partition)) {
            add(format!("{}/{}", broker.id, replica.partition));
            for record in &replica.records {
                add(format!("{}/{}@{}", broker.id, replica.partition, record.offset));
            }
        }
    }
    for controller in &view.controllers {
        add(controller.id.clone());
    }
    for zookeeper in view.zookeeper.iter().filter(|_| matches!(name, "cluster" | "ladder")) {
        add(zookeeper.id.clone());
    }
    for partition in view.topics.iter().flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id)) {
        add(partition.id.clone());
        for part in ["hw", "leo", "lso", "start", "isr", "leader"] {
            add(format!("{}.{part}", partition.id));
        }
    }
    for topic in &view.topics {
        add(topic.id.clone());
    }
    for group in &view.groups {
        add(group.id.clone());
        for part in ["lag", "committed", "state"] {
            add(format!("{}.{part}", group.id));
        }
        for part in ["spso", "speo"].iter().filter(|_| group.protocol == "share") {
            add(format!("{}.{part}", group.id));
        }
    }
    for consumer in &view.consumers {
        add(consumer.id.clone());
        add(format!("{}.position", consumer.id));
    }
    for transaction in &view.transactions {
        add(transaction.id.clone());
        for part in ["state", "coordinator"] {
            add(format!("{}.{part}", transaction.id));
        }
    }
    for message in &view.messages {
        add(format!("#{}", message.id));
    }
    ids
}

fn lanes(params: &Params, view: &TankView, add: &mut impl FnMut(String)) {
    let named = |id: &str| {
        params.pipes.is_empty()
            || params.pipes.iter().any(|pipe| pipe.producer == id || pipe.group.as_deref() == Some(id))
    };
    for producer in view.producers.iter().filter(|p| named(&p.id)) {
        add(producer.id.clone());
        for part in ["lost", "doubled"] {
            add(format!("{}.{part}", producer.id));
        }
    }
    for group in view.groups.iter().filter(|g| named(&g.id)) {
        add(group.id.clone());
        for consumer in view.consumers.iter().filter(|c| c.group == group.id) {
            add(consumer.id.clone());
        }
    }
    for partition in view.topics.iter().flat_map(|t| &t.partitions) {
        add(partition.id.clone());
    }
}

fn metadata(view: &TankView, add: &mut impl FnMut(String)) {
    for voter in view.quorum.iter().flat_map(|quorum| &quorum.voters) {
        add(voter.id.clone());
    }
    if let Some(zookeeper) = &view.zookeeper {
        add(zookeeper.id.clone());
        for znode in &zookeeper.znodes {
            add(znode.path.clone());
        }
    }
    for broker in &view.brokers {
        add(broker.id.clone());
    }
    for message in view.messages.iter().filter(|m| !m.quiet) {
        add(format!("#{}", message.id));
    }
}

fn group(params: &Params, view: &TankView, add: &mut impl FnMut(String)) {
    let named = |id: &str| params.groups.is_empty() || params.groups.iter().any(|(group, _)| group == id);
    for group in view.groups.iter().filter(|g| named(&g.id)) {
        add(group.id.clone());
        for part in ["state", "timeline", "lag", "committed"] {
            add(format!("{}.{part}", group.id));
        }
        for consumer in view.consumers.iter().filter(|c| c.group == group.id) {
            add(consumer.id.clone());
            add(format!("{}.position", consumer.id));
        }
        if let Some(coordinator) = &group.coordinator {
            add(coordinator.clone());
        }
    }
    for partition in view.topics.iter().flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id)) {
        add(partition.id.clone());
    }
}

fn lifecycle(view: &TankView, add: &mut impl FnMut(String)) {
    for consumer in &view.consumers {
        add(consumer.id.clone());
        for part in ["position", "buffer", "clocks"] {
            add(format!("{}.{part}", consumer.id));
        }
        for at in &consumer.assigned {
            add(at.partition.clone());
        }
    }
    for group in &view.groups {
        add(group.id.clone());
        if let Some(coordinator) = &group.coordinator {
            add(coordinator.clone());
        }
    }
}

fn code(params: &Params, view: &TankView, add: &mut impl FnMut(String)) {
    for producer in &view.producers {
        add(producer.id.clone());
        for part in ["queue", "callbacks"] {
            add(format!("{}.{part}", producer.id));
        }
    }
    for consumer in &view.consumers {
        add(consumer.id.clone());
        for part in ["position", "buffer"] {
            add(format!("{}.{part}", consumer.id));
        }
    }
    for partition in view.topics.iter().flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id)) {
        add(partition.id.clone());
        for part in ["hw", "leo"] {
            add(format!("{}.{part}", partition.id));
        }
        if let Some(leader) = &partition.leader {
            add(leader.clone());
        }
    }
    for group in &view.groups {
        add(group.id.clone());
    }
    for message in view.messages.iter().filter(|m| !m.quiet) {
        add(format!("#{}", message.id));
    }
}

fn partitioner(params: &Params, view: &TankView, add: &mut impl FnMut(String)) {
    for producer in view.producers.iter().filter(|p| params.has(&p.id)) {
        add(producer.id.clone());
        for part in ["key", "hash", "partition", "requests"] {
            add(format!("{}.{part}", producer.id));
        }
    }
    for partition in view.topics.iter().flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id)) {
        add(partition.id.clone());
    }
    for topic in &view.topics {
        add(topic.id.clone());
    }
}

/// `id`, or the nearest parent of it that is in `elements`: record, replica, broker; part, thing.
#[must_use]
pub fn resolve<'i>(id: &'i str, elements: &[String]) -> Option<&'i str> {
    let mut id = id;
    loop {
        if elements.iter().any(|element| element == id) {
            return Some(id);
        }
        let cut = id.rfind('@').or_else(|| id.rfind('.')).or_else(|| id.rfind('/'))?;
        id = id.get(..cut)?;
    }
}
