//! Running a pair on until something is so on one side or on both.

use super::{Side, Sides, Twin};
use crate::lab::action::Action;
use crate::lab::cel::{Assertion, EvalError, Expr, Watch};
use crate::lab::error::ActError;
use crate::lab::play::Acted;
use crate::lab::run::{Budget, Ended, Goal, RunEnd};

/// An assertion and whom it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Claim {
    /// Which side, or both.
    pub sides: Sides,
    /// What must hold there.
    pub it: Assertion,
}

/// What a run is for.
#[derive(Clone, Copy, Debug)]
pub enum Aim<'a> {
    /// All of these hold at once.
    All(&'a [Claim]),
    /// So many µs have passed.
    For(u64),
    /// On neither side happens anything that somebody waits for.
    Settled,
}

/// A claim on one side, followed from event to event.
struct Followed {
    side: Side,
    watch: Watch,
}

impl Twin {
    /// Runs on along the branch until the aim is reached. It looks after each event that stated something.
    pub fn run_until(&mut self, aim: Aim<'_>, budget: Budget) -> RunEnd {
        if !self.is_pair() {
            return match aim {
                Aim::For(micros) => self.left.run_until(Goal::For(micros), budget),
                Aim::Settled => self.left.run_until(Goal::Settled, budget),
                Aim::All(claims) => {
                    let list: Vec<Assertion> = claims.iter().map(|claim| claim.it.clone()).collect();
                    self.left.run_until(Goal::All(&list), budget)
                }
            };
        }
        match aim {
            Aim::For(micros) => self.run_for(micros, budget),
            Aim::Settled => {
                self.run(budget, |twin, _| Ok(Sides::Both.each().all(|side| twin.lab(side).is_settled())))
            }
            Aim::All(claims) => {
                let each = claims.iter().flat_map(|claim| claim.sides.each().map(move |side| (side, claim)));
                let mut followed: Vec<Followed> = each
                    .map(|(side, claim)| Followed { side, watch: self.lab(side).watch(&claim.it) })
                    .collect();
                let mut end = self.run(budget, |twin, noted| {
                    if !noted {
                        return Ok(false);
                    }
                    for one in &mut followed {
                        one.watch.follow(&twin.lab(one.side).facts());
                    }
                    twin.all(&followed)
                });
                if !end.reached() {
                    let fails = |claim: &Claim| !self.holds(claim).unwrap_or(false);
                    end.failing = (0..claims.len()).filter(|ix| fails(&claims[*ix])).collect();
                }
                end
            }
        }
    }

    fn all(&self, followed: &[Followed]) -> Result<bool, EvalError> {
        for one in followed {
            let held = match &one.watch.assertion {
                Assertion::Now(expr) => self.eval(one.side, expr)?.is_true(),
                _ => one.watch.holds(&self.lab(one.side).facts())?,
            };
            if !held {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn ended(&self, why: Ended) -> RunEnd {
        RunEnd { why, event: self.event(), now: self.now(), failing: Vec::new() }
    }

    fn run(
        &mut self,
        budget: Budget,
        mut done: impl FnMut(&Self, bool) -> Result<bool, EvalError>,
    ) -> RunEnd {
        let last_event = self.event().saturating_add(budget.events);
        let last_time = self.now().saturating_add(budget.time);
        let mut noted = true;
        loop {
            match done(self, noted) {
                Err(error) => return self.ended(Ended::Unknown(error)),
                Ok(true) => {
                    self.finish_moment();
                    return self.ended(Ended::Reached);
                }
                Ok(false) if self.event() >= last_event || self.now() >= last_time => {
                    return self.ended(Ended::Budget);
                }
                Ok(false) => {}
            }
            match self.advance_until(u64::MAX) {
                Some(stepped) => noted = stepped.noted,
                None => return self.ended(Ended::Nothing),
            }
        }
    }

    /// Plays what is due on either side at the present moment: what comes next must find both at the same place.
    fn finish_moment(&mut self) {
        let now = self.now();
        while self.advance_until(now).is_some() {}
    }

    fn run_for(&mut self, micros: u64, budget: Budget) -> RunEnd {
        let until = self.now().saturating_add(micros);
        let last_event = self.event().saturating_add(budget.events);
        while self.advance_until(until).is_some() {
            if self.event() >= last_event {
                return self.ended(Ended::Budget);
            }
        }
        self.idle_to(until);
        self.ended(Ended::Reached)
    }

    /// Whether a claim holds at the playhead, on every side that it is about.
    ///
    /// # Errors
    /// An expression has no value in this state.
    pub fn holds(&self, claim: &Claim) -> Result<bool, EvalError> {
        for side in claim.sides.each() {
            let held = match &claim.it {
                Assertion::Now(expr) => self.eval(side, expr)?.is_true(),
                other => self.lab(side).holds(other)?,
            };
            if !held {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Lets time pass, as an action of scripts and the prompt. Not recorded.
    pub(super) fn wait(&mut self, action: &Action) -> Result<Acted, ActError> {
        let end = match action {
            Action::WaitUntil { expression } => {
                let mut names = self.left.vocabulary();
                names.pair = true;
                let expr =
                    Expr::compile(expression, &names).map_err(|error| ActError { message: error.message })?;
                let claim = Claim { sides: Sides::Both, it: Assertion::Now(expr) };
                self.run_until(Aim::All(&[claim]), Budget { time: 600_000_000, ..Budget::default() })
            }
            Action::Wait { length } => {
                self.run_until(Aim::For(length.0.0), Budget { time: u64::MAX, events: 4_000_000 })
            }
            _ => self.ended(Ended::Reached),
        };
        match end.why {
            Ended::Reached => {
                let branch = self.branch_id();
                Ok(Acted { event: self.event(), branch, forked: false, refused: None })
            }
            Ended::Unknown(error) => Err(error.into()),
            Ended::Budget | Ended::Nothing => Err(ActError::never()),
        }
    }
}
