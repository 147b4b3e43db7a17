//! `range`: every topic on its own, cut into contiguous pieces; the first members get the larger ones.

use std::collections::BTreeMap;

use super::{Assignment, Candidate, TopicSize, wanted};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Partition, TopicId};

pub(super) fn assign(members: &[Candidate], topics: &BTreeMap<TopicId, TopicSize>) -> Assignment {
    let mut assignment = Assignment::new();
    for (topic, size) in wanted(members, topics) {
        cut(members, topic, size.partitions, &mut assignment);
    }
    assignment
}

/// Cuts one topic among those who want it, in their order.
pub(super) fn cut(members: &[Candidate], topic: TopicId, partitions: u32, assignment: &mut Assignment) {
    let readers: Vec<&Candidate> =
        members.iter().filter(|m| m.subscription.topics.contains(&topic)).collect();
    let count = u32::try_from(readers.len()).unwrap_or(u32::MAX).max(1);
    let (each, larger) = (partitions / count, partitions % count);
    let mut row = (0..partitions).map(|index| Partition { topic, index });
    for (reader, ix) in readers.into_iter().zip(0..) {
        let share = if mutant::on(Mutant::AssignsToAll) {
            (0..partitions).map(|index| Partition { topic, index }).collect()
        } else {
            row.by_ref().take((each + u32::from(ix < larger)) as usize).collect::<Vec<Partition>>()
        };
        assignment.entry(reader.member).or_default().extend(share);
    }
}
