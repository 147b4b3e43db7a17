//! The only impure layer.
