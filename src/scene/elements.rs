//! Names of everything that can be pointed at.

use super::Params;
use crate::lab::view::TankView;

/// Ids of every element of a scene, left to right, top to bottom. `params` may narrow it to a topic or a partition.
#[must_use]
pub fn elements(name: &str, params: &Params, view: &TankView) -> Vec<String> {
    let mut ids = Vec::new();
    let wanted = |partition: &str| {
        let text = |name: &str| params.get(name).and_then(toml::Value::as_str);
        match (name, text("partition"), text("topic")) {
            ("log", Some(one), _) => partition == one,
            ("log", None, Some(topic)) => super::topic_of(partition) == topic,
            _ => true,
        }
    };
    if name != "log" {
        ids.extend(view.producers.iter().map(|p| p.id.clone()));
    }
    for broker in &view.brokers {
        ids.push(broker.id.clone());
        for replica in broker.replicas.iter().filter(|r| wanted(&r.partition)) {
            let id = format!("{}/{}", broker.id, replica.partition);
            ids.extend(replica.records.iter().map(|record| format!("{id}@{}", record.offset)));
            ids.push(id);
        }
    }
    for partition in view.topics.iter().flat_map(|t| &t.partitions).filter(|p| wanted(&p.id)) {
        ids.push(partition.id.clone());
        ids.extend(["hw", "leo"].map(|part| format!("{}.{part}", partition.id)));
    }
    if name != "log" {
        ids.extend(view.controllers.iter().map(|c| c.id.clone()));
    }
    let mut groups: Vec<&String> = view.groups.iter().map(|g| &g.id).collect();
    groups.extend(view.consumers.iter().map(|c| &c.group).filter(|g| !g.is_empty()));
    let mut seen: Vec<&String> = Vec::new();
    for group in groups {
        if !seen.contains(&group) {
            seen.push(group);
            ids.push(group.clone());
            ids.extend(["lag", "committed"].map(|part| format!("{group}.{part}")));
        }
    }
    for consumer in &view.consumers {
        ids.push(consumer.id.clone());
        ids.push(format!("{}.position", consumer.id));
    }
    if name != "log" {
        ids.extend(view.messages.iter().map(|m| format!("#{}", m.id)));
    }
    ids
}

/// `id`, or the nearest parent of it that is in `elements`: record → replica → broker, part → thing.
#[must_use]
pub fn resolve<'i>(id: &'i str, elements: &[String]) -> Option<&'i str> {
    let mut id = id;
    loop {
        if elements.iter().any(|e| e == id) {
            return Some(id);
        }
        let cut = id.rfind('@').or_else(|| id.rfind('.')).or_else(|| id.rfind('/'))?;
        id = id.get(..cut)?;
    }
}
