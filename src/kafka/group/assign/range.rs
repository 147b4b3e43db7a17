//! `range`: every topic on its own, cut into contiguous pieces; the first members get the larger ones.

use std::collections::BTreeMap;

use super::{Assignment, Candidate, TopicSize, wanted};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Partition, TopicId};

pub(super) fn assign(members: &[Candidate], topics: &BTreeMap<TopicId, TopicSize>) -> Assignment {
    let mut assignment = Assignment::new();
    for (topic, size) in wanted(members, topics) {
        let readers: Vec<&Candidate> =
            members.iter().filter(|m| m.subscription.topics.contains(&topic)).collect();
        let count = u32::try_from(readers.len()).unwrap_or(u32::MAX).max(1);
        let (each, larger) = (size.partitions / count, size.partitions % count);
        if mutant::on(Mutant::AssignsToAll) {
            let all = || (0..size.partitions).map(|index| Partition { topic, index });
            readers.iter().for_each(|reader| assignment.entry(reader.member).or_default().extend(all()));
            continue;
        }
        let mut partitions = (0..size.partitions).map(|index| Partition { topic, index });
        for (reader, ix) in readers.into_iter().zip(0..) {
            let share = each + u32::from(ix < larger);
            assignment.entry(reader.member).or_default().extend(partitions.by_ref().take(share as usize));
        }
    }
    assignment
}
