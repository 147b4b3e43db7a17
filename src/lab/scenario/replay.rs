//! Playing a scenario.

use super::{ExpectLine, MODEL, Scenario, ScenarioError, ScriptLine, When};
use crate::engine::Micros;
use crate::kafka::laws;
use crate::lab::cel::{Assertion, Expr};
use crate::lab::play::Lab;
use crate::lab::run::{Budget, Ended, Goal};
use crate::lab::vocabulary::Vocabulary;
use crate::lab::{ActError, LabError, Violation};
use crate::text::Text;

/// Virtual time that a `when` may wait.
const PATIENCE: u64 = 600_000_000;
/// Events that one stretch of a script may take.
const EVENTS: u64 = 5_000_000;

/// An expectation that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failed {
    /// Which.
    pub expect: ExpectLine,
    /// What the state says, where an expression has a value.
    pub says: Vec<String>,
}

/// A scenario that was played to its end.
#[derive(Clone)]
pub struct Replayed {
    /// The lab at the end.
    pub lab: Lab,
    /// Expectations that do not hold.
    pub failed: Vec<Failed>,
    /// The law that should have broken and did not.
    pub unbroken: Option<String>,
    /// Laws that broke without being named by the scenario.
    pub broken: Vec<Violation>,
    /// It was recorded with another model: exact places were not used.
    pub by_time: bool,
}

impl Replayed {
    /// Whether everything came as the scenario says.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.failed.is_empty() && self.unbroken.is_none() && self.broken.is_empty()
    }
}

fn at_line(line: &ScriptLine, message: &Text) -> ScenarioError {
    let message = Text::new(format!("`{line}`: {}", message.ko), format!("`{line}`: {}", message.en));
    ScenarioError { message, span: None }
}

impl Scenario {
    /// Boots, does the script, runs to the end and looks.
    ///
    /// # Errors
    /// The spec does not boot; a line cannot be done, or what it waits for does not come.
    pub fn replay(&self) -> Result<Replayed, ScenarioError> {
        let no_lab = |error: LabError| ScenarioError { message: error.text(), span: None };
        self.play(Lab::new(&self.spec, self.seed).map_err(no_lab)?)
    }

    /// Does the script in a lab of this scenario that has just booted.
    pub(in crate::lab) fn play(&self, mut lab: Lab) -> Result<Replayed, ScenarioError> {
        let by_time = self.model != MODEL;
        for line in &self.script {
            reach(&mut lab, line, by_time)?;
            lab.act(&line.action).map_err(|ActError { message }| at_line(line, &message))?;
        }
        match self.end {
            Some((Some(event), at)) if !by_time => {
                run_to_event(&mut lab, event);
                lab.pass_to(lab.start() + Micros(at));
            }
            Some((_, at)) => run_to(&mut lab, Micros(at)),
            None => {
                lab.run_until(Goal::Settled, Budget::default());
            }
        }
        lab.survey();
        let at_rest = |law: &laws::Law| law.scope == laws::Scope::Rest;
        if self.law.as_deref().and_then(laws::find).is_some_and(at_rest) {
            lab.demand();
        }
        self.judge(lab, by_time)
    }

    fn judge(&self, lab: Lab, by_time: bool) -> Result<Replayed, ScenarioError> {
        let names = lab.vocabulary();
        let mut failed = Vec::new();
        for expect in &self.expect {
            let compiled = expect.compile(&names);
            let assertion = compiled.map_err(|e| ScenarioError { message: e.message, span: None })?;
            if !lab.holds(&assertion).unwrap_or(false) {
                failed.push(Failed { expect: expect.clone(), says: parts(&lab, &assertion, &names) });
            }
        }
        let named = |v: &&Violation| self.law.as_deref() == Some(v.law.id);
        let unbroken = self.law.clone().filter(|_| !lab.broken_laws().iter().any(|v| named(&v)));
        let broken = lab.broken_laws().iter().filter(|v| !named(v)).cloned().collect();
        Ok(Replayed { failed, unbroken, broken, by_time, lab })
    }
}

/// What the calls of an assertion give now, for people who wonder why it does not hold.
fn parts(lab: &Lab, assertion: &Assertion, names: &Vocabulary) -> Vec<String> {
    let mut said = Vec::new();
    for expr in assertion.exprs() {
        for part in expr.calls() {
            if let Ok(value) = Expr::compile(part, names).map(|part| lab.eval(&part))
                && let Ok(value) = value
            {
                said.push(format!("{part} = {value}"));
            }
        }
    }
    said.dedup();
    said
}

/// Goes to where a line happens.
fn reach(lab: &mut Lab, line: &ScriptLine, by_time: bool) -> Result<(), ScenarioError> {
    if let (Some(event), false) = (line.place, by_time) {
        run_to_event(lab, event);
        if let When::At(at) = line.when {
            lab.pass_to(lab.start() + at);
        }
        return Ok(());
    }
    match &line.when {
        When::At(at) => run_to(lab, *at),
        When::After(length) => run_to(lab, Micros(lab.now()) + *length),
        When::Holds(expression) => {
            let compiled = Expr::compile(expression, &lab.vocabulary());
            let goal = [Assertion::Now(compiled.map_err(|e| at_line(line, &e.message))?)];
            let end = lab.run_until(Goal::All(&goal), Budget { time: PATIENCE, events: EVENTS });
            if end.why != Ended::Reached {
                let message = Text::new(
                    "이 일이 10분 안에 일어나지 않았습니다.",
                    "this did not come true within 10 minutes of virtual time",
                );
                return Err(at_line(line, &message));
            }
        }
    }
    Ok(())
}

fn run_to(lab: &mut Lab, at: Micros) {
    if let Some(rest) = at.0.checked_sub(lab.now()).filter(|rest| *rest > 0) {
        lab.run_until(Goal::For(rest), Budget { time: u64::MAX, events: EVENTS });
    }
}

fn run_to_event(lab: &mut Lab, event: u64) {
    while lab.event() < event && lab.advance().is_some() {}
}
