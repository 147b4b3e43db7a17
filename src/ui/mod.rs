//! Application state and its drawing.

pub mod theme;
