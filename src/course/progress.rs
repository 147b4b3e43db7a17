//! What a learner has done: the progress file as a value. Reading and writing files is the shell's business.
//!
//! ```toml
//! format = 1
//! lang = "ko"                                   # only if the person chose
//! last = { lesson = "offset", beat = "rewind" }
//! [lesson.tour]
//! beat = "go"                                   # furthest
//! done = true
//! [[answer]]
//! lesson = "partition"
//! beat = "guess-order"
//! choice = 2                                    # 0 = skipped; number and point answers: text
//! right = false
//! sure = 3
//! misconceptions = ["M10"]
//! day = "2026-11-22"
//! ```

use std::collections::BTreeMap;
use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::text::sanitize::sanitize_line;
use crate::text::{Lang, Text};

/// Format number of the files this version writes.
pub const FORMAT: i64 = 1;

/// Everything that is kept between two sessions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Progress {
    /// The language, only if the person chose one.
    pub lang: Option<Lang>,
    /// Where the person was last.
    pub last: Option<Place>,
    /// Lessons that were begun, by id.
    pub lessons: BTreeMap<String, LessonProgress>,
    /// Answers to predicts, oldest first.
    pub answers: Vec<Answer>,
}

/// A beat of a lesson, by their slugs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    /// Lesson id.
    pub lesson: String,
    /// Beat id.
    pub beat: String,
}

/// How far a lesson went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LessonProgress {
    /// The furthest beat that was entered. Unknown to the lesson (it was edited) = the first one.
    pub beat: String,
    /// The last beat was reached once.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub done: bool,
}

/// What was answered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Given {
    /// The prompt was skipped.
    Skipped,
    /// The n-th choice, from 1.
    Choice(u16),
    /// A number or an element.
    Text(String),
}

/// An answer to a predict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// Lesson id.
    pub lesson: String,
    /// Beat id.
    pub beat: String,
    /// What was answered.
    pub choice: Given,
    /// It was what the model did.
    pub right: bool,
    /// Confidence: 1 low, 2 middle, 3 high; 0 if skipped.
    pub sure: u8,
    /// Misconceptions that the choice stands for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub misconceptions: Vec<String>,
    /// `2026-11-22`, given by the shell.
    pub day: String,
}

/// A file that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parsed {
    /// What it holds; from a newer format, as much as could be read.
    pub progress: Progress,
    /// The format number, if it is newer than ours: nothing may be written then.
    pub newer: Option<i64>,
}

/// A file that is no progress file: the shell sets it aside, says so, and starts empty.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}", .reason.en)]
pub struct Unreadable {
    /// What is wrong with it.
    pub reason: Text,
}

#[derive(Serialize, Deserialize)]
struct File {
    format: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    lang: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    last: Option<Place>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty", rename = "lesson")]
    lessons: BTreeMap<String, LessonProgress>,
    #[serde(default, skip_serializing_if = "Vec::is_empty", rename = "answer")]
    answers: Vec<Answer>,
}

#[derive(Deserialize)]
struct Version {
    format: i64,
}

/// Reads a progress file.
///
/// # Errors
/// [`Unreadable`] if it is not TOML, has no format number, or does not hold what its format says.
pub fn parse(text: &str) -> Result<Parsed, Unreadable> {
    let Version { format } = toml::from_str(text).map_err(|error| Unreadable::new(&error))?;
    let newer = (format > FORMAT).then_some(format);
    match toml::from_str::<File>(text) {
        Ok(file) => Ok(Parsed { progress: file.into(), newer }),
        Err(_) if newer.is_some() => Ok(Parsed { progress: Progress::default(), newer }),
        Err(error) => Err(Unreadable::new(&error)),
    }
}

/// The text of a progress file.
pub fn print(progress: &Progress) -> String {
    let progress = progress.clone();
    let file = File {
        format: FORMAT,
        lang: progress.lang.map(|lang| lang.code().to_owned()),
        last: progress.last,
        lessons: progress.lessons,
        answers: progress.answers,
    };
    // Strings, numbers and tables always serialize.
    toml::to_string(&file).unwrap_or_default()
}

/// Joins what this session did with what another one wrote meanwhile: `base` is the file as this session last read or
/// wrote it, `mine` the present state, `disk` the file as it is now. `order` gives the index of a beat in a lesson.
///
/// In each lesson the furthest beat counts and done stays done; answers of both are kept; language and last place are
/// mine if I changed them.
pub fn merge(
    base: &Progress,
    mine: &Progress,
    disk: &Progress,
    order: impl Fn(&str, &str) -> Option<usize>,
) -> Progress {
    let mut merged = disk.clone();
    if mine.lang != base.lang {
        merged.lang = mine.lang;
    }
    if mine.last != base.last {
        merged.last.clone_from(&mine.last);
    }
    for (id, lesson) in &mine.lessons {
        let known = merged.lessons.entry(id.clone()).or_insert_with(|| lesson.clone());
        if order(id, &lesson.beat) >= order(id, &known.beat) {
            known.beat.clone_from(&lesson.beat);
        }
        known.done |= lesson.done;
    }
    let new = mine.answers.iter().skip(common(&base.answers, &mine.answers));
    let new: Vec<Answer> = new.filter(|answer| !disk.answers.contains(answer)).cloned().collect();
    merged.answers.extend(new);
    merged
}

/// How many answers at the beginning are the same in both.
fn common(base: &[Answer], mine: &[Answer]) -> usize {
    base.iter().zip(mine).take_while(|(a, b)| a == b).count()
}

impl Progress {
    /// Notes that `beat` was entered; `last_beat` = it is the lesson's last one. `order` as in [`merge`].
    pub fn enter(
        &mut self,
        lesson: &str,
        beat: &str,
        last_beat: bool,
        order: impl Fn(&str) -> Option<usize>,
    ) {
        self.last = Some(Place { lesson: lesson.to_owned(), beat: beat.to_owned() });
        let known = self.lessons.entry(lesson.to_owned()).or_default();
        if known.beat.is_empty() || order(beat) >= order(&known.beat) {
            beat.clone_into(&mut known.beat);
        }
        known.done |= last_beat;
    }

    /// Whether the lesson was played to its end once.
    pub fn is_done(&self, lesson: &str) -> bool {
        self.lessons.get(lesson).is_some_and(|known| known.done)
    }

    /// The newest answer to a predict.
    pub fn answer(&self, lesson: &str, beat: &str) -> Option<&Answer> {
        self.answers.iter().rev().find(|answer| answer.lesson == lesson && answer.beat == beat)
    }

    /// Right answers and all answers of a lesson, counting the newest of each predict and no skipped ones.
    pub fn score(&self, lesson: &str) -> (usize, usize) {
        let mut newest: BTreeMap<&str, &Answer> = BTreeMap::new();
        let given = self.answers.iter().filter(|a| a.lesson == lesson && a.choice != Given::Skipped);
        newest.extend(given.map(|answer| (answer.beat.as_str(), answer)));
        (newest.values().filter(|answer| answer.right).count(), newest.len())
    }
}

impl From<File> for Progress {
    fn from(file: File) -> Self {
        Self {
            lang: file.lang.and_then(|code| code.parse().ok()),
            last: file.last,
            lessons: file.lessons,
            answers: file.answers,
        }
    }
}

impl Unreadable {
    fn new(error: &toml::de::Error) -> Self {
        let said = sanitize_line(error.message());
        Self {
            reason: Text::new(
                format!("진도 파일을 읽을 수 없습니다 ({said})."),
                format!("The progress file cannot be read ({said})."),
            ),
        }
    }
}

impl Serialize for Given {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Skipped => serializer.serialize_u16(0),
            Self::Choice(n) => serializer.serialize_u16(*n),
            Self::Text(text) => serializer.serialize_str(text),
        }
    }
}

impl<'de> Deserialize<'de> for Given {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;
        impl Visitor<'_> for NumberOrText {
            type Value = Given;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a choice, or a text")
            }

            fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Given, E> {
                match u16::try_from(n) {
                    Ok(0) => Ok(Given::Skipped),
                    Ok(n) => Ok(Given::Choice(n)),
                    Err(_) => Err(E::custom("a choice is a number from 0")),
                }
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Given, E> {
                Ok(Given::Text(sanitize_line(text)))
            }
        }
        deserializer.deserialize_any(NumberOrText)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(beat: &str, choice: Given, right: bool) -> Answer {
        Answer {
            lesson: "partition".into(),
            beat: beat.into(),
            choice,
            right,
            sure: 3,
            misconceptions: vec!["M10".into()],
            day: "2026-11-22".into(),
        }
    }

    fn sample() -> Progress {
        let mut progress = Progress { lang: Some(Lang::Ko), ..Progress::default() };
        progress.enter("tour", "go", true, |_| Some(0));
        progress.enter("offset", "rewind", false, |_| Some(0));
        progress.answers = vec![
            answer("guess-order", Given::Choice(2), false),
            answer("guess-share", Given::Skipped, false),
            answer("count", Given::Text("3".into()), true),
        ];
        progress
    }

    #[test]
    fn a_printed_file_reads_back_the_same() {
        let text = print(&sample());
        assert_eq!(parse(&text), Ok(Parsed { progress: sample(), newer: None }), "{text}");
        assert!(text.starts_with("format = 1\nlang = \"ko\"\n"), "{text}");
        assert_eq!(parse(&print(&Progress::default())).unwrap().progress, Progress::default());
    }

    #[test]
    fn a_file_that_is_none_is_an_error_and_a_newer_one_is_read_only() {
        for broken in ["", "format = ", "lang = 'ko'", "format = 1\nlesson = 3", "\u{0}\u{1}", "format = 'x'"]
        {
            assert!(parse(broken).is_err(), "{broken:?}");
        }
        let newer = parse("format = 2\nlang = 'en'\nlast = { lesson = 'tour', beat = 'look' }").unwrap();
        assert_eq!((newer.newer, newer.progress.lang), (Some(2), Some(Lang::En)));
        assert_eq!(
            parse("format = 9\nlesson = 3").unwrap(),
            Parsed { progress: Progress::default(), newer: Some(9) }
        );
    }

    #[test]
    fn two_windows_keep_the_furthest_beat_and_every_answer() {
        let order = |_: &str, beat: &str| ["look", "send", "kill", "go"].iter().position(|b| *b == beat);
        let base = sample();
        let (mut mine, mut disk) = (base.clone(), base.clone());
        mine.enter("tour", "send", false, |b| order("tour", b));
        mine.enter("topic", "kill", false, |b| order("topic", b));
        mine.answers.push(answer("mine", Given::Choice(1), true));
        disk.lang = Some(Lang::En);
        disk.enter("topic", "send", false, |b| order("topic", b));
        disk.enter("partition", "go", true, |b| order("partition", b));
        disk.answers.push(answer("theirs", Given::Choice(1), true));

        let merged = merge(&base, &mine, &disk, order);
        assert_eq!(merged.lang, Some(Lang::En));
        assert_eq!(merged.last, mine.last);
        assert_eq!(merged.lessons["tour"], LessonProgress { beat: "go".into(), done: true });
        assert_eq!(merged.lessons["topic"].beat, "kill");
        assert!(merged.is_done("partition"));
        let beats: Vec<&str> = merged.answers.iter().map(|a| a.beat.as_str()).collect();
        assert_eq!(beats, ["guess-order", "guess-share", "count", "theirs", "mine"]);
        assert_eq!(merge(&base, &mine, &merged, order), merged);
    }

    #[test]
    fn the_newest_answer_counts_and_skipped_ones_do_not() {
        let mut progress = sample();
        assert_eq!(progress.score("partition"), (1, 2));
        progress.answers.push(answer("guess-order", Given::Choice(1), true));
        assert_eq!(progress.score("partition"), (2, 2));
        assert_eq!(progress.answer("partition", "guess-order").unwrap().choice, Given::Choice(1));
    }
}
