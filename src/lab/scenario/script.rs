//! The lines of a script.

use std::fmt;

use super::ScenarioError;
use crate::engine::Micros;
use crate::lab::action::Action;
use crate::lab::length::Length;
use crate::text::Text;

/// When a line happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Not before this time since t = 0.
    At(Micros),
    /// So long after the line above.
    After(Micros),
    /// At the first moment at which this expression is true (budget 10 minutes).
    Holds(String),
}

/// One input of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptLine {
    /// Exactly after so many events; wins over the time if the model is the same.
    pub place: Option<u64>,
    /// When.
    pub when: When,
    /// What.
    pub action: Action,
}

/// A time as scripts write it: seconds with the digits they need.
fn seconds(at: Micros) -> String {
    at.to_string()
}

impl fmt::Display for ScriptLine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(event) = self.place {
            write!(f, "#{event} ")?;
        }
        match &self.when {
            When::At(at) => write!(f, "@{} {}", seconds(*at), self.action),
            When::After(Micros(0)) => self.action.fmt(f),
            When::After(length) => write!(f, "+{} {}", Length(*length), self.action),
            When::Holds(expression) => write!(f, "when {expression} : {}", self.action),
        }
    }
}

/// Reads `@1.25s`, or its error.
pub(super) fn time(text: &str) -> Result<Micros, Text> {
    let length = text.strip_prefix('@').and_then(|text| text.parse::<Length>().ok());
    length.map(|length| length.0).ok_or_else(|| {
        Text::new(
            format!("`{text}`: 시각은 @와 시간으로 씁니다 (예: @1.25s)"),
            format!("`{text}`: a time is written with @, a number and a unit, for example @1.25s"),
        )
    })
}

/// Reads a whole script. `at` is where it begins in the file, if its lines stand there as they are.
pub(super) fn parse(script: &str, at: Option<usize>) -> Result<Vec<ScriptLine>, ScenarioError> {
    let mut lines = Vec::new();
    let mut offset = 0;
    for raw in script.split_inclusive('\n') {
        let line = raw.trim();
        let is_note =
            line.strip_prefix('#').is_some_and(|rest| !rest.starts_with(|c: char| c.is_ascii_digit()));
        if !line.is_empty() && !is_note {
            let start = offset + (raw.len() - raw.trim_start().len());
            let parsed = one(line).map_err(|message| ScenarioError {
                message,
                span: at.map(|at| at + start..at + start + line.len()),
            })?;
            lines.push(parsed);
        }
        offset += raw.len();
    }
    Ok(lines)
}

fn one(line: &str) -> Result<ScriptLine, Text> {
    let (place, rest) = match line.strip_prefix('#') {
        Some(rest) => {
            let (number, rest) = rest.split_once(' ').unwrap_or((rest, ""));
            let place = number.parse::<u64>().map_err(|_| {
                Text::new(
                    format!("`#{number}`: #뒤에는 사건 번호를 씁니다"),
                    format!("`#{number}`: a number of events stands after #"),
                )
            })?;
            (Some(place), rest.trim_start())
        }
        None => (None, line),
    };
    if let Some(rest) = rest.strip_prefix("when ") {
        let (expression, action) = condition(rest)?;
        return Ok(ScriptLine { place, when: When::Holds(expression), action });
    }
    let (word, action) = rest.split_once(' ').unwrap_or((rest, ""));
    let (when, action) = match word.chars().next() {
        Some('@') => (When::At(time(word)?), action),
        Some('+') => {
            let length = word[1..]
                .parse::<Length>()
                .map_err(|e| Text::new(format!("`{word}`: +뒤에는 20ms처럼 시간을 씁니다"), e.to_string()))?;
            (When::After(length.0), action)
        }
        _ => (When::After(Micros::ZERO), rest),
    };
    let action = action.parse::<Action>().map_err(|error| error.message)?;
    Ok(ScriptLine { place, when, action })
}

/// `EXPRESSION : ACTION`; the colon of a CEL condition is told from ours by what follows it.
fn condition(text: &str) -> Result<(String, Action), Text> {
    let mut error = Text::new(
        "when 뒤에는 `식 : 동작`을 씁니다 (예: when leader('orders-0') == 'b2' : start b1)",
        "after when stand an expression, a colon and an action: when leader('orders-0') == 'b2' : start b1",
    );
    for (at, _) in text.rmatch_indices(" : ") {
        match text[at + 3..].parse::<Action>() {
            Ok(action) => return Ok((text[..at].trim().to_owned(), action)),
            Err(wrong) => error = wrong.message,
        }
    }
    Err(error)
}
