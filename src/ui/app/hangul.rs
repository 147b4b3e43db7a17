//! Keys that arrive as Hangul because a Korean input method is on: back to the letters on the key caps (2-set keyboard).
//!
//! A terminal sends whole syllables: `ㅓ` is `j`, `가` is `r` `k`, `닭` is `e` `k` `f` `r`.

/// Initial consonants in Unicode's order, as key sequences.
const INITIALS: [&str; 19] =
    ["r", "R", "s", "e", "E", "f", "a", "q", "Q", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g"];
/// Vowels in Unicode's order.
const VOWELS: [&str; 21] = [
    "k", "o", "i", "O", "j", "p", "u", "P", "h", "hk", "ho", "hl", "y", "n", "nj", "np", "nl", "b", "m",
    "ml", "l",
];
/// Final consonants in Unicode's order; the first is none.
const FINALS: [&str; 28] = [
    "", "r", "R", "rt", "s", "sw", "sg", "e", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "qt",
    "t", "T", "d", "w", "c", "z", "x", "v", "g",
];
/// Single consonants from U+3131, as key sequences.
const CONSONANTS: [&str; 30] = [
    "r", "R", "rt", "s", "sw", "sg", "e", "E", "f", "fr", "fa", "fq", "ft", "fx", "fv", "fg", "a", "q", "Q",
    "qt", "t", "T", "d", "w", "W", "c", "z", "x", "v", "g",
];

/// The letters whose keys make this Hangul character; empty if it is none. Full-width ASCII gives its plain form.
#[must_use]
pub fn letters(c: char) -> String {
    let code = u32::from(c);
    let pick = |table: &[&str], ix: u32| table.get(ix as usize).copied().unwrap_or_default().to_owned();
    match code {
        0x3131..=0x314E => pick(&CONSONANTS, code - 0x3131),
        0x314F..=0x3163 => pick(&VOWELS, code - 0x314F),
        0xAC00..=0xD7A3 => {
            let index = code - 0xAC00;
            let (first, vowel, last) = (index / 588, index % 588 / 28, index % 28);
            pick(&INITIALS, first) + &pick(&VOWELS, vowel) + &pick(&FINALS, last)
        }
        0xFF01..=0xFF5E => char::from_u32(code - 0xFEE0).map(String::from).unwrap_or_default(),
        0x3000 => " ".to_owned(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::letters;

    #[test]
    fn hangul_gives_back_the_keys_that_made_it() {
        for (hangul, keys) in [
            ("ㅓ", "j"),
            ("ㅂ", "q"),
            ("ㅛ", "y"),
            ("가", "rk"),
            ("닭", "ekfr"),
            ("ㅘ", "hk"),
            ("뷁", "qnpfr"),
            ("ㄲ", "R"),
        ] {
            assert_eq!(hangul.chars().map(letters).collect::<String>(), keys, "{hangul}");
        }
        assert_eq!(letters('１'), "1");
        assert_eq!(letters('q'), "");
    }
}
