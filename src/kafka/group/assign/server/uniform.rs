//! `uniform`, if everybody wants the same topics: quotas that differ by one at most
//! (`UniformHomogeneousAssignmentBuilder`).

use std::collections::BTreeSet;

use super::all;
use crate::kafka::group::assign::{Assignment, Candidate};
use crate::kafka::{Partition, TopicId};

pub(super) fn assign(members: &[Candidate], topics: &[(TopicId, u32)]) -> Assignment {
    let existing: BTreeSet<Partition> = all(topics).collect();
    let held: BTreeSet<Partition> = members
        .iter()
        .flat_map(|m| &m.subscription.owned)
        .filter(|p| existing.contains(p))
        .copied()
        .collect();
    let mut unassigned: Vec<Partition> = all(topics).filter(|p| !held.contains(p)).collect();
    let (each, larger) = (existing.len() / members.len(), existing.len() % members.len());
    let mut assignment = Assignment::new();
    let mut unfilled = Vec::new();
    for (member, n) in members.iter().zip(0..) {
        let quota = each + usize::from(n < larger);
        let mut had: Vec<Partition> =
            member.subscription.owned.iter().filter(|p| existing.contains(p)).copied().collect();
        unassigned.extend(had.drain(quota.min(had.len())..));
        unfilled.push((member.member, quota - had.len()));
        assignment.insert(member.member, had);
    }
    let mut rest = unassigned.into_iter();
    for (member, missing) in unfilled {
        assignment.entry(member).or_default().extend(rest.by_ref().take(missing));
    }
    assignment
}
