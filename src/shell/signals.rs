//! Signals as messages.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Come to an end; the signal's number.
    Quit(u8),
    /// Look at the size again.
    Resize,
    /// Stop until [`Asked::Continue`].
    Suspend,
    /// Go on, on a terminal that somebody else may have used.
    Continue,
}

/// The signals that matter here.
pub struct Signals {
    hangup: Signal,
    interrupt: Signal,
    quit: Signal,
    terminate: Signal,
    resize: Signal,
    suspend: Signal,
    resume: Signal,
}

impl Signals {
    /// From now on these signals come here.
    ///
    /// # Errors
    /// The system refuses.
    pub fn listen() -> io::Result<Self> {
        let number = |signal: rustix::process::Signal| SignalKind::from_raw(signal.as_raw());
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            interrupt: signal(SignalKind::interrupt())?,
            quit: signal(SignalKind::quit())?,
            terminate: signal(SignalKind::terminate())?,
            resize: signal(SignalKind::window_change())?,
            suspend: signal(number(rustix::process::Signal::TSTP))?,
            resume: signal(number(rustix::process::Signal::CONT))?,
        })
    }

    /// Waits for the next one.
    pub async fn next(&mut self) -> Asked {
        let quit = |signal: rustix::process::Signal| Asked::Quit(u8::try_from(signal.as_raw()).unwrap_or(0));
        tokio::select! {
            _ = self.hangup.recv() => quit(rustix::process::Signal::HUP),
            _ = self.interrupt.recv() => quit(rustix::process::Signal::INT),
            _ = self.quit.recv() => quit(rustix::process::Signal::QUIT),
            _ = self.terminate.recv() => quit(rustix::process::Signal::TERM),
            _ = self.resize.recv() => Asked::Resize,
            _ = self.suspend.recv() => Asked::Suspend,
            _ = self.resume.recv() => Asked::Continue,
        }
    }
}
