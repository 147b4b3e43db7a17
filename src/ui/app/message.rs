//! What reaches the application, and what it asks of the shell.

use super::key::Key;
use super::mouse::{Gesture, Spot};
use crate::course::Progress;
use crate::ui::theme::Background;

/// Something happened outside.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// A key was pressed.
    Key(Key),
    /// The mouse did something, at a place where this is drawn.
    Mouse(Gesture, Option<Spot>),
    /// Text was pasted.
    Paste(String),
    /// The terminal has this many columns and rows.
    Resize(u16, u16),
    /// This many milliseconds have passed while [`super::State::wants_tick`].
    Tick(u64),
    /// The terminal has this background.
    Background(Background),
    /// A file that was asked for.
    FileRead {
        /// Its path as it was typed.
        path: String,
        /// Its text, or why not.
        text: Result<String, String>,
    },
    /// A file was written, or not.
    FileWritten {
        /// Its path as it was typed.
        path: String,
        /// Why not.
        result: Result<(), String>,
    },
    /// Something to tell the learner once (a progress file was set aside, say).
    Notice(String),
    /// The program should end: a signal, or the terminal is gone.
    Quit(i32),
}

/// Something for the shell to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// End with this exit code.
    Quit(i32),
    /// Write the progress file.
    SaveProgress(Box<Progress>),
    /// Write a file the learner named.
    WriteFile {
        /// Where.
        path: String,
        /// What.
        text: String,
    },
    /// Read a file the learner named; comes back as [`Message::FileRead`].
    ReadFile {
        /// Where.
        path: String,
    },
    /// Give the terminal back until the shell continues this process.
    Suspend,
    /// Listen to the mouse from now on, or leave it to the terminal.
    Mouse(bool),
    /// Draw every cell again.
    Redraw,
}
