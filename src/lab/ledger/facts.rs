//! What is known of one send, and of one process.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{Micros, NodeId};
use crate::kafka::{Bytes, Chosen, ErrorCode, Offset, Partition, RecordId};

/// What became of one application send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordFacts {
    /// The record.
    pub id: RecordId,
    /// The name that `--id` gave it.
    pub name: Option<Arc<str>>,
    /// The business fact that `--tag` gave it.
    pub tag: Option<Arc<str>>,
    /// Who sent it.
    pub producer: NodeId,
    /// Its key.
    pub key: Option<Bytes>,
    /// Its value; none = a tombstone.
    pub value: Option<Bytes>,
    /// Where the partitioner put it.
    pub partition: Option<Partition>,
    /// How its partition was chosen.
    pub how: Option<Chosen>,
    /// When the application handed it over.
    pub sent_at: Micros,
    /// When the client learned that it is stored.
    pub acked_at: Option<Micros>,
    /// The offset it was told; -1 with acks=0 or before.
    pub offset: Offset,
    /// Why the client gave it up.
    pub error: Option<ErrorCode>,
    /// How often its callback ran: whether the application knows.
    pub callbacks: u32,
    /// What its client got for each attempt, in order; acks=0 asks for no answer.
    pub replies: Vec<Reply>,
    /// Lost messages that carried it.
    pub dropped: u32,
    /// How often poll() returned it, by consumer.
    pub delivered: BTreeMap<NodeId, u32>,
    /// How often its work was finished, by consumer.
    pub worked: BTreeMap<NodeId, u32>,
}

/// What became of one attempt to store a record, as its client saw it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Success, with the record's offset.
    Ok(Offset),
    /// No answer: the time was over or the connection broke.
    Lost,
    /// An error.
    Error(ErrorCode),
}

impl std::fmt::Display for Reply {
    /// `ok@6`, `lost` or the error's name.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ok(offset) => write!(f, "ok@{offset}"),
            Self::Lost => f.write_str("lost"),
            Self::Error(error) => error.fmt(f),
        }
    }
}

/// Since when a process is what it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProcessFacts {
    /// When it last started.
    pub up_at: Option<Micros>,
    /// When it last stopped or crashed.
    pub down_at: Option<Micros>,
    /// When it was last paused.
    pub paused_at: Option<Micros>,
}

impl RecordFacts {
    /// A send of which nothing is known yet.
    pub(super) const fn blank(id: RecordId, producer: NodeId, sent_at: Micros) -> Self {
        Self {
            id,
            name: None,
            tag: None,
            producer,
            key: None,
            value: None,
            partition: None,
            how: None,
            sent_at,
            acked_at: None,
            offset: Offset::NONE,
            error: None,
            callbacks: 0,
            replies: Vec::new(),
            dropped: 0,
            delivered: BTreeMap::new(),
            worked: BTreeMap::new(),
        }
    }
}
