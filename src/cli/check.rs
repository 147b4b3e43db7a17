//! `kafkarium check`: every lesson played without a screen, and held to what it promises.

use std::path::{Path, PathBuf};
use std::{fs, io};

use clap::Args;

use super::failure::Failure;
use super::lessons::{self, collect};
use super::options::Globals;
use super::{Outcome, output};
use crate::course::{Course, SceneSpec, check_with};
use crate::lab::view::TankView;
use crate::scene;
use crate::text::{Lang, t};

/// What `check` is given.
#[derive(Args, Debug)]
pub struct CheckArgs {
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[arg(long)]
    json: bool,
    #[arg(long)]
    long: bool,
}

/// Plays everything; 1 if something does not hold.
pub fn run(args: &CheckArgs, globals: &Globals, lang: Lang) -> Outcome {
    let course = if args.paths.is_empty() {
        lessons::course(globals.lessons.as_deref(), lang)?
    } else {
        Course::from_files(files(&args.paths, lang)?)
    };
    let report = check_with(&course, Some(&elements), args.long);
    let text = if args.json { report.json() } else { report.text(lang, output::is_coloured(globals)) };
    output::print(&(text + "\n"))?;
    Ok(u8::from(!report.is_clean()))
}

/// What a scene shows of a tank; none if there is no such scene.
fn elements(scene: &SceneSpec, tank: &TankView) -> Option<Vec<String>> {
    let known = scene::NAMES.contains(&scene.name.as_str());
    known.then(|| scene::elements(&scene.name, &scene::Params::read(&scene.params), tank))
}

fn files(paths: &[PathBuf], lang: Lang) -> Result<Vec<(String, String)>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        let mut read = || -> io::Result<()> {
            if path.is_dir() {
                return collect(path, &path.to_string_lossy(), lessons::DEEPEST, &mut files);
            }
            files.push((path.to_string_lossy().into_owned(), fs::read_to_string(path)?));
            Ok(())
        };
        read().map_err(|error| unreadable(path, &error, lang))?;
    }
    Ok(files)
}

fn unreadable(path: &Path, error: &io::Error, lang: Lang) -> Failure {
    Failure::cannot_read(lang, path, error, t(lang, "cli.error.give_a_file").to_owned())
}
