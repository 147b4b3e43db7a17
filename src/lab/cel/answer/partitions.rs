//! Partitions and logs.

use super::{Answer, MOST_PARTITIONS, int, map, text_arg};
use crate::engine::NodeId;
use crate::kafka::Partition;
use crate::kafka::broker::Broker;
use crate::lab::cel::eval::Facts;
use crate::lab::cel::value::Value;

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    match name {
        "partitions" => return all(facts, args),
        "leaderless" => return Ok(int(facts.image().leaderless().len())),
        "under_replicated" => return Ok(int(facts.image().under_replicated().len())),
        "leaders_on" => {
            let node = facts.node_arg(args, 0)?;
            return Ok(int(node.map_or(0, |node| facts.image().leaders_on(node))));
        }
        "cached" => return cached(facts, args),
        _ => {}
    }
    let p = facts.partition_arg(args, 0)?;
    let state = p.and_then(|p| facts.image().partition(p));
    let ids = |nodes: &[NodeId]| Value::texts(nodes.iter().map(|node| facts.name(*node)));
    Ok(match name {
        "leader" => Value::text(state.and_then(|s| s.leader).map(|node| facts.name(node))),
        "isr" => state.map_or_else(|| Value::List(Vec::new()), |s| ids(&s.isr)),
        "elr" => state.map_or_else(|| Value::List(Vec::new()), |s| ids(&s.elr)),
        "replicas" => state.map_or_else(|| Value::List(Vec::new()), |s| ids(&s.replicas)),
        "isr_refused" => {
            Value::text(p.and_then(|p| facts.ledger.isr_refusal(p)).map(|e| e.name().to_owned()))
        }
        "refused" => Value::text(p.and_then(|p| facts.ledger.refusal(p)).map(|e| e.name().to_owned())),
        "epoch" => Value::Int(state.map_or(-1, |s| i64::from(s.leader_epoch.0))),
        _ => {
            let replica = p.zip(facts.replica(p, args)?);
            replica.map_or_else(|| Ok(nothing(name)), |(p, broker)| of_replica(facts, name, p, broker))?
        }
    })
}

/// What is said of a replica that does not exist.
fn nothing(name: &str) -> Value {
    if matches!(name, "log" | "segments" | "batches") { Value::List(Vec::new()) } else { Value::Int(-1) }
}

fn of_replica(facts: &Facts<'_>, name: &str, p: Partition, broker: &Broker) -> Answer {
    let Some(log) = broker.log(p) else { return Ok(nothing(name)) };
    let high_watermark = || broker.high_watermark(p).map_or(-1, |offset| offset.0);
    Ok(match name {
        "leo" => Value::Int(log.end().0),
        "log_start" => Value::Int(log.start().0),
        "hw" => Value::Int(high_watermark()),
        "lso" => Value::Int(broker.last_stable(p).map_or(-1, |offset| offset.0)),
        "segments" => {
            let last = log.segments().count().saturating_sub(1);
            let one = |(ix, segment): (usize, &crate::kafka::log::Segment)| {
                map([
                    ("base", Value::Int(segment.base().0)),
                    ("size", int(segment.size())),
                    ("active", Value::Bool(ix == last)),
                ])
            };
            Value::List(log.segments().enumerate().map(one).collect())
        }
        "batches" => {
            let one = |batch: &crate::kafka::Batch| {
                let producer = batch.records.first().and_then(|r| facts.ledger.place(r.id));
                let producer =
                    producer.and_then(|place| facts.ledger.at(place)).map(|f| facts.name(f.producer));
                map([
                    ("base", Value::Int(batch.base.0)),
                    ("count", Value::Int(batch.count())),
                    ("producer", Value::text(producer)),
                    ("records", Value::texts(batch.records.iter().map(|r| facts.ledger.name(r.id)))),
                ])
            };
            Value::List(log.batches().map(one).collect())
        }
        "log" => Value::List(log.records().map(|record| entry(facts, record)).collect()),
        other => return Err(format!("there is no function {other}")),
    })
}

fn entry(
    facts: &Facts<'_>,
    (offset, record, batch): (crate::kafka::Offset, &crate::kafka::Record, &crate::kafka::Batch),
) -> Value {
    map([
        ("offset", Value::Int(offset.0)),
        ("kind", Value::Text(batch.kind().into())),
        ("key", bytes(record.key.as_deref())),
        ("value", bytes(record.value.as_deref())),
        ("record", Value::Text(facts.ledger.name(record.id))),
        ("epoch", int(batch.leader_epoch.0)),
        ("producer_id", Value::Int(batch.stamp.map_or(-1, |stamp| stamp.id.0))),
        ("seq", Value::Int(batch.sequence_at(offset).map_or(-1, |sequence| i64::from(sequence.0)))),
    ])
}

/// Bytes as text; null stays null.
pub(super) fn bytes(part: Option<&[u8]>) -> Value {
    Value::text(part.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}

fn cached(facts: &Facts<'_>, args: &[Value]) -> Answer {
    let broker = facts.node_arg(args, 0)?.and_then(|node| facts.broker(node));
    let p = facts.partition_arg(args, 1)?;
    let Some(Value::Int(pid)) = args.get(2) else { return Err("a producer id is needed".into()) };
    let log = broker.zip(p).and_then(|(broker, p)| broker.log(p));
    let known = log.and_then(|log| log.producers().iter().find(|(id, _)| id.0 == *pid));
    let one = |batch: &crate::kafka::log::Known| {
        map([("first", int(batch.first.0)), ("last", int(batch.last.0)), ("base", Value::Int(batch.base.0))])
    };
    Ok(Value::List(known.map_or_else(Vec::new, |(_, entry)| entry.batches.iter().map(one).collect())))
}

fn all(facts: &Facts<'_>, args: &[Value]) -> Answer {
    let names = facts.world.shared();
    let only = if args.is_empty() { None } else { Some(text_arg(args, 0)?) };
    let image = facts.image();
    let wanted = image.partitions().filter(|(p, _)| match only {
        Some(topic) => names.topic(p.topic) == topic,
        None => !names.is_internal(p.topic),
    });
    let list: Vec<_> = wanted.take(MOST_PARTITIONS + 1).collect();
    if list.len() > MOST_PARTITIONS {
        return Err(
            "there are too many partitions for a list: use leaderless(), under_replicated() or leaders_on()"
                .into(),
        );
    }
    let ids = |nodes: &[NodeId]| Value::texts(nodes.iter().map(|node| facts.name(*node)));
    let one = |(p, state): (Partition, &crate::kafka::PartitionState)| {
        let leader = state.leader.and_then(|node| facts.broker(node));
        let log = leader.and_then(|broker| broker.log(p));
        map([
            ("id", Value::Text(names.partition(p))),
            ("leader", Value::text(state.leader.map(|node| facts.name(node)))),
            ("isr", ids(&state.isr)),
            ("replicas", ids(&state.replicas)),
            ("epoch", int(state.leader_epoch.0)),
            ("hw", Value::Int(leader.and_then(|b| b.high_watermark(p)).map_or(-1, |o| o.0))),
            ("leo", Value::Int(log.map_or(-1, |log| log.end().0))),
            ("log_start", Value::Int(log.map_or(-1, |log| log.start().0))),
        ])
    };
    Ok(Value::List(list.into_iter().map(one).collect()))
}

impl<'a> Facts<'a> {
    /// The broker whose copy is meant: the one named, else the leader.
    fn replica(&self, p: Option<Partition>, args: &[Value]) -> Result<Option<&'a Broker>, String> {
        if args.len() > 1 {
            return Ok(self.node_arg(args, 1)?.and_then(|node| self.broker(node)));
        }
        Ok(p.and_then(|p| self.leader_of(p)))
    }

    /// The broker that leads a partition as the controller has it.
    pub(super) fn leader_of(&self, p: Partition) -> Option<&'a Broker> {
        self.broker(self.image().partition(p)?.leader?)
    }
}
