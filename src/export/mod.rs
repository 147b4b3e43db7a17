//! A drawn buffer as plain text, ANSI or SVG.
//!
//! The same buffer that the terminal would show; nothing is drawn twice. Each writer walks the rows as [`Run`]s of
//! one style.

mod ansi;
mod boxes;
mod runs;
mod svg;
mod text;

pub use ansi::to_ansi;
pub use runs::{Run, runs};
pub use svg::{SvgOptions, to_svg};
pub use text::{TrailingSpaces, to_text};
