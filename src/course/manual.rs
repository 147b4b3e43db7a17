//! `lessons/README.md` against the code: every field, action and function is in it, and what is in it is so.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::format::{CourseFile, LessonFile};
use super::load::fields;
use super::{Kind, load};
use crate::lab::action::{help, verbs};
use crate::lab::cel::{self, BUILTINS};
use crate::lab::scenario::Scenario;
use crate::lab::spec::Cluster;
use crate::text::sanitize::AMBIGUOUS_ALLOWED;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("lessons/README.md")
}

fn manual() -> String {
    std::fs::read_to_string(path()).unwrap()
}

/// The first columns of the tables below a heading or a sentence, without backticks.
fn table(text: &str, after: &str) -> Vec<String> {
    let (_, rest) = text.split_once(after).unwrap_or_else(|| panic!("no `{after}`"));
    let rows =
        rest.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    rows.skip(2).map(|row| row.split('|').nth(1).unwrap().trim().trim_matches('`').to_owned()).collect()
}

/// The fields that a type reads, in order, as its own complaint lists them.
fn fields_of<T: serde::de::DeserializeOwned>(before: &str) -> Vec<String> {
    let error = toml::from_str::<T>(&format!("{before}zzz = 1\n")).err().expect("an unknown field");
    let (_, list) = error.message().split_once("expected").unwrap();
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn between<'a>(text: &'a str, marker: &str) -> &'a str {
    let (_, rest) = text.split_once(marker).unwrap();
    let (_, rest) = rest.split_once("-->\n").unwrap();
    rest.split_once("<!-- end -->").unwrap().0
}

fn functions() -> String {
    let mut table = "| function | what it is | example |\n|---|---|---|\n".to_owned();
    for function in cel::functions() {
        let later = if function.available { "" } else { " (not in this version yet)" };
        let about = function.text().en;
        let _ = writeln!(table, "| `{}` | {about}{later} | `{}` |", function.signature(), function.example);
    }
    table.replace("||", "\\|\\|")
}

fn actions() -> String {
    let mut table = "| action | what it does | example |\n|---|---|---|\n".to_owned();
    for verb in verbs() {
        let help = help(verb).unwrap();
        let action: crate::lab::Action = help.example.parse().unwrap();
        let later = if action.available() { "" } else { " (not in this version yet)" };
        let written = format!("{} {}", help.verb, help.usage).trim_end().replace('|', "\\|");
        let _ = writeln!(table, "| `{written}` | {}{later} | `{}` |", help.text.en, help.example);
    }
    table
}

/// `UPDATE=1 cargo test manual` writes the two tables that come from the code.
#[test]
fn every_function_and_every_action_is_in_the_manual() {
    let mut text = manual();
    for (marker, expected) in [("<!-- functions", functions()), ("<!-- actions", actions())] {
        if std::env::var_os("UPDATE").is_some() {
            let old = between(&text, marker).to_owned();
            let at = text.find(marker).unwrap();
            let (head, tail) = text.split_at(at);
            let first = tail.find("-->\n").unwrap() + 4;
            text = format!("{head}{}{expected}{}", &tail[..first], &tail[first + old.len()..]);
            std::fs::write(path(), &text).unwrap();
        }
        assert_eq!(between(&text, marker), expected, "run UPDATE=1 cargo test manual");
    }
    for name in BUILTINS {
        assert!(text.contains(name), "{name}");
    }
}

#[test]
fn every_field_is_in_the_manual_and_nothing_else() {
    let text = manual();
    let mut lesson = fields_of::<LessonFile>("");
    let mut told = table(&text, "## The lesson");
    lesson.sort();
    told.sort();
    assert_eq!(told, lesson);

    let of = |list: &[&str]| list.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(table(&text, "Fields of every kind:"), of(&fields::COMMON));
    let (run, act) = (fields::of(Kind::Run), fields::of(Kind::Act));
    assert_eq!(table(&text, "Fields of `run` and `act`"), of(run));
    let compare: Vec<&str> = run.iter().copied().filter(|name| *name != "lines").collect();
    assert_eq!(fields::of(Kind::Compare), compare);
    let shared: Vec<&str> = compare.into_iter().filter(|name| *name != "long").collect();
    assert_eq!(table(&text, "Fields of `act` alone"), of(&act[shared.len()..]));
    assert_eq!(act[..shared.len()], shared);
    assert_eq!(table(&text, "Fields of `predict`"), of(fields::of(Kind::Predict)));
    assert_eq!(table(&text, "Fields of `recap`"), of(fields::of(Kind::Recap)));

    // What the kinds have together is what a beat can have.
    let error = load("x", "[[beat]]\nzzz = 1").unwrap_err().remove(0);
    let known = error.fix.unwrap().en;
    let mut read: Vec<String> = known.split('`').skip(1).step_by(2).map(str::to_owned).collect();
    let mut told: Vec<String> = Kind::ALL.iter().flat_map(|kind| of(fields::of(*kind))).collect();
    told.extend(of(&fields::COMMON));
    for list in [&mut read, &mut told] {
        list.sort();
        list.dedup();
    }
    assert_eq!(told, read);
    for kind in Kind::ALL {
        assert!(text.contains(&format!("`{}`", kind.word())));
    }
    for later in fields::LATER {
        assert!(text.contains(later), "{later}");
    }
    assert_eq!(fields_of::<CourseFile>(""), table(&text, "## The table of contents"));

    let error = Scenario::parse("zzz = 1").unwrap_err().message.en;
    let known: Vec<&str> = error.split_once("expected").unwrap().1.split('`').skip(1).step_by(2).collect();
    assert_eq!(table(&text, "## Scenario files"), known);
}

#[test]
fn every_field_of_the_cluster_is_in_the_manual() {
    let text = manual();
    let (_, section) = text.split_once("## The cluster").unwrap();
    let rows =
        section.lines().skip_while(|line| !line.starts_with('|')).take_while(|line| line.starts_with('|'));
    let mut told: Vec<(String, String)> = Vec::new();
    for row in rows.skip(2) {
        let cells: Vec<&str> = row.split('|').map(|cell| cell.trim().trim_matches('`')).collect();
        let table = if cells[1].is_empty() { told.last().unwrap().0.clone() } else { cells[1].to_owned() };
        told.push((table, cells[2].to_owned()));
    }
    let tables = [
        ("[cluster]", ""),
        ("[[cluster.topic]]", "[[topic]]\n"),
        ("[[cluster.producer]]", "[[producer]]\n"),
        ("[[cluster.consumer]]", "[[consumer]]\n"),
        ("[[cluster.link]]", "[[link]]\n"),
    ];
    for (name, before) in tables {
        let mut known = fields_of::<Cluster>(before);
        known.retain(|field| !["topic", "producer", "consumer", "link"].contains(&field.as_str()));
        let mut said: Vec<String> =
            told.iter().filter(|(table, _)| table == name).map(|(_, field)| field.clone()).collect();
        known.sort();
        said.sort();
        assert_eq!(said, known, "{name}");
    }
}

#[test]
fn the_example_of_the_manual_is_a_lesson() {
    let text = manual();
    let (_, rest) = text.split_once("```toml\n").unwrap();
    let example = rest.split_once("```").unwrap().0;
    let lesson = load("README.md", example).unwrap_or_else(|problems| panic!("{problems:#?}"));
    assert_eq!(lesson.beats.len(), 4);
    assert!(text.contains(&AMBIGUOUS_ALLOWED.to_string()));
}
