//! `kafkarium run`: a lesson played along its own path, without a screen, and what happened.

use std::io::{self, BufWriter, Write};
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::options::{Globals, TraceForm};
use super::{Outcome, lessons};
use crate::course::Lesson;
use crate::course::player::{Moved, Phase, Player};
use crate::lab::Lab;
use crate::text::{Lang, tf};

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

/// Plays and prints.
pub fn run(args: &RunArgs, globals: &Globals, lang: Lang) -> Outcome {
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    let (lesson, _) = lessons::lesson_and_beat(&course, &args.what, None, lang)?;
    let lab = play(lesson, args.seed, lang)?;
    print(&lab, args.trace)?;
    Ok(0)
}

/// The lab at the end of a lesson that was played as its author would.
fn play(lesson: Arc<Lesson>, seed: Option<u64>, lang: Lang) -> Result<Lab, Failure> {
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
        if matches!(moved, Moved::Nothing | Moved::Apart) {
            return Ok(player.lab().clone());
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
