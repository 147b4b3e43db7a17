//! A scene in words: for SVG alt text, plain mode and those who do not see the picture.

use super::{Badge, Fate, Job, LadderRow, Reason, Scene, Telling, Tile, TileKind, Way};
use crate::text::{Lang, t, tf};

/// What the picture shows, as sentences of fixed form.
#[must_use]
pub fn caption(scene: &Scene, lang: Lang) -> String {
    match scene {
        Scene::Cluster(cluster) => cluster_caption(cluster, lang),
        Scene::Log(log) => log_caption(log, lang),
        Scene::Code(scene) => code_caption(scene, lang),
        Scene::Ladder(ladder) => ladder_caption(ladder, lang),
        Scene::Group(scene) => group_caption(scene, lang),
        Scene::Metadata(scene) => metadata_caption(scene, lang),
        Scene::Lifecycle(scene) => lifecycle_caption(scene, lang),
        Scene::Lanes(scene) => lanes_caption(scene, lang),
        Scene::Partitioner(scene) => partitioner_caption(scene, lang),
        Scene::Txn(txn) => txn_caption(txn, lang),
    }
}

fn cluster_caption(cluster: &super::Cluster, lang: Lang) -> String {
    let mut lines = vec![tf(lang, "caption.cluster", &[("title", &cluster.title)])];
    if let Some(heat) = &cluster.heat {
        let counts = [("n", heat.leaderless), ("m", heat.under_replicated)].map(|(_, n)| n.to_string());
        lines.push(tf(lang, "heat.leaderless", &[("n", &counts[0])]));
        lines.push(tf(lang, "heat.under_replicated", &[("n", &counts[1])]));
        for strip in heat.strips.iter().take(24) {
            let counts = (strip.leaders, strip.followers, strip.out_of_sync, strip.leaderless);
            lines.push(format!("{}: ★{} ☆{} ◌{} ✗{}", strip.id, counts.0, counts.1, counts.2, counts.3));
        }
    }
    for broker in &cluster.brokers {
        let state = match broker.badge {
            Badge::InSync => t(lang, "caption.in_sync"),
            Badge::OutOfSync => t(lang, "caption.out_of_sync"),
            Badge::Dead(_) => t(lang, "caption.down"),
            Badge::Frozen(_) => t(lang, "caption.frozen"),
            Badge::Fenced => t(lang, "caption.fenced"),
            Badge::None => t(lang, "caption.empty"),
        };
        lines.push(format!("{}: {state}", broker.id));
        for strip in &broker.strips {
            let role = t(lang, if strip.leads { "inspect.leader" } else { "inspect.follower" });
            let records: Vec<&str> = strip.tiles.iter().map(|tile| tile.label.as_str()).collect();
            lines.push(format!(
                "  {} {role}: [{}] HW {} LEO {}",
                strip.partition,
                records.join(" "),
                strip.high_watermark,
                strip.end
            ));
        }
    }
    for client in cluster.producers.iter().chain(&cluster.consumers) {
        let words: Vec<String> =
            client.lines.iter().map(|(_, text)| text.clone()).filter(|t| !t.is_empty()).collect();
        let down = client.down.map(|_| t(lang, "caption.down").to_owned());
        let said: Vec<String> = down.into_iter().chain(words).collect();
        lines.push(format!("{}: {}", client.id, said.join(", ")));
    }
    for packet in &cluster.packets {
        let fate = match packet.fate {
            Fate::Travels => t(lang, "caption.travels"),
            Fate::Held => t(lang, "caption.held"),
            Fate::Lost(_) => t(lang, "caption.lost"),
        };
        lines.push(format!("{} {} {} → {} {fate}", packet.id, packet.api, packet.from, packet.to));
    }
    lines.join("\n")
}

fn metadata_caption(scene: &super::Metadata, lang: Lang) -> String {
    let mut lines = Vec::new();
    match &scene.store {
        super::Store::None => lines.push(t(lang, "meta.none").to_owned()),
        super::Store::Quorum(quorum) => {
            let active = quorum.active.as_deref().unwrap_or("·");
            lines.push(tf(lang, "meta.quorum", &[("epoch", &quorum.epoch), ("active", &active)]));
            for voter in &quorum.voters {
                let log: String = voter.columns.iter().map(|c| c.map_or('·', |tile| tile.letter)).collect();
                let known: [(&str, &dyn std::fmt::Display); 6] = [
                    ("voter", &voter.id),
                    ("state", &voter.state),
                    ("epoch", &voter.epoch),
                    ("log", &log),
                    ("end", &voter.end),
                    ("hw", &voter.high_watermark),
                ];
                lines.push(tf(lang, "caption.voter", &known));
            }
        }
        super::Store::Tree(tree) => {
            let controller = tree.controller.as_deref().unwrap_or("·");
            lines.push(tf(
                lang,
                "meta.zookeeper",
                &[("controller", &controller), ("epoch", &tree.controller_epoch)],
            ));
            lines.extend(tree.lines.iter().map(|line| format!("  {} {}", line.path, line.data)));
        }
    }
    for broker in &scene.brokers {
        let known = [("broker", &broker.id as &dyn std::fmt::Display), ("behind", &broker.behind)];
        lines.push(tf(lang, "caption.follower", &known));
    }
    lines.join("\n")
}

fn group_caption(scene: &super::GroupScene, lang: Lang) -> String {
    let mut lines = vec![tf(
        lang,
        "caption.group_heading",
        &[
            ("id", &scene.id),
            ("state", &scene.state),
            ("generation", &scene.generation),
            ("coordinator", &scene.coordinator.as_deref().unwrap_or("·")),
        ],
    )];
    for row in &scene.rows {
        let owners: Vec<&str> =
            row.owners.iter().filter_map(|n| scene.members.get(*n)).map(|m| m.id.as_str()).collect();
        let key = if owners.is_empty() { "caption.owned_by_none" } else { "caption.owned_by" };
        lines.push(tf(lang, key, &[("partition", &row.id), ("owners", &owners.join(" "))]));
    }
    for row in scene.timeline.tracks.iter().flat_map(|track| &track.rows) {
        lines.push(tf(
            lang,
            "caption.stopped",
            &[
                ("partition", &row.partition),
                ("stopped", &(row.stopped / 1000)),
                ("doubled", &(row.doubled / 1000)),
            ],
        ));
    }
    lines.join("\n")
}

fn lifecycle_caption(scene: &super::Lifecycle, lang: Lang) -> String {
    let step = scene.step.map_or("-", super::Step::name);
    let mut lines = vec![tf(
        lang,
        "caption.lifecycle",
        &[("id", &scene.id), ("group", &scene.group), ("step", &step), ("generation", &scene.generation)],
    )];
    for at in &scene.places {
        lines.push(tf(
            lang,
            "caption.place",
            &[
                ("partition", &at.partition),
                ("position", &at.position),
                ("committed", &at.committed),
                ("hand", &at.in_hand.join(" ")),
                ("fetched", &at.prefetched.join(" ")),
            ],
        ));
    }
    for at in &scene.works {
        let labels = |kind: TileKind| {
            let tiles = at.tiles.iter().filter(|tile| tile.kind == kind);
            tiles.map(|tile| tile.label.as_str()).collect::<Vec<_>>().join(" ")
        };
        let (once, twice, skipped) =
            (labels(TileKind::Committed), labels(TileKind::Duplicate), labels(TileKind::Aborted));
        let values: [(&str, &dyn std::fmt::Display); 4] =
            [("partition", &at.partition), ("once", &once), ("twice", &twice), ("skipped", &skipped)];
        lines.push(tf(lang, "caption.works", &values));
    }
    for clock in &scene.clocks {
        lines.push(format!(
            "{} {} {} ms / {} ms",
            clock.holder,
            clock.name,
            clock.left / 1000,
            clock.whole / 1000
        ));
    }
    lines.join("\n")
}

fn lanes_caption(scene: &super::Lanes, lang: Lang) -> String {
    let mut lines = Vec::new();
    for lane in &scene.lanes {
        lines.push(tf(
            lang,
            "caption.lane",
            &[("title", &lane.title.get(lang)), ("lost", &lane.lost), ("doubled", &lane.doubled)],
        ));
        lines.extend(lane.reasons.iter().map(|why| format!("  {}", reason(why, lang))));
    }
    lines.join("\n")
}

/// Why a lane ended up as it did.
#[must_use]
pub fn reason(why: &Reason, lang: Lang) -> String {
    let list = |columns: &[usize]| columns.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match why {
        Reason::Unheard(n) => tf(lang, "lanes.unheard", &[("n", &list(n))]),
        Reason::GivenUp(n, error) => tf(lang, "lanes.given_up", &[("n", &list(n)), ("error", error)]),
        Reason::CommittedFirst(n) => tf(lang, "lanes.committed_first", &[("n", &list(n))]),
        Reason::AppendedAgain(n) => tf(lang, "lanes.appended_again", &[("n", &list(n))]),
        Reason::WorkedAgain(n) => tf(lang, "lanes.worked_again", &[("n", &list(n))]),
        Reason::Recognised(n) => tf(lang, "lanes.recognised", &[("n", &list(n))]),
        Reason::Clean => t(lang, "lanes.clean").to_owned(),
    }
}

fn code_caption(scene: &super::Code, lang: Lang) -> String {
    let mut lines = vec![format!("{} · {}", scene.file, scene.client)];
    let mark = |n: u32| {
        let within = |range: Option<(u32, u32)>| range.is_some_and(|(a, b)| (a..=b).contains(&n));
        if within(scene.inside) || within(scene.at) { "▸" } else { " " }
    };
    lines.extend((1..).zip(&scene.lines).map(|(n, text)| format!("{}{n:>3} {text}", mark(n))));
    if let Job::Producer { queue, .. } = &scene.job {
        for batch in queue {
            lines.push(tf(
                lang,
                "caption.queue",
                &[("partition", &batch.partition), ("records", &batch.labels.join(" "))],
            ));
        }
    }
    lines.extend(scene.telling.iter().map(|telling| say(telling, lang)));
    for log in &scene.logs {
        let records: Vec<&str> = log.tiles.iter().map(|tile| tile.label.as_str()).collect();
        lines.push(format!("{}: [{}] HW {} LEO {}", log.id, records.join(" "), log.high_watermark, log.end));
    }
    lines.join("\n")
}

/// What there is to say about a program's moment.
#[must_use]
pub fn say(telling: &Telling, lang: Lang) -> String {
    match telling {
        Telling::Off => t(lang, "code.off").to_owned(),
        Telling::Queued(n) => tf(lang, "code.queued", &[("n", n)]),
        Telling::Blocked(call) => tf(lang, "code.blocked", &[("call", call)]),
        Telling::Pending(n) => tf(lang, "code.pending", &[("n", n)]),
        Telling::Callback(line, inside) => tf(lang, "code.callback", &[("line", line), ("inside", inside)]),
        Telling::Travels(n) => tf(lang, "code.travels", &[("n", n)]),
        Telling::ToWork(n) => tf(lang, "code.to_work", &[("n", n)]),
        Telling::Error(error) => tf(lang, "code.error", &[("error", error)]),
        Telling::Calm => t(lang, "code.calm").to_owned(),
    }
}

fn partitioner_caption(scene: &super::Partitioner, lang: Lang) -> String {
    let mut lines =
        vec![tf(lang, "partition.title", &[("topic", &scene.topic), ("n", &scene.targets.len())])];
    for sum in &scene.sums {
        lines.push(tf(
            lang,
            "caption.sum",
            &[
                ("producer", &sum.producer),
                ("hash", &sum.hash),
                ("key", &sum.key),
                ("value", &format!("{:08x}", sum.value)),
                ("number", &sum.unsigned.unwrap_or(sum.value)),
                ("count", &sum.count),
                ("partition", &sum.partition),
            ],
        ));
    }
    for lane in &scene.lanes {
        lines.push(tf(
            lang,
            "caption.requests",
            &[("producer", &lane.id), ("requests", &lane.requests), ("records", &lane.records)],
        ));
        for (target, groups) in scene.targets.iter().zip(&lane.rows) {
            let batches: Vec<String> =
                groups.iter().map(|group| format!("[{}]", group.labels.join(" "))).collect();
            if !batches.is_empty() {
                lines.push(format!("  {}: {}", target.id, batches.join(" ")));
            }
        }
    }
    lines.join("\n")
}

fn log_caption(log: &super::Log, lang: Lang) -> String {
    let mut lines = Vec::new();
    for row in &log.rows {
        let records = records(&row.tiles);
        lines.push(tf(
            lang,
            "caption.log",
            &[
                ("partition", &row.id),
                ("start", &row.start),
                ("hw", &row.high_watermark),
                ("end", &row.end),
                ("records", &records),
            ],
        ));
    }
    for group in &log.groups {
        for (partition, position, committed, lag) in &group.places {
            lines.push(tf(
                lang,
                "caption.group",
                &[
                    ("group", &group.id),
                    ("partition", partition),
                    ("position", position),
                    ("committed", committed),
                    ("lag", lag),
                ],
            ));
        }
    }
    lines.join("\n")
}

/// Records as they are marked on their tiles.
fn records(tiles: &[Tile]) -> String {
    let mark = |tile: &Tile| match tile.kind {
        TileKind::Uncommitted => format!("({})", tile.label),
        TileKind::Aborted => format!("/{}/", tile.label),
        TileKind::Marker => format!("‹{}›", tile.label),
        TileKind::Duplicate => format!("!{}!", tile.label),
        TileKind::Committed | TileKind::Dead => tile.label.clone(),
    };
    tiles.iter().map(mark).collect::<Vec<_>>().join(" ")
}

fn txn_caption(txn: &super::Txn, lang: Lang) -> String {
    let mut lines = Vec::new();
    for machine in &txn.machines {
        let coordinator = machine.coordinator.as_deref().unwrap_or("·");
        let (pid, epoch) = machine.identity;
        lines.push(tf(
            lang,
            "caption.transaction",
            &[
                ("id", &machine.id),
                ("client", &machine.client),
                ("coordinator", &coordinator),
                ("state", &machine.state),
                ("pid", &pid),
                ("epoch", &epoch),
            ],
        ));
    }
    for row in &txn.rows {
        let records = records(&row.tiles);
        lines.push(format!(
            "{}: {records} LSO {} HW {} LEO {}",
            row.id, row.last_stable, row.high_watermark, row.end
        ));
    }
    for reader in &txn.readers {
        lines.push(format!("{} {}: {}", reader.id, reader.isolation, records(&reader.got)));
    }
    lines.join("\n")
}

fn ladder_caption(ladder: &super::Ladder, lang: Lang) -> String {
    let name = |ix: usize| ladder.lanes.get(ix).map_or("", |lane| lane.id.as_str());
    let mut lines = Vec::new();
    for rung in &ladder.rungs {
        let at = format!("{}.{:03}", rung.at / 1_000_000, rung.at / 1000 % 1000);
        lines.push(match &rung.row {
            LadderRow::Message { from, to, api, label, way, .. } => {
                let fate = match way {
                    Way::Travels(_) => t(lang, "caption.travels"),
                    Way::Arrived => "",
                    Way::Held => t(lang, "caption.held"),
                    Way::Lost => t(lang, "caption.lost"),
                };
                format!("{at} {} {api} {label} {} → {} {fate}", rung.id, name(*from), name(*to))
            }
            LadderRow::Local { at: lane, line, records, .. } => {
                format!("{at} {} {} {records}", name(*lane), line.note)
            }
            LadderRow::Silence { length, .. } => format!("{at} … {} ms", length / 1000),
        });
    }
    lines.iter().map(|line| line.trim_end()).collect::<Vec<_>>().join("\n")
}
