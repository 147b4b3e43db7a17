//! Text of a lesson: both languages, with questions to the state in it.

use std::ops::Range;

use crate::lab::Expr;
use crate::text::sanitize::sanitize;
use crate::text::template::MISSING;
use crate::text::{Lang, Text, with_particle};

/// A text in both languages.
#[derive(Clone, Debug, Default)]
pub struct Prose {
    pub(super) ko: Template,
    pub(super) en: Template,
}

/// Several lines in both languages.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    pub(super) ko: Vec<Template>,
    pub(super) en: Vec<Template>,
}

/// A text in one language with values in it.
#[derive(Clone, Debug, Default)]
pub struct Template {
    pub(super) pieces: Vec<Piece>,
    /// The string in the file, quotes included.
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug)]
pub(super) enum Piece {
    Literal(String),
    Value { expr: Box<Expr>, particle: Option<String>, at: Range<usize> },
}

impl Prose {
    /// The text in one language; `value` answers the questions, [`MISSING`] stands where it has no answer.
    pub fn render(&self, lang: Lang, value: impl FnMut(&Expr) -> Option<String>) -> String {
        self.template(lang).render(lang, value)
    }

    /// The text in both languages.
    pub fn both(&self, mut value: impl FnMut(&Expr) -> Option<String>) -> Text {
        Text::new(self.render(Lang::Ko, &mut value), self.render(Lang::En, &mut value))
    }

    pub(super) fn template(&self, lang: Lang) -> &Template {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

impl Lines {
    /// The lines in one language.
    pub fn render(&self, lang: Lang, mut value: impl FnMut(&Expr) -> Option<String>) -> Vec<String> {
        self.templates(lang).iter().map(|line| line.render(lang, &mut value)).collect()
    }

    pub(super) fn templates(&self, lang: Lang) -> &[Template] {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

impl Template {
    pub(super) fn render(&self, lang: Lang, mut value: impl FnMut(&Expr) -> Option<String>) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Literal(literal) => text.push_str(literal),
                Piece::Value { expr, particle, .. } => {
                    // Values come from keys, record values and ids, so from files too.
                    let shown = value(expr).map_or_else(|| MISSING.to_owned(), |shown| sanitize(&shown));
                    let particle = particle.as_deref().filter(|_| lang == Lang::Ko);
                    let inflected = particle.and_then(|particle| with_particle(&shown, particle));
                    text.push_str(inflected.as_deref().unwrap_or(&shown));
                }
            }
        }
        text
    }

    /// The questions in it, with their places in the file.
    pub(super) fn questions(&self) -> impl Iterator<Item = (&Expr, &Range<usize>)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Value { expr, at, .. } => Some((&**expr, at)),
            Piece::Literal(_) => None,
        })
    }
}
