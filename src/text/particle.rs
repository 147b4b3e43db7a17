//! Korean particles that agree with the word before them: 브로커 2가, 브로커 3이.
//!
//! Five particles have two forms. The form depends on the *sound* the word ends in, so a number is read in
//! Sino-Korean (b3 → 삼 → b3이), an abbreviation letter by letter (ISR → 알 → ISR이) and an English word as Korean
//! engineers say it (offset → 오프셋 → offset이; [`super::reading`] holds those rules). What stands in parentheses,
//! quotes and key marks does not count.

use super::reading;

/// How a word ends when it is read aloud.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    /// No final consonant: 커, 2 (이), K (케이).
    Vowel,
    /// The final consonant ㄹ, after which 으로 becomes 로: 널, 1 (일), L (엘).
    Rieul,
    /// Any other final consonant: 션, 3 (삼), M (엠).
    Consonant,
}

/// The particles with two forms: after a final consonant, after a vowel.
const PAIRS: [(&str, &str); 5] = [("이", "가"), ("은", "는"), ("을", "를"), ("과", "와"), ("으로", "로")];

/// Whether `particle` names a pair: 이, 은, 을, 과 or 으로, the form used after a final consonant.
pub fn is_particle(particle: &str) -> bool {
    PAIRS.iter().any(|(closed, _)| *closed == particle)
}

/// `value` with the fitting form of `particle` (이, 은, 을, 과 or 으로) behind it, without a space; `None` when
/// `particle` names no pair.
///
/// ```
/// use kafkarium::text::with_particle;
/// assert_eq!(with_particle("b2", "이").as_deref(), Some("b2가"));
/// assert_eq!(with_particle("b1", "으로").as_deref(), Some("b1로"));
/// ```
pub fn with_particle(value: &str, particle: &str) -> Option<String> {
    let (closed, open) = PAIRS.iter().find(|(closed, _)| *closed == particle)?;
    let form = match ending(value) {
        Ending::Vowel => open,
        Ending::Rieul if *closed == "으로" => open,
        Ending::Rieul | Ending::Consonant => closed,
    };
    Some(format!("{value}{form}"))
}

/// How `value` ends when read aloud. A value in which nothing can be read counts as ending in a vowel.
fn ending(value: &str) -> Ending {
    let read = spoken_part(value);
    let read = if read.is_empty() { value.trim_matches(is_silent) } else { read };
    let Some(last) = read.chars().next_back() else { return Ending::Vowel };
    match last {
        '가'..='힣' => syllable_ending(last),
        // Conjoining jamo, as macOS writes them: a final consonant, or a syllable without one.
        '\u{11a8}'..='\u{11c2}' => from_final(last as u32 - 0x11a7),
        // A bare consonant is called by its name: 기역, 니은, 리을.
        'ㄹ' => Ending::Rieul,
        'ㄱ'..='ㅎ' => Ending::Consonant,
        '0'..='9' => number_ending(read),
        'a'..='z' | 'A'..='Z' => reading::word_ending(read),
        _ => Ending::Vowel, // →, %, +: 화살표, 퍼센트, 플러스
    }
}

/// Characters at the end of a value that nobody reads aloud.
fn is_silent(c: char) -> bool {
    c.is_whitespace() || "\"'`‘’“”.,:;!?…·-_/[]{}()<>「」‹›▌▐*".contains(c)
}

/// `value` without what follows the last sound: closing quotes and punctuation, and a trailing group in
/// parentheses, as in `ISR(in-sync replicas)` or `poll()`. Empty when nothing else is there.
fn spoken_part(value: &str) -> &str {
    let mut rest = value;
    loop {
        rest = rest.trim_end_matches(|c| is_silent(c) && c != ')');
        if !rest.ends_with(')') {
            return rest;
        }
        let mut depth = 0usize;
        let open = rest.char_indices().rev().find(|&(_, c)| {
            match c {
                ')' => depth += 1,
                '(' => depth -= 1,
                _ => {}
            }
            depth == 0
        });
        rest = match open {
            Some((at, _)) => &rest[..at],
            None => &rest[..rest.len() - 1],
        };
    }
}

fn syllable_ending(syllable: char) -> Ending {
    from_final((syllable as u32 - '가' as u32) % 28)
}

/// From the index of the final consonant in Unicode's order of syllables: 0 is none, 8 is ㄹ.
fn from_final(index: u32) -> Ending {
    match index {
        0 => Ending::Vowel,
        8 => Ending::Rieul,
        _ => Ending::Consonant,
    }
}

/// A number's ending in Sino-Korean: the last digit, or the power of ten that trailing zeros stand for.
fn number_ending(read: &str) -> Ending {
    let start = read
        .rfind(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .map_or(0, |at| at + read[at..].chars().next().map_or(1, char::len_utf8));
    let number = &read[start..];
    let zeros = number.chars().rev().filter(|c| *c != ',').take_while(|c| *c == '0').count();
    let whole = !number.contains('.') && number.chars().any(|c| matches!(c, '1'..='9'));
    if zeros > 0 {
        // 십 백 천 만 억 and 경 end in a consonant, 조 (10^12) does not; a bare 0 is 영.
        return if whole && (12..16).contains(&zeros) { Ending::Vowel } else { Ending::Consonant };
    }
    match number.chars().next_back() {
        Some('2' | '4' | '5' | '9') => Ending::Vowel,
        Some('1' | '7' | '8') => Ending::Rieul,
        _ => Ending::Consonant,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Value, then the form expected for 이 and for 으로 (은, 을 and 과 follow 이).
    const TABLE: &[(&str, &str, &str)] = &[
        // Hangul
        ("브로커", "가", "로"),
        ("파티션", "이", "으로"),
        ("오프셋", "이", "으로"),
        ("널", "이", "로"),
        ("컨슈머 그룹", "이", "으로"),
        ("ㄱ", "이", "으로"),
        ("ㅏ", "가", "로"),
        ("\u{1112}\u{1161}\u{11ab}", "이", "으로"),
        ("\u{1103}\u{1161}\u{11af}", "이", "로"),
        ("\u{1112}\u{1161}", "가", "로"),
        // Digits in Sino-Korean
        ("0", "이", "으로"),
        ("1", "이", "로"),
        ("2", "가", "로"),
        ("3", "이", "으로"),
        ("4", "가", "로"),
        ("5", "가", "로"),
        ("6", "이", "으로"),
        ("7", "이", "로"),
        ("8", "이", "로"),
        ("9", "가", "로"),
        ("10", "이", "으로"),
        ("100", "이", "으로"),
        ("12,000", "이", "으로"),
        ("100000000", "이", "으로"),
        ("1000000000000", "가", "로"),
        ("12", "가", "로"),
        ("-1", "이", "로"),
        ("1.259", "가", "로"),
        ("12/31", "이", "로"),
        ("브로커 2", "가", "로"),
        ("브로커 3", "이", "으로"),
        // Ids
        ("b1", "이", "로"),
        ("b2", "가", "로"),
        ("b3", "이", "으로"),
        ("b10", "이", "으로"),
        ("orders-0", "이", "으로"),
        ("payments-2", "가", "로"),
        ("b2/orders-0@4", "가", "로"),
        ("order_1", "이", "로"),
        ("user_123", "이", "으로"),
        ("#17", "이", "로"),
        ("__consumer_offsets", "가", "로"),
        ("app-1", "이", "로"),
        ("pay", "가", "로"),
        ("stats", "가", "로"),
        // Letters as read
        ("a", "가", "로"),
        ("k", "가", "로"),
        ("l", "이", "로"),
        ("m", "이", "으로"),
        ("n", "이", "으로"),
        ("r", "이", "로"),
        ("!a!", "가", "로"),
        ("HW", "가", "로"),
        ("LEO", "가", "로"),
        ("LSO", "가", "로"),
        ("PID", "가", "로"),
        ("ACK", "가", "로"),
        ("seq", "가", "로"),
        ("ISR", "이", "로"),
        ("CRC32", "가", "로"),
        ("URL", "이", "로"),
        ("RabbitMQ", "가", "로"),
        // Words
        ("KRaft", "가", "로"),
        ("Kafka", "가", "로"),
        ("Redis", "가", "로"),
        ("ZooKeeper", "가", "로"),
        ("acks=all", "이", "로"),
        ("acks=0", "이", "으로"),
        ("acks=1", "이", "로"),
        ("null", "이", "로"),
        ("none", "이", "으로"),
        ("NONE", "이", "으로"),
        ("true", "가", "로"),
        ("latest", "가", "로"),
        ("read_committed", "가", "로"),
        ("offset", "이", "으로"),
        ("commit", "이", "으로"),
        ("group", "이", "으로"),
        ("topic", "이", "으로"),
        ("timeout", "이", "으로"),
        ("JoinGroup", "이", "으로"),
        ("InitProducerId", "가", "로"),
        ("FindCoordinator", "가", "로"),
        ("Heartbeat", "가", "로"),
        ("ListOffsets", "가", "로"),
        ("NOT_LEADER_OR_FOLLOWER", "가", "로"),
        ("OUT_OF_ORDER_SEQUENCE_NUMBER", "가", "로"),
        ("UNKNOWN_TOPIC_OR_PARTITION", "이", "으로"),
        ("auto.offset.reset", "이", "으로"),
        ("linger.ms", "가", "로"),
        ("enable.idempotence", "가", "로"),
        ("5ms", "가", "로"),
        ("16KiB", "가", "로"),
        ("30s", "가", "로"),
        ("30초", "가", "로"),
        ("100%", "가", "로"),
        // Parentheses, quotes, keys
        ("ISR(in-sync replicas)", "이", "로"),
        ("컴팩션(log compaction)", "이", "으로"),
        ("poll()", "이", "로"),
        ("produce()", "가", "로"),
        ("acks=all (-1)", "이", "로"),
        ("(e)", "가", "로"),
        ("‘기록 실패’", "가", "로"),
        ("'paid'", "가", "로"),
        ("→", "가", "로"),
        ("`→`", "가", "로"),
        ("Esc", "가", "로"),
        ("Space", "가", "로"),
        ("x d", "가", "로"),
        ("F2", "가", "로"),
        ("Tab", "이", "으로"),
        // Nothing to read
        ("", "가", "로"),
        ("·", "가", "로"),
        ("((", "가", "로"),
        ("))", "가", "로"),
    ];

    #[test]
    fn the_form_follows_the_sound() {
        assert!(TABLE.len() >= 60);
        for &(value, subject, towards) in TABLE {
            assert_eq!(with_particle(value, "이"), Some(format!("{value}{subject}")));
            assert_eq!(with_particle(value, "으로"), Some(format!("{value}{towards}")));
            let closed = subject == "이";
            for (pair, open) in [("은", "는"), ("을", "를"), ("과", "와")] {
                let form = if closed { pair } else { open };
                assert_eq!(with_particle(value, pair), Some(format!("{value}{form}")));
            }
        }
    }

    #[test]
    fn only_the_five_names_are_particles() {
        for name in ["가", "는", "를", "와", "로", "에", "이가", "", "i"] {
            assert_eq!(with_particle("b1", name), None, "{name}");
            assert!(!is_particle(name));
        }
        assert!(is_particle("으로"));
    }

    proptest::proptest! {
        #[test]
        fn any_value_gets_some_form(value in "\\PC{0,12}") {
            let text = with_particle(&value, "을").unwrap();
            let form = text.strip_prefix(value.as_str()).unwrap();
            proptest::prop_assert!(form == "을" || form == "를");
        }
    }
}
