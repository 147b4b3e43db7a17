//! Share groups: the window of a group in a partition, as the partition's leader has it.

use super::{Answer, int, text_arg};
use crate::kafka::internal::InternalTopic;
use crate::kafka::share::{ShareKey, SharePartition, ShareState, StateKey};
use crate::kafka::{Offset, Partition, Process, World};
use crate::lab::cel::eval::Facts;
use crate::lab::cel::value::Value;

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    if name == "locked" {
        let node = facts.node_arg(args, 0)?;
        return Ok(node.map_or(Value::Int(-1), |node| match facts.world.node(node) {
            Process::Consumer(consumer) if consumer.shares() => int(consumer.locked().len()),
            _ => Value::Int(-1),
        }));
    }
    let group = facts.world.shared().find_group(text_arg(args, 0)?);
    let partition = facts.partition_arg(args, 1)?;
    let key = group.zip(partition).map(|(group, partition)| ShareKey { group, partition });
    let window = key.and_then(|key| window(facts.world, key));
    let offset = match args.get(2) {
        Some(Value::Int(offset)) => Offset(*offset),
        _ => Offset::NONE,
    };
    let record = window.and_then(|shares| shares.record(offset));
    Ok(match name {
        "share_start" => Value::Int(window.map_or(-1, |shares| shares.start().0)),
        "share_end" => Value::Int(window.map_or(-1, |shares| shares.end().0)),
        "share_state" => Value::text(record.map(|record| record.state.name())),
        "deliveries" => record.map_or(Value::Int(-1), |record| int(record.deliveries)),
        _ => Value::Int(key.and_then(|key| stored(facts.world, key)).map_or(-1, |state| state.start.0)),
    })
}

/// The window of a share group in a partition, as the partition's leader has it.
pub(in crate::lab) fn window(world: &World, key: ShareKey) -> Option<&SharePartition> {
    let leader = super::committed_image(world).partition(key.partition)?.leader?;
    match world.node(leader) {
        Process::Broker(broker) => broker.shares(key),
        _ => None,
    }
}

/// Records from the start of the window to the high watermark that are not done (KIP-1226); -1 without a window.
pub(in crate::lab) fn lag(world: &World, key: ShareKey) -> i64 {
    let leader = super::committed_image(world).partition(key.partition).and_then(|state| state.leader);
    let broker = match leader.map(|leader| world.node(leader)) {
        Some(Process::Broker(broker)) => broker,
        _ => return -1,
    };
    let Some((shares, hw)) = broker.shares(key).zip(broker.high_watermark(key.partition)) else { return -1 };
    let done = shares.records().filter(|(offset, record)| record.state.is_final() && *offset < hw).count();
    (hw.0 - shares.start().0 - i64::try_from(done).unwrap_or(0)).max(0)
}

/// What the share coordinator has stored of it.
fn stored(world: &World, key: ShareKey) -> Option<&ShareState> {
    let (names, image) = (world.shared(), super::committed_image(world));
    let (topic, index) = InternalTopic::ShareState.home(names, image, &key.text(names))?;
    let leader = image.partition(Partition { topic, index })?.leader?;
    match world.node(leader) {
        Process::Broker(broker) => {
            let topic = image.topic_id(key.partition.topic);
            broker.share_coordinator().state(StateKey { of: key, topic })
        }
        _ => None,
    }
}
