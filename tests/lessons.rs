//! What lessons promise: every one of them holds, and every wrong one is told where and why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fmt::Write as _;
use std::path::Path;

use kafkarium::course::{Course, OpenError, SceneSpec, check, load};
use kafkarium::lab::view::TankView;
use kafkarium::scene;
use kafkarium::text::Lang;

#[test]
fn every_lesson_can_be_opened() {
    let course = Course::embedded();
    assert!(course.written().count() >= 4);
    for entry in course.written() {
        match course.open(&entry.id) {
            Ok(lesson) => assert_eq!(lesson.id, entry.id),
            Err(OpenError::Broken(problems)) => {
                let shown = problems.iter().fold(String::new(), |mut shown, problem| {
                    let _ = writeln!(shown, "{}\n", problem.render(Lang::En, false));
                    shown
                });
                panic!("{}\n{shown}", entry.id);
            }
            Err(other) => panic!("{}: {other}", entry.id),
        }
    }
}

/// What a scene shows of a tank; none if there is no such scene.
fn elements(scene: &SceneSpec, tank: &TankView) -> Option<Vec<String>> {
    let known = scene::NAMES.contains(&scene.name.as_str());
    known.then(|| scene::elements(&scene.name, &scene::Params::read(&scene.params), tank))
}

#[test]
fn every_lesson_holds() {
    let report = check(&Course::embedded(), Some(&elements));
    assert!(report.is_clean(), "{}", report.text(Lang::En, false));
    assert!(
        report.lessons >= 4 && report.beats >= 40 && report.predictions >= 5 && report.expectations >= 100
    );
}

/// Each file in `lessons-invalid` has one thing wrong; what is said about it stands in the file of the same name that
/// ends in `.txt`. `UPDATE=1 cargo test --test lessons` writes these anew: read the difference.
#[test]
fn every_mistake_is_shown_with_its_place_its_reason_and_its_fix() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/lessons-invalid");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    files.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    files.sort();
    assert!(files.len() >= 25, "{} files", files.len());
    let mut wrong = Vec::new();
    for path in files {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(&path).unwrap();
        let problems = load(&name, &text).err().unwrap_or_default();
        let mut said = String::new();
        for problem in &problems {
            for lang in Lang::ALL {
                let _ = writeln!(said, "{}\n", problem.render(lang, false));
            }
        }
        assert!(!said.is_empty(), "{name} is accepted");
        assert!(said.chars().all(|c| c == '\n' || !c.is_control()), "{name}: {said:?}");
        let expected = path.with_extension("txt");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(&expected, &said).unwrap();
        } else if std::fs::read_to_string(&expected).unwrap_or_default() != said {
            wrong.push(format!("{name}:\n{said}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
