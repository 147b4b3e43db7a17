//! Records: what became of each application send.

use std::collections::BTreeMap;

use super::partitions::bytes;
use super::{Answer, int, map, text_arg};
use crate::engine::Micros;
use crate::kafka::producer::Draft;
use crate::kafka::{Offset, Partition, Process, RecordId};
use crate::lab::cel::eval::Facts;
use crate::lab::cel::value::Value;
use crate::lab::fate::Fates;
use crate::lab::ledger::{RecordFacts, readers};
use crate::lab::view::Fate;

/// Where a record stands in the log of its partition's present leader.
#[derive(Clone, Copy, Default)]
struct Place {
    copies: i64,
    first: Option<Offset>,
    visible: bool,
    visible_rc: bool,
    fate: Fate,
    seq: Option<i32>,
}

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    match name {
        "records" => return all(facts, args),
        "holds" => return holds(facts, args),
        "delivered" | "worked" => return times(facts, name, args),
        _ => {}
    }
    let record = record_arg(facts, args, 0)?;
    let Some(record) = record else { return Ok(absent(name)) };
    Ok(match name {
        "off" | "copies" | "visible" | "visible_rc" | "txn" | "seq" => {
            let place = place(facts, record);
            match name {
                "off" => Value::Int(place.first.map_or(-1, |offset| offset.0)),
                "copies" => Value::Int(place.copies),
                "seq" => Value::Int(place.seq.or_else(|| in_client(facts, record)).map_or(-1, i64::from)),
                "txn" => Value::Text(place.fate.name().into()),
                "visible_rc" => Value::Bool(place.visible_rc),
                _ => Value::Bool(place.visible),
            }
        }
        _ => fact(facts, name, record),
    })
}

/// What is said of a record before it is sent.
fn absent(name: &str) -> Value {
    match name {
        "acked" | "failed" | "visible" | "visible_rc" => Value::Bool(false),
        "copies" | "callbacks" | "dropped" => Value::Int(0),
        "part" | "off" | "sent_at" | "acked_at" | "seq" => Value::Int(-1),
        "txn" => Value::Text("none".into()),
        "reply" => Value::List(Vec::new()),
        _ => Value::Null,
    }
}

/// What the ledger knows.
fn fact(facts: &Facts<'_>, name: &str, record: &RecordFacts) -> Value {
    let at = |time: Option<Micros>| time.map_or(Value::Int(-1), |at| facts.time(at));
    match name {
        "key" => bytes(record.key.as_deref()),
        "tag" => Value::text(record.tag.as_deref()),
        "part" => Value::Int(record.partition.map_or(-1, |p| i64::from(p.index))),
        "sent_at" => at(Some(record.sent_at)),
        "acked" => Value::Bool(record.acked_at.is_some()),
        "acked_at" => at(record.acked_at),
        "failed" => Value::Bool(record.error.is_some()),
        "error" => Value::text(record.error.map(|e| e.name())),
        "callbacks" => int(record.callbacks),
        "reply" => Value::texts(record.replies.iter().map(ToString::to_string)),
        "dropped" => int(record.dropped),
        _ => Value::Text("none".into()),
    }
}

fn record_arg<'a>(facts: &Facts<'a>, args: &[Value], ix: usize) -> Result<Option<&'a RecordFacts>, String> {
    match args.get(ix) {
        Some(Value::Null) => Ok(None),
        _ => Ok(facts.ledger.find(text_arg(args, ix)?)),
    }
}

/// Looks a record up in the log of its partition's leader.
fn place(facts: &Facts<'_>, record: &RecordFacts) -> Place {
    let mut places = BTreeMap::new();
    if let Some(p) = record.partition {
        look(facts, p, Some(record.id), &mut places);
    }
    places.remove(&record.id).unwrap_or_default()
}

fn look(facts: &Facts<'_>, p: Partition, only: Option<RecordId>, places: &mut BTreeMap<RecordId, Place>) {
    let Some(leader) = facts.leader_of(p) else { return };
    let Some(log) = leader.log(p) else { return };
    let committed = leader.high_watermark(p).unwrap_or(Offset::NONE);
    let (stable, fates) = (leader.last_stable(p).unwrap_or(Offset::NONE), Fates::of(log));
    for (offset, record, batch) in log.records().filter(|(_, r, _)| only.is_none_or(|id| id == r.id)) {
        let place = places.entry(record.id).or_default();
        place.copies += 1;
        place.visible |= offset < committed;
        place.visible_rc |= offset < stable && fates.get(batch).counts();
        if place.first.is_none() {
            place.first = Some(offset);
            place.fate = fates.get(batch);
            place.seq = batch.sequence_at(offset).map(|sequence| sequence.0);
        }
    }
}

/// The sequence number of a record that is still in its client's hands.
fn in_client(facts: &Facts<'_>, record: &RecordFacts) -> Option<i32> {
    let Process::Producer(producer) = facts.world.node(record.producer) else { return None };
    let drafts = producer.in_flight().map(|(_, _, d)| d).chain(producer.buffered().map(|(_, d)| d));
    let found = |draft: &Draft| {
        let place = draft.records.iter().position(|r| r.id == record.id)?;
        Some(draft.stamp?.first.plus(i32::try_from(place).unwrap_or(0)).0)
    };
    drafts.into_iter().find_map(found)
}

fn holds(facts: &Facts<'_>, args: &[Value]) -> Answer {
    let broker = facts.node_arg(args, 0)?.and_then(|node| facts.broker(node));
    let record = record_arg(facts, args, 1)?;
    let found = broker.zip(record).is_some_and(|(broker, record)| {
        let log = record.partition.and_then(|p| broker.log(p));
        log.is_some_and(|log| log.records().any(|(_, r, _)| r.id == record.id))
    });
    Ok(Value::Bool(found))
}

fn times(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let who = readers(facts.world, text_arg(args, 0)?);
    let Some(record) = record_arg(facts, args, 1)? else { return Ok(Value::Int(0)) };
    let counts = if name == "delivered" { &record.delivered } else { &record.worked };
    Ok(int(who.iter().filter_map(|node| counts.get(node)).map(|n| u64::from(*n)).sum::<u64>()))
}

fn all(facts: &Facts<'_>, args: &[Value]) -> Answer {
    let topic = match args.first() {
        Some(_) => facts.world.shared().find_topic(text_arg(args, 0)?),
        None => None,
    };
    let wanted =
        |record: &&RecordFacts| args.is_empty() || record.partition.is_some_and(|p| Some(p.topic) == topic);
    let records: Vec<&RecordFacts> = facts.ledger.records().filter(wanted).collect();
    let mut places = BTreeMap::new();
    let mut partitions: Vec<Partition> = records.iter().filter_map(|record| record.partition).collect();
    partitions.sort_unstable();
    partitions.dedup();
    for p in partitions {
        look(facts, p, None, &mut places);
    }
    let one = |record: &&RecordFacts| {
        let place = places.get(&record.id).copied().unwrap_or_default();
        let of = |name| fact(facts, name, record);
        let pid = super::groups::identity(facts, record.producer).map_or(-1, |(id, _)| id.0);
        map([
            ("id", Value::Text(facts.ledger.name(record.id))),
            ("key", of("key")),
            ("tag", of("tag")),
            ("part", of("part")),
            ("sent_at", of("sent_at")),
            ("acked", of("acked")),
            ("acked_at", of("acked_at")),
            ("failed", of("failed")),
            ("error", of("error")),
            ("callbacks", of("callbacks")),
            ("reply", of("reply")),
            ("dropped", of("dropped")),
            ("off", Value::Int(place.first.map_or(-1, |offset| offset.0))),
            ("copies", Value::Int(place.copies)),
            ("visible", Value::Bool(place.visible)),
            ("visible_rc", Value::Bool(place.visible_rc)),
            ("txn", Value::Text(place.fate.name().into())),
            ("seq", Value::Int(place.seq.map_or(-1, i64::from))),
            ("producer", Value::Text(facts.name(record.producer))),
            ("producer_id", Value::Int(pid)),
            ("origin", Value::Null),
        ])
    };
    Ok(Value::List(records.iter().map(one).collect()))
}
