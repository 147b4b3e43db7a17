//! What the learner does: on the script, or away from it. And the hints on the way.

use super::drive::Played;
use super::{ActError, Acted, Fork, Moved, Phase, Player};
use crate::lab::Action;
use crate::text::Lang;

impl Player {
    /// Does something to the tank, if that is on script (or the script is left already).
    ///
    /// # Errors
    /// The action names nothing that exists.
    pub fn act(&mut self, action: &Action) -> Result<Acted, ActError> {
        if self.off_script() {
            return self.act_freely(action);
        }
        if !self.is_on_script(action) {
            return Ok(Acted::WouldLeave);
        }
        self.lab.act(action)?;
        let reached = self.goal_is_near();
        if reached {
            self.reach_goal();
        }
        self.wind_clock();
        Ok(if reached { Acted::GoalReached } else { Acted::OnScript })
    }

    /// Does something to the tank on a branch of its own; the script's future stays.
    ///
    /// # Errors
    /// The action names nothing that exists; no branch is made then.
    pub fn leave_script(&mut self, action: &Action) -> Result<Acted, ActError> {
        if !self.off_script() {
            self.lab.clone().act(action)?; // no branch for what cannot be done
            self.fork_here();
        }
        self.act_freely(action)
    }

    /// Off script: in the past of a branch that makes one more.
    fn act_freely(&mut self, action: &Action) -> Result<Acted, ActError> {
        let left = self.where_left();
        let acted = self.lab.act(action)?;
        self.forks.insert(acted.branch, left);
        Ok(Acted::OffScript)
    }

    /// Whether an action belongs to the act beat that waits at the front.
    fn is_on_script(&self, action: &Action) -> bool {
        let Some(act) = &self.current().act else { return false };
        let allowed = act.allow.is_empty() || act.allow.iter().any(|pattern| pattern.matches(action));
        self.at_front() && self.phase() == Phase::Acting && (allowed || action.is_wait())
    }

    /// The next hint of the act beat that waits; the last one again when all are shown.
    pub fn hint(&mut self, lang: Lang) -> Option<String> {
        let hints = self.current().act.as_ref().map_or(0, |act| act.hints.len());
        if self.phase() != Phase::Acting || hints == 0 {
            return None;
        }
        let shown = self.hints.entry(self.marks[self.passed - 1].beat).or_default();
        *shown = (*shown + 1).min(hints);
        self.hints(lang).pop()
    }

    /// The hints shown so far in this beat.
    pub fn hints(&self, lang: Lang) -> Vec<String> {
        let shown = self.hints.get(&self.beat()).copied().unwrap_or(0);
        let hints = self.current().act.iter().flat_map(|act| &act.hints);
        hints.take(shown).map(|hint| self.fill(hint, lang)).collect()
    }

    /// Whether every hint is shown: what is left is [`Player::play_for_me`].
    pub fn hints_are_out(&self) -> bool {
        let hints = self.current().act.as_ref().map_or(0, |act| act.hints.len());
        self.hints.get(&self.beat()).copied().unwrap_or(0) >= hints
    }

    /// Does the learner's part of an act beat as its author would; the run then begins.
    pub fn play_for_me(&mut self) -> Moved {
        if !self.at_front() || self.phase() != Phase::Acting {
            return Moved::Nothing;
        }
        self.play_the_act(&mut Played::default());
        self.wind_clock();
        Moved::Stepped
    }

    /// Where the branches leave the script: event on the script's branch.
    pub(super) fn fork_events(&self) -> impl Iterator<Item = u64> {
        self.forks.values().map(|Fork { at, .. }| *at)
    }
}
