//! Notes: typed statements about what happened. The trace is the list of them.

use super::fault::RuleId;
use super::{Cause, EventId, Loss, Micros, MsgId, NodeId};

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rec<D> {
    /// When, in virtual time since the world began.
    pub at: Micros,
    /// In which turn.
    pub event: EventId,
    /// Why.
    pub cause: Cause,
    /// The process that states it; none for the outside.
    pub node: Option<NodeId>,
    /// What happened.
    pub note: Note<D>,
}

/// What happened: the engine's own statements, or those of the domain.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the fields are what their names say; the list is in the decisions of the project
pub enum Note<D> {
    /// A message left.
    MessageSent {
        msg: MsgId,
        from: NodeId,
        to: NodeId,
        api: &'static str,
        answer: Option<MsgId>,
        quiet: bool,
    },
    /// A message was handed to its receiver.
    MessageArrived { msg: MsgId, quiet: bool },
    /// A message will never arrive.
    MessageLost { msg: MsgId, why: LossWhy, rule: Option<RuleId>, quiet: bool },
    /// A message waits on the way: the link is cut, or a rule holds it.
    MessageHeld { msg: MsgId, rule: Option<RuleId> },
    /// A rule made a second copy.
    MessageDuplicated { msg: MsgId, copy: MsgId },
    /// A connection is open.
    ConnectionOpened { client: NodeId, server: NodeId },
    /// A connection is gone.
    ConnectionClosed { client: NodeId, server: NodeId, why: CloseWhy },
    /// A process runs.
    NodeStarted { node: NodeId, incarnation: u32 },
    /// A process ended in an orderly way.
    NodeStopped { node: NodeId },
    /// A process ended without warning.
    NodeCrashed { node: NodeId, power: bool },
    /// A process stands still.
    NodePaused { node: NodeId },
    /// A process goes on after a pause.
    NodeResumed { node: NodeId, after: Micros },
    /// A rule waits for its message.
    RuleAdded { rule: RuleId },
    /// A rule met its message.
    RuleUsed { rule: RuleId, msg: MsgId },
    /// Nothing passes between these two (`b` absent: everybody).
    LinkCut { a: NodeId, b: Option<NodeId> },
    /// The link carries messages again.
    LinkHealed { a: Option<NodeId>, b: Option<NodeId> },
    /// An input was applied; `ix` counts the lab's inputs.
    InputApplied { ix: u32 },
    /// A statement of the domain.
    Domain(D),
}

/// Why a message never arrives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LossWhy {
    /// A rule dropped it.
    Rule,
    /// An earlier message of this direction was dropped; TCP cannot deliver what follows.
    Broken,
    /// Its connection was closed meanwhile.
    Closed,
    /// The receiver is down.
    Down,
    /// Its sender died with it still in flight.
    Crash,
}

impl LossWhy {
    /// Name in the trace.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::Broken => "broken",
            Self::Closed => "closed",
            Self::Down => "down",
            Self::Crash => "crash",
        }
    }
}

/// Why a connection is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CloseWhy {
    /// One side closed it.
    Closed,
    /// The other process is down: nobody listens.
    Refused,
    /// The other process died.
    Reset,
}

impl CloseWhy {
    /// Name in the trace.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Refused => "refused",
            Self::Reset => "reset",
        }
    }
}

impl<D> Note<D> {
    /// Whether a person would see a message arrive or be lost here: the end of a hop.
    #[must_use]
    pub const fn ends_hop(&self) -> bool {
        matches!(self, Self::MessageArrived { quiet: false, .. } | Self::MessageLost { quiet: false, .. })
    }

    /// Whether a loud message leaves, arrives, is held or is lost: an instant at which the picture changes pace.
    #[must_use]
    pub const fn is_loud(&self) -> bool {
        match self {
            Self::MessageSent { quiet, .. } => !*quiet,
            Self::MessageHeld { .. } | Self::MessageDuplicated { .. } => true,
            _ => self.ends_hop(),
        }
    }

    /// Why a crash happened, as [`Loss`].
    #[must_use]
    pub const fn loss(power: bool) -> Loss {
        if power { Loss::Power } else { Loss::Process }
    }
}
