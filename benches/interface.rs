//! What a frame costs beside a plain picture of the same size, and how soon the first one is there: `cargo bench --bench interface`.

#![allow(clippy::unwrap_used)]

mod common;

use std::io::Read;
use std::process::{Command, Stdio};
use std::time::Instant;

use common::busy::Busy;
use common::learner::learner;
use common::{ROUNDS, Sample, duel, timed};
use kafkarium::shell::screen::Frames;
use kafkarium::text::Lang;
use kafkarium::ui::app::key::{Code, Key};
use kafkarium::ui::app::{Message, State, update};
use kafkarium::ui::view;
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 55)];

/// A lesson in the middle of its run, with messages on their way.
fn playing(size: (u16, u16)) -> State {
    let mut state = learner(Lang::Ko, size);
    state.open_lesson("tour", Some("2"));
    assert!(state.tank().is_some());
    state
}

/// One frame of something that plays; when it comes to rest it is played again.
fn next_frame(state: &mut State) {
    if !state.wants_tick() {
        update(state, Message::Key(Key::plain(Code::Backspace)));
        update(state, Message::Key(Key::char('p')));
    }
    update(state, Message::Tick(80));
}

fn frames() {
    for size in SIZES {
        let count = 400_000 / (u64::from(size.0) * u64::from(size.1));
        let (mut plain, mut plain_frames) = (Busy::new(), Frames::default());
        let (mut state, mut our_frames) = (playing(size), Frames::default());
        let mut bytes = 0;
        let result = duel(
            || {
                timed(|| {
                    for _ in 0..count {
                        plain.advance();
                        plain_frames
                            .frame(size, |buffer, area| {
                                plain.paint(buffer, area);
                                None
                            })
                            .unwrap();
                    }
                    count
                })
            },
            || {
                timed(|| {
                    for _ in 0..count {
                        next_frame(&mut state);
                        bytes += our_frames
                            .frame(size, |buffer, area| view::draw(&state, buffer, area))
                            .unwrap()
                            .len();
                    }
                    count
                })
            },
        );
        result
            .print(&format!("a frame that plays, {}x{}", size.0, size.1), "a busy picture of plain widgets");
        println!("  bytes  {:>12.0} a frame\n", bytes as f64 / (count * (ROUNDS as u64 + 1)) as f64);
    }
}

/// Milliseconds from the start of a program in a window to the first of its bytes that hold `mark`.
fn first(program: &str, arguments: &[&str], mark: &[u8]) -> f64 {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
    grantpt(&master).unwrap();
    unlockpt(&master).unwrap();
    tcsetwinsize(&master, Winsize { ws_col: 120, ws_row: 36, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let name = ptsname(&master, Vec::new()).unwrap();
    let slave =
        rustix::fs::open(name.as_c_str(), OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())
            .unwrap();
    let begin = Instant::now();
    let mut child = Command::new(program)
        .args(arguments)
        .env("XDG_STATE_HOME", std::env::temp_dir().join("kafkarium-bench"))
        .stdin(Stdio::from(slave.try_clone().unwrap()))
        .stdout(Stdio::from(slave.try_clone().unwrap()))
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut master = std::fs::File::from(master);
    let (mut seen, mut buffer) = (Vec::new(), vec![0; 1 << 16]);
    while !seen.windows(mark.len()).any(|window| window == mark) {
        let count = master.read(&mut buffer).unwrap();
        seen.extend_from_slice(&buffer[..count]);
    }
    let elapsed = begin.elapsed().as_secs_f64() * 1e3;
    child.kill().unwrap();
    child.wait().unwrap();
    elapsed
}

fn start_up() {
    // The questions to the terminal are left out: how fast it answers is its own.
    let ours = ["--theme", "dark", "--glyphs", "unicode", "--motion", "none"];
    let lesson = [&ours[..], &["play", "offset"]].concat();
    let mut times = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..=ROUNDS {
        let taken = [
            first("/bin/echo", &["ready"], b"ready"),
            first(env!("CARGO_BIN_EXE_kafkarium"), &ours, b"\x1b[?2026l"),
            first(env!("CARGO_BIN_EXE_kafkarium"), &lesson, b"\x1b[?2026l"),
        ];
        if round > 0 {
            times.iter_mut().zip(taken).for_each(|(times, taken)| times.push(taken));
        }
    }
    let [echo, home, lesson] = times.map(Sample::of);
    println!("from start to first frame, 120x36");
    println!("  echo   {:>12.1} ms: the limit, a program that writes a word", echo.median);
    println!(
        "  home   {:>12.1} ms, {:.1} x ({:.1} to {:.1} ms)",
        home.median,
        home.median / echo.median,
        home.min,
        home.max
    );
    println!(
        "  lesson {:>12.1} ms, {:.1} x ({:.1} to {:.1} ms), its cluster booted and settled",
        lesson.median,
        lesson.median / echo.median,
        lesson.min,
        lesson.max
    );
}

fn main() {
    frames();
    start_up();
}
