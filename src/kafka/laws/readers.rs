//! Laws of consumers.

use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::{Offset, Partition, Process, World};

impl Witness {
    pub(super) fn see_delivery(&mut self, world: &World, consumer: NodeId, (p, offset): (Partition, Offset)) {
        let committed = self.committed.get(&p).and_then(|truth| truth.last());
        if committed.is_none_or(|last| super::replicas::number(offset) > last) {
            let subject = world.shared().node(consumer).to_owned();
            self.broken(world, "data.47", subject, format!("offset {offset} was never committed"));
        }
        // a share consumer has no position
        if matches!(world.node(consumer), Process::Consumer(reader) if reader.shares()) {
            return;
        }
        if let Some(before) = self.delivered.insert((consumer, p), offset)
            && before >= offset
        {
            let subject = world.shared().node(consumer).to_owned();
            self.broken(world, "data.50", subject, format!("offset {offset} after {before}"));
        }
    }
}
