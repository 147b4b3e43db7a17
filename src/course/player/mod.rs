//! Plays a lesson on a lab: beats, prompts, the learner's own acts, and the way back.
//!
//! The script is played on the lab's first branch. Everything that happens to the lesson there is a mark at an event:
//! a beat began, its goal was reached, its prompt was answered, its run ended. Where the playhead stands in the lesson
//! follows from the marks behind it, so narration, prompt and picture go back and forth with time. The script itself
//! goes on only at the *front*, the end of that branch.

mod act;
mod drive;
mod moving;
mod predict;
mod reading;
mod show;
mod slices;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

pub use predict::{Truth, TruthError};
pub use show::{
    Acted, AnswerKind, CodeAt, Feedback, Kind, Links, Moved, Narration, News, Phase, Question, ScrubberBeat,
    Trouble,
};

use super::lesson::{Beat, Lesson};
use crate::lab::{ActError, BranchId, Lab, LabError, Sides, Twin};
use drive::Doing;

/// A lesson being played. Pure: no clock, no files; what progress should keep is taken with [`Player::take_news`].
#[derive(Clone)]
pub struct Player {
    lesson: Arc<Lesson>,
    lab: Twin,
    /// What happened to the lesson on that branch, in order.
    marks: Vec<Mark>,
    /// How many of the marks lie behind the playhead (or behind the fork, off script).
    passed: usize,
    /// Where the script stands at the front.
    doing: Doing,
    /// The time at the front (µs).
    front: u64,
    /// Where branches left the script: event and marks behind it.
    forks: BTreeMap<BranchId, Fork>,
    /// Answers by beat.
    answers: BTreeMap<usize, Feedback>,
    /// Hints shown by beat.
    hints: BTreeMap<usize, usize>,
    news: Vec<News>,
    /// Whose side texts take their values from, if not the beat's: a prompt speaks of a later beat with its own voice.
    voice: Option<Sides>,
}

impl fmt::Debug for Player {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Player({} at event {} in {:?}, {:?})",
            self.lesson.id,
            self.lab.event(),
            self.phase(),
            self.doing
        )
    }
}

/// Something that happened to the lesson.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Mark {
    /// After this event.
    at: u64,
    /// At this time (µs): a wait may have let the clock run on behind the event.
    now: u64,
    beat: usize,
    what: What,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum What {
    /// The beat began.
    Began,
    /// Its prompt was answered or skipped.
    Answered,
    /// Its program came to a line: an index into its lines.
    Line(usize),
    /// Its goal was reached.
    Goal,
    /// Its run ended, well or not.
    Ended(Option<Trouble>),
}

#[derive(Clone, Copy, Debug)]
struct Fork {
    at: u64,
    passed: usize,
}

impl Player {
    /// Boots the lesson's lab and enters its first beat; nothing has moved yet.
    ///
    /// # Errors
    /// The lab cannot be booted.
    pub fn new(lesson: Arc<Lesson>) -> Result<Self, LabError> {
        let lab = match &lesson.compare {
            Some(compare) => Twin::pair(&lesson.spec, &compare.right, lesson.seed)?,
            None => Twin::single(Lab::new(&lesson.spec, lesson.seed)?),
        };
        let mut player = Self {
            lesson,
            lab,
            marks: Vec::new(),
            passed: 0,
            doing: Doing::Done,
            front: 0,
            forks: BTreeMap::new(),
            answers: BTreeMap::new(),
            hints: BTreeMap::new(),
            news: Vec::new(),
            voice: None,
        };
        player.enter(0);
        Ok(player)
    }

    /// Boots the lab and replays the reference path up to the beginning of the beat called `beat` (slug or number from
    /// 1). A beat that is unknown, because the lesson was edited, means the first.
    ///
    /// # Errors
    /// The lab cannot be booted.
    pub fn resume(lesson: Arc<Lesson>, beat: &str) -> Result<Self, LabError> {
        let target = lesson.beat(beat).unwrap_or(0);
        let mut player = Self::new(lesson)?;
        while !player.catch_up(target) {}
        Ok(player)
    }

    /// The lesson.
    pub fn lesson(&self) -> &Arc<Lesson> {
        &self.lesson
    }

    /// The world that is shown, at the playhead; of two, the left one where both are shown.
    pub fn lab(&self) -> &Lab {
        self.lab.lab(self.side().first())
    }

    /// The lab, or the two labs that are compared.
    pub fn labs(&self) -> &Twin {
        &self.lab
    }

    /// Which of the two labs is shown and spoken of.
    pub fn side(&self) -> Sides {
        self.voice.unwrap_or(self.current().side)
    }

    /// The index of the beat at the playhead; off script, of the beat that was left.
    pub fn beat(&self) -> usize {
        self.behind().next_back().map_or(0, |mark| mark.beat)
    }

    /// The beat at the playhead.
    pub fn current(&self) -> &Beat {
        &self.lesson.beats[self.beat().min(self.lesson.beats.len() - 1)]
    }

    /// Whether the playhead is on a branch that the lesson did not write.
    pub fn off_script(&self) -> bool {
        self.lab.branch_id() != BranchId::SCRIPT
    }

    /// What the playhead stands in.
    pub fn phase(&self) -> Phase {
        if self.off_script() {
            return Phase::OffScript;
        }
        let beat = self.beat();
        let last = self.behind().next_back().map(|mark| mark.what);
        match (self.current().kind, last) {
            (_, Some(What::Ended(_) | What::Answered)) | (Kind::Recap, _) => Phase::Rest,
            (Kind::Predict, _) if self.answers.contains_key(&beat) => Phase::Rest,
            (Kind::Predict, _) => Phase::Asking,
            (Kind::Act, Some(What::Began) | None) => Phase::Acting,
            (Kind::Run | Kind::Act | Kind::Compare, _) => Phase::Running,
        }
    }

    /// What does not fit at the playhead: the beat's run had no end, or not the one that the lesson tells of.
    pub fn trouble(&self) -> Option<Trouble> {
        match self.behind().next_back()?.what {
            What::Ended(trouble) => trouble,
            _ => None,
        }
    }

    /// What happened since the last call, for progress.
    pub fn take_news(&mut self) -> Vec<News> {
        std::mem::take(&mut self.news)
    }

    /// The marks behind the playhead.
    fn behind(&self) -> std::slice::Iter<'_, Mark> {
        self.marks[..self.passed.min(self.marks.len())].iter()
    }

    /// Whether the playhead is where the script goes on.
    fn at_front(&self) -> bool {
        !self.off_script() && self.passed == self.marks.len() && self.lab.event() == self.lab.end()
    }

    /// The clock of a moment that is seen again stands where it stood: waits let it run on behind the last event.
    fn wind_clock(&mut self) {
        if self.off_script() {
            return;
        }
        let here = self.lab.event();
        if let Some(mark) = self.behind().next_back().filter(|mark| mark.at == here).copied() {
            self.lab.idle_to(mark.now);
        }
        if self.at_front() {
            self.lab.idle_to(self.front);
            self.front = self.lab.now();
        }
    }

    /// Whether the run of a beat goes on at the playhead, and has not been seen yet.
    pub fn is_running(&self) -> bool {
        self.at_front() && self.phase() == Phase::Running
    }

    /// Adds a mark at the front.
    fn mark(&mut self, what: What) {
        let mark = Mark { at: self.lab.event(), now: self.lab.now(), beat: self.beat(), what };
        self.marks.push(mark);
        self.passed = self.marks.len();
    }

    /// Enters a beat at the front.
    pub(in crate::course) fn enter(&mut self, beat: usize) {
        self.marks.push(Mark { at: self.lab.event(), now: self.lab.now(), beat, what: What::Began });
        self.passed = self.marks.len();
        self.lab.mark(crate::lab::Mark::Beat(self.current().id.clone()));
        self.doing = Doing::at_start(self.current(), self.lab.now());
        let last = beat + 1 == self.lesson.beats.len();
        self.news.push(News::Entered { beat: self.current().id.clone(), last });
    }
}
