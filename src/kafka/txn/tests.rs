//! The coordinator against a broker that only takes notes.
