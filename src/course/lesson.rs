//! A lesson that was read and judged: every name known, every question compiled.

use std::ops::Range;

use toml::Spanned;

use super::diagnostic::Source;
use super::player::{AnswerKind, Kind};
use super::prose::{Lines, Prose};
use crate::lab::Micros;
use crate::lab::{Action, Claim, Expr, Pattern, Sides, Spec, Vocabulary};
use crate::text::Text;

/// A lesson.
#[derive(Clone, Debug)]
pub struct Lesson {
    /// Slug, also on the command line and in progress.
    pub id: String,
    /// Two digits: its place in the course.
    pub number: String,
    /// Its title.
    pub title: Text,
    /// Parts of the article that it brings to life: `A5`, `T1`, `C2`, `R1`.
    pub mirrors: Vec<String>,
    /// Misconceptions that its predicts meet: `M10`.
    pub misconceptions: Vec<String>,
    /// Rows of the accuracy check that it shows.
    pub accuracy: Vec<u16>,
    /// About how long it takes.
    pub minutes: Option<u16>,
    /// Seed of its lab.
    pub seed: u64,
    /// Its cluster and prologue.
    pub spec: Spec,
    /// Two labs side by side, if it compares.
    pub compare: Option<Compare>,
    /// Its code samples.
    pub code: Vec<Code>,
    /// Its beats, at least one.
    pub beats: Vec<Beat>,
    /// Every name that may be spoken of in it.
    pub names: Vocabulary,
    /// Its file.
    pub source: Source,
}

impl Lesson {
    /// The index of a beat by its slug or by its number from 1.
    pub fn beat(&self, name: &str) -> Option<usize> {
        let by_slug = self.beats.iter().position(|beat| beat.id == name);
        let number = || name.parse::<usize>().ok().filter(|n| (1..=self.beats.len()).contains(n));
        by_slug.or_else(|| number().map(|n| n - 1))
    }

    /// The file name without folder and ending: `00-tour`.
    pub fn file_stem(&self) -> String {
        format!("{}-{}", self.number, self.id)
    }
}

/// What a lesson compares: two labs from one spec and one seed that differ in one setting.
#[derive(Clone, Debug)]
pub struct Compare {
    /// A client, a topic or `cluster`.
    pub of: String,
    /// The setting.
    pub key: String,
    /// Its value on the left and on the right.
    pub values: [String; 2],
    /// The cluster of the right lab; the lesson's own is the left one.
    pub right: Spec,
}

/// A picture and its settings.
#[derive(Clone, Debug, PartialEq)]
pub struct SceneSpec {
    /// `cluster`, `log`, …
    pub name: String,
    /// Settings that only this scene understands.
    pub params: toml::Table,
}

/// How the time of a run is shown. It never changes what happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pace {
    /// Quiet stretches are leapt over, the rest is slowed down.
    #[default]
    Film,
    /// Only the leap and the end are shown.
    Skip,
    /// Proportional to virtual time.
    Real,
}

impl Pace {
    /// Words in lesson files; no word = [`Pace::Film`].
    pub const WORDS: [(&'static str, Pace); 2] = [("skip", Pace::Skip), ("real", Pace::Real)];
}

/// A program that the lesson shows.
#[derive(Clone, Debug)]
pub struct Code {
    /// Its name in the lesson.
    pub id: String,
    /// `producer.py`.
    pub file: String,
    /// The client of the cluster that runs it.
    pub client: String,
    /// Its lines.
    pub text: String,
    /// Where the marker jumps while something happens in this client.
    pub jumps: Vec<Jump>,
}

/// What runs somewhere else in a program, inside the call that has not returned.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Jump {
    /// The note that says that it runs: `CallbackRun`.
    pub note: String,
    /// First and last line, from 1.
    pub lines: (u32, u32),
}

/// A statement that a beat runs.
#[derive(Clone, Debug)]
pub struct CodeLine {
    /// The sample: an index into [`Lesson::code`].
    pub code: usize,
    /// First and last line, from 1.
    pub lines: (u32, u32),
    /// Narration from here on; none = it stays.
    pub say: Option<Prose>,
}

/// A beat.
#[derive(Clone, Debug)]
pub struct Beat {
    /// Slug, unique in the lesson.
    pub id: String,
    /// What it asks of the learner.
    pub kind: Kind,
    /// The picture in force; inherited from an earlier beat that names one.
    pub scene: SceneSpec,
    /// This beat names the scene itself.
    pub names_scene: bool,
    /// Which lab is shown and spoken of; [`Sides::Left`] where there is only one.
    pub side: Sides,
    /// Elements to look at.
    pub focus: Vec<Spanned<String>>,
    /// What must hold for the beat to begin.
    pub needs: Vec<Placed<Claim>>,
    /// Narration while it runs; also while an act waits.
    pub say: Option<Prose>,
    /// Narration when it has run; none = `say` stays.
    pub then: Option<Prose>,
    /// For the curious.
    pub more: Option<Prose>,
    /// Where the article is looser than Kafka.
    pub mark: Option<Prose>,
    /// What happens in it; empty for predict and recap.
    pub run: Run,
    /// The lines of a sample that it runs; [`Step::Line`] says when.
    pub lines: Vec<CodeLine>,
    /// What must be true when it has run.
    pub expect: Vec<Placed<Claim>>,
    /// The prompt of a predict.
    pub predict: Option<Predict>,
    /// The learner's part of an act.
    pub act: Option<Act>,
    /// What a recap says.
    pub recap: Option<Recap>,
    /// The scene's name in the file, or the beat's id.
    pub at: Range<usize>,
}

impl Lesson {
    /// Whether a beat, or the one that it asks about, keeps the machine busy for many seconds.
    #[must_use]
    pub fn is_long(&self, beat: usize) -> bool {
        let Some(beat) = self.beats.get(beat) else { return false };
        let of = beat.predict.as_ref().and_then(|predict| self.beats.get(predict.of));
        beat.run.long || of.is_some_and(|of| of.run.long)
    }
}

impl Beat {
    /// The elements to look at.
    pub fn focus(&self) -> impl Iterator<Item = &str> {
        self.focus.iter().map(|word| word.get_ref().as_str())
    }
}

/// Something and where it stands in the lesson's file.
#[derive(Clone, Debug)]
pub struct Placed<T> {
    /// The thing.
    pub it: T,
    /// Its bytes in the file.
    pub at: Range<usize>,
    /// As it is written.
    pub text: String,
}

impl Placed<Expr> {
    /// Its side: that of the beat it stands in.
    pub fn side(&self, beat: &Beat) -> crate::lab::Side {
        beat.side.first()
    }
}

/// What happens in a beat.
#[derive(Clone, Debug)]
pub struct Run {
    /// Inputs and waits, in order.
    pub doing: Vec<Placed<Step>>,
    /// When it ends.
    pub until: Until,
    /// How it is shown.
    pub pace: Pace,
    /// How long it may take, µs of virtual time.
    pub budget: Micros,
    /// It keeps the machine busy for many seconds.
    pub long: bool,
}

impl Default for Run {
    fn default() -> Self {
        Self { doing: Vec::new(), until: Until::Settled, pace: Pace::Film, budget: Run::BUDGET, long: false }
    }
}

impl Run {
    /// Virtual time that a run may take unless it says otherwise.
    pub const BUDGET: Micros = Micros::secs(120);
    /// Events that a run of that length may take.
    pub const EVENTS: u64 = 200_000;

    /// Events that it may take.
    pub fn events(&self) -> u64 {
        let budgets = self.budget.0.div_ceil(Self::BUDGET.0).max(1);
        Self::EVENTS.saturating_mul(budgets)
    }
}

/// One line of a script.
#[derive(Clone, Debug)]
pub enum Step {
    /// Change the world; of two, one or both.
    Act(Action, Sides),
    /// Let time pass.
    Wait(Micros),
    /// Let time pass until this holds.
    WaitUntil(Claim),
    /// The program comes to this line: an index into [`Beat::lines`].
    Line(usize),
}

/// When a run ends.
#[derive(Clone, Debug)]
pub enum Until {
    /// Nothing loud is on its way.
    Settled,
    /// So much time has passed since the script of the beat was through, µs.
    Elapsed(Micros),
    /// All of these hold.
    Holds(Vec<Placed<Claim>>),
}

/// A prompt.
#[derive(Clone, Debug)]
pub struct Predict {
    /// The index of the later beat at whose end the truth is taken.
    pub of: usize,
    /// What is asked.
    pub ask: Prose,
    /// Whose side its questions are about.
    pub side: Sides,
    /// How it is answered.
    pub kind: AnswerKind,
    /// The choices; empty for other answers.
    pub choices: Vec<Choice>,
    /// The value to be guessed, for a number or a point.
    pub value: Option<Placed<Expr>>,
    /// Feedback for a number or a point.
    pub why: Option<Prose>,
    /// Where the prompt stands in the file.
    pub at: Range<usize>,
}

/// A choice.
#[derive(Clone, Debug)]
pub struct Choice {
    /// It is right if this holds in the future of the prompt.
    pub when: Placed<Expr>,
    /// What it says.
    pub text: Prose,
    /// What is said to it.
    pub why: Prose,
    /// The misconception that it stands for.
    pub misconception: Option<String>,
}

/// The learner's part of an act.
#[derive(Clone, Debug)]
pub struct Act {
    /// What is on script; empty = anything.
    pub allow: Vec<Pattern>,
    /// When the run begins.
    pub goal: Vec<Placed<Claim>>,
    /// Help, from faint to plain.
    pub hints: Vec<Prose>,
    /// The line that invites to break something.
    pub invite: Option<Prose>,
}

/// The end of a lesson.
#[derive(Clone, Debug)]
pub struct Recap {
    /// What to keep.
    pub remember: Lines,
    /// An older predict, to be asked again: lesson and beat.
    pub retrieve: Option<Spanned<String>>,
    /// The challenge that uses the lesson.
    pub challenge: Option<String>,
}
