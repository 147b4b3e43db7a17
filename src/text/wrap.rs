//! Line breaking for Korean and English, with key pills.
//!
//! Korean text breaks between words (어절) first. Some words stay together: a number and its unit, a name and its
//! number, a glyph and the word it marks; a key pill is never divided and keeps the particle behind it. Only what does
//! not fit on a line of its own breaks inside: first between those words, then where UAX 14 allows, and between grapheme
//! clusters last. No line begins with closing punctuation or ends with an opening bracket.

use std::ops::Range;

use super::rich::{Line, Mark, Rich};
use super::unbroken::{is_closing, is_opening, stay_together};
use super::width::{graphemes, width};

/// Breaks `rich` into lines of at most `cells` cells (at least 2, so that a wide character fits). Empty lines stay;
/// empty text gives no line.
pub fn wrap(rich: &Rich, cells: usize) -> Vec<Line> {
    let flat = Flat::new(rich);
    if flat.text.is_empty() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    let mut start = 0;
    for paragraph in flat.text.split('\n') {
        let range = start..start + paragraph.len();
        start = range.end + 1;
        let mut fill = Fill { flat: &flat, cells: cells.max(2), line: None, lines: Vec::new() };
        fill.place(range.clone(), Level::Line);
        let ranges = fill.finish();
        if ranges.is_empty() {
            lines.push(Line::default());
        }
        lines.extend(ranges.into_iter().map(|range| flat.line(range)));
    }
    lines
}

/// [`wrap`] for text without marks: backticks stand for themselves.
pub fn wrap_plain(text: &str, cells: usize) -> Vec<String> {
    wrap(&Rich::plain(text), cells).iter().map(Line::text).collect()
}

/// Rich text as one string, with the places of its key pills.
struct Flat {
    text: String,
    keys: Vec<Range<usize>>,
}

impl Flat {
    fn new(rich: &Rich) -> Self {
        let mut flat = Self { text: String::new(), keys: Vec::new() };
        for span in &rich.spans {
            let start = flat.text.len();
            flat.text.push_str(&span.text);
            if span.mark == Mark::Key {
                flat.keys.push(start..flat.text.len());
            }
        }
        flat
    }

    fn width(&self, range: Range<usize>) -> usize {
        width(&self.text[range])
    }

    fn in_key(&self, at: usize) -> bool {
        self.keys.iter().any(|key| key.start < at && at < key.end)
    }

    fn touches_key(&self, at: usize) -> bool {
        self.keys.iter().any(|key| key.start <= at && at <= key.end)
    }

    /// The stretches of one line.
    fn line(&self, range: Range<usize>) -> Line {
        let mut line = Rich::default();
        let mut at = range.start;
        for key in self.keys.iter().filter(|key| key.start < range.end && range.start < key.end) {
            let key = key.start.max(range.start)..key.end.min(range.end);
            line.push(&self.text[at..key.start], Mark::Plain);
            line.push(&self.text[key.clone()], Mark::Key);
            at = key.end;
        }
        line.push(&self.text[at..range.end], Mark::Plain);
        Line { spans: line.spans }
    }

    /// The parts of `range` at `level`, in order.
    fn split(&self, range: Range<usize>, level: Level) -> Vec<Range<usize>> {
        match level {
            Level::Line => vec![range],
            Level::Groups => {
                let mut groups: Vec<Range<usize>> = Vec::new();
                for word in self.words(range) {
                    match groups.last_mut() {
                        Some(group) if stay_together(&self.text[group.clone()], &self.text[word.clone()]) => {
                            group.end = word.end
                        }
                        _ => groups.push(word),
                    }
                }
                groups
            }
            Level::Words => self.words(range),
            Level::Syllables => self.cut(&range, |at| {
                let digit = self.text[..at].ends_with(|c: char| c.is_ascii_digit());
                !digit && !self.touches_key(at) && self.may_break(at)
            }),
            Level::Graphemes => {
                let mut end = range.start;
                graphemes(&self.text[range])
                    .map(|grapheme| {
                        end += grapheme.len();
                        end - grapheme.len()..end
                    })
                    .collect()
            }
        }
    }

    /// The words of `range`. Spaces inside a key pill do not divide; leading spaces belong to the first word.
    fn words(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let mut words: Vec<Range<usize>> = Vec::new();
        let mut word: Option<Range<usize>> = None;
        for (i, c) in self.text[range.clone()].char_indices() {
            let at = range.start + i;
            let space = c == ' ' && !self.keys.iter().any(|key| key.contains(&at));
            if space {
                words.extend(word.take());
            } else {
                word = Some(word.map_or(at, |word| word.start)..at + c.len_utf8());
            }
        }
        words.extend(word);
        if let Some(first) =
            words.first_mut().filter(|_| range.start == 0 || self.text[..range.start].ends_with('\n'))
        {
            first.start = range.start;
        }
        words
    }

    /// `range` cut where UAX 14 allows and `allowed` agrees.
    fn cut(&self, range: &Range<usize>, allowed: impl Fn(usize) -> bool) -> Vec<Range<usize>> {
        let mut parts = Vec::new();
        let mut start = range.start;
        for (i, _) in unicode_linebreak::linebreaks(&self.text[range.clone()]) {
            let at = range.start + i;
            if at == range.end || allowed(at) {
                parts.push(start..at);
                start = at;
            }
        }
        parts
    }

    /// Whether a line may end before byte `at` as far as punctuation is concerned.
    fn may_break(&self, at: usize) -> bool {
        !self.text[at..].starts_with(is_closing) && !self.text[..at].ends_with(is_opening)
    }
}

/// How finely text is divided, from coarse to fine.
#[derive(Debug, Clone, Copy)]
enum Level {
    Line,
    Groups,
    Words,
    Syllables,
    Graphemes,
}

impl Level {
    fn finer(self) -> Option<Level> {
        match self {
            Level::Line => Some(Level::Groups),
            Level::Groups => Some(Level::Words),
            Level::Words => Some(Level::Syllables),
            Level::Syllables => Some(Level::Graphemes),
            Level::Graphemes => None,
        }
    }
}

/// Lines being filled from left to right.
struct Fill<'a> {
    flat: &'a Flat,
    cells: usize,
    line: Option<Range<usize>>,
    lines: Vec<Range<usize>>,
}

impl Fill<'_> {
    /// Puts `piece` on the current line, on the next one, or, where it fits on none, in finer parts.
    fn place(&mut self, piece: Range<usize>, level: Level) {
        if let Some(line) = &self.line
            && self.flat.width(line.start..piece.end) <= self.cells
        {
            self.line = Some(line.start..piece.end);
        } else if let Some(finer) = level.finer().filter(|_| self.flat.width(piece.clone()) > self.cells) {
            for part in self.flat.split(piece, finer) {
                self.place(part, finer);
            }
        } else if !piece.is_empty() {
            self.carry_to_next_line(piece);
        }
    }

    /// Begins a line with `piece`. If that would put closing punctuation first or leave an opening bracket last, what
    /// stands before the break comes along.
    fn carry_to_next_line(&mut self, piece: Range<usize>) {
        let Some(line) = self.line.take() else {
            self.line = Some(piece);
            return;
        };
        let start = self.earlier_break(&line, &piece).unwrap_or(piece.start);
        let kept = self.flat.text[line.start..start.min(line.end)].trim_end_matches(' ');
        self.lines.push(line.start..line.start + kept.len());
        self.line = Some(start..piece.end);
    }

    /// The last decent break within `line` that lets the rest of it fit on a line with `piece`, if breaking right
    /// before `piece` is not decent.
    fn earlier_break(&self, line: &Range<usize>, piece: &Range<usize>) -> Option<usize> {
        if line.end != piece.start || self.flat.may_break(piece.start) {
            return None;
        }
        let mut at = line.end;
        for grapheme in graphemes(&self.flat.text[line.clone()]).rev() {
            at -= grapheme.len();
            if at == line.start || self.flat.width(at..piece.end) > self.cells {
                return None;
            }
            if grapheme != " " && self.flat.may_break(at) && !self.flat.in_key(at) {
                return Some(at);
            }
        }
        None
    }

    fn finish(mut self) -> Vec<Range<usize>> {
        self.lines.extend(self.line);
        self.lines
    }
}

#[cfg(test)]
mod tests {
    use super::super::rich::Span;
    use super::*;

    fn lines(text: &str, cells: usize) -> Vec<String> {
        wrap(&Rich::parse(text), cells).iter().map(Line::text).collect()
    }

    #[test]
    fn korean_breaks_between_words_first() {
        let text = "리더 b1은 seq 4를 오프셋 4에 기록했고 두 팔로워도 복제를 마쳐 HW가 5로 올랐습니다.";
        assert_eq!(
            lines(text, 30),
            ["리더 b1은 seq 4를 오프셋 4에", "기록했고 두 팔로워도 복제를", "마쳐 HW가 5로 올랐습니다."]
        );
    }

    #[test]
    fn words_that_belong_together_stay_together() {
        let cases: &[(&str, usize, &[&str])] = &[
            ("기다림 30 초 뒤", 11, &["기다림", "30 초 뒤"]),
            ("wait for 500 ms here", 13, &["wait for", "500 ms here"]),
            ("이제 오프셋 6에", 12, &["이제", "오프셋 6에"]),
            ("now ✗ lost", 7, &["now", "✗ lost"]),
            ("가나 · 다라", 9, &["가나 ·", "다라"]),
            ("HW 4 → 5", 8, &["HW 4 → 5"]),
            ("지금 HW 4 → 5", 10, &["지금", "HW 4 → 5"]),
            ("이것 ( 안 )", 9, &["이것", "( 안 )"]),
            ("설정 acks=all이 맞음", 14, &["설정", "acks=all이", "맞음"]),
        ];
        for (text, cells, expected) in cases {
            assert_eq!(lines(text, *cells), *expected, "{text}");
        }
    }

    #[test]
    fn long_words_break_where_uax14_allows_then_anywhere() {
        assert_eq!(wrap_plain("아주긴낱말입니다", 6), ["아주긴", "낱말입", "니다"]);
        assert_eq!(wrap_plain("abcdefghij", 4), ["abcd", "efgh", "ij"]);
        assert_eq!(wrap_plain("가", 1), ["가"]);
        assert_eq!(wrap_plain("__consumer_offsets", 8), ["__consum", "er_offse", "ts"]);
    }

    #[test]
    fn punctuation_neither_begins_nor_is_left_behind() {
        assert_eq!(wrap_plain("가나다라.", 8), ["가나다", "라."]);
        assert_eq!(wrap_plain("가나다(라마바)", 7), ["가나다", "(라마", "바)"]);
        assert_eq!(wrap_plain("abcdefgh.", 8), ["abcdefg", "h."]);
    }

    #[test]
    fn a_key_pill_is_one_word_and_keeps_its_particle() {
        let rich = Rich::parse("지금 `x d`를 누르세요");
        assert_eq!(rich.spans[1], Span { text: " x d ".into(), mark: Mark::Key });
        let wrapped = wrap(&rich, 10);
        assert_eq!(wrapped.iter().map(Line::text).collect::<Vec<_>>(), ["지금", " x d 를", "누르세요"]);
        assert_eq!(wrapped[1].spans[0].mark, Mark::Key);
        assert_eq!(wrapped[1].spans[1], Span { text: "를".into(), mark: Mark::Plain });
        assert_eq!(wrapped[1].width(), 7);
    }

    #[test]
    fn paragraphs_and_indents_stay() {
        assert_eq!(wrap_plain("하나\n\n  둘 셋", 6), ["하나", "", "  둘", "셋"]);
        assert_eq!(wrap_plain("", 6), Vec::<String>::new());
        assert_eq!(wrap_plain("가  나", 10), ["가  나"]);
    }

    proptest::proptest! {
        #[test]
        fn no_line_is_too_wide_and_no_letter_is_lost(text in "[가-힣a-z0-9 ().,`→·…‘’%=]{0,60}", cells in 0usize..40) {
            let rich = Rich::parse(&text);
            let wrapped = wrap(&rich, cells);
            let solid = |text: &str| text.replace(' ', "");
            let before: String = rich.spans.iter().map(|span| span.text.as_str()).collect();
            let after: String = wrapped.iter().map(Line::text).collect();
            proptest::prop_assert_eq!(solid(&before), solid(&after));
            for line in wrapped {
                proptest::prop_assert!(line.width() <= cells.max(2), "{:?} in {}", line.text(), cells);
            }
        }

        #[test]
        fn lines_begin_and_end_decently(text in "([가-힣]{1,4}[.,)…]? ?|\\([가-힣]{1,3}\\) ?){0,12}", cells in 8usize..40) {
            let text = text.trim();
            let wrapped = wrap_plain(text, cells);
            for pair in wrapped.windows(2) {
                proptest::prop_assert!(!pair[1].starts_with(is_closing), "{wrapped:?}");
                proptest::prop_assert!(!pair[0].ends_with(is_opening), "{wrapped:?}");
            }
        }
    }
}
