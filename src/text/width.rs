//! Width of text in terminal cells, and the only functions that cut text.
//!
//! A cut never divides a grapheme cluster and never leaves half of a wide character: where one would straddle the
//! edge it is left out, and the result is one cell shorter.

use unicode_segmentation::UnicodeSegmentation;
use unicode_width::UnicodeWidthStr;

/// The width of `text` in cells. Control characters take none, because the drawing buffer drops them.
pub fn width(text: &str) -> usize {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return text.len();
    }
    graphemes(text).map(cells).sum()
}

/// The grapheme clusters of `text`, in order: what a reader would call its characters.
pub fn graphemes(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.graphemes(true)
}

/// The width of one grapheme cluster in cells.
fn cells(grapheme: &str) -> usize {
    if grapheme.contains(char::is_control) { 0 } else { grapheme.width() }
}

/// Splits `text` so that the first part is as long as possible and at most `at` cells wide.
pub fn split_at_cells(text: &str, at: usize) -> (&str, &str) {
    let mut used = 0;
    let mut end = 0;
    for grapheme in graphemes(text) {
        used += cells(grapheme);
        if used > at {
            break;
        }
        end += grapheme.len();
    }
    text.split_at(end)
}

/// `text` if it is at most `limit` cells wide, else its beginning followed by `ellipsis`, together at most `limit`
/// cells (one fewer where a wide character would be cut). An ellipsis that does not fit is left out.
pub fn truncate(text: &str, limit: usize, ellipsis: &str) -> String {
    if width(text) <= limit {
        return text.to_owned();
    }
    let ellipsis = if width(ellipsis) <= limit { ellipsis } else { "" };
    let (kept, _) = split_at_cells(text, limit - width(ellipsis));
    format!("{kept}{ellipsis}")
}

/// `text` followed by spaces up to `to` cells. Wider text comes back unchanged.
pub fn pad_right(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// `text` preceded by spaces up to `to` cells. Wider text comes back unchanged.
pub fn pad_left(text: &str, to: usize) -> String {
    format!("{}{text}", " ".repeat(to.saturating_sub(width(text))))
}

/// `text` cut (with `…`) or padded on the right to exactly `to` cells.
pub fn fit(text: &str, to: usize) -> String {
    pad_right(&truncate(text, to, "…"), to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_in_cells() {
        let cases = [
            ("", 0),
            ("abc", 3),
            ("브로커 b1", 9),
            ("한", 2), // decomposed
            ("━●▸", 3),
            ("▐가▌", 4),
            ("a\u{1b}b", 2),
            ("ㄱㄴ", 4),
            ("「끝」", 6),
        ];
        for (text, cells) in cases {
            assert_eq!(width(text), cells, "{text:?}");
        }
    }

    #[test]
    fn a_cut_never_halves_a_wide_character() {
        assert_eq!(truncate("파티션", 6, "…"), "파티션");
        assert_eq!(truncate("파티션", 5, "…"), "파티…");
        assert_eq!(truncate("파티션", 4, "…"), "파…");
        assert_eq!(truncate("파티션", 1, "…"), "…");
        assert_eq!(truncate("파티션", 1, ""), "");
        assert_eq!(truncate("offsets", 4, ".."), "of..");
        assert_eq!(truncate("offsets", 1, ".."), "o");
        assert_eq!(truncate("offsets", 0, "…"), "");
        assert_eq!(split_at_cells("가나다", 3), ("가", "나다"));
        assert_eq!(split_at_cells("가나다", 99), ("가나다", ""));
    }

    #[test]
    fn padding_counts_cells() {
        assert_eq!(pad_right("가", 4), "가  ");
        assert_eq!(pad_left("가", 3), " 가");
        assert_eq!(pad_right("가나", 3), "가나");
        assert_eq!(fit("가나다", 4), "가… ");
        assert_eq!(fit("ab", 4), "ab  ");
    }

    proptest::proptest! {
        #[test]
        fn truncation_fits_and_padding_is_exact(text in ".{0,40}", limit in 0usize..60) {
            proptest::prop_assert!(width(&truncate(&text, limit, "…")) <= limit);
            proptest::prop_assert_eq!(width(&fit(&text, limit)), limit);
            let (left, right) = split_at_cells(&text, limit);
            proptest::prop_assert_eq!(format!("{left}{right}"), text);
        }
    }
}
