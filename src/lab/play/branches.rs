//! Branches and marks.

use super::Lab;
use crate::engine::Process as Life;
use crate::lab::history::{Branch, BranchId, BranchInfo, Input, MOST_BRANCHES, Mark};

impl Lab {
    pub(in crate::lab) fn branch(&self) -> &Branch {
        &self.branches[self.current]
    }

    /// The present branch.
    #[must_use]
    pub fn branch_id(&self) -> BranchId {
        self.branch().id
    }

    /// Leaves the present branch at the playhead: what happens from now on happens on a new one.
    pub fn fork(&mut self) -> BranchId {
        self.leave(self.event())
    }

    /// All branches, in order of making.
    #[must_use]
    pub fn branches(&self) -> Vec<BranchInfo> {
        self.branches.iter().map(|branch| branch.info(self.branch().id)).collect()
    }

    /// Goes to another branch, to where the playhead was when it was left. False: there is none of that number.
    pub fn switch(&mut self, id: BranchId) -> bool {
        let Some(ix) = self.branches.iter().position(|branch| branch.id == id) else { return false };
        if ix != self.current {
            let event = self.event();
            self.branches[self.current].playhead = event;
            self.current = ix;
            self.segment = None;
            self.state = self.state_at(self.branch().playhead);
        }
        true
    }

    /// Drops every branch but the script's and goes there.
    pub fn drop_branches(&mut self) {
        self.switch(BranchId::SCRIPT);
        self.branches.truncate(1);
    }

    /// Remembers something about this place in the journal.
    pub fn mark(&mut self, mark: Mark) {
        let event = self.event();
        let marks = &mut self.branches[self.current].marks;
        let place = marks.partition_point(|(at, _)| *at <= event);
        if marks.get(place.saturating_sub(1)) != Some(&(event, mark.clone())) {
            marks.insert(place, (event, mark));
        }
    }

    /// Marks of this branch up to the playhead, with their events.
    pub fn marks(&self) -> impl DoubleEndedIterator<Item = (u64, &Mark)> {
        let event = self.event();
        self.branch().marks.iter().filter(move |(at, _)| *at <= event).map(|(at, mark)| (*at, mark))
    }

    /// All marks of this branch, those ahead of the playhead too.
    pub fn all_marks(&self) -> impl DoubleEndedIterator<Item = (u64, &Mark)> {
        self.branch().marks.iter().map(|(at, mark)| (*at, mark))
    }

    /// What was done on this branch since t = 0, in order.
    #[must_use]
    pub fn journal(&self) -> &[Input] {
        &self.branch().inputs
    }

    /// Whether a process runs at the playhead; none if there is no such process.
    #[must_use]
    pub fn is_running(&self, id: &str) -> Option<bool> {
        let node = self.state.world.shared().find_node(id)?;
        Some(self.state.world.process(node) == Life::Running)
    }

    /// Makes a new branch at `event` the current one.
    pub(in crate::lab) fn leave(&mut self, event: u64) -> BranchId {
        let id = BranchId(self.next_branch);
        self.next_branch += 1;
        let fork = self.branch().fork(id, event);
        self.branches[self.current].playhead = event;
        self.branches.push(fork);
        self.current = self.branches.len() - 1;
        if self.branches.len() > MOST_BRANCHES {
            self.branches.remove(1); // the oldest that is not the script's
            self.current -= 1;
        }
        self.segment = None;
        id
    }
}
