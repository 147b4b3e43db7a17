//! Texts: both languages present, no forbidden character, every question in them compiled.

use std::ops::Range;

use toml::Spanned;

use super::Loader;
use crate::course::format::{LinesFile, Str, TextFile};
use crate::course::prose::{Lines, Piece, Prose, Template};
use crate::course::source::within;
use crate::text::sanitize::{forbidden_chars, sanitize};
use crate::text::{Lang, Text, template};

impl Loader {
    /// A text without questions in it.
    pub(super) fn plain_text(&mut self, text: &Spanned<TextFile>) -> Option<Text> {
        let (ko, en) = self.both(text.span(), text.get_ref().ko.as_ref(), text.get_ref().en.as_ref());
        let (ko, en) = (ko?, en?);
        self.characters(ko);
        self.characters(en);
        Some(Text::new(sanitize(ko.get_ref()), sanitize(en.get_ref())))
    }

    /// A text with questions in it.
    pub(super) fn prose(&mut self, text: Option<&Spanned<TextFile>>) -> Option<Prose> {
        let text = text?;
        self.prose_of(text.span(), text.get_ref().ko.as_ref(), text.get_ref().en.as_ref())
    }

    pub(super) fn prose_of(&mut self, at: Range<usize>, ko: Option<&Str>, en: Option<&Str>) -> Option<Prose> {
        let (ko, en) = self.both(at, ko, en);
        let ko = ko.and_then(|ko| self.template(ko));
        let en = en.and_then(|en| self.template(en));
        Some(Prose { ko: ko?, en: en? })
    }

    /// Exactly three lines a language.
    pub(super) fn lines(&mut self, lines: &Spanned<LinesFile>) -> Option<Lines> {
        let (ko, en) = self.both(lines.span(), lines.get_ref().ko.as_ref(), lines.get_ref().en.as_ref());
        let mut read = |list: &Spanned<Vec<Str>>| {
            if list.get_ref().len() != 3 {
                let message = Text::new("remember는 세 줄입니다", "remember has exactly three lines");
                self.problem(list.span(), message);
            }
            list.get_ref().iter().map(|line| self.template(line)).collect::<Option<Vec<_>>>()
        };
        let (ko, en) = (ko.and_then(&mut read), en.and_then(&mut read));
        Some(Lines { ko: ko?, en: en? })
    }

    /// Complains about a missing language.
    fn both<'a, T>(
        &mut self,
        at: Range<usize>,
        ko: Option<&'a T>,
        en: Option<&'a T>,
    ) -> (Option<&'a T>, Option<&'a T>) {
        for (lang, missing) in [(Lang::Ko, ko.is_none()), (Lang::En, en.is_none())] {
            if missing {
                let code = lang.code();
                let name = if lang == Lang::Ko { ("한국어", "Korean") } else { ("영어", "English") };
                let problem = self.problem(
                    at.clone(),
                    Text::new(format!("{} 글이 없습니다", name.0), format!("the {} text is missing", name.1)),
                );
                problem.fix =
                    Some(Text::new(format!("{code} = \"…\"를 더하세요"), format!("add {code} = \"…\"")));
            }
        }
        (ko, en)
    }

    fn template(&mut self, word: &Str) -> Option<Template> {
        let (at, text) = (word.span(), word.get_ref());
        let clean = self.characters(word);
        let pieces = match template::parse(text) {
            Ok(pieces) => pieces,
            Err(error) => {
                let inner = error.at()..error.at() + 1;
                let place = within(&self.source.text, &at, inner);
                self.problem(place, template_error(&error));
                return None;
            }
        };
        let mut compiled = Vec::with_capacity(pieces.len());
        let mut whole = clean;
        for piece in pieces {
            match piece {
                template::Piece::Literal(literal) => compiled.push(Piece::Literal(sanitize(&literal))),
                template::Piece::Slot(slot) => {
                    let place = within(&self.source.text, &at, slot.at.clone());
                    match self.expr_at(at.clone(), &slot.expression, slot.at.start) {
                        Some(expr) => compiled.push(Piece::Value {
                            expr: Box::new(expr),
                            particle: slot.particle,
                            at: place,
                        }),
                        None => whole = false,
                    }
                }
            }
        }
        whole.then_some(Template { pieces: compiled, at })
    }

    /// Complains about the first character that texts may not use; true if there is none.
    pub(super) fn characters(&mut self, word: &Str) -> bool {
        let text = word.get_ref();
        let Some(&(at, c)) = forbidden_chars(text).first() else { return true };
        let place = within(&self.source.text, &word.span(), at..at + c.len_utf8());
        let code = format!("U+{:04X}", u32::from(c));
        let problem = self.problem(
            place,
            Text::new(
                format!("글에 쓸 수 없는 문자입니다 ({code})"),
                format!("this character may not stand in a text ({code})"),
            ),
        );
        problem.fix = Some(Text::new(
            "어느 터미널에서나 너비가 같은 문자만 씁니다. 목록은 lessons/README.md에 있습니다",
            "use characters that are equally wide in every terminal; lessons/README.md lists them",
        ));
        false
    }
}

fn template_error(error: &template::TemplateError) -> Text {
    use template::TemplateError as E;
    let ko = match error {
        E::Unclosed { .. } => "`{`가 닫히지 않았습니다. 식 뒤에 `}`를, 괄호 자체는 `{{`를 쓰세요".to_owned(),
        E::Empty { .. } => "괄호 사이에 식이 없습니다".to_owned(),
        E::UnknownParticle { given, .. } => {
            format!("`{given}`: 조사는 이, 은, 을, 과, 으로 가운데 하나로 씁니다")
        }
    };
    Text::new(ko, error.to_string())
}
