//! Home: parts and lessons as a list that opens part by part.

use crate::course::{Course, Entry, Progress};

/// A row of home.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Row {
    /// Where the learner left off, or the first lesson.
    Continue {
        /// Lesson id.
        lesson: String,
        /// Beat id, if there is one.
        beat: Option<String>,
    },
    /// A part of the course.
    Part(usize),
    /// A lesson of an open part.
    Lesson(String),
    /// The sandbox.
    Sandbox,
}

/// What is selected and open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Selected row.
    pub row: usize,
    /// The part whose lessons are shown.
    pub open: Option<usize>,
}

impl Home {
    /// The continue row selected, its part open.
    #[must_use]
    pub fn new(course: &Course, progress: &Progress) -> Self {
        let current = Self::current(course, progress);
        let holds = |part: &crate::course::Part| {
            part.entries.iter().any(|l| Some(&l.id) == current.as_ref().map(|c| &c.0))
        };
        Self { row: 0, open: course.parts.iter().position(holds) }
    }

    /// Where to go on: the last place, or the first lesson that is written.
    fn current(course: &Course, progress: &Progress) -> Option<(String, Option<String>)> {
        let known = |id: &str| course.written().any(|entry| entry.id == id);
        match &progress.last {
            Some(place) if known(&place.lesson) && !progress.is_done(&place.lesson) => {
                Some((place.lesson.clone(), Some(place.beat.clone())))
            }
            _ => course
                .written()
                .find(|entry| !progress.is_done(&entry.id))
                .or_else(|| course.written().next())
                .map(|entry| (entry.id.clone(), None)),
        }
    }

    /// Every row, top to bottom.
    #[must_use]
    pub fn rows(&self, course: &Course, progress: &Progress) -> Vec<Row> {
        let mut rows = Vec::new();
        if let Some((lesson, beat)) = Self::current(course, progress) {
            rows.push(Row::Continue { lesson, beat });
        }
        for (at, part) in course.parts.iter().enumerate() {
            rows.push(Row::Part(at));
            if self.open == Some(at) {
                rows.extend(part.entries.iter().map(|entry: &Entry| Row::Lesson(entry.id.clone())));
            }
        }
        rows.push(Row::Sandbox);
        rows
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self, course: &Course, progress: &Progress) -> Option<Row> {
        self.rows(course, progress).into_iter().nth(self.row)
    }
}
