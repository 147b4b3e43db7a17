//! Consumer groups: the coordinator's side (classic protocol).
//!
//! A group's coordinator is the leader of one partition of `__consumer_offsets`. Everything a group must not forget is a record in
//! that partition, written with acks=all; what is in memory is rebuilt by reading it (`GroupMetadataManager`).

use std::sync::Arc;

use super::{Body, ErrorCode, Image, Names, Note, Record};
use crate::engine::{Conn, Micros, MsgId, NodeId};

/// What a coordinator may ask of the broker it lives in.
pub trait GroupHost {
    /// Virtual time.
    fn now(&self) -> Micros;
    /// This broker.
    fn me(&self) -> NodeId;
    /// Names.
    fn names(&self) -> Arc<Names>;
    /// The broker's picture of the cluster.
    fn image(&self) -> Arc<Image>;
    /// A broker setting.
    fn setting(&self, name: &str) -> i64;
    /// A number nobody else gets, for member ids.
    fn next_serial(&mut self) -> u64;
    /// Answers a request.
    fn answer(&mut self, conn: Conn, request: MsgId, quiet: bool, body: Body);
    /// Appends to `__consumer_offsets`-`partition` as its leader, as one batch. When the high watermark has passed it (or it failed, or timed
    /// out after offsets.commit.timeout.ms), the broker calls [`Coordinator::on_written`] with this token.
    ///
    /// # Errors
    /// Nothing was appended: `NOT_LEADER_OR_FOLLOWER`, `NOT_ENOUGH_REPLICAS`.
    fn append(&mut self, partition: u32, records: Vec<Record>, token: u64) -> Result<(), ErrorCode>;
    /// Asks for [`Coordinator::on_timer`] at this time (replaces an earlier wish).
    fn wake_at(&mut self, at: Option<Micros>);
    /// States something.
    fn note(&mut self, note: Note);
}
