//! Plays a lesson on a lab: beats, prompts, the learner's own acts, and the way back.

mod show;

pub use show::{
    Acted, AnswerKind, Feedback, Kind, Links, Moved, Narration, News, Phase, Question, ScrubberBeat, Trouble,
};
