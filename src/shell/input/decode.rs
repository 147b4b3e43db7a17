//! Bytes from a terminal as keys, pasted text and answers.
//!
//! Our own decoder, because an answer of the terminal that comes late (its background, its cursor) must be known as an answer:
//! read as keys, `ESC ] 11 ; rgb:1e1e…` would be a dozen commands. It is a pure function of the bytes; how long a lone `ESC` may
//! wait for the rest of a sequence is the reader's business ([`Decoder::settle`]).

use crate::ui::app::Gesture;
use crate::ui::app::key::{Code, Key};

/// What the terminal says about itself when asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Where the cursor stands; row and column from 1.
    Cursor {
        /// Row, from 1.
        row: u32,
        /// Column, from 1.
        column: u32,
    },
    /// An operating system command, without its frame: `11;rgb:1e1e/1e1e/2e2e`.
    Osc(String),
    /// What kind of terminal it is. Every terminal answers this; whatever was asked before has been answered by now.
    Attributes,
}

/// What came from the terminal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something at a cell; column and row from 0.
    Mouse(Gesture, u16, u16),
    /// Text was pasted; line breaks as they came.
    Paste(String),
    /// The window got the focus, or lost it.
    Focus(bool),
    /// An answer to a question.
    Answer(Answer),
}

/// The key with modifiers as sequences number them: 1 + shift 1 + alt 2 + control 4.
const fn modified(code: Code, number: u32) -> Key {
    let bits = number.saturating_sub(1);
    let code = match code {
        Code::Tab if bits & 1 != 0 => Code::BackTab,
        code => code,
    };
    Key { code, alt: bits & 2 != 0, ctrl: bits & 4 != 0 }
}

/// A pasted text beyond this is cut: nobody types a megabyte.
const LONGEST_PASTE: usize = 1 << 20;
/// A sequence beyond this is none.
const LONGEST_SEQUENCE: usize = 1024;
const PASTE_ENDS: &[u8] = b"\x1b[201~";

/// Reads bytes, gives events. Keeps what is unfinished.
#[derive(Default)]
pub struct Decoder {
    bytes: Vec<u8>,
    /// The text so far, between the marks around a paste.
    paste: Option<Vec<u8>>,
}

/// How much of the bytes a first event takes.
enum Taken {
    /// This many, and this is the event, if it is one of ours.
    Bytes(usize, Option<Event>),
    /// More bytes are needed to tell.
    More,
}

impl Decoder {
    /// Adds `bytes` and takes out everything that is complete.
    pub fn feed(&mut self, bytes: &[u8]) -> Vec<Event> {
        self.bytes.extend_from_slice(bytes);
        let mut events = Vec::new();
        loop {
            if self.paste.is_some() {
                match self.take_paste() {
                    Some(text) => events.push(Event::Paste(text)),
                    None => return events,
                }
            }
            match first(&self.bytes) {
                Taken::More => return events,
                Taken::Bytes(count, event) => {
                    if self.bytes[..count] == *b"\x1b[200~" {
                        self.paste = Some(Vec::new());
                    }
                    self.bytes.drain(..count);
                    events.extend(event);
                }
            }
        }
    }

    /// Whether the bytes so far could go on.
    pub fn is_waiting(&self) -> bool {
        !self.bytes.is_empty() && self.paste.is_none()
    }

    /// Nothing more came: a lone `ESC` is the key, anything else unfinished is dropped.
    pub fn settle(&mut self) -> Vec<Event> {
        if !self.is_waiting() {
            return Vec::new();
        }
        let bytes = std::mem::take(&mut self.bytes);
        let key = match bytes.as_slice() {
            [0x1b] => Some(Key::plain(Code::Esc)),
            [0x1b, c @ (b'[' | b'O' | b']' | b'P' | b'_' | b'^')] => {
                Some(Key { alt: true, ..Key::plain(Code::Char(char::from(*c))) })
            }
            _ => None,
        };
        key.map(Event::Key).into_iter().collect()
    }

    /// The pasted text, if its end has come.
    fn take_paste(&mut self) -> Option<String> {
        let text = self.paste.as_mut()?;
        let end = self.bytes.windows(PASTE_ENDS.len()).position(|window| window == PASTE_ENDS);
        // Without the end mark, the last bytes may be the beginning of it.
        let count = end.unwrap_or(self.bytes.len().saturating_sub(PASTE_ENDS.len() - 1));
        let room = LONGEST_PASTE.saturating_sub(text.len());
        text.extend(self.bytes.drain(..count).take(room));
        end?;
        self.bytes.drain(..PASTE_ENDS.len());
        self.paste.take().map(|text| String::from_utf8_lossy(&text).into_owned())
    }
}

/// The first event of `bytes`.
fn first(bytes: &[u8]) -> Taken {
    match bytes {
        [] => Taken::More,
        [0x1b, rest @ ..] => escape(rest),
        [0x00..=0x1f | 0x7f, ..] => Taken::Bytes(1, Some(Event::Key(control(bytes[0])))),
        _ => character(bytes),
    }
}

/// A key that sends one control byte.
fn control(byte: u8) -> Key {
    match byte {
        b'\r' | b'\n' => Key::plain(Code::Enter),
        b'\t' => Key::plain(Code::Tab),
        0x7f | 0x08 => Key::plain(Code::Backspace),
        0x00 => Key::ctrl(' '),
        0x01..=0x1a => Key::ctrl(char::from(byte - 1 + b'a')),
        _ => Key::ctrl(char::from(byte - 0x1c + b'4')),
    }
}

/// A character in UTF-8; bytes that are none are passed over.
fn character(bytes: &[u8]) -> Taken {
    let length = match bytes[0] {
        0x20..=0x7e => 1,
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Taken::Bytes(1, None),
    };
    let head = &bytes[..length.min(bytes.len())];
    match std::str::from_utf8(head) {
        Ok(text) => Taken::Bytes(length, text.chars().next().map(|c| Event::Key(Key::plain(Code::Char(c))))),
        Err(error) if error.error_len().is_none() => Taken::More,
        Err(error) => Taken::Bytes(error.error_len().unwrap_or(1), None),
    }
}

/// What follows an `ESC`.
fn escape(rest: &[u8]) -> Taken {
    let taken = match rest {
        [] => return Taken::More,
        [b'[', rest @ ..] => grown(sequence(rest), 1),
        [b'O', rest @ ..] => match rest {
            [] => Taken::More,
            [b'M', ..] => Taken::Bytes(2, Some(Event::Key(Key::plain(Code::Enter)))),
            [letter, ..] => Taken::Bytes(2, letter_key(*letter, 1).map(Event::Key)),
        },
        [kind @ (b']' | b'P' | b'_' | b'^' | b'X'), rest @ ..] => grown(framed(*kind, rest), 1),
        // Twice: the first one is a key, the second begins something.
        [0x1b, ..] => Taken::Bytes(0, Some(Event::Key(Key::plain(Code::Esc)))),
        _ => match first(rest) {
            Taken::Bytes(count, Some(Event::Key(key))) => {
                Taken::Bytes(count, Some(Event::Key(Key { alt: true, ..key })))
            }
            other => other,
        },
    };
    match taken {
        Taken::More if rest.len() > LONGEST_SEQUENCE => Taken::Bytes(rest.len() + 1, None),
        other => grown(other, 1),
    }
}

fn grown(taken: Taken, by: usize) -> Taken {
    match taken {
        Taken::Bytes(count, event) => Taken::Bytes(count + by, event),
        Taken::More => Taken::More,
    }
}

/// A string of the terminal after its introducer, up to BEL or ST.
fn framed(kind: u8, rest: &[u8]) -> Taken {
    let end = rest.iter().enumerate().find_map(|(at, byte)| match byte {
        0x07 => Some((at, 1)),
        0x1b if rest.get(at + 1) == Some(&b'\\') => Some((at, 2)),
        _ => None,
    });
    let Some((at, close)) = end else { return Taken::More };
    let text = || Event::Answer(Answer::Osc(String::from_utf8_lossy(&rest[..at]).into_owned()));
    Taken::Bytes(at + close, (kind == b']').then(text))
}

/// A control sequence after `ESC [`.
fn sequence(rest: &[u8]) -> Taken {
    // The Linux console's first five function keys; the old mouse report with its three raw bytes.
    match rest {
        [b'[', letter, ..] => {
            let key = (b'A'..=b'E').contains(letter).then(|| Key::plain(Code::F(letter - b'A' + 1)));
            return Taken::Bytes(2, key.map(Event::Key));
        }
        [b'['] => return Taken::More,
        [b'M', report @ ..] => {
            return if report.len() < 3 { Taken::More } else { Taken::Bytes(4, None) };
        }
        _ => {}
    }
    let Some(end) = rest.iter().position(|byte| !(0x20..=0x3f).contains(byte)) else { return Taken::More };
    let (parameters, last) = (&rest[..end], rest[end]);
    if !(0x40..=0x7e).contains(&last) {
        // Something else begins in the middle: what was there is no sequence.
        return Taken::Bytes(end, None);
    }
    Taken::Bytes(end + 1, meaning(parameters, last))
}

/// What a control sequence means, if it means anything here.
fn meaning(parameters: &[u8], last: u8) -> Option<Event> {
    let text = std::str::from_utf8(parameters).ok()?;
    if let Some(private) = text.strip_prefix('?') {
        return (last == b'c' && !private.is_empty()).then_some(Event::Answer(Answer::Attributes));
    }
    if let Some(report) = text.strip_prefix('<') {
        return mouse(report, last);
    }
    // A parameter may have parts (`97:65`); the first one counts.
    let mut numbers = text.split(';').map(|number| number.split(':').next().unwrap_or_default().parse().ok());
    let first: Option<u32> = numbers.next().flatten();
    let second: Option<u32> = numbers.next().flatten();
    let modifiers = second.unwrap_or(1);
    match last {
        b'R' if second.is_some() => Some(Event::Answer(Answer::Cursor { row: first?, column: second? })),
        b'I' if text.is_empty() => Some(Event::Focus(true)),
        b'O' if text.is_empty() => Some(Event::Focus(false)),
        b'~' => numbered_key(first?, modifiers).map(Event::Key),
        b'u' => unicode_key(first?, modifiers).map(Event::Key),
        b'Z' => Some(Event::Key(Key::plain(Code::BackTab))),
        letter => letter_key(letter, modifiers).map(Event::Key),
    }
}

/// `ESC [ < 0 ; 10 ; 5 M`: button, column, row. With a modifier (Shift selects text) it is none of ours, nor is a button let go.
fn mouse(report: &str, last: u8) -> Option<Event> {
    let mut numbers = report.split(';').map(|number| number.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    let gesture = match (button, last) {
        (0, b'M') => Gesture::Click,
        (64, b'M') => Gesture::WheelUp,
        (65, b'M') => Gesture::WheelDown,
        _ => return None,
    };
    Some(Event::Mouse(gesture, column.checked_sub(1)?, row.checked_sub(1)?))
}

/// `ESC [ A`, `ESC O A`, `ESC [ 1 ; 5 A`.
fn letter_key(letter: u8, modifiers: u32) -> Option<Key> {
    let code = match letter {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'P'..=b'S' => Code::F(letter - b'P' + 1),
        _ => return None,
    };
    Some(modified(code, modifiers))
}

/// `ESC [ 5 ~`.
fn numbered_key(number: u32, modifiers: u32) -> Option<Key> {
    let code = match number {
        1 | 7 => Code::Home,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::F(u8::try_from(number - 10).ok()?),
        17..=21 => Code::F(u8::try_from(number - 11).ok()?),
        23 | 24 => Code::F(u8::try_from(number - 12).ok()?),
        _ => return None,
    };
    Some(modified(code, modifiers))
}

/// `ESC [ 97 ; 5 u`: a key by its character.
fn unicode_key(number: u32, modifiers: u32) -> Option<Key> {
    let code = match number {
        13 => Code::Enter,
        27 => Code::Esc,
        9 => Code::Tab,
        8 | 127 => Code::Backspace,
        _ => Code::Char(char::from_u32(number).filter(|c| !c.is_control())?),
    };
    Some(modified(code, modifiers))
}

#[cfg(test)]
mod tests;
