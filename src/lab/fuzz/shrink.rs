//! Making a failure small: fewer inputs, fewer clients, brokers and partitions, round times; the law must still break.

use toml::Spanned;

use crate::engine::Micros;
use crate::kafka::laws::{Scope, find};
use crate::lab::play::Lab;
use crate::lab::run::{Budget, Goal};
use crate::lab::scenario::{Scenario, ScriptLine, When};
use crate::lab::spec::NOWHERE;

/// µs between two looks at the laws while nothing is done.
const LOOK: u64 = 1_000_000;

/// A smaller scenario in which the same law breaks, by times instead of places. `more` is asked before each replay: a limit of time or
/// of replays. None: replayed by times the law does not break at all.
pub fn shrink(found: &Scenario, more: &mut dyn FnMut() -> bool) -> Option<Scenario> {
    let mut timed = found.clone();
    for line in &mut timed.script {
        line.place = None;
    }
    timed.end = timed.end.map(|(_, at)| (None, at));
    let mut best = replay(&timed)?;
    let mut again = true;
    while again {
        let before = best.clone();
        drop_lines(&mut best, more);
        drop_parts(&mut best, more);
        round_times(&mut best, more);
        again = best != before && more();
    }
    Some(best)
}

fn attempt(best: &mut Scenario, candidate: &Scenario, more: &mut dyn FnMut() -> bool) -> bool {
    if candidate == best || !more() {
        return false;
    }
    match replay(candidate) {
        Some(smaller) => {
            *best = smaller;
            true
        }
        None => false,
    }
}

/// Plays it and gives it back as far as it mattered: lines that could not be done are left out, and it ends when the law breaks.
fn replay(scenario: &Scenario) -> Option<Scenario> {
    let law = scenario.law.as_deref()?;
    let mut lab = Lab::new(&scenario.spec, scenario.seed).ok()?;
    let mut done = Vec::new();
    let broke = |lab: &Lab| lab.broken_laws().iter().any(|violation| violation.law.id == law);
    let ended = |lab: &Lab, done: Vec<ScriptLine>| {
        Some(Scenario { script: done, end: Some((None, lab.now())), ..scenario.clone() })
    };
    for line in &scenario.script {
        let When::At(at) = line.when else { return None };
        run_to(&mut lab, at.0, &broke);
        if broke(&lab) {
            return ended(&lab, done);
        }
        if lab.act(&line.action).is_ok() {
            done.push(line.clone());
        }
    }
    let end = scenario.end.map_or(lab.now(), |(_, at)| at);
    run_to(&mut lab, end, &broke);
    if !broke(&lab) {
        lab.survey();
    }
    if find(law).is_some_and(|law| law.scope == Scope::Rest) {
        lab.demand();
    }
    if broke(&lab) { ended(&lab, done) } else { None }
}

fn run_to(lab: &mut Lab, at: u64, broke: &dyn Fn(&Lab) -> bool) {
    while lab.now() < at && !broke(lab) {
        let slice = LOOK.min(at - lab.now());
        let before = lab.now();
        lab.run_until(Goal::For(slice), Budget { time: u64::MAX, events: 200_000 });
        if lab.now() == before {
            return;
        }
    }
}

/// Delta debugging: leaves out halves, then quarters, … then single lines.
fn drop_lines(best: &mut Scenario, more: &mut dyn FnMut() -> bool) {
    let mut size = best.script.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        while at < best.script.len() {
            let mut candidate = best.clone();
            let end = (at + size).min(candidate.script.len());
            candidate.script.drain(at..end);
            if !attempt(best, &candidate, more) {
                at += size;
            }
            if !more() {
                return;
            }
        }
        if size == 1 {
            return;
        }
        size = size.div_ceil(2);
    }
}

/// Leaves out clients and topics, settings, brokers, partitions, one after the other.
fn drop_parts(best: &mut Scenario, more: &mut dyn FnMut() -> bool) {
    macro_rules! without_each {
        ($list:ident) => {
            for ix in (0..best.spec.cluster.$list.len()).rev() {
                let mut candidate = best.clone();
                candidate.spec.cluster.$list.remove(ix);
                attempt(best, &candidate, more);
            }
        };
    }
    without_each!(consumer);
    without_each!(producer);
    without_each!(topic);
    macro_rules! without_settings {
        ($list:ident) => {
            for ix in 0..best.spec.cluster.$list.len() {
                for setting in (0..best.spec.cluster.$list[ix].config.0.len()).rev() {
                    let mut candidate = best.clone();
                    candidate.spec.cluster.$list[ix].config.0.remove(setting);
                    attempt(best, &candidate, more);
                }
            }
        };
    }
    without_settings!(consumer);
    without_settings!(producer);
    without_settings!(topic);
    for setting in (0..best.spec.cluster.config.0.len()).rev() {
        let mut candidate = best.clone();
        candidate.spec.cluster.config.0.remove(setting);
        attempt(best, &candidate, more);
    }
    for brokers in 1..best.spec.brokers() {
        let mut candidate = best.clone();
        candidate.spec.cluster.brokers = Spanned::new(NOWHERE, brokers);
        if attempt(best, &candidate, more) {
            break;
        }
    }
    for ix in 0..best.spec.cluster.topic.len() {
        let mut candidate = best.clone();
        candidate.spec.cluster.topic[ix].partitions = Some(Spanned::new(NOWHERE, 1));
        attempt(best, &candidate, more);
    }
}

/// Round times are easier to read and to talk about.
fn round_times(best: &mut Scenario, more: &mut dyn FnMut() -> bool) {
    for unit in [1_000_000, 100_000, 1_000] {
        for ix in 0..best.script.len() {
            let mut candidate = best.clone();
            let Some(line) = candidate.script.get_mut(ix) else { return };
            let When::At(at) = line.when else { continue };
            line.when = When::At(Micros(at.0 / unit * unit));
            if candidate
                .script
                .is_sorted_by_key(|line| if let When::At(at) = line.when { at } else { Micros(0) })
            {
                attempt(best, &candidate, more);
            }
        }
    }
}
