//! Facts from real Kafka, run through the model's own code. `KAFKARIUM_VECTORS` names another folder to read them from.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // in tests they say what went wrong

#[path = "vectors/assignors.rs"]
mod assignors;
mod partitioning;
mod replicating;
#[path = "vectors/txn_state.rs"]
mod txn_state;

use std::cell::RefCell;
use std::path::PathBuf;

use kafkarium::engine::Micros;
use kafkarium::kafka::config::Family;
use kafkarium::kafka::group::partition_for;
use kafkarium::kafka::log::{Log, Origin, Rolling, Verdict};
use kafkarium::kafka::producer::{crc32, murmur2};
use kafkarium::kafka::{
    Batch, Marker, Offset, Outcome, ProducerEpoch, ProducerId, Record, RecordId, Sequence, Stamp,
};
use toml::{Table, Value};

fn cases(file: &str) -> Vec<Table> {
    let folder = std::env::var_os("KAFKARIUM_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from);
    let text = std::fs::read_to_string(folder.join(file)).unwrap();
    let table: Table = text.parse().unwrap();
    table["case"].as_array().unwrap().iter().map(|case| case.as_table().unwrap().clone()).collect()
}

/// Runs every case, prints how many agree and which do not, and fails if any does not.
fn agree(file: &str, holds: impl Fn(&Table) -> Result<(), String>) {
    agree_some(file, |_| true, holds);
}

/// As [`agree`], for the cases that the model covers so far.
fn agree_some(file: &str, covered: impl Fn(&Table) -> bool, holds: impl Fn(&Table) -> Result<(), String>) {
    let cases: Vec<Table> = cases(file).into_iter().filter(covered).collect();
    let differ: Vec<String> = cases
        .iter()
        .filter_map(|case| holds(case).err().map(|why| format!("{}: {why}", case["id"].as_str().unwrap())))
        .collect();
    println!(
        "{}: {} agree, {} differ",
        file.trim_end_matches(".toml"),
        cases.len() - differ.len(),
        differ.len()
    );
    for line in &differ {
        println!("  {line}");
    }
    assert!(!cases.is_empty() && differ.is_empty());
}

fn key(case: &Table) -> Option<Vec<u8>> {
    if let Some(hex) = case.get("key_hex").and_then(Value::as_str) {
        let digits: Vec<u8> = hex.chars().map(|c| u8::try_from(c.to_digit(16).unwrap()).unwrap()).collect();
        return Some(digits.chunks(2).map(|pair| pair[0] * 16 + pair[1]).collect());
    }
    case.get("key_utf8").and_then(Value::as_str).map(|text| text.as_bytes().to_vec())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, wanted: T) -> Result<(), String> {
    if got == wanted { Ok(()) } else { Err(format!("{what} is {got:?}, not {wanted:?}")) }
}

/// Compares a table `{ n3 = 2, … }` of partitions by partition count.
fn partitions(table: &Value, choose: impl Fn(u32) -> u32) -> Result<(), String> {
    for (count, wanted) in table.as_table().unwrap() {
        let n: u32 = count.trim_start_matches('n').parse().unwrap();
        same(count, i64::from(choose(n)), wanted.as_integer().unwrap())?;
    }
    Ok(())
}

#[test]
fn murmur2_of_java_clients() {
    let tank = RefCell::new(partitioning::Tank::new());
    agree("murmur2.toml", |case| {
        let key = key(case).unwrap();
        same("hash", i64::from(murmur2(&key)), case["hash_i32"].as_integer().unwrap())?;
        partitions(&case["partition"], |n| tank.borrow_mut().partition(Family::Java, &key, n))
    });
}

#[test]
fn crc32_of_librdkafka() {
    let tank = RefCell::new(partitioning::Tank::new());
    agree("crc32-partitioner.toml", |case| {
        let key = key(case).unwrap();
        same("crc", i64::from(crc32(&key)), case["crc32_u32"].as_integer().unwrap())?;
        partitions(&case["partition"], |n| tank.borrow_mut().partition(Family::Librdkafka, &key, n))?;
        case.get("java_murmur2_partition")
            .map_or(Ok(()), |table| partitions(table, |n| tank.borrow_mut().partition(Family::Java, &key, n)))
    });
}

#[test]
fn the_partition_that_coordinates_a_group() {
    agree("coordinator-hash.toml", |case| {
        let partitions = u32::try_from(case["partitions"].as_integer().unwrap()).unwrap();
        let partition = partition_for(case["key"].as_str().unwrap(), partitions);
        same("partition", i64::from(partition), case["partition"].as_integer().unwrap())
    });
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|v| v.as_str().unwrap()).collect()
}

fn number<T: TryFrom<i64>>(table: &Table, name: &str) -> T {
    T::try_from(table[name].as_integer().unwrap()).ok().unwrap()
}

fn stamp(op: &Table, sequence: &str) -> Stamp {
    Stamp {
        id: ProducerId(number(op, "pid")),
        epoch: ProducerEpoch(number(op, "epoch")),
        first: Sequence(number(op, sequence)),
    }
}

fn outcome(word: &str) -> Outcome {
    [Outcome::Commit, Outcome::Abort].into_iter().find(|outcome| outcome.name() == word).unwrap()
}

/// The batch that an operation of producer-state.toml appends, where the log would put it.
fn batch(op: &Table) -> Batch {
    let at = Micros::ZERO;
    let batch = if op["op"].as_str() == Some("marker") {
        let outcome = outcome(op["result"].as_str().unwrap());
        let marker = Marker { outcome, coordinator_epoch: number(op, "coordinator_epoch") };
        Batch::marker(ProducerId(number(op, "pid")), ProducerEpoch(number(op, "epoch")), marker, at)
    } else {
        let record = Record { id: RecordId(0), key: None, value: None, timestamp: at, internal: None };
        let records = vec![record; number(op, "count")];
        Batch {
            transactional: op["txn"].as_bool().unwrap(),
            ..Batch::unplaced(Some(stamp(op, "base_seq")), records)
        }
    };
    Batch { base: Offset(number(op, "offset")), ..batch }
}

fn origin(op: &Table) -> Origin {
    match op["origin"].as_str().unwrap() {
        "client" => Origin::Client,
        "coordinator" => Origin::Coordinator,
        "replication" => Origin::Replication,
        other => panic!("{other}"),
    }
}

/// What comes before the batch in question.
fn prepare(log: &mut Log, op: &Table, rolling: Rolling) -> Result<(), String> {
    match op["op"].as_str().unwrap() {
        "data" | "marker" => {
            let batch = batch(op);
            same("setup", log.producers().judge(&batch, origin(op)), Verdict::New)?;
            log.copy(batch, Micros::ZERO, rolling);
        }
        "forget_producer" => log.expire_producers(Micros::secs(1), Micros::ZERO),
        "reload_from_snapshot" => {
            log.close();
            log.reload(Micros::ZERO, None, Micros::NEVER);
        }
        "pending_verification" => {
            log.begin_verification(stamp(op, "lowest_seq"), false);
        }
        other => panic!("{other}"),
    }
    Ok(())
}

#[test]
fn producer_state_judges_as_kafka_does() {
    let rolling = Rolling { bytes: u64::MAX, age: Micros::NEVER };
    agree("producer-state.toml", |case| {
        let mut log = Log::default();
        for op in case["setup"].as_array().unwrap() {
            prepare(&mut log, op.as_table().unwrap(), rolling)?;
        }
        let input = case["input"].as_table().unwrap();
        let batch = batch(input);
        let end = log.end();
        match log.producers().judge(&batch, origin(input)) {
            Verdict::Duplicate(base) => {
                same("verdict", "duplicate", case["expect"].as_str().unwrap())?;
                same("base", base.0, number(case, "returned_base_offset"))?;
                same("last", base.plus(batch.count() - 1).0, number(case, "returned_last_offset"))
            }
            Verdict::Refused(error) => {
                same("verdict", "error", case["expect"].as_str().unwrap())?;
                same("error", error.name(), case["error"].as_str().unwrap())?;
                same("code", i64::from(error.code()), case["error_code"].as_integer().unwrap())?;
                same("log end", log.end(), end)
            }
            Verdict::New => {
                same("verdict", "accept", case["expect"].as_str().unwrap())?;
                log.copy(batch, Micros::ZERO, rolling);
                after(case, &log, ProducerId(number(input, "pid")))
            }
        }
    });
}

/// Compares what is remembered after the append.
fn after(case: &Table, log: &Log, id: ProducerId) -> Result<(), String> {
    let wanted = case["after"].as_table().unwrap();
    let entry = log.producers().get(id).unwrap();
    same("epoch", entry.epoch.0, number(wanted, "epoch"))?;
    same("last sequence", entry.last_sequence().0, number(wanted, "last_seq"))?;
    same("open", entry.open.map_or(-1, |first| first.0), number(wanted, "open_txn_first_offset"))?;
    let integer = |v: &Value| v.as_integer().unwrap();
    let cached = wanted["cached"].as_array().unwrap().iter();
    let cached: Vec<Vec<i64>> = cached.map(|k| k.as_array().unwrap().iter().map(integer).collect()).collect();
    let known = entry.batches.iter();
    let known = known.map(|k| vec![k.first.0.into(), k.last.0.into(), k.base.0, k.last_offset.0]);
    same("cached", known.collect(), cached)?;
    let newest = log.producers().ended(Offset(0)).find(|ended| ended.marker.plus(1) == log.end());
    match case.get("completed_txn") {
        Some(Value::Table(ended)) => {
            let wanted = (number(ended, "first_offset"), number(ended, "marker_offset"));
            same("ended", newest.map(|e| (e.first.0, e.marker.0)), Some(wanted))?;
            same("outcome", newest.map(|e| e.outcome), Some(outcome(ended["result"].as_str().unwrap())))
        }
        _ => same("ended", newest, None),
    }
}

#[test]
fn high_watermark_and_in_sync_replicas() {
    agree("hw.toml", replicating::holds);
}

#[test]
fn voters_of_the_quorum() {
    agree("kraft-vote.toml", replicating::voting::holds);
}

#[test]
fn leaders_as_the_controller_chooses_them() {
    agree("leader-election.toml", replicating::electing::holds);
}
