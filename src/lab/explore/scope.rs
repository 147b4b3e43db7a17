//! What is explored: a small cluster, what is done at the beginning, and how much may go wrong.

use crate::lab::named::named;
use crate::lab::scenario::Scenario;
use crate::lab::spec::Spec;

named! {
    /// A small scope.
    #[derive(Default)]
    pub enum Profile {
        /// Two brokers, one partition on both, two records; a broker dies and comes back, a message gets lost.
        #[default]
        Replication = "replication",
        /// The same with three brokers.
        Three = "replication-3",
    }
}

impl Profile {
    /// The cluster, and what happens at t = 0.
    pub(super) fn scenario(self) -> Scenario {
        let text = match self {
            Self::Replication => two_or_three(2, "[[1, 2]]"),
            Self::Three => two_or_three(3, "[[1, 2, 3]]"),
        };
        Scenario::parse(&text).unwrap_or_else(|_| unreachable!("the scopes of this file are right"))
    }

    /// How much may go wrong on one path.
    pub(super) const fn budget(self) -> Budget {
        match self {
            Self::Replication | Self::Three => Budget { crashes: 1, losses: 1 },
        }
    }

    /// How long a path is, µs: the session of a dead broker ends, another leads, and the client's retries are over.
    pub(super) const fn horizon(self) -> u64 {
        match self {
            Self::Replication | Self::Three => 14_000_000,
        }
    }
}

/// What may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Budget {
    /// Processes that die; each may come back.
    pub crashes: u32,
    /// Messages that get lost.
    pub losses: u32,
}

fn two_or_three(brokers: u32, replicas: &str) -> String {
    format!(
        "format = 1\nscript = '''\n@0s produce p\nproduce p\n'''\n\
         [cluster]\nbrokers = {brokers}\n\
         [[cluster.topic]]\nname = \"t\"\nreplicas = {replicas}\n\
         [[cluster.producer]]\nid = \"p\"\ntopics = [\"t\"]\n\
         config = {{ \"linger.ms\" = 0, \"max.in.flight.requests.per.connection\" = 2, \"batch.size\" = 1, \
         \"request.timeout.ms\" = 1000 }}\n"
    )
}

/// The spec of a profile.
#[must_use]
pub fn spec(profile: Profile) -> Spec {
    profile.scenario().spec
}
