//! What can be done to the network: cuts, and rules for single messages.

use super::{CloseWhy, Flight, Lane, Micros, MsgId, Node, NodeId, Note, World};

/// Number of a rule, from 1 in order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RuleId(pub u32);

/// A rule waits for one message and does something to it. Rules are tried in order of creation; the first that fits wins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rule {
    /// Its number.
    pub id: RuleId,
    /// Sender; none = anybody.
    pub from: Option<NodeId>,
    /// Receiver; none = anybody.
    pub to: Option<NodeId>,
    /// Only this request or its answer.
    pub api: Option<&'static str>,
    /// Only answers (`true`) or only requests (`false`).
    pub answer: Option<bool>,
    /// Quiet polling traffic does not use the rule up unless the rule names its api.
    pub loud_only: bool,
    /// What happens to the message.
    pub action: RuleAction,
}

/// What a rule does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RuleAction {
    /// Loses it, and on TCP everything after it in that direction.
    Drop,
    /// Makes it take longer.
    Delay(Micros),
    /// Keeps it on the way until it is released. Does not wear out.
    Hold,
    /// Keeps this one on the way until it is released. What its sender has given up meanwhile comes late, but it comes.
    HoldOne,
    /// Delivers it twice.
    Duplicate,
    /// Breaks the connection at once.
    Reset,
}

/// A fault put on the world from outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// Adds a rule (its id is given by the world).
    Rule {
        /// Sender; none = anybody.
        from: Option<NodeId>,
        /// Receiver; none = anybody.
        to: Option<NodeId>,
        /// Only this api.
        api: Option<&'static str>,
        /// Only answers or only requests.
        answer: Option<bool>,
        /// What it does.
        action: RuleAction,
    },
    /// Stops holding messages from one process to another.
    Release {
        /// Sender.
        from: NodeId,
        /// Receiver.
        to: NodeId,
    },
    /// Makes every message from one process to another take this long.
    Delay {
        /// Sender.
        from: NodeId,
        /// Receiver.
        to: NodeId,
        /// New one-way delay.
        delay: Micros,
    },
    /// Closes every connection between two processes.
    Reset {
        /// One side.
        a: NodeId,
        /// The other side.
        b: NodeId,
    },
    /// Lets nothing pass between two processes, or between one and everybody.
    Cut {
        /// One side.
        a: NodeId,
        /// The other side; none = everybody.
        b: Option<NodeId>,
    },
    /// Takes cuts back: all of them, those of one process, or one.
    Heal {
        /// One side; none = all cuts.
        a: Option<NodeId>,
        /// The other side.
        b: Option<NodeId>,
    },
    /// Takes back every cut, rule and delay.
    Clear,
}

/// Names one connection: who opened it, to whom, and which of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct ConnKey {
    pub client: NodeId,
    pub server: NodeId,
    pub lane: Lane,
}

impl Rule {
    /// Whether the rule looks at this link at all.
    pub(super) fn fits_link(&self, from: NodeId, to: NodeId) -> bool {
        self.from.is_none_or(|n| n == from) && self.to.is_none_or(|n| n == to)
    }

    pub(super) fn fits(&self, from: NodeId, to: NodeId, api: &str, answer: bool, quiet: bool) -> bool {
        self.fits_link(from, to)
            && self.api.is_none_or(|wanted| wanted == api)
            && self.answer.is_none_or(|wanted| wanted == answer)
            && !(quiet && self.loud_only)
    }
}

impl<N: Node> World<N> {
    /// Puts a fault on the network.
    pub fn fault(&mut self, fault: Fault) {
        match fault {
            Fault::Rule { from, to, api, answer, action } => {
                let loud_only = api.is_none();
                self.core.add_rule(Rule { id: RuleId(0), from, to, api, answer, loud_only, action });
            }
            Fault::Release { from, to } => {
                self.core.rules.retain(|r| !(r.action == RuleAction::Hold && r.fits_link(from, to)));
                let now = self.core.now;
                let between = |f: &&Flight<N::Body>| f.envelope.from == from && f.envelope.to == to;
                let moving = self.core.msgs.values().filter(between).filter(|flight| flight.due > now);
                let moving: Vec<MsgId> = moving.map(|flight| flight.envelope.id).collect();
                for msg in moving {
                    self.core.msgs.go_on(msg, None);
                }
                self.core.release(Some((from, to)));
                self.core.release_strays(Some((from, to)));
            }
            Fault::Delay { from, to, delay } => {
                self.core.slowed.insert((from, to), delay);
            }
            Fault::Reset { a, b } => {
                for conn in self.core.conns_of(a) {
                    if conn.client == b || conn.server == b {
                        self.core.close_conn(conn, None, CloseWhy::Reset);
                    }
                }
            }
            Fault::Cut { a, b } => {
                let key = match b {
                    Some(b) if b < a => (b, Some(a)),
                    _ => (a, b),
                };
                self.core.cuts.insert(key);
                self.core.note(None, Note::LinkCut { a, b });
            }
            Fault::Heal { a, b } => {
                self.heal(a, b);
                self.core.note(None, Note::LinkHealed { a, b });
                self.core.release(None);
            }
            Fault::Clear => {
                self.core.cuts.clear();
                self.core.rules.clear();
                self.core.slowed.clear();
                self.core.note(None, Note::LinkHealed { a: None, b: None });
                self.core.release(None);
                self.core.release_strays(None);
            }
        }
    }

    fn heal(&mut self, a: Option<NodeId>, b: Option<NodeId>) {
        self.core.cuts.retain(|&(x, y)| match (a, b) {
            (None, _) => false,
            (Some(a), None) => x != a && y != Some(a),
            (Some(a), Some(b)) => !((x == a && y == Some(b)) || (x == b && y == Some(a))),
        });
    }
}
