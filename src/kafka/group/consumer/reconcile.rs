//! One member's next step towards its target (`CurrentAssignmentBuilder`). A pure function: what is told to a member, and when.

use std::collections::BTreeSet;

use super::{Current, MemberState};
use crate::kafka::Partition;
use crate::kafka::mutant::{self, Mutant};

/// Where a member should get to.
pub(super) struct Goal<'a> {
    /// Epoch of the target assignment.
    pub epoch: i32,
    /// What the member should have.
    pub target: &'a BTreeSet<Partition>,
    /// Partitions that somebody holds or has not given up yet.
    pub held: &'a BTreeSet<Partition>,
    /// What the member says that it has; none = this heartbeat does not say.
    pub reported: Option<&'a BTreeSet<Partition>>,
}

/// Where a member stands after this heartbeat.
pub(super) fn reconcile(member: &Current, goal: &Goal<'_>) -> Current {
    match member.state {
        MemberState::Stable if member.epoch == goal.epoch => member.clone(),
        MemberState::Stable | MemberState::UnreleasedPartitions => next(member, member.epoch, goal),
        MemberState::UnrevokedPartitions if still_has(&member.pending, goal) => {
            let epoch = member.epoch + i32::from(mutant::on(Mutant::AdvancesUnrevoked));
            Current { epoch, ..member.clone() }
        }
        MemberState::UnrevokedPartitions => next(member, member.epoch + 1, goal),
    }
}

/// A member of a share group is where it should be as soon as there is a new target (`ShareGroupAssignmentBuilder`).
pub(super) fn at_once(member: &Current, goal: &Goal<'_>) -> Current {
    if member.epoch == goal.epoch {
        return member.clone();
    }
    Current { epoch: goal.epoch, previous: member.epoch, assigned: goal.target.clone(), ..Current::default() }
}

/// Whether the member has not given up all of these yet, as far as it says.
fn still_has(partitions: &BTreeSet<Partition>, goal: &Goal<'_>) -> bool {
    goal.reported.is_none_or(|owned| !owned.is_disjoint(partitions))
}

fn next(member: &Current, epoch: i32, goal: &Goal<'_>) -> Current {
    let kept: BTreeSet<Partition> = member.assigned.intersection(goal.target).copied().collect();
    let revoked: BTreeSet<Partition> = member.assigned.difference(&kept).copied().collect();
    let previous = member.epoch;
    if !revoked.is_empty() && still_has(&revoked, goal) {
        let (state, pending) = (MemberState::UnrevokedPartitions, revoked);
        return Current { epoch, previous, state, assigned: kept, pending };
    }
    let wanted = goal.target.difference(&kept).copied();
    let (held, free): (Vec<Partition>, Vec<Partition>) =
        wanted.partition(|p| goal.held.contains(p) && !mutant::on(Mutant::GivesWhatIsHeld));
    let state = if held.is_empty() { MemberState::Stable } else { MemberState::UnreleasedPartitions };
    let astray = u32::from(mutant::on(Mutant::GivesTheNext));
    let mut assigned = kept;
    assigned.extend(free.into_iter().map(|p| Partition { index: p.index + astray, ..p }));
    let epoch = goal.epoch + i32::from(mutant::on(Mutant::RunsAhead));
    Current { epoch, previous, state, assigned, pending: BTreeSet::new() }
}
