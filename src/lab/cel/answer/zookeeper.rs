//! Questions about ZooKeeper, and about what one broker believes.

use super::{Answer, Facts, Value, text_arg};
use crate::kafka::zookeeper::{Path, ZooKeeper};
use crate::kafka::{Process, World};

/// The ensemble, if metadata lives there.
pub(in crate::lab) fn zookeeper(world: &World) -> Option<&ZooKeeper> {
    world.nodes().find_map(|(_, process)| if let Process::ZooKeeper(z) = process { Some(&**z) } else { None })
}

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let ensemble = zookeeper(facts.world);
    Ok(match name {
        "znode" => {
            let path = Path::parse(text_arg(args, 0)?, facts.world.shared());
            let znode = path.zip(ensemble).and_then(|(path, ensemble)| ensemble.tree().get(path));
            Value::text(znode.map(|znode| znode.data.text(facts.world.shared())))
        }
        "zk_session" => {
            let node = facts.node_arg(args, 0)?;
            let has = |(node, ensemble): (_, &ZooKeeper)| ensemble.session_of(node).is_some();
            Value::Bool(node.zip(ensemble).is_some_and(has))
        }
        "controller_epoch" => Value::Int(match ensemble {
            Some(ensemble) => i64::from(ensemble.controller_epoch()),
            None => facts.controller().map_or(-1, |(_, controller)| i64::from(controller.epoch())),
        }),
        "cached_leader" => {
            let broker = facts.node_arg(args, 0)?.and_then(|node| facts.broker(node));
            let known = broker.zip(facts.partition_arg(args, 1)?);
            let leader = known.and_then(|(broker, p)| broker.image().partition(p)?.leader);
            Value::text(leader.map(|node| facts.name(node)))
        }
        "control_refused" => {
            let node = facts.node_arg(args, 0)?;
            Value::text(node.and_then(|node| facts.ledger.refused_control(node)).map(|error| error.name()))
        }
        other => return Err(format!("there is no function {other}")),
    })
}
