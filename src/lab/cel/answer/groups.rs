//! Groups, consumers, and the identity of producers.

use super::{Answer, int, map, text_arg};
use crate::engine::NodeId;
use crate::kafka::group::{Group, partition_for};
use crate::kafka::share::ShareKey;
use crate::kafka::{
    GroupId, OFFSETS_TOPIC, Partition, Process, ProducerEpoch, ProducerId, Role, TransactionState, World,
    consumer::Consumer,
};
use crate::lab::cel::eval::Facts;
use crate::lab::cel::value::Value;
use crate::lab::snapshot;

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    match name {
        "pid" | "producer_epoch" => {
            let identity = facts.node_arg(args, 0)?.and_then(|node| identity(facts, node));
            Ok(match (identity, name) {
                (Some((pid, _)), "pid") => Value::Int(pid.0),
                (Some((_, epoch)), _) => int(epoch.0),
                (None, _) => Value::Int(-1),
            })
        }
        "hash" => {
            let key = super::text_arg(args, 1)?.as_bytes();
            let made = facts.node_arg(args, 0)?.and_then(|node| match facts.world.node(node) {
                Process::Producer(producer) => producer.key_hash(key),
                _ => None,
            });
            Ok(made.map_or(Value::Int(-1), int))
        }
        "txn_state" => {
            let node = facts.node_arg(args, 0)?;
            Ok(Value::text(node.and_then(|node| transaction_state(facts.world, node))))
        }
        "coordinator" => {
            let found = facts.node_arg(args, 0)?.and_then(|node| coordinator_of(facts.world, node));
            Ok(Value::text(found.map(|node| facts.name(node))))
        }
        "requests" => {
            Ok(facts.node_arg(args, 0)?.map_or(Value::Int(-1), |node| int(facts.ledger.requests(node))))
        }
        "err" => Ok(facts.node_arg(args, 0)?.map_or(Value::Null, |node| {
            Value::text(match facts.world.node(node) {
                Process::Producer(producer) => producer.error().map(|e| e.name()),
                Process::Consumer(consumer) => consumer.error().map(|e| e.name()),
                Process::Broker(_) | Process::Controller(_) | Process::ZooKeeper(_) => None,
            })
        })),
        "consumers" => all(facts, args),
        "member_epoch" | "target" | "revoking" => of_member(facts, name, args),
        "position" | "owned" | "buffer" | "polls" | "member_id" => of_consumer(facts, name, args),
        _ => of_group(facts, name, args),
    }
}

/// The broker that coordinates a producer's transactions, or a consumer's group.
fn coordinator_of(world: &World, node: NodeId) -> Option<NodeId> {
    match world.node(node) {
        Process::Producer(producer) => {
            snapshot::coordinator(world, producer.transactional_id()?).map(|(broker, _)| broker)
        }
        Process::Consumer(consumer) => coordinator(world, consumer.group()),
        Process::Broker(_) | Process::Controller(_) | Process::ZooKeeper(_) => None,
    }
}

/// The state of a producer's transactional id, as its coordinator has it.
fn transaction_state(world: &World, node: NodeId) -> Option<&'static str> {
    let Process::Producer(producer) = world.node(node) else { return None };
    let id = producer.transactional_id()?;
    let (coordinator, index) = snapshot::coordinator(world, id)?;
    match world.node(coordinator) {
        Process::Broker(broker) if broker.transactions().has_loaded(index) => {
            let known = broker.transactions().transaction(id);
            Some(known.map_or(TransactionState::Empty, |known| known.stored.state).name())
        }
        _ => None,
    }
}

/// A producer's id and epoch.
pub(super) fn identity(facts: &Facts<'_>, node: NodeId) -> Option<(ProducerId, ProducerEpoch)> {
    match facts.world.node(node) {
        Process::Producer(producer) => producer.producer_id(),
        _ => None,
    }
}

/// The coordinator of a group, as the controller's metadata says, if it has loaded the group's partition.
pub(in crate::lab) fn coordinator(world: &World, group: GroupId) -> Option<NodeId> {
    let names = world.shared();
    let topic = names.find_topic(OFFSETS_TOPIC)?;
    let image = super::committed_image(world);
    let index = partition_for(names.group(group), image.partition_count(topic));
    let leader = image.partition(Partition { topic, index })?.leader?;
    match world.node(leader) {
        Process::Broker(broker) if broker.coordinator().has_loaded(index) => Some(leader),
        _ => None,
    }
}

/// A group as its coordinator has it.
pub(in crate::lab) fn group(world: &World, id: GroupId) -> Option<&Group> {
    match world.node(coordinator(world, id)?) {
        Process::Broker(broker) => broker.coordinator().group(id),
        _ => None,
    }
}

/// A member of a group of the consumer protocol, as its coordinator has it.
fn of_member(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let found = facts.node_arg(args, 0)?.and_then(|node| {
        let Process::Consumer(consumer) = facts.world.node(node) else { return None };
        let group = group(facts.world, consumer.group())?.consumer.as_deref()?;
        Some((group, group.members.iter().rev().find(|m| m.id.client == node)?))
    });
    let named = |partitions: &std::collections::BTreeSet<Partition>| {
        Value::texts(partitions.iter().map(|p| facts.world.shared().partition(*p)).collect::<Vec<String>>())
    };
    Ok(match (name, found) {
        ("member_epoch", found) => Value::Int(found.map_or(-1, |(_, m)| i64::from(m.current.epoch))),
        (_, None) => Value::List(Vec::new()),
        ("target", Some((group, member))) => named(&group.target_of(member.id)),
        (_, Some((_, member))) => named(&member.current.pending),
    })
}

fn of_group(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let names = facts.world.shared();
    let id = names.find_group(text_arg(args, 0)?);
    let found = id.and_then(|id| group(facts.world, id));
    let p = if args.len() > 1 { facts.partition_arg(args, 1)? } else { None };
    let committed = |p: Partition| found.and_then(|g| g.offsets.get(&p)).map(|c| c.offset.0);
    Ok(match name {
        "state" => match (found, id.and_then(|id| coordinator(facts.world, id))) {
            (Some(group), _) => Value::Text(group.state.name().into()),
            (None, Some(_)) => Value::Text("Dead".into()),
            (None, None) => Value::Null,
        },
        "generation" => Value::Int(found.map_or(-1, |g| i64::from(g.generation.0))),
        "members" => {
            let mut ids: Vec<String> =
                found.map_or_else(Vec::new, |g| g.member_ids().map(|m| facts.name(m.client)).collect());
            ids.sort_by_key(|id| names.find_node(id));
            Value::texts(ids)
        }
        "leader_of" => Value::text(found.and_then(|g| g.leader).map(|member| facts.name(member.client))),
        "coordinator_of" => {
            Value::text(id.and_then(|id| coordinator(facts.world, id)).map(|node| facts.name(node)))
        }
        "pending" => found.map_or(Value::Int(0), |g| int(g.pending().count())),
        "assignor" => Value::text(found.and_then(|g| g.assignor)),
        "committed" => Value::Int(p.and_then(committed).unwrap_or(-1)),
        "owner" => {
            let owner = p.and_then(|p| found?.owners().find(|(owned, _)| *owned == p).map(|(_, m)| m.client));
            Value::text(owner.map(|node| facts.name(node)))
        }
        "lag" if found.is_some_and(is_share) => {
            let wanted = id.into_iter().flat_map(|group| of_share(facts, group, p));
            Value::Int(wanted.sum())
        }
        "lag" if args.len() > 1 => Value::Int(p.map_or(-1, |p| lag(facts, p, committed(p)))),
        "lag" => {
            let topics = id.map_or_else(Vec::new, |id| topics(facts.world, id));
            let image = facts.image();
            let of_topics = image.partitions().filter(|(p, _)| topics.contains(&p.topic));
            Value::Int(of_topics.map(|(p, _)| lag(facts, p, committed(p)).max(0)).sum())
        }
        other => return Err(format!("there is no function {other}")),
    })
}

fn is_share(group: &Group) -> bool {
    group.consumer.as_ref().is_some_and(|modern| modern.share)
}

/// What a share group has still to do, in one partition or in each.
fn of_share<'a>(
    facts: &'a Facts<'_>,
    group: GroupId,
    only: Option<Partition>,
) -> impl Iterator<Item = i64> + 'a {
    let all = facts.image().partitions().map(|(p, _)| p);
    let wanted = all.filter(move |p| only.is_none_or(|only| only == *p));
    wanted.map(move |partition| super::shares::lag(facts.world, ShareKey { group, partition }).max(0))
}

/// Records between what is committed (else the log start) and the high watermark; -1 without a leader.
fn lag(facts: &Facts<'_>, p: Partition, committed: Option<i64>) -> i64 {
    let Some(leader) = facts.leader_of(p) else { return -1 };
    let Some(log) = leader.log(p) else { return -1 };
    let high_watermark = leader.high_watermark(p).map_or(0, |offset| offset.0);
    (high_watermark - committed.unwrap_or(log.start().0)).max(0)
}

/// Topics that the consumers of a group subscribe to.
fn topics(world: &World, id: GroupId) -> Vec<crate::kafka::TopicId> {
    let mut topics: Vec<_> = consumers(world)
        .filter(|(_, c)| c.group() == id)
        .flat_map(|(_, c)| c.spec().topics.iter().copied())
        .collect();
    topics.sort_unstable();
    topics.dedup();
    topics
}

fn consumers(world: &World) -> impl Iterator<Item = (NodeId, &Consumer)> {
    world.shared().of_role(Role::Consumer).filter_map(|node| match world.node(node) {
        Process::Consumer(consumer) => Some((node, &**consumer)),
        _ => None,
    })
}

fn owned(facts: &Facts<'_>, consumer: &Consumer) -> Value {
    Value::texts(consumer.assigned().map(|(p, _)| facts.world.shared().partition(p)))
}

fn of_consumer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let node = facts.node_arg(args, 0)?;
    let consumer = node.and_then(|node| consumers(facts.world).find(|(n, _)| *n == node)).map(|(_, c)| c);
    let Some(consumer) = consumer else {
        return Ok(match name {
            "owned" => Value::List(Vec::new()),
            "member_id" => Value::Null,
            _ => Value::Int(-1),
        });
    };
    Ok(match name {
        "owned" => owned(facts, consumer),
        "member_id" => {
            Value::text(consumer.member().map(|m| format!("{}-{}", facts.name(m.client), m.serial)))
        }
        "buffer" => int(consumer.buffered()),
        "polls" => int(consumer.polls()),
        _ => {
            let p = facts.partition_arg(args, 1)?;
            let found = consumer.assigned().find(|(owned, _)| Some(*owned) == p);
            Value::Int(found.map_or(-1, |(_, position)| position.0))
        }
    })
}

fn all(facts: &Facts<'_>, args: &[Value]) -> Answer {
    let names = facts.world.shared();
    let only = match args.first() {
        Some(_) => names.find_group(text_arg(args, 0)?),
        None => None,
    };
    let wanted = consumers(facts.world).filter(|(_, c)| args.is_empty() || Some(c.group()) == only);
    let one = |(node, consumer): (NodeId, &Consumer)| {
        map([
            ("id", Value::Text(facts.name(node))),
            ("group", Value::Text(names.group(consumer.group()).to_owned())),
            ("owned", owned(facts, consumer)),
            ("generation", int(consumer.generation().0)),
            ("polls", int(consumer.polls())),
            ("buffer", int(consumer.buffered())),
            ("up", Value::Bool(facts.is_up(node))),
        ])
    };
    Ok(Value::List(wanted.map(one).collect()))
}
