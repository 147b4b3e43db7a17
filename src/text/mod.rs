//! Everything that measures, cuts or inflects text.
//!
//! Text is measured in *cells*: the columns of a terminal, where a Hangul syllable takes two. No other room counts
//! bytes or characters to lay something out; it asks here. Korean and English are equal: every message a learner
//! sees is a [`Text`] or a key of [`strings`], and a value inside a Korean sentence gets the particle it needs
//! ([`particle`]).

pub mod lang;
pub mod particle;
mod reading;
mod rich;
pub mod sanitize;
pub mod strings;
pub mod template;
mod unbroken;
pub mod width;
pub mod wrap;

pub use lang::{Lang, Text};
pub use particle::with_particle;
pub use rich::{Line, Mark, Rich, Span};
pub use strings::{t, tf};
pub use width::{pad_left, pad_right, truncate, width};
pub use wrap::{wrap, wrap_plain};
