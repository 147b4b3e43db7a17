//! Assignors: how a group's leader, a client, shares partitions among the members. Pure functions.
//!
//! Members are visited with `group.instance.id` first, ordered by it, then the others by member id, both as
//! plain text (`c10` before `c2`).
//!
//! Those of the coordinator itself (KIP-848) are in [`server_assign`].

mod range;
mod roundrobin;
mod server;
mod sticky;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::{MemberId, Names, Partition, Subscription, TopicId};

pub use server::{AssignorError, SERVER_ASSIGNORS, server_assign, simple_assign};

/// Assignors that a leader can run.
pub const SUPPORTED: &[&str] = &["range", "roundrobin", "sticky", "cooperative-sticky"];

/// A member as an assignor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Who it is.
    pub member: MemberId,
    /// Its member id as text, which decides the order.
    pub name: String,
    /// `group.instance.id`, if static.
    pub instance: Option<Arc<str>>,
    /// What it wants, and what it had.
    pub subscription: Subscription,
}

/// A topic as an assignor sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicSize {
    /// Its name, which decides the order.
    pub name: String,
    /// How many partitions it has.
    pub partitions: u32,
}

/// Who gets what; every member has an entry.
pub type Assignment = BTreeMap<MemberId, Vec<Partition>>;

/// A member id as text: `c1-2`.
#[must_use]
pub fn member_name(names: &Names, member: MemberId) -> String {
    format!("{}-{}", names.node(member.client), member.serial)
}

/// Shares out the partitions of `topics` (those that exist) with the assignor of that name. None: it is not
/// one of [`SUPPORTED`].
#[must_use]
pub fn assign(
    assignor: &str,
    mut members: Vec<Candidate>,
    topics: &BTreeMap<TopicId, TopicSize>,
) -> Option<Assignment> {
    members.sort_by(|a, b| order(a).cmp(&order(b)));
    assign_in_order(assignor, &members, topics)
}

/// As [`assign`], with members visited in the order given, which stands for Kafka's hash order where an
/// assignor has none of its own.
#[must_use]
pub fn assign_in_order(
    assignor: &str,
    members: &[Candidate],
    topics: &BTreeMap<TopicId, TopicSize>,
) -> Option<Assignment> {
    let mut assignment = match assignor {
        "range" => range::assign(members, topics),
        "roundrobin" => roundrobin::assign(members, topics),
        "sticky" => sticky::assign(members, topics, false),
        "cooperative-sticky" => sticky::assign(members, topics, true),
        _ => return None,
    };
    for member in members {
        assignment.entry(member.member).or_default();
    }
    Some(assignment)
}

fn order(candidate: &Candidate) -> (bool, &str, &str) {
    let instance = candidate.instance.as_deref();
    (instance.is_none(), instance.unwrap_or(""), &candidate.name)
}

/// Topics that somebody wants and that exist, by name.
fn wanted<'a>(
    members: &[Candidate],
    topics: &'a BTreeMap<TopicId, TopicSize>,
) -> Vec<(TopicId, &'a TopicSize)> {
    let mut wanted: Vec<(TopicId, &TopicSize)> = topics
        .iter()
        .filter(|(id, _)| members.iter().any(|m| m.subscription.topics.contains(id)))
        .map(|(id, topic)| (*id, topic))
        .collect();
    wanted.sort_by(|a, b| a.1.name.cmp(&b.1.name));
    wanted
}
