//! A cluster and everything done to it.
//!
//! ```text
//!  Spec ──boot──▶ t = 0 ──step──▶ ● ──step──▶ ●  branch 1
//!                          act() at an earlier ● makes branch 2
//! ```
//!
//! A [`Lab`] is a world with its history: the inputs since t = 0 and saved states on the way. Going back is the nearest saved state
//! and a replay; a branch is another list of inputs with a shared beginning. Everyone above the lab knows the world through it alone:
//! actions in, [`view::TankView`], expressions and traces out.

pub mod action;
mod apply;
mod boot;
pub mod cel;
mod difference;
mod error;
pub mod explore;
pub mod failover;
mod fate;
pub mod fuzz;
mod history;
pub mod laws;
pub mod ledger;
mod length;
mod look;
mod name;
pub(crate) mod named;
pub mod ownership;
mod play;
pub mod race;
mod run;
pub mod scenario;
pub mod snapshot;
pub mod spec;
mod state;
mod story;
pub mod trace;
pub mod twin;
pub mod view;
mod vocabulary;
mod why;

#[cfg(test)]
mod mutants;

pub use crate::engine::Micros;
pub use crate::kafka::laws::{LAWS, Law, Violation};
pub use action::{Action, ActionError, Completion, Pattern, complete};
pub use cel::{Assertion, EvalError, Expr, ExprError, Value};
pub use difference::Difference;
pub use error::{ActError, LabError};
pub use history::{BranchId, BranchInfo, Input, Mark};
pub use ledger::Ledger;
pub use length::{Length, LengthError};
pub use play::{Acted, Lab, Stop, Unit, Why};
pub use run::{Budget, Ended, Goal, RunEnd};
pub use scenario::{Scenario, ScenarioError};
pub use spec::{Spec, SpecError};
pub use state::State;
pub use story::Told;
pub use trace::Line;
pub use twin::{Aim, Claim, Side, Sides, Twin};
pub use vocabulary::Vocabulary;
pub use why::{Cause, Subject, Verdict, Why as Reason};
