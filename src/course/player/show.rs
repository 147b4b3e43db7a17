//! What the player tells the interface: plain values for one moment, to be drawn as they are.

use crate::course::progress::Given;
use crate::text::Text;

/// What a beat asks of the learner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// To watch.
    Run,
    /// To answer before a later beat runs.
    Predict,
    /// To do something: the break-it moment.
    Act,
    /// To watch two labs side by side.
    Compare,
    /// To remember.
    Recap,
}

impl Kind {
    /// Kinds of this version, in the order of the documentation.
    pub const ALL: [Kind; 5] = [Kind::Run, Kind::Predict, Kind::Act, Kind::Compare, Kind::Recap];

    /// The word in lesson files.
    pub const fn word(self) -> &'static str {
        match self {
            Kind::Run => "run",
            Kind::Predict => "predict",
            Kind::Act => "act",
            Kind::Compare => "compare",
            Kind::Recap => "recap",
        }
    }
}

/// Where the playhead stands in its beat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The run of the beat is under way.
    Running,
    /// A prompt is open and holds everything until it is answered or skipped.
    Asking,
    /// The learner has not reached the goal of an act beat.
    Acting,
    /// The beat is played (or the prompt answered): the next beat may begin.
    Rest,
    /// On a branch that the lesson did not write.
    OffScript,
}

/// Why a learner's tank and the lesson do not fit together. Offered: the beat before, or the sandbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The next beat needs something that does not hold.
    Needs,
    /// What the lesson says about this beat does not hold.
    Expect,
    /// The run went on for its whole budget and its end never came.
    Stuck,
}

/// What stands beside the picture, in one language, values filled in. Lines are not wrapped; key pills are marked with
/// backticks ([`crate::text::Rich::parse`]).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Narration {
    /// The head line.
    pub head: String,
    /// The rest; a line break begins a new line.
    pub body: String,
    /// The line that invites to break something, while an act beat waits.
    pub invite: Option<String>,
    /// For the curious, opened by a key.
    pub more: Option<String>,
    /// Where the article is looser than Kafka, opened by a key.
    pub mark: Option<String>,
}

/// A program and where it stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CodeAt<'a> {
    /// `producer.py`.
    pub file: &'a str,
    /// The client that runs it.
    pub client: &'a str,
    /// Its text.
    pub text: &'a str,
    /// The statement it has come to: first and last line from 1; none before the first.
    pub at: Option<(u32, u32)>,
    /// What runs inside that statement just now: a callback.
    pub inside: Option<(u32, u32)>,
}

/// How a prompt is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// By one of the choices.
    Choice,
    /// By a number.
    Number,
    /// By pointing at an element of the scene.
    Point,
}

/// An open prompt, or one that was answered, in one language.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// What is asked.
    pub ask: String,
    /// How it is answered.
    pub kind: AnswerKind,
    /// The choices, if it is answered by one; the first is number 1.
    pub choices: Vec<String>,
}

/// The judgement of an answer, from the future that was computed for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Feedback {
    /// What was answered.
    pub given: Given,
    /// Confidence: 1 low, 2 middle, 3 high; 0 if skipped.
    pub sure: u8,
    /// It is what the model does.
    pub right: bool,
    /// What the model does: the number of the choice, or the value.
    pub truth: Given,
    /// What the lesson says to this answer; empty if skipped.
    pub text: Text,
    /// The misconception that the answer stands for.
    pub misconception: Option<String>,
}

/// What came of the wish to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acted {
    /// Done; the lesson goes on.
    OnScript,
    /// Done, and with it the goal of the beat is reached: its run begins.
    GoalReached,
    /// Not done: it would leave the script here. Ask, then [`super::Player::leave_script`].
    WouldLeave,
    /// Done on another branch.
    OffScript,
}

/// What came of the wish to go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    /// The playhead moved in its beat.
    Stepped,
    /// The program of the beat came to its next line, and called what it calls.
    Line,
    /// The run of the beat has ended here.
    Ended,
    /// Another beat began.
    Entered,
    /// The prompt has to be answered or skipped first.
    Prompt,
    /// The goal of the act beat has to be reached first.
    Goal,
    /// The next beat needs something that does not hold.
    Apart,
    /// There is nothing further in this direction.
    Nothing,
}

/// One beat on the scrubber.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScrubberBeat {
    /// What it asks.
    pub kind: Kind,
    /// It shows another scene than the beat before it.
    pub new_scene: bool,
    /// Something breaks in it.
    pub fault: bool,
    /// It was entered: at this event on the script's branch.
    pub began: Option<u64>,
    /// A branch leaves the script in it.
    pub fork: bool,
}

/// Where a recap leads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Links {
    /// An older predict, to be asked again: lesson and beat.
    pub retrieve: Option<(String, String)>,
    /// The challenge that uses the lesson, `C07`.
    pub challenge: Option<String>,
}

/// Something that progress should keep, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// A beat was entered for the first time.
    Entered {
        /// Its id.
        beat: String,
        /// It is the last one.
        last: bool,
    },
    /// A prompt was answered or skipped.
    Answered {
        /// Its id.
        beat: String,
        /// With what result.
        feedback: Feedback,
    },
}
