//! Which neighbours a line break must not part.

/// Whether no line should end between `group`, one or several words, and `word`, the one behind it.
pub(super) fn stay_together(group: &str, word: &str) -> bool {
    let group = group.trim_start();
    let last = group.rsplit(' ').next().unwrap_or(group);
    let mut beginning = word.chars();
    let closes = beginning.next().is_some_and(is_closing)
        && !beginning.next().is_some_and(|c| c.is_ascii_alphanumeric());
    closes
        || last.ends_with(is_opening)
        || is_glyph(last) && !is_separator(last)
        || is_glyph(word) && JOINERS.contains(word)
        || last.ends_with(|c: char| c.is_ascii_digit()) && is_unit(word)
        || word.starts_with(|c: char| c.is_ascii_digit()) && NUMBERED.contains(&last)
}

/// Glyphs that also stay with the word before them, because they join two.
const JOINERS: &str = "·→←=+–";

/// Words that stay with the number behind them.
const NUMBERED: &[&str] = &[
    "오프셋",
    "에폭",
    "파티션",
    "브로커",
    "세대",
    "offset",
    "offsets",
    "epoch",
    "partition",
    "broker",
    "generation",
    "seq",
    "PID",
    "HW",
    "LEO",
    "LSO",
    "lag",
];

/// Korean counters and units, as the beginning of the word behind a number.
const COUNTERS: &[&str] = &[
    "초",
    "분",
    "시간",
    "일",
    "번",
    "개",
    "대",
    "칸",
    "줄",
    "단계",
    "밀리초",
    "바이트",
    "건",
    "회",
    "배",
    "명",
];

/// English units, as the whole word behind a number.
const UNITS: &[&str] = &[
    "ms", "s", "µs", "min", "h", "B", "KiB", "MiB", "GiB", "cells", "records", "times", "events", "seconds",
    "minutes", "bytes",
];

fn is_unit(word: &str) -> bool {
    let latin = word.split(|c: char| !(c.is_ascii_alphabetic() || c == 'µ')).next().unwrap_or_default();
    UNITS.contains(&latin) || COUNTERS.iter().any(|counter| word.starts_with(counter))
}

/// Whether `word` is a lone drawing or mathematical sign.
fn is_glyph(word: &str) -> bool {
    let mut chars = word.chars();
    chars.next().is_some_and(|c| !c.is_alphanumeric()) && chars.next().is_none()
}

/// Whether `word` ends what stands before it: a line may end behind it.
fn is_separator(word: &str) -> bool {
    word.starts_with(is_closing)
}

/// Punctuation that no line begins with.
pub(super) fn is_closing(c: char) -> bool {
    ".,)]}!?:;”’」』》〉›%…·、。".contains(c)
}

/// Brackets and quotes that no line ends with.
pub(super) fn is_opening(c: char) -> bool {
    "([{“‘「『《〈‹".contains(c)
}
