//! A voter without a clock, for tools that try out every order of events: whatever waits for a time may come at any moment.
//!
//! Times inside are all alike after [`Raft::forget_time`], so that two voters which differ in nothing else are equal; and
//! [`Raft::time_is_up`] lets one of them come. A voter behaves as ever; only when is open.

use std::hash::{Hash, Hasher};

use super::{Clock, Raft, State};
use crate::engine::{Micros, NodeId};

/// The present of a voter without a clock: later than anything that it remembers, earlier than anything that it waits for.
pub const PRESENT: Micros = Micros::secs(3600);

/// What a voter may wait for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Waits {
    /// For its leader, for votes, for a majority to fetch: the time of its state is over.
    State,
    /// A leader: to announce itself again.
    Announce,
    /// To ask this voter again.
    Again(NodeId),
}

impl Raft {
    /// Makes all times alike.
    pub fn forget_time(&mut self) {
        match &mut self.state {
            State::Unattached { until }
            | State::Prospective { until, .. }
            | State::Follower { until, .. }
            | State::Resigned { until, .. } => *until = Micros::NEVER,
            State::Candidate { until, tries, .. } => (*until, *tries) = (Micros::NEVER, 0),
            State::Leader(leading) => {
                (leading.check_quorum, leading.announce) = (Micros::NEVER, Micros::NEVER);
                leading.heard.clear();
                for progress in leading.others.values_mut() {
                    progress.fetched = progress.fetched.map(|_| Micros::ZERO);
                }
            }
        }
        self.again.values_mut().for_each(|at| *at = Micros::NEVER);
    }

    /// What it waits for now.
    #[must_use]
    pub fn waits_for(&self) -> Vec<Waits> {
        let announce = matches!(self.state, State::Leader(_)).then_some(Waits::Announce);
        let again = self.again.keys().map(|node| Waits::Again(*node));
        std::iter::once(Waits::State).chain(announce).chain(again).collect()
    }

    /// That time has come; the clock shows [`PRESENT`].
    pub fn time_is_up(&mut self, waits: Waits, clock: &mut Clock<'_>) {
        match (waits, &mut self.state) {
            (Waits::State, State::Leader(leading)) => leading.check_quorum = Micros::ZERO,
            (Waits::Announce, State::Leader(leading)) => leading.announce = Micros::ZERO,
            (Waits::State, State::Unattached { until })
            | (Waits::State, State::Prospective { until, .. })
            | (Waits::State, State::Candidate { until, .. })
            | (Waits::State, State::Follower { until, .. })
            | (Waits::State, State::Resigned { until, .. }) => *until = Micros::ZERO,
            (Waits::Again(node), _) => {
                self.again.insert(node, Micros::ZERO);
            }
            (Waits::Announce, _) => {}
        }
        self.poll(clock);
    }
}

/// What a voter is, without its times.
impl Hash for Raft {
    fn hash<H: Hasher>(&self, to: &mut H) {
        (self.me, self.election, self.high_watermark, self.fetching).hash(to);
        self.log.batches().hash(to);
        self.log.start().hash(to);
        self.again.keys().for_each(|node| node.hash(to));
        self.state.hash(to);
    }
}
