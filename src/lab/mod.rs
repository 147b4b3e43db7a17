//! A cluster and everything done to it.

pub mod view;
