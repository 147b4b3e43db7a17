//! The progress file survives being killed at any moment.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // these are tests, with helpers

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use kafkarium::course::progress::{LessonProgress, Place, Progress, parse};
use kafkarium::shell::store::Store;

const KILLS: usize = 40;

fn at(n: usize) -> Progress {
    let last = Some(Place { lesson: "tour".into(), beat: format!("beat-{n}") });
    let mut progress = Progress { last, ..Progress::default() };
    for lesson in 0..200 {
        let beat = format!("beat-{n}");
        progress.lessons.insert(format!("lesson-{lesson}"), LessonProgress { beat, done: false });
    }
    progress
}

fn beat_of(file: &Path) -> Option<String> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => panic!("{error}"),
    };
    let progress = parse(&text).expect("whole").progress;
    let beat = progress.last.expect("whole").beat;
    let mut beats: Vec<String> = progress.lessons.into_values().map(|lesson| lesson.beat).collect();
    assert_eq!(beats.len(), 200);
    beats.dedup();
    assert_eq!(beats.len(), 1, "half of one write and half of another");
    Some(beat)
}

/// Ends with the test, however that ends.
struct Writer(Child);

impl Drop for Writer {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Not a test by itself: [`whoever_is_killed_leaves_a_whole_file`] starts and kills it.
#[test]
#[ignore = "runs inside another test"]
fn saves_for_ever() {
    let folder = PathBuf::from(std::env::var_os("FOLDER").unwrap());
    let (mut store, ..) = Store::open(Some(folder));
    for n in 0.. {
        let order = |_: &str, beat: &str| beat.rsplit('-').next()?.parse().ok();
        store.save(&at(n), order).unwrap();
    }
}

#[test]
fn whoever_is_killed_leaves_a_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("progress.toml");
    for round in 0..KILLS {
        let child = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", "saves_for_ever"])
            .env("FOLDER", folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut writer = Writer(child);
        // A different number of writes each time, so that it is hit at another point.
        let mut before = beat_of(&file);
        for _ in 0..=round % 5 {
            loop {
                let now = beat_of(&file);
                if now != before {
                    before = now;
                    break;
                }
                assert!(writer.0.try_wait().unwrap().is_none(), "the writer ended by itself");
            }
        }
        drop(writer);
        beat_of(&file).expect("a file");
        let (_, progress, trouble) = Store::open(Some(folder.path().to_owned()));
        assert!(trouble.is_none() && progress.last.is_some(), "{trouble:?}");
    }
}
