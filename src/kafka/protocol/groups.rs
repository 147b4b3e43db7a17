//! Parts of requests of groups, and the versions that clients speak.

use std::sync::Arc;

use crate::engine::Micros;
use crate::kafka::{Generation, GroupId, MemberId, Partition, TopicId};

/// Who is to leave a group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Leaving {
    /// Its member id; none = whoever has the instance id (an admin's request).
    pub member: Option<MemberId>,
    /// `group.instance.id`, if it is static.
    pub instance: Option<Arc<str>>,
}

/// Version of JoinGroup that clients speak.
pub const JOIN_GROUP_VERSION: i16 = 9;

/// Version of OffsetCommit that clients speak.
pub const OFFSET_COMMIT_VERSION: i16 = 9;

/// What consumers call their kind of group, as against Connect's.
pub const CONSUMER: &str = "consumer";

/// What share groups are called.
pub const SHARE: &str = "share";

/// What a member brings when it joins.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subscription {
    /// Topics it wants to read.
    pub topics: Vec<TopicId>,
    /// What it owns now (cooperative protocols).
    pub owned: Vec<Partition>,
    /// Generation in which it owned that.
    pub generation: Generation,
    /// User data of the `sticky` assignor: the last assignment, and the generation of that.
    pub user_data: Option<(Vec<Partition>, Generation)>,
}

/// What a member of a group of the consumer protocol says (KIP-848); what is none has not changed since it last said it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConsumerHeartbeat {
    /// Its group.
    pub group: GroupId,
    /// Its member id, which it chose itself.
    pub member: MemberId,
    /// Its epoch; 0 = it joins, -1 = it leaves, -2 = a static member leaves and will be back.
    pub epoch: i32,
    /// `group.instance.id`, if static; always said.
    pub instance: Option<Arc<str>>,
    /// How long it may take to give up partitions (`max.poll.interval.ms`).
    pub rebalance: Option<Micros>,
    /// Topics it wants to read.
    pub topics: Option<Vec<TopicId>>,
    /// `group.remote.assignor`.
    pub assignor: Option<Arc<str>>,
    /// Partitions that it has.
    pub owned: Option<Vec<Partition>>,
    /// It is a member of a share group (ShareGroupHeartbeat): it says topics only.
    pub share: bool,
}

impl ConsumerHeartbeat {
    /// Whether it says everything; then the answer does, too.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.rebalance.is_some() && self.topics.is_some() && self.owned.is_some()
    }
}
