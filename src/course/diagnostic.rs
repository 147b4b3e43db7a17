//! What is wrong with a lesson file: where, why, and what to do about it, in both languages.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Element, Group, Level, Renderer, Snippet, renderer::DecorStyle};

use super::source::line_column;
use crate::text::sanitize::sanitize_line;
use crate::text::{Lang, Text};

/// A file and its text, shared by everything that points into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Path as given, for people.
    pub name: Arc<str>,
    /// The whole text.
    pub text: Arc<str>,
}

impl Source {
    /// A file with its text.
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: sanitize_line(name).into(), text: text.into() }
    }
}

/// One problem of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The file.
    pub source: Source,
    /// The offending bytes of its text.
    pub at: Range<usize>,
    /// What is wrong, one sentence.
    pub message: Text,
    /// The reason, shown at the offending text; may be empty.
    pub label: Text,
    /// What to do about it.
    pub fix: Option<Text>,
}

impl Diagnostic {
    /// A problem at the bytes `at` of `source`.
    pub fn new(source: &Source, at: Range<usize>, message: Text) -> Self {
        let source = source.clone();
        let end = at.end.min(source.text.len());
        Self { source, at: at.start.min(end)..end, message, label: Text::default(), fix: None }
    }

    /// The same problem with the reason at the offending text.
    #[must_use]
    pub fn label(mut self, label: Text) -> Self {
        self.label = label;
        self
    }

    /// The same problem with advice.
    #[must_use]
    pub fn fix(mut self, fix: Text) -> Self {
        self.fix = Some(fix);
        self
    }

    /// Line and column of the offending text, from 1; columns count characters.
    pub fn position(&self) -> (usize, usize) {
        line_column(&self.source.text, self.at.start)
    }

    /// The problem with an excerpt of the file, several lines without a line break at the end. `colour` adds ANSI
    /// colours.
    pub fn render(&self, lang: Lang, colour: bool) -> String {
        // Control characters of the file must not reach a terminal; replaced byte by byte, places stay true.
        let excerpt = defuse(&self.source.text);
        let label = self.label.get(lang);
        let mark = AnnotationKind::Primary.span(self.at.clone());
        let mark = if label.is_empty() { mark } else { mark.label(sanitize_line(label)) };
        let snippet = Snippet::source(excerpt).path(self.source.name.to_string()).annotation(mark);
        let word = |ko: &'static str, en: &'static str| if lang == Lang::Ko { ko } else { en };
        let level = Level::ERROR.with_name(word("오류", "error"));
        let mut group: Group<'_> =
            level.primary_title(sanitize_line(self.message.get(lang))).element(snippet);
        if let Some(fix) = &self.fix {
            let help = Level::HELP.with_name(word("도움", "help"));
            group = group.element(Element::from(help.message(sanitize_line(fix.get(lang)))));
        }
        let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Unicode).render(&[group]).trim_end().to_owned()
    }

    /// The problem in one line: `lessons/x.toml:3:7: message`.
    pub fn line(&self, lang: Lang) -> String {
        let (line, column) = self.position();
        format!("{}:{line}:{column}: {}", self.source.name, sanitize_line(self.message.get(lang)))
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.line(Lang::En))
    }
}

impl std::error::Error for Diagnostic {}

/// `text` with every character that could act on a terminal replaced by as many question marks as it has bytes.
fn defuse(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        let keeps = c == '\n' || (sanitize_line(c.encode_utf8(&mut [0; 4])).chars().eq([c]));
        if keeps {
            safe.push(c);
        } else if c == '\t' || c == '\r' {
            safe.push(' ');
        } else {
            safe.extend(std::iter::repeat_n('?', c.len_utf8()));
        }
    }
    safe
}

/// The one of `known` that is most like `given`, if any is like it at all.
pub(super) fn nearest<'a>(given: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (given.chars().count() / 3).max(1) + usize::from(given.len() > 5);
    let scored = known.into_iter().map(|name| (strsim::damerau_levenshtein(given, name), name));
    scored
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// The advice "did you mean …?", if something known is like `given`; else the list of what is known.
pub(super) fn did_you_mean<'a>(
    given: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<Text> {
    if let Some(name) = nearest(given, known.clone()) {
        return Some(Text::new(format!("`{name}`인가요?"), format!("did you mean `{name}`?")));
    }
    let list = known.into_iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
    (!list.is_empty()).then(|| Text::new(format!("쓸 수 있는 것: {list}"), format!("use one of {list}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str, at: &str) -> Diagnostic {
        let start = text.find(at).unwrap();
        let source = Source::new("lessons/x.toml", text);
        Diagnostic::new(&source, start..start + at.len(), Text::new("모르는 이름", "unknown name"))
            .label(Text::new("여기", "here"))
            .fix(Text::new("b1을 쓰세요", "use b1"))
    }

    #[test]
    fn the_mark_stands_under_the_offending_text_also_behind_hangul() {
        let found = problem("a = 1\nsay = \"가나다 {leader}\" # 끝\n", "leader");
        assert_eq!(found.position(), (2, 13));
        let shown = found.render(Lang::Ko, false);
        let lines: Vec<&str> = shown.lines().collect();
        let code = lines.iter().find(|line| line.contains("{leader}")).unwrap();
        let mark = lines.iter().find(|line| line.contains("━━━━━━")).unwrap();
        let cells = |line: &str, what: char| crate::text::width(line.split_once(what).unwrap().0);
        assert_eq!(cells(code, 'l'), cells(mark, '━'), "{shown}");
        assert!(shown.starts_with("오류: 모르는 이름"), "{shown}");
        assert!(shown.contains("도움: b1을 쓰세요") && shown.contains("lessons/x.toml:2:13"), "{shown}");
    }

    #[test]
    fn nothing_in_a_file_reaches_the_terminal_unchecked() {
        let shown =
            problem("say = \"\u{1b}[31m\u{9b}1m\u{202e}\u{7} leader\"", "leader").render(Lang::En, false);
        assert!(shown.chars().all(|c| c == '\n' || !c.is_control()), "{shown:?}");
        assert!(!shown.contains('\u{202e}') && shown.contains("leader"), "{shown}");
    }

    #[test]
    fn advice_names_the_nearest_or_lists_all() {
        assert_eq!(nearest("lader", ["leader", "isr"]), Some("leader"));
        assert_eq!(nearest("zzz", ["leader", "isr"]), None);
        assert_eq!(did_you_mean("focsu", ["focus", "scene"]).unwrap().en, "did you mean `focus`?");
        assert_eq!(did_you_mean("zzz", ["a", "b"]).unwrap().en, "use one of `a`, `b`");
        assert_eq!(did_you_mean("zzz", []), None);
    }
}
