//! The quorum, tried out to the end in a small scope: every message that can be lost or overtaken, every time that can be up too early,
//! every voter that can die, at every place.
//!
//! ```text
//!  start ─▶ level 1 ─▶ level 2 ─▶ …      breadth first: what is found is as short as can be
//!             one step each: a request arrives · an answer arrives · a time is up · a message is lost ·
//!             a voter dies, or comes back · the leader appends a record
//! ```
//!
//! The voters are those of every lab (`Raft`); only clock and network are others. Messages arrive in the order of sending and are faster
//! than clocks; what is out of this order is an oddity, of which there are a few. A state that was seen before is not gone on from.
//! The laws are those of the quorum among the project's laws, by the same numbers.
//!
//! Not modelled: snapshots, observers, the empty answer to a fetch that has waited for long (it changes nothing), a request on its way to a voter while another one of the same sender and lane is (`RequestManager`:
//! one at a time; the second counts as not sent, and is asked again later).

mod laws;
mod state;
mod step;

use std::collections::BTreeSet;

use super::Broken;
use super::likeness::Likeness;
use super::{Report, Way};
use crate::engine::EventId;
use crate::kafka::laws::{Violation, find};
use state::State;
use step::Step;

/// How large a scope is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Scope {
    /// Voters.
    pub voters: u32,
    /// They ask before they call an election (KIP-996).
    pub pre_vote: bool,
    /// The first of them leads at the beginning, and everybody follows; else nobody has ever led.
    pub led: bool,
    /// The highest epoch that is gone into.
    pub epochs: i32,
    /// Messages that are overtaken, and times that are up although whoever waits was heard of or messages are on their way.
    pub oddities: u32,
    /// Records that leaders append, their first ones aside.
    pub appends: u32,
    /// Messages that get lost.
    pub losses: u32,
    /// Voters that die; each may come back.
    pub crashes: u32,
}

struct Search<'a> {
    scope: Scope,
    more: &'a mut dyn FnMut() -> bool,
    seen: BTreeSet<Likeness>,
    /// Of each state: the one before, and the step from there.
    ways: Vec<(u32, Option<Step>)>,
    report: Report,
}

/// Explores a scope. `more` is asked at every state.
pub(super) fn explore(scope: Scope, more: &mut dyn FnMut() -> bool) -> Report {
    let report = Report { states: 0, paths: 0, events: 0, depth: 0, finished: true, broken: None };
    let mut search = Search { scope, more, seen: BTreeSet::new(), ways: Vec::new(), report };
    let start = State::start(scope);
    search.seen.insert(Likeness::of_hash(&start));
    search.ways.push((0, None));
    let mut level = vec![(0, start)];
    while !level.is_empty() && search.report.finished && search.report.broken.is_none() {
        level = search.next_level(level);
        if !level.is_empty() {
            search.report.depth += 1;
        }
    }
    search.report.states = u64::try_from(search.seen.len()).unwrap_or(u64::MAX);
    search.report
}

impl Search<'_> {
    /// Every state that is one step away and was not seen before.
    fn next_level(&mut self, level: Vec<(u32, State)>) -> Vec<(u32, State)> {
        let mut next = Vec::new();
        for (from, state) in level {
            if !(self.more)() {
                self.report.finished = false;
                break;
            }
            let steps = state.steps();
            if steps.is_empty() {
                self.report.paths += 1;
            }
            for step in steps {
                let mut after = state.clone();
                after.take(step);
                if after.epoch() > self.scope.epochs {
                    continue; // out of scope
                }
                self.report.events += 1;
                if let Some((law, subject, seen)) = laws::broken(&state, step, &mut after) {
                    self.found((from, step), law, subject, seen);
                    return Vec::new();
                }
                if !self.seen.insert(Likeness::of_hash(&after)) {
                    self.report.paths += 1;
                    continue;
                }
                let id = u32::try_from(self.ways.len()).unwrap_or(u32::MAX);
                self.ways.push((from, Some(step)));
                next.push((id, after));
            }
        }
        next
    }

    fn found(&mut self, last: (u32, Step), law: &str, subject: String, seen: String) {
        let Some(law) = find(law) else { return };
        let mut steps = vec![last.1];
        let mut at = last.0;
        while let Some((before, Some(step))) = usize::try_from(at).ok().and_then(|at| self.ways.get(at)) {
            steps.push(*step);
            at = *before;
        }
        let event = EventId(u64::try_from(steps.len()).unwrap_or(u64::MAX));
        let way = Way::Steps(steps.iter().rev().map(ToString::to_string).collect());
        self.report.depth = u32::try_from(steps.len()).unwrap_or(u32::MAX);
        let violation = Violation { law, subject, seen, event };
        self.report.broken = Some(Box::new(Broken { violation, way }));
    }
}
