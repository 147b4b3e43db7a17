//! The mouse: what a person points at, and what follows. Whatever it does, keys do too.

use super::key::Key;
use crate::lab::Side;

/// What the mouse does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gesture {
    /// The left button goes down.
    Click,
    /// The wheel turns up.
    WheelUp,
    /// The wheel turns down.
    WheelDown,
}

/// What is drawn at a place of the screen, as far as one can do something with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Spot {
    /// A thing of the picture, and on which side of two labs.
    Element(Side, String),
    /// A beat on the scrubber.
    Beat(usize),
    /// An event on the scrubber of a tank without a script.
    Event(u64),
    /// A row of the list that has the keys: Home, an overlay, the inspector.
    Row(usize),
    /// An answer of an open prompt: a choice, or how sure one is.
    Answer(usize),
    /// A hint of the key bar.
    Key(Key),
    /// The scrubber, apart from its marks.
    Scrubber,
    /// The words beside the picture, or what lies over them.
    Narration,
    /// The picture, apart from its things.
    Stage,
}
