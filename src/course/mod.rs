//! Lessons as data: the file format, the loader with its diagnostics, the player, progress.

mod catalog;
mod check;
mod diagnostic;
pub mod find;
mod format;
mod lesson;
mod load;
#[cfg(test)]
mod manual;
pub mod player;
pub mod progress;
mod prose;
mod read;
mod scenarios;
mod source;
mod visit;

pub use catalog::{Course, Entry, OpenError, Part};
pub use check::{Elements, Failure, Report, check, check_with};
pub use diagnostic::{Diagnostic, Source};
pub use lesson::{Act, Beat, Choice, Lesson, Pace, Placed, Predict, Recap, Run, SceneSpec, Step, Until};
pub use load::load;
pub use player::Kind;
pub use progress::Progress;
pub use prose::{Lines, Prose, Template};
pub use scenarios::ScenarioEntry;
pub use source::line_column;
