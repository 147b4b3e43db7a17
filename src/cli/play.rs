//! `kafkarium`, `kafkarium play` and `kafkarium sandbox`: everything that takes the terminal.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::failure::Failure;
use super::options::Globals;
use super::{Outcome, lessons, spec};
use crate::course::Course;
use crate::shell::{self, Begin, Options, Unfit};
use crate::text::{Lang, t, tf};

/// What `play` is given.
#[derive(Args, Debug)]
pub struct PlayArgs {
    #[arg(value_name = "ID")]
    id: String,
    #[arg(long, value_name = "N")]
    beat: Option<String>,
}

/// What `sandbox` is given.
#[derive(Args, Debug)]
pub struct SandboxArgs {
    #[arg(long, value_name = "FILE")]
    spec: Option<PathBuf>,
}

/// Opens Home.
pub fn home(globals: &Globals, lang: Lang) -> Outcome {
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    open(course, Begin::Home, globals, lang)
}

/// Opens at a lesson, or a scenario of the course.
pub fn run(args: &PlayArgs, globals: &Globals, lang: Lang) -> Outcome {
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    if course.scenario(&args.id).is_some() {
        return open(course, Begin::Scenario(args.id.clone()), globals, lang);
    }
    let (lesson, beat) = lessons::lesson_and_beat(&course, &args.id, args.beat.as_deref(), lang)?;
    open(course, Begin::Lesson { id: lesson.id.clone(), beat }, globals, lang)
}

/// Opens a tank without a script.
pub fn sandbox(args: &SandboxArgs, globals: &Globals, lang: Lang) -> Outcome {
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    let spec = spec::read(args.spec.as_deref(), lang)?;
    open(course, Begin::Sandbox(Box::new(spec)), globals, lang)
}

fn open(course: Course, begin: Begin, globals: &Globals, lang: Lang) -> Outcome {
    let options = Options {
        lang,
        chosen: globals.lang,
        theme: globals.theme,
        color: globals.color,
        glyphs: globals.glyphs,
        motion: globals.motion.map(Into::into),
        mouse: !globals.no_mouse,
        course: Arc::new(course),
        begin,
    };
    shell::open(options).map_err(|unfit| match unfit {
        Unfit::NoTerminal(_) => Failure::line(t(lang, "error.no_terminal")),
        Unfit::Broken(why) => Failure::line(tf(lang, "cli.error.unexpected", &[("why", &why)])),
    })
}
