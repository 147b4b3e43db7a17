//! Application state and its drawing.
