//! `kafkarium run`: a lesson played along its own path, or a scenario, without a screen, and what happened.

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::options::{Globals, TraceForm};
use super::{Outcome, lessons, output};
use crate::course::player::{Moved, Phase, Player};
use crate::course::{Diagnostic, Lesson, Source, load};
use crate::lab::scenario::Replayed;
use crate::lab::{Lab, Scenario, ScenarioError, Side, Sides, Twin, laws};
use crate::text::{Lang, t, tf};

/// What `run` is given.
#[derive(Args, Debug)]
pub struct RunArgs {
    #[arg(value_name = "ID|FILE")]
    what: String,
    #[arg(long, value_name = "FORM", default_value_t)]
    trace: TraceForm,
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Plays and prints; 1 if a scenario does not end as it says.
pub fn run(args: &RunArgs, globals: &Globals, lang: Lang) -> Outcome {
    let path = Path::new(&args.what);
    if path.extension().is_some_and(|ext| ext == "toml") || path.components().count() > 1 {
        return run_file(path, args, lang);
    }
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    if let Some(entry) = course.scenario(&args.what) {
        return run_scenario(&entry.source.name, &entry.source.text, args, lang);
    }
    let (lesson, _) = lessons::lesson_and_beat(&course, &args.what, None, lang)?;
    run_lesson(lesson, args, lang)
}

fn run_lesson(lesson: Arc<Lesson>, args: &RunArgs, lang: Lang) -> Outcome {
    let compare = lesson.compare.clone().filter(|compare| compare.key == "metadata");
    let (mut races, mut seen) = (Vec::new(), None);
    let labs = play(lesson, args.seed, lang, |player| {
        let left = player.labs().lab(Side::Left);
        let (Some(compare), Phase::Rest) = (&compare, player.phase()) else { return };
        if left.race().led_after().is_none() || seen.replace(left.race().since()) == Some(left.race().since())
        {
            return;
        }
        let facts: [(&str, &dyn std::fmt::Display); 2] =
            [("beat", &player.current().id), ("partitions", &left.partition_total())];
        races.push(tf(lang, "cli.run.race", &facts));
        for (side, value) in Sides::Both.each().zip(&compare.values) {
            races.push(costs(player.labs().lab(side), &compare.key, value, lang));
        }
    })?;
    print(labs.lab(Side::Left), args.trace)?;
    if args.trace == TraceForm::Text {
        races.iter().try_for_each(|race| output::print(&format!("{race}\n")))?;
    }
    Ok(0)
}

/// What a failover cost in one of two labs, counted since the last server went down.
fn costs(lab: &Lab, key: &str, value: &str, lang: Lang) -> String {
    let race = lab.race();
    let sent: Vec<String> = race.messages().map(|(api, n)| format!("{api} {n}")).collect();
    let led = race
        .led_after()
        .map_or_else(|| "-".to_owned(), |us| format!("{}.{:03}", us / 1_000_000, us / 1000 % 1000));
    let facts: [(&str, &dyn std::fmt::Display); 8] = [
        ("key", &key),
        ("value", &value),
        ("total", &race.total()),
        ("sent", &sent.join(", ")),
        ("entries", &race.entries()),
        ("znodes", &race.znodes_read()),
        ("records", &race.records()),
        ("led", &led),
    ];
    tf(lang, "cli.run.costs", &facts)
}

/// A file: what has beats is a lesson, anything else is a scenario.
fn run_file(path: &Path, args: &RunArgs, lang: Lang) -> Outcome {
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::cannot_read(lang, path, &error, t(lang, "cli.error.give_a_file").into()))?;
    let name = path.to_string_lossy();
    if text.lines().any(|line| line.trim() == "[[beat]]") {
        let lesson = load(&name, &text).map_err(|problems| lessons::shown(&problems, lang))?;
        return run_lesson(Arc::new(lesson), args, lang);
    }
    run_scenario(&name, &text, args, lang)
}

fn run_scenario(name: &str, text: &str, args: &RunArgs, lang: Lang) -> Outcome {
    let wrong = |error: ScenarioError| {
        let problem = Diagnostic::new(&Source::new(name, text), error.span.unwrap_or(0..0), error.message);
        lessons::shown(&[problem], lang)
    };
    let mut scenario = Scenario::parse(text).map_err(wrong)?;
    scenario.seed = args.seed.unwrap_or(scenario.seed);
    let played = scenario.replay().map_err(wrong)?;
    print(&played.lab, args.trace)?;
    let complaints = complaints(&played, lang);
    for complaint in &complaints {
        output::complain(complaint);
    }
    Ok(u8::from(!played.is_good()))
}

/// How a scenario did not end as it says.
fn complaints(played: &Replayed, lang: Lang) -> Vec<Failure> {
    let by_time = played.by_time.then(|| Failure::line(t(lang, "cli.run.by_time")));
    let expected = played.failed.iter().map(|failed| {
        let what = tf(lang, "cli.run.expected", &[("expect", &failed.expect)]);
        Failure { what, todo: Some(failed.says.join(", ")).filter(|says| !says.is_empty()) }
    });
    let unbroken =
        played.unbroken.iter().map(|law| Failure::line(tf(lang, "cli.run.unbroken", &[("law", law)])));
    let broken = played.broken.iter().map(|violation| Failure::line(laws::tell(violation, lang)));
    by_time.into_iter().chain(expected).chain(unbroken).chain(broken).collect()
}

/// The lab, or the two, at the end of a lesson that was played as its author would.
fn play(
    lesson: Arc<Lesson>,
    seed: Option<u64>,
    lang: Lang,
    mut look: impl FnMut(&Player),
) -> Result<Twin, Failure> {
    let lesson = match seed {
        Some(seed) => Arc::new(Lesson { seed, ..Lesson::clone(&lesson) }),
        None => lesson,
    };
    let mut player = Player::new(lesson)
        .map_err(|error| Failure::line(tf(lang, "cli.error.unexpected", &[("why", &error)])))?;
    loop {
        let moved = match player.phase() {
            Phase::Running => player.skip_to_end(),
            Phase::Acting => player.play_for_me(),
            Phase::Asking => {
                player.skip_question();
                Moved::Stepped
            }
            Phase::Rest => player.go_on(),
            Phase::OffScript => Moved::Nothing,
        };
        look(&player);
        if matches!(moved, Moved::Nothing | Moved::Apart) {
            return Ok(player.labs().clone());
        }
    }
}

/// The trace, a line a note. Nobody reading to the end is not an error.
fn print(lab: &Lab, form: TraceForm) -> Result<(), Failure> {
    let mut out = BufWriter::new(io::stdout().lock());
    let mut result = Ok(());
    lab.trace(|line| {
        if result.is_ok() {
            let text = match form {
                TraceForm::Text => line.text(),
                TraceForm::Jsonl => line.json(),
            };
            result = writeln!(out, "{text}");
        }
    });
    match result.and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::line(error.to_string())),
        _ => Ok(()),
    }
}
