//! The course: parts and lessons in order, written or coming, and how to find one.
//!
//! Only headings are read up front; a lesson is judged when it is opened.

use std::sync::Arc;

use include_dir::{Dir, include_dir};

use super::diagnostic::{Diagnostic, Source, nearest};
use super::format::{CourseFile, LessonFile};
use super::lesson::Lesson;
use super::player::Kind;
use super::scenarios::ScenarioEntry;
use super::{load, read};
use crate::text::sanitize::sanitize_line;
use crate::text::{Text, with_particle};

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/lessons");

/// A course: the embedded one, or that of a folder.
#[derive(Clone, Debug, Default)]
pub struct Course {
    /// Parts in order; none is empty.
    pub parts: Vec<Part>,
    /// Scenario files, by path.
    pub scenarios: Vec<ScenarioEntry>,
    /// What is wrong with the course as such: its table of contents, ids that are taken twice. What is wrong with a
    /// lesson is said when it is opened.
    pub problems: Vec<Diagnostic>,
}

/// A part of the course.
#[derive(Clone, Debug)]
pub struct Part {
    /// Its number, from 0.
    pub number: usize,
    /// Its title.
    pub title: Text,
    /// Its lessons.
    pub entries: Vec<Entry>,
}

/// A lesson as the table of contents has it.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Two digits.
    pub number: String,
    /// Slug.
    pub id: String,
    /// Title.
    pub title: Text,
    /// Parts of the article that it brings to life.
    pub mirrors: Vec<String>,
    /// Its beats: id and kind. Empty if it is not written yet, or cannot be read.
    pub beats: Vec<(String, Kind)>,
    /// Its file; none = coming.
    pub source: Option<Source>,
}

/// Why a lesson cannot be opened.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// No lesson has this name.
    #[error("there is no lesson `{given}`{}", .near.as_ref().map(|id| format!(": did you mean `{id}`?")).unwrap_or_default())]
    Unknown {
        /// What was asked for.
        given: String,
        /// The nearest id.
        near: Option<String>,
    },
    /// It is in the table of contents only.
    #[error("the lesson `{0}` is not written yet")]
    Coming(String),
    /// Its file is wrong.
    #[error("{} {}", .0.len(), if .0.len() == 1 { "error" } else { "errors" })]
    Broken(Vec<Diagnostic>),
}

impl OpenError {
    /// The same in both languages, one line.
    pub fn message(&self) -> Text {
        let ko = match self {
            Self::Unknown { given, near } => {
                let near = near.as_ref().map(|id| format!(" `{id}`인가요?")).unwrap_or_default();
                format!(
                    "수업 {} 없습니다.{near}",
                    with_particle(&format!("`{given}`"), "은").unwrap_or_default()
                )
            }
            Self::Coming(id) => format!("`{id}` 수업은 아직 쓰이지 않았습니다."),
            Self::Broken(problems) => {
                let first = problems.first().map(|problem| problem.message.ko.clone()).unwrap_or_default();
                format!("수업 파일에 오류가 {}개 있습니다: {first}", problems.len())
            }
        };
        Text::new(ko, format!("{self}."))
    }
}

impl Course {
    /// The course that comes with the program.
    pub fn embedded() -> Self {
        Self::from_files(embedded_files())
    }

    /// A course from files: path below the lesson folder, and text. Files that do not end in `.toml` are left out.
    pub fn from_files(files: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut files: Vec<_> = files.into_iter().filter(|(path, _)| path.ends_with(".toml")).collect();
        files.sort();
        let mut course = Self::default();
        let is_contents = |path: &str| path.rsplit('/').next() == Some(CONTENTS);
        let own = files.iter().position(|(path, _)| is_contents(path)).map(|at| files.remove(at));
        let complete = own.is_some();
        let contents = own.or_else(|| embedded_files().find(|(path, _)| path == CONTENTS));
        match contents.map(|(path, text)| read::contents(&path, &text)) {
            Some(Ok(contents)) => course.parts = parts(contents),
            Some(Err(problem)) => course.problems.push(*problem),
            None => {}
        }
        for (path, text) in files {
            let folder = path.rsplit('/').nth(1).unwrap_or_default().to_owned();
            match folder.as_str() {
                _ if folder == "scenarios" || is_scenario(&text) => {
                    course.scenarios.push(ScenarioEntry::new(&path, &text));
                }
                "challenges" => {} // this version has none
                _ => course.add(folder, &path, &text),
            }
        }
        for part in &mut course.parts {
            // A folder without a table of contents borrows ours for the titles, not for what is coming.
            part.entries.retain(|entry| complete || entry.source.is_some());
            part.entries.sort_by(|a, b| (&a.number, &a.id).cmp(&(&b.number, &b.id)));
        }
        course.parts.retain(|part| !part.entries.is_empty());
        course
    }

    fn add(&mut self, folder: String, path: &str, text: &str) {
        let source = Source::new(path, text);
        let new = match read::lesson(&source) {
            Ok(file) => entry_of(&file, source.clone()),
            Err(_) => nameless(path, source.clone()),
        };
        let listed =
            self.parts.iter_mut().flat_map(|part| &mut part.entries).find(|entry| entry.id == new.id);
        if let Some(entry) = listed {
            if let Some(earlier) = &entry.source {
                let message = Text::new(
                    format!("수업 id `{}`: {}에서 이미 쓰였습니다", new.id, earlier.name),
                    format!("the lesson id `{}` is already taken by {}", new.id, earlier.name),
                );
                self.problems.push(Diagnostic::new(&source, 0..0, message));
            } else {
                *entry = new;
            }
            return;
        }
        let number = folder.split('-').next().and_then(|n| n.parse().ok());
        let at = number.and_then(|n| self.parts.iter().position(|part| part.number == n));
        match at {
            Some(at) => self.parts[at].entries.push(new),
            None => {
                let number = number.unwrap_or_else(|| self.parts.last().map_or(0, |part| part.number + 1));
                let title = Text::new(folder.clone(), folder);
                let at = self.parts.partition_point(|part| part.number <= number);
                self.parts.insert(at, Part { number, title, entries: vec![new] });
            }
        }
    }

    /// All lessons in order, written or coming.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.parts.iter().flat_map(|part| &part.entries)
    }

    /// The lessons that are written.
    pub fn written(&self) -> impl Iterator<Item = &Entry> {
        self.entries().filter(|entry| entry.source.is_some())
    }

    /// The lesson called `name`: `tour`, `00` or `00-tour`.
    ///
    /// # Errors
    /// There is none, with the nearest id.
    pub fn find(&self, name: &str) -> Result<&Entry, OpenError> {
        let called = |entry: &&Entry| {
            name == entry.id || name == entry.number || name == format!("{}-{}", entry.number, entry.id)
        };
        self.entries().find(called).ok_or_else(|| {
            let lessons = self.written().map(|entry| entry.id.as_str());
            let ids = lessons.chain(self.scenarios.iter().map(|scenario| scenario.id.as_str()));
            let given = sanitize_line(name);
            let near = nearest(name.trim_start_matches(|c: char| c.is_ascii_digit() || c == '-'), ids);
            OpenError::Unknown { near: near.map(str::to_owned), given }
        })
    }

    /// Reads and judges the lesson called `name`.
    ///
    /// # Errors
    /// There is none, it is not written yet, or its file is wrong.
    pub fn open(&self, name: &str) -> Result<Arc<Lesson>, OpenError> {
        let entry = self.find(name)?;
        let source = entry.source.as_ref().ok_or_else(|| OpenError::Coming(entry.id.clone()))?;
        load(&source.name, &source.text).map(Arc::new).map_err(OpenError::Broken)
    }

    /// The scenario called `id`.
    pub fn scenario(&self, id: &str) -> Option<&ScenarioEntry> {
        self.scenarios.iter().find(|scenario| scenario.id == id)
    }

    /// The index of a beat in a lesson, for [`super::progress::merge`].
    pub fn order(&self, lesson: &str, beat: &str) -> Option<usize> {
        let entry = self.entries().find(|entry| entry.id == lesson)?;
        entry.beats.iter().position(|(id, _)| id == beat)
    }
}

/// The table of contents in a lesson folder.
const CONTENTS: &str = "course.toml";

/// Whether a text is a scenario rather than a lesson: it has a script and no beats.
fn is_scenario(text: &str) -> bool {
    let begins = |word: &str| text.lines().any(|line| line.starts_with(word));
    begins("script") && !begins("[[beat]]")
}

fn embedded_files() -> impl Iterator<Item = (String, String)> {
    fn walk(dir: &'static Dir<'static>, files: &mut Vec<(String, String)>) {
        for file in dir.files() {
            if let (Some(path), Some(text)) = (file.path().to_str(), file.contents_utf8()) {
                files.push((path.replace('\\', "/"), text.to_owned()));
            }
        }
        dir.dirs().for_each(|dir| walk(dir, files));
    }
    let mut files = Vec::new();
    walk(&EMBEDDED, &mut files);
    files.into_iter()
}

fn parts(contents: CourseFile) -> Vec<Part> {
    let entry = |written: super::format::EntryFile| Entry {
        number: written.number,
        id: written.id,
        title: written.title,
        mirrors: written.mirrors,
        beats: Vec::new(),
        source: None,
    };
    let part = |(number, part): (usize, super::format::PartFile)| Part {
        number,
        title: part.title,
        entries: part.lesson.into_iter().map(entry).collect(),
    };
    contents.part.into_iter().enumerate().map(part).collect()
}

fn entry_of(file: &LessonFile, source: Source) -> Entry {
    let text = |word: Option<&super::format::Str>| sanitize_line(word.map_or("", |word| word.get_ref()));
    let kind = |word: &str| Kind::ALL.into_iter().find(|kind| kind.word() == word).unwrap_or(Kind::Run);
    let title = file.title.get_ref();
    let beats = file.beat.iter().map(toml::Spanned::get_ref);
    Entry {
        number: sanitize_line(file.number.get_ref()),
        id: sanitize_line(file.id.get_ref()),
        title: Text::new(text(title.ko.as_ref()), text(title.en.as_ref())),
        mirrors: file.mirrors.iter().map(|word| sanitize_line(word.get_ref())).collect(),
        beats: beats.map(|beat| (sanitize_line(beat.id.get_ref()), kind(beat.kind.get_ref()))).collect(),
        source: Some(source),
    }
}

/// The entry of a file that cannot be read, named after the file: opening it shows why.
fn nameless(path: &str, source: Source) -> Entry {
    let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml");
    let (number, id) = stem.split_once('-').unwrap_or(("", stem));
    let id = sanitize_line(id);
    Entry {
        number: sanitize_line(number),
        title: Text::new(id.clone(), id.clone()),
        id,
        mirrors: Vec::new(),
        beats: Vec::new(),
        source: Some(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(course: &Course) -> Vec<(usize, Vec<&str>)> {
        course.parts.iter().map(|p| (p.number, p.entries.iter().map(|e| e.id.as_str()).collect())).collect()
    }

    fn heading(number: &str, id: &str) -> String {
        format!(
            "format = 1\nid = '{id}'\nnumber = '{number}'\ntitle = {{ ko = '가', en = 'a' }}\n[cluster]\n[[beat]]\nid = 'x'\nkind = 'act'\n"
        )
    }

    #[test]
    fn the_table_of_contents_agrees_with_the_lessons() {
        let course = Course::embedded();
        assert_eq!(course.problems, []);
        assert_eq!((course.parts.len(), course.entries().count()), (10, 32));
        let (_, text) = embedded_files().find(|(path, _)| path == CONTENTS).unwrap();
        let listed = parts(read::contents(CONTENTS, &text).unwrap());
        for (n, (entry, listed)) in
            course.entries().zip(listed.iter().flat_map(|part| &part.entries)).enumerate()
        {
            assert_eq!(entry.number, format!("{n:02}"));
            assert_eq!(
                (&entry.id, &entry.title, &entry.mirrors),
                (&listed.id, &listed.title, &listed.mirrors)
            );
            if let Some(source) = &entry.source {
                assert!(
                    source.name.ends_with(&format!("/{}-{}.toml", entry.number, entry.id)),
                    "{}",
                    source.name
                );
            }
        }
    }

    #[test]
    fn a_lesson_goes_by_id_number_or_both_and_a_slip_is_met_with_the_nearest() {
        let course = Course::from_files([("0-start/00-tour.toml".to_owned(), heading("00", "tour"))]);
        for name in ["tour", "00", "00-tour"] {
            assert_eq!(course.find(name).unwrap().id, "tour");
        }
        for name in ["tuor", "00-tuor"] {
            let Err(OpenError::Unknown { near, .. }) = course.find(name) else { panic!("{name} was found") };
            assert_eq!(near.as_deref(), Some("tour"));
        }
        assert!(
            matches!(course.find("\u{1b}[31mx"), Err(OpenError::Unknown { near: None, given }) if given == "x")
        );
    }

    #[test]
    fn a_folder_has_what_is_in_it_in_the_parts_of_the_course() {
        let course = Course::from_files([
            ("2-core/06-partition.toml".to_owned(), heading("06", "partition")),
            ("2-core/05-topic.toml".to_owned(), heading("05", "topic")),
            ("2-core/50-mine.toml".to_owned(), heading("50", "mine")),
            ("77-more/77-other.toml".to_owned(), heading("77", "other")),
            ("0-start/00-broken.toml".to_owned(), "format = ".to_owned()),
            ("scenarios/x.toml".to_owned(), String::new()),
            ("README.md".to_owned(), String::new()),
        ]);
        let expected = [(0, vec!["broken"]), (2, vec!["topic", "partition", "mine"]), (77, vec!["other"])];
        assert_eq!(names(&course), expected);
        assert_eq!(course.scenarios.len(), 1);
        assert_eq!(course.order("topic", "x"), Some(0));
        assert!(matches!(course.open("broken"), Err(OpenError::Broken(problems)) if problems.len() == 1));
    }

    #[test]
    fn two_lessons_with_one_id_are_reported() {
        let course = Course::from_files([
            ("0-a/00-tour.toml".to_owned(), heading("00", "tour")),
            ("1-b/01-tour.toml".to_owned(), heading("01", "tour")),
        ]);
        assert_eq!(course.problems.len(), 1);
    }
}
