//! What work costs, in virtual time, where a lesson is about that. Everything else takes no time at all.

use crate::engine::Micros;

/// ZooKeeper: from the arrival of a request to its answer. Requests of one client overlap, ten at most.
pub const ZOOKEEPER_REQUEST: Micros = Micros::ms(1);

/// A broker: taking in one partition of what a controller says.
pub const APPLY_PARTITION: Micros = Micros(15);
