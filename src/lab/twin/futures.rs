//! Two futures of one lab side by side, on one clock.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Twin;
use crate::lab::Lab;
use crate::lab::history::BranchId;

impl Twin {
    /// A pair of two branches of a lab, both played up to the later of their ends; the playhead stands at the beginning. It is a pair to
    /// look at: the lab is left as it is, and what is done in the pair never reaches it. None: there is no such branch.
    #[must_use]
    pub fn of_branches(lab: &Lab, left: BranchId, right: BranchId) -> Option<Self> {
        let on = |branch: BranchId| {
            let mut lab = lab.clone();
            lab.switch(branch).then_some(lab)
        };
        let (mut left, mut right) = (on(left)?, on(right)?);
        left.seek(left.end());
        right.seek(right.end());
        let until = left.now().max(right.now());
        left.seek(0);
        right.seek(0);
        let turns = BTreeMap::from([(left.branch_id(), Arc::default())]);
        let mut pair = Self { left, right: Some(Box::new(right)), turns };
        // Each branch plays what was recorded, then goes on as it would.
        for _ in 0..4 * Lab::MOST_EVENTS {
            if pair.advance_until(until).is_none() {
                break;
            }
        }
        pair.seek(0);
        Some(pair)
    }
}
