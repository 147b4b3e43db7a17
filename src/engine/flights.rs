//! Messages on their way, and how many of them somebody waits for.

use super::wire::Flight;
use super::{Blocks, Body, Micros, MsgId};

/// Flights by number.
#[derive(Clone)]
pub(super) struct Flights<B> {
    all: Blocks<MsgId, Flight<B>>,
    /// Of these: loud, and not held.
    loud: usize,
}

impl<B> Default for Flights<B> {
    fn default() -> Self {
        Self { all: Blocks::new(), loud: 0 }
    }
}

impl<B: Body> Flights<B> {
    pub fn get(&self, msg: MsgId) -> Option<&Flight<B>> {
        self.all.get(&msg)
    }

    pub fn values(&self) -> impl Iterator<Item = &Flight<B>> {
        self.all.values()
    }

    /// Whether a loud message moves.
    pub const fn any_loud(&self) -> bool {
        self.loud > 0
    }

    pub fn insert(&mut self, flight: Flight<B>) {
        self.remove(flight.envelope.id);
        self.loud += usize::from(is_loud(&flight));
        self.all.insert(flight.envelope.id, flight);
    }

    pub fn remove(&mut self, msg: MsgId) -> Option<Flight<B>> {
        let flight = self.all.remove(&msg)?;
        self.loud -= usize::from(is_loud(&flight));
        Some(flight)
    }

    /// It waits at a cut or for a release.
    pub fn hold(&mut self, msg: MsgId) {
        if let Some(flight) = self.all.get_mut(&msg) {
            self.loud -= usize::from(is_loud(flight));
            flight.held = true;
        }
    }

    /// A rule took it out of its connection's order.
    pub fn mark_stray(&mut self, msg: MsgId) {
        if let Some(flight) = self.all.get_mut(&msg) {
            flight.stray = true;
        }
    }

    /// It goes on, and arrives then; none = when it was to arrive before. False: there is no such message.
    pub fn go_on(&mut self, msg: MsgId, due: Option<Micros>) -> bool {
        let Some(flight) = self.all.get_mut(&msg) else { return false };
        self.loud -= usize::from(is_loud(flight));
        flight.held = false;
        flight.due = due.unwrap_or(flight.due);
        self.loud += usize::from(is_loud(flight));
        true
    }
}

fn is_loud<B>(flight: &Flight<B>) -> bool {
    !flight.envelope.quiet && !flight.held
}
