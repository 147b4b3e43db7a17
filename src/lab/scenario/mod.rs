//! Scenario files: a spec, a seed, what is done and what must come of it. Text that replays exactly: a test, a bug report, a way to
//! share a situation.

mod file;
mod replay;
mod script;

use crate::text::Text;

pub use file::ExpectLine;
pub use replay::{Failed, Replayed};
pub use script::{ScriptLine, When};

use super::history::Input;
use super::play::Lab;
use super::spec::Spec;
use crate::engine::Micros;

/// Version of the file format.
pub const FORMAT: u32 = 1;
/// Version of the model: it changes when the same inputs may lead elsewhere.
pub const MODEL: u32 = 1;

/// A scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    /// Version of the model it was recorded with; the present one if the file does not say.
    pub model: u32,
    /// What it is called.
    pub title: Option<Text>,
    /// What to watch and what comes of it, in a sentence or two.
    pub tells: Option<Text>,
    /// The picture that shows it best: the name of a scene; the cluster if the file does not say.
    pub scene: Option<String>,
    /// Seed of all chance.
    pub seed: u64,
    /// Cluster and start.
    pub spec: Spec,
    /// What is done, in order.
    pub script: Vec<ScriptLine>,
    /// What must hold at the end.
    pub expect: Vec<ExpectLine>,
    /// The law that must break.
    pub law: Option<String>,
    /// Where it ends: after so many events, and at this time (µs since t = 0); else when everything has settled.
    pub end: Option<(Option<u64>, u64)>,
}

/// Why a text is no scenario, or cannot be replayed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScenarioError {
    /// What is wrong and what would be right.
    pub message: Text,
    /// The place in the file, in bytes.
    pub span: Option<std::ops::Range<usize>>,
}

impl std::fmt::Display for ScenarioError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message.en)
    }
}

impl std::error::Error for ScenarioError {}

impl Scenario {
    /// A cluster to which nothing is done.
    #[must_use]
    pub const fn new(spec: Spec, seed: u64) -> Self {
        Self {
            model: MODEL,
            title: None,
            tells: None,
            scene: None,
            seed,
            spec,
            script: Vec::new(),
            expect: Vec::new(),
            law: None,
            end: None,
        }
    }

    /// What was done in a lab on its present branch, up to the playhead.
    #[must_use]
    pub fn record(lab: &Lab) -> Self {
        let line = |input: &Input| ScriptLine {
            place: Some(input.after),
            when: When::At(Micros(input.at)),
            action: input.action.clone(),
        };
        let done = lab.journal().iter().filter(|input| input.after < lab.event());
        Self {
            script: done.map(line).collect(),
            end: Some((Some(lab.event()), lab.now())),
            ..Self::new(lab.spec().clone(), lab.seed())
        }
    }
}

#[cfg(test)]
mod tests;
