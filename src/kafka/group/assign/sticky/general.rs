//! Members want different topics: keep, fill, then move single partitions while that evens things out
//! (`GeneralAssignmentBuilder`).
//!
//! A member of an older generation gets a partition back only if it still wants the topic; Kafka does not look.

use std::collections::{BTreeMap, BTreeSet};

use super::{Cell, Problem, Shares, Who};
use crate::kafka::Generation;

struct Builder<'a> {
    problem: &'a Problem,
    shares: Shares,
    holder: BTreeMap<Cell, Who>,
    /// How many members want a topic.
    readers: Vec<usize>,
    /// Members by number of partitions, then by name; without those that have all they could get.
    row: BTreeSet<(usize, Who)>,
    /// Who had a partition in an older generation.
    before: BTreeMap<Cell, Who>,
    /// Partitions moved so far, from whom and to whom.
    moves: BTreeMap<Cell, (Who, Who)>,
}

/// Who gets what.
pub(super) fn share(problem: &Problem) -> Shares {
    let mut builder = Builder {
        problem,
        shares: vec![Vec::new(); problem.wants.len()],
        holder: BTreeMap::new(),
        readers: (0..problem.sizes.len())
            .map(|topic| problem.wants.iter().filter(|wants| wants.contains(&topic)).count())
            .collect(),
        row: BTreeSet::new(),
        before: before(problem),
        moves: BTreeMap::new(),
    };
    builder.build();
    builder.shares
}

/// The owners of older generations: the newest of them, of equals the one visited first.
fn before(problem: &Problem) -> BTreeMap<Cell, Who> {
    let newest = problem.claims.iter().map(|claim| claim.generation).max().unwrap_or(Generation(-1));
    let mut before: BTreeMap<Cell, (Generation, Who)> = BTreeMap::new();
    for &who in &problem.visits {
        let claim = &problem.claims[who];
        if claim.generation >= newest {
            continue;
        }
        for &cell in &claim.cells {
            if before.get(&cell).is_none_or(|(known, _)| claim.generation > *known) {
                before.insert(cell, (claim.generation, who));
            }
        }
    }
    before.into_iter().map(|(cell, (_, who))| (cell, who)).collect()
}

impl Builder<'_> {
    fn build(&mut self) {
        let mut unsubscribed = false;
        for who in 0..self.shares.len() {
            for &cell in &self.problem.owned[who] {
                if self.problem.wants[who].contains(&cell.0) {
                    self.shares[who].push(cell);
                    self.holder.insert(cell, who);
                } else {
                    unsubscribed = true;
                }
            }
            self.row.insert((self.shares[who].len(), who));
        }
        let initializing = self.row.last().is_none_or(|(most, _)| *most == 0);
        let mut cells: Vec<Cell> = self.problem.all().collect();
        cells.sort_by_key(|cell| (self.readers[cell.0], *cell));
        let unassigned: Vec<Cell> =
            cells.iter().filter(|cell| !self.holder.contains_key(cell)).copied().collect();
        for &cell in &unassigned {
            self.fill(cell);
        }
        self.even_out(&cells, &unassigned, unsubscribed, initializing);
    }

    /// Gives an unassigned partition to the reader with the fewest.
    fn fill(&mut self, cell: Cell) {
        let reader = self.row.iter().find(|(_, who)| self.problem.wants[*who].contains(&cell.0)).copied();
        if let Some((size, who)) = reader {
            self.row.remove(&(size, who));
            self.shares[who].push(cell);
            self.holder.insert(cell, who);
            self.row.insert((size + 1, who));
        }
    }

    fn even_out(&mut self, cells: &[Cell], unassigned: &[Cell], unsubscribed: bool, initializing: bool) {
        let movable = |cell: &&Cell| self.readers[cell.0] >= 2;
        let all: Vec<Cell> = cells.iter().filter(movable).copied().collect();
        let fresh: Vec<Cell> = unassigned.iter().filter(movable).copied().collect();
        let stuck: Vec<(usize, Who)> =
            self.row.iter().filter(|(_, who)| self.is_stuck(*who)).copied().collect();
        stuck.iter().for_each(|entry| {
            self.row.remove(entry);
        });
        let members: Vec<Who> = self.row.iter().map(|(_, who)| *who).collect();
        let filled = self.shares.clone();
        if !unsubscribed {
            self.move_some(&fresh);
        }
        let moved = self.move_some(&all);
        if !initializing && moved && score(&self.shares, &members) >= score(&filled, &members) {
            self.shares = filled;
        }
    }

    /// Whether a member has all that it could get, and nothing that another wants.
    fn is_stuck(&self, who: Who) -> bool {
        self.shares[who].len() >= self.most_for(who) && self.shares[who].iter().all(|c| self.readers[c.0] < 2)
    }

    fn most_for(&self, who: Who) -> usize {
        self.problem.wants[who].iter().map(|topic| self.problem.sizes[*topic] as usize).sum()
    }

    /// Moves partitions until nothing is to be won. True: something moved.
    fn move_some(&mut self, cells: &[Cell]) -> bool {
        let mut moved = false;
        loop {
            let mut again = false;
            for &cell in cells {
                if self.is_even() {
                    break;
                }
                let Some(target) = self.better_owner(cell) else { continue };
                self.shift(cell, target);
                again = true;
            }
            moved |= again;
            if !again {
                return moved;
            }
        }
    }

    /// Who should have a partition instead: the owner of an older generation, else the reader with the fewest.
    fn better_owner(&self, cell: Cell) -> Option<Who> {
        let owner = *self.holder.get(&cell)?;
        let fewer = |who: Who| self.shares[owner].len() > self.shares[who].len() + 1;
        let reads = |who: Who| self.problem.wants[who].contains(&cell.0);
        if let Some(&before) = self.before.get(&cell)
            && reads(before)
            && fewer(before)
        {
            return Some(before);
        }
        self.row.iter().map(|(_, who)| *who).find(|who| reads(*who)).filter(|who| fewer(*who))
    }

    fn is_even(&self) -> bool {
        let (Some((least, _)), Some((most, _))) = (self.row.first(), self.row.last()) else { return true };
        if least + 1 >= *most {
            return true;
        }
        self.row.iter().all(|&(size, who)| {
            size == self.most_for(who)
                || self.problem.wants[who].iter().all(|&topic| {
                    (0..self.problem.sizes[topic]).all(|index| {
                        let owner = self.holder.get(&(topic, index));
                        owner.is_none_or(|owner| *owner == who || size + 1 >= self.shares[*owner].len())
                    })
                })
        })
    }

    /// Moves a partition, or rather one of the same topic that came the other way before.
    fn shift(&mut self, cell: Cell, to: Who) {
        let Some(&owner) = self.holder.get(&cell) else { return };
        let from = self.moves.get(&cell).map_or(owner, |(source, _)| *source);
        let back = self.moves.iter().find(|(other, way)| other.0 == cell.0 && **way == (to, from));
        let cell = back.map_or(cell, |(other, _)| *other);
        let Some(&from) = self.holder.get(&cell) else { return };
        let source = self.moves.remove(&cell).map_or(from, |(source, _)| source);
        if source != to {
            self.moves.insert(cell, (source, to));
        }
        for who in [from, to] {
            self.row.remove(&(self.shares[who].len(), who));
        }
        self.shares[from].retain(|held| *held != cell);
        self.shares[to].push(cell);
        self.holder.insert(cell, to);
        for who in [from, to] {
            self.row.insert((self.shares[who].len(), who));
        }
    }
}

/// How uneven: the sum of all differences in size between two members.
fn score(shares: &Shares, members: &[Who]) -> usize {
    let sizes: Vec<usize> = members.iter().map(|who| shares[*who].len()).collect();
    sizes.iter().enumerate().map(|(n, a)| sizes[n + 1..].iter().map(|b| a.abs_diff(*b)).sum::<usize>()).sum()
}
