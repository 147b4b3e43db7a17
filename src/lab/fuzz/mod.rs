//! Random tanks and random deeds from a seed: what is thrown at the model to see whether its laws hold.
//!
//! ```text
//!  seed ─▶ tank · habits ─▶ chaos: deed, some time, deed, … ─▶ heal: every fault taken back, everybody started ─▶ settle
//!                              │ a law breaks                                                                      │ demands
//!                              └──────▶ scenario ─▶ shrink ─▶ a small scenario that still breaks it ◀──────────────┘
//! ```
//!
//! What must come about (`data.52`, `liveness.*`) is demanded twice: when producers have stopped and consumers had time to read on, and
//! when consumers have stopped, too.
//!
//! Everything here is a function of the seed. How long to go on, and on how many cores, is for the caller to say.

mod deeds;
mod dice;
mod shrink;
mod tank;

pub use deeds::{Habits, action};
pub use dice::Dice;
pub use shrink::shrink;
pub use tank::{spec, spec_for};

use super::Violation;
use super::error::LabError;
use super::named::named;
use super::play::{Lab, Unit};
use super::run::{Budget, Goal};
use super::scenario::Scenario;

named! {
    /// What a run leans towards.
    #[derive(Default)]
    pub enum Profile {
        /// A random part of everything.
        #[default]
        Swarm = "swarm",
        /// Replication: brokers come and go, links break.
        Isr = "isr",
        /// Consumer groups of the classic protocol: all assignors, static members.
        Groups = "groups",
        /// Consumer groups of the consumer protocol (KIP-848).
        Consumer = "consumer",
        /// Share groups (KIP-932).
        Share = "share",
        /// Transactions.
        Txn = "txn",
        /// Producers: lost answers, refusals, retries.
        Clients = "clients",
        /// A quorum of one to five controllers, which come and go as brokers do: voters and observers, alone or in one process with a broker.
        Kraft = "kraft",
        /// Metadata in ZooKeeper: sessions that end, brokers that are the controller and do not know that they are none any more.
        Zookeeper = "zookeeper",
    }
}

/// Virtual time between healing and settling, while clients go on; from the end of the producers, and from that of the consumers, to the
/// demands.
const AFTERMATH: u64 = 30_000_000;
const REST: u64 = 180_000_000;
const SILENCE: u64 = 90_000_000;

/// How a run went.
#[derive(Clone, Debug)]
pub struct Run {
    /// Its seed.
    pub seed: u64,
    /// Events since t = 0.
    pub events: u64,
    /// Steps done.
    pub steps: u64,
    /// The law that broke, and how to see it again.
    pub broken: Option<Box<Broken>>,
}

/// A law that broke in a run.
#[derive(Clone, Debug)]
pub struct Broken {
    /// In which step; the number of steps = while settling.
    pub step: u64,
    /// What was seen.
    pub violation: Violation,
    /// Everything done up to there.
    pub scenario: Scenario,
}

/// Plays one seed.
///
/// # Errors
/// Its tank does not boot: a fault of the model or of the generator.
pub fn play(seed: u64, profile: Profile, steps: u64) -> Result<Run, Box<LabError>> {
    let mut dice = Dice::new(seed);
    let spec = spec_for(&mut dice, profile);
    let habits = Habits::of(&mut dice, profile);
    let mut lab = Lab::new(&spec, seed).map_err(Box::new)?;
    for step in 0..steps {
        if let Some(action) = habits.action(&mut dice, &lab) {
            let _ = lab.act(&action);
        }
        some_time(&mut dice, &mut lab);
        if !lab.broken_laws().is_empty() {
            return Ok(ended(&lab, step));
        }
    }
    heal(&mut lab);
    pass(&mut lab, AFTERMATH);
    heal(&mut lab); // whoever was shutting down is down by now
    pass(&mut lab, AFTERMATH);
    let clients = lab.vocabulary();
    for (which, time) in [(&clients.producers, REST), (&clients.consumers, SILENCE)] {
        try_all(&mut lab, "stop", which);
        pass(&mut lab, time);
        lab.survey();
        if lab.broken_laws().is_empty() {
            lab.demand();
        }
        if !lab.broken_laws().is_empty() {
            break;
        }
    }
    Ok(ended(&lab, steps))
}

/// The tank of a seed before anything happens.
#[must_use]
pub fn tank(seed: u64, profile: Profile) -> Scenario {
    Scenario::new(spec_for(&mut Dice::new(seed), profile), seed)
}

fn ended(lab: &Lab, step: u64) -> Run {
    let broken = lab.broken_laws().first().map(|violation| {
        let violation = violation.clone();
        let scenario = Scenario { law: Some(violation.law.id.to_owned()), ..Scenario::record(lab) };
        Box::new(Broken { step, violation, scenario })
    });
    Run { seed: lab.seed(), events: lab.event(), steps: step, broken }
}

fn some_time(dice: &mut Dice, lab: &mut Lab) {
    match dice.below(8) {
        0 => drop(lab.step(Unit::Event)),
        1 => drop(lab.step(Unit::Hop)),
        2 => drop(lab.step(Unit::Moment)),
        3 => pass(lab, dice.below(20_000_000)),
        _ => pass(lab, dice.below(400_000)),
    }
}

fn pass(lab: &mut Lab, micros: u64) {
    lab.run_until(Goal::For(micros), Budget::default());
}

fn try_all(lab: &mut Lab, verb: &str, names: &[String]) {
    for name in names {
        if let Ok(action) = format!("{verb} {name}").parse() {
            let _ = lab.act(&action);
        }
    }
}

/// Takes every fault back and starts whoever is down.
fn heal(lab: &mut Lab) {
    if let Ok(clear) = "clear-faults".parse() {
        let _ = lab.act(&clear);
    }
    let processes: Vec<String> = lab.vocabulary().processes().map(str::to_owned).collect();
    try_all(lab, "resume", &processes);
    try_all(lab, "start", &processes);
}
