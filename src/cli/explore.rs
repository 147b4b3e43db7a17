//! `kafkarium explore`: everything that can go wrong in a small scope, against all laws.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::options::Globals;
use super::{Outcome, output};
use crate::lab::explore::{self, Profile, Report, Way};
use crate::lab::laws;
use crate::text::{Lang, t, tf};

/// What `explore` is given.
#[derive(Args, Debug)]
pub struct ExploreArgs {
    #[arg(id = "scope", long = "profile", value_name = "NAME", default_value_t)]
    profile: Profile,
    #[arg(long, value_name = "N")]
    states: Option<u64>,
    #[arg(id = "patience", long = "minutes", value_name = "T")]
    minutes: Option<u64>,
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

/// Explores a scope; 1 if a law broke.
pub fn run(args: &ExploreArgs, _globals: &Globals, lang: Lang) -> Outcome {
    let begun = Instant::now();
    let deadline = args.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let mut left = args.states.unwrap_or(u64::MAX);
    let mut more = || {
        left = left.saturating_sub(1);
        left > 0 && deadline.is_none_or(|deadline| Instant::now() < deadline)
    };
    let report = explore::explore(args.profile, &mut more)
        .map_err(|error| Failure::line(error.text().get(lang).to_owned()))?;
    let file = save(args, &report, lang)?;
    summary(args, &report, file.as_ref(), begun.elapsed().as_secs_f64(), lang)?;
    Ok(u8::from(report.broken.is_some()))
}

/// Writes the shortest way to a broken law down.
fn save(args: &ExploreArgs, report: &Report, lang: Lang) -> Result<Option<PathBuf>, Failure> {
    let Some(broken) = &report.broken else { return Ok(None) };
    let folder = args.save.clone().unwrap_or_else(|| PathBuf::from("."));
    let (law, form) = (broken.violation.law.id.replace('.', "-"), broken.way.form());
    let name = format!("explore-{}-{law}.{form}", args.profile);
    let path = folder.join(name);
    let written = fs::create_dir_all(&folder).and_then(|()| fs::write(&path, broken.way.print()));
    written.map_err(|error| {
        let what = tf(lang, "cli.fuzz.unwritable", &[("path", &path.display()), ("why", &error)]);
        Failure::new(what, t(lang, "cli.fuzz.give_a_folder"))
    })?;
    Ok(Some(path))
}

fn summary(
    args: &ExploreArgs,
    report: &Report,
    file: Option<&PathBuf>,
    seconds: f64,
    lang: Lang,
) -> Result<(), Failure> {
    let path = file.map(|path| path.display().to_string());
    let told = report.broken.as_ref().map(|broken| laws::tell(&broken.violation, lang));
    if args.json {
        let line = json!({
            "profile": args.profile.to_string(), "states": report.states, "paths": report.paths,
            "events": report.events, "depth": report.depth, "finished": report.finished, "seconds": seconds,
            "broken": told, "file": path,
        });
        return output::print(&(line.to_string() + "\n"));
    }
    if let Some(told) = told {
        let steps = report.broken.as_ref().is_some_and(|broken| matches!(broken.way, Way::Steps(_)));
        let key = if steps { "cli.explore.steps" } else { "cli.fuzz.replay" };
        let todo = path.map(|path| tf(lang, key, &[("path", &path)]));
        output::complain(&Failure { what: told, todo });
    }
    let key = if report.broken.is_some() {
        "cli.explore.broken"
    } else if report.finished {
        "cli.explore.finished"
    } else {
        "cli.explore.unfinished"
    };
    let (rate, seconds) =
        (format!("{:.0}", report.states as f64 / seconds.max(0.001)), format!("{seconds:.1}"));
    let values: [(&str, &dyn std::fmt::Display); 6] = [
        ("rate", &rate),
        ("states", &report.states),
        ("paths", &report.paths),
        ("events", &report.events),
        ("depth", &report.depth),
        ("seconds", &seconds),
    ];
    output::print(&(tf(lang, key, &values) + "\n"))
}
