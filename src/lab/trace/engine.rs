//! Notes of the engine: messages, connections, processes, faults.

use super::{Field, Fields};
use crate::engine::Note as Engine;
use crate::kafka::Note;

impl Fields<'_> {
    pub(super) fn engine(&mut self, note: &Engine<Note>) -> &'static str {
        match note {
            Engine::MessageSent { msg, from, to, api, answer, quiet } => {
                self.count("msg", msg.0).node("from", *from).node("to", *to).text("api", *api);
                match answer {
                    Some(request) => self.count("answer", request.0),
                    None => {
                        self.list.push(("answer", Field::Null));
                        self
                    }
                }
                .flag("quiet", *quiet);
                "MessageSent"
            }
            Engine::MessageArrived { msg, .. } => {
                self.count("msg", msg.0);
                "MessageArrived"
            }
            Engine::MessageLost { msg, why, rule, .. } => {
                self.count("msg", msg.0).text("why", why.name());
                match rule {
                    Some(rule) => self.count("rule", u64::from(rule.0)),
                    None => {
                        self.list.push(("rule", Field::Null));
                        self
                    }
                };
                "MessageLost"
            }
            Engine::MessageHeld { msg, .. } => {
                self.count("msg", msg.0);
                "MessageHeld"
            }
            Engine::MessageDuplicated { msg, copy } => {
                self.count("msg", msg.0).count("copy", copy.0);
                "MessageDuplicated"
            }
            Engine::ConnectionOpened { client, server } => {
                self.link(*client, *server);
                "ConnectionOpened"
            }
            Engine::ConnectionClosed { client, server, why } => {
                self.link(*client, *server).text("why", why.name());
                "ConnectionClosed"
            }
            Engine::NodeStarted { node, incarnation } => {
                self.node("node", *node).int("incarnation", *incarnation);
                "NodeStarted"
            }
            Engine::NodeStopped { node } => {
                self.node("node", *node);
                "NodeStopped"
            }
            Engine::NodeCrashed { node, power } => {
                self.node("node", *node).flag("power", *power);
                "NodeCrashed"
            }
            Engine::NodePaused { node } => {
                self.node("node", *node);
                "NodePaused"
            }
            Engine::NodeResumed { node, after } => {
                self.node("node", *node).count("after", after.0);
                "NodeResumed"
            }
            Engine::RuleAdded { rule } => {
                self.int("rule", rule.0);
                "RuleAdded"
            }
            Engine::RuleUsed { rule, msg } => {
                self.int("rule", rule.0).count("msg", msg.0);
                "RuleUsed"
            }
            Engine::LinkCut { a, b } => {
                self.node("a", *a).some_node("b", *b);
                "LinkCut"
            }
            Engine::LinkHealed { a, b } => {
                self.some_node("a", *a).some_node("b", *b);
                "LinkHealed"
            }
            Engine::InputApplied { ix } => {
                self.int("ix", *ix);
                "InputApplied"
            }
            Engine::Domain(note) => self.domain(note),
        }
    }
}
