//! The only impure layer: the terminal, its keys, signals, the clock, files.

pub mod input;
pub mod probe;
pub mod screen;
pub mod terminal;
