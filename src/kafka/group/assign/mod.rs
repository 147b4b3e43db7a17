//! Assignors: how a group's leader, a client, shares partitions among the members. Pure functions.
//!
//! Members are visited with `group.instance.id` first, ordered by it, then the others by member id, both as
//! plain text (`c10` before `c2`).
//!
//! Not modelled yet: sticky and cooperative-sticky. The Java clients list cooperative-sticky after range,
//! so it takes part in the vote, but range wins wherever everybody lists it first.

mod range;
mod roundrobin;

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::kafka::{MemberId, Names, Partition, Subscription, TopicId};

/// Assignors that a leader can run.
pub const SUPPORTED: &[&str] = &["range", "roundrobin"];

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
    let mut assignment = match assignor {
        "range" => range::assign(&members, topics),
        "roundrobin" => roundrobin::assign(&members, topics),
        _ => return None,
    };
    for member in &members {
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
