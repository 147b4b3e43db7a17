//! What is said between a broker and the ensemble.

use std::sync::Arc;

use super::{Data, Path};

/// A client's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SessionId(pub u64);

/// What a client wants done.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the fields are ZooKeeper's
pub enum Op {
    /// Makes a znode. An ephemeral one goes with the session. A sequential one gets the next number.
    Create { path: Path, data: Data, how: Mode },
    /// Replaces its contents, if it still has this version.
    Set { path: Path, data: Data, version: Option<i32> },
    /// Removes it.
    Delete { path: Path },
    /// Nothing, if it has this version; only within a multi.
    Check { path: Path, version: i32 },
    /// Its contents; and be told when they change.
    Get { path: Path, watch: bool },
    /// Whether it is there; and be told when it comes, goes or changes.
    Exists { path: Path, watch: bool },
    /// Names of its children; and be told when one comes or goes.
    Children { path: Path, watch: bool },
    /// All of these or none.
    Multi(Vec<Op>),
}

/// How a znode is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Mode {
    /// It stays.
    #[default]
    Persistent,
    /// It goes with the session of its maker.
    Ephemeral,
    /// It stays, and its name ends in the next number.
    Sequential,
}

impl Op {
    /// Name for traces and rules.
    #[must_use]
    pub const fn api(&self) -> &'static str {
        match self {
            Self::Create { .. } => "ZkCreate",
            Self::Set { .. } => "ZkSet",
            Self::Delete { .. } => "ZkDelete",
            Self::Check { .. } => "ZkCheck",
            Self::Get { .. } => "ZkGet",
            Self::Exists { .. } => "ZkExists",
            Self::Children { .. } => "ZkChildren",
            Self::Multi(_) => "ZkMulti",
        }
    }

    /// Whether it changes nothing.
    #[must_use]
    pub const fn reads(&self) -> bool {
        matches!(self, Self::Get { .. } | Self::Exists { .. } | Self::Children { .. })
    }
}

/// Why something was not done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// NONODE
    NoNode,
    /// NODEEXISTS
    NodeExists,
    /// BADVERSION
    BadVersion,
    /// NOTEMPTY
    NotEmpty,
    /// SESSIONEXPIRED
    SessionExpired,
    /// Another part of the multi failed.
    RuntimeInconsistency,
}

impl Refusal {
    /// ZooKeeper's name.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoNode => "NONODE",
            Self::NodeExists => "NODEEXISTS",
            Self::BadVersion => "BADVERSION",
            Self::NotEmpty => "NOTEMPTY",
            Self::SessionExpired => "SESSIONEXPIRED",
            Self::RuntimeInconsistency => "RUNTIMEINCONSISTENCY",
        }
    }
}

/// What ZooKeeper knows of a znode beside its contents.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Stat {
    /// How often its contents were replaced.
    pub version: i32,
    /// The transaction that made it (`czxid`).
    pub created: i64,
    /// Whose session it goes with.
    pub owner: Option<SessionId>,
}

/// What became of a wish.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Reply {
    /// It was not done.
    Refused(Refusal),
    /// It is done: the znode as it is now (all zero if it is gone).
    Done(Path, Stat),
    /// Contents.
    Data(Data, Stat),
    /// Whether it is there.
    Found(Option<Stat>),
    /// Names.
    Children(Vec<Path>),
    /// All of a multi.
    Multi(Vec<Reply>),
}

impl Reply {
    /// Why not, if it was not done. For a multi the reason of the part that failed.
    #[must_use]
    pub fn refusal(&self) -> Option<Refusal> {
        match self {
            Self::Refused(why) => Some(*why),
            Self::Multi(parts) => {
                let mut all = parts.iter().filter_map(Self::refusal);
                all.find(|why| *why != Refusal::RuntimeInconsistency)
            }
            _ => None,
        }
    }
}

/// What a watch tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WatchKind {
    /// The znode itself: it came, went or has other contents.
    Node,
    /// Its children: one came or went.
    Children,
}

/// A message between a broker and the ensemble.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the fields are ZooKeeper's
pub enum ZkMessage {
    /// Begins a session, or goes on with one: with what is watched, and how much of the history is known (`seen`, a zxid).
    Connect { session: Option<SessionId>, timeout_ms: u64, watches: Vec<(Path, WatchKind)>, seen: i64 },
    /// The session is this one; none = it has expired.
    Connected { session: Option<SessionId>, zxid: i64 },
    /// Nothing but a sign of life.
    Ping,
    /// The answer to that.
    Pinged,
    /// Ends a session.
    Close { session: SessionId },
    /// It is over; its ephemeral znodes are gone.
    Closed,
    /// Asks for something. A run of more than one is carried as one message: it takes the time that its requests would take, so many of
    /// them under way at once.
    Request { session: SessionId, api: &'static str, ops: Arc<[Op]>, at_once: usize },
    /// What became of each, as of this transaction.
    Replied { api: &'static str, replies: Arc<[Reply]>, zxid: i64 },
    /// Something that was watched has changed. The watch is used up.
    Watched { path: Path, kind: WatchKind, zxid: i64 },
}

impl ZkMessage {
    /// Name for traces and rules.
    #[must_use]
    pub const fn api(&self) -> &'static str {
        match self {
            Self::Connect { .. } | Self::Connected { .. } => "ZkConnect",
            Self::Ping | Self::Pinged => "ZkPing",
            Self::Close { .. } | Self::Closed => "ZkClose",
            Self::Request { api, .. } | Self::Replied { api, .. } => api,
            Self::Watched { .. } => "ZkWatch",
        }
    }
}
