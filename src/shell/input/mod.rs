//! Keys from the terminal, on a thread of their own.
//!
//! The thread sleeps in `poll(2)` until bytes come. A second one waits for nothing but the end of the terminal, so that a window
//! that vanishes without a signal ends the program even while the first one is inside a read.

pub mod decode;

use std::io;
use std::os::fd::AsFd;
use std::sync::Arc;
use std::thread;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use tokio::sync::mpsc::UnboundedSender;

use self::decode::{Decoder, Event};
use super::terminal::Terminal;

/// How long the rest of a sequence may take after its `ESC`.
const SEQUENCE: Timespec = Timespec { tv_sec: 0, tv_nsec: 30_000_000 };

const GONE: PollFlags = PollFlags::HUP.union(PollFlags::ERR).union(PollFlags::NVAL);

/// What the threads tell.
#[derive(Debug, PartialEq, Eq)]
pub enum FromTerminal {
    /// Something came.
    Event(Event),
    /// There is no terminal any more.
    Gone,
}

/// What waiting for bytes came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Waited {
    /// Bytes can be read.
    Ready,
    /// Nothing came in the time given.
    Nothing,
    /// The terminal is gone.
    Gone,
}

/// Starts both threads. `decoder` may already hold the beginning of something.
///
/// # Errors
/// The system has no more threads.
pub fn listen(
    terminal: Arc<Terminal>,
    decoder: Decoder,
    tell: UnboundedSender<FromTerminal>,
) -> io::Result<()> {
    let (watched, ended) = (Arc::clone(&terminal), tell.clone());
    thread::Builder::new().name("hang-up".into()).spawn(move || {
        while !matches!(wait(&watched, PollFlags::empty(), None), Waited::Gone) {}
        let _ = ended.send(FromTerminal::Gone);
    })?;
    thread::Builder::new().name("input".into()).spawn(move || {
        read_keys(&terminal, decoder, &tell);
        let _ = tell.send(FromTerminal::Gone);
    })?;
    Ok(())
}

/// Reads until the terminal is gone or nobody listens.
fn read_keys(terminal: &Terminal, mut decoder: Decoder, tell: &UnboundedSender<FromTerminal>) {
    loop {
        let limit = decoder.is_waiting().then_some(&SEQUENCE);
        let events = match wait(terminal, PollFlags::IN, limit) {
            Waited::Ready => match read(terminal) {
                Ok(bytes) => decoder.feed(&bytes),
                Err(_) => return,
            },
            Waited::Nothing => decoder.settle(),
            Waited::Gone => return,
        };
        for event in events {
            if tell.send(FromTerminal::Event(event)).is_err() {
                return;
            }
        }
    }
}

/// Waits for `what`, or for the end of the terminal.
pub(super) fn wait(terminal: &Terminal, what: PollFlags, limit: Option<&Timespec>) -> Waited {
    let input = terminal.input();
    let mut fds = [PollFd::new(&input, what)];
    match poll(&mut fds, limit) {
        Ok(0) | Err(Errno::INTR) => Waited::Nothing,
        Ok(_) if fds[0].revents().intersects(GONE) => Waited::Gone,
        Ok(_) => Waited::Ready,
        Err(_) => Waited::Gone,
    }
}

/// What is there to read. To be called when [`wait`] says so.
///
/// # Errors
/// The terminal is gone.
pub(super) fn read(terminal: &Terminal) -> io::Result<Vec<u8>> {
    let mut buffer = [0; 4096];
    loop {
        match rustix::io::read(terminal.input().as_fd(), &mut buffer) {
            Ok(0) => return Err(io::ErrorKind::UnexpectedEof.into()),
            Ok(count) => return Ok(buffer[..count].to_vec()),
            Err(Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}
