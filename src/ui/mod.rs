//! Application state and its drawing.

pub mod app;
pub mod theme;
pub mod view;
