//! What producers and consumers share: requests in flight and the client's picture of the cluster.

mod links;
mod metadata;
mod requests;

use crate::engine::Lane;

pub use links::LeastLoaded;
pub use metadata::{Metadata, metadata_request, refresh_interval};
pub use requests::{Lost, Requests};

/// The connection that carries data (Produce, Fetch, Metadata, ListOffsets) between a client and a broker.
pub const DATA: Lane = Lane(0);
/// A consumer's second connection to its coordinator, so that a waiting fetch does not delay a heartbeat.
pub const COORDINATOR: Lane = Lane(1);
/// A broker's connection to the controller for requests (AlterPartition, AllocateProducerIds, CreateTopics).
pub const CONTROLLER: Lane = Lane(2);
/// A broker's connection to the controller for its registration and heartbeats.
pub const LIFECYCLE: Lane = Lane(3);
/// A broker's or controller's connection to a controller for tailing the metadata log.
pub const METADATA_LOG: Lane = Lane(4);
/// A follower's connection to a leader.
pub const REPLICATION: Lane = Lane(5);
/// A coordinator's connection to the leaders that write its markers.
pub const MARKERS: Lane = Lane(6);
/// A broker's connection to ZooKeeper.
pub const ZOOKEEPER: Lane = Lane(8);
/// The connection of a controller that lives in a broker to each broker.
pub const CONTROL: Lane = Lane(9);
/// A partition leader's connection to the coordinators of transactions.
pub const VERIFICATION: Lane = Lane(7);
/// A partition leader's connection to the share coordinators.
pub const SHARE_STATE: Lane = Lane(10);
/// A controller's connection to another one for elections.
pub const QUORUM: Lane = Lane(8);
