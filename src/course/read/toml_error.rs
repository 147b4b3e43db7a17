//! What TOML and its reader complain about, in our words and in both languages.

use crate::course::diagnostic::{Diagnostic, Source, did_you_mean};
use crate::text::{Text, with_particle};

/// A problem that stopped the reader. It stops at the first one of a file.
pub(super) fn explain(source: &Source, error: &toml::de::Error) -> Diagnostic {
    let at = error.span().unwrap_or(0..0);
    let said = error.message();
    let problem = |message: Text| Diagnostic::new(source, at.clone(), message);
    if let Some(field) = between(said, "unknown field `") {
        let known = backticked(said.split_once("expected").map_or("", |(_, list)| list));
        let message = Text::new(
            format!("필드 {} 없습니다", ko(field, "은")),
            format!("there is no field `{field}` here"),
        );
        let found = problem(message);
        return match did_you_mean(field, known.iter().copied()) {
            Some(advice) => found.fix(advice),
            None => found,
        };
    }
    if let Some(field) = between(said, "missing field `") {
        return problem(Text::new(
            format!("필드 {} 빠졌습니다", ko(field, "이")),
            format!("the field `{field}` is missing"),
        ))
        .fix(Text::new(
            format!("이 표에 `{field} = …`을 더하세요"),
            format!("add `{field} = …` to this table"),
        ));
    }
    if let Some(rest) = said.strip_prefix("invalid type: ") {
        let (found, expected) = rest.split_once(", expected ").unwrap_or((rest, "something else"));
        return problem(Text::new(
            format!("값의 종류가 맞지 않습니다: {}", kind_ko(found)),
            format!("this value has the wrong type: {found}"),
        ))
        .label(Text::new(format!("필요한 것: {}", kind_ko(expected)), format!("expected {expected}")));
    }
    if let Some(variant) = between(said, "unknown variant `") {
        let known = backticked(said.split_once("expected").map_or("", |(_, list)| list));
        let found = problem(Text::new(
            format!("여기에 {} 쓸 수 없습니다", ko(variant, "은")),
            format!("`{variant}` cannot stand here"),
        ));
        return match did_you_mean(variant, known.iter().copied()) {
            Some(advice) => found.fix(advice),
            None => found,
        };
    }
    if let Some(key) = between(said, "duplicate key `").or_else(|| between(said, "duplicate field `")) {
        return problem(Text::new(
            format!("{} 두 번 나옵니다", ko(key, "이")),
            format!("`{key}` is given twice"),
        ));
    }
    if said.starts_with("the name of a setting has dots") {
        return problem(Text::new(
            "설정 이름에 점이 있으니 따옴표로 묶어야 합니다 (예: \"linger.ms\" = 5)",
            "the name of a setting has dots, so it must be quoted, like \"linger.ms\" = 5",
        ));
    }
    if said == "duplicate key" {
        return problem(Text::new(
            "이 이름은 이 표에 이미 있습니다",
            "this name is already taken in this table",
        ));
    }
    problem(Text::new(
        format!("TOML 문법에 맞지 않습니다: {said}"),
        format!("this is not valid TOML: {said}"),
    ))
}

/// `` `word`는 ``: the word in backticks and the particle that fits it.
fn ko(word: &str, particle: &str) -> String {
    let quoted = format!("`{word}`");
    with_particle(&quoted, particle).unwrap_or(quoted)
}

/// What stands between `open` and the next backtick.
fn between<'a>(text: &'a str, open: &str) -> Option<&'a str> {
    text.split_once(open).and_then(|(_, rest)| rest.split_once('`')).map(|(word, _)| word)
}

/// The words in backticks.
fn backticked(list: &str) -> Vec<&str> {
    list.split('`').skip(1).step_by(2).collect()
}

/// A type in Korean; what is not known stays as it is.
fn kind_ko(kind: &str) -> String {
    let words = [
        ("string", "문자열"),
        ("integer", "정수"),
        ("floating point", "실수"),
        ("boolean", "참·거짓"),
        ("sequence", "목록"),
        ("a sequence", "목록"),
        ("map", "표"),
        ("a map", "표"),
        ("a string", "문자열"),
        ("a boolean", "참·거짓"),
        ("a borrowed string", "문자열"),
        ("struct", "표"),
    ];
    let known = words.iter().filter(|(en, _)| kind.starts_with(en)).max_by_key(|(en, _)| en.len());
    match (known, kind) {
        (Some((en, ko)), _) => format!("{ko}{}", &kind[en.len()..]),
        (None, "u16" | "u32" | "u64" | "i64" | "usize") => "정수".to_owned(),
        (None, other) => other.to_owned(),
    }
}
