//! The only impure layer: the terminal, its keys, signals, the clock, files.

pub mod input;
pub mod log;
pub mod probe;
pub mod screen;
pub mod signals;
pub mod store;
pub mod terminal;
pub mod today;
