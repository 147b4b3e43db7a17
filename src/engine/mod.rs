//! Deterministic discrete-event engine.
