//! Scenario files of a course: what Home lists and a person opens by name.

use serde::Deserialize;

use super::diagnostic::Source;
use crate::lab::scenario::{Scenario, ScenarioError};
use crate::text::Text;
use crate::text::sanitize::sanitize_line;

/// A scenario file.
#[derive(Clone, Debug)]
pub struct ScenarioEntry {
    /// Its file's name without folder and ending: `f03-leader-dies-acks-one`.
    pub id: String,
    /// What it is called; the id if the file does not say.
    pub title: Text,
    /// Path and text.
    pub source: Source,
}

/// The one field that a list needs; everything else is judged when the file is opened.
#[derive(Deserialize)]
struct Heading {
    title: Option<Text>,
}

impl ScenarioEntry {
    pub(super) fn new(path: &str, text: &str) -> Self {
        let stem = path.rsplit('/').next().unwrap_or(path).trim_end_matches(".toml");
        let id = sanitize_line(stem);
        let heading = toml::from_str::<Heading>(text).ok().and_then(|heading| heading.title);
        let title = heading.map_or_else(
            || Text::new(id.clone(), id.clone()),
            |title| Text::new(sanitize_line(&title.ko), sanitize_line(&title.en)),
        );
        Self { id, title, source: Source::new(path, text) }
    }

    /// Reads and judges the file.
    ///
    /// # Errors
    /// As [`Scenario::parse`].
    pub fn open(&self) -> Result<Scenario, ScenarioError> {
        Scenario::parse(&self.source.text)
    }
}
