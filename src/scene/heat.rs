//! A cluster that is too large for boxes: a strip for each broker, the worst first.

use super::Moment;
use crate::lab::view::{LoadView, ProcessView, SummaryView};

/// A broker as one strip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeatStrip {
    /// `b17`.
    pub id: String,
    /// It runs.
    pub running: bool,
    /// The controller counts it as gone.
    pub fenced: bool,
    /// Partitions that it leads.
    pub leaders: u32,
    /// Copies that follow and are in sync.
    pub followers: u32,
    /// Copies that are not in sync.
    pub out_of_sync: u32,
    /// Partitions that nobody leads.
    pub leaderless: u32,
    /// The lesson points at it.
    pub focused: bool,
}

/// The whole cluster in counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heat {
    /// Brokers, the worst first.
    pub strips: Vec<HeatStrip>,
    /// Partitions of all topics.
    pub partitions: u32,
    /// Of these: nobody leads.
    pub leaderless: u32,
    /// Of these: fewer copies in sync than assigned.
    pub under_replicated: u32,
    /// Brokers that do not run or are counted as gone.
    pub gone: usize,
}

impl Heat {
    pub(super) fn build(summary: &SummaryView, moment: &Moment<'_>) -> Self {
        let strips: Vec<HeatStrip> =
            worst_first(summary).into_iter().map(|load| strip(load, moment)).collect();
        Self {
            gone: strips.iter().filter(|s| !s.running || s.fenced).count(),
            strips,
            partitions: summary.partitions,
            leaderless: summary.leaderless,
            under_replicated: summary.under_replicated,
        }
    }
}

/// Brokers, the worst first: most partitions without a leader, then most copies out of sync, then those that are gone.
#[must_use]
pub fn worst_first(summary: &SummaryView) -> Vec<&LoadView> {
    let mut brokers: Vec<&LoadView> = summary.brokers.iter().collect();
    let troubles = |load: &&LoadView| {
        let gone = load.process != ProcessView::Running || load.fenced;
        std::cmp::Reverse((load.leaderless, load.out_of_sync.saturating_sub(load.leaderless), gone))
    };
    brokers.sort_by_key(troubles);
    brokers
}

fn strip(load: &LoadView, moment: &Moment<'_>) -> HeatStrip {
    // A partition without a leader counts as that alone.
    let behind = load.out_of_sync.saturating_sub(load.leaderless);
    HeatStrip {
        id: load.id.clone(),
        running: load.process == ProcessView::Running,
        fenced: load.fenced,
        leaders: load.leaders,
        followers: (load.leaders + load.followers).saturating_sub(load.leaders + behind + load.leaderless),
        out_of_sync: behind,
        leaderless: load.leaderless,
        focused: moment.focus.contains(&load.id.as_str()),
    }
}
