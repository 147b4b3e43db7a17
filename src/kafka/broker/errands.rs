//! Admin requests while no controller is active: a broker keeps them and hands them on when there is one (KIP-590).
//!
//! ```text
//!  admin ──▶ broker ──Envelope──▶ controller        NOT_CONTROLLER, no answer, nobody known: again after
//!                   ◀─────────────                  retry.backoff.ms, twice as long each time, at most
//!                                                   retry.backoff.max.ms, until default.api.timeout.ms is over
//! ```
//!
//! Simplified: while a controller is active an admin's request is with it at once. The admin client is not drawn; its own time limits
//! (`request.timeout.ms`, after which it asks another broker) are part of the one limit here, and with the broker that keeps it a request
//! is lost.

use super::{Broker, Pending};
use crate::engine::{Conn, Micros, MsgId};
use crate::kafka::client::CONTROLLER;
use crate::kafka::{Body, Command, Cx, ErrorCode, Note, Timer};

/// An admin client's `default.api.timeout.ms`: after this it throws.
const PATIENCE: Micros = Micros::secs(60);
/// Its `retry.backoff.ms` and `retry.backoff.max.ms`.
const FIRST: Micros = Micros::ms(100);
const MOST: Micros = Micros::secs(1);

/// An admin's request that nobody has decided yet.
#[derive(Clone, Debug)]
pub(super) struct Errand {
    command: Command,
    until: Micros,
    tries: u32,
}

impl Broker {
    /// Takes an admin's request in, although this broker is not the controller.
    pub(super) fn keep_errand(&mut self, cx: &mut Cx<'_>, command: Command) {
        self.vol.errands.push_back(Errand { command, until: cx.now() + PATIENCE, tries: 0 });
        self.run_errands(cx);
    }

    /// Gives up what is too old, and hands the oldest of the rest on.
    pub(super) fn run_errands(&mut self, cx: &mut Cx<'_>) {
        while self.vol.errands.front().is_some_and(|errand| errand.until <= cx.now()) {
            self.vol.errands.pop_front();
            cx.note(Note::AdminRefused { error: ErrorCode::Timeout });
        }
        let out = self.vol.requests.iter().any(|(_, _, pending)| *pending == Pending::Errand);
        let Some(errand) = self.vol.errands.front().filter(|_| !out) else { return };
        let command = errand.command.clone();
        if self.acts_as_controller() {
            self.vol.errands.pop_front();
            self.on_admin(cx, command);
            return self.run_errands(cx);
        }
        let limit = errand.until.since(cx.now());
        match self.controller(cx).filter(|node| *node != cx.me()) {
            Some(node) => {
                let body = Body::Forward { command };
                self.vol.requests.send(cx, node, CONTROLLER, false, body, limit, Pending::Errand);
            }
            None => self.errand_later(cx),
        }
    }

    fn errand_later(&mut self, cx: &mut Cx<'_>) {
        let Some(errand) = self.vol.errands.front_mut() else { return };
        let pause = Micros(FIRST.0.saturating_mul(1 << errand.tries.min(20))).min(MOST);
        errand.tries += 1;
        cx.set_timer(Timer::Errands, pause.min(errand.until.since(cx.now())));
    }

    /// What the controller said; none = nothing, it may be gone.
    pub(super) fn on_errand(&mut self, cx: &mut Cx<'_>, error: Option<ErrorCode>) {
        let Some(error) = error.filter(|error| *error != ErrorCode::NotController) else {
            return self.errand_later(cx);
        };
        self.vol.errands.pop_front();
        if error != ErrorCode::None {
            cx.note(Note::AdminRefused { error });
        }
        self.run_errands(cx);
    }

    /// Another broker hands an admin's request on.
    pub(super) fn take_errand(&mut self, cx: &mut Cx<'_>, conn: Conn, request: MsgId, command: &Command) {
        let acts = self.acts_as_controller();
        if acts {
            self.on_admin(cx, command.clone());
        }
        let error = if acts { ErrorCode::None } else { ErrorCode::NotController };
        self.answer(cx, conn, request, false, Body::Forwarded { error });
    }
}
