//! The `:` prompt: a text field with completions.

use unicode_segmentation::UnicodeSegmentation;

/// A line of text being typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommandLine {
    text: String,
    /// Byte position of the caret; always between grapheme clusters.
    caret: usize,
    /// What the last Enter was answered with.
    pub error: Option<String>,
    /// Selected completion, if one is.
    pub picked: Option<usize>,
}

/// More than anybody types; a pasted text beyond this is cut.
const LONGEST: usize = 500;

impl CommandLine {
    /// What is typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Byte position of the caret.
    #[must_use]
    pub const fn caret(&self) -> usize {
        self.caret
    }

    /// What stands before the caret.
    #[must_use]
    pub fn before_caret(&self) -> &str {
        self.text.get(..self.caret).unwrap_or_default()
    }

    fn changed(&mut self) {
        self.error = None;
        self.picked = None;
    }

    /// Text is typed or pasted; a line break becomes a space, control characters are dropped.
    pub fn insert(&mut self, text: &str) {
        let clean = crate::text::sanitize::sanitize_line(text);
        for cluster in clean.graphemes(true) {
            if self.text.len() + cluster.len() > LONGEST {
                break;
            }
            self.text.insert_str(self.caret, cluster);
            self.caret += cluster.len();
        }
        self.changed();
    }

    /// Replaces everything.
    pub fn set(&mut self, text: &str) {
        self.text.clear();
        self.caret = 0;
        self.insert(text);
    }

    /// Deletes the cluster before the caret.
    pub fn delete_back(&mut self) {
        let cluster = self.before_caret().graphemes(true).next_back().map(str::len);
        if let Some(len) = cluster {
            self.text.replace_range(self.caret - len..self.caret, "");
            self.caret -= len;
            self.changed();
        }
    }

    /// Deletes the cluster after the caret.
    pub fn delete_forward(&mut self) {
        let cluster = self.text.get(self.caret..).and_then(|rest| rest.graphemes(true).next()).map(str::len);
        if let Some(len) = cluster {
            self.text.replace_range(self.caret..self.caret + len, "");
            self.changed();
        }
    }

    /// Moves the caret by a cluster.
    pub fn left(&mut self) {
        self.caret -= self.before_caret().graphemes(true).next_back().map_or(0, str::len);
    }

    /// Moves the caret by a cluster.
    pub fn right(&mut self) {
        let rest = self.text.get(self.caret..).unwrap_or_default();
        self.caret += rest.graphemes(true).next().map_or(0, str::len);
    }

    /// To the beginning.
    pub const fn home(&mut self) {
        self.caret = 0;
    }

    /// To the end.
    pub fn end(&mut self) {
        self.caret = self.text.len();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_moves_and_deletes_by_whole_characters() {
        let mut line = CommandLine::default();
        line.insert("두 잔\u{1b}[31m");
        assert_eq!(line.text(), "두 잔");
        line.left();
        line.left();
        line.insert("x");
        assert_eq!(line.text(), "두x 잔");
        line.delete_back();
        line.home();
        line.delete_forward();
        assert_eq!((line.text(), line.caret()), (" 잔", 0));
        line.left();
        line.end();
        line.right();
        for _ in 0..3 {
            line.delete_back();
        }
        assert_eq!((line.text(), line.caret()), ("", 0));
    }
}
