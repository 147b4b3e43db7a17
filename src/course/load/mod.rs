//! From a file to a [`Lesson`], or to everything that is wrong with it.
//!
//! Syntax, unknown fields and wrong types stop the reader at the first of them. All that is judged afterwards is
//! reported together, in the order of the file.

mod beat;
mod code;
mod compare;
pub(super) mod fields;
mod text;

use std::ops::Range;

use super::diagnostic::{Diagnostic, Source, did_you_mean};
use super::format::{FORMAT, LessonFile, Str};
use super::lesson::{Lesson, Placed, Step};
use super::read;
use super::source::within;
use super::visit::{AssertionFile, AssertionTable};
use crate::lab::{Action, Assertion, Claim, Expr, ExprError, Length, Pattern, Sides, Spec, Vocabulary};
use crate::text::Text;

/// Reads a lesson file. `name` is its path, for people.
///
/// # Errors
/// Everything that is wrong with it; at least one diagnostic.
pub fn load(name: &str, text: &str) -> Result<Lesson, Vec<Diagnostic>> {
    let source = Source::new(name, text);
    let file = read::lesson(&source).map_err(|problem| vec![*problem])?;
    let mut loader = Loader { source, names: Vocabulary::default(), problems: Vec::new(), side: Sides::Left };
    let lesson = loader.lesson(file);
    loader.problems.sort_by_key(|problem| problem.at.start);
    match lesson {
        Some(lesson) if loader.problems.is_empty() => Ok(lesson),
        _ => Err(loader.problems),
    }
}

/// What is known while a file is judged.
struct Loader {
    source: Source,
    /// Names of the spec, and those that the scripts add.
    names: Vocabulary,
    problems: Vec<Diagnostic>,
    /// Whose side the beat that is read is about.
    side: Sides,
}

impl Loader {
    fn lesson(&mut self, file: LessonFile) -> Option<Lesson> {
        if *file.format.get_ref() != FORMAT {
            self.problems.push(read::wrong_format(&self.source, &file.format));
            return None;
        }
        self.heading(&file);
        let title = self.plain_text(&file.title);
        let mut spec = Spec::new(file.cluster.clone(), file.start.clone());
        let seed = file.seed.unwrap_or(1);
        spec.seed = Some(seed);
        let compare = file.compare.as_ref().and_then(|written| self.compare(written, &mut spec));
        let mut errors = spec.validate();
        for error in compare.iter().flat_map(|compare| compare.right.validate()) {
            if !errors.contains(&error) {
                errors.push(error);
            }
        }
        for error in errors {
            let at = error.span.unwrap_or(0..0);
            self.problem(at, error.message);
        }
        self.names = Vocabulary::of(&spec);
        if let Some(compare) = &compare {
            self.names.add_processes_of(&compare.right);
        }
        self.names.pair = file.compare.is_some();
        // A question may speak of a record that a later beat sends.
        let beats = || file.beat.iter().map(|beat| beat.get_ref());
        let lines = beats().flat_map(|beat| beat.lines.iter().flat_map(|lines| lines.get_ref()));
        let in_lines = lines.flat_map(|line| line.get_ref().doing.iter());
        for line in beats().flat_map(|beat| beat.doing.iter()).chain(in_lines).flat_map(|list| list.get_ref())
        {
            self.learn(line.get_ref());
        }
        let code = self.samples(&file);
        let beats = self.beats(&file);
        Some(Lesson {
            id: file.id.into_inner(),
            number: file.number.into_inner(),
            title: title?,
            mirrors: words(file.mirrors),
            misconceptions: words(file.misconceptions),
            accuracy: file.accuracy.into_iter().map(toml::Spanned::into_inner).collect(),
            minutes: file.minutes.map(toml::Spanned::into_inner),
            seed,
            spec,
            compare,
            code: code?,
            beats: beats?,
            names: std::mem::take(&mut self.names),
            source: self.source.clone(),
        })
    }

    /// Learns the names that a line of a script makes; of a line that is wrong, the record that it meant to send.
    fn learn(&mut self, line: &str) {
        if let Ok(action) = line.parse::<Action>() {
            self.names.learn(&action);
        } else if let Some(id) = line.split_whitespace().skip_while(|word| *word != "--id").nth(1) {
            self.names.records.push(id.to_owned());
        }
    }

    fn heading(&mut self, file: &LessonFile) {
        self.slug(&file.id);
        let number = file.number.get_ref();
        if number.len() != 2 || !number.bytes().all(|b| b.is_ascii_digit()) {
            self.problem(
                file.number.span(),
                Text::new(
                    "number는 두 자리 숫자입니다 (예: \"05\")",
                    "number has two digits, for example \"05\"",
                ),
            );
        }
        for word in &file.mirrors {
            self.code(word, &["A", "T", "C", "R"], "A5", "글의 부분", "a part of the article");
        }
        for word in &file.misconceptions {
            self.code(word, &["M"], "M10", "오개념", "a misconception");
        }
        for row in file.accuracy.iter().filter(|row| *row.get_ref() == 0) {
            self.problem(
                row.span(),
                Text::new("accuracy의 행은 1부터입니다", "rows of accuracy count from 1"),
            );
        }
    }

    /// A letter and a number.
    fn code(&mut self, word: &Str, letters: &[&str], example: &str, ko: &str, en: &str) {
        let text = word.get_ref();
        let number = letters.iter().find_map(|letter| text.strip_prefix(letter));
        if number.is_none_or(|n| n.is_empty() || n.len() > 2 || !n.bytes().all(|b| b.is_ascii_digit())) {
            self.problem(
                word.span(),
                Text::new(
                    format!("`{text}`: {ko}이 아닙니다 (예: {example})"),
                    format!("`{text}` is not {en}, such as {example}"),
                ),
            );
        }
    }

    fn slug(&mut self, word: &Str) {
        let text = word.get_ref();
        let tail = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if !(text.starts_with(|c: char| c.is_ascii_lowercase()) && text.bytes().all(tail)) {
            self.problem(
                word.span(),
                Text::new(
                    format!("`{text}`: id는 영어 소문자로 시작하고 소문자, 숫자, -만 씁니다"),
                    format!("`{text}`: an id starts with a lower-case letter and has lower-case letters, digits and -"),
                ),
            );
        }
    }

    fn problem(&mut self, at: Range<usize>, message: Text) -> &mut Diagnostic {
        let last = self.problems.len();
        self.problems.push(Diagnostic::new(&self.source, at, message));
        &mut self.problems[last]
    }

    fn not_yet(&mut self, at: Range<usize>, what: &str) {
        self.problem(
            at,
            Text::new(
                format!("`{what}`: 이 버전에는 아직 없습니다"),
                format!("`{what}` is not in this version yet"),
            ),
        );
    }

    /// A line of a script.
    fn step(&mut self, line: &Str) -> Option<Placed<Step>> {
        let text = line.get_ref();
        let (sides, action) = self.sided_action(line)?;
        let step = match action {
            Action::Wait { length } => Step::Wait(length.0),
            Action::WaitUntil { expression } => {
                let at = text.find(&expression)?;
                let expr = self.expr_at(line.span(), &expression, at)?;
                Step::WaitUntil(Claim { sides: self.side, it: Assertion::Now(expr) })
            }
            action => Step::Act(action, sides),
        };
        Some(Placed { it: step, at: line.span(), text: text.clone() })
    }

    /// `left: crash b1`: what is done in one of two labs.
    fn sided_action(&mut self, line: &Str) -> Option<(Sides, Action)> {
        let text = line.get_ref();
        let named = text.split_once(": ").and_then(|(word, rest)| {
            let (_, sides) = Sides::WORDS.into_iter().find(|(name, _)| *name == word)?;
            Some((sides, rest.trim_start()))
        });
        let Some((sides, rest)) = named.filter(|_| self.names.pair) else {
            return Some((Sides::Both, self.action(line)?));
        };
        let start = text.len() - rest.len();
        let at = within(&self.source.text, &line.span(), start..text.len());
        Some((sides, self.action(&toml::Spanned::new(at, rest.to_owned()))?))
    }

    fn action(&mut self, line: &Str) -> Option<Action> {
        let text = line.get_ref();
        match text.parse::<Action>() {
            Ok(action) => match action.check(&self.names) {
                Ok(()) => Some(action),
                Err(message) => {
                    let at = self.blamed(line, &message);
                    self.problem(at, message);
                    None
                }
            },
            Err(error) => {
                let lead = text.len() - text.trim_start().len();
                let inner = error.at.map(|at| at.start + lead..at.end + lead);
                let at = inner.map_or(line.span(), |inner| within(&self.source.text, &line.span(), inner));
                self.problem(at, error.message);
                None
            }
        }
    }

    /// The word of an action that an error message is about, or the whole line.
    fn blamed(&self, line: &Str, message: &Text) -> Range<usize> {
        let text = line.get_ref();
        let words = text.split_whitespace().skip(1);
        let blamed = words.filter(|word| message.en.split([' ', '.', ':']).any(|said| said == *word)).last();
        let at = blamed.and_then(|word| text.rfind(word).map(|at| at..at + word.len()));
        at.map_or(line.span(), |inner| within(&self.source.text, &line.span(), inner))
    }

    fn pattern(&mut self, word: &Str) -> Option<Pattern> {
        let error = match Pattern::parse(word.get_ref()) {
            // A pattern that is a whole action must name things that exist.
            Ok(_) if word.get_ref().parse::<Action>().is_ok() && self.action(word).is_none() => return None,
            Ok(pattern) => return Some(pattern),
            Err(error) => error,
        };
        let fix = did_you_mean(&error.verb, crate::lab::action::verbs().collect::<Vec<_>>());
        let problem = self.problem(
            word.span(),
            Text::new(
                format!("`{}`: 그런 동작은 없습니다", error.verb),
                format!("`{}`: there is no such action", error.verb),
            ),
        );
        problem.fix = fix;
        None
    }

    fn length(&mut self, word: &Str) -> Option<crate::lab::Micros> {
        match word.get_ref().parse::<Length>() {
            Ok(length) => Some(length.0),
            Err(_) => {
                let text = word.get_ref();
                self.problem(
                    word.span(),
                    Text::new(
                        format!("`{text}`: 시간은 숫자와 단위로 씁니다 (예: 20ms, 45s, 10m, 7d)"),
                        format!(
                            "`{text}` is no length of time: write a number with its unit (20ms, 45s, 10m, 7d)"
                        ),
                    ),
                );
                None
            }
        }
    }

    fn expr(&mut self, word: &Str) -> Option<Expr> {
        self.expr_at(word.span(), word.get_ref(), 0)
    }

    /// A question that begins at byte `offset` of the string `literal`.
    fn expr_at(&mut self, literal: Range<usize>, text: &str, offset: usize) -> Option<Expr> {
        match Expr::compile(text, &self.names) {
            Ok(expr) => Some(expr),
            Err(ExprError { message, at, .. }) => {
                let inner = at.map(|at| at.start + offset..at.end.max(at.start + 1) + offset);
                let place = inner.map_or(literal.clone(), |inner| within(&self.source.text, &literal, inner));
                self.problem(place, message);
                None
            }
        }
    }

    fn assertions(
        &mut self,
        list: Option<&toml::Spanned<Vec<toml::Spanned<AssertionFile>>>>,
    ) -> Vec<Placed<Claim>> {
        let list = list.map(|list| list.get_ref().as_slice()).unwrap_or_default();
        list.iter().filter_map(|written| self.assertion(written)).collect()
    }

    fn assertion(&mut self, written: &toml::Spanned<AssertionFile>) -> Option<Placed<Claim>> {
        let at = written.span();
        let table = match written.get_ref() {
            AssertionFile::Now(text) => {
                let it = Assertion::Now(self.expr_at(at.clone(), text, 0)?);
                let it = Claim { sides: self.side, it };
                return Some(Placed { it, at, text: text.clone() });
            }
            AssertionFile::Table(table) => table,
        };
        let sides = self.named_side(table.lab.as_ref())?;
        let now = table.now.is_some();
        // Forms that speak of time are followed on one side; there `left` and `right` would be two clocks.
        let pair = self.names.pair;
        self.names.pair = pair && now;
        let it = self.claimed(at.clone(), table);
        self.names.pair = pair;
        let text = self.source.text.get(at.clone()).unwrap_or_default().to_owned();
        Some(Placed { it: Claim { sides, it: it? }, at, text })
    }

    fn claimed(&mut self, at: Range<usize>, table: &AssertionTable) -> Option<Assertion> {
        Some(
            match (&table.now, &table.ever, &table.hold, &table.lasts, &table.first, &table.then, &table.same)
            {
                (None, Some(ever), None, None, None, None, None) => Assertion::Ever(self.expr(ever)?),
                (None, None, Some(hold), Some(lasts), None, None, None) => {
                    let (expr, for_) = (self.expr(hold), self.length(lasts));
                    Assertion::Hold { expr: expr?, for_: for_? }
                }
                (None, None, None, None, Some(first), Some(then), None) => {
                    let (first, then) = (self.expr(first), self.expr(then));
                    Assertion::FirstThen { first: first?, then: then? }
                }
                (None, None, None, None, None, None, Some(same)) => Assertion::Same(self.expr(same)?),
                (Some(now), None, None, None, None, None, None) => Assertion::Now(self.expr(now)?),
                _ => {
                    let problem = self.problem(
                        at,
                        Text::new(
                            "이 조합은 조건이 아닙니다".to_owned(),
                            "these fields together are no assertion".to_owned(),
                        ),
                    );
                    problem.fix = Some(Text::new(
                        "문자열 하나, { ever }, { hold, for }, { first, then }, { same } 가운데 하나를 쓰세요",
                        "write a string, { ever }, { hold, for }, { first, then } or { same }",
                    ));
                    return None;
                }
            },
        )
    }
}

fn words(list: Vec<Str>) -> Vec<String> {
    list.into_iter().map(toml::Spanned::into_inner).collect()
}
