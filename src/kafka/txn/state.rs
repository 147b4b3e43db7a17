//! The states of a transactional id and which may follow which (`TransactionState.scala`, KIP-890).

use crate::kafka::TransactionState;

/// Which rules a client and its cluster follow (`transaction.version`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Version {
    /// Kafka 3.x, and clients that do not know better: partitions are registered by the client, the epoch stays.
    One,
    /// KIP-890, Kafka 4.x: brokers register partitions, and every end of a transaction raises the epoch.
    #[default]
    Two,
}

impl Version {
    /// The number in `transaction.version`.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// The version that a feature level means; 0 is Kafka's name for the first without flexible fields.
    #[must_use]
    pub const fn of_level(level: i64) -> Self {
        if level >= 2 { Self::Two } else { Self::One }
    }
}

impl TransactionState {
    /// Whether the state `to` may come after this one.
    #[must_use]
    pub const fn may_become(self, to: Self, version: Version) -> bool {
        use TransactionState::{CompleteAbort, CompleteCommit, Empty, Ongoing, PrepareEpochFence};
        let idle = matches!(self, Empty | CompleteCommit | CompleteAbort);
        match to {
            Self::Empty | Self::Dead => idle,
            Self::Ongoing => idle || matches!(self, Ongoing),
            Self::PrepareCommit | Self::PrepareEpochFence => matches!(self, Ongoing),
            Self::PrepareAbort => {
                matches!(self, Ongoing | PrepareEpochFence) || (idle && matches!(version, Version::Two))
            }
            Self::CompleteCommit => matches!(self, Self::PrepareCommit),
            Self::CompleteAbort => matches!(self, Self::PrepareAbort),
        }
    }

    /// Nothing is open and nothing has to be finished.
    #[must_use]
    pub const fn is_idle(self) -> bool {
        matches!(self, Self::Empty | Self::CompleteCommit | Self::CompleteAbort)
    }

    /// The outcome is decided; markers are on their way.
    #[must_use]
    pub const fn is_prepared(self) -> bool {
        matches!(self, Self::PrepareCommit | Self::PrepareAbort)
    }
}
