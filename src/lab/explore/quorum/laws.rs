//! The laws of the quorum, looked at after every step. Numbers and meaning are those of the project's laws.

use std::sync::Arc;

use super::state::State;
use super::step::{Step, name};
use crate::engine::NodeId;
use crate::kafka::raft::{QuorumBatch, QuorumLog, Raft, Standing};
use crate::kafka::{LeaderEpoch, Offset};

/// Law, about whom, what was seen.
pub(super) type Seen = (&'static str, String, String);

/// The first law that a step broke. What it committed, and who leads since, goes into the state.
pub(super) fn broken(before: &State, step: Step, after: &mut State) -> Option<Seen> {
    let ids = (0..u32::try_from(after.voters.len()).unwrap_or(0)).map(NodeId);
    for id in ids {
        let (old, new) = (Arc::clone(&before.voter(id).raft), Arc::clone(&after.voter(id).raft));
        if Arc::ptr_eq(&old, &new) {
            continue;
        }
        let seen = votes_once(id, &old, &new)
            .or_else(|| leads_alone(id, &old, &new, after))
            .or_else(|| watermark(id, step, (&old, &new), after));
        if seen.is_some() {
            return seen;
        }
    }
    matching(after)
}

/// control.24: epochs do not fall, and within one a voter votes once.
fn votes_once(id: NodeId, old: &Raft, new: &Raft) -> Option<Seen> {
    let (was, is) = (old.election(), new.election());
    if is.epoch < was.epoch {
        return Some(("control.24", name(id), format!("epoch {} after {}", is.epoch.0, was.epoch.0)));
    }
    let twice = is.epoch == was.epoch && was.voted.is_some() && is.voted != was.voted;
    twice.then(|| ("control.24", name(id), format!("two votes in epoch {}", is.epoch.0)))
}

fn leads(raft: &Raft) -> Option<LeaderEpoch> {
    (raft.state().standing() == Standing::Leader).then(|| raft.election().epoch)
}

/// control.24: an epoch has one leader. control.26: it has every committed record.
fn leads_alone(id: NodeId, old: &Raft, new: &Raft, after: &mut State) -> Option<Seen> {
    let epoch = leads(new).filter(|epoch| leads(old) != Some(*epoch))?;
    if let Some(other) = after.leaders.insert(epoch, id)
        && other != id
    {
        return Some(("control.24", name(id), format!("leads in epoch {} beside {}", epoch.0, name(other))));
    }
    if !new.log().batches().starts_with(&after.committed) {
        let seen =
            format!("leads in epoch {} without what is committed up to {}", epoch.0, end(&after.committed));
        return Some(("control.26", name(id), seen));
    }
    None
}

fn end(batches: &[Arc<QuorumBatch>]) -> Offset {
    batches.last().map_or(Offset(0), |batch| batch.end())
}

/// control.27: the high watermark does not fall, and a leader shows it once a record of its own is below. control.29: a majority has what
/// is committed. control.26: what is committed stays what it is.
fn watermark(id: NodeId, step: Step, (old, new): (&Raft, &Raft), after: &mut State) -> Option<Seen> {
    let told = new.high_watermark()?;
    let restarted = matches!(step, Step::Dies(who) | Step::Starts(who) if who == id);
    let fell = old.high_watermark().is_some_and(|before| told < before) && !restarted;
    let early = new.leading().is_some_and(|leading| leading.exposed && told <= leading.epoch_start);
    if fell || early || told > new.log().end().offset {
        let before = old.high_watermark().unwrap_or(Offset::NONE);
        return Some(("control.27", name(id), format!("high watermark {told} after {before}")));
    }
    let known = below(new.log(), told);
    let common = known.len().min(after.committed.len());
    if known[..common] != after.committed[..common] {
        return Some(("control.26", name(id), format!("another record is committed below {told}")));
    }
    if known.len() > after.committed.len() {
        let held = after.voters.iter().filter(|voter| voter.raft.log().batches().starts_with(known)).count();
        let up = after.voters.iter().filter(|voter| voter.up).count();
        let all = after.voters.len();
        after.committed = Arc::new(known.to_vec());
        if up * 2 <= all {
            return Some((
                "control.38",
                name(id),
                format!("committed up to {told} with {up} of {all} voters"),
            ));
        }
        if held * 2 <= all {
            let seen = format!("{held} of {all} voters have what is committed up to {told}");
            return Some(("control.29", name(id), seen));
        }
    }
    None
}

fn below(log: &QuorumLog, upto: Offset) -> &[Arc<QuorumBatch>] {
    log.between(Offset(0), upto)
}

/// control.25: where two logs have the same epoch at an offset they are equal up to there.
fn matching(state: &State) -> Option<Seen> {
    for (ix, one) in state.voters.iter().enumerate() {
        for (jx, other) in state.voters.iter().enumerate().skip(ix + 1) {
            let (a, b) = (one.raft.log().batches(), other.raft.log().batches());
            let same = |at: &usize| (a[*at].end(), a[*at].epoch) == (b[*at].end(), b[*at].epoch);
            let last = (0..a.len().min(b.len())).rev().find(same);
            if last.is_some_and(|last| a[..=last] != b[..=last]) {
                let (a, b) = (u32::try_from(ix).ok()?, u32::try_from(jx).ok()?);
                let seen = format!("same end, but not the same as in {}", name(NodeId(b)));
                return Some(("control.25", name(NodeId(a)), seen));
            }
        }
    }
    None
}
