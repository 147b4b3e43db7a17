//! A picture in words: what a screen reader says, and the text behind an exported image.

use super::{Cluster, Flag, Log, Scene};
use crate::lab::view::{PartitionView, ProcessView, TankView};
use crate::text::Lang;
use crate::text::tf;

/// What the picture shows, in sentences.
#[must_use]
pub fn caption(scene: &Scene<'_>, lang: Lang) -> String {
    let sentences = match scene {
        Scene::Cluster(cluster) => of_cluster(cluster, lang),
        Scene::Log(log) => of_log(log, lang),
    };
    sentences.join(" ")
}

fn of_cluster(cluster: &Cluster<'_>, lang: Lang) -> Vec<String> {
    let view = cluster.moment.view;
    let up = view.brokers.iter().filter(|b| b.process == ProcessView::Running).count();
    let mut said = vec![tf(lang, "caption.cluster", &[("up", &up), ("all", &view.brokers.len())])];
    for topic in &view.topics {
        said.extend(topic.partitions.iter().map(|p| of_partition(view, p, lang)));
    }
    let processes = view.brokers.iter().map(|b| (&b.id, b.process));
    let clients = view.producers.iter().map(|p| (&p.id, p.process));
    let readers = view.consumers.iter().map(|c| (&c.id, c.process));
    for (id, process) in processes.chain(clients).chain(readers) {
        match process {
            ProcessView::Running => {}
            ProcessView::Paused(_) => said.push(tf(lang, "caption.paused", &[("id", id)])),
            ProcessView::Down(_) => said.push(tf(lang, "caption.down", &[("id", id)])),
        }
    }
    for (id, _) in view.cuts.iter().filter(|(_, other)| other.is_none()) {
        said.push(tf(lang, "caption.cut", &[("id", id)]));
    }
    for packet in &cluster.packets {
        let m = packet.message;
        said.push(tf(
            lang,
            "caption.message",
            &[("id", &m.id), ("api", &m.api), ("from", &m.from), ("to", &m.to)],
        ));
    }
    for cross in &cluster.crosses {
        let m = cross.message;
        said.push(tf(
            lang,
            "caption.lost",
            &[("id", &m.id), ("api", &m.api), ("from", &m.from), ("to", &m.to)],
        ));
    }
    said
}

fn of_partition(view: &TankView, partition: &PartitionView, lang: Lang) -> String {
    let isr = partition.isr.join(" ");
    let Some(leader) = &partition.leader else {
        return tf(lang, "caption.leaderless", &[("id", &partition.id), ("isr", &isr)]);
    };
    let replica = view.brokers.iter().find(|b| b.id == *leader);
    let replica = replica.and_then(|b| b.replicas.iter().find(|r| r.partition == partition.id));
    let (hw, leo) = replica.map_or((-1, -1), |r| (r.high_watermark, r.log_end));
    let values: &[(&str, &dyn std::fmt::Display)] =
        &[("id", &partition.id), ("leader", leader), ("hw", &hw), ("leo", &leo), ("isr", &isr)];
    tf(lang, "caption.partition", values)
}

fn of_log(log: &Log<'_>, lang: Lang) -> Vec<String> {
    let mut said = Vec::new();
    for part in &log.parts {
        said.push(of_partition(log.moment.view, part.partition, lang));
        said.extend(part.flags.iter().map(|flag| of_flag(&part.partition.id, flag, lang)));
    }
    said
}

fn of_flag(partition: &str, flag: &Flag<'_>, lang: Lang) -> String {
    let number = |n: Option<i64>| n.map_or_else(|| "·".to_owned(), |n| n.to_string());
    let (position, committed, lag) = (number(flag.position), number(flag.committed), number(flag.lag));
    let values: &[(&str, &dyn std::fmt::Display)] = &[
        ("group", &flag.group),
        ("id", &partition),
        ("position", &position),
        ("committed", &committed),
        ("lag", &lag),
    ];
    tf(lang, "caption.flag", values)
}
