//! Application state and its drawing.

pub mod app;
mod facts;
pub mod theme;
pub mod view;
