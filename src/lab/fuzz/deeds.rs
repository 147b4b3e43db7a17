//! Random deeds.

use super::{Dice, Profile};
use crate::kafka::Role;
use crate::lab::action::Action;
use crate::lab::cel::{Expr, Value};
use crate::lab::play::Lab;
use crate::lab::vocabulary::Vocabulary;

/// Kinds of deeds, with how often each comes.
const DEEDS: &[(&str, u64)] = &[
    ("produce", 12),
    ("crash", 3),
    ("start", 6),
    ("pause", 1),
    ("resume", 3),
    ("stop", 1),
    ("shutdown", 1),
    ("cut", 2),
    ("heal", 4),
    ("drop-next", 2),
    ("drop-next-ack", 2),
    ("duplicate-next", 1),
    ("hold", 1),
    ("release", 2),
    ("delay", 1),
    ("reset", 1),
    ("clear-faults", 2),
    ("fail-next-append", 1),
    ("add-partitions", 1),
    ("create-topic", 1),
    ("elect-preferred", 1),
    ("elect-unclean", 1),
    ("seek", 1),
    ("reset-offsets", 1),
    ("cycle", 4),
    ("poll", 1),
    ("commit", 1),
    ("hang", 1),
    ("set", 1),
    ("flush", 1),
    ("hold-next", 1),
    ("delete-records", 1),
    ("reassign", 1),
    ("produce-t", 8),
    ("begin", 6),
    ("commit-txn", 4),
    ("abort", 2),
    ("send-offsets", 2),
    ("join", 1),
    ("kill-controller", 1),
    ("cut-controller", 1),
    ("set-topic", 1),
    ("delete-topic", 1),
    ("add-broker", 1),
    ("cancel-reassign", 1),
];

/// What only some profiles do.
const fn own(profile: Profile) -> &'static [(&'static str, u64)] {
    match profile {
        Profile::Share => &[("acknowledge", 8)],
        Profile::Kraft => &[("add-voter", 3), ("remove-voter", 2)],
        Profile::Swarm => &[("acknowledge", 4), ("add-voter", 2), ("remove-voter", 1)],
        _ => &[],
    }
}

/// What a profile does more often than others do.
const fn favourites(profile: Profile) -> &'static [&'static str] {
    match profile {
        Profile::Swarm => &[],
        Profile::Isr => {
            &["crash", "start", "pause", "resume", "cut", "heal", "hold", "release", "delay", "shutdown"]
        }
        Profile::Groups | Profile::Consumer => &[
            "start",
            "stop",
            "join",
            "cycle",
            "poll",
            "commit",
            "hang",
            "seek",
            "pause",
            "resume",
            "add-partitions",
        ],
        Profile::Share => &[
            "start",
            "stop",
            "join",
            "cycle",
            "poll",
            "acknowledge",
            "commit",
            "hang",
            "crash",
            "pause",
            "resume",
        ],
        Profile::Txn => &["begin", "commit-txn", "abort", "send-offsets", "produce-t", "pause", "resume"],
        Profile::Clients => {
            &["produce", "flush", "drop-next-ack", "fail-next-append", "hold-next", "release", "reset"]
        }
        Profile::Kraft | Profile::Zookeeper => &[
            "crash",
            "start",
            "pause",
            "resume",
            "cut",
            "heal",
            "hold",
            "release",
            "delay",
            "shutdown",
            "kill-controller",
            "cut-controller",
            "create-topic",
            "reassign",
            "set-topic",
            "add-voter",
            "remove-voter",
        ],
    }
}

/// What is always possible: without it nothing ever happens, or nothing ever comes back.
const BASICS: &[&str] =
    &["produce", "produce-t", "start", "resume", "heal", "release", "begin", "commit-txn"];

/// Which deeds a run does, and how often: a random part of all, with wild weights.
#[derive(Clone, Debug)]
pub struct Habits(Vec<(&'static str, u64)>);

impl Habits {
    /// Every deed, as often as usual.
    #[must_use]
    pub fn usual() -> Self {
        Self([DEEDS, own(Profile::Swarm)].concat())
    }

    /// Those of one run.
    pub fn of(dice: &mut Dice, profile: Profile) -> Self {
        let liked = favourites(profile);
        let mut chosen = Vec::new();
        for &(verb, weight) in DEEDS.iter().chain(own(profile)) {
            let wild = dice.pick(&[1, 1, 3, 9]).copied().unwrap_or(1);
            let boost = if liked.contains(&verb) { 4 } else { 1 };
            if BASICS.contains(&verb) {
                chosen.push((verb, weight * boost));
            } else if liked.contains(&verb) || dice.once_in(2) {
                chosen.push((verb, weight * wild * boost));
            }
        }
        Self(chosen)
    }

    /// A random deed. It may be one that cannot be done just now: then the lab says so and nothing happens.
    pub fn action(&self, dice: &mut Dice, lab: &Lab) -> Option<Action> {
        let total = self.0.iter().map(|(_, weight)| weight).sum();
        let mut roll = dice.below(total);
        let (verb, _) = self.0.iter().find(|(_, weight)| {
            let here = roll < *weight;
            roll = roll.saturating_sub(*weight);
            here
        })?;
        line(dice, verb, lab).and_then(|line| line.parse().ok())
    }
}

/// A random deed out of all.
#[must_use]
pub fn action(dice: &mut Dice, lab: &Lab) -> Option<Action> {
    Habits::usual().action(dice, lab)
}

/// Who is the controller now.
fn controller(lab: &Lab) -> Option<String> {
    let asked = Expr::compile("controller()", &lab.vocabulary()).ok()?;
    if let Ok(Value::Text(id)) = lab.eval(&asked) { Some(id) } else { None }
}

fn line(dice: &mut Dice, verb: &str, lab: &Lab) -> Option<String> {
    let names: &Vocabulary = &lab.vocabulary();
    let processes: Vec<&str> = names.processes().collect();
    let clients: Vec<&String> = names.producers.iter().chain(&names.consumers).collect();
    let partitions: Vec<String> = names.partitions().collect();
    let topics: Vec<&String> = names.topics.iter().map(|(name, _)| name).collect();
    let to = dice.pick(&["earliest", "latest", "1", "@2s"]).copied()?;
    Some(match verb {
        "produce" => {
            let key = dice.pick(&["", " --key a", " --key user_1", " --null --key b", " --count 5"])?;
            format!("produce {} --to {}{key}", dice.pick(&names.producers)?, dice.pick(&topics)?)
        }
        "produce-t" | "begin" | "commit-txn" | "abort" | "send-offsets" => {
            let transactional: Vec<&String> = names.producers.iter().filter(|p| p.starts_with('w')).collect();
            let producer = dice.pick(&transactional)?;
            match verb {
                "produce-t" => format!("produce {producer} --to {}", dice.pick(&topics)?),
                "send-offsets" => format!("send-offsets {producer} {}", dice.pick(&names.consumers)?),
                verb => format!("{verb} {producer}"),
            }
        }
        "flush" => format!("flush {}", dice.pick(&names.producers)?),
        "hold-next" => {
            let api = dice.pick(&["", " --api Produce", " --api Fetch"])?;
            format!("hold-next {} {}{api}", dice.pick(&processes)?, dice.pick(&names.brokers)?)
        }
        "delete-records" => {
            format!("delete-records {} {}", dice.pick(&partitions)?, dice.pick(&["end", "1", "5"])?)
        }
        "reassign" => {
            let (a, b) = (dice.pick(&names.brokers)?, dice.pick(&names.brokers)?);
            let to = if a == b { a.clone() } else { format!("{a},{b}") };
            format!("reassign {} {to}", dice.pick(&partitions)?)
        }
        "crash" => {
            let power = if dice.once_in(6) { " --power" } else { "" };
            format!("crash {}{power}", dice.pick(&processes)?)
        }
        "kill-controller" => format!("{} {}", dice.pick(&["crash", "pause"])?, controller(lab)?),
        "cut-controller" => format!("cut {}", controller(lab)?),
        "join" => format!("start n{} --in {}", dice.small(0, 2), dice.pick(&names.groups)?),
        "set-topic" => {
            format!(
                "set {} {}",
                dice.pick(&topics)?,
                dice.pick(&["retention.ms=60000", "min.insync.replicas=1"])?
            )
        }
        "start" | "pause" | "resume" => format!("{verb} {}", dice.pick(&processes)?),
        "stop" => format!("stop {}", dice.pick(&clients)?),
        "shutdown" => format!("shutdown {}", dice.pick(&names.brokers)?),
        "cut" if dice.once_in(2) => format!("cut {}", dice.pick(&processes)?),
        "heal" | "clear-faults" if dice.once_in(2) => "clear-faults".into(),
        "heal" | "clear-faults" => "heal".into(),
        "cut" | "duplicate-next" | "hold" | "release" | "reset" | "drop-next" => {
            format!("{verb} {} {}", dice.pick(&processes)?, dice.pick(&processes)?)
        }
        "delay" => {
            let delay = dice.pick(&["0ms", "2ms", "300ms", "3s"])?;
            format!("delay {} {} {delay}", dice.pick(&processes)?, dice.pick(&processes)?)
        }
        "add-voter" | "remove-voter" => format!("{verb} {}", dice.pick(&names.controllers)?),
        "acknowledge" => {
            let how = dice.pick(&["accept", "accept", "release", "reject", "renew"])?;
            format!("acknowledge {} {how}", dice.pick(&names.consumers)?)
        }
        "drop-next-ack" => format!("drop-next-ack {}", dice.pick(&names.producers)?),
        "fail-next-append" | "elect-preferred" | "elect-unclean" | "cancel-reassign" => {
            format!("{verb} {}", dice.pick(&partitions)?)
        }
        "add-partitions" => format!("add-partitions {} {}", dice.pick(&topics)?, dice.small(1, 5)),
        "create-topic" => {
            format!("create-topic x{} --partitions 2 --replication {}", dice.small(0, 9), dice.small(1, 3))
        }
        "delete-topic" => format!("delete-topic {}", dice.pick(&topics)?),
        "add-broker" => format!("add-broker b{}", names.brokers.len() + 1),
        "seek" => format!("seek {} {} {to}", dice.pick(&names.consumers)?, dice.pick(&partitions)?),
        "reset-offsets" => {
            format!("reset-offsets {} {} {to}", dice.pick(&names.groups)?, dice.pick(&topics)?)
        }
        "set" => {
            let role = Role::Producer;
            let producer = dice.pick(&names.producers).filter(|p| names.role(p) == Some(role))?;
            format!("set {producer} acks={}", dice.pick(&["0", "1", "all"])?)
        }
        verb => format!("{verb} {}", dice.pick(&names.consumers)?),
    })
}
