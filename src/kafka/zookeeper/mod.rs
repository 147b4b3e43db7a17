//! ZooKeeper, where Kafka up to 3.9 kept its metadata: the ensemble, and a broker's client of it.
//!
//! ```text
//!  b1 ┐                   ┌ /controller           {"brokerid":1}          goes with b1's session
//!  b2 ┼─ sessions ─▶ z1 ──┼ /controller_epoch     3                       its version fences older controllers
//!  b3 ┘   watches         ├ /brokers/ids/1        its birth = broker epoch
//!                         └ /brokers/topics/orders/partitions/0/state     {"leader":1,"isr":[1,2,3],…}
//! ```
//!
//! One process `z1` stands for the whole ensemble. `crash z1` is the loss of its quorum.
//!
//! Not modelled: ZAB and its three or five nodes (their elections, a member that lags behind), ACLs, quotas of znodes, chroots,
//! read-only mode, and every znode that Kafka has for security, tokens, features and migration.

mod client;
mod data;
mod election;
mod ensemble;
mod mirror;
mod path;
mod protocol;
mod tree;

pub use client::{Client, Heard};
pub use data::{Assigned, Data, State, TopicConfigs};
pub use election::{Strategy, elect, without_replica};
pub use ensemble::{Session, ZooKeeper};
use mirror::Mirror;
pub use path::{Path, number};
pub use protocol::{Mode, Op, Refusal, Reply, SessionId, Stat, WatchKind, ZkMessage};
pub use tree::{Touched, Tree, Znode};
