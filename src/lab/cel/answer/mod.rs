//! The state model: what each function says about the world.

mod groups;
mod history;
mod partitions;
mod quorum;
mod race;
mod records;
mod shares;
mod zookeeper;

use std::collections::BTreeMap;

pub(in crate::lab) use groups::{coordinator, group};
pub(in crate::lab) use shares::{lag as share_lag, window as share_window};
pub(in crate::lab) use zookeeper::zookeeper;

use super::eval::Facts;
use super::value::Value;
use crate::engine::{Micros, NodeId, Process as Life};
use crate::kafka::broker::Broker;
use crate::kafka::controller::Controller;
use crate::kafka::{ErrorCode, Image, Partition, Process, Role};
use std::sync::Arc;

/// An argument that is not what the function takes, or a question that costs too much.
pub(super) type Answer = Result<Value, String>;

/// Entries that `partitions()` gives at most.
const MOST_PARTITIONS: usize = 1_000;

/// Fields of a map.
pub(super) fn map<const N: usize>(fields: [(&str, Value); N]) -> Value {
    Value::Map(fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>())
}

/// A number of any unsigned kind.
pub(super) fn int(n: impl TryInto<i64>) -> Value {
    Value::Int(n.try_into().unwrap_or(i64::MAX))
}

/// Answers one call. The names of functions are those of the registry.
pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    match name {
        "leader" | "isr" | "elr" | "replicas" | "epoch" | "hw" | "leo" | "lso" | "log_start" | "log"
        | "segments" | "batches" | "partitions" | "leaderless" | "refused" | "isr_refused"
        | "under_replicated" | "leaders_on" | "cached" => partitions::answer(facts, name, args),
        "key" | "tag" | "part" | "off" | "copies" | "visible" | "visible_rc" | "txn" | "sent_at"
        | "acked" | "acked_at" | "failed" | "error" | "callbacks" | "reply" | "seq" | "dropped" | "holds"
        | "delivered" | "worked" | "records" => records::answer(facts, name, args),
        "leader_of" | "coordinator_of" | "pending" | "assignor" | "member_id" | "committed" | "position"
        | "lag" | "owner" | "owned" | "member_epoch" | "target" | "revoking" | "state" | "generation"
        | "members" | "buffer" | "polls" | "err" | "consumers" | "pid" | "producer_epoch" | "txn_state"
        | "hash" | "requests" | "coordinator" => groups::answer(facts, name, args),
        "share_start" | "share_end" | "share_state" | "deliveries" | "share_stored" | "locked" => {
            shares::answer(facts, name, args)
        }
        "spans" | "idle" => history::answer(facts, name, args),
        "quorum_epoch" | "quorum_leader" | "quorum_state" | "voters" | "voted" | "metadata_hw"
        | "metadata_leo" | "metadata_start" | "metadata_log" => quorum::answer(facts, name, args),
        "znode" | "zk_session" | "controller_epoch" | "cached_leader" | "control_refused" => {
            zookeeper::answer(facts, name, args)
        }
        "unled" | "led_after" | "stalled_for" | "failover_steps" | "failover_requests"
        | "failover_entries" | "znodes_read" | "failover_records" => Ok(race::answer(facts, name)),
        _ => processes(facts, name, args),
    }
}

fn processes(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let at = |time: Option<Micros>| time.map_or(Value::Int(-1), |at| facts.time(at));
    Ok(match name {
        "config" => return config(facts, args),
        "up" => Value::Bool(facts.node_arg(args, 0)?.is_some_and(|node| facts.is_up(node))),
        "down_at" => at(facts.node_arg(args, 0)?.and_then(|node| facts.ledger.process(node).down_at)),
        "up_at" => at(facts.node_arg(args, 0)?.and_then(|node| facts.ledger.process(node).up_at)),
        "admin_refused" => Value::text(facts.ledger.refused_admin().map(ErrorCode::name)),
        "controller" => Value::text(controller_node(facts.world).map(|node| facts.name(node))),
        "metadata_offset" => match facts.node_arg(args, 0)?.map(|node| facts.world.node(node)) {
            Some(Process::Broker(broker)) => Value::Int(broker.image().offset.0),
            Some(Process::Controller(controller)) => Value::Int(controller.image().offset.0),
            _ => Value::Int(-1),
        },
        "count" => int(facts.ledger.count(text_arg(args, 0)?)),
        "now" => facts.time(facts.world.now()),
        "ms" => scaled(args, 1_000)?,
        "s" => scaled(args, 1_000_000)?,
        "in_flight" => Value::List(in_flight(facts)),
        "brokers" => Value::List(brokers(facts)),
        other => return Err(format!("there is no function {other}")),
    })
}

fn scaled(args: &[Value], factor: i64) -> Answer {
    match args.first() {
        Some(Value::Int(n)) => {
            n.checked_mul(factor).map(Value::Int).ok_or_else(|| "the number is too large".into())
        }
        _ => Err("a whole number is needed".into()),
    }
}

fn config(facts: &Facts<'_>, args: &[Value]) -> Answer {
    let (Value::Text(subject), setting) = (args.first().unwrap_or(&Value::Null), text_arg(args, 1)?) else {
        return Ok(Value::Null);
    };
    let names = facts.world.shared();
    if let Some(node) = names.find_node(subject) {
        let configs = match facts.world.node(node) {
            Process::Broker(broker) => broker.configs(),
            Process::Controller(controller) => controller.configs(),
            Process::ZooKeeper(ensemble) => ensemble.configs(),
            Process::Producer(producer) => {
                return Ok(Value::text(Some(producer.in_force(setting)).filter(|value| !value.is_empty())));
            }
            Process::Consumer(consumer) => consumer.configs(),
        };
        return Ok(Value::text(Some(configs.get(setting)).filter(|value| !value.is_empty())));
    }
    let Some(topic) = names.find_topic(subject) else { return Ok(Value::Null) };
    let own = facts.image().topics.get(&topic).and_then(|state| state.configs.get(setting).cloned());
    let default = || {
        let broker = names.of_role(Role::Broker).next()?;
        facts.broker(broker).map(|b| b.configs().get(setting)).filter(|v| !v.is_empty())
    };
    Ok(own.map_or_else(|| Value::text(default()), |value| Value::text(Some(&*value))))
}

fn in_flight(facts: &Facts<'_>) -> Vec<Value> {
    let loud = facts.world.flights().filter(|flight| !flight.envelope.quiet);
    loud.map(|flight| {
        let e = &flight.envelope;
        map([
            ("id", int(e.id.0)),
            ("from", Value::Text(facts.name(e.from))),
            ("to", Value::Text(facts.name(e.to))),
            ("api", Value::Text(crate::engine::Body::api(&e.body).to_owned())),
            ("answer", Value::Bool(e.answers.is_some())),
        ])
    })
    .collect()
}

fn brokers(facts: &Facts<'_>) -> Vec<Value> {
    let image = facts.image();
    let all = facts.world.shared().of_role(Role::Broker);
    all.map(|node| {
        let leads = image.partitions().filter(|(_, state)| state.leader == Some(node)).count();
        map([
            ("id", Value::Text(facts.name(node))),
            ("up", Value::Bool(facts.is_up(node))),
            ("fenced", Value::Bool(image.brokers.get(&node).is_none_or(|b| b.fenced))),
            ("metadata_offset", int(facts.broker(node).map_or(-1, |b| b.image().offset.0))),
            ("leads", int(leads)),
        ])
    })
    .collect()
}

/// Text that an argument must be.
pub(super) fn text_arg(args: &[Value], ix: usize) -> Result<&str, String> {
    match args.get(ix) {
        Some(Value::Text(text)) => Ok(text),
        Some(other) => Err(format!("a name is needed, not {other}")),
        None => Err("a name is missing".into()),
    }
}

impl<'a> Facts<'a> {
    /// A time as expressions have it: µs since t = 0, never below 0.
    pub(super) fn time(&self, at: Micros) -> Value {
        // What the prologue did lies before t = 0.
        Value::Int(at.0.cast_signed() - self.start.0.cast_signed())
    }

    /// A process's name.
    pub(super) fn name(&self, node: NodeId) -> String {
        self.world.shared().node(node).to_owned()
    }

    /// Whether a process is not down.
    pub(super) fn is_up(&self, node: NodeId) -> bool {
        !matches!(self.world.process(node), Life::Down { .. })
    }

    /// The process that an argument names; null names none.
    pub(super) fn node_arg(&self, args: &[Value], ix: usize) -> Result<Option<NodeId>, String> {
        match args.get(ix) {
            Some(Value::Null) | None => Ok(None),
            _ => Ok(self.world.shared().find_node(text_arg(args, ix)?)),
        }
    }

    /// The partition that an argument names; null names none.
    pub(super) fn partition_arg(&self, args: &[Value], ix: usize) -> Result<Option<Partition>, String> {
        match args.get(ix) {
            Some(Value::Null) | None => Ok(None),
            _ => Ok(self.world.shared().find_partition(text_arg(args, ix)?)),
        }
    }

    pub(super) fn broker(&self, node: NodeId) -> Option<&'a Broker> {
        match self.world.node(node) {
            Process::Broker(broker) => Some(broker),
            _ => None,
        }
    }

    /// The active controller that runs.
    pub(super) fn controller(&self) -> Option<(NodeId, &'a Controller)> {
        active_controller(self.world)
    }

    /// What is committed in the metadata log.
    pub(super) fn image(&self) -> &'a Arc<Image> {
        committed_image(self.world)
    }
}

/// The active controller that runs; of several that believe to be it, that of the highest epoch.
pub(in crate::lab) fn active_controller(world: &crate::kafka::World) -> Option<(NodeId, &Controller)> {
    let active = world.nodes().filter_map(|(node, process)| match process {
        Process::Controller(controller) if controller.is_active() => Some((node, &**controller)),
        _ => None,
    });
    let running = active.filter(|(node, _)| !matches!(world.process(*node), Life::Down { .. }));
    running.max_by_key(|(_, controller)| controller.epoch())
}

/// The active controller: with ZooKeeper, the broker that `/controller` names.
pub(in crate::lab) fn controller_node(world: &crate::kafka::World) -> Option<NodeId> {
    match zookeeper(world) {
        Some(ensemble) => ensemble.controller(),
        None => active_controller(world).map(|(node, _)| node),
    }
}

/// What is committed in the metadata log: the state at the highest high watermark that any controller has known.
pub(in crate::lab) fn committed_image(world: &crate::kafka::World) -> &Arc<Image> {
    static EMPTY: std::sync::LazyLock<Arc<Image>> = std::sync::LazyLock::new(|| Arc::new(Image::empty()));
    if let Some(ensemble) = zookeeper(world) {
        return ensemble.image();
    }
    let controllers = world.shared().of_role(Role::Controller).map(|id| world.node(id));
    let images = controllers.filter_map(|process| match process {
        Process::Controller(controller) => Some(controller.image()),
        _ => None,
    });
    images.max_by_key(|image| image.offset).unwrap_or(&EMPTY)
}
