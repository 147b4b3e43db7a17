//! `kafkarium fuzz`: random clusters, clients and faults against all laws; a failure becomes a small scenario file.

use std::collections::BTreeSet;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use serde_json::json;

use super::failure::Failure;
use super::options::Globals;
use super::{Outcome, output};
use crate::lab::fuzz::{self, Broken, Profile, Run};
use crate::lab::{Scenario, laws};
use crate::text::{Lang, t, tf};

/// Replays and seconds that making a failure small may take.
const REPLAYS: u32 = 2_000;
const PATIENCE: Duration = Duration::from_secs(20);

/// What `fuzz` is given.
#[derive(Args, Debug)]
pub struct FuzzArgs {
    #[arg(id = "first_seed", long = "seed", value_name = "N", default_value_t = 1)]
    seed: u64,
    #[arg(long, value_name = "N")]
    runs: Option<u64>,
    #[arg(long, value_name = "M", default_value_t = 60)]
    steps: u64,
    #[arg(long, value_name = "NAME", default_value_t)]
    profile: Profile,
    #[arg(long, value_name = "T")]
    minutes: Option<u64>,
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    #[arg(long)]
    json: bool,
}

/// Runs when neither `--runs` nor `--minutes` is given.
const FEW: u64 = 100;

/// What all threads share.
struct Shared {
    next: AtomicU64,
    runs: AtomicU64,
    events: AtomicU64,
    found: Mutex<Found>,
}

#[derive(Default)]
struct Found {
    failures: u64,
    /// Laws of which a failure was made small.
    laws: BTreeSet<String>,
    lines: Vec<serde_json::Value>,
}

/// Plays seed after seed on every core; 1 if a law broke.
pub fn run(args: &FuzzArgs, _globals: &Globals, lang: Lang) -> Outcome {
    if let Some(folder) = &args.save {
        fs::create_dir_all(folder).map_err(|error| unwritable(lang, folder, &error))?;
    }
    let begun = Instant::now();
    let deadline = args.minutes.map(|minutes| begun + Duration::from_secs(60 * minutes));
    let runs = args.runs.unwrap_or(if deadline.is_some() { u64::MAX } else { FEW });
    let threads = args.threads.unwrap_or_else(|| thread::available_parallelism().map_or(1, usize::from));
    let shared = Shared {
        next: AtomicU64::new(0),
        runs: AtomicU64::new(0),
        events: AtomicU64::new(0),
        found: Mutex::default(),
    };
    thread::scope(|scope| {
        for _ in 0..threads.max(1) {
            scope.spawn(|| {
                while deadline.is_none_or(|deadline| Instant::now() < deadline) {
                    let n = shared.next.fetch_add(1, Ordering::Relaxed);
                    if n >= runs {
                        return;
                    }
                    one(args, args.seed.wrapping_add(n), &shared, lang);
                }
            });
        }
    });
    let (runs, events) = (shared.runs.into_inner(), shared.events.into_inner());
    let found = shared.found.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    summary(args, lang, (runs, events, begun.elapsed().as_secs_f64()), &found)?;
    Ok(u8::from(found.failures > 0))
}

fn summary(
    args: &FuzzArgs,
    lang: Lang,
    (runs, events, seconds): (u64, u64, f64),
    found: &Found,
) -> Result<(), Failure> {
    let rate = events as f64 / seconds.max(0.001);
    if args.json {
        let report = json!({
            "profile": args.profile.to_string(), "seed": args.seed, "steps": args.steps, "runs": runs,
            "events": events, "seconds": seconds, "failures": found.lines,
        });
        return output::print(&(report.to_string() + "\n"));
    }
    let (rate, seconds) = (format!("{rate:.0}"), format!("{seconds:.1}"));
    let line = tf(
        lang,
        "cli.fuzz.summary",
        &[
            ("runs", &runs),
            ("events", &events),
            ("seconds", &seconds),
            ("rate", &rate),
            ("failures", &found.failures),
        ],
    );
    output::print(&(line + "\n"))
}

/// One seed, from the tank to the file.
fn one(args: &FuzzArgs, seed: u64, shared: &Shared, lang: Lang) {
    let played = catch_unwind(AssertUnwindSafe(|| fuzz::play(seed, args.profile, args.steps)));
    shared.runs.fetch_add(1, Ordering::Relaxed);
    match played {
        Ok(Ok(Run { events, broken, .. })) => {
            shared.events.fetch_add(events, Ordering::Relaxed);
            if let Some(broken) = broken {
                tell(args, seed, &broken, shared, lang);
            }
        }
        Ok(Err(error)) => unforeseen(args, seed, error.text().get(lang), shared, lang),
        Err(panic) => {
            let why = panic.downcast_ref::<String>().cloned();
            let why = why.or_else(|| panic.downcast_ref::<&str>().map(|&why| why.to_owned()));
            unforeseen(args, seed, &why.unwrap_or_default(), shared, lang);
        }
    }
}

/// The model did not break a law, it broke down.
fn unforeseen(args: &FuzzArgs, seed: u64, why: &str, shared: &Shared, lang: Lang) {
    let path = write(args, &format!("fuzz-{seed}.toml"), &fuzz::tank(seed, args.profile), lang);
    let path = path.map(|path| path.display().to_string());
    note(shared, json!({ "seed": seed, "why": why, "file": path }));
    if !args.json {
        let todo = path.map(|path| tf(lang, "cli.fuzz.tank", &[("path", &path)]));
        output::complain(&Failure {
            what: tf(lang, "cli.fuzz.fault", &[("seed", &seed), ("why", &why)]),
            todo,
        });
    }
}

fn tell(args: &FuzzArgs, seed: u64, broken: &Broken, shared: &Shared, lang: Lang) {
    let law = broken.violation.law.id;
    let first = shared.found.lock().is_ok_and(|mut found| found.laws.insert(law.to_owned()));
    let told = laws::tell(&broken.violation, lang);
    let file = first.then(|| save(args, seed, broken, lang)).flatten();
    let path = file.map(|path| path.display().to_string());
    note(
        shared,
        json!({ "seed": seed, "step": broken.step, "law": law, "subject": broken.violation.subject,
        "seen": broken.violation.seen, "file": path }),
    );
    if args.json {
        return;
    }
    let values: [(&str, &dyn std::fmt::Display); 3] =
        [("seed", &seed), ("step", &broken.step), ("law", &told)];
    let todo = path.map(|path| tf(lang, "cli.fuzz.replay", &[("path", &path)]));
    output::complain(&Failure { what: tf(lang, "cli.fuzz.broken", &values), todo });
}

fn note(shared: &Shared, line: serde_json::Value) {
    if let Ok(mut found) = shared.found.lock() {
        found.failures += 1;
        found.lines.push(line);
    }
}

/// Makes the failure small and writes it down. None: see [`write`].
fn save(args: &FuzzArgs, seed: u64, broken: &Broken, lang: Lang) -> Option<PathBuf> {
    let (begun, mut left) = (Instant::now(), REPLAYS);
    let mut more = || {
        left = left.saturating_sub(1);
        left > 0 && begun.elapsed() < PATIENCE
    };
    let small = fuzz::shrink(&broken.scenario, &mut more);
    let scenario: &Scenario = small.as_ref().unwrap_or(&broken.scenario);
    let name = format!("fuzz-{}-{seed}.toml", broken.violation.law.id.replace('.', "-"));
    write(args, &name, scenario, lang)
}

/// None: the folder cannot be written, which is said.
fn write(args: &FuzzArgs, name: &str, scenario: &Scenario, lang: Lang) -> Option<PathBuf> {
    let path = args.save.as_deref().unwrap_or(Path::new(".")).join(name);
    match fs::write(&path, scenario.print()) {
        Ok(()) => Some(path),
        Err(error) => {
            output::complain(&unwritable(lang, &path, &error));
            None
        }
    }
}

fn unwritable(lang: Lang, path: &Path, why: &std::io::Error) -> Failure {
    let path = path.display();
    let what = tf(lang, "cli.fuzz.unwritable", &[("path", &path), ("why", why)]);
    Failure::new(what, t(lang, "cli.fuzz.give_a_folder"))
}
