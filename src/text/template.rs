//! Text with values in it: `{off('paid')|을}`.
//!
//! `{expression}` stands for a value, `{expression|이}` adds the Korean particle that fits the value (English ignores
//! it), `{{` and `}}` are braces. What an expression means is the caller's business: a name in interface strings, a
//! question about the state in lessons. Braces, bars and quotes inside an expression are left alone, so maps, `||` and
//! string literals work; an expression that begins with a brace needs a space before it.

use std::ops::Range;

use super::lang::Lang;
use super::particle;

/// What a missing value is shown as.
pub const MISSING: &str = "·";

/// A stretch of a template.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Text that stands as it is.
    Literal(String),
    /// A place for a value.
    Slot(Slot),
}

/// A place for a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// What to evaluate, without surrounding spaces.
    pub expression: String,
    /// The particle to add in Korean: 이, 은, 을, 과 or 으로.
    pub particle: Option<String>,
    /// Where the expression stands in the template, in bytes.
    pub at: Range<usize>,
}

/// Why a template cannot be read. Positions are bytes from its beginning.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// A `{` without its `}`.
    #[error("this '{{' is never closed: write '}}' behind the expression, or '{{{{' for a brace")]
    Unclosed {
        /// The brace.
        at: usize,
    },
    /// `{}` or `{|이}`.
    #[error("there is no expression between these braces")]
    Empty {
        /// The opening brace.
        at: usize,
    },
    /// Something behind `|` that is not the name of a pair of particles.
    #[error("unknown particle '{given}': use 이, 은, 을, 과 or 으로")]
    UnknownParticle {
        /// Where the particle begins.
        at: usize,
        /// What is written there.
        given: String,
    },
}

impl TemplateError {
    /// Where the problem begins, in bytes from the beginning of the template.
    pub fn at(&self) -> usize {
        match self {
            Self::Unclosed { at } | Self::Empty { at } | Self::UnknownParticle { at, .. } => *at,
        }
    }
}

/// Reads a template.
///
/// # Errors
/// [`TemplateError`] with the byte position of the first thing that cannot be read.
pub fn parse(template: &str) -> Result<Vec<Piece>, TemplateError> {
    let mut pieces = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(c) = template[at..].chars().next() {
        let rest = &template[at..];
        if rest.starts_with("{{") || rest.starts_with("}}") {
            literal.push(c);
            at += 2;
        } else if c == '{' {
            let end = closing_brace(template, at + 1).ok_or(TemplateError::Unclosed { at })?;
            if !literal.is_empty() {
                pieces.push(Piece::Literal(std::mem::take(&mut literal)));
            }
            pieces.push(Piece::Slot(slot(template, at + 1..end)?));
            at = end + 1;
        } else {
            literal.push(c);
            at += c.len_utf8();
        }
    }
    if !literal.is_empty() {
        pieces.push(Piece::Literal(literal));
    }
    Ok(pieces)
}

/// The characters of `text` from byte `from` on that stand outside quoted strings, with their positions.
fn unquoted(text: &str, from: usize) -> impl Iterator<Item = (usize, char)> {
    let mut quote = None;
    let mut escaped = false;
    text[from..].char_indices().filter_map(move |(i, c)| {
        match quote {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(open) if c == open => quote = None,
            Some(_) => {}
            None if c == '\'' || c == '"' => quote = Some(c),
            None => return Some((from + i, c)),
        }
        None
    })
}

/// The brace that closes the slot whose expression begins at `from`.
fn closing_brace(template: &str, from: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, c) in unquoted(template, from) {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => return Some(at),
            '}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn slot(template: &str, inner: Range<usize>) -> Result<Slot, TemplateError> {
    let text = &template[..inner.end];
    let bytes = text.as_bytes();
    let lone_bar =
        |&(at, c): &(usize, char)| c == '|' && bytes.get(at + 1) != Some(&b'|') && bytes[at - 1] != b'|';
    let bar = unquoted(text, inner.start).filter(lone_bar).last().map(|(at, _)| at);
    let particle = match bar {
        Some(bar) => Some(known_particle(&text[bar + 1..], bar + 1)?),
        None => None,
    };
    let written = &text[inner.start..bar.unwrap_or(inner.end)];
    let expression = written.trim();
    if expression.is_empty() {
        return Err(TemplateError::Empty { at: inner.start - 1 });
    }
    let start = inner.start + (written.len() - written.trim_start().len());
    Ok(Slot { expression: expression.to_owned(), particle, at: start..start + expression.len() })
}

fn known_particle(written: &str, at: usize) -> Result<String, TemplateError> {
    let given = written.trim().to_owned();
    if particle::is_particle(&given) { Ok(given) } else { Err(TemplateError::UnknownParticle { at, given }) }
}

/// The text of a template. `value` gives the value of an expression; where it has none, [`MISSING`] stands.
pub fn render(pieces: &[Piece], lang: Lang, mut value: impl FnMut(&Slot) -> Option<String>) -> String {
    let mut text = String::new();
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Slot(slot) => {
                let shown = value(slot).unwrap_or_else(|| MISSING.to_owned());
                let particle = slot.particle.as_deref().filter(|_| lang == Lang::Ko);
                let inflected = particle.and_then(|particle| particle::with_particle(&shown, particle));
                text.push_str(inflected.as_deref().unwrap_or(&shown));
            }
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(template: &str, lang: Lang) -> String {
        render(&parse(template).unwrap(), lang, |slot| match slot.expression.as_str() {
            "leader('orders-0')" => Some("b2".into()),
            "off('paid')" => Some("3".into()),
            "nothing" => None,
            other => Some(format!("<{other}>")),
        })
    }

    #[test]
    fn values_get_their_particles_in_korean_only() {
        let template = "{leader('orders-0')|이} 오프셋 {off('paid')|을} {{읽음}}";
        assert_eq!(show(template, Lang::Ko), "b2가 오프셋 3을 {읽음}");
        assert_eq!(show("{leader('orders-0')|이} at { off('paid') }", Lang::En), "b2 at 3");
        assert_eq!(show("{nothing|은} 없음", Lang::Ko), "·는 없음");
    }

    #[test]
    fn expressions_keep_their_own_braces_bars_and_quotes() {
        for inner in ["a || b", "f({'k': 1})", "size('}|이')", r#"f("\"}")"#] {
            let pieces = parse(&format!("x{{{inner}}}y")).unwrap();
            let Piece::Slot(slot) = &pieces[1] else { panic!("no slot in {inner}") };
            assert_eq!((slot.expression.as_str(), &slot.particle), (inner, &None));
            assert_eq!(slot.at, 2..2 + inner.len());
            assert_eq!(pieces.len(), 3);
        }
        let pieces = parse("{a || b |을}").unwrap();
        let Piece::Slot(slot) = &pieces[0] else { panic!("no slot") };
        assert_eq!((slot.expression.as_str(), slot.particle.as_deref()), ("a || b", Some("을")));
    }

    #[test]
    fn errors_say_where() {
        assert_eq!(parse("글 {off("), Err(TemplateError::Unclosed { at: 4 }));
        assert_eq!(parse("a{ }"), Err(TemplateError::Empty { at: 1 }));
        assert_eq!(parse("a{|이}"), Err(TemplateError::Empty { at: 1 }));
        assert_eq!(parse("{n|가}"), Err(TemplateError::UnknownParticle { at: 3, given: "가".into() }));
        assert_eq!(parse("{n|}").unwrap_err().at(), 3);
        assert_eq!(parse("lone } is text"), Ok(vec![Piece::Literal("lone } is text".into())]));
    }

    proptest::proptest! {
        #[test]
        fn any_text_parses_or_fails_inside_itself(template in "[{}|'\"a이\\\\ ]{0,24}") {
            match parse(&template) {
                Ok(pieces) => { render(&pieces, Lang::Ko, |_| None); }
                Err(error) => proptest::prop_assert!(error.at() <= template.len()),
            }
        }
    }
}
