//! A lab: one world with its history. The only door to the world for everyone above.

use std::sync::Arc;

use super::action::Action;
use super::boot::boot;
use super::cel::{EvalError, Expr, Facts, Value};
use super::error::{ActError, LabError};
use super::history::{Branch, BranchId, BranchInfo, Input, MOST_BRANCHES, Mark, Segment, Turn};
use super::spec::Spec;
use super::state::State;
use super::vocabulary::Vocabulary;
use crate::engine::{Micros, Note, Process as Life, Stepped};
use crate::kafka::ErrorCode;
use crate::kafka::laws::Violation;

/// How far one step goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// One turn of the queue.
    Event,
    /// Everything that happens at the next instant.
    Moment,
    /// Until a loud message leaves, arrives, is held or is lost: where a picture changes pace.
    Instant,
    /// Until a loud message arrives or is lost.
    Hop,
}

/// Why a step ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// It went as far as it should.
    Reached,
    /// Nothing more will ever happen, or the start of time is reached.
    Nothing,
    /// The budget is used up.
    Budget,
}

/// Where a step ended, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub why: Why,
    /// Events since t = 0.
    pub event: u64,
    /// µs since t = 0.
    pub now: u64,
}

/// What an action did to history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Acted {
    /// The event that it is.
    pub event: u64,
    /// The branch it happened on.
    pub branch: BranchId,
    /// It left the branch that was current before.
    pub forked: bool,
    /// Kafka's answer, if it refused.
    pub refused: Option<ErrorCode>,
}

/// Events that the search for the next loud one may pass at most.
const LOOK_AHEAD: u64 = 20_000;

/// One world with its history and the playhead in it.
#[derive(Clone)]
pub struct Lab {
    spec: Arc<Spec>,
    seed: u64,
    /// Virtual time and turn of t = 0.
    start: Micros,
    first: u64,
    branches: Vec<Branch>,
    current: usize,
    next_branch: u32,
    pub(super) state: State,
    segment: Option<Segment>,
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("seed", &self.seed).field("event", &self.event()).finish_non_exhaustive()
    }
}

impl Lab {
    /// Events that a step by hop or instant may pass at most.
    pub(super) const MOST_EVENTS: u64 = 200_000;
    /// Time that it may pass at most, µs.
    pub(super) const PATIENCE: u64 = 120_000_000;

    /// Boots a spec for real, does its `[start]`, settles. That instant is t = 0.
    ///
    /// # Errors
    /// The spec is wrong, a `[start]` action cannot be done, or nothing settles within 120 s of virtual time.
    pub fn new(spec: &Spec, seed: u64) -> Result<Self, LabError> {
        let state = boot(spec, seed)?;
        Ok(Self {
            spec: Arc::new(spec.clone()),
            seed,
            start: state.world.now(),
            first: state.turn().0,
            branches: vec![Branch::first(state.clone())],
            current: 0,
            next_branch: 2,
            state,
            segment: None,
        })
    }

    // ---- where the playhead stands ----

    /// What the lab was made from.
    #[must_use]
    pub fn spec(&self) -> &Spec {
        &self.spec
    }

    /// The seed of all chance.
    #[must_use]
    pub const fn seed(&self) -> u64 {
        self.seed
    }

    /// µs since t = 0.
    #[must_use]
    pub const fn now(&self) -> u64 {
        self.state.world.now().since(self.start).0
    }

    /// Events since t = 0.
    #[must_use]
    pub const fn event(&self) -> u64 {
        self.state.turn().0 - self.first
    }

    /// How much was stated up to the playhead: what playing up to here costs.
    #[must_use]
    pub const fn stated(&self) -> u64 {
        self.state.stated
    }

    /// Furthest event of this branch.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.branch().end
    }

    /// Rolling hash over everything that was stated up to the playhead, the prologue included.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.state.world.digest()
    }

    /// Laws that were broken up to the playhead.
    #[must_use]
    pub fn broken_laws(&self) -> &[Violation] {
        self.state.broken()
    }

    /// Checks the laws over the whole state now, not only what events touched.
    pub fn survey(&mut self) {
        self.state.survey();
    }

    /// Asks for what should have come about: the faults are over, everybody runs, and time enough has passed.
    pub fn demand(&mut self) {
        self.state.demand();
    }

    /// Events that wait in the queue, timers that were replaced meanwhile included.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.state.world.queued()
    }

    pub(super) const fn start(&self) -> Micros {
        self.start
    }

    pub(super) const fn first(&self) -> u64 {
        self.first
    }

    pub(super) const fn facts(&self) -> Facts<'_> {
        self.state.facts(self.start)
    }

    /// The value of an expression at the playhead.
    ///
    /// # Errors
    /// It has none in this state.
    pub fn eval(&self, expr: &Expr) -> Result<Value, EvalError> {
        expr.eval(&self.facts())
    }

    /// The names that may be spoken of now: those of the spec and of everything done on this branch.
    #[must_use]
    pub fn vocabulary(&self) -> Vocabulary {
        let mut names = Vocabulary::of(&self.spec);
        for input in &self.branch().inputs {
            names.learn(&input.action);
        }
        names
    }

    /// Whether nothing happens that somebody waits for.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.state.is_settled()
    }

    // ---- forward ----

    /// Plays one turn: the recorded input that stands here, else the next event of the queue.
    pub(super) fn advance(&mut self) -> Option<Stepped> {
        self.advance_until(Micros::NEVER)
    }

    /// Plays one turn if it is due by then (world time).
    pub(super) fn advance_until(&mut self, limit: Micros) -> Option<Stepped> {
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
        let limit = self.state.world.now() + Micros(Self::PATIENCE);
        for _ in 0..Self::MOST_EVENTS {
            match self.advance_until(limit) {
                None if self.advance_is_due() => break,
                None => return self.stop(Why::Nothing),
                Some(stepped) if reached(&stepped) => return self.stop(Why::Reached),
                Some(_) => {}
            }
        }
        self.stop(Why::Budget)
    }

    /// Plays one turn if it is due by then (µs since t = 0).
    pub(super) fn advance_by(&mut self, limit: u64) -> Option<Stepped> {
        self.advance_until(self.start + Micros(limit))
    }

    /// When the recorded input or the event that comes next is due (µs since t = 0); what stands there may have become void.
    pub(super) fn next_due(&self) -> Option<u64> {
        if let Some((_, input)) = self.branch().input_at(self.event()) {
            return Some(input.at);
        }
        self.state.world.next_at().map(|at| at.since(self.start).0)
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
    pub(super) fn pass_to(&mut self, at: Micros) {
        self.state.world.pass_to(at);
    }

    // ---- back ----

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

    /// Goes to an event of this branch, with the clock where it stood when that happened: no wait has let it run on.
    pub(super) fn seek_anew(&mut self, event: u64) {
        let event = event.min(self.end());
        self.bring_into_view(event.saturating_sub(1));
        self.state = self.state_at(event);
    }

    /// The state at an event of this branch, with the notes of that turn.
    pub(super) fn state_at(&self, event: u64) -> State {
        let branch = self.branch();
        let near =
            self.segment.as_ref().filter(|s| s.covers(branch.id, event)).and_then(|s| s.fine_before(event));
        let (_, state) = near.unwrap_or_else(|| branch.saved_before(event));
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
            segment.save(state.turn().0 - self.first, &state);
            let Some(stepped) = turn(branch, &mut state, self.first, self.start) else { break };
            let event = stepped.event.0 - self.first;
            segment.turns.push(Turn { event, at: state.world.now(), hop: stepped.hop, loud: stepped.loud });
        }
        self.segment = Some(segment);
    }

    // ---- acting ----

    /// Does an action at the playhead. In the past, or with a future ahead, that makes a new branch.
    ///
    /// # Errors
    /// It cannot be done here and now; nothing has changed then.
    pub fn act(&mut self, action: &Action) -> Result<Acted, ActError> {
        if action.is_wait() {
            return self.wait(action);
        }
        action.check(&self.vocabulary()).map_err(|message| ActError { message })?;
        let (event, at) = (self.event(), self.now());
        let forks = event < self.end();
        let ix = self.branch().inputs.iter().filter(|input| input.after < event).count() + 1;
        let refused = self.state.apply(action, u32::try_from(ix).unwrap_or(u32::MAX))?;
        if forks {
            self.leave(event);
        }
        let event_now = self.event();
        let branch = &mut self.branches[self.current];
        branch.inputs.push(Input { after: event, at, action: action.clone() });
        branch.end = event_now;
        branch.save(event_now, &mut self.state);
        self.segment = None;
        Ok(Acted { event: event_now, branch: branch.id, forked: forks, refused })
    }

    /// Makes a new branch at `event` the current one.
    fn leave(&mut self, event: u64) -> BranchId {
        let id = BranchId(self.next_branch);
        self.next_branch += 1;
        let fork = self.branch().fork(id, event);
        self.branches[self.current].playhead = event;
        self.branches.push(fork);
        self.current = self.branches.len() - 1;
        if self.branches.len() > MOST_BRANCHES {
            self.branches.remove(1); // the oldest that is not the script's
            self.current -= 1;
        }
        self.segment = None;
        id
    }

    // ---- branches and marks ----

    pub(super) fn branch(&self) -> &Branch {
        &self.branches[self.current]
    }

    /// The present branch.
    #[must_use]
    pub fn branch_id(&self) -> BranchId {
        self.branch().id
    }

    /// Leaves the present branch at the playhead: what happens from now on happens on a new one.
    pub fn fork(&mut self) -> BranchId {
        self.leave(self.event())
    }

    /// All branches, in order of making.
    #[must_use]
    pub fn branches(&self) -> Vec<BranchInfo> {
        self.branches.iter().map(|branch| branch.info(self.branch().id)).collect()
    }

    /// Goes to another branch, to where the playhead was when it was left. False: there is none of that number.
    pub fn switch(&mut self, id: BranchId) -> bool {
        let Some(ix) = self.branches.iter().position(|branch| branch.id == id) else { return false };
        if ix != self.current {
            let event = self.event();
            self.branches[self.current].playhead = event;
            self.current = ix;
            self.segment = None;
            self.state = self.state_at(self.branch().playhead);
        }
        true
    }

    /// Drops every branch but the script's and goes there.
    pub fn drop_branches(&mut self) {
        self.switch(BranchId::SCRIPT);
        self.branches.truncate(1);
    }

    /// Remembers something about this place in the journal.
    pub fn mark(&mut self, mark: Mark) {
        let event = self.event();
        let marks = &mut self.branches[self.current].marks;
        let place = marks.partition_point(|(at, _)| *at <= event);
        if marks.get(place.saturating_sub(1)) != Some(&(event, mark.clone())) {
            marks.insert(place, (event, mark));
        }
    }

    /// Marks of this branch up to the playhead, with their events.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = (u64, &Mark)> {
        let event = self.event();
        self.branch().marks.iter().filter(move |(at, _)| *at <= event).map(|(at, mark)| (*at, mark))
    }

    /// All marks of this branch, those ahead of the playhead too.
    pub fn all_marks(&self) -> impl DoubleEndedIterator<Item = (u64, &Mark)> {
        self.branch().marks.iter().map(|(at, mark)| (*at, mark))
    }

    /// What was done on this branch since t = 0, in order.
    #[must_use]
    pub fn journal(&self) -> &[Input] {
        &self.branch().inputs
    }

    /// Whether a process runs at the playhead; none if there is no such process.
    #[must_use]
    pub fn is_running(&self, id: &str) -> Option<bool> {
        let node = self.state.world.shared().find_node(id)?;
        Some(self.state.world.process(node) == Life::Running)
    }
}

/// One turn of a branch: the input that stands at this place, else the next event.
pub(super) fn turn(branch: &Branch, state: &mut State, first: u64, start: Micros) -> Option<Stepped> {
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
