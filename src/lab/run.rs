//! Running on until something is so, within a budget, and assertions that speak of time.

use super::action::Action;
use super::cel::{Assertion, EvalError, Expr, Watch};
use super::error::ActError;
use super::history::Mark;
use super::play::{Acted, Lab, turn};
use crate::engine::Micros;

/// What a run is for.
#[derive(Clone, Copy, Debug)]
pub enum Goal<'a> {
    /// All of these hold at once.
    All(&'a [Assertion]),
    /// So many µs have passed.
    For(u64),
    /// Nothing happens that somebody waits for: no loud message on its way, no batch buffered, no group between two assignments.
    Settled,
}

/// How long a run may last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// µs of virtual time.
    pub time: u64,
    /// Events.
    pub events: u64,
}

impl Default for Budget {
    /// 120 s and 200,000 events.
    fn default() -> Self {
        Self { time: 120_000_000, events: 200_000 }
    }
}

/// Why a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The goal is reached.
    Reached,
    /// The budget is used up.
    Budget,
    /// Nothing more will ever happen.
    Nothing,
    /// An expression has no value in this state.
    Unknown(EvalError),
}

/// Where a run ended, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunEnd {
    /// Why.
    pub why: Ended,
    /// Events since t = 0.
    pub event: u64,
    /// µs since t = 0.
    pub now: u64,
    /// Assertions of the goal that do not hold, by place in the list.
    pub failing: Vec<usize>,
}

impl RunEnd {
    /// Whether the goal was reached.
    #[must_use]
    pub fn reached(&self) -> bool {
        self.why == Ended::Reached
    }
}

impl Lab {
    /// Runs on along the branch until the goal is reached. It looks after each event that stated something.
    pub fn run_until(&mut self, goal: Goal<'_>, budget: Budget) -> RunEnd {
        match goal {
            Goal::All(assertions) => {
                let mut watches: Vec<Watch> = assertions.iter().map(|a| self.watch(a)).collect();
                self.run(budget, |lab, noted| {
                    if !noted {
                        return Ok(false);
                    }
                    let facts = lab.facts();
                    watches.iter_mut().for_each(|watch| watch.follow(&facts));
                    all(&watches, lab)
                })
                .judged(self, assertions)
            }
            Goal::For(micros) => self.run_for(micros, budget),
            Goal::Settled => self.run(budget, |lab, _| Ok(lab.is_settled())),
        }
    }

    fn ended(&self, why: Ended) -> RunEnd {
        RunEnd { why, event: self.event(), now: self.now(), failing: Vec::new() }
    }

    fn run(
        &mut self,
        budget: Budget,
        mut done: impl FnMut(&Self, bool) -> Result<bool, EvalError>,
    ) -> RunEnd {
        let (last_event, last_time) = (self.event() + budget.events, self.now().saturating_add(budget.time));
        let mut noted = true;
        loop {
            match done(self, noted) {
                Err(error) => return self.ended(Ended::Unknown(error)),
                Ok(true) => return self.ended(Ended::Reached),
                Ok(false) if self.event() >= last_event || self.now() >= last_time => {
                    return self.ended(Ended::Budget);
                }
                Ok(false) => {}
            }
            match self.advance() {
                Some(stepped) => noted = stepped.noted,
                None => return self.ended(Ended::Nothing),
            }
        }
    }

    fn run_for(&mut self, micros: u64, budget: Budget) -> RunEnd {
        let until = self.start() + Micros(self.now().saturating_add(micros));
        let last_event = self.event() + budget.events;
        while self.advance_until(until).is_some() {
            if self.event() >= last_event {
                return self.ended(Ended::Budget);
            }
        }
        self.pass_to(until);
        self.ended(Ended::Reached)
    }

    /// Whether an assertion holds at the playhead. Those that speak of time look back along the branch.
    ///
    /// # Errors
    /// An expression has no value in this state.
    pub fn holds(&self, assertion: &Assertion) -> Result<bool, EvalError> {
        match assertion {
            Assertion::Now(expr) => self.eval(expr).map(|value| value.is_true()),
            _ => self.watch(assertion).holds(&self.facts()),
        }
    }

    /// An assertion, followed from where it begins to count up to the playhead.
    pub(super) fn watch(&self, assertion: &Assertion) -> Watch {
        let event = self.event();
        let from = match assertion {
            Assertion::Now(_) => return Watch::begin(assertion.clone(), &self.facts()),
            Assertion::Ever(_) | Assertion::FirstThen { .. } => 0,
            Assertion::Same(_) => {
                let beat = self.marks().rev().find(|(_, mark)| matches!(mark, Mark::Beat(_)));
                beat.map_or(0, |(at, _)| at)
            }
            Assertion::Hold { for_, .. } => {
                let since = self.state.world.now().since(*for_);
                let mut saved = self.branch().saved.iter().rev();
                let found = saved.find(|(at, state)| *at <= event && state.world.now() <= since);
                found.map_or(0, |(at, _)| *at)
            }
        };
        let mut state = self.state_at(from);
        let mut watch = Watch::begin(assertion.clone(), &state.facts(self.start()));
        if matches!(assertion, Assertion::Same(_)) {
            return watch;
        }
        while state.turn().0 - self.first() < event {
            match turn(self.branch(), &mut state, self.first(), self.start()) {
                Some(stepped) if stepped.noted => watch.follow(&state.facts(self.start())),
                Some(_) => {}
                None => break,
            }
        }
        watch
    }

    /// Lets time pass, as an action of scripts and the prompt. Not recorded.
    pub(super) fn wait(&mut self, action: &Action) -> Result<Acted, ActError> {
        let end = match action {
            Action::WaitUntil { expression } => {
                let expr = Expr::compile(expression, &self.vocabulary())
                    .map_err(|error| ActError { message: error.message })?;
                self.run_until(
                    Goal::All(&[Assertion::Now(expr)]),
                    Budget { time: 600_000_000, ..Budget::default() },
                )
            }
            Action::Wait { length } => {
                self.run_until(Goal::For(length.0.0), Budget { time: u64::MAX, events: 2_000_000 })
            }
            _ => self.ended(Ended::Reached),
        };
        match end.why {
            Ended::Reached => {
                Ok(Acted { event: self.event(), branch: self.branch_id(), forked: false, refused: None })
            }
            Ended::Unknown(error) => Err(error.into()),
            Ended::Budget | Ended::Nothing => Err(ActError::never()),
        }
    }
}

fn all(watches: &[Watch], lab: &Lab) -> Result<bool, EvalError> {
    for watch in watches {
        if !watch.holds(&lab.facts())? {
            return Ok(false);
        }
    }
    Ok(true)
}

impl RunEnd {
    /// Adds which assertions do not hold.
    fn judged(mut self, lab: &Lab, assertions: &[Assertion]) -> Self {
        if !self.reached() {
            let fails = |assertion: &Assertion| !lab.holds(assertion).unwrap_or(false);
            self.failing = (0..assertions.len()).filter(|ix| fails(&assertions[*ix])).collect();
        }
        self
    }
}
