//! What a diagram shows, in logical units.
