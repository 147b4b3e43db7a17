//! The assignor of share groups (`SimpleAssignor`, KIP-932): a partition may go to several members. Everybody gets something to read from,
//! and every partition has somebody; who has a partition keeps it while that is fair.

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::group::assign::{Assignment, Candidate};
use crate::kafka::{MemberId, Partition, TopicId};

/// Who reads from where. Of a member's subscription its topics count, and `owned`: what it should have so far. Members with the same
/// topics share out all of them together; if not all have the same, each topic is shared out by itself.
pub fn simple_assign(members: &[Candidate], topics: &[(TopicId, u32)]) -> Assignment {
    let mut shares: BTreeMap<MemberId, BTreeSet<Partition>> =
        members.iter().map(|m| (m.member, BTreeSet::new())).collect();
    let wishes: BTreeSet<BTreeSet<TopicId>> =
        members.iter().map(|m| m.subscription.topics.iter().copied().collect()).collect();
    let rounds: Vec<&[(TopicId, u32)]> =
        if wishes.len() == 1 { vec![topics] } else { topics.chunks(1).collect() };
    for round in rounds {
        let wants = |m: &&Candidate| round.iter().any(|(topic, _)| m.subscription.topics.contains(topic));
        let readers: Vec<&Candidate> = members.iter().filter(wants).collect();
        let partitions: Vec<Partition> = super::all(round).collect();
        share_out(&readers, &partitions, &mut shares);
    }
    shares.into_iter().map(|(member, partitions)| (member, partitions.into_iter().collect())).collect()
}

/// Every partition gets as many members as the most crowded must have, which leaves every member with as many partitions as the others,
/// or one more.
fn share_out(
    readers: &[&Candidate],
    partitions: &[Partition],
    shares: &mut BTreeMap<MemberId, BTreeSet<Partition>>,
) {
    if readers.is_empty() || partitions.is_empty() {
        return;
    }
    let sharing = readers.len().div_ceil(partitions.len());
    let places = partitions.len() * sharing;
    let mut crowd: BTreeMap<Partition, usize> = partitions.iter().map(|p| (*p, 0)).collect();
    let mut wanting: Vec<(&Candidate, usize)> = Vec::new();
    for (ix, reader) in readers.iter().enumerate() {
        let fair = places / readers.len() + usize::from(ix < places % readers.len());
        let Some(share) = shares.get_mut(&reader.member) else { continue };
        let mut kept = 0;
        for p in &reader.subscription.owned {
            if let Some(there) = crowd.get_mut(p).filter(|there| **there < sharing && kept < fair) {
                *there += 1;
                kept += 1;
                share.insert(*p);
            }
        }
        wanting.push((reader, fair - kept));
    }
    for (reader, mut missing) in wanting {
        let Some(share) = shares.get_mut(&reader.member) else { continue };
        while missing > 0 {
            // the emptiest partition that it does not have yet
            let free = crowd.iter_mut().filter(|(p, there)| **there < sharing && !share.contains(*p));
            let Some((p, there)) = free.min_by_key(|(p, there)| (**there, **p)) else { break };
            *there += 1;
            missing -= 1;
            share.insert(*p);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NodeId;
    use crate::kafka::{Generation, Subscription};

    fn member(n: u32, owned: &[u32]) -> Candidate {
        Candidate {
            member: MemberId { client: NodeId(n), serial: 0 },
            name: String::new(),
            instance: None,
            subscription: Subscription {
                topics: vec![TopicId(0)],
                owned: owned.iter().map(|index| Partition { topic: TopicId(0), index: *index }).collect(),
                generation: Generation(0),
                user_data: None,
            },
        }
    }

    fn shares(members: &[Candidate], partitions: u32) -> Vec<Vec<u32>> {
        let made = simple_assign(members, &[(TopicId(0), partitions)]);
        made.values().map(|share| share.iter().map(|p| p.index).collect()).collect()
    }

    #[test]
    fn a_partition_may_have_several_members_and_every_partition_has_one() {
        assert_eq!(shares(&[member(1, &[]), member(2, &[])], 1), [[0], [0]]);
        assert_eq!(shares(&[member(1, &[]), member(2, &[])], 3), [vec![0, 1], vec![2]]);
        assert_eq!(
            shares(&[member(1, &[]), member(2, &[]), member(3, &[])], 2),
            [vec![0, 1], vec![0], vec![1]]
        );
    }

    #[test]
    fn who_has_a_partition_keeps_it_while_that_is_fair() {
        assert_eq!(shares(&[member(1, &[0, 1, 2, 3]), member(2, &[])], 4), [vec![0, 1], vec![2, 3]]);
        assert_eq!(shares(&[member(1, &[1, 3]), member(2, &[0, 2])], 4), [vec![1, 3], vec![0, 2]]);
    }
}
