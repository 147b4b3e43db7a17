//! stub
use super::{Body, Command, Cx, Timer};
use crate::engine::{CloseWhy, Conn, Envelope, Loss};
/// stub
#[derive(Clone)]
pub struct Controller;
impl Controller {
    /// Process start.
    pub fn start(&mut self, _cx: &mut Cx<'_>) {}
    /// Loss of everything volatile.
    pub fn crash(&mut self, _loss: Loss) {}
    /// A message arrived.
    pub fn on_message(&mut self, _cx: &mut Cx<'_>, _message: &Envelope<Body>) {}
    /// A timer fired.
    pub fn on_timer(&mut self, _cx: &mut Cx<'_>, _key: Timer) {}
    /// A connection is gone.
    pub fn on_closed(&mut self, _cx: &mut Cx<'_>, _conn: Conn, _why: CloseWhy) {}
    /// A command arrived.
    pub fn on_command(&mut self, _cx: &mut Cx<'_>, _command: Command) {}
}
