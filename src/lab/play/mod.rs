//! A lab: one world with its history. The only door to the world for everyone above.

mod branches;
mod steps;

pub(in crate::lab) use steps::turn;

use std::sync::Arc;

use crate::engine::Micros;
use crate::kafka::ErrorCode;
use crate::kafka::laws::Violation;
use crate::lab::action::Action;
use crate::lab::boot::boot;
use crate::lab::cel::{EvalError, Expr, Facts, Value};
use crate::lab::error::{ActError, LabError};
use crate::lab::history::{Branch, BranchId, Input, Segment};
use crate::lab::spec::Spec;
use crate::lab::state::State;
use crate::lab::vocabulary::Vocabulary;

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
    pub(in crate::lab) state: State,
    segment: Option<Segment>,
}

impl std::fmt::Debug for Lab {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Lab").field("seed", &self.seed).field("event", &self.event()).finish_non_exhaustive()
    }
}

impl Lab {
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

    pub(in crate::lab) const fn start(&self) -> Micros {
        self.start
    }

    pub(in crate::lab) const fn first(&self) -> u64 {
        self.first
    }

    pub(in crate::lab) const fn facts(&self) -> Facts<'_> {
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
}
