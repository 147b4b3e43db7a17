//! How a Latin word or abbreviation ends when a Korean engineer reads it.
//!
//! Letters are read by name (ISR: 아이에스알), words as the loan word sounds (offset: 오프셋). English spelling does not
//! say which final consonants become a 받침 and which get a vowel (commit 커밋, but event 이벤트), so the rules look at
//! the last two or three letters and a short list holds what they miss.

use super::particle::Ending::{self, Consonant, Rieul, Vowel};

/// Words whose spelling misleads the rules below.
const EXCEPTIONS: &[(&str, Ending)] = &[
    ("ack", Vowel),       // 애크
    ("epoch", Consonant), // 에폭
    ("esc", Vowel),       // 이에스시
    ("hub", Vowel),       // 허브
    ("pub", Vowel),       // 펍, 퍼브
    ("sub", Vowel),       // 서브
    ("type", Consonant),  // 타입
    ("min", Consonant),   // 분
    ("use", Vowel),
    ("one", Consonant),
    ("none", Consonant),
];

/// The ending of the last word of `text`, which ends in an ASCII letter.
pub(super) fn word_ending(text: &str) -> Ending {
    let word = text.rsplit(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or(text);
    let in_name = text.strip_suffix(word).is_some_and(|before| before.ends_with('_'));
    let word = last_hump(word);
    let lower = word.to_ascii_lowercase();
    if let Some((_, ending)) = EXCEPTIONS.iter().find(|(known, _)| *known == lower) {
        return *ending;
    }
    let shouted = word.len() <= 4 && !in_name && word.bytes().all(|b| b.is_ascii_uppercase());
    let unpronounceable = !lower.contains(['a', 'e', 'i', 'o', 'u', 'y']);
    if shouted || unpronounceable || word.len() == 1 { letter_ending(&lower) } else { sound_ending(&lower) }
}

/// The last word of a camel-case name: `JoinGroup` → `Group`, `RabbitMQ` → `MQ`, `ISR` → `ISR`.
fn last_hump(word: &str) -> &str {
    let bytes = word.as_bytes();
    let start =
        (1..bytes.len()).rev().find(|&i| bytes[i].is_ascii_uppercase() && bytes[i - 1].is_ascii_lowercase());
    word.get(start.unwrap_or(0)..).unwrap_or(word)
}

/// By the name of the last letter: L 엘 and R 알 end in ㄹ, M 엠 and N 엔 in another consonant, the rest in a vowel.
fn letter_ending(lower: &str) -> Ending {
    match lower.bytes().next_back() {
        Some(b'l' | b'r') => Rieul,
        Some(b'm' | b'n') => Consonant,
        _ => Vowel,
    }
}

/// By the sound of an English word as Korean takes it over.
fn sound_ending(lower: &str) -> Ending {
    let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| lower.ends_with(suffix));
    match lower.bytes().next_back() {
        Some(b'l') => Rieul,                                            // poll 폴, null 널
        Some(b'm' | b'n') => Consonant,                                 // quorum 쿼럼, partition 파티션
        Some(b'e') if ends(&["le"]) => Rieul,                           // table 테이블
        Some(b'e') if ends(&["me", "ne"]) => Consonant,                 // name 네임, engine 엔진
        Some(b'g') if ends(&["ng"]) => Consonant,                       // string 스트링
        Some(b'k') if ends(&["ack", "ick", "ock", "uck"]) => Consonant, // block 블록; check 체크
        Some(b'c') if !ends(&["nc"]) => Consonant,                      // topic 토픽; sync 싱크
        Some(b'p') if !ends(&["mp", "lp", "sp", "oop"]) => Consonant,   // group 그룹; dump 덤프, loop 루프
        Some(b'b') => Consonant,                                        // web 웹
        Some(b't') if short_t(lower) => Consonant,                      // commit 커밋; event 이벤트
        _ => Vowel,                                                     // broker 브로커, record 레코드
    }
}

/// Whether a final `t` follows one short vowel (offset 오프셋, out 아웃): then it is a 받침, else it gets a vowel
/// (event 이벤트, heartbeat 하트비트).
fn short_t(lower: &str) -> bool {
    let vowel = |b: u8| matches!(b, b'a' | b'e' | b'i' | b'o' | b'u');
    match lower.as_bytes() {
        [.., b'o', b'u', b't'] => true,
        [.., before, last, b't'] => vowel(*last) && !vowel(*before),
        [last, b't'] => vowel(*last),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn loan_words_end_as_they_sound() {
        let cases = [
            ("leader", Vowel),
            ("batch", Vowel),
            ("log", Vowel),
            ("config", Vowel),
            ("model", Rieul),
            ("table", Rieul),
            ("idle", Rieul),
            ("name", Consonant),
            ("string", Consonant),
            ("block", Consonant),
            ("check", Vowel),
            ("network", Vowel),
            ("topic", Consonant),
            ("async", Vowel),
            ("timestamp", Vowel),
            ("stop", Consonant),
            ("event", Vowel),
            ("client", Vowel),
            ("abort", Vowel),
            ("snapshot", Consonant),
            ("epoch", Consonant),
            ("type", Consonant),
            ("Flink", Vowel),
            ("Debezium", Consonant),
            ("JSON", Consonant),
            ("SQL", Rieul),
            ("txn", Consonant),
            ("BACKWARD", Vowel),
        ];
        for (word, ending) in cases {
            assert_eq!(word_ending(word), ending, "{word}");
        }
    }
}
