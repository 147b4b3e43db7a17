//! A cluster and everything done to it.

pub mod action;
mod length;
mod name;
pub mod spec;
pub mod view;
mod vocabulary;

pub use action::{Action, ActionError, Pattern};
pub use length::{Length, LengthError};
pub use spec::{Spec, SpecError};
pub use vocabulary::Vocabulary;
