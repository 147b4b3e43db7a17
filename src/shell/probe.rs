//! What can only be learned by asking the terminal: how wide it draws a line, and what stands behind its text.
//!
//! All questions leave in one write, the last one being "what are you", which every terminal answers. So a terminal that knows the
//! others costs a round trip, and one that does not costs [`BUDGET`]. An answer that comes later is dropped by the key decoder.

use std::io;
use std::time::{Duration, Instant};

use rustix::event::{PollFlags, Timespec};

use super::input::decode::{Answer, Decoder, Event};
use super::input::{Waited, read, wait};
use super::terminal::Terminal;

/// How long the terminal may think.
const BUDGET: Duration = Duration::from_millis(150);

/// What to ask.
#[derive(Clone, Copy, Debug)]
pub struct Questions {
    /// How many cells a line character takes.
    pub width: bool,
    /// The colour behind the text.
    pub background: bool,
}

/// What the terminal said.
#[derive(Debug, Default)]
pub struct Answers {
    /// Cells that `─` took; 0 where UTF-8 is not understood.
    pub line_width: Option<u16>,
    /// The answer about the background, without its frame: `11;rgb:1e1e/1e1e/2e2e`.
    pub background: Option<String>,
    /// Keys that were pressed meanwhile.
    pub typed: Vec<Event>,
}

/// Asks, and waits for the answers. Raw mode must be on; the first row of the screen is written to.
///
/// # Errors
/// The terminal is gone.
pub fn ask(terminal: &Terminal, decoder: &mut Decoder, questions: Questions) -> io::Result<Answers> {
    let mut answers = Answers::default();
    if !questions.width && !questions.background {
        return Ok(answers);
    }
    let mut bytes = String::new();
    if questions.width {
        bytes.push_str("\x1b[H─한\x1b[6n\x1b[H\x1b[K");
    }
    if questions.background {
        bytes.push_str("\x1b]11;?\x1b\\");
    }
    bytes.push_str("\x1b[c");
    terminal.write(bytes.as_bytes())?;
    let deadline = Instant::now() + BUDGET;
    while let Some(limit) = left_until(deadline) {
        match wait(terminal, PollFlags::IN, Some(&limit)) {
            Waited::Ready => {
                if answers.hear(decoder.feed(&read(terminal)?)) {
                    break;
                }
            }
            Waited::Nothing => {}
            Waited::Gone => return Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }
    Ok(answers)
}

impl Answers {
    /// Sorts what came; true when the last answer is in.
    fn hear(&mut self, events: Vec<Event>) -> bool {
        let mut complete = false;
        for event in events {
            match event {
                Event::Answer(Answer::Cursor { row: 1, column }) => {
                    // The syllable takes two cells wherever UTF-8 is understood; elsewhere its bytes are one letter and two controls,
                    // and nothing is left for the line.
                    self.line_width = u16::try_from(column.saturating_sub(3)).ok();
                }
                Event::Answer(Answer::Osc(text)) if text.starts_with("11;") => self.background = Some(text),
                Event::Answer(Answer::Attributes) => complete = true,
                Event::Answer(_) => {}
                other => self.typed.push(other),
            }
        }
        complete
    }
}

fn left_until(deadline: Instant) -> Option<Timespec> {
    let left = deadline.checked_duration_since(Instant::now())?;
    Some(Timespec { tv_sec: 0, tv_nsec: left.subsec_nanos().into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::app::key::Key;

    #[test]
    fn answers_are_sorted_from_keys() {
        let mut decoder = Decoder::default();
        let mut answers = Answers::default();
        assert!(!answers.hear(decoder.feed(b"\x1b[1;5Rq")));
        assert!(answers.hear(decoder.feed(b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c")));
        assert_eq!(answers.line_width, Some(2));
        assert_eq!(answers.background.as_deref(), Some("11;rgb:ffff/ffff/ffff"));
        assert_eq!(answers.typed, [Event::Key(Key::char('q'))]);
    }
}
