//! The deterministic discrete-event engine: virtual time, one queue, processes, connections and faults.
//!
//! ```text
//!   input ─┐                       ┌─ on_message ─┐
//!          ▼                       │  on_timer    │ send, answer, set_timer, note
//!   queue ordered by (time, seq) ─▶ on_closed   ─┼──────────────▶ queue
//!                                  │  on_command  │                notes (what the trace is made of)
//!                                  └──────────────┘
//! ```
//!
//! The engine knows nothing of Kafka, terminals, files or clocks. A process is any type that implements [`Node`]; it sees its own
//! state, the virtual clock, keyed draws and a [`Cx`] to act through, nothing else. Two events never tie: they run by `(time, seq)`.
//! Same nodes, same seed, same inputs: same notes, byte for byte.
//!
//! Connections behave like TCP: messages arrive in order, once, or the connection breaks. A cut link holds what is on it (the sender
//! retransmits until the link heals or somebody closes). A dropped message takes everything after it in that direction with it,
//! because a client that misses one answer would refuse the next one.
//!
//! Not modelled: bandwidth, the connection handshake, clock skew, disk latency (a write is in the page cache at once; what a power
//! loss costs is up to [`Node::crash`]).

pub mod blocks;
mod core;
mod cx;
mod digest;
mod fault;
mod flights;
mod ids;
mod note;
mod portrait;
mod queue;
#[cfg(test)]
mod tests;
mod wire;
mod world;

pub use blocks::Blocks;
pub use core::Core;
pub use cx::Cx;
pub use fault::{Fault, Rule, RuleAction, RuleId};
pub use ids::{Cause, EventId, Lane, Micros, MsgId, NodeId, RecordSerial};
pub use note::{CloseWhy, LossWhy, Note, Rec};
pub use wire::{Conn, Envelope, Flight};
pub use world::{Process, Stepped, World};

use std::fmt::Debug;
use std::hash::Hash;

/// What is said between processes.
pub trait Body: Clone + Debug + Hash {
    /// Name of the request or answer, for example `Produce`; what rules and ladders go by.
    fn api(&self) -> &'static str;
}

/// How much a process loses when it stops without warning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The process dies; what it wrote stays in the operating system's page cache.
    Process,
    /// The machine loses power: what was not flushed to disk is gone, and peers see silence instead of a reset.
    Power,
}

/// Where a process lives; decides the default delay of its links.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Brokers, controllers and other servers: 2 ms from each other.
    Server,
    /// Producers, consumers and other clients: 5 ms from everybody.
    Client,
}

/// A kind of process. All state is in `self`; [`Node::crash`] drops the volatile part.
pub trait Node: Clone {
    /// Contents of messages.
    type Body: Body;
    /// Names of this process's timers; arming a name again replaces it.
    type Timer: Ord + Copy + Debug + Hash;
    /// What the process states about itself; the trace is made of these.
    type Note: Clone + Debug + Hash;
    /// What a person or a script asks of it.
    type Command: Clone + Debug;
    /// Facts that every process may read and only inputs change (names, schedules).
    type Shared: Clone;

    /// The process starts, for the first time or after a crash.
    fn start(&mut self, cx: &mut Cx<'_, Self>);
    /// The process is gone: drop everything that is not on disk.
    fn crash(&mut self, loss: Loss);
    /// A message arrived.
    fn on_message(&mut self, cx: &mut Cx<'_, Self>, message: &Envelope<Self::Body>);
    /// A timer fired.
    fn on_timer(&mut self, cx: &mut Cx<'_, Self>, key: Self::Timer);
    /// A connection this process opened, or one opened to it, is gone.
    fn on_closed(&mut self, cx: &mut Cx<'_, Self>, conn: Conn, why: CloseWhy);
    /// Somebody outside asks for something.
    fn on_command(&mut self, cx: &mut Cx<'_, Self>, command: Self::Command);
}
