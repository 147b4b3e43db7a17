//! Lessons as data: the file format, the loader with its diagnostics, the player, progress.

mod catalog;
mod diagnostic;
mod format;
pub mod player;
pub mod progress;
mod read;
mod source;
mod visit;

pub use catalog::{Course, Entry, OpenError, Part};
pub use diagnostic::{Diagnostic, Source};
pub use player::Kind;
pub use progress::Progress;
pub use source::line_column;
