//! `roundrobin`: all partitions of all topics in one row, dealt out in turn to those who want them.

use std::collections::BTreeMap;

use super::{Assignment, Candidate, TopicSize, wanted};
use crate::kafka::{Partition, TopicId};

pub(super) fn assign(members: &[Candidate], topics: &BTreeMap<TopicId, TopicSize>) -> Assignment {
    let mut assignment = Assignment::new();
    let mut turn = 0;
    for (topic, size) in wanted(members, topics) {
        for index in 0..size.partitions {
            // somebody wants the topic, so this ends within one round
            while !members[turn % members.len()].subscription.topics.contains(&topic) {
                turn += 1;
            }
            let member = members[turn % members.len()].member;
            assignment.entry(member).or_default().push(Partition { topic, index });
            turn += 1;
        }
    }
    assignment
}
