//! `uniform`, if members want different topics: keep, fill, then even out topic by topic, up to 16 times
//! (`UniformHeterogeneousAssignmentBuilder`).

use std::collections::BTreeMap;

use super::all;
use super::balancer::{Balancer, Who};
use crate::kafka::group::assign::{Assignment, Candidate};
use crate::kafka::{Partition, TopicId};

/// How often all topics are gone through.
const PASSES: usize = 16;

struct Builder {
    /// Number of partitions and readers of each topic, hardest first.
    topics: Vec<(TopicId, u32, Vec<Who>)>,
    owners: BTreeMap<Partition, Who>,
    /// Number of partitions of each member.
    sizes: Vec<usize>,
}

pub(super) fn assign(members: &[Candidate], topics: &[(TopicId, u32)]) -> Assignment {
    let readers = |topic: TopicId| {
        members
            .iter()
            .zip(0..)
            .filter(move |(m, _)| m.subscription.topics.contains(&topic))
            .map(|(_, who)| who)
    };
    let mut builder = Builder {
        topics: topics.iter().map(|&(id, size)| (id, size, readers(id).collect())).collect(),
        owners: BTreeMap::new(),
        sizes: vec![0; members.len()],
    };
    builder.topics.sort_by(|(a, a_size, a_readers), (b, b_size, b_readers)| {
        let (a_count, b_count) = (a_readers.len() as u64, b_readers.len() as u64);
        // more partitions per reader first, compared without division
        let weight = (u64::from(*b_size) * a_count).cmp(&(u64::from(*a_size) * b_count));
        weight.then(a_count.cmp(&b_count)).then(a.cmp(b))
    });
    builder.keep(members);
    builder.fill();
    builder.even_out();
    let mut assignment = Assignment::new();
    for partition in all(topics) {
        if let Some(who) = builder.owners.get(&partition) {
            assignment.entry(members[*who].member).or_default().push(partition);
        }
    }
    assignment
}

impl Builder {
    fn keep(&mut self, members: &[Candidate]) {
        for (topic, size, readers) in &self.topics {
            for &who in readers {
                let owned = &members[who].subscription.owned;
                for partition in owned.iter().filter(|p| p.topic == *topic && p.index < *size) {
                    self.owners.insert(*partition, who);
                }
            }
        }
        for who in self.owners.values() {
            self.sizes[*who] += 1;
        }
    }

    fn fill(&mut self) {
        for (topic, size, readers) in &self.topics {
            let Some(mut balancer) = Balancer::new(readers, &self.sizes) else { continue };
            for index in 0..*size {
                let partition = Partition { topic: *topic, index };
                if !self.owners.contains_key(&partition) {
                    let who = balancer.least_loaded(&self.sizes);
                    self.owners.insert(partition, who);
                    self.sizes[who] += 1;
                }
            }
        }
    }

    fn even_out(&mut self) {
        let shared: Vec<usize> = (0..self.topics.len()).filter(|n| self.topics[*n].2.len() >= 2).collect();
        let mut last = None;
        for _ in 0..PASSES {
            for &n in &shared {
                if last == Some(n) {
                    return; // a whole round without a move
                }
                if self.even_out_topic(n) || last.is_none() {
                    last = Some(n);
                }
            }
        }
    }

    /// Moves partitions of one topic from its most to its least loaded readers. True: something moved.
    fn even_out_topic(&mut self, n: usize) -> bool {
        let (topic, size, readers) = &self.topics[n];
        let Some(mut balancer) = Balancer::new(readers, &self.sizes) else { return false };
        if balancer.is_even() {
            return false;
        }
        let mut offers: BTreeMap<Who, Vec<Partition>> = BTreeMap::new();
        for partition in (0..*size).map(|index| Partition { topic: *topic, index }) {
            if let Some(owner) = self.owners.get(&partition) {
                offers.entry(*owner).or_default().push(partition);
            }
        }
        let mut moved = false;
        while let Some(from) = balancer.most_loaded(&self.sizes) {
            let Some(partition) = offers.get_mut(&from).and_then(Vec::pop) else {
                balancer.exclude_most_loaded();
                continue;
            };
            let to = balancer.least_loaded(&self.sizes);
            if balancer.is_level() {
                break;
            }
            self.sizes[from] -= 1;
            self.sizes[to] += 1;
            self.owners.insert(partition, to);
            moved = true;
        }
        moved
    }
}
