//! Laws of share groups (KIP-932), looked at whenever a leader hands out records.

use std::collections::BTreeSet;

use super::look::{broker, is_bygone, leads_by_all_accounts};
use super::witness::Witness;
use crate::engine::NodeId;
use crate::kafka::share::{DeliveryState, ShareKey};
use crate::kafka::{GroupId, Note, Offset, Partition, SHARE_STATE_TOPIC, ShareWhy, World};

/// What is known of a share-partition.
#[derive(Clone, Debug, Default)]
pub(super) struct Window {
    /// The highest start offset that any leader had, as far as it can have been stored.
    start: Offset,
    /// The start offset of the present leader: what lies below may be known to it alone.
    present: Offset,
    /// Behind the last record that the present leader has handed out or read back.
    end: Offset,
    /// Records that were acknowledged or archived, and stored as such.
    done: BTreeSet<Offset>,
    /// Something could not be stored: the next leader may know less, as in Kafka.
    forgetful: bool,
}

/// Records in a row.
#[derive(Clone, Copy)]
struct Row {
    base: Offset,
    count: u32,
}

impl Row {
    fn offsets(self) -> impl Iterator<Item = Offset> {
        (0..self.count).map(move |n| self.base.plus(n.into()))
    }
}

impl Witness {
    /// A leader says something of a share-partition.
    pub(super) fn see_of_share_group(&mut self, world: &World, by: NodeId, note: &Note) {
        let key = |group: &GroupId, partition: &Partition| ShareKey { group: *group, partition: *partition };
        // A leader that has been deposed, and does not know yet, or whose topic is deleted: what it says counts no more.
        let void = |p: Partition| is_bygone(world, by, p) || !leads_by_all_accounts(world, by, p);
        if share_partition(note).is_some_and(void) {
            return;
        }
        match note {
            Note::RecordsAcquired { group, partition, base, count, deliveries, .. } => {
                let row = Row { base: *base, count: *count };
                self.see_acquired(world, by, key(group, partition), row, *deliveries);
            }
            Note::RecordsReleased { group, partition, base, count, to, why } => {
                self.see_released(key(group, partition), Row { base: *base, count: *count }, *to, *why);
            }
            Note::ShareStartMoved { group, partition, to, .. } => {
                self.see_share_moved(world, key(group, partition), *to);
            }
            Note::SharesRestored { group, partition, start, .. } => {
                self.see_share_restored(world, by, key(group, partition), *start);
            }
            Note::ShareStoreFailed { group, partition, .. } => {
                self.see_share_forgotten(key(group, partition));
            }
            _ => {}
        }
    }

    /// A leader handed out records.
    fn see_acquired(&mut self, world: &World, node: NodeId, key: ShareKey, row: Row, deliveries: u16) {
        let limit = |name| broker(world, node).map_or(i64::MAX, |b| b.configs().int(name));
        let most = limit("group.share.delivery.count.limit");
        if i64::from(deliveries) > most {
            self.share_law(world, key, format!("delivery {deliveries} of at most {most}"));
        }
        let window = self.shares.entry(key).or_default();
        let again = row.offsets().find(|offset| window.done.contains(offset) || *offset < window.start);
        let forgetful = window.forgetful;
        if let Some(offset) = again.filter(|_| !forgetful && self.is_state_kept(world)) {
            self.share_law(world, key, format!("offset {offset} is delivered again, and was done"));
        }
        // what is in the window may be had again by all; nothing new comes into a full one
        let locks = limit("group.share.partition.max.record.locks");
        let window = self.shares.entry(key).or_default();
        let end = row.base.plus(row.count.into());
        let before = window.end.0 - window.present.0;
        let grows = end > window.end;
        window.end = window.end.max(end);
        if grows && before >= locks {
            self.share_law(
                world,
                key,
                format!("{before} records were in the window already, {locks} may be"),
            );
        }
    }

    /// Records are no longer acquired.
    fn see_released(&mut self, key: ShareKey, row: Row, to: DeliveryState, why: ShareWhy) {
        // what the end of a lock did is so before it is stored
        if to.is_final() && why != ShareWhy::LockOver {
            self.shares.entry(key).or_default().done.extend(row.offsets());
        }
    }

    /// A start offset moved. A leader finds out for itself what the log does not have any more, and stores a start only with the next change
    /// of a state: over records that nobody was done with it goes on its own.
    fn see_share_moved(&mut self, world: &World, key: ShareKey, to: Offset) {
        let window = self.shares.entry(key).or_default();
        let stored = window.present == window.start
            && (window.start.0..to.0).all(|offset| window.done.contains(&Offset(offset)));
        window.present = to;
        if stored || to < window.start {
            self.see_share_start(world, key, to);
        }
    }

    /// A start offset was read back.
    fn see_share_restored(&mut self, world: &World, node: NodeId, key: ShareKey, to: Offset) {
        self.see_share_start(world, key, to);
        let window = self.shares.entry(key).or_default();
        window.present = window.start;
        window.end = broker(world, node).and_then(|b| b.shares(key)).map_or(to, |shares| shares.end());
    }

    fn see_share_start(&mut self, world: &World, key: ShareKey, to: Offset) {
        let window = self.shares.entry(key).or_default();
        let (before, forgetful) = (window.start, window.forgetful);
        if to < before && !forgetful && self.is_state_kept(world) {
            self.share_law(world, key, format!("the start offset went back from {before} to {to}"));
        }
        if let Some(window) = self.shares.get_mut(&key) {
            window.start = window.start.max(to);
            window.done = window.done.split_off(&window.start);
        }
    }

    /// Whether what was committed to `__share_group_state` is still there: no machine lost what was not on its disk, and nobody who was
    /// out of sync was made leader of it.
    fn is_state_kept(&self, world: &World) -> bool {
        let topic = world.shared().find_topic(SHARE_STATE_TOPIC);
        !self.machine_lost && !self.unclean.iter().any(|p| Some(p.topic) == topic)
    }

    /// Something could not be stored.
    fn see_share_forgotten(&mut self, key: ShareKey) {
        self.shares.entry(key).or_default().forgetful = true;
    }

    fn share_law(&mut self, world: &World, key: ShareKey, seen: String) {
        let (group, partition) = (world.shared().group(key.group), world.shared().partition(key.partition));
        self.broken(world, "control.20", format!("{group} {partition}"), seen);
    }
}

/// Which share-partition a note is about.
const fn share_partition(note: &Note) -> Option<Partition> {
    match note {
        Note::RecordsAcquired { partition, .. }
        | Note::RecordsReleased { partition, .. }
        | Note::ShareStartMoved { partition, .. }
        | Note::SharesRestored { partition, .. }
        | Note::ShareStoreFailed { partition, .. } => Some(*partition),
        _ => None,
    }
}
