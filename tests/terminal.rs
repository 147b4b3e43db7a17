//! The terminal survives: whatever ends the program, the terminal is as it was.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // these are tests, with helpers

mod pty;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use kafkarium::shell::terminal::Terminal;
use pty::{How, Window, state_of, wait_for_end};
use rustix::process::{Pid, Signal};

const M: (u16, u16) = (120, 36);

fn kafkarium(arguments: &[&str], how: &How) -> Window {
    Window::open(Path::new(env!("CARGO_BIN_EXE_kafkarium")), arguments, how, M)
}

/// What stands on the first screen.
const HOME: &str = "시작하기";

/// The program under a shell, showing its first screen.
fn opened() -> Window {
    let mut window = kafkarium(&["--motion", "none"], &How::UnderShell);
    window.wait_for(HOME);
    window
}

fn ends_with(window: &mut Window, code: u32) {
    window.wait_for(&format!("code={code}"));
    assert!(window.is_restored(), "{}", window.text());
}

#[test]
fn quitting_gives_the_terminal_back() {
    for key in ["q", "\x03"] {
        let mut window = opened();
        assert!(window.is_taken());
        window.send(key);
        ends_with(&mut window, 0);
    }
}

/// The whole tour: watch, step back and on, predict, break, mend, remember; in between the window changes its size and the language
/// is switched.
#[test]
fn the_tour_can_be_walked() {
    let mut window = opened();
    window.send("\r");
    window.wait_for("1/8");
    for beat in ["2/8", "3/8"] {
        window.send(" ");
        window.wait_for(beat);
    }
    window.wait_for("HW1 LEO1");
    window.send(&"\x1b[D".repeat(12));
    window.wait_until("back", |window| !window.text().contains("LEO1"));
    window.send("\x1b[F");
    window.wait_for("HW1 LEO1");
    window.resize(80, 24);
    window.send("\x1b[12~");
    window.wait_for("offset 0");
    window.send("\x1b[12~");
    window.wait_for("오프셋 0");
    for beat in ["4/8", "5/8"] {
        window.send(" ");
        window.wait_for(beat);
    }
    window.send("2");
    window.wait_for("얼마나 확실한가요");
    window.send("\r");
    window.wait_for("맞습니다");
    window.send(" ");
    window.wait_for("6/8");
    // A Hangul input method is on: ㅌ is the key of x, ㅏ that of k.
    window.send("3ㅌㅏ");
    window.wait_for("b3이 꺼지고 b1이 리더가 됐습니다");
    window.resize(200, 55);
    window.send(" ");
    window.wait_for("7/8");
    window.send("xk ");
    window.wait_for("8/8");
    window.send("q");
    window.wait_for("부");
    window.send("q");
    ends_with(&mut window, 0);
    assert!(window.text().contains("progress.toml"), "{}", window.text());
    let kept = std::fs::read_to_string(window.state.path().join("kafkarium/progress.toml")).unwrap();
    let progress = kafkarium::course::progress::parse(&kept).unwrap().progress;
    assert!(progress.is_done("tour"), "{kept}");
    assert!(
        progress.answer("tour", "guess").is_some_and(|answer| answer.right && answer.sure == 2),
        "{kept}"
    );
}

#[test]
fn signals_end_the_program_and_give_the_terminal_back() {
    for (signal, code) in [(Signal::TERM, 143), (Signal::HUP, 129), (Signal::INT, 130), (Signal::QUIT, 131)] {
        let mut window = opened();
        window.signal(signal);
        ends_with(&mut window, code);
    }
}

#[test]
fn a_window_that_vanishes_ends_the_program() {
    let mut window = opened();
    let program = window.program();
    window.vanish();
    wait_for_end(program);
}

#[test]
fn a_window_that_vanishes_without_a_signal_ends_the_program() {
    let mut window = kafkarium(&["--motion", "none"], &How::Uncontrolled);
    window.wait_for(HOME);
    let program = Pid::from_raw(window.child.id().try_into().unwrap()).unwrap();
    // Half a sequence: whoever reads on here waits for the rest.
    window.send("\x1b[");
    window.vanish();
    wait_for_end(program);
}

#[test]
fn every_size_is_survived() {
    let mut window = opened();
    window.send("\r");
    window.wait_for("1/8");
    for (width, height) in [(80, 24), (1, 1), (200, 55), (40, 10), (500, 2), (120, 36)] {
        window.resize(width, height);
        window.settle();
    }
    window.wait_for("1/8");
    window.send("q");
    window.wait_for("이어서 하기");
    window.send("q");
    ends_with(&mut window, 0);
}

#[test]
fn at_rest_nothing_is_written() {
    for keys in ["", "\r", "  "] {
        let mut window = opened();
        window.send(keys);
        window.settle();
        let before = window.received;
        window.read_for(Duration::from_millis(1200));
        assert_eq!(window.received, before, "{}", window.text());
    }
}

#[test]
fn suspending_gives_the_terminal_back_and_continuing_takes_it_again() {
    let mut window = opened();
    let program = window.program();
    window.send("\x1a");
    window.wait_until("stopped", |_| state_of(program) == Some('T'));
    window.wait_until("restored", Window::is_restored);
    window.signal_job(Signal::CONT);
    window.wait_until("taken again", Window::is_taken);
    window.wait_for(HOME);
    window.settle();
    window.send("q");
    ends_with(&mut window, 0);
}

#[test]
fn being_stopped_from_outside_is_survived() {
    let mut window = opened();
    window.signal(Signal::TSTP);
    let program = window.program();
    window.wait_until("stopped", |_| state_of(program) == Some('T'));
    window.wait_until("restored", Window::is_restored);
    window.signal_job(Signal::CONT);
    window.wait_until("taken again", Window::is_taken);
    window.settle();
    // Without a chance to tidy up: everything is drawn again afterwards.
    let before = window.received;
    window.signal(Signal::STOP);
    window.signal(Signal::CONT);
    window.wait_until("drawn again", |window| window.received > before + 1000 && window.is_taken());
    window.settle();
    window.send("q");
    ends_with(&mut window, 0);
}

/// Not a test by itself: [`a_panic_gives_the_terminal_back_before_it_speaks`] starts it in a window.
#[test]
#[ignore = "runs inside another test"]
fn panics_with_the_terminal_taken() {
    let terminal = Arc::new(Terminal::find().unwrap());
    terminal.restore_on_panic("a word at the end".into());
    terminal.enter().unwrap();
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    panic!("the tank leaks");
}

#[test]
fn a_panic_gives_the_terminal_back_before_it_speaks() {
    let myself = std::env::current_exe().unwrap();
    let arguments = ["--ignored", "--exact", "--nocapture", "panics_with_the_terminal_taken"];
    let mut window = Window::open(&myself, &arguments, &How::UnderShell, M);
    window.wait_until("taken", Window::is_taken);
    window.send("\n");
    window.wait_for("the tank leaks");
    ends_with(&mut window, 101);
}
