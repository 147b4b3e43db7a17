//! Everything that can go wrong in a small scope, tried out: each deed at each place where it can make a difference.
//!
//! ```text
//!  ──●───●───●───●───●──▶  no deed
//!    └───●───●───●───●──▶  one: a broker dies, a message gets lost …
//!        └───●───●───●──▶  two …                 ● a loud message has left or arrived: a place for a deed
//! ```
//!
//! Paths with fewer deeds come first, so what is found is as short as can be. A state that was seen before, with as much left to go wrong,
//! is not gone on from: states are told apart by their [`Likeness`]. All laws are looked at, after every event. The handlers, the network and
//! the clock are those of every other lab.
//!
//! A quorum of controllers alone is explored in another way, down to each message: see `quorum`.
//!
//! Not modelled: deeds between two quiet messages (heartbeats, polls that bring nothing), and other delays than those of the links.

mod likeness;
mod quorum;
mod scope;

use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub use likeness::Likeness;
pub use scope::Profile;

use super::action::Action;
use super::error::LabError;
use super::play::Lab;
use super::scenario::Scenario;
use super::state::State;
use crate::engine::{Micros, NodeId, Process as Life};
use crate::kafka::Role;
use crate::kafka::laws::Violation;
use scope::{Budget, Cluster, Scope};

/// How an exploration went.
#[derive(Clone, Debug)]
pub struct Report {
    /// Different states at places for a deed.
    pub states: u64,
    /// Paths that were followed to their end, or to a state that was seen before.
    pub paths: u64,
    /// Events played.
    pub events: u64,
    /// Deeds on the longest path; of a quorum, steps on the longest of the shortest paths to a state.
    pub depth: u32,
    /// Every path was followed.
    pub finished: bool,
    /// The first law that broke.
    pub broken: Option<Box<Broken>>,
}

/// A law that broke, and the shortest way there.
#[derive(Clone, Debug)]
pub struct Broken {
    /// What was seen.
    pub violation: Violation,
    /// How to see it again.
    pub way: Way,
}

/// The shortest way to where a law broke.
#[derive(Clone, Debug)]
pub enum Way {
    /// What is done in a lab.
    Scenario(Box<Scenario>),
    /// The steps of a quorum, one a line, in English.
    Steps(Vec<String>),
}

impl Way {
    /// How its file ends.
    #[must_use]
    pub const fn form(&self) -> &'static str {
        match self {
            Self::Scenario(_) => "toml",
            Self::Steps(_) => "txt",
        }
    }

    /// As a file.
    #[must_use]
    pub fn print(&self) -> String {
        match self {
            Self::Scenario(scenario) => scenario.print(),
            Self::Steps(steps) => steps.iter().map(|step| format!("{step}\n")).collect(),
        }
    }
}

/// One deed on a path: before which event (since t = 0), and what.
type Deed = (u64, Action);

struct Search<'a> {
    more: &'a mut dyn FnMut() -> bool,
    /// Turn of t = 0, and the time (of the world) at which paths end.
    first: u64,
    horizon: Micros,
    seen: BTreeMap<(Likeness, Budget), u32>,
    path: Vec<Deed>,
    report: Report,
}

/// Why a search stops early.
enum Early {
    Broken(Violation),
    Enough,
}

/// Explores a scope. `more` is asked at every place for a deed: a limit of states or of time.
///
/// # Errors
/// Its cluster does not boot: a fault of the model.
pub fn explore(profile: Profile, more: &mut dyn FnMut() -> bool) -> Result<Report, Box<LabError>> {
    match profile.scope() {
        Scope::Cluster(cluster) => explore_cluster(&cluster, more),
        Scope::Quorum(scope) => Ok(quorum::explore(scope, more)),
    }
}

fn explore_cluster(cluster: &Cluster, more: &mut dyn FnMut() -> bool) -> Result<Report, Box<LabError>> {
    let scenario = cluster.scenario();
    let mut lab = Lab::new(&scenario.spec, scenario.seed).map_err(Box::new)?;
    for line in &scenario.script {
        let _ = lab.act(&line.action);
    }
    let horizon = lab.start() + Micros(cluster.horizon);
    let report = Report { states: 0, paths: 0, events: 0, depth: 0, finished: true, broken: None };
    let mut search =
        Search { more, first: lab.first(), horizon, seen: BTreeMap::new(), path: Vec::new(), report };
    let budget = cluster.budget;
    let most = if budget.all == 1 { 2 } else { 2 * budget.crashes + budget.losses };
    for deeds in 0..=most {
        search.seen.clear();
        match search.follow(lab.state.clone(), budget, deeds) {
            ControlFlow::Continue(()) => {}
            ControlFlow::Break(Early::Enough) => search.report.finished = false,
            ControlFlow::Break(Early::Broken(violation)) => {
                let way = Way::Scenario(Box::new(written(&scenario, &search.path, &violation)));
                search.report.broken = Some(Box::new(Broken { violation, way }));
            }
        }
        search.report.depth = deeds;
        search.report.states = u64::try_from(search.seen.len()).unwrap_or(u64::MAX);
        if search.report.broken.is_some() || !search.report.finished {
            break;
        }
    }
    Ok(search.report)
}

impl Search<'_> {
    /// Follows a path to its end; at each place, and while there are `deeds` left, every deed begins another.
    fn follow(&mut self, mut state: State, budget: Budget, deeds: u32) -> ControlFlow<Early> {
        loop {
            if !(self.more)() {
                return ControlFlow::Break(Early::Enough);
            }
            let likeness = Likeness::of(&state.world);
            let known = self.seen.get(&(likeness, budget)).copied();
            if known.is_some_and(|left| left >= deeds) {
                break;
            }
            self.seen.insert((likeness, budget), deeds);
            if deeds > 0 {
                for (action, left) in possible(&state, budget) {
                    self.branch(&state, action, left, deeds - 1)?;
                }
            }
            if !self.go_on(&mut state)? {
                break;
            }
        }
        self.report.paths += 1;
        state.survey();
        broken(&state)
    }

    fn branch(&mut self, state: &State, action: Action, left: Budget, deeds: u32) -> ControlFlow<Early> {
        let mut other = state.clone();
        let input = u32::try_from(self.path.len()).unwrap_or(u32::MAX);
        self.path.push((state.turn().0 - self.first, action.clone()));
        if other.apply(&action, u32::MAX - input).is_ok() {
            broken(&other)?;
            self.follow(other, left, deeds)?;
        }
        self.path.pop();
        ControlFlow::Continue(())
    }

    /// To the next place for a deed. False: the path ends before.
    fn go_on(&mut self, state: &mut State) -> ControlFlow<Early, bool> {
        while let Some(stepped) = state.step_until(self.horizon) {
            self.report.events += 1;
            if let ControlFlow::Break(early) = broken(state) {
                return ControlFlow::Break(early);
            }
            if stepped.loud {
                return ControlFlow::Continue(true);
            }
        }
        ControlFlow::Continue(false)
    }
}

fn broken(state: &State) -> ControlFlow<Early> {
    match state.broken().first() {
        Some(violation) => ControlFlow::Break(Early::Broken(violation.clone())),
        None => ControlFlow::Continue(()),
    }
}

/// What can go wrong here, with what may go wrong after that.
fn possible(state: &State, budget: Budget) -> Vec<(Action, Budget)> {
    let world = &state.world;
    let all: Vec<(NodeId, &str)> = world.nodes().map(|(id, _)| (id, world.shared().node(id))).collect();
    let mut lines: Vec<(String, Budget)> = Vec::new();
    let running = |id: NodeId| world.process(id) == Life::Running;
    for id in world.shared().of_role(Role::Broker) {
        let name = world.shared().node(id);
        match world.process(id) {
            Life::Running if budget.all > 0 && budget.crashes > 0 => {
                let left = Budget { all: budget.all - 1, crashes: budget.crashes - 1, ..budget };
                lines.push((format!("crash {name}"), left));
            }
            Life::Down { .. } => lines.push((format!("start {name}"), budget)),
            _ => {}
        }
    }
    if budget.all > 0 && budget.losses > 0 && world.rules().is_empty() {
        let left = Budget { all: budget.all - 1, losses: budget.losses - 1, ..budget };
        for (from, sender) in all.iter().filter(|(id, _)| running(*id)) {
            for (_, receiver) in all.iter().filter(|(id, _)| id != from && running(*id)) {
                lines.push((format!("drop-next {sender} {receiver}"), left));
            }
        }
    }
    lines.into_iter().filter_map(|(line, left)| Some((line.parse().ok()?, left))).collect()
}

/// The path as a scenario: what was done at t = 0, then each deed at its place, until the law breaks.
fn written(scope: &Scenario, path: &[Deed], violation: &Violation) -> Scenario {
    let Ok(mut lab) = Lab::new(&scope.spec, scope.seed) else { return scope.clone() };
    for line in &scope.script {
        let _ = lab.act(&line.action);
    }
    for (event, action) in path {
        while lab.event() < *event && lab.advance().is_some() {}
        let _ = lab.act(action);
    }
    let end = violation.event.0.saturating_sub(lab.first());
    while lab.event() < end && lab.advance().is_some() {}
    lab.survey();
    Scenario { law: Some(violation.law.id.to_owned()), ..Scenario::record(&lab) }
}

#[cfg(test)]
mod tests;
