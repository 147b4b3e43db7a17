//! `sticky` and `cooperative-sticky`: as even as can be, and within that as much as can be stays where it was
//! (`AbstractStickyAssignor`).
//!
//! One algorithm. `sticky` reads what members had from its own user data, since an eager member has given up
//! everything by the time it joins; `cooperative-sticky` reads the owned partitions of the subscription. What
//! changes hands is then withheld by `cooperative-sticky`: its old owner gives it up in this round, and the
//! next round hands it out.
//!
//! Topics and members are numbered by name here, so that the order of numbers is the order of names. Kafka
//! visits members in hash order; the order of `visits` stands for it.
//!
//! Not modelled: racks; the highest generation of earlier rounds that `AbstractStickyAssignor` keeps.

mod constrained;
mod general;

use std::collections::{BTreeMap, BTreeSet};

use super::{Assignment, Candidate, TopicSize, wanted};
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{Generation, Partition, TopicId};

/// A partition: the number of its topic by name, and its number within the topic.
type Cell = (usize, u32);
/// A member, by its place among the members sorted by name.
type Who = usize;
/// What each member gets.
type Shares = Vec<Vec<Cell>>;
/// Partitions whose new owner has to wait for the old one.
type Moving = BTreeMap<Cell, Who>;

/// What a member says it had, and in which generation.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Claim {
    cells: Vec<Cell>,
    generation: Generation,
}

/// What is to be shared out.
struct Problem {
    /// Number of partitions of each topic that somebody wants.
    sizes: Vec<u32>,
    /// The topics that each member wants, of those that exist.
    wants: Vec<BTreeSet<usize>>,
    /// What each member says it had.
    claims: Vec<Claim>,
    /// Members in the order in which they are visited.
    visits: Vec<Who>,
    /// What each member has a right to keep: the higher generation wins, a claim of equals is void.
    owned: Shares,
    /// Partitions that two members of one generation claim.
    contested: BTreeSet<Cell>,
    /// Everybody wants the same topics.
    uniform: bool,
}

impl Problem {
    fn all(&self) -> impl Iterator<Item = Cell> + '_ {
        self.sizes.iter().enumerate().flat_map(|(topic, size)| (0..*size).map(move |index| (topic, index)))
    }

    /// Settles who had what (`AbstractStickyAssignor.allSubscriptionsEqual`).
    fn settle(&mut self) {
        let mut holder: BTreeMap<Cell, Who> = BTreeMap::new();
        for &who in &self.visits {
            for &cell in &self.claims[who].cells {
                if self.sizes.get(cell.0).is_none_or(|size| cell.1 >= *size) {
                    continue; // it is no more
                }
                let Some(&other) = holder.get(&cell) else {
                    self.owned[who].push(cell);
                    holder.insert(cell, who);
                    continue;
                };
                let (mine, theirs) = (self.claims[who].generation, self.claims[other].generation);
                if mine < theirs {
                    continue;
                }
                self.owned[other].retain(|held| *held != cell);
                holder.insert(cell, who);
                if mine == theirs {
                    self.contested.insert(cell);
                } else {
                    self.owned[who].push(cell);
                }
            }
        }
    }
}

/// Shares out; members are visited in the order given.
pub(super) fn assign(
    visits: &[Candidate],
    topics: &BTreeMap<TopicId, TopicSize>,
    cooperative: bool,
) -> Assignment {
    let topics: Vec<(TopicId, u32)> =
        wanted(visits, topics).into_iter().map(|(id, size)| (id, size.partitions)).collect();
    let mut members: Vec<&Candidate> = visits.iter().collect();
    members.sort_by(|a, b| a.name.cmp(&b.name));
    let mut problem = problem(&members, visits, &topics, cooperative);
    problem.settle();
    let (mut shares, moving) = if problem.uniform {
        constrained::share(&problem)
    } else {
        let shares = general::share(&problem);
        let moving = changing_hands(&problem.claims, &shares);
        (shares, moving)
    };
    if cooperative && !mutant::on(Mutant::HandsOverAtOnce) {
        for (cell, who) in moving {
            shares[who].retain(|given| *given != cell);
        }
    }
    let partition = |(topic, index): Cell| Partition { topic: topics[topic].0, index };
    members
        .iter()
        .zip(shares)
        .map(|(member, cells)| (member.member, cells.into_iter().map(partition).collect()))
        .collect()
}

fn problem(
    members: &[&Candidate],
    visits: &[Candidate],
    topics: &[(TopicId, u32)],
    cooperative: bool,
) -> Problem {
    let number = |id: TopicId| topics.iter().position(|(known, _)| *known == id);
    let claim = |member: &&Candidate| {
        let subscription = &member.subscription;
        let (partitions, generation) = match &subscription.user_data {
            _ if cooperative => (&subscription.owned[..], subscription.generation),
            Some((partitions, generation)) => (&partitions[..], *generation),
            None => (&[][..], Generation(-1)),
        };
        let cells = partitions.iter().filter_map(|p| Some((number(p.topic)?, p.index)));
        Claim { cells: cells.collect(), generation }
    };
    let wants =
        |member: &&Candidate| member.subscription.topics.iter().filter_map(|id| number(*id)).collect();
    let place = |visit: &Candidate| members.iter().position(|m| m.member == visit.member);
    Problem {
        sizes: topics.iter().map(|(_, size)| *size).collect(),
        wants: members.iter().map(wants).collect(),
        claims: members.iter().map(claim).collect(),
        visits: visits.iter().filter_map(place).collect(),
        owned: vec![Vec::new(); members.len()],
        contested: BTreeSet::new(),
        uniform: same_wishes(visits),
    }
}

/// Whether everybody lists the same topics, whether they exist or not.
fn same_wishes(members: &[Candidate]) -> bool {
    let mut wishes = members.iter().map(|m| m.subscription.topics.iter().collect::<BTreeSet<_>>());
    let first = wishes.next();
    wishes.all(|other| Some(other) == first)
}

/// Partitions that a member says it has and does not get, and another gets.
fn changing_hands(claims: &[Claim], shares: &Shares) -> Moving {
    let mut taken: BTreeSet<Cell> = BTreeSet::new();
    let mut given = Moving::new();
    for (who, (claim, share)) in claims.iter().zip(shares).enumerate() {
        let (had, has): (BTreeSet<Cell>, BTreeSet<Cell>) =
            (claim.cells.iter().copied().collect(), share.iter().copied().collect());
        given.extend(has.difference(&had).map(|cell| (*cell, who)));
        taken.extend(had.difference(&has));
    }
    given.retain(|cell, _| taken.contains(cell));
    given
}
