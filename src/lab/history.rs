//! History: what was done, saved states on the way, and branches that share a past.

use std::sync::Arc;

use super::action::Action;
use super::state::State;
use crate::engine::Micros;

/// Events between two saved states of a branch.
pub(super) const COARSE: u64 = 4_096;
/// Statements between two of them: one event may state what becomes of 100,000 partitions.
const COARSE_STATED: u64 = 32_768;
/// Events between two saved states of the segment in view.
const FINE: u64 = 64;
/// Statements between two of them.
const FINE_STATED: u64 = 512;
/// Saved states of one branch; then every second of the older half goes.
const MOST_SAVED: usize = 128;
/// Branches that live at the same time.
pub(super) const MOST_BRANCHES: usize = 16;

/// Names a branch. 1 is the script's and never dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BranchId(pub u32);

impl BranchId {
    /// The script's branch.
    pub const SCRIPT: Self = Self(1);
}

/// An action and where it happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// After so many events since t = 0.
    pub after: u64,
    /// At this time since t = 0, µs.
    pub at: u64,
    /// What was done.
    pub action: Action,
}

/// Something worth remembering about a place in the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mark {
    /// A beat of a lesson began here.
    Beat(String),
    /// A prompt was answered here: the beat and the choice.
    Answer(String, String),
    /// Anything else.
    Note(String),
}

/// A branch, for those who list them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BranchInfo {
    /// Which.
    pub id: BranchId,
    /// The branch it left, and after which event.
    pub parent: Option<(BranchId, u64)>,
    /// Its furthest event.
    pub end: u64,
    /// Actions since it left its parent.
    pub actions: Vec<Input>,
    /// It is the present one.
    pub current: bool,
}

/// One future from a shared past.
#[derive(Clone)]
pub(super) struct Branch {
    pub id: BranchId,
    pub parent: Option<(BranchId, u64)>,
    pub inputs: Vec<Input>,
    pub marks: Vec<(u64, Mark)>,
    /// Saved states by event, ascending; the first is t = 0.
    pub saved: Vec<(u64, Arc<State>)>,
    /// Furthest event.
    pub end: u64,
    /// Where the playhead was when it was left.
    pub playhead: u64,
}

impl Branch {
    pub fn first(zero: State) -> Self {
        Self {
            id: BranchId::SCRIPT,
            parent: None,
            inputs: Vec::new(),
            marks: Vec::new(),
            saved: vec![(0, Arc::new(zero))],
            end: 0,
            playhead: 0,
        }
    }

    /// Another future from `event` on.
    pub fn fork(&self, id: BranchId, event: u64) -> Self {
        Self {
            id,
            parent: Some((self.id, event)),
            inputs: self.inputs.iter().filter(|input| input.after < event).cloned().collect(),
            marks: self.marks.iter().filter(|(at, _)| *at <= event).cloned().collect(),
            saved: self.saved.iter().filter(|(at, _)| *at <= event).cloned().collect(),
            end: event,
            playhead: event,
        }
    }

    /// The input that comes next after an event.
    pub fn input_at(&self, event: u64) -> Option<(u32, &Input)> {
        let ix = self.inputs.binary_search_by_key(&event, |input| input.after).ok()?;
        Some((u32::try_from(ix + 1).unwrap_or(u32::MAX), &self.inputs[ix]))
    }

    /// The last saved state at or before an event.
    pub fn saved_before(&self, event: u64) -> (u64, &Arc<State>) {
        let ix = self.saved.partition_point(|(at, _)| *at <= event);
        let (at, state) = &self.saved[ix.saturating_sub(1)];
        (*at, state)
    }

    /// Saves a state if it is time to. Only ever called with states further than all saved ones.
    pub fn save(&mut self, event: u64, state: &mut State) {
        let (last, stated) = self.saved.last().map_or((0, 0), |(at, saved)| (*at, saved.stated));
        if event < last + COARSE && state.stated < stated + COARSE_STATED {
            return;
        }
        state.survey_touched();
        self.saved.push((event, Arc::new(state.clone())));
        if self.saved.len() > MOST_SAVED {
            let half = self.saved.len() / 2;
            let mut ix = 0;
            self.saved.retain(|_| {
                ix += 1;
                ix == 1 || ix > half || ix % 2 == 1
            });
        }
    }

    pub fn info(&self, current: BranchId) -> BranchInfo {
        let since = self.parent.map_or(0, |(_, event)| event);
        BranchInfo {
            id: self.id,
            parent: self.parent,
            end: self.end,
            actions: self.inputs.iter().filter(|input| input.after >= since).cloned().collect(),
            current: self.id == current,
        }
    }
}

/// What one turn was, for steps backwards.
#[derive(Clone, Copy, Debug)]
pub(super) struct Turn {
    pub event: u64,
    pub at: Micros,
    pub hop: bool,
    pub loud: bool,
}

/// The stretch of a branch that is in view, with a saved state every few events.
#[derive(Clone)]
pub(super) struct Segment {
    pub branch: BranchId,
    pub from: u64,
    pub turns: Vec<Turn>,
    pub fine: Vec<(u64, Arc<State>)>,
}

impl Segment {
    pub fn end(&self) -> u64 {
        self.turns.last().map_or(self.from, |turn| turn.event)
    }

    pub fn covers(&self, branch: BranchId, event: u64) -> bool {
        self.branch == branch && (self.from..=self.end()).contains(&event)
    }

    /// Saves a state if it is time to.
    pub fn save(&mut self, event: u64, state: &State) {
        let near = self.fine.last().is_some_and(|(_, saved)| state.stated < saved.stated + FINE_STATED);
        if !near || event.is_multiple_of(FINE) {
            self.fine.push((event, Arc::new(state.clone())));
        }
    }

    pub fn fine_before(&self, event: u64) -> Option<(u64, &Arc<State>)> {
        let ix = self.fine.partition_point(|(at, _)| *at <= event);
        let (at, state) = self.fine.get(ix.checked_sub(1)?)?;
        Some((*at, state))
    }
}
