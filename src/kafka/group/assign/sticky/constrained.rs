//! Everybody wants the same topics: with N partitions and k members, N mod k members hold one more than the
//! others (`ConstrainedAssignmentBuilder`).

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Cell, Moving, Problem, Shares, Who};

struct Builder<'a> {
    problem: &'a Problem,
    /// The fewest partitions that a member ends with.
    fewest: usize,
    /// The most partitions that a member ends with.
    most: usize,
    /// How many members may still hold more than the fewest.
    larger: usize,
    shares: Shares,
    /// What a member had beyond its share, and who that was.
    surplus: BTreeMap<Cell, Who>,
    /// Members with too few.
    under: Vec<Who>,
    /// Members with exactly the fewest, which may get one more.
    exact: VecDeque<Who>,
    moving: Moving,
}

/// Who gets what, and what has to wait for its old owner.
pub(super) fn share(problem: &Problem) -> (Shares, Moving) {
    let members = problem.visits.len();
    let total = problem.all().count();
    let mut builder = Builder {
        problem,
        fewest: total.checked_div(members).unwrap_or(0),
        most: total.div_ceil(members.max(1)),
        larger: total.checked_rem(members).unwrap_or(0),
        shares: vec![Vec::new(); members],
        surplus: BTreeMap::new(),
        under: Vec::new(),
        exact: VecDeque::new(),
        moving: Moving::new(),
    };
    builder.keep();
    builder.under.sort_unstable();
    builder.exact.make_contiguous().sort_unstable();
    builder.deal();
    (builder.shares, builder.moving)
}

impl Builder<'_> {
    /// Everybody keeps what it had, as far as its share goes.
    fn keep(&mut self) {
        for &who in &self.problem.visits {
            let mut had: Vec<Cell> = self.problem.owned[who]
                .iter()
                .filter(|c| !self.problem.contested.contains(c))
                .copied()
                .collect();
            had.sort_by_key(|(topic, index)| (*index, *topic));
            let kept = if had.len() < self.fewest {
                self.under.push(who);
                had.len()
            } else if had.len() >= self.most && self.larger > 0 {
                self.larger -= 1;
                if self.larger == 0 {
                    self.exact.clear();
                }
                self.most
            } else {
                if self.larger > 0 {
                    self.exact.push_back(who);
                }
                self.fewest
            };
            self.surplus.extend(had.drain(kept..).map(|cell| (cell, who)));
            self.shares[who] = had;
        }
    }

    /// The rest goes round those with too few, then one each to those with exactly the fewest.
    fn deal(&mut self) {
        let kept: BTreeSet<Cell> = self.shares.iter().flatten().copied().collect();
        let mut turn = 0;
        for cell in self.problem.all().filter(|cell| !kept.contains(cell)) {
            if turn == self.under.len() {
                turn = 0;
            }
            if let Some(&who) = self.under.get(turn) {
                self.give(cell, who);
                if self.shares[who].len() == self.fewest {
                    self.under.remove(turn);
                    self.exact.push_back(who);
                } else {
                    turn += 1;
                }
            } else if let Some(who) = self.exact.pop_front() {
                self.give(cell, who);
            }
        }
    }

    fn give(&mut self, cell: Cell, who: Who) {
        let from_other = self.surplus.get(&cell).is_some_and(|had| *had != who);
        if from_other || self.problem.contested.contains(&cell) {
            self.moving.insert(cell, who);
        }
        self.shares[who].push(cell);
    }
}
