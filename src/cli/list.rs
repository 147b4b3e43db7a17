//! `kafkarium list`: what there is, and how far it went.

use clap::Args;
use serde::Serialize;

use super::options::Globals;
use super::{Outcome, lessons, output};
use crate::course::progress::Progress;
use crate::course::{Course, Entry};
use crate::shell::store;
use crate::text::{Lang, Text, pad_right, t, tf, width};

/// What `list` is given.
#[derive(Args, Debug)]
pub struct ListArgs {
    #[arg(long)]
    json: bool,
}

/// An entry as `--json` prints it.
#[derive(Serialize)]
struct Listed<'a> {
    id: &'a str,
    kind: &'static str,
    part: usize,
    title: Both<'a>,
    mirrors: &'a [String],
    done: bool,
}

#[derive(Serialize)]
struct Both<'a> {
    ko: &'a str,
    en: &'a str,
}

impl<'a> From<&'a Text> for Both<'a> {
    fn from(text: &'a Text) -> Self {
        Self { ko: &text.ko, en: &text.en }
    }
}

/// Prints the lessons with progress, and the scenarios.
pub fn run(args: &ListArgs, globals: &Globals, lang: Lang) -> Outcome {
    let course = lessons::course(globals.lessons.as_deref(), lang)?;
    // What is wrong with the progress file is said where it is written.
    let progress = store::read(store::state_folder());
    output::print(&if args.json { json(&course, &progress) } else { table(&course, &progress, lang) })?;
    Ok(0)
}

fn json(course: &Course, progress: &Progress) -> String {
    let listed = written(course).map(|(part, entry)| Listed {
        id: &entry.id,
        kind: "lesson",
        part,
        title: Both::from(&entry.title),
        mirrors: &entry.mirrors,
        done: progress.is_done(&entry.id),
    });
    let listed: Vec<Listed<'_>> = listed.collect();
    // Strings and numbers: nothing here can refuse to be JSON.
    serde_json::to_string_pretty(&listed).unwrap_or_default() + "\n"
}

fn table(course: &Course, progress: &Progress, lang: Lang) -> String {
    let widest = |of: fn(&Entry, Lang) -> usize| written(course).map(|(_, e)| of(e, lang)).max().unwrap_or(0);
    let (ids, titles) =
        (widest(|entry, _| width(&entry.id)), widest(|entry, lang| width(entry.title.get(lang))));
    let mut lines = String::new();
    for part in &course.parts {
        let mut entries = part.entries.iter().filter(|entry| entry.source.is_some()).peekable();
        if entries.peek().is_some() {
            lines.push_str(&format!("{}  {}\n", part.number, part.title.get(lang)));
        }
        for entry in entries {
            let title = pad_right(entry.title.get(lang), titles);
            let line = format!(
                "   {}  {}  {title}  {}",
                entry.number,
                pad_right(&entry.id, ids),
                far(entry, progress, lang)
            );
            lines.push_str(line.trim_end());
            lines.push('\n');
        }
    }
    let widest = course.scenarios.iter().map(|scenario| width(&scenario.id)).max().unwrap_or(0);
    for (at, scenario) in course.scenarios.iter().enumerate() {
        if at == 0 {
            lines.push_str(&format!("{}\n", t(lang, "home.scenarios")));
        }
        lines.push_str(&format!("   {}  {}\n", pad_right(&scenario.id, widest), scenario.title.get(lang)));
    }
    lines
}

/// How far a lesson went, in words.
fn far(entry: &Entry, progress: &Progress, lang: Lang) -> String {
    if progress.is_done(&entry.id) {
        return tf(lang, "cli.list.done", &[]);
    }
    match progress.lessons.get(&entry.id) {
        Some(begun) => tf(lang, "cli.list.begun", &[("beat", &begun.beat)]),
        None => String::new(),
    }
}

/// The lessons that are written, with the number of their part.
fn written(course: &Course) -> impl Iterator<Item = (usize, &Entry)> {
    let entries = course.parts.iter().flat_map(|part| part.entries.iter().map(|entry| (part.number, entry)));
    entries.filter(|(_, entry)| entry.source.is_some())
}
