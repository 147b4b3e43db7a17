//! Untrusted text made harmless, and the characters lesson text may use.
//!
//! Lesson and scenario files come from anywhere. Nothing in them may move the cursor, change the terminal's state,
//! reverse the reading direction or hide: escape sequences, control characters, bidirectional controls and
//! invisible characters never reach a cell.

use unicode_width::UnicodeWidthChar;

/// East-Asian-ambiguous characters that texts and drawings may use. Each has a replacement in the wide-safe and
/// ASCII glyph sets; any other ambiguous character would shift borders in terminals that draw it two cells wide.
pub const AMBIGUOUS_ALLOWED: &str = "─│┌┐└┘├┤┬┴┼╭╮╰╯━┃┏┓┗┛┣┫┳┻╋┄┆▌█·▲▼★☆●○◆╱╲…‘’→←↑↓×–•";

/// `text` without anything that could act on the terminal. Line breaks stay, a tab becomes a space.
pub fn sanitize(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '\u{1b}' => skip_escape(&mut chars),
            '\u{9b}' => skip_control_sequence(&mut chars),
            '\u{90}' | '\u{98}' | '\u{9d}'..='\u{9f}' => skip_string(&mut chars),
            '\n' | '\u{2028}' | '\u{2029}' => clean.push('\n'),
            '\t' => clean.push(' '),
            _ if c.is_control() || is_invisible(c) => {}
            _ => clean.push(c),
        }
    }
    clean
}

/// [`sanitize`] for text that must stay on one line: line breaks become spaces.
pub fn sanitize_line(text: &str) -> String {
    sanitize(text).replace('\n', " ")
}

type Chars<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Skips what belongs to an `ESC` that was just read.
fn skip_escape(chars: &mut Chars<'_>) {
    match chars.peek() {
        Some('[') => {
            chars.next();
            skip_control_sequence(chars);
        }
        Some(']' | 'P' | 'X' | '^' | '_') => {
            chars.next();
            skip_string(chars);
        }
        _ => {
            while chars.next_if(|c| matches!(c, ' '..='/')).is_some() {}
            chars.next_if(|c| matches!(c, '0'..='~'));
        }
    }
}

/// Skips parameters, intermediates and the final byte of a control sequence.
fn skip_control_sequence(chars: &mut Chars<'_>) {
    while chars.next_if(|c| matches!(c, ' '..='?')).is_some() {}
    chars.next_if(|c| matches!(c, '@'..='~'));
}

/// Skips a control string (window title, clipboard, graphics) up to its terminator, or to the end of the line if it
/// has none: a forgotten terminator must not swallow the rest of a text.
fn skip_string(chars: &mut Chars<'_>) {
    while let Some(&c) = chars.peek() {
        match c {
            '\n' => return,
            '\u{7}' | '\u{9c}' => {
                chars.next();
                return;
            }
            '\u{1b}' => {
                chars.next();
                chars.next_if_eq(&'\\');
                return;
            }
            _ => {
                chars.next();
            }
        }
    }
}

/// Characters that are not seen but change what is: bidirectional controls, zero-width and filler characters,
/// variation selectors, tags.
fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
        | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Whether some terminals draw `c` one cell wide and some two (East Asian Width class A).
///
/// The width tables count ambiguous letters as narrow, terminals with wide ambiguous characters do not. Nearly half of
/// the Latin, Greek and Cyrillic letters beyond ASCII are in the class, so all of them count (µ is narrow everywhere, and a unit).
pub fn is_ambiguous(c: char) -> bool {
    let letter = matches!(c, '\u{a1}'..='\u{4ff}' | 'ⁿ' | 'ℓ' | '\u{2126}' | '\u{212b}') && c != 'µ';
    c.width() == Some(1) && (letter || c.width_cjk() == Some(2))
}

/// The characters of `text` that lesson and interface text may not use, with their byte positions: ambiguous ones
/// outside [`AMBIGUOUS_ALLOWED`], control and invisible characters, combining marks, emoji, braille, private use.
pub fn forbidden_chars(text: &str) -> Vec<(usize, char)> {
    text.char_indices().filter(|&(_, c)| c != '\n' && is_forbidden(c)).collect()
}

fn is_forbidden(c: char) -> bool {
    if matches!(c, ' '..='~' | '가'..='힣') || AMBIGUOUS_ALLOWED.contains(c) {
        return false;
    }
    let braille = matches!(c, '\u{2800}'..='\u{28ff}');
    let private = matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..);
    // Wide characters below the CJK blocks or above the planes of letters are pictures.
    let emoji = c.width() == Some(2) && (('\u{1200}'..'\u{2e80}').contains(&c) || c >= '\u{1f000}');
    let unseen = c.is_control() || is_invisible(c) || c.width() == Some(0);
    unseen || braille || private || emoji || is_ambiguous(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_acts_on_a_terminal_survives() {
        let cases = [
            ("plain 글", "plain 글"),
            ("a\u{1b}[31mb\u{1b}[0mc", "abc"),
            ("a\u{1b}[?1049hb", "ab"),
            ("a\u{1b}]0;title\u{7}b", "ab"),
            ("a\u{1b}]52;c;Zm9v\u{1b}\\b", "ab"),
            ("a\u{1b}Pq#0\u{1b}\\b", "ab"),
            ("a\u{1b}(0b", "ab"),
            ("a\u{1b}cb", "ab"),
            ("a\u{9b}31mb", "ab"),
            ("a\u{9d}0;t\u{9c}b", "ab"),
            ("a\u{1b}]0;open\nnext", "a\nnext"),
            ("a\u{1b}", "a"),
            ("a\rb\u{8}c\u{7f}d\te", "abcd e"),
            ("a\u{202e}b\u{2066}c\u{200f}", "abc"),
            ("z\u{200b}w\u{200d}j\u{feff}", "zwj"),
            ("⚠\u{fe0f}", "⚠"),
            ("ㄱ\u{3164}ㄴ", "ㄱㄴ"),
        ];
        for (text, clean) in cases {
            assert_eq!(sanitize(text), clean, "{text:?}");
        }
        assert_eq!(sanitize_line("a\nb"), "a b");
    }

    proptest::proptest! {
        #[test]
        fn sanitized_text_has_no_control_and_stays_the_same_when_repeated(
            chars in proptest::collection::vec(proptest::prelude::any::<char>(), 0..40)
        ) {
            let text: String = chars.into_iter().collect();
            let clean = sanitize(&text);
            proptest::prop_assert!(clean.chars().all(|c| c == '\n' || !(c.is_control() || is_invisible(c))));
            proptest::prop_assert_eq!(sanitize(&clean), clean);
        }
    }

    #[test]
    fn the_whitelist_is_ambiguous_and_allowed() {
        for c in AMBIGUOUS_ALLOWED.chars() {
            assert!(is_ambiguous(c), "{c} is not ambiguous");
        }
        assert!(forbidden_chars(AMBIGUOUS_ALLOWED).is_empty());
        assert!(forbidden_chars("Hangul 한글, ◉◌◦‹›░▐╌╎✗✓⚠▸◂ 「끝」\nacks=all").is_empty());
    }

    #[test]
    fn the_lint_names_position_and_character() {
        assert_eq!(forbidden_chars("a“b”"), vec![(1, '“'), (5, '”')]);
        for bad in ["※", "①", "½", "α", "■", "✅", "😀", "⠋", "\u{e0b0}", "e\u{301}", "\u{200b}", "\t", "⚡"]
        {
            assert!(!forbidden_chars(bad).is_empty(), "{bad:?}");
        }
    }
}
