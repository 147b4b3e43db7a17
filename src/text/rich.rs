//! Text with marks: what stands in a line besides plain words.
//!
//! ```text
//! 지금 `x d`를 누르세요   →   [지금 ][ x d ][를 누르세요]
//!                              plain  key    plain
//! ```

use super::width::width;

/// What a stretch of rich text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Running text.
    #[default]
    Plain,
    /// A key or a sequence of keys, drawn as a pill. Its text has one space on either side, which belong to the
    /// pill.
    Key,
}

/// A stretch of text with one mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    /// The text as drawn.
    pub text: String,
    /// What it is.
    pub mark: Mark,
}

/// Text with marks; `\n` begins a new line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rich {
    /// The stretches in reading order.
    pub spans: Vec<Span>,
}

impl Rich {
    /// Running text without marks: backticks stand for themselves.
    pub fn plain(text: impl Into<String>) -> Self {
        let mut rich = Self::default();
        rich.push(text, Mark::Plain);
        rich
    }

    /// Reads the inline markup of lessons: `` `x d` `` is a key pill, everything else running text. A backtick
    /// without a partner on its line stands for itself.
    pub fn parse(markup: &str) -> Self {
        let mut rich = Self::default();
        let mut rest = markup;
        while let Some((before, after)) = rest.split_once('`') {
            let key = after.split_once('`').filter(|(key, _)| !key.trim().is_empty() && !key.contains('\n'));
            match key {
                Some((key, behind)) => {
                    rich.push(before, Mark::Plain);
                    rich.push(format!(" {} ", key.trim()), Mark::Key);
                    rest = behind;
                }
                None => {
                    rich.push(format!("{before}`"), Mark::Plain);
                    rest = after;
                }
            }
        }
        rich.push(rest, Mark::Plain);
        rich
    }

    /// Adds a stretch at the end; empty text adds nothing.
    pub fn push(&mut self, text: impl Into<String>, mark: Mark) {
        let text = text.into();
        match self.spans.last_mut() {
            _ if text.is_empty() => {}
            Some(last) if last.mark == mark && mark == Mark::Plain => last.text.push_str(&text),
            _ => self.spans.push(Span { text, mark }),
        }
    }
}

/// A wrapped line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Line {
    /// The stretches from left to right.
    pub spans: Vec<Span>,
}

impl Line {
    /// The line's text without marks.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }

    /// The line's width in cells.
    pub fn width(&self) -> usize {
        self.spans.iter().map(|span| width(&span.text)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_backtick_is_text() {
        assert_eq!(Rich::parse("a ` b"), Rich::plain("a ` b"));
        assert_eq!(Rich::parse("a `` b"), Rich::plain("a `` b"));
        assert_eq!(Rich::parse("`a\n`"), Rich::plain("`a\n`"));
    }
}
