//! Reading and writing the file itself.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use toml::Spanned;

use super::script::{parse, time};
use super::{FORMAT, MODEL, Scenario, ScenarioError};
use crate::kafka::laws;
use crate::lab::cel::{Assertion, Expr, ExprError};
use crate::lab::length::Length;
use crate::lab::name::nearest;
use crate::lab::spec::{Cluster, Spec, Start};
use crate::lab::vocabulary::Vocabulary;
use crate::text::Text;
use crate::text::sanitize::sanitize_line;

/// An assertion as it stands in a file: a string, or a table for the forms that speak of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ExpectLine {
    /// True now.
    Now(String),
    /// True at some event.
    Ever(String),
    /// True without a break for so long.
    Hold(String, Length),
    /// The second after the first.
    FirstThen(String, String),
    /// Equal to its value at t = 0.
    Same(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    ever: Option<String>,
    hold: Option<String>,
    #[serde(rename = "for")]
    length: Option<Length>,
    first: Option<String>,
    then: Option<String>,
    same: Option<String>,
}

impl<'de> Deserialize<'de> for ExpectLine {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Form;
        const FORMS: &str = "an assertion: a string, { ever }, { hold, for }, { first, then } or { same }";
        impl<'de> Visitor<'de> for Form {
            type Value = ExpectLine;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(FORMS)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<ExpectLine, E> {
                Ok(ExpectLine::Now(text.to_owned()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<ExpectLine, A::Error> {
                let table = Table::deserialize(MapAccessDeserializer::new(map))?;
                match (table.ever, table.hold, table.length, table.first, table.then, table.same) {
                    (Some(ever), None, None, None, None, None) => Ok(ExpectLine::Ever(ever)),
                    (None, Some(hold), Some(length), None, None, None) => Ok(ExpectLine::Hold(hold, length)),
                    (None, None, None, Some(first), Some(then), None) => {
                        Ok(ExpectLine::FirstThen(first, then))
                    }
                    (None, None, None, None, None, Some(same)) => Ok(ExpectLine::Same(same)),
                    _ => Err(de::Error::custom(format!("expected {FORMS}"))),
                }
            }
        }
        deserializer.deserialize_any(Form)
    }
}

impl ExpectLine {
    /// The assertion.
    ///
    /// # Errors
    /// As [`Expr::compile`].
    pub fn compile(&self, names: &Vocabulary) -> Result<Assertion, ExprError> {
        let expr = |source: &str| Expr::compile(source, names);
        Ok(match self {
            Self::Now(now) => Assertion::Now(expr(now)?),
            Self::Ever(ever) => Assertion::Ever(expr(ever)?),
            Self::Hold(hold, length) => Assertion::Hold { expr: expr(hold)?, for_: length.0 },
            Self::FirstThen(first, then) => Assertion::FirstThen { first: expr(first)?, then: expr(then)? },
            Self::Same(same) => Assertion::Same(expr(same)?),
        })
    }
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

impl fmt::Display for ExpectLine {
    /// As TOML.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Now(now) => f.write_str(&quoted(now)),
            Self::Ever(ever) => write!(f, "{{ ever = {} }}", quoted(ever)),
            Self::Hold(hold, length) => write!(f, "{{ hold = {}, for = \"{length}\" }}", quoted(hold)),
            Self::FirstThen(first, then) => {
                write!(f, "{{ first = {}, then = {} }}", quoted(first), quoted(then))
            }
            Self::Same(same) => write!(f, "{{ same = {} }}", quoted(same)),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: Spanned<u32>,
    model: Option<u32>,
    title: Option<Text>,
    tells: Option<Text>,
    scene: Option<String>,
    seed: Option<u64>,
    script: Option<Spanned<String>>,
    #[serde(default)]
    expect: Vec<Spanned<ExpectLine>>,
    law: Option<Spanned<String>>,
    end: Option<Spanned<String>>,
    cluster: Cluster,
    #[serde(default)]
    start: Start,
}

fn error<T>(span: std::ops::Range<usize>, ko: String, en: String) -> Result<T, ScenarioError> {
    Err(ScenarioError { message: Text::new(ko, en), span: Some(span) })
}

impl Scenario {
    /// Reads a scenario file and checks all that it says.
    ///
    /// # Errors
    /// It is not TOML, has unknown fields or a higher format; the spec, a line of the script, an assertion, the law or the end is wrong.
    pub fn parse(text: &str) -> Result<Self, ScenarioError> {
        let file: File = toml::from_str(text).map_err(|e| ScenarioError {
            message: Text::new(format!("파일을 읽을 수 없습니다: {}", e.message()), e.message().to_owned()),
            span: e.span(),
        })?;
        if *file.format.get_ref() != FORMAT {
            let n = file.format.get_ref();
            let ko = format!("이 판은 형식 {FORMAT}만 읽습니다. 이 파일은 형식 {n}입니다.");
            let en = format!("This version reads format {FORMAT}; the file has format {n}.");
            return error(file.format.span(), ko, en);
        }
        let spec = Spec::new(file.cluster, file.start);
        if let Some(first) = spec.validate().into_iter().next() {
            return Err(ScenarioError { message: first.message, span: first.span });
        }
        let script = match &file.script {
            Some(script) => parse(script.get_ref(), verbatim(text, script))?,
            None => Vec::new(),
        };
        let mut names = Vocabulary::of(&spec);
        for line in &script {
            let checked = line.action.check(&names);
            checked.map_err(|message| ScenarioError {
                message,
                span: file.script.as_ref().map(Spanned::span),
            })?;
            names.learn(&line.action);
        }
        for line in &file.expect {
            let compiled = line.get_ref().compile(&names);
            compiled.map_err(|e| ScenarioError { message: e.message, span: Some(line.span()) })?;
        }
        if let Some(law) = &file.law {
            known_law(law)?;
        }
        let end = file.end.as_ref().map(parse_end).transpose()?;
        Ok(Self {
            model: file.model.unwrap_or(MODEL),
            title: file.title.as_ref().map(printable),
            tells: file.tells.as_ref().map(printable),
            scene: file.scene,
            seed: file.seed.unwrap_or(1),
            spec,
            script,
            expect: file.expect.into_iter().map(Spanned::into_inner).collect(),
            law: file.law.map(Spanned::into_inner),
            end,
        })
    }

    /// The scenario as a file that [`Scenario::parse`] reads back to the same.
    #[must_use]
    pub fn print(&self) -> String {
        let mut out = format!("format = {FORMAT}\nmodel = {}\n", self.model);
        for (name, text) in [("title", &self.title), ("tells", &self.tells)] {
            if let Some(text) = text {
                out += &format!("{name} = {{ ko = {}, en = {} }}\n", quoted(&text.ko), quoted(&text.en));
            }
        }
        if let Some(scene) = &self.scene {
            out += &format!("scene = {}\n", quoted(scene));
        }
        out += &format!("seed = {}\n", self.seed);
        let script: String = self.script.iter().map(|line| format!("{line}\n")).collect();
        if script.contains("'''") {
            out += &format!("script = {}\n", quoted(&script));
        } else if !script.is_empty() {
            out += &format!("script = '''\n{script}'''\n");
        }
        if !self.expect.is_empty() {
            let lines: String = self.expect.iter().map(|line| format!("  {line},\n")).collect();
            out += &format!("expect = [\n{lines}]\n");
        }
        if let Some(law) = &self.law {
            out += &format!("law = {}\n", quoted(law));
        }
        if let Some((event, at)) = self.end {
            let place = event.map(|n| format!("#{n} ")).unwrap_or_default();
            out += &format!("end = \"{place}@{}\"\n", crate::engine::Micros(at));
        }
        #[derive(Serialize)]
        struct Tables<'a> {
            cluster: &'a Cluster,
            #[serde(skip_serializing_if = "Start::is_empty")]
            start: &'a Start,
        }
        let tables = Tables { cluster: &self.spec.cluster, start: &self.spec.start };
        out.push('\n');
        out += &toml::to_string(&tables).unwrap_or_default();
        out
    }
}

/// One line of what a stranger may have written, without escape sequences.
fn printable(text: &Text) -> Text {
    Text::new(sanitize_line(&text.ko), sanitize_line(&text.en))
}

/// Where the lines of a string begin in the file, if they stand there as they are.
fn verbatim(text: &str, script: &Spanned<String>) -> Option<usize> {
    let span = script.span();
    let found = text.get(span.clone())?.find(script.get_ref().as_str())?;
    Some(span.start + found)
}

fn known_law(law: &Spanned<String>) -> Result<(), ScenarioError> {
    let id = law.get_ref().as_str();
    if laws::find(id).is_some() {
        return Ok(());
    }
    let near = nearest(id, laws::LAWS.iter().map(|law| law.id));
    let (hint_ko, hint_en) =
        near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(" Did you mean {n}?")));
    let (ko, en) =
        (format!("`{id}`: 그런 법칙은 없습니다.{hint_ko}"), format!("There is no law {id}.{hint_en}"));
    error(law.span(), ko, en)
}

/// `@75s`, or `#6000 @75s`.
fn parse_end(end: &Spanned<String>) -> Result<(Option<u64>, u64), ScenarioError> {
    let text = end.get_ref().trim();
    let (place, rest) = match text.strip_prefix('#').and_then(|rest| rest.split_once(' ')) {
        Some((number, rest)) => (number.parse().ok(), rest.trim_start()),
        None => (None, text),
    };
    let at = time(rest).map_err(|message| ScenarioError { message, span: Some(end.span()) })?;
    Ok((place, at.0))
}
