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
    /// The failure scenarios.
    Scenarios,
    /// One of them, by id.
    Scenario(String),
    /// The sandbox.
    Sandbox,
}

/// What a row that opens holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fold {
    /// The lessons of a part.
    Part(usize),
    /// The failure scenarios.
    Scenarios,
}

/// What is selected and open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Selected row.
    pub row: usize,
    /// The row whose content is shown.
    pub open: Option<Fold>,
}

impl Home {
    /// The continue row selected, its part open.
    #[must_use]
    pub fn new(course: &Course, progress: &Progress) -> Self {
        let current = Self::current(course, progress);
        let holds = |part: &crate::course::Part| {
            part.entries.iter().any(|l| Some(&l.id) == current.as_ref().map(|c| &c.0))
        };
        Self { row: 0, open: course.parts.iter().position(holds).map(Fold::Part) }
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
            if self.open == Some(Fold::Part(at)) {
                rows.extend(part.entries.iter().map(|entry: &Entry| Row::Lesson(entry.id.clone())));
            }
        }
        if !course.scenarios.is_empty() {
            rows.push(Row::Scenarios);
        }
        if self.open == Some(Fold::Scenarios) {
            rows.extend(course.scenarios.iter().map(|scenario| Row::Scenario(scenario.id.clone())));
        }
        rows.push(Row::Sandbox);
        rows
    }

    /// Opens a row that holds others, or closes it.
    pub(super) fn toggle(&mut self, fold: Fold) {
        self.open = if self.open == Some(fold) { None } else { Some(fold) };
    }

    /// The selected row.
    #[must_use]
    pub fn selected(&self, course: &Course, progress: &Progress) -> Option<Row> {
        self.rows(course, progress).into_iter().nth(self.row)
    }
}
