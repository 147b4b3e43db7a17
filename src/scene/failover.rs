//! The race to the next controller: four steps as bars, and how long metadata has stood still.

use crate::lab::view::{CostsView, FailoverView, LapView, TermsView};

/// How far a step is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    /// A step before it is not done.
    Waiting,
    /// It is under way.
    Running,
    /// It is done.
    Done,
}

/// A step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lap {
    /// How far it is.
    pub progress: Progress,
    /// How long it took, or takes so far, µs.
    pub takes: u64,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    /// The controller that was lost.
    pub lost: String,
    /// Who has become controller since.
    pub next: Option<String>,
    /// Notice, elect, load, tell: in this order.
    pub laps: [Lap; 4],
    /// How long no controller could act, µs.
    pub stalled: u64,
    /// One can act again.
    pub acts: bool,
    /// Messages and state.
    pub costs: CostsView,
    /// What the times rest on.
    pub terms: TermsView,
}

impl Failover {
    /// The picture at a display time, µs; none once everything is done and the one that was lost is back.
    #[must_use]
    pub fn build(view: &FailoverView, now: u64) -> Option<Self> {
        let laps = view.laps.map(|lap| lap_at(lap, now));
        let over = view.acts.is_some() && laps.iter().all(|lap| lap.progress == Progress::Done);
        (!over || !view.back).then(|| Self {
            lost: view.lost.clone(),
            next: view.next.clone(),
            laps,
            stalled: view.acts.unwrap_or(now).saturating_sub(view.since),
            acts: view.acts.is_some(),
            costs: view.costs,
            terms: view.terms,
        })
    }

    /// The longest step so far, µs.
    #[must_use]
    pub fn longest(&self) -> u64 {
        self.laps.iter().map(|lap| lap.takes).max().unwrap_or(0)
    }

    /// It is a race between brokers for a znode, not one between voters.
    #[must_use]
    pub const fn in_zookeeper(&self) -> bool {
        matches!(self.terms, TermsView::ZooKeeper { .. })
    }
}

fn lap_at(lap: LapView, now: u64) -> Lap {
    let (progress, takes) = match (lap.began, lap.ended) {
        (Some(began), Some(ended)) => (Progress::Done, ended.saturating_sub(began)),
        (Some(began), None) => (Progress::Running, now.saturating_sub(began)),
        (None, _) => (Progress::Waiting, 0),
    };
    Lap { progress, takes }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view() -> FailoverView {
        let lap = |began, ended| LapView { began, ended };
        FailoverView {
            since: 1_000_000,
            laps: [
                lap(Some(1_000_000), Some(3_000_000)),
                lap(Some(3_000_000), None),
                lap(None, None),
                lap(None, None),
            ],
            ..FailoverView::default()
        }
    }

    #[test]
    fn a_step_under_way_grows_with_the_clock_and_the_next_ones_wait() {
        let race = Failover::build(&view(), 3_250_000).unwrap();
        let told = race.laps.map(|lap| (lap.progress, lap.takes));
        assert_eq!(told[0], (Progress::Done, 2_000_000));
        assert_eq!(told[1], (Progress::Running, 250_000));
        assert_eq!(told[2], (Progress::Waiting, 0));
        assert_eq!((race.stalled, race.acts, race.longest()), (2_250_000, false, 2_000_000));
    }

    #[test]
    fn it_goes_when_all_is_done_and_the_lost_one_is_back() {
        let done = |at| LapView { began: Some(at), ended: Some(at) };
        let mut view = FailoverView { acts: Some(5), laps: [5; 4].map(done), ..view() };
        assert!(Failover::build(&view, 9).is_some_and(|race| race.acts));
        view.back = true;
        assert_eq!(Failover::build(&view, 9), None);
    }
}
