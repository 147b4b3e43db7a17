//! Places in a file: lines, columns, and where a character of a TOML string's *value* stands in the file.

use std::ops::Range;

/// Line and column of byte `at`, both from 1; columns count characters.
pub fn line_column(source: &str, at: usize) -> (usize, usize) {
    let before = &source[..floor(source, at)];
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// The nearest character boundary at or before `at`.
fn floor(source: &str, at: usize) -> usize {
    let at = at.min(source.len());
    (0..=at).rev().find(|&i| source.is_char_boundary(i)).unwrap_or(0)
}

/// The part of the file that the bytes `inner` of a string's value come from; `literal` is the place of the string,
/// quotes included.
pub(super) fn within(source: &str, literal: &Range<usize>, inner: Range<usize>) -> Range<usize> {
    let Some(raw) = source.get(literal.clone()) else { return literal.clone() };
    let places = Places::of(raw);
    let start = literal.start + places.raw_at(inner.start);
    let end = literal.start + places.raw_end(inner.end, inner.start);
    start..end.max(start)
}

/// For each character of a string's value: its byte in the value, and where it begins and ends in the raw text.
struct Places {
    chars: Vec<(usize, Range<usize>)>,
    /// Bytes of the whole value.
    len: usize,
    /// Where the closing quote begins.
    end: usize,
}

impl Places {
    fn of(raw: &str) -> Self {
        let (open, basic) = opening(raw);
        let close = raw.len().saturating_sub(if open >= 3 { 3 } else { 1 }).max(open);
        let mut places = Self { chars: Vec::new(), len: 0, end: close };
        let mut at = open;
        if open >= 3 {
            at += newline(&raw[at..close]);
        }
        while at < close {
            let rest = &raw[at..close];
            let (len, decoded) = match rest.strip_prefix('\\').filter(|_| basic) {
                Some(escape) => unescape(escape),
                None => {
                    let len = rest.chars().next().map_or(1, char::len_utf8);
                    (len, len)
                }
            };
            if decoded > 0 {
                places.chars.push((places.len, at..at + len));
                places.len += decoded;
            }
            at += len;
        }
        places
    }

    fn raw_at(&self, value: usize) -> usize {
        let inside = self.chars.iter().rev().find(|(at, _)| *at <= value && value < self.len);
        inside.map_or(self.end, |(_, raw)| raw.start)
    }

    fn raw_end(&self, value: usize, start: usize) -> usize {
        let inside = self.chars.iter().rev().find(|(at, _)| *at < value && *at >= start);
        inside.map_or_else(|| self.raw_at(start) + 1, |(_, raw)| raw.end)
    }
}

/// How many characters open this TOML string, and whether it knows escapes.
fn opening(raw: &str) -> (usize, bool) {
    match raw {
        _ if raw.starts_with("\"\"\"") => (3, true),
        _ if raw.starts_with("'''") => (3, false),
        _ => (1.min(raw.len()), raw.starts_with('"')),
    }
}

fn newline(text: &str) -> usize {
    if text.starts_with("\r\n") { 2 } else { usize::from(text.starts_with('\n')) }
}

/// Length of an escape with its backslash, and of what it stands for.
fn unescape(escape: &str) -> (usize, usize) {
    let code = |digits: usize| {
        let point = escape.get(1..=digits).and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (digits + 2, point.and_then(char::from_u32).map_or(1, char::len_utf8))
    };
    match escape.chars().next() {
        Some('u') => code(4),
        Some('U') => code(8),
        Some('x') => code(2),
        // A backslash at the end of a line swallows all white space up to the next character.
        Some(c) if c.is_whitespace() => (1 + escape.len() - escape.trim_start().len(), 0),
        Some(c) => (1 + c.len_utf8(), 1),
        None => (1, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize)]
    struct File {
        s: toml::Spanned<String>,
    }

    /// Marks `needle` of the value in the file and returns what is marked there.
    fn marked(text: &str, needle: &str) -> String {
        let file: File = toml::from_str(text).unwrap();
        let at = file.s.get_ref().find(needle).unwrap();
        text[within(text, &file.s.span(), at..at + needle.len())].to_owned()
    }

    #[test]
    fn places_inside_strings_survive_quotes_escapes_and_line_ends() {
        assert_eq!(marked("s = 'a 나 c'", "나"), "나");
        assert_eq!(marked(r#"s = "a\tb 다""#, "다"), "다");
        assert_eq!(marked(r#"s = "\uAC00 x \U0000AC01 y""#, "y"), "y");
        assert_eq!(marked(r#"s = "\uAC00 x""#, "가"), r"\uAC00");
        assert_eq!(marked("s = \"\"\"\n첫 줄\n둘째 \\\n   {x}\"\"\"", "{x}"), "{x}");
        assert_eq!(marked("s = '''\nno \\n escape'''", "escape"), "escape");
        assert_eq!(marked("s = \"\"\"a \"b\" c\"\"\"", "c"), "c");
    }

    #[test]
    fn the_end_of_a_string_is_its_closing_quote() {
        let text = "s = 'abc' # and on";
        let file: File = toml::from_str(text).unwrap();
        assert_eq!(within(text, &file.s.span(), 3..3), 8..9);
        let empty = "s = ''";
        let file: File = toml::from_str(empty).unwrap();
        assert_eq!(within(empty, &file.s.span(), 0..0).start, 5);
    }

    #[test]
    fn lines_and_columns_count_characters_from_one() {
        let text = "가나\n다 라\n";
        assert_eq!(line_column(text, 0), (1, 1));
        assert_eq!(line_column(text, 3), (1, 2));
        assert_eq!(line_column(text, 4), (1, 2));
        assert_eq!(line_column(text, text.find('라').unwrap()), (2, 3));
        assert_eq!(line_column(text, 999), (3, 1));
    }
}
