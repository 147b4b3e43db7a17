//! A lab in the hands of a test: act, ask, run until.

use kafkarium::lab::{Action, Assertion, Budget, Expr, Goal, Lab, Value};

/// An action that must be taken.
#[track_caller]
pub fn act(lab: &mut Lab, line: &str) {
    let action: Action = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
    lab.act(&action).unwrap_or_else(|e| panic!("{line}: {e}"));
}

/// What an expression is now.
#[track_caller]
pub fn value(lab: &Lab, source: &str) -> Value {
    let expr = Expr::compile(source, &lab.vocabulary()).unwrap_or_else(|e| panic!("{source}: {e}"));
    lab.eval(&expr).unwrap_or_else(|e| panic!("{e}"))
}

/// An expression must be true now.
#[track_caller]
pub fn holds(lab: &Lab, source: &str) {
    assert_eq!(value(lab, source), Value::Bool(true), "{source}");
}

/// Runs until an expression is true; it must become so within 400 s of virtual time.
#[track_caller]
pub fn until(lab: &mut Lab, source: &str) {
    let assertion = Assertion::now(source, &lab.vocabulary()).unwrap_or_else(|e| panic!("{source}: {e}"));
    let budget = Budget { time: 400_000_000, ..Budget::default() };
    let end = lab.run_until(Goal::All(&[assertion]), budget);
    assert!(end.reached(), "{source}: {end:?}");
}
