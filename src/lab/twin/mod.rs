//! Two labs on one clock: the same spec but for one setting, the same seed, the same actions.
//!
//! ```text
//!  left   ──●────●──●───────●──▶      events of both are played in the order of their times, the left one first;
//!  right  ──●────●──────●───●──▶      a place in the pair is the number of events of both together
//!           1 2  3 4 5  6   7 8
//! ```
//!
//! A pair without a right lab is that one lab, and everything here is what the lab does.

mod futures;
mod run;

pub use run::{Aim, Claim};

use std::collections::BTreeMap;
use std::sync::Arc;

use super::action::Action;
use super::cel::{EvalError, Expr, Value};
use super::error::{ActError, LabError};
use super::history::{BranchId, Mark};
use super::play::{Acted, Lab, Stop, Unit, Why};
use super::spec::Spec;
use crate::engine::{Note, Stepped};

/// One of the two.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The first value of the setting.
    #[default]
    Left,
    /// The second.
    Right,
}

/// Which of the two something is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sides {
    /// The left lab, or the only one.
    #[default]
    Left,
    /// The right lab.
    Right,
    /// Both.
    Both,
}

impl Sides {
    /// Words in lesson files.
    pub const WORDS: [(&'static str, Self); 3] =
        [("left", Self::Left), ("right", Self::Right), ("both", Self::Both)];

    /// The sides one by one.
    pub fn each(self) -> impl Iterator<Item = Side> {
        let list: &[Side] = match self {
            Self::Left => &[Side::Left],
            Self::Right => &[Side::Right],
            Self::Both => &[Side::Left, Side::Right],
        };
        list.iter().copied()
    }

    /// The side that a value is taken from: of both, the left one.
    #[must_use]
    pub const fn first(self) -> Side {
        if matches!(self, Self::Right) { Side::Right } else { Side::Left }
    }
}

/// One event of the pair.
#[derive(Clone, Copy, Debug)]
struct Turn {
    /// How many of the events up to this one are the left lab's.
    lefts: u64,
    /// µs since t = 0.
    at: u64,
    hop: bool,
    loud: bool,
}

/// One lab, or two on one clock.
#[derive(Clone, Debug)]
pub struct Twin {
    left: Lab,
    right: Option<Box<Lab>>,
    /// The events of the pair by branch; empty without a right lab.
    turns: BTreeMap<BranchId, Arc<Vec<Turn>>>,
}

impl Twin {
    /// A lab alone.
    #[must_use]
    pub const fn single(lab: Lab) -> Self {
        Self { left: lab, right: None, turns: BTreeMap::new() }
    }

    /// Boots both. Each settles by itself; that instant is t = 0 of both.
    ///
    /// # Errors
    /// One of them cannot be booted.
    pub fn pair(left: &Spec, right: &Spec, seed: u64) -> Result<Self, LabError> {
        let (left, right) = (Lab::new(left, seed)?, Lab::new(right, seed)?);
        let turns = BTreeMap::from([(BranchId::SCRIPT, Arc::default())]);
        Ok(Self { left, right: Some(Box::new(right)), turns })
    }

    /// One of the labs; the only one if there is no other.
    #[must_use]
    pub fn lab(&self, side: Side) -> &Lab {
        match (side, &self.right) {
            (Side::Right, Some(right)) => right,
            _ => &self.left,
        }
    }

    /// Whether there are two.
    #[must_use]
    pub const fn is_pair(&self) -> bool {
        self.right.is_some()
    }

    /// µs since t = 0.
    #[must_use]
    pub fn now(&self) -> u64 {
        self.left.now().max(self.right.as_ref().map_or(0, |right| right.now()))
    }

    /// Events since t = 0, of both together.
    #[must_use]
    pub fn event(&self) -> u64 {
        self.left.event() + self.right.as_ref().map_or(0, |right| right.event())
    }

    /// How much was stated so far, on both sides together: what playing up to here costs.
    #[must_use]
    pub fn stated(&self) -> u64 {
        self.left.stated() + self.right.as_ref().map_or(0, |right| right.stated())
    }

    /// Furthest event of this branch.
    #[must_use]
    pub fn end(&self) -> u64 {
        if self.is_pair() { count(self.turns()) } else { self.left.end() }
    }

    fn turns(&self) -> &[Turn] {
        self.turns.get(&self.left.branch_id()).map(|turns| turns.as_slice()).unwrap_or_default()
    }

    fn lab_mut(&mut self, side: Side) -> &mut Lab {
        match (side, &mut self.right) {
            (Side::Right, Some(right)) => right,
            _ => &mut self.left,
        }
    }

    // ---- forward ----

    /// Plays the next event of either, if it is due by then (µs since t = 0).
    fn advance_until(&mut self, limit: u64) -> Option<Stepped> {
        loop {
            let side = self.next_side()?;
            let due = self.lab(side).next_due()?;
            if due > limit {
                return None;
            }
            // What stood first may be no event any more; then the next is looked for.
            if let Some(stepped) = self.lab_mut(side).advance_by(due) {
                self.note(side, stepped.hop, stepped.loud);
                self.sync();
                return Some(stepped);
            }
        }
    }

    /// Whose event is next: in the past as it was, at the front the earlier one.
    fn next_side(&self) -> Option<Side> {
        let at = self.event();
        if let Some(turn) = self.turns().get(index(at)) {
            return Some(if turn.lefts > self.left.event() { Side::Left } else { Side::Right });
        }
        match (self.left.next_due(), self.lab(Side::Right).next_due()) {
            (None, None) => None,
            (None, Some(_)) => Some(Side::Right),
            (Some(_), None) => Some(Side::Left),
            (Some(left), Some(right)) => Some(if right < left { Side::Right } else { Side::Left }),
        }
    }

    /// Remembers an event of one side that was played for the first time.
    fn note(&mut self, side: Side, hop: bool, loud: bool) {
        let (event, at) = (self.event(), self.lab(side).now());
        let turn = Turn { lefts: self.left.event(), at, hop, loud };
        let turns = self.turns.entry(self.left.branch_id()).or_default();
        if count(turns) < event {
            Arc::make_mut(turns).push(turn);
        }
    }

    /// Lets the clock of the one that is behind run on; nothing is due there.
    fn sync(&mut self) {
        let now = self.now();
        self.idle_to(now);
    }

    /// Lets the clock run on to a moment (µs since t = 0) if nothing happens before it.
    pub fn idle_to(&mut self, at: u64) {
        self.left.idle_to(at);
        if let Some(right) = &mut self.right {
            right.idle_to(at);
        }
    }

    /// One step forward along the branch. A step of a pair takes in all that happens on either side at its last moment.
    pub fn step(&mut self, unit: Unit) -> Stop {
        if !self.is_pair() {
            return self.left.step(unit);
        }
        let limit = self.now().saturating_add(Lab::PATIENCE);
        let mut why = Why::Budget;
        for _ in 0..Lab::MOST_EVENTS {
            let Some(stepped) = self.advance_until(limit) else {
                let waits = self.next_side().is_some();
                why = if waits { Why::Budget } else { Why::Nothing };
                break;
            };
            let reached = match unit {
                Unit::Event | Unit::Moment => true,
                Unit::Instant => stepped.loud,
                Unit::Hop => stepped.hop,
            };
            if reached {
                let now = self.now();
                while unit != Unit::Event && self.advance_until(now).is_some() {}
                why = Why::Reached;
                break;
            }
        }
        Stop { why, event: self.event(), now: self.now() }
    }

    // ---- back ----

    /// One step back along the branch; never forks.
    pub fn back(&mut self, unit: Unit) -> Stop {
        if !self.is_pair() {
            return self.left.back(unit);
        }
        let event = self.event();
        let target = match unit {
            Unit::Event => event.saturating_sub(1),
            Unit::Moment => self.moment_before(event, |_| true),
            Unit::Instant => self.moment_before(event, |turn| turn.loud),
            Unit::Hop => self.moment_before(event, |turn| turn.hop),
        };
        self.seek(target);
        let why = if event == 0 { Why::Nothing } else { Why::Reached };
        Stop { why, event: self.event(), now: self.now() }
    }

    /// The end of the last moment before this event's with a turn that fits; 0 if there is none.
    fn moment_before(&self, event: u64, fits: impl Fn(&Turn) -> bool) -> u64 {
        let played = &self.turns()[..index(event).min(self.turns().len())];
        let Some(now) = played.last().map(|turn| turn.at) else { return 0 };
        let found = played.iter().rev().find(|turn| turn.at < now && fits(turn));
        let Some(at) = found.map(|turn| turn.at) else { return 0 };
        played.partition_point(|turn| turn.at <= at) as u64
    }

    /// Goes to an event of this branch, at most its end.
    pub fn seek(&mut self, event: u64) {
        if self.right.is_none() {
            return self.left.seek(event);
        }
        let event = event.min(self.end());
        let lefts = self.lefts(event);
        self.left.seek_anew(lefts);
        if let Some(right) = &mut self.right {
            right.seek_anew(event - lefts);
        }
        self.sync();
    }

    /// How many of the first events of the pair are the left lab's.
    fn lefts(&self, event: u64) -> u64 {
        let last = event.checked_sub(1).and_then(|ix| self.turns().get(index(ix)));
        last.map_or(0, |turn| turn.lefts)
    }

    /// The event of the pair after which one side has played so many of its own.
    #[must_use]
    pub fn event_of(&self, side: Side, event: u64) -> u64 {
        if !self.is_pair() {
            return event;
        }
        let own = |(ix, turn): (usize, &Turn)| match side {
            Side::Left => turn.lefts,
            Side::Right => ix as u64 + 1 - turn.lefts,
        };
        let found = self.turns().iter().enumerate().position(|entry| own(entry) >= event);
        if event == 0 { 0 } else { found.map_or(self.end(), |ix| ix as u64 + 1) }
    }

    /// The event of one side at an event of the pair.
    #[must_use]
    pub fn own_event(&self, side: Side, event: u64) -> u64 {
        match (self.is_pair(), side) {
            (false, _) => event,
            (true, Side::Left) => self.lefts(event),
            (true, Side::Right) => event - self.lefts(event).min(event),
        }
    }

    // ---- acting ----

    /// Does an action in both at the playhead. In the past that makes a new branch in both.
    ///
    /// # Errors
    /// It cannot be done in one of them; nothing has changed then.
    pub fn act(&mut self, action: &Action) -> Result<Acted, ActError> {
        self.act_on(Sides::Both, action)
    }

    /// Does an action on one side, or on both. In the past that makes a new branch in both.
    ///
    /// # Errors
    /// It cannot be done; nothing has changed then.
    pub fn act_on(&mut self, sides: Sides, action: &Action) -> Result<Acted, ActError> {
        if !self.is_pair() {
            return self.left.act(action);
        }
        if action.is_wait() {
            return self.wait(action);
        }
        for side in sides.each() {
            self.lab(side).clone().act(action)?;
        }
        let forked = self.event() < self.end();
        if forked {
            self.fork();
        }
        let mut acted = None;
        for side in sides.each() {
            let done = self.lab_mut(side).act(action)?;
            let notes = self.lab(side).state.world.notes();
            let hop = notes.iter().any(|rec| rec.note.ends_hop());
            let loud = notes.iter().any(|rec| Note::is_loud(&rec.note));
            self.note(side, hop, loud);
            acted = acted.or(Some(done));
        }
        let first = acted.map_or(self.left.branch_id(), |done: Acted| done.branch);
        let refused = acted.and_then(|done| done.refused);
        Ok(Acted { event: self.event(), branch: first, forked, refused })
    }

    /// Leaves the present branch at the playhead, in both.
    pub fn fork(&mut self) -> BranchId {
        let past = self.turns().iter().take(index(self.event())).copied().collect::<Vec<_>>();
        let branch = self.left.fork();
        if let Some(right) = &mut self.right {
            right.fork();
            self.turns.insert(branch, Arc::new(past));
        }
        branch
    }

    /// The present branch.
    #[must_use]
    pub fn branch_id(&self) -> BranchId {
        self.left.branch_id()
    }

    /// Goes to another branch, to where the playhead was when it was left. False: there is none of that number.
    pub fn switch(&mut self, id: BranchId) -> bool {
        let found = self.left.switch(id);
        if let Some(right) = &mut self.right {
            right.switch(id);
        }
        self.sync();
        found
    }

    /// Remembers something about this place in the journals.
    pub fn mark(&mut self, mark: Mark) {
        if let Some(right) = &mut self.right {
            right.mark(mark.clone());
        }
        self.left.mark(mark);
    }

    /// The value of an expression as one side sees it; `left.f()` and `right.f()` ask a named one.
    ///
    /// # Errors
    /// It has none in this state.
    pub fn eval(&self, side: Side, expr: &Expr) -> Result<Value, EvalError> {
        let Some(right) = &self.right else { return self.left.eval(expr) };
        let (left, right) = (self.left.facts(), right.facts());
        let mut facts = if side == Side::Left { left } else { right };
        facts.sides = Some([&left, &right]);
        expr.eval(&facts)
    }
}

fn count(turns: &[Turn]) -> u64 {
    turns.len() as u64
}

fn index(event: u64) -> usize {
    usize::try_from(event).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
