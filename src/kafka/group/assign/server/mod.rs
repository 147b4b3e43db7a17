//! Server-side assignors of the consumer protocol (KIP-848), run by the group coordinator: `uniform` (the
//! default) and `range`. Pure functions.
//!
//! Kafka visits members and topics in hash order; here the order of the arguments stands for it, so a
//! coordinator passes both in a fixed order. Topics go by id, not by name.
//!
//! Not modelled: racks (which Kafka's server-side assignors do not look at either).

mod balancer;
mod simple;
mod uneven;
mod uniform;

use std::collections::BTreeSet;

pub use simple::simple_assign;

use super::{Assignment, Candidate, range};
use crate::kafka::{Partition, TopicId};

/// Names that `group.consumer.assignors` and `group.remote.assignor` may hold, the default first.
pub const SERVER_ASSIGNORS: &[&str] = &["uniform", "range"];

/// Why a server-side assignor gave up (`PartitionAssignorException`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AssignorError {
    /// It is not one of [`SERVER_ASSIGNORS`].
    Unsupported,
    /// Somebody subscribes to this topic, which does not exist.
    UnknownTopic(TopicId),
}

/// The target assignment of a group. Of a member's subscription its topics count, and `owned`: its current
/// target, in the order in which it is stored. `topics` are those that exist, with their partition counts.
///
/// # Errors
/// The assignor or a topic is unknown.
pub fn server_assign(
    assignor: &str,
    members: &[Candidate],
    topics: &[(TopicId, u32)],
) -> Result<Assignment, AssignorError> {
    let wanted = || members.iter().flat_map(|m| &m.subscription.topics);
    if !SERVER_ASSIGNORS.contains(&assignor) {
        return Err(AssignorError::Unsupported);
    }
    if let Some(unknown) = wanted().find(|topic| topics.iter().all(|(known, _)| known != *topic)) {
        return Err(AssignorError::UnknownTopic(*unknown));
    }
    let wanted: BTreeSet<TopicId> = wanted().copied().collect();
    let topics: Vec<(TopicId, u32)> = topics.iter().filter(|(id, _)| wanted.contains(id)).copied().collect();
    let wishes: BTreeSet<BTreeSet<TopicId>> =
        members.iter().map(|m| m.subscription.topics.iter().copied().collect()).collect();
    let mut assignment = match assignor {
        "range" => in_ranges(members, &topics),
        _ if wishes.len() == 1 => uniform::assign(members, &topics),
        _ => uneven::assign(members, &topics),
    };
    for member in members {
        assignment.entry(member.member).or_default();
    }
    Ok(assignment)
}

/// As the client-side `range`; every topic stands on its own, so their order does not matter.
fn in_ranges(members: &[Candidate], topics: &[(TopicId, u32)]) -> Assignment {
    let mut sorted = members.to_vec();
    sorted.sort_by(|a, b| super::order(a).cmp(&super::order(b)));
    let mut assignment = Assignment::new();
    for &(topic, partitions) in topics {
        range::cut(&sorted, topic, partitions, &mut assignment);
    }
    assignment
}

/// All partitions of these topics, in order.
fn all(topics: &[(TopicId, u32)]) -> impl Iterator<Item = Partition> + '_ {
    topics.iter().flat_map(|&(topic, size)| (0..size).map(move |index| Partition { topic, index }))
}
