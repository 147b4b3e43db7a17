//! Consumers: the client library and the application that uses it.

use std::collections::BTreeMap;

use super::config::Configs;
use super::{
    Body, Command, Cx, ErrorCode, Generation, GroupId, MemberId, Offset, Partition, RecordId, Timer, TopicId,
};
use crate::engine::{CloseWhy, Conn, Envelope, Loss, Micros};

/// What a consumer is, apart from its state.
#[derive(Clone, Debug)]
pub struct ConsumerSpec {
    /// Its settings.
    pub configs: Configs,
    /// Its group.
    pub group: GroupId,
    /// Topics it subscribes to.
    pub topics: Vec<TopicId>,
    /// It waits for commands; otherwise its application polls, works and commits by itself.
    pub manual: bool,
    /// How long its application works on a record.
    pub work: Micros,
}

/// A consumer.
#[derive(Clone, Debug)]
pub struct Consumer {
    spec: ConsumerSpec,
}

impl Consumer {
    /// A consumer that has not started.
    #[must_use]
    pub const fn new(spec: ConsumerSpec) -> Self {
        Self { spec }
    }
    /// Its settings.
    #[must_use]
    pub const fn configs(&self) -> &Configs {
        &self.spec.configs
    }
    /// Its settings, to change while it is down.
    pub const fn configs_mut(&mut self) -> &mut Configs {
        &mut self.spec.configs
    }
    /// Its group.
    #[must_use]
    pub const fn group(&self) -> GroupId {
        self.spec.group
    }
    /// What it is, apart from its state.
    #[must_use]
    pub const fn spec(&self) -> &ConsumerSpec {
        &self.spec
    }
    /// Its member id, while it has one.
    #[must_use]
    pub fn member(&self) -> Option<MemberId> {
        None
    }
    /// Its generation; -1 outside a group.
    #[must_use]
    pub fn generation(&self) -> Generation {
        Generation(-1)
    }
    /// Whether it leads the group.
    #[must_use]
    pub fn is_leader(&self) -> bool {
        false
    }
    /// Partitions it may read, with the next offset to deliver (-1 = not known yet).
    pub fn assigned(&self) -> impl Iterator<Item = (Partition, Offset)> + '_ {
        BTreeMap::new().into_iter()
    }
    /// Records polled and not worked, the one it works on included.
    #[must_use]
    pub fn buffered(&self) -> usize {
        0
    }
    /// The record its application works on.
    #[must_use]
    pub fn working(&self) -> Option<RecordId> {
        None
    }
    /// Number of polls that returned.
    #[must_use]
    pub fn polls(&self) -> u64 {
        0
    }
    /// The last error that a call of the application got.
    #[must_use]
    pub fn error(&self) -> Option<ErrorCode> {
        None
    }
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
