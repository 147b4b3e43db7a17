//! What is being played: a lesson, or a lab without a script.

use crate::course::player::{Acted, Moved, Phase, Player};
use crate::lab::{ActError, Action, BranchId, BranchInfo, Lab, Side, Sides, Twin, Unit};
use crate::text::Text;

/// A lesson or the sandbox, seen as one thing where they do the same.
#[derive(Clone, Debug)]
pub enum Play {
    /// A lesson.
    Lesson(Box<Player>),
    /// An empty tank.
    Sandbox(Box<Lab>),
    /// Two futures side by side, to look at.
    Futures(Box<Futures>),
}

/// Two branches on one clock, and what is played where one comes back to.
#[derive(Clone, Debug)]
pub struct Futures {
    /// Both.
    pub pair: Twin,
    /// Their numbers in the list of branches, from 1.
    pub numbers: [usize; 2],
    /// The event up to which both are the same, on each side.
    pub fork: u64,
    /// What was open before.
    pub home: Play,
}

impl Play {
    /// The lab.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        match self {
            Self::Lesson(player) => player.lab(),
            Self::Sandbox(lab) => lab,
            Self::Futures(futures) => futures.pair.lab(Side::Left),
        }
    }

    /// The lab at the right, where two are shown side by side.
    #[must_use]
    pub fn beside(&self) -> Option<&Lab> {
        if let Self::Futures(futures) = self {
            return Some(futures.pair.lab(Side::Right));
        }
        let player = self.player()?;
        let both = player.side() == Sides::Both && player.labs().is_pair();
        both.then(|| player.labs().lab(Side::Right))
    }

    /// One of the labs that are shown; the only one if there is no other.
    #[must_use]
    pub fn lab_of(&self, side: Side) -> &Lab {
        match side {
            Side::Right => self.beside().unwrap_or(self.lab()),
            Side::Left => self.lab(),
        }
    }

    /// To an event of one of the labs that are shown.
    pub fn jump_on(&mut self, side: Side, event: u64) {
        let event = match &*self {
            Self::Lesson(player) => {
                let side = if self.beside().is_some() { side } else { player.side().first() };
                player.labs().event_of(side, event)
            }
            Self::Futures(futures) => futures.pair.event_of(side, event),
            Self::Sandbox(_) => event,
        };
        self.jump(event);
    }

    /// The lesson's player, if it is a lesson.
    #[must_use]
    pub fn player(&self) -> Option<&Player> {
        match self {
            Self::Lesson(player) => Some(player),
            Self::Sandbox(_) | Self::Futures(_) => None,
        }
    }

    /// The lesson's player, to be moved.
    pub fn player_mut(&mut self) -> Option<&mut Player> {
        match self {
            Self::Lesson(player) => Some(player),
            Self::Sandbox(_) | Self::Futures(_) => None,
        }
    }

    /// Where the script stands; a sandbox has none.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.player().map_or(Phase::OffScript, Player::phase)
    }

    /// One step forward.
    pub fn forward(&mut self, unit: Unit) -> Moved {
        match self {
            Self::Lesson(player) => player.forward(unit),
            Self::Sandbox(lab) => {
                let before = lab.event();
                lab.step(unit);
                if lab.event() > before { Moved::Stepped } else { Moved::Nothing }
            }
            Self::Futures(futures) => {
                let pair = &mut futures.pair;
                // Beyond what was played there is nothing to compare.
                if pair.event() >= pair.end() {
                    return Moved::Nothing;
                }
                pair.step(unit);
                Moved::Stepped
            }
        }
    }

    /// One step back.
    pub fn back(&mut self, unit: Unit) -> Moved {
        match self {
            Self::Lesson(player) => player.back(unit),
            Self::Sandbox(lab) => {
                let before = lab.event();
                lab.back(unit);
                if lab.event() < before { Moved::Stepped } else { Moved::Nothing }
            }
            Self::Futures(futures) => {
                let before = futures.pair.event();
                futures.pair.back(unit);
                if futures.pair.event() < before { Moved::Stepped } else { Moved::Nothing }
            }
        }
    }

    /// A change to the world.
    ///
    /// # Errors
    /// The action names nothing that exists, or cannot be done now.
    pub fn act(&mut self, action: &Action) -> Result<Acted, ActError> {
        match self {
            Self::Lesson(player) => player.act(action),
            Self::Sandbox(lab) => lab.act(action).map(|_| Acted::OffScript),
            Self::Futures(_) => {
                let message = Text::new(
                    "두 갈래를 견주는 동안에는 바꿀 수 없습니다. Esc로 돌아가세요.",
                    "Two branches are only looked at here. Esc goes back.",
                );
                Err(ActError { message })
            }
        }
    }

    /// Begins another future here.
    pub fn fork(&mut self) -> BranchId {
        match self {
            Self::Lesson(player) => player.fork_here(),
            Self::Sandbox(lab) => {
                let branch = lab.fork();
                lab.switch(branch);
                branch
            }
            Self::Futures(futures) => futures.home.lab().branch_id(),
        }
    }

    /// Puts two branches side by side, from where they part; false: they cannot be, or are already.
    pub fn compare(&mut self, other: usize) -> bool {
        if matches!(self, Self::Futures(_)) || self.player().is_some_and(|player| player.labs().is_pair()) {
            return false;
        }
        let branches = self.lab().branches();
        let Some(mine) = branches.iter().position(|branch| branch.current) else { return false };
        let (left, right) = (mine.min(other), mine.max(other));
        let (Some(one), Some(two)) = (branches.get(left), branches.get(right).filter(|_| left != right))
        else {
            return false;
        };
        let Some(mut pair) = Twin::of_branches(self.lab(), one.id, two.id) else { return false };
        let fork = parted(&branches, one, two);
        pair.seek(pair.event_of(Side::Left, fork).max(pair.event_of(Side::Right, fork)));
        let home = self.clone();
        *self = Self::Futures(Box::new(Futures { pair, numbers: [left + 1, right + 1], fork, home }));
        true
    }

    /// Back to what was played before two branches were compared; false: nothing is compared.
    pub fn compare_no_more(&mut self) -> bool {
        let Self::Futures(futures) = self else { return false };
        *self = futures.home.clone();
        true
    }

    /// Events from the first on, up to the playhead and in all; of two labs on one clock those of both.
    #[must_use]
    pub fn progress(&self) -> (u64, u64) {
        match self {
            Self::Futures(futures) => (futures.pair.event(), futures.pair.end()),
            _ => (self.lab().event(), self.lab().end()),
        }
    }

    /// Goes to another future.
    pub fn switch(&mut self, branch: BranchId) {
        match self {
            Self::Lesson(player) => player.switch(branch),
            Self::Sandbox(lab) => {
                lab.switch(branch);
            }
            Self::Futures(_) => {}
        }
    }

    /// To the beginning of a beat that was entered; a sandbox has none.
    pub fn to_beat(&mut self, beat: usize) {
        if let Self::Lesson(player) = self {
            player.jump_to_beat(beat);
        }
    }

    /// Goes to an event of this future.
    pub fn jump(&mut self, event: u64) {
        match self {
            Self::Lesson(player) => player.jump(event),
            Self::Sandbox(lab) => {
                let event = event.min(lab.end());
                lab.seek(event);
            }
            Self::Futures(futures) => futures.pair.seek(event),
        }
    }
}

/// The event after which two branches go different ways.
fn parted(branches: &[BranchInfo], one: &BranchInfo, two: &BranchInfo) -> u64 {
    let parent = |branch: &BranchInfo| branch.parent.map_or((BranchId::SCRIPT, 0), |parent| parent);
    // The line of a branch: itself and its ancestors, each with the event at which it is left.
    let line = |branch: &BranchInfo| {
        let mut line = vec![(branch.id, u64::MAX)];
        let mut at = Some(branch);
        while let Some(branch) = at.filter(|branch| branch.parent.is_some()) {
            let (id, event) = parent(branch);
            let left = line.last().map_or(event, |(_, left)| event.min(*left));
            line.push((id, left));
            at = branches.iter().find(|branch| branch.id == id);
        }
        line
    };
    let (one, two) = (line(one), line(two));
    let shared =
        one.iter().filter_map(|(id, left)| Some((*left, two.iter().find(|(other, _)| other == id)?.1)));
    shared.map(|(a, b)| a.min(b)).max().unwrap_or(0)
}
