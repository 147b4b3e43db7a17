//! Plays a whole course headless and says what does not hold.
//!
//! Every lesson runs on its reference path: each `expect` is evaluated at the end of its beat, the truth of each
//! predict is computed when its prompt opens and compared with what was played later, texts are measured in both
//! languages with their values in them, and the laws of the model are watched throughout.

mod budget;
mod explain;
mod lesson;
mod print;
mod scenario;
#[cfg(test)]
mod tests;

use crate::lab::view::TankView;
use crate::text::Text;

use super::catalog::Course;
use super::diagnostic::Diagnostic;
use super::lesson::SceneSpec;
use super::load;

/// What a scene shows: the ids of its elements in this tank; `None` = there is no such scene. The course knows nothing
/// of scenes, so whoever checks passes this in.
pub type Elements<'a> = dyn Fn(&SceneSpec, &TankView) -> Option<Vec<String>> + 'a;

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Lessons played.
    pub lessons: usize,
    /// Challenges played.
    pub challenges: usize,
    /// Scenario files replayed.
    pub scenarios: usize,
    /// Beats played.
    pub beats: usize,
    /// Assertions evaluated.
    pub expectations: usize,
    /// Predicts whose truth was computed.
    pub predictions: usize,
    /// Beats that take long and were passed over.
    pub passed_over: usize,
    /// What does not hold, in the order of the course.
    pub failures: Vec<Failure>,
}

/// Something that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// Where in which file, and what.
    pub problem: Diagnostic,
    /// The lesson or scenario.
    pub of: String,
    /// The beat, if it was being played.
    pub beat: Option<String>,
    /// The event at which it was found.
    pub event: Option<u64>,
    /// What the state says, part by part.
    pub details: Vec<Text>,
}

impl Report {
    /// Whether everything holds.
    pub fn is_clean(&self) -> bool {
        self.failures.is_empty()
    }

    fn fail(&mut self, of: &str, problem: Diagnostic) {
        self.failures.push(Failure {
            problem,
            of: of.to_owned(),
            beat: None,
            event: None,
            details: Vec::new(),
        });
    }
}

/// Plays a course, all but its long beats. With `elements` the scenes and what lessons point at are checked as well.
pub fn check(course: &Course, elements: Option<&Elements<'_>>) -> Report {
    check_with(course, elements, false)
}

/// The same; with `long` the long beats, too.
pub fn check_with(course: &Course, elements: Option<&Elements<'_>>, long: bool) -> Report {
    let mut report = Report::default();
    for problem in &course.problems {
        report.fail("course", problem.clone());
    }
    for entry in course.written() {
        let Some(source) = &entry.source else { continue };
        report.lessons += 1;
        match load(&source.name, &source.text) {
            Ok(lesson) => lesson::play(lesson.into(), course, elements, long, &mut report),
            Err(problems) => problems.into_iter().for_each(|problem| report.fail(&entry.id, problem)),
        }
    }
    for entry in &course.scenarios {
        report.scenarios += 1;
        scenario::replay(entry, elements, &mut report);
    }
    report
}
