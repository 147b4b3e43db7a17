//! The real program on a pseudo-terminal that answers like a real one.

use std::fs::{self, File};
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use avt::{ScreenKind, Terminal};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

/// Long enough for a busy machine; nothing here waits for it to pass.
const PATIENCE: Duration = Duration::from_secs(60);

/// How the program is started.
pub enum How {
    /// As a job of a shell, which tells the exit code afterwards and stays.
    UnderShell,
    /// With the terminal as its input and output, but not as one that could send it a signal.
    Uncontrolled,
}

/// A window with the program in it.
pub struct Window {
    /// The shell, or the program itself.
    pub child: Child,
    master: Option<File>,
    /// What the person sees.
    pub seen: Terminal,
    /// Bytes that came so far.
    pub received: usize,
    unfinished: Vec<u8>,
    /// Where the program keeps its state.
    pub state: tempfile::TempDir,
    _slave: OwnedFd,
}

impl Window {
    /// Opens a window of `width` x `height` and starts `program` with `arguments` in it.
    pub fn open(program: &Path, arguments: &[&str], how: &How, (width, height): (u16, u16)) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let flags = rustix::fs::OFlags::RDWR | rustix::fs::OFlags::NOCTTY | rustix::fs::OFlags::CLOEXEC;
        let slave = rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty()).unwrap();
        let state = tempfile::tempdir().unwrap();
        let mut command = Command::new("setsid");
        match how {
            How::UnderShell => {
                command.args(["--ctty", "sh", "-c", "\"$@\"; echo \"code=$?\"; read rest", "sh"]);
            }
            How::Uncontrolled => {}
        }
        command
            .arg(program)
            .args(arguments)
            .env_remove("TMUX")
            .env_remove("NO_COLOR")
            .env_remove("LC_ALL")
            .env("TERM", "xterm-256color")
            .env("COLORTERM", "truecolor")
            .env("LANG", "ko_KR.UTF-8")
            .env("XDG_STATE_HOME", state.path())
            .stdin(Stdio::from(slave.try_clone().unwrap()))
            .stdout(Stdio::from(slave.try_clone().unwrap()))
            .stderr(Stdio::from(slave.try_clone().unwrap()));
        let mut window = Self {
            child: command.spawn().expect("setsid of util-linux is needed"),
            master: Some(File::from(master)),
            seen: Terminal::new(width.into(), height.into()).unwrap(),
            received: 0,
            unfinished: Vec::new(),
            state,
            _slave: slave,
        };
        window.resize(width, height);
        window
    }

    /// Changes the size of the window.
    pub fn resize(&mut self, width: u16, height: u16) {
        let size = Winsize { ws_col: width, ws_row: height, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(self.master.as_ref().unwrap(), size).unwrap();
        self.seen.resize(width.into(), height.into());
    }

    /// Types, as bytes.
    pub fn send(&mut self, keys: &str) {
        self.master.as_ref().unwrap().write_all(keys.as_bytes()).unwrap();
    }

    /// Reads what comes within `limit`; false if nothing did.
    pub fn read_for(&mut self, limit: Duration) -> bool {
        let Some(mut master) = self.master.as_ref() else { return false };
        let limit =
            Timespec { tv_sec: limit.as_secs().try_into().unwrap(), tv_nsec: limit.subsec_nanos().into() };
        let ready = poll(&mut [PollFd::new(&master, PollFlags::IN)], Some(&limit)).unwrap();
        let mut buffer = [0; 65536];
        let count = if ready == 0 { 0 } else { master.read(&mut buffer).unwrap_or(0) };
        self.received += count;
        self.show(&buffer[..count]);
        count > 0
    }

    /// Lets the terminal take the bytes, and answer where it is asked something.
    fn show(&mut self, bytes: &[u8]) {
        self.unfinished.extend_from_slice(bytes);
        let valid = match std::str::from_utf8(&self.unfinished) {
            Ok(text) => text.len(),
            Err(error) => error.valid_up_to(),
        };
        let text = String::from_utf8(self.unfinished.drain(..valid).collect()).unwrap();
        let mut rest = text.as_str();
        // Each question is answered from the state before what follows it.
        while let Some((at, question)) =
            ["\x1b[6n", "\x1b]11;?\x1b\\", "\x1b[c"].iter().filter_map(|q| Some((rest.find(q)?, *q))).min()
        {
            self.seen.feed(&rest[..at]);
            let cursor = self.seen.cursor();
            let answer = match question {
                "\x1b[6n" => format!("\x1b[{};{}R", cursor.row + 1, cursor.col + 1),
                "\x1b[c" => "\x1b[?62;22c".to_owned(),
                _ => "\x1b]11;rgb:1111/1111/1111\x1b\\".to_owned(),
            };
            self.send(&answer);
            rest = &rest[at + question.len()..];
        }
        self.seen.feed(rest);
    }

    /// What stands on the screen.
    pub fn text(&self) -> String {
        let lines = self.seen.screen().visible_lines().map(|line| line.text().trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// Reads until `what` holds.
    pub fn wait_until(&mut self, name: &str, what: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !what(self) {
            self.read_for(Duration::from_millis(50));
            assert!(Instant::now() < deadline, "{name}: did not come\n{}", self.text());
        }
    }

    /// Reads until `text` stands on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |window| window.text().contains(text));
    }

    /// Reads until the program has nothing more to say.
    pub fn settle(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while self.read_for(Duration::from_millis(400)) {
            assert!(Instant::now() < deadline, "the program writes for ever\n{}", self.text());
        }
    }

    /// Whether everything that a shell expects of its terminal is as it was: screen, cursor, line mode.
    pub fn is_restored(&self) -> bool {
        let line = tcgetattr(self.master.as_ref().unwrap()).unwrap().local_modes;
        self.seen.active_screen_kind() == ScreenKind::Primary
            && self.seen.cursor().visible
            && line.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// Whether the program has the terminal for itself.
    pub fn is_taken(&self) -> bool {
        let line = tcgetattr(self.master.as_ref().unwrap()).unwrap().local_modes;
        self.seen.active_screen_kind() == ScreenKind::Alternate
            && !line.intersects(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG)
    }

    /// The program, as a job of the shell.
    pub fn program(&self) -> Pid {
        let shell = self.child.id();
        let children = fs::read_to_string(format!("/proc/{shell}/task/{shell}/children")).unwrap();
        let first = children.split_whitespace().next().expect("the program runs").parse().unwrap();
        Pid::from_raw(first).unwrap()
    }

    /// Sends a signal to the program.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(self.program(), signal).unwrap();
    }

    /// Sends a signal to the program and its shell.
    pub fn signal_job(&self, signal: Signal) {
        let shell = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        rustix::process::kill_process_group(shell, signal).unwrap();
    }

    /// The window vanishes.
    pub fn vanish(&mut self) {
        self.master = None;
    }
}

impl Drop for Window {
    /// Nothing outlives its window, not even a program that was stopped when a test failed.
    fn drop(&mut self) {
        if let Some(shell) = self.child.id().try_into().ok().and_then(Pid::from_raw) {
            let _ = rustix::process::kill_process_group(shell, Signal::KILL);
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The state letter of a process: `R`, `S`, `T` for stopped, `Z` for ended and not yet buried; None if it is no more.
pub fn state_of(pid: Pid) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", pid.as_raw_nonzero())).ok()?;
    stat.rsplit_once(')')?.1.trim_start().chars().next()
}

/// Waits until a process has ended.
pub fn wait_for_end(pid: Pid) {
    let deadline = Instant::now() + PATIENCE;
    while !matches!(state_of(pid), None | Some('Z')) {
        assert!(Instant::now() < deadline, "the program is still there: {:?}", state_of(pid));
        std::thread::yield_now();
    }
}
