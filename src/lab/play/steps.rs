//! Steps in time, forward and back, and the way to any event.

use std::sync::Arc;

use super::{Lab, Stop, Unit, Why};
use crate::engine::{Micros, Note, Stepped};
use crate::lab::history::{Branch, FINE, Segment, Turn};
use crate::lab::state::State;

/// Events and time that a step by hop or instant may pass at most.
const HOP_BUDGET: u64 = 200_000;
const HOP_PATIENCE: Micros = Micros::secs(120);
/// Events that the search for the next loud one may pass at most.
const LOOK_AHEAD: u64 = 20_000;

impl Lab {
    /// Plays one turn: the recorded input that stands here, else the next event of the queue.
    pub(in crate::lab) fn advance(&mut self) -> Option<Stepped> {
        self.advance_until(Micros::NEVER)
    }

    /// Plays one turn if it is due by then (world time).
    pub(in crate::lab) fn advance_until(&mut self, limit: Micros) -> Option<Stepped> {
        let branch = self.branches.get(self.current)?;
        let stepped = turn_until(branch, &mut self.state, self.first, self.start, limit)?;
        let event = self.event();
        let branch = &mut self.branches[self.current];
        if event > branch.end {
            branch.end = event;
            branch.save(event, &mut self.state);
        }
        Some(stepped)
    }

    fn stop(&self, why: Why) -> Stop {
        Stop { why, event: self.event(), now: self.now() }
    }

    /// One step forward along the branch; recorded inputs happen at their places.
    pub fn step(&mut self, unit: Unit) -> Stop {
        match unit {
            Unit::Event => {
                let why = if self.advance().is_some() { Why::Reached } else { Why::Nothing };
                self.stop(why)
            }
            Unit::Moment => self.step_moment(),
            Unit::Instant => self.step_to(|stepped| stepped.loud),
            Unit::Hop => self.step_to(|stepped| stepped.hop),
        }
    }

    fn step_to(&mut self, reached: impl Fn(&Stepped) -> bool) -> Stop {
        let limit = self.state.world.now() + HOP_PATIENCE;
        for _ in 0..HOP_BUDGET {
            match self.advance_until(limit) {
                None if self.advance_is_due() => break,
                None => return self.stop(Why::Nothing),
                Some(stepped) if reached(&stepped) => return self.stop(Why::Reached),
                Some(_) => {}
            }
        }
        self.stop(Why::Budget)
    }

    /// Whether anything will ever happen.
    fn advance_is_due(&self) -> bool {
        self.branch().input_at(self.event()).is_some() || self.state.world.next_at().is_some()
    }

    fn step_moment(&mut self) -> Stop {
        if self.advance().is_none() {
            return self.stop(Why::Nothing);
        }
        let now = self.state.world.now();
        while self.advance_until(now).is_some() {}
        self.stop(Why::Reached)
    }

    /// When a loud message next leaves, arrives or is lost (µs since t = 0), if that is near.
    #[must_use]
    pub fn next_loud_at(&self) -> Option<u64> {
        let mut state = self.state.clone();
        for _ in 0..LOOK_AHEAD {
            let stepped = turn(self.branch(), &mut state, self.first, self.start)?;
            if stepped.loud {
                return Some(state.world.now().since(self.start).0);
            }
        }
        None
    }

    /// Lets the clock run on to a moment (µs since t = 0) if nothing happens before it: what a wait did, seen again.
    pub fn idle_to(&mut self, at: u64) {
        let at = self.start + Micros(at);
        let input = self.branch().input_at(self.event()).map(|(_, input)| self.start + Micros(input.at));
        let next = input.or(self.state.world.next_at());
        if at > self.state.world.now() && next.is_none_or(|next| next >= at) {
            self.pass_to(at);
        }
    }

    /// Lets time pass up to a moment (µs since t = 0) before which nothing more happens.
    pub(in crate::lab) fn pass_to(&mut self, at: Micros) {
        self.state.world.pass_to(at);
    }

    /// One step back along the branch; never forks.
    pub fn back(&mut self, unit: Unit) -> Stop {
        let event = self.event();
        if event == 0 {
            return self.stop(Why::Nothing);
        }
        let target = match unit {
            Unit::Event => event - 1,
            Unit::Moment => self.find_back(|turn, now| turn.at < now),
            Unit::Instant => self.find_back(|turn, _| turn.loud),
            Unit::Hop => self.find_back(|turn, _| turn.hop),
        };
        self.seek(target);
        self.stop(Why::Reached)
    }

    /// The last turn before the playhead that fits; 0 if none does.
    fn find_back(&mut self, fits: impl Fn(&Turn, Micros) -> bool) -> u64 {
        let (mut before, now) = (self.event(), self.state.world.now());
        while before > 0 {
            self.bring_into_view(before - 1);
            let Some(segment) = &self.segment else { return 0 };
            let found = segment.turns.iter().rev().find(|turn| turn.event < before && fits(turn, now));
            if let Some(turn) = found {
                return turn.event;
            }
            before = segment.from;
        }
        0
    }

    /// Goes to an event of this branch, at most its end.
    pub fn seek(&mut self, event: u64) {
        let event = event.min(self.end());
        if event == self.event()
            && self.state.world.notes().last().is_none_or(|r| r.event == self.state.turn())
        {
            return;
        }
        self.bring_into_view(event.saturating_sub(1));
        self.state = self.state_at(event);
    }

    /// The state at an event of this branch. The last turn is played, so that its notes are there.
    pub(in crate::lab) fn state_at(&self, event: u64) -> State {
        let before = event.saturating_sub(1);
        let branch = self.branch();
        let near =
            self.segment.as_ref().filter(|s| s.covers(branch.id, before)).and_then(|s| s.fine_before(before));
        let (_, state) = near.unwrap_or_else(|| branch.saved_before(before));
        let mut state = State::clone(state);
        while state.turn().0 - self.first < event
            && turn(branch, &mut state, self.first, self.start).is_some()
        {}
        #[cfg(debug_assertions)]
        if let (at, saved) = branch.saved_before(event)
            && at == event
        {
            debug_assert_eq!(saved.world.digest(), state.world.digest(), "a replay went another way");
        }
        state
    }

    /// Brings the stretch around an event into view.
    fn bring_into_view(&mut self, event: u64) {
        let branch = &self.branches[self.current];
        if self.segment.as_ref().is_some_and(|segment| segment.covers(branch.id, event)) {
            return;
        }
        let (from, state) = branch.saved_before(event);
        let end = branch.saved.iter().map(|(at, _)| *at).find(|at| *at > event).unwrap_or(branch.end);
        let mut state = State::clone(state);
        let mut segment = Segment { branch: branch.id, from, turns: Vec::new(), fine: Vec::new() };
        while state.turn().0 - self.first < end {
            let at = state.turn().0 - self.first;
            if at.is_multiple_of(FINE) || at == from {
                segment.fine.push((at, Arc::new(state.clone())));
            }
            let Some(stepped) = turn(branch, &mut state, self.first, self.start) else { break };
            let event = stepped.event.0 - self.first;
            segment.turns.push(Turn { event, at: state.world.now(), hop: stepped.hop, loud: stepped.loud });
        }
        self.segment = Some(segment);
    }
}

/// One turn of a branch: the input that stands at this place, else the next event.
pub(in crate::lab) fn turn(branch: &Branch, state: &mut State, first: u64, start: Micros) -> Option<Stepped> {
    turn_until(branch, state, first, start, Micros::NEVER)
}

fn turn_until(
    branch: &Branch,
    state: &mut State,
    first: u64,
    start: Micros,
    limit: Micros,
) -> Option<Stepped> {
    let event = state.turn().0 - first;
    let Some((ix, input)) = branch.input_at(event) else { return state.step_until(limit) };
    let at = start + Micros(input.at);
    if at > limit {
        return None;
    }
    state.world.pass_to(at);
    // It was possible when it was recorded, and the state is the same.
    let _ = state.apply(&input.action, ix);
    let notes = state.world.notes();
    Some(Stepped {
        event: state.turn(),
        hop: notes.iter().any(|rec| rec.note.ends_hop()),
        loud: notes.iter().any(|rec| Note::is_loud(&rec.note)),
        noted: true,
    })
}
