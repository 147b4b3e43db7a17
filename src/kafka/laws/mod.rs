//! Laws: what must be true after every event, as code.
//!
//! A [`Witness`] looks on from outside. It keeps what no process knows (the true committed prefix of each partition, every leadership
//! ever held, every outcome ever told) and is part of each checkpoint, so that checks go on rightly after a step back or on a branch.
//!
//! Numbers are those of the project's reference: `data.13`, `control.4`. The words of a law stand with the other strings. Each law
//! names the defect that proves it: a [`Mutant`] of the model that makes it fire.

mod blocks;
mod classic;
mod compaction;
mod control;
mod groups;
mod identities;
mod liveness;
mod log;
mod look;
mod offsets;
mod producers;
mod quorum;
mod readers;
mod replicas;
mod shares;
mod table;
mod topics;
mod transactions;
mod witness;

pub use table::LAWS;
pub use witness::Witness;

use super::mutant::Mutant;
use crate::engine::EventId;

/// When a law is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// After every event, for what it touched.
    Local,
    /// At checkpoints and at the end, for everything.
    Global,
    /// Once the faults are over and everything has come to rest.
    Rest,
}

impl Scope {
    /// `local`, `global` or `rest`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Global => "global",
            Self::Rest => "rest",
        }
    }
}

/// What allows an exception from a law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exception {
    /// Nothing.
    Never,
    /// An unclean election of the partition, or a machine that lost its log.
    Unclean,
    /// A producer without idempotence, or whose state the brokers have forgotten.
    NotIdempotent,
    /// Either of the two above.
    UncleanOrNotIdempotent,
    /// Neither verification nor transaction version 2, or an unclean election.
    Unverified,
    /// Transaction version 1, or an unclean election.
    VersionOne,
    /// A fault that is still there, or a broker that is down.
    Faults,
}

impl Exception {
    /// The key of its words.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Unclean => "unclean",
            Self::NotIdempotent => "not-idempotent",
            Self::UncleanOrNotIdempotent => "unclean-or-not-idempotent",
            Self::Unverified => "unverified",
            Self::VersionOne => "version-one",
            Self::Faults => "faults",
        }
    }
}

/// One law.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Law {
    /// `data.13`.
    pub id: &'static str,
    /// Where the rule comes from: a class of Kafka or a KIP.
    pub source: &'static str,
    /// When it is looked at.
    pub scope: Scope,
    /// What allows an exception.
    pub exception: Exception,
    /// The defect that proves it.
    pub mutant: Mutant,
}

/// A law that did not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub law: &'static Law,
    /// About what: `b1/orders-0`, `pay`.
    pub subject: String,
    /// What was seen.
    pub seen: String,
    /// In which turn of the world.
    pub event: EventId,
}

impl std::fmt::Display for Violation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "law {} broken by {}: {}", self.law.id, self.subject, self.seen)
    }
}

/// The law of that number.
#[must_use]
pub fn find(id: &str) -> Option<&'static Law> {
    LAWS.iter().find(|law| law.id == id)
}
