//! A world at one instant as text: everything that decides what it will do next, and nothing else.
//!
//! Two worlds with equal portraits have equal futures. Numbers of turns, notes and the rolling hash are no part of it: they only say how it
//! came about.

use std::fmt::{self, Debug, Write};

use super::core::Event;
use super::{Node, World};

impl<N: Node + Debug> World<N> {
    /// Writes the portrait.
    ///
    /// # Errors
    /// Those of `out`.
    pub fn portray(&self, out: &mut impl Write) -> fmt::Result {
        let core = &self.core;
        for ((id, node), proc) in self.nodes().zip(&core.procs) {
            writeln!(out, "{id:?} {:?} {} {node:?}", proc.state, proc.backlog.len())?;
        }
        for (time, seq, queued) in core.queue.sorted() {
            match &queued.event {
                Event::Deliver(msg) => writeln!(out, "Micros({time}) deliver {msg:?}")?,
                Event::Lose(msg, why, _) => writeln!(out, "Micros({time}) lose {msg:?} {why:?}")?,
                Event::Timer { node, key } => {
                    if core.procs[node.0 as usize].timers.get(key) == Some(&seq) {
                        writeln!(out, "Micros({time}) timer {node:?} {key:?}")?;
                    }
                }
                Event::Closed { node, conn, why } => {
                    writeln!(out, "Micros({time}) closed {node:?} {conn:?} {why:?}")?;
                }
            }
        }
        for flight in core.msgs.values() {
            let message = &flight.envelope;
            writeln!(
                out,
                "{:?} {:?} {:?} {:?} {:?} {} {} {:?}",
                message.id,
                message.answers,
                message.conn,
                message.body,
                message.from,
                flight.held,
                flight.stray,
                flight.dies_at
            )?;
        }
        for (key, state) in &core.conns {
            let (forth, back) = (&state.forth, &state.back);
            writeln!(
                out,
                "{key:?} {} {} {} {:?} {:?}",
                state.open, forth.broken, back.broken, forth.held, back.held
            )?;
        }
        for rule in &core.rules {
            writeln!(
                out,
                "{:?} {:?} {:?} {:?} {:?}",
                rule.from, rule.to, rule.api, rule.answer, rule.action
            )?;
        }
        writeln!(out, "{:?} {:?}", core.cuts, core.slowed)
    }
}
