//! Scenario files, replayed.

use super::{Elements, Failure, Report};
use crate::course::diagnostic::{Diagnostic, Source};
use crate::course::{ScenarioEntry, SceneSpec};
use crate::lab::laws;
use crate::lab::scenario::{Replayed, ScenarioError};
use crate::text::{Lang, Text};

/// Replays a scenario and adds what was found to the report.
pub(super) fn replay(entry: &ScenarioEntry, elements: Option<&Elements<'_>>, report: &mut Report) {
    let source = &entry.source;
    let mut scene = None;
    let played = entry.open().and_then(|scenario| {
        report.expectations += scenario.expect.len();
        scene.clone_from(&scenario.scene);
        scenario.replay()
    });
    match played {
        Ok(played) => {
            judge(source, &played, report);
            let unknown = |name: &String| {
                let scene = SceneSpec { name: name.clone(), params: toml::Table::new() };
                elements.is_some_and(|elements| elements(&scene, &played.lab.view()).is_none())
            };
            if let Some(name) = scene.filter(unknown) {
                let at = source.text.find("scene =").map_or(0..0, |at| at..at + "scene".len());
                let message =
                    Text::new(format!("{name}: 그런 그림은 없습니다"), format!("There is no scene {name}"));
                report.fail(&source.name, Diagnostic::new(source, at, message));
            }
        }
        Err(ScenarioError { message, span }) => {
            report.fail(&source.name, Diagnostic::new(source, span.unwrap_or(0..0), message));
        }
    }
}

fn judge(source: &Source, played: &Replayed, report: &mut Report) {
    let mut fail = |at: std::ops::Range<usize>, message: Text, details: Vec<Text>| {
        report.failures.push(Failure {
            problem: Diagnostic::new(source, at, message),
            of: source.name.to_string(),
            beat: None,
            event: Some(played.lab.event()),
            details,
        });
    };
    for failed in &played.failed {
        let written = failed.expect.to_string();
        let at = source.text.find(&written).map_or(0..0, |at| at..at + written.len());
        let message = Text::new("기대한 것이 맞지 않습니다", "what is expected does not hold");
        fail(at, message, failed.says.iter().map(|said| Text::new(said.clone(), said.clone())).collect());
    }
    if let Some(law) = &played.unbroken {
        let at = source.text.find(law.as_str()).map_or(0..0, |at| at..at + law.len());
        let message = Text::new(
            format!("불변식 {law}: 깨져야 하는데 깨지지 않았습니다"),
            format!("the law {law} should have broken and did not"),
        );
        fail(at, message, Vec::new());
    }
    for law in &played.broken {
        let message = Text::new(laws::tell(law, Lang::Ko), laws::tell(law, Lang::En));
        fail(0..0, message, Vec::new());
    }
}
