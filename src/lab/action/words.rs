//! The words of an action: how each kind is read, and what a wrong one is told.

use std::fmt;

use crate::engine::Micros;
use crate::kafka::share::AckType;
use crate::kafka::{Body, ErrorCode, Offset, SeekTo};
use crate::lab::length::Length;
use crate::lab::name;
use crate::lab::vocabulary::is_serial;
use crate::text::Text;

/// A word that is not what its place asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordError(pub Text);

impl fmt::Display for WordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.en)
    }
}

impl std::error::Error for WordError {}

/// `name=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// Kafka's name.
    pub name: String,
    /// Its value.
    pub value: String,
}

/// Up to where `delete-records` deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Upto {
    /// Below this offset.
    Offset(Offset),
    /// Everything that is committed.
    End,
}

impl fmt::Display for Upto {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Offset(offset) => offset.fmt(f),
            Self::End => f.write_str("end"),
        }
    }
}

pub fn upto(text: &str) -> Result<Upto, WordError> {
    match (text, text.parse::<u32>()) {
        ("end", _) => Ok(Upto::End),
        (_, Ok(offset)) => Ok(Upto::Offset(Offset(i64::from(offset)))),
        _ => refuse(
            format!("`{text}`: 오프셋(예: 3)이나 end를 쓰세요"),
            format!("`{text}`: write an offset (3) or end"),
        ),
    }
}

fn refuse<T>(ko: String, en: String) -> Result<T, WordError> {
    Err(WordError(Text::new(ko, en)))
}

pub fn id(text: &str) -> Result<String, WordError> {
    if name::is_id(text) {
        return Ok(text.to_owned());
    }
    refuse(
        format!("`{text}`: id는 영어 소문자로 시작하고 소문자, 숫자, _, -만 씁니다 (예: b1, p)"),
        format!(
            "`{text}`: an id starts with a lower-case letter and has lower-case letters, digits, _ and - (b1, p)"
        ),
    )
}

pub fn topic(text: &str) -> Result<String, WordError> {
    if name::is_topic(text) || name::is_id(text) {
        return Ok(text.to_owned());
    }
    refuse(
        format!("`{text}`: 토픽 이름은 영어 소문자로 시작하고 소문자, 숫자, _, -, .만 씁니다 (예: orders)"),
        format!(
            "`{text}`: a topic starts with a lower-case letter and has lower-case letters, digits, _, - and ."
        ),
    )
}

pub fn partition(text: &str) -> Result<String, WordError> {
    if name::is_partition(text) {
        return Ok(text.to_owned());
    }
    refuse(
        format!("`{text}`: 파티션은 토픽과 번호로 씁니다 (예: orders-0)"),
        format!("`{text}`: a partition is written with its topic and number, for example orders-0"),
    )
}

pub fn record(text: &str) -> Result<String, WordError> {
    if is_serial(text) {
        return refuse(
            format!(
                "`{text}`: r과 숫자로 된 이름은 보낸 순서대로 자동으로 붙습니다. 다른 이름을 쓰세요 (예: paid)"
            ),
            format!(
                "`{text}`: names like r1 are given by themselves, in order of sending; choose another (paid)"
            ),
        );
    }
    id(text)
}

/// Text of one line.
pub fn plain(text: &str) -> Result<String, WordError> {
    if !text.chars().any(char::is_control) {
        return Ok(text.to_owned());
    }
    refuse("제어 문자는 쓸 수 없습니다".into(), "control characters are not allowed".into())
}

/// As [`seek_to`], and a negative offset, which a client refuses.
pub fn any_seek(text: &str) -> Result<SeekTo, WordError> {
    match text.parse::<i32>() {
        Ok(offset) => Ok(SeekTo::Offset(Offset(i64::from(offset)))),
        Err(_) => seek_to(text),
    }
}

pub fn seek_to(text: &str) -> Result<SeekTo, WordError> {
    let time = text.strip_prefix('@').map(str::parse::<Length>);
    match (text, time, text.parse::<u32>()) {
        ("earliest", ..) => Ok(SeekTo::Earliest),
        ("latest", ..) => Ok(SeekTo::Latest),
        (_, Some(Ok(length)), _) => Ok(SeekTo::Timestamp(length.0)),
        (_, None, Ok(offset)) => Ok(SeekTo::Offset(Offset(i64::from(offset)))),
        _ => refuse(
            format!("`{text}`: 오프셋(예: 3), earliest, latest, @12s 가운데 하나를 쓰세요"),
            format!("`{text}`: write an offset (3), earliest, latest or @12s"),
        ),
    }
}

pub fn print_seek_to(to: SeekTo) -> String {
    match to {
        SeekTo::Earliest => "earliest".into(),
        SeekTo::Latest => "latest".into(),
        SeekTo::Offset(offset) => offset.to_string(),
        SeekTo::Timestamp(Micros(micros)) => format!("@{}", Length(Micros(micros))),
    }
}

pub fn length(text: &str) -> Result<Length, WordError> {
    text.parse().or_else(|_| {
        refuse(
            format!("`{text}`: 시간은 숫자와 단위로 씁니다 (예: 20ms, 45s, 10m, 7d)"),
            format!("`{text}`: write a number with its unit, for example 20ms, 45s, 10m, 7d"),
        )
    })
}

pub fn setting(text: &str) -> Result<Setting, WordError> {
    let good = |name: &str| name.starts_with(|c: char| c.is_ascii_lowercase());
    match text.split_once('=') {
        Some((name, value)) if good(name) && !text.chars().any(char::is_control) => {
            Ok(Setting { name: name.to_owned(), value: value.to_owned() })
        }
        _ => refuse(
            format!("`{text}`: 설정은 이름=값으로 씁니다 (예: acks=all)"),
            format!("`{text}`: a setting is written name=value, for example acks=all"),
        ),
    }
}

pub fn acknowledgement(text: &str) -> Result<AckType, WordError> {
    let found = AckType::CHOICES.iter().find(|how| how.name() == text);
    found.copied().ok_or(()).or_else(|()| {
        refuse(
            format!("`{text}`: accept, release, reject, renew 가운데 하나를 쓰세요"),
            format!("`{text}`: write accept, release, reject or renew"),
        )
    })
}

pub fn api(text: &str) -> Result<&'static str, WordError> {
    if let Some(api) = Body::APIS.iter().find(|api| api.eq_ignore_ascii_case(text)) {
        return Ok(api);
    }
    let near = name::nearest(text, Body::APIS.iter().copied());
    let (ko, en) =
        near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(", did you mean {n}?")));
    refuse(format!("`{text}`: 그런 요청은 없습니다.{ko}"), format!("`{text}`: there is no such request{en}"))
}

pub fn error_code(text: &str) -> Result<ErrorCode, WordError> {
    if let Some(code) = ErrorCode::on_the_wire().find(|code| code.name() == text) {
        return Ok(code);
    }
    let near = name::nearest(text, ErrorCode::on_the_wire().map(ErrorCode::name));
    let (ko, en) =
        near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(", did you mean {n}?")));
    refuse(
        format!("`{text}`: 그런 오류 이름은 없습니다.{ko}"),
        format!("`{text}`: there is no such error{en}"),
    )
}
