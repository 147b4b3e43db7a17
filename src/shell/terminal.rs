//! The terminal, borrowed: what is switched on is written down, and exactly that is switched off again, in reverse.
//!
//! Every way out goes through [`Terminal::leave`]: the end of the program, a signal, a suspension and a panic. It may be called
//! twice and from the panic hook; errors are ignored there, because a terminal that is gone cannot be tidied.

use std::fs::File;
use std::io::{self, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::panic;
use std::sync::{Arc, Mutex, MutexGuard, TryLockError};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::io::Errno;
use rustix::termios::{
    OptionalActions, QueueSelector, Termios, isatty, tcflush, tcgetattr, tcgetwinsize, tcsetattr,
};

/// A way in which the terminal behaves differently while the program draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    Title,
    AlternateScreen,
    HiddenCursor,
    BracketedPaste,
    FocusEvents,
    Mouse,
}

impl Mode {
    /// Those that are always on, in the order in which they are switched on.
    const ALL: [Mode; 5] =
        [Mode::Title, Mode::AlternateScreen, Mode::HiddenCursor, Mode::BracketedPaste, Mode::FocusEvents];

    const fn on(self) -> &'static str {
        match self {
            Mode::Title => "\x1b[22;2t", // remembers the title on the terminal's own stack
            Mode::AlternateScreen => "\x1b[?1049h",
            Mode::HiddenCursor => "\x1b[?25l",
            Mode::BracketedPaste => "\x1b[?2004h",
            Mode::FocusEvents => "\x1b[?1004h",
            Mode::Mouse => "\x1b[?1000h\x1b[?1006h", // buttons and wheel, no movement; places as numbers
        }
    }

    const fn off(self) -> &'static str {
        match self {
            Mode::Title => "\x1b[23;2t",
            Mode::AlternateScreen => "\x1b[?1049l",
            Mode::HiddenCursor => "\x1b[?25h",
            Mode::BracketedPaste => "\x1b[?2004l",
            Mode::FocusEvents => "\x1b[?1004l",
            Mode::Mouse => "\x1b[?1006l\x1b[?1000l",
        }
    }
}

/// Marks around a frame: the terminal shows what is between them at once, or ignores the marks.
pub(super) const FRAME_BEGINS: &str = "\x1b[?2026h";
/// See [`FRAME_BEGINS`].
pub(super) const FRAME_ENDS: &str = "\x1b[?2026l";

/// What was changed and must be changed back.
#[derive(Default)]
struct Switched {
    line: Option<Termios>,
    modes: Vec<Mode>,
    /// The mouse is to be on whenever the terminal is ours.
    mouse: bool,
}

/// The terminal that the program was started in.
pub struct Terminal {
    output: io::Stdout,
    /// `/dev/tty`, where standard input is something else.
    input: Option<File>,
    switched: Mutex<Switched>,
}

/// There is no terminal to draw on or to read keys from.
#[derive(Debug, thiserror::Error)]
#[error("standard output is not a terminal")]
pub struct NoTerminal;

impl Terminal {
    /// The terminal of standard output; keys come from standard input, or from `/dev/tty` if that is a pipe.
    ///
    /// # Errors
    /// [`NoTerminal`] if standard output is not one, or no keys can be read.
    pub fn find() -> Result<Self, NoTerminal> {
        let output = io::stdout();
        if !isatty(&output) {
            return Err(NoTerminal);
        }
        let input = if isatty(io::stdin()) {
            None
        } else {
            let tty = File::options().read(true).write(true).open("/dev/tty");
            Some(tty.ok().filter(|tty| isatty(tty)).ok_or(NoTerminal)?)
        };
        Ok(Self { output, input, switched: Mutex::default() })
    }

    /// Where keys and answers are read from.
    pub fn input(&self) -> BorrowedFd<'_> {
        match &self.input {
            Some(tty) => tty.as_fd(),
            // Standard input outlives everything here.
            None => rustix::stdio::stdin(),
        }
    }

    /// Columns and rows; 80 x 24 where the terminal does not know.
    pub fn size(&self) -> (u16, u16) {
        match tcgetwinsize(&self.output) {
            Ok(size) if size.ws_col > 0 && size.ws_row > 0 => (size.ws_col, size.ws_row),
            _ => (80, 24),
        }
    }

    /// Switches on raw mode and all modes that are not on yet.
    ///
    /// # Errors
    /// The terminal refuses. What was switched on before that is still known to [`Terminal::leave`].
    pub fn enter(&self) -> io::Result<()> {
        let mut switched = self.lock();
        if switched.line.is_none() {
            let before = retry(|| tcgetattr(self.input()))?;
            let mut raw = before.clone();
            raw.make_raw();
            switched.line = Some(before);
            retry(|| tcsetattr(self.input(), OptionalActions::Now, &raw))?;
        }
        let mut bytes = String::new();
        for mode in Mode::ALL.into_iter().chain(switched.mouse.then_some(Mode::Mouse)) {
            if !switched.modes.contains(&mode) {
                switched.modes.push(mode);
                bytes.push_str(mode.on());
            }
        }
        self.write(bytes.as_bytes())
    }

    /// Listens to the mouse from now on, or leaves it to the terminal.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn listen_to_mouse(&self, on: bool) -> io::Result<()> {
        let mut switched = self.lock();
        switched.mouse = on;
        let (is_on, entered) = (switched.modes.contains(&Mode::Mouse), !switched.modes.is_empty());
        match (on, is_on) {
            (true, false) if entered => {
                switched.modes.push(Mode::Mouse);
                self.write(Mode::Mouse.on().as_bytes())
            }
            (false, true) => {
                switched.modes.retain(|mode| *mode != Mode::Mouse);
                self.write(Mode::Mouse.off().as_bytes())
            }
            _ => Ok(()),
        }
    }

    /// Switches off what [`Terminal::enter`] switched on, last first. Does nothing if nothing is on.
    pub fn leave(&self) {
        let mut switched = match self.switched.try_lock() {
            Ok(switched) => switched,
            Err(TryLockError::Poisoned(poisoned)) => poisoned.into_inner(),
            // Somebody is in `enter` or `leave` at this moment and panicked there; nothing better can be done.
            Err(TryLockError::WouldBlock) => return,
        };
        if !switched.modes.is_empty() {
            let mut bytes = format!("{FRAME_ENDS}\x1b[0m");
            while let Some(mode) = switched.modes.pop() {
                bytes.push_str(mode.off());
            }
            let _ = self.write(bytes.as_bytes());
        }
        if let Some(before) = switched.line.take() {
            // Late answers of the terminal must not end in the shell's command line.
            let _ = tcflush(self.input(), QueueSelector::IFlush);
            let _ = retry(|| tcsetattr(self.input(), OptionalActions::Now, &before));
        }
    }

    /// Names the window. The old name comes back with [`Terminal::leave`].
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn set_title(&self, title: &str) -> io::Result<()> {
        let plain: String = title.chars().filter(|c| !c.is_control()).collect();
        self.write(format!("\x1b]2;{plain}\x1b\\").as_bytes())
    }

    /// Writes all of `bytes`, in one call of the system where it takes them.
    ///
    /// # Errors
    /// The terminal is gone.
    pub fn write(&self, mut bytes: &[u8]) -> io::Result<()> {
        while !bytes.is_empty() {
            match rustix::io::write(&self.output, bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => bytes = &bytes[written..],
                Err(Errno::INTR) => {}
                Err(Errno::AGAIN) => {
                    poll(&mut [PollFd::new(&self.output, PollFlags::OUT)], None)?;
                }
                Err(errno) => return Err(errno.into()),
            }
        }
        Ok(())
    }

    /// From now on a panic first gives the terminal back; then the hook that was there before tells about it, and `word` is said.
    pub fn restore_on_panic(self: &Arc<Self>, word: String) {
        let terminal = Arc::clone(self);
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            terminal.leave();
            before(info);
            let _ = writeln!(io::stderr(), "{word}");
        }));
    }

    fn lock(&self) -> MutexGuard<'_, Switched> {
        self.switched.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Tries again when a signal came in between.
fn retry<T>(mut call: impl FnMut() -> rustix::io::Result<T>) -> rustix::io::Result<T> {
    loop {
        match call() {
            Err(Errno::INTR) => {}
            result => return result,
        }
    }
}
