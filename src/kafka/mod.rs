//! The model of Kafka, as processes on the engine. One mechanism a file; names are Kafka's own.
//!
//! ```text
//!  producer ──Produce──▶ broker (leader) ◀──Fetch── broker (follower)
//!                          │  ▲     ▲                  │
//!                          │  │     └──Fetch────── consumer ──JoinGroup, OffsetCommit──▶ broker (coordinator)
//!              AlterPartition └── FetchMetadata ── every broker
//!                          ▼
//!                      controller: the metadata log, sessions, elections
//! ```
//!
//! Not modelled: quotas, security, compression, tiered storage, racks, the log directories of one broker, and the bytes of the wire
//! protocol. A broker and a controller in one process are two nodes that the lab starts, stops and cuts off together
//! (combined mode): that they share memory and threads is not modelled. Metadata lives in the log of the controllers, or (Kafka up to
//! 3.9) in ZooKeeper, where a broker is the controller.

#[cfg(test)]
mod bench;
pub mod broker;
pub mod client;
pub mod config;
pub mod consumer;
pub mod controller;
pub mod cost;
mod error;
pub mod group;
mod ids;
mod image;
pub mod internal;
pub mod laws;
pub mod log;
pub mod mutant;
mod names;
mod note;
pub mod process;
pub mod producer;
mod protocol;
pub mod raft;
pub mod record;
pub mod share;
pub mod txn;
pub mod zookeeper;

pub use error::ErrorCode;
pub use ids::{
    BrokerEpoch, Generation, GroupId, LeaderEpoch, MemberId, Offset, Partition, PartitionEpoch,
    ProducerEpoch, ProducerId, RecordId, Sequence, TopicId,
};
pub use image::{
    BrokerState, Entries, Holding, Image, MetadataRecord, PartitionState, Partitions, TopicState,
};
pub use names::{Names, OFFSETS_TOPIC, Role, SHARE_STATE_TOPIC, TRANSACTIONS_TOPIC};
pub use note::{
    BatchWhy, Chosen, DeleteWhy, Election, GroupState, LeaveWhy, MoveWhy, Note, ShareWhy, TransactionState,
    Why,
};
pub use process::{Command, Cx, Process, SeekTo, Send, Timer};
pub use protocol::{
    Acks, Body, CONSUMER, ConsumerHeartbeat, Control, Coordinated, FetchPartition, FetchedPartition, Fetcher,
    InTransaction, InitTransaction, Isolation, IsrChange, IsrResult, JOIN_GROUP_VERSION, LeaderHint, Leaving,
    MetadataSnapshot, OFFSET_COMMIT_VERSION, OffsetSpec, Picture, SHARE, Stop, Subscription, TopicMetadata,
    TransactionMarker, TransactionOffsets,
};
pub use record::{
    BATCH_HEADER_BYTES, Batch, Bytes, Cleaned, GroupRecord, GroupRecordMember, Internal, Marker,
    OffsetRecord, Outcome, Record, Stamp,
};

/// A world of this model.
pub type World = crate::engine::World<Process>;
