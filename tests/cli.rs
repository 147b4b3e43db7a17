//! The command line as a person meets it: words, exit codes, what goes where.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // these are tests, with helpers

use std::io::Read;
use std::process::{Command, Output, Stdio};

/// The program without a terminal, in English, with nothing of the caller's.
fn kafkarium(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kafkarium"));
    let state = std::env::temp_dir().join("kafkarium-tests-without-state");
    command.args(arguments).env("LANG", "C.UTF-8").env_remove("LC_ALL").env_remove("LC_MESSAGES");
    command.env("XDG_STATE_HOME", state).env("RUST_BACKTRACE", "0").stdin(Stdio::null());
    command
}

fn output(arguments: &[&str]) -> Output {
    kafkarium(arguments).output().unwrap()
}

/// Standard output of a command that must succeed.
fn answer(arguments: &[&str]) -> String {
    let output = output(arguments);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The lines of a complaint; nothing else is printed and the exit code is 2.
fn complaint(arguments: &[&str]) -> Vec<String> {
    let output = output(arguments);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{arguments:?}: {text}");
    assert!(output.stdout.is_empty(), "{arguments:?}");
    text.lines().map(str::to_owned).collect()
}

#[test]
fn lessons_are_listed_as_json() {
    let listed: serde_json::Value = serde_json::from_str(&answer(&["list", "--json"])).unwrap();
    let lessons = listed.as_array().unwrap();
    assert!(lessons.len() >= 4);
    for lesson in lessons {
        let mut keys: Vec<&String> = lesson.as_object().unwrap().keys().collect();
        keys.sort();
        assert_eq!(keys, ["done", "id", "kind", "mirrors", "part", "title"]);
        assert!(lesson["title"]["ko"].is_string() && lesson["title"]["en"].is_string());
    }
    assert_eq!(lessons[0]["id"], "tour");
}

#[test]
fn whoever_stops_reading_is_not_complained_about() {
    let mut child =
        kafkarium(&["list", "--json"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let mut text = String::new();
    child.stderr.take().unwrap().read_to_string(&mut text).unwrap();
    assert_eq!((child.wait().unwrap().code(), text.as_str()), (Some(0), ""));
}

#[test]
fn mistakes_are_two_lines_and_exit_code_2() {
    let cases: &[(&[&str], &str, &str)] = &[
        (&["lst"], "kafkarium: There is no command lst.", "  Did you mean list?"),
        (&["list", "--theme", "drk"], "kafkarium: drk is not a value of --theme.", "  Did you mean dark?"),
        (
            &["list", "--lessons", "/nowhere/at/all"],
            "kafkarium: /nowhere/at/all cannot be read: No such file or directory (os error 2)",
            "  Give --lessons a folder that holds lesson files (*.toml).",
        ),
        (
            &["list", "--lessons", "src"],
            "kafkarium: There are no lesson files in src.",
            "  Give --lessons a folder that holds lesson files (*.toml).",
        ),
    ];
    for (arguments, what, todo) in cases {
        assert_eq!(complaint(arguments), [*what, *todo]);
    }
}

#[test]
fn complaints_follow_the_language() {
    assert_eq!(
        complaint(&["--lang", "ko", "lst"]),
        ["kafkarium: lst는 없는 명령입니다.", "  list를 찾으셨나요?"]
    );
    let mut korean = kafkarium(&["lst"]);
    let output = korean.env("LANG", "ko_KR.UTF-8").output().unwrap();
    assert!(String::from_utf8_lossy(&output.stderr).contains("없는 명령"));
}

#[test]
fn every_lesson_holds_and_the_report_is_one_json_object() {
    let text = answer(&["check", "--json"]);
    assert_eq!(text.lines().count(), 1);
    let report: serde_json::Value = serde_json::from_str(&text).unwrap();
    for key in ["lessons", "challenges", "scenarios", "beats", "expectations", "predictions"] {
        assert!(report[key].is_u64(), "{key}: {report}");
    }
    assert!(report["lessons"].as_u64() >= Some(4) && report["predictions"].as_u64() >= Some(4));
    assert_eq!(report["failures"], serde_json::json!([]));
}

#[test]
fn a_lesson_that_does_not_hold_is_exit_code_1_and_shows_where() {
    let folder = tempfile::tempdir().unwrap();
    let lesson = std::fs::read_to_string("lessons/0-start/00-tour.toml").unwrap();
    let first = lesson.find("\nexpect = [").unwrap() + "\nexpect = [".len();
    let path = folder.path().join("00-tour.toml");
    std::fs::write(&path, format!("{}\"now() == 1\", {}", &lesson[..first], &lesson[first..])).unwrap();
    let output = output(&["check", path.to_str().unwrap()]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = lesson[..first].lines().count();
    assert!(text.contains(&format!("00-tour.toml:{line}:")) && text.contains("now() == 1"), "{text}");
}

#[test]
fn the_same_run_is_the_same_trace() {
    let trace = answer(&["run", "tour", "--trace", "jsonl"]);
    assert!(trace.lines().count() > 100);
    for line in trace.lines() {
        let note: serde_json::Value = serde_json::from_str(line).unwrap();
        assert!(note["t"].is_i64() && note["event"].is_i64() && note["note"].is_string(), "{line}");
    }
    assert!(trace == answer(&["run", "00", "--trace", "jsonl"]));
    let seeded = || answer(&["run", "tour", "--trace", "jsonl", "--seed", "77"]);
    assert!(seeded() == seeded());
}

#[test]
fn wrong_names_and_numbers_are_explained() {
    assert_eq!(complaint(&["run", "tuor"]), ["kafkarium: There is no lesson tuor.", "  Did you mean tour?"]);
    assert_eq!(
        complaint(&["run", "zzz"]),
        ["kafkarium: There is no lesson zzz.", "  kafkarium list shows every lesson there is."]
    );
    assert_eq!(
        complaint(&["run", "tour", "--seed", "abc"]),
        ["kafkarium: abc is not a value of --seed.", "  Use a whole number from 0 to 18446744073709551615."]
    );
    assert_eq!(complaint(&["run"])[0], "kafkarium: <ID|FILE> is missing.");
    assert_eq!(
        complaint(&["render", "tour", "--size", "3x2"]),
        [
            "kafkarium: 3x2 is not a value of --size.",
            "  Write columns x rows, such as 80x24. Pictures have 20x5 to 500x200 cells."
        ]
    );
    assert_eq!(complaint(&["render", "tour", "--beat", "99"])[0], "kafkarium: Lesson tour has no beat 99.");
    assert!(
        complaint(&["sandbox", "--spec", "/nope.toml"])[0]
            .starts_with("kafkarium: /nope.toml cannot be read")
    );
    let spec = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(spec.path(), "[cluster]\nbrokrs = 3\n").unwrap();
    let lines = complaint(&["sandbox", "--spec", spec.path().to_str().unwrap()]);
    assert!(lines[1].contains(":2:1") && lines[0].contains("brokrs"), "{lines:?}");
}

#[test]
fn without_a_terminal_one_line_names_what_works() {
    let commands: [&[&str]; 3] = [&[], &["play", "tour"], &["sandbox"]];
    for command in commands {
        let lines = complaint(command);
        assert!(
            lines.len() == 1 && lines[0].contains("kafkarium run") && lines[0].contains("kafkarium render")
        );
        let korean = complaint(&[command, &["--lang", "ko"]].concat());
        assert!(korean.len() == 1 && korean[0].contains("터미널이 없습니다"), "{korean:?}");
    }
}

#[test]
fn a_scenario_is_replayed_and_held_to_what_it_says() {
    let path = "lessons/scenarios/committed-survives.toml";
    assert!(answer(&["run", path]).lines().count() > 10);
    let text = std::fs::read_to_string(path).unwrap();
    let wrong = tempfile::NamedTempFile::with_suffix(".toml").unwrap();
    std::fs::write(wrong.path(), text.replacen("copies('paid') == 1", "copies('paid') == 9", 1)).unwrap();
    let output = output(&["run", wrong.path().to_str().unwrap()]);
    let complaint = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(
        complaint.contains("copies('paid') == 9") && complaint.contains("copies('paid') = 1"),
        "{complaint}"
    );
}

#[test]
fn pictures_have_the_size_they_were_asked_for() {
    for (lang, size) in
        [("ko", (80, 24)), ("en", (80, 24)), ("ko", (120, 36)), ("en", (200, 55)), ("ko", (44, 12))]
    {
        for lesson in ["tour", "offset"] {
            let asked = format!("{}x{}", size.0, size.1);
            let picture = answer(&["render", lesson, "--beat", "3", "--size", &asked, "--lang", lang]);
            assert_eq!(picture.lines().count(), size.1, "{lesson} {lang} {asked}");
            for line in picture.lines() {
                assert!(kafkarium::text::width(line) <= size.0, "{lesson} {lang} {asked}: {line}");
            }
        }
    }
}

#[test]
fn the_same_picture_comes_as_text_ansi_and_svg() {
    let text = answer(&["render", "tour", "--beat", "arrive"]);
    assert_eq!(text, answer(&["render", "00", "--beat", "3"]));
    let ansi = answer(&["render", "tour", "--beat", "3", "--format", "ansi"]);
    assert!(ansi.contains("38;2;"));
    let mono = answer(&["render", "tour", "--beat", "3", "--format", "ansi", "--color", "mono"]);
    assert!(!mono.contains("38;") && !mono.contains("48;"));
    let ascii = answer(&["render", "tour", "--beat", "3", "--glyphs", "ascii", "--lang", "en"]);
    assert!(ascii.is_ascii(), "{ascii}");
    let file = tempfile::NamedTempFile::with_suffix(".svg").unwrap();
    let path = file.path().to_str().unwrap();
    assert_eq!(answer(&["render", "tour", "--beat", "3", "--format", "svg", "-o", path]), "");
    let svg = std::fs::read_to_string(path).unwrap();
    assert!(svg.starts_with("<svg ") && svg.contains("<desc>") && svg.trim_end().ends_with("</svg>"));
}

#[test]
fn an_act_beat_is_drawn_before_and_after_it_is_done() {
    let before = answer(&["render", "tour", "--beat", "kill", "--lang", "en"]);
    let after = answer(&["render", "tour", "--beat", "kill", "--lang", "en", "--done"]);
    assert!(!before.contains("down ") && after.contains("down "), "{before}\n{after}");
}
