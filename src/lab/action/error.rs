//! Why a line is no action, in both languages.

use std::error::Error as _;
use std::fmt;

use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::help::{help, verbs};
use super::words::WordError;
use crate::lab::name;
use crate::text::{Text, with_particle};

/// Why a line is no action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionError {
    /// What is wrong and what to write instead.
    pub message: Text,
    /// The word that is wrong: its place in the trimmed line, in bytes.
    pub at: Option<std::ops::Range<usize>>,
    /// What was probably meant.
    pub suggestion: Option<String>,
}

impl fmt::Display for ActionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message.en)
    }
}

impl std::error::Error for ActionError {}

/// A line with invisible characters is refused before anything else looks at it.
pub(super) fn only_printable(line: &str) -> Result<(), ActionError> {
    let found = line.char_indices().find(|(_, c)| c.is_control());
    found.map_or(Ok(()), |(at, c)| {
        let code = u32::from(c);
        Err(ActionError {
            message: Text::new(
                format!("제어 문자(U+{code:04X})가 들어 있습니다. 지우고 다시 써 주세요."),
                format!("There is a control character (U+{code:04X}) in the line. Remove it and try again."),
            ),
            at: Some(at..at + c.len_utf8()),
            suggestion: None,
        })
    })
}

/// `value` with a Korean particle.
fn ko(value: &str, particle: &str) -> String {
    with_particle(value, particle).unwrap_or_else(|| value.to_owned())
}

impl ActionError {
    fn new(message: Text) -> Self {
        Self { message, at: None, suggestion: None }
    }

    fn pointing(mut self, line: &str, word: &str) -> Self {
        self.at = line.find(word).filter(|_| !word.is_empty()).map(|at| at..at + word.len());
        self
    }

    pub(super) fn open_quote(line: &str) -> Self {
        let at = line.rfind(['\'', '"', '\\']);
        Self {
            message: Text::new("따옴표가 닫히지 않았습니다.", "A quote is not closed."),
            at: at.map(|at| at..line.len()),
            suggestion: None,
        }
    }

    pub(super) fn id_and_count(line: &str) -> Self {
        Self::new(Text::new(
            "--id는 레코드 하나의 이름입니다. --count와 함께 쓸 수 없습니다.",
            "--id names one record; it cannot stand beside --count.",
        ))
        .pointing(line, "--id")
    }

    /// Our own words for what clap found.
    pub(super) fn from_clap(line: &str, words: &[String], error: &clap::Error) -> Self {
        let text = |kind| match error.get(kind) {
            Some(ContextValue::String(s)) => s.clone(),
            Some(ContextValue::Strings(list)) => list.join(" "),
            Some(ContextValue::Number(n)) => n.to_string(),
            _ => String::new(),
        };
        let verb = words.first().map_or("", String::as_str);
        let usage = help(verb).map(|h| format!("{} {}", h.verb, h.usage)).unwrap_or_default();
        let usage = usage.trim();
        let word = text(ContextKind::InvalidArg);
        match error.kind() {
            ErrorKind::InvalidSubcommand
            | ErrorKind::MissingSubcommand
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayHelp => Self::unknown_verb(line, verb),
            _ if !verbs().any(|v| v == verb) => Self::unknown_verb(line, verb),
            ErrorKind::UnknownArgument => Self::unknown_word(line, &word, usage),
            ErrorKind::MissingRequiredArgument => Self::new(Text::new(
                format!("{} 빠졌습니다. 쓰는 법: {usage}", ko(&word, "이")),
                format!("{word} is missing. Usage: {usage}"),
            )),
            ErrorKind::ValueValidation | ErrorKind::InvalidValue => {
                let value = text(ContextKind::InvalidValue);
                Self::bad_value(&word, &value, usage, error).pointing(line, &value)
            }
            ErrorKind::ArgumentConflict => Self::new(if text(ContextKind::PriorArg) == word {
                Text::new(format!("{} 두 번 나옵니다.", ko(&word, "이")), format!("{word} is given twice."))
            } else {
                let other = text(ContextKind::PriorArg);
                Text::new(
                    format!("{} {} 함께 쓸 수 없습니다.", ko(&word, "은"), ko(&other, "과")),
                    format!("{word} cannot stand beside {other}."),
                )
            })
            .pointing(line, word.split_whitespace().next().unwrap_or_default()),
            _ => Self::new(Text::new(format!("쓰는 법: {usage}"), format!("Usage: {usage}"))),
        }
    }

    fn unknown_verb(line: &str, verb: &str) -> Self {
        if verb.is_empty() {
            return Self::new(Text::new(
                "동작을 쓰세요. 예: produce p",
                "Type an action, for example: produce p",
            ));
        }
        let near = name::nearest(verb, verbs());
        let (hint_ko, hint_en) =
            near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(" Did you mean {n}?")));
        let message = Text::new(
            format!("`{verb}`: 그런 동작은 없습니다.{hint_ko}"),
            format!("`{verb}`: there is no such action.{hint_en}"),
        );
        Self { suggestion: near.map(str::to_owned), ..Self::new(message).pointing(line, verb) }
    }

    fn unknown_word(line: &str, word: &str, usage: &str) -> Self {
        let options =
            usage.split(|c: char| !c.is_ascii_alphanumeric() && c != '-').filter(|o| o.starts_with("--"));
        let near = name::nearest(word, options);
        let (hint_ko, hint_en) =
            near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(" Did you mean {n}?")));
        let message = Text::new(
            format!("`{word}`: 여기에 쓸 수 없는 말입니다.{hint_ko} 쓰는 법: {usage}"),
            format!("`{word}` does not belong here.{hint_en} Usage: {usage}"),
        );
        Self { suggestion: near.map(str::to_owned), ..Self::new(message).pointing(line, word) }
    }

    fn bad_value(place: &str, value: &str, usage: &str, error: &clap::Error) -> Self {
        if let Some(WordError(message)) = error.source().and_then(|source| source.downcast_ref()) {
            return Self::new(message.clone());
        }
        if value.is_empty() {
            return Self::new(Text::new(
                format!("{place}에 값이 없습니다. 쓰는 법: {usage}"),
                format!("{place} has no value. Usage: {usage}"),
            ));
        }
        Self::new(Text::new(
            format!(
                "{place}: {} 쓸 수 없습니다. 범위 안의 정수가 필요합니다. 쓰는 법: {usage}",
                ko(&format!("`{value}`"), "은")
            ),
            format!("{place}: `{value}` does not fit; a whole number in range is needed. Usage: {usage}"),
        ))
    }
}
