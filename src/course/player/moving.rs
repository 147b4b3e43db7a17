//! Back and forth in time.

use super::drive::Played;
use super::{Fork, Kind, Mark, Moved, Phase, Player, Trouble, What};
use crate::lab::{BranchId, Unit};

impl Player {
    /// One step forward. At rest the next beat is entered; a run moves by the unit; while an act waits, time passes.
    pub fn forward(&mut self, unit: Unit) -> Moved {
        let moved = self.go_forward(unit);
        self.wind_clock();
        moved
    }

    fn go_forward(&mut self, unit: Unit) -> Moved {
        if self.off_script() {
            return self.stepped(unit);
        }
        if !self.at_front() {
            return self.forward_in_the_past(unit);
        }
        match self.phase() {
            Phase::Asking => Moved::Prompt,
            Phase::Rest => self.next_beat(),
            Phase::Acting => self.wait_by(unit),
            Phase::Running | Phase::OffScript => self.run_by(unit),
        }
    }

    /// One step back along the branch. At the beginning of a beat the beat before is seen at rest.
    pub fn back(&mut self, unit: Unit) -> Moved {
        let moved = self.go_back(unit);
        self.wind_clock();
        moved
    }

    fn go_back(&mut self, unit: Unit) -> Moved {
        if self.off_script() {
            let before = self.lab.event();
            self.lab.back(unit);
            return if self.lab.event() < before { Moved::Stepped } else { Moved::Nothing };
        }
        while let Some(mark) = self.behind().next_back().copied().filter(|mark| mark.at == self.lab.event()) {
            match mark.what {
                What::Began if mark.beat == 0 => return Moved::Nothing,
                What::Began => {
                    self.passed -= 1;
                    return Moved::Entered;
                }
                What::Line(_) => {
                    self.passed -= 1;
                    return Moved::Stepped;
                }
                // The prompt and its answer are one picture.
                What::Answered | What::Goal | What::Ended(_) => self.passed -= 1,
            }
        }
        let bound = self.behind().next_back().map_or(0, |mark| mark.at);
        self.lab.back(unit);
        if self.lab.event() < bound {
            self.lab.seek(bound);
        }
        Moved::Stepped
    }

    /// Space: to the end of the run, or into the next beat.
    pub fn go_on(&mut self) -> Moved {
        let moved = self.go_on_or_stay();
        self.wind_clock();
        moved
    }

    fn go_on_or_stay(&mut self) -> Moved {
        match self.phase() {
            Phase::OffScript => Moved::Nothing,
            Phase::Running => self.skip_to_end(),
            Phase::Asking => Moved::Prompt,
            Phase::Acting if self.at_front() => Moved::Goal,
            Phase::Acting => self.skip_to_end(),
            Phase::Rest if self.at_front() => self.next_beat(),
            Phase::Rest => self.pass_mark(),
        }
    }

    /// To the end of the run of this beat.
    pub fn skip_to_end(&mut self) -> Moved {
        let moved = self.find_end();
        self.wind_clock();
        moved
    }

    fn find_end(&mut self) -> Moved {
        if self.off_script() {
            return Moved::Nothing;
        }
        if self.at_front() {
            return match self.phase() {
                Phase::Running => self.run_to_end(&mut Played::default()),
                Phase::Asking => Moved::Prompt,
                Phase::Acting => Moved::Goal,
                Phase::Rest | Phase::OffScript => Moved::Nothing,
            };
        }
        let ahead = &self.marks[self.passed..];
        let end = ahead.iter().find(|mark| matches!(mark.what, What::Ended(_) | What::Began));
        match end {
            Some(mark) => {
                let at = mark.at;
                self.lab.seek(at);
                self.pass_quiet_marks(true);
                Moved::Ended
            }
            None => {
                self.lab.seek(self.lab.end());
                self.passed = self.marks.len();
                Moved::Stepped
            }
        }
    }

    /// Backspace: to the beginning of this beat, from there to that of the beat before; off script, back to the script.
    pub fn previous_beat(&mut self) -> Moved {
        if self.off_script() {
            self.return_to_script();
            return Moved::Stepped;
        }
        let beat = self.beat();
        let at_beginning = self.began(beat).is_none_or(|mark| mark.at == self.lab.event());
        self.jump_to_beat(if at_beginning { beat.saturating_sub(1) } else { beat })
    }

    /// To the beginning of a beat that was entered.
    pub fn jump_to_beat(&mut self, beat: usize) -> Moved {
        let moved = self.find_beat(beat);
        self.wind_clock();
        moved
    }

    fn find_beat(&mut self, beat: usize) -> Moved {
        let Some(index) = self.marks.iter().position(|mark| mark.beat == beat && mark.what == What::Began)
        else {
            return Moved::Nothing;
        };
        self.rejoin();
        self.lab.seek(self.marks[index].at);
        self.passed = index + 1;
        self.pass_answer();
        Moved::Entered
    }

    /// To any event of this branch.
    pub fn jump(&mut self, event: u64) {
        self.find_event(event);
        self.wind_clock();
    }

    fn find_event(&mut self, event: u64) {
        self.lab.seek(event.min(self.lab.end()));
        if !self.off_script() {
            let here = self.lab.event();
            self.passed = self.marks.iter().take_while(|mark| mark.at <= here).count();
        }
    }

    /// Home: to the beginning.
    pub fn to_start(&mut self) {
        if self.off_script() {
            self.lab.seek(0);
        } else {
            self.jump_to_beat(0);
        }
    }

    /// End: to the furthest moment of this branch.
    pub fn to_end(&mut self) {
        self.jump(self.lab.end());
    }

    /// Off script: back to the moment where the branch left it.
    pub fn return_to_script(&mut self) {
        self.find_fork();
        self.wind_clock();
    }

    fn find_fork(&mut self) {
        let Some(fork) = self.forks.get(&self.lab.branch_id()).copied() else { return };
        self.lab.switch(BranchId::SCRIPT);
        self.lab.seek(fork.at);
        self.passed = fork.passed;
    }

    /// To another branch, at its end.
    pub fn switch(&mut self, branch: BranchId) {
        if branch == BranchId::SCRIPT {
            self.return_to_script();
        } else if let Some(fork) = self.forks.get(&branch).copied()
            && self.lab.switch(branch)
        {
            self.passed = fork.passed;
        }
    }

    /// A branch of one's own from here.
    pub fn fork_here(&mut self) -> BranchId {
        let fork = self.where_left();
        let branch = self.lab.fork();
        self.forks.insert(branch, fork);
        branch
    }

    /// Where the script is left, or was left when the present branch began.
    pub(super) fn where_left(&self) -> Fork {
        let here = Fork { at: self.lab.event(), passed: self.passed };
        self.forks.get(&self.lab.branch_id()).copied().unwrap_or(here)
    }

    pub(super) fn rejoin(&mut self) {
        if self.off_script() {
            self.return_to_script();
        }
    }

    pub(super) fn began(&self, beat: usize) -> Option<&Mark> {
        self.marks.iter().find(|mark| mark.beat == beat && mark.what == What::Began)
    }

    fn next_beat(&mut self) -> Moved {
        let next = self.beat() + 1;
        let Some(beat) = self.lesson.beats.get(next) else { return Moved::Nothing };
        if !beat.needs.iter().all(|placed| self.holds(placed)) {
            return Moved::Apart;
        }
        self.enter(next);
        Moved::Entered
    }

    fn stepped(&mut self, unit: Unit) -> Moved {
        let before = self.lab.event();
        self.lab.step(unit);
        if self.lab.event() > before { Moved::Stepped } else { Moved::Nothing }
    }

    fn forward_in_the_past(&mut self, unit: Unit) -> Moved {
        let next = self.marks.get(self.passed).copied();
        if next.is_some_and(|mark| mark.at <= self.lab.event()) {
            return self.pass_mark();
        }
        // Not past the next mark, and not past the end: the past is seen again, not written on.
        let bound = next.map_or(self.lab.end(), |mark| mark.at);
        let target = self.lab.event() + self.events_of(unit);
        self.lab.seek(target.min(bound));
        self.pass_quiet_marks(false);
        if self.phase() == Phase::Rest { Moved::Ended } else { Moved::Stepped }
    }

    /// Over the next mark, which is at this event.
    fn pass_mark(&mut self) -> Moved {
        let Some(mark) = self.marks.get(self.passed).copied() else { return Moved::Nothing };
        self.lab.seek(mark.at);
        self.passed += 1;
        self.pass_answer();
        match mark.what {
            What::Began => Moved::Entered,
            What::Line(_) => {
                self.pass_quiet_marks(false);
                if self.phase() == Phase::Rest { Moved::Ended } else { Moved::Line }
            }
            _ => Moved::Stepped,
        }
    }

    /// Over what happened at this event up to the beginning of another beat.
    fn pass_quiet_marks(&mut self, lines_too: bool) {
        let here = self.lab.event();
        while let Some(mark) = self.marks.get(self.passed)
            && mark.at <= here
            && mark.what != What::Began
            && (lines_too || !matches!(mark.what, What::Line(_)))
        {
            self.passed += 1;
        }
    }

    fn pass_answer(&mut self) {
        if self.current().kind == Kind::Predict {
            self.pass_quiet_marks(false);
        }
    }

    /// Whether the tank fits the next beat.
    pub fn next_fits(&self) -> Option<Trouble> {
        let beat = self.lesson.beats.get(self.beat() + 1)?;
        let apart = !beat.needs.iter().all(|placed| self.holds(placed));
        apart.then_some(Trouble::Needs)
    }
}
