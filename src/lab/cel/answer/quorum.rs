//! The quorum of controllers.

use super::{Answer, int, map};
use crate::engine::NodeId;
use crate::kafka::controller::Controller;
use crate::kafka::{Offset, Process};
use crate::lab::cel::eval::Facts;
use crate::lab::cel::value::Value;

/// Records that `metadata_log()` gives at most.
const MOST_RECORDS: usize = 100;

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let named = |node: Option<NodeId>| Value::text(node.map(|node| facts.name(node)));
    let whole = |name: &str| {
        let up = |(node, _): &(NodeId, &Controller)| facts.is_up(*node);
        let newest =
            controllers(facts).filter(up).max_by_key(|(_, k)| (k.epoch(), k.raft().leading().is_some()));
        match (name, newest) {
            ("voters", newest) => {
                let leads = newest.filter(|(_, k)| k.raft().leading().is_some());
                leads.map_or_else(|| Value::List(Vec::new()), |(_, k)| voters(facts, k))
            }
            ("quorum_epoch", newest) => int(newest.map_or(-1, |(_, k)| k.epoch())),
            (_, newest) => named(newest.filter(|(_, k)| k.raft().leading().is_some()).map(|(node, _)| node)),
        }
    };
    if args.is_empty() {
        return Ok(whole(name));
    }
    let node = facts.node_arg(args, 0)?;
    let found = node.and_then(|node| controllers(facts).find(|(id, _)| *id == node));
    let Some((node, controller)) = found else { return Ok(Value::Null) };
    let raft = controller.raft();
    let election = raft.election();
    Ok(match name {
        "quorum_epoch" => int(election.epoch.0),
        "quorum_leader" => named(election.leader),
        "quorum_state" if !facts.is_up(node) => Value::Null,
        "quorum_state" => Value::Text(raft.state().standing().name().to_owned()),
        "voters" => voters(facts, controller),
        "voted" => named(election.voted),
        "metadata_hw" => int(raft.high_watermark().unwrap_or(Offset::NONE).0),
        "metadata_leo" => int(raft.log().end().offset.0),
        "metadata_start" => int(raft.log().start().0),
        _ => Value::List(records(controller)),
    })
}

fn voters(facts: &Facts<'_>, controller: &Controller) -> Value {
    Value::texts(controller.raft().voters().iter().map(|node| facts.name(*node)))
}

fn controllers<'a>(facts: &Facts<'a>) -> impl Iterator<Item = (NodeId, &'a Controller)> {
    facts.world.nodes().filter_map(|(node, process)| match process {
        Process::Controller(controller) => Some((node, &**controller)),
        _ => None,
    })
}

/// The latest records that say something, oldest first.
fn records(controller: &Controller) -> Vec<Value> {
    let telling = controller.raft().log().newest().filter(|(_, _, entry)| !entry.is_quiet());
    let mut records: Vec<Value> = telling
        .take(MOST_RECORDS)
        .map(|(offset, epoch, entry)| {
            map([
                ("offset", int(offset.0)),
                ("epoch", int(epoch.0)),
                ("kind", Value::Text(entry.kind().to_owned())),
            ])
        })
        .collect();
    records.reverse();
    records
}
