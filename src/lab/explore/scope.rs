//! What is explored: a small cluster, what is done at the beginning, and how much may go wrong.

use super::quorum;
use crate::lab::named::named;
use crate::lab::scenario::Scenario;

named! {
    /// A small scope.
    #[derive(Default)]
    pub enum Profile {
        /// Two brokers, one partition on both, two records; a broker dies and comes back, or a message gets lost.
        #[default]
        Replication = "replication",
        /// The same with both: a broker dies and comes back, and a message gets lost.
        Both = "replication-both",
        /// Three brokers; one dies and comes back, or a message gets lost.
        Three = "replication-3",
        /// Three controllers, one of them leads; one election more, a voter dies and comes back, a record is appended.
        Kraft = "kraft",
        /// Three controllers, one of them leads; two elections more, a message gets lost, a voter dies and comes back, a record is appended.
        Loss = "kraft-loss",
        /// Three controllers, nobody has led: the first election and an oddity.
        Votes = "kraft-votes",
        /// As `kraft-loss`, before voters asked first (KIP-996), and with one election more.
        Blunt = "kraft-3.9",
        /// As `kraft-loss` with an oddity.
        Long = "kraft-long",
    }
}

/// What a profile explores.
pub(super) enum Scope {
    /// A cluster in a lab.
    Cluster(Cluster),
    /// A quorum of controllers alone.
    Quorum(quorum::Scope),
}

/// A cluster in a lab with a partition on all of its brokers and a producer.
pub(super) struct Cluster {
    /// Brokers.
    pub brokers: u32,
    /// How much may go wrong on one path.
    pub budget: Budget,
    /// How long a path is, µs: the session of a dead broker ends, another leads, and the client's retries are over.
    pub horizon: u64,
}

/// What may still go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Budget {
    /// Things in all.
    pub all: u32,
    /// Processes that die; each may come back.
    pub crashes: u32,
    /// Messages that get lost.
    pub losses: u32,
}

impl Profile {
    pub(super) const fn scope(self) -> Scope {
        match self {
            Self::Replication => cluster(2, 1),
            Self::Both => cluster(2, 2),
            Self::Three => cluster(3, 1),
            Self::Kraft => Scope::Quorum(LED),
            Self::Loss => Scope::Quorum(quorum::Scope { epochs: 3, losses: 1, ..LED }),
            Self::Votes => Scope::Quorum(quorum::Scope {
                led: false,
                epochs: 1,
                oddities: 1,
                appends: 0,
                crashes: 0,
                ..LED
            }),
            Self::Blunt => Scope::Quorum(quorum::Scope { pre_vote: false, losses: 1, ..LED }),
            Self::Long => Scope::Quorum(quorum::Scope { epochs: 3, losses: 1, oddities: 1, ..LED }),
        }
    }
}

const fn cluster(brokers: u32, all: u32) -> Scope {
    let budget = Budget { all, crashes: 1, losses: 1 };
    Scope::Cluster(Cluster { brokers, budget, horizon: 14_000_000 })
}

const LED: quorum::Scope = quorum::Scope {
    voters: 3,
    pre_vote: true,
    led: true,
    epochs: 2,
    oddities: 0,
    appends: 1,
    losses: 0,
    crashes: 1,
};

impl Cluster {
    /// The cluster, and what happens at t = 0.
    pub(super) fn scenario(&self) -> Scenario {
        let (brokers, all) = (self.brokers, (1..=self.brokers).collect::<Vec<u32>>());
        let text = format!(
            "format = 1\nscript = '''\n@0s produce p\nproduce p\n'''\n\
             [cluster]\nbrokers = {brokers}\n\
             [[cluster.topic]]\nname = \"t\"\nreplicas = [{all:?}]\n\
             [[cluster.producer]]\nid = \"p\"\ntopics = [\"t\"]\n\
             config = {{ \"linger.ms\" = 0, \"max.in.flight.requests.per.connection\" = 2, \"batch.size\" = 1, \
             \"request.timeout.ms\" = 1000 }}\n"
        );
        Scenario::parse(&text).unwrap_or_else(|_| unreachable!("the scopes of this file are right"))
    }
}
