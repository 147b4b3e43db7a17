//! The lesson file as it is written: plain data with the place of every string that is parsed further.
//!
//! Nothing here is judged; [`super::load`] turns it into a [`Lesson`](super::Lesson) or into diagnostics. A field that is
//! optional here may still be required for one kind of beat. Unknown fields are refused everywhere.

use serde::Deserialize;
use toml::Spanned;

use super::visit::AssertionFile;
use crate::lab::spec::{Cluster, Start};

/// A string and where it stands in the file.
pub(super) type Str = Spanned<String>;

/// Format numbers that this version reads.
pub const FORMAT: i64 = 1;

/// A whole lesson file.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LessonFile {
    pub format: Spanned<i64>,
    pub id: Str,
    pub number: Str,
    pub title: Spanned<TextFile>,
    #[serde(default)]
    pub mirrors: Vec<Str>,
    #[serde(default)]
    pub misconceptions: Vec<Str>,
    #[serde(default)]
    pub accuracy: Vec<Spanned<u16>>,
    pub minutes: Option<Spanned<u16>>,
    pub seed: Option<u64>,
    pub cluster: Cluster,
    #[serde(default)]
    pub start: Start,
    #[serde(default)]
    pub code: Vec<Spanned<CodeFile>>,
    pub compare: Option<Spanned<CompareFile>>,
    #[serde(default)]
    pub beat: Vec<Spanned<BeatFile>>,
}

/// Two labs that differ in one setting.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CompareFile {
    pub of: Str,
    pub key: Str,
    pub values: Spanned<Vec<Spanned<toml::Value>>>,
}

/// A code sample of the lesson.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CodeFile {
    pub id: Str,
    pub file: Str,
    pub client: Str,
    pub text: Str,
    #[serde(default)]
    pub on: Vec<Spanned<JumpFile>>,
}

/// Where the marker jumps while something happens.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct JumpFile {
    pub note: Str,
    pub at: Spanned<u32>,
    pub to: Option<Spanned<u32>>,
}

/// A line of the sample that a beat runs.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LineFile {
    pub at: Spanned<u32>,
    pub to: Option<Spanned<u32>>,
    #[serde(rename = "do")]
    pub doing: Option<Spanned<Vec<Str>>>,
    pub until: Option<Spanned<Vec<Spanned<AssertionFile>>>>,
    #[serde(rename = "for")]
    pub lasts: Option<Str>,
    pub say: Option<Spanned<TextFile>>,
}

/// A text in both languages; a missing one is reported by the loader.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TextFile {
    pub ko: Option<Str>,
    pub en: Option<Str>,
}

/// Lines of a recap in both languages.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LinesFile {
    pub ko: Option<Spanned<Vec<Str>>>,
    pub en: Option<Spanned<Vec<Str>>>,
}

/// A beat with every field that any kind may have.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BeatFile {
    pub id: Str,
    pub kind: Str,
    pub scene: Option<Str>,
    pub params: Option<Spanned<toml::Table>>,
    pub side: Option<Str>,
    pub focus: Option<Spanned<Vec<Str>>>,
    pub needs: Option<Spanned<Vec<Spanned<AssertionFile>>>>,
    #[serde(rename = "do")]
    pub doing: Option<Spanned<Vec<Str>>>,
    pub lines: Option<Spanned<Vec<Spanned<LineFile>>>>,
    pub until: Option<Spanned<Vec<Spanned<AssertionFile>>>>,
    #[serde(rename = "for")]
    pub lasts: Option<Str>,
    pub pace: Option<Str>,
    pub budget: Option<Str>,
    pub long: Option<Spanned<bool>>,
    pub say: Option<Spanned<TextFile>>,
    pub then: Option<Spanned<TextFile>>,
    pub more: Option<Spanned<TextFile>>,
    pub mark: Option<Spanned<TextFile>>,
    pub expect: Option<Spanned<Vec<Spanned<AssertionFile>>>>,
    pub of: Option<Str>,
    pub ask: Option<Spanned<TextFile>>,
    pub answer: Option<Str>,
    pub value: Option<Str>,
    pub why: Option<Spanned<TextFile>>,
    pub choice: Option<Spanned<Vec<Spanned<ChoiceFile>>>>,
    pub invite: Option<Spanned<TextFile>>,
    pub allow: Option<Spanned<Vec<Str>>>,
    pub goal: Option<Spanned<Vec<Spanned<AssertionFile>>>>,
    pub hint: Option<Spanned<Vec<Spanned<TextFile>>>>,
    pub remember: Option<Spanned<LinesFile>>,
    pub retrieve: Option<Str>,
    pub challenge: Option<Str>,
}

/// One answer of a predict.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoiceFile {
    pub when: Str,
    pub ko: Option<Str>,
    pub en: Option<Str>,
    pub misconception: Option<Str>,
    pub why: Option<Spanned<TextFile>>,
}

/// The one table that may stand in a lesson folder beside lessons: parts and lessons with their titles.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CourseFile {
    pub format: Spanned<i64>,
    pub part: Vec<PartFile>,
}

/// A part of the course.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PartFile {
    pub title: crate::text::Text,
    pub lesson: Vec<EntryFile>,
}

/// A lesson as the table of contents has it, written or not.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EntryFile {
    pub number: String,
    pub id: String,
    pub title: crate::text::Text,
    #[serde(default)]
    pub mirrors: Vec<String>,
}
