//! A cluster and everything done to it.

pub mod action;
pub mod cel;
pub mod ledger;
mod length;
mod name;
pub mod snapshot;
pub mod spec;
pub mod trace;
pub mod view;
mod vocabulary;

pub use action::{Action, ActionError, Pattern};
pub use cel::{Assertion, EvalError, Expr, ExprError, Value};
pub use ledger::Ledger;
pub use length::{Length, LengthError};
pub use spec::{Spec, SpecError};
pub use vocabulary::Vocabulary;
