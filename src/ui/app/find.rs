//! The search on Home: a line of words, and the places of the course that have them all.

use std::sync::Arc;

use super::line::CommandLine;
use crate::course::Course;
use crate::course::find::{Candidate, candidates, find};

/// Hits that are kept.
const MOST: usize = 40;

/// The open search.
#[derive(Clone, Debug, PartialEq)]
pub struct Find {
    /// What is typed.
    pub line: CommandLine,
    /// Selected hit.
    pub row: usize,
    all: Arc<Vec<Candidate>>,
}

impl Find {
    /// An empty search in a course.
    #[must_use]
    pub fn new(course: &Course) -> Self {
        Self { line: CommandLine::default(), row: 0, all: Arc::new(candidates(course)) }
    }

    /// The hits, the best first.
    #[must_use]
    pub fn hits(&self) -> Vec<&Candidate> {
        find(&self.all, self.line.text(), MOST)
    }
}
