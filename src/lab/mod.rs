//! A cluster and everything done to it.
