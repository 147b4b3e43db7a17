//! What is being played: a lesson, or a lab without a script.

use crate::course::player::{Acted, Moved, Phase, Player};
use crate::lab::{ActError, Action, BranchId, Lab, Side, Sides, Unit};

/// A lesson or the sandbox, seen as one thing where they do the same.
#[derive(Clone, Debug)]
pub enum Play {
    /// A lesson.
    Lesson(Box<Player>),
    /// An empty tank.
    Sandbox(Box<Lab>),
}

impl Play {
    /// The lab.
    #[must_use]
    pub fn lab(&self) -> &Lab {
        match self {
            Self::Lesson(player) => player.lab(),
            Self::Sandbox(lab) => lab,
        }
    }

    /// The lab at the right, where two are shown side by side.
    #[must_use]
    pub fn beside(&self) -> Option<&Lab> {
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
        let event = match self.player() {
            Some(player) => {
                let side = if self.beside().is_some() { side } else { player.side().first() };
                player.labs().event_of(side, event)
            }
            None => event,
        };
        self.jump(event);
    }

    /// The lesson's player, if it is a lesson.
    #[must_use]
    pub fn player(&self) -> Option<&Player> {
        match self {
            Self::Lesson(player) => Some(player),
            Self::Sandbox(_) => None,
        }
    }

    /// The lesson's player, to be moved.
    pub fn player_mut(&mut self) -> Option<&mut Player> {
        match self {
            Self::Lesson(player) => Some(player),
            Self::Sandbox(_) => None,
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
        }
    }

    /// Goes to another future.
    pub fn switch(&mut self, branch: BranchId) {
        match self {
            Self::Lesson(player) => player.switch(branch),
            Self::Sandbox(lab) => {
                lab.switch(branch);
            }
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
        }
    }
}
