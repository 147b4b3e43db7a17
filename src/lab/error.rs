//! What a lab says no to.

use std::fmt;

use super::cel::EvalError;
use super::spec::SpecError;
use crate::text::Text;

/// Why there is no lab.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LabError {
    /// The spec says what cannot be.
    Spec(Vec<SpecError>),
    /// The prologue took longer than 120 s of virtual time; what it waited for.
    Boot(&'static str),
    /// A line of `[start]` cannot be done.
    Start {
        /// The line.
        line: String,
        /// Why.
        message: Text,
    },
}

impl LabError {
    /// What happened, in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::Spec(errors) => errors.first().map_or_else(Text::default, |error| error.message.clone()),
            Self::Boot(what) => Text::new(
                format!("가상 시간 120초 안에 t = 0에 이르지 못했습니다. 기다리던 것: {what}"),
                format!("t = 0 was not reached within 120 s of virtual time; it waited for {what}"),
            ),
            Self::Start { line, message } => Text::new(
                format!("[start] `{line}`: {}", message.ko),
                format!("[start] `{line}`: {}", message.en),
            ),
        }
    }
}

impl fmt::Display for LabError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spec(errors) => {
                let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
                f.write_str(&lines.join("\n"))
            }
            Self::Boot(_) | Self::Start { .. } => f.write_str(&self.text().en),
        }
    }
}

impl std::error::Error for LabError {}

/// Why an action was not done. It is not recorded and changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActError {
    /// What is wrong and what would work, in both languages.
    pub message: Text,
}

impl ActError {
    /// A wait that would never end.
    pub(super) fn never() -> Self {
        Self::new("기다린 일이 끝내 일어나지 않았습니다.", "What was waited for did not happen in time.")
    }

    pub(super) fn new(ko: impl Into<String>, en: impl Into<String>) -> Self {
        Self { message: Text::new(ko, en) }
    }
}

impl fmt::Display for ActError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.en)
    }
}

impl std::error::Error for ActError {}

impl From<EvalError> for ActError {
    fn from(error: EvalError) -> Self {
        Self::new(format!("식을 계산할 수 없습니다: {error}"), error.to_string())
    }
}
