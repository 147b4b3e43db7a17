//! Facts from real Kafka, run through the model's own code. `KAFKARIUM_VECTORS` names another folder to read them from.

#![allow(clippy::unwrap_used, clippy::panic)] // in tests they say what went wrong

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use kafkarium::engine::NodeId;
use kafkarium::kafka::group::assign::{self, Candidate, TopicSize};
use kafkarium::kafka::group::partition_for;
use kafkarium::kafka::producer::{crc32, java_partition, librdkafka_partition, murmur2};
use kafkarium::kafka::{Generation, MemberId, Partition, Subscription, TopicId};
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
    agree("murmur2.toml", |case| {
        let key = key(case).unwrap();
        same("hash", i64::from(murmur2(&key)), case["hash_i32"].as_integer().unwrap())?;
        partitions(&case["partition"], |n| java_partition(&key, n))
    });
}

#[test]
fn crc32_of_librdkafka() {
    agree("crc32-partitioner.toml", |case| {
        let key = key(case).unwrap();
        same("crc", i64::from(crc32(&key)), case["crc32_u32"].as_integer().unwrap())?;
        partitions(&case["partition"], |n| librdkafka_partition(&key, n))?;
        case.get("java_murmur2_partition")
            .map_or(Ok(()), |table| partitions(table, |n| java_partition(&key, n)))
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

/// Topics and members of a case, numbered in the order of the file; topics that do not exist get numbers, too.
fn assignment_case(case: &Table) -> (Vec<String>, BTreeMap<TopicId, TopicSize>, Vec<Candidate>) {
    let sizes = case["topics"].as_table().unwrap();
    let members = case["members"].as_array().unwrap();
    let mut names: Vec<String> = sizes.keys().cloned().collect();
    for wanted in members.iter().flat_map(|m| strings(&m["topics"])) {
        if !names.iter().any(|name| name == wanted) {
            names.push(wanted.to_owned());
        }
    }
    let id =
        |name: &str| TopicId(u32::try_from(names.iter().position(|known| known == name).unwrap()).unwrap());
    let topics = sizes.iter().map(|(name, count)| {
        let partitions = u32::try_from(count.as_integer().unwrap()).unwrap();
        (id(name), TopicSize { name: name.clone(), partitions })
    });
    let candidates = members.iter().zip(0..).map(|(member, n)| Candidate {
        member: MemberId { client: NodeId(n), serial: 0 },
        name: member["id"].as_str().unwrap().to_owned(),
        instance: member.get("instance").map(|i| i.as_str().unwrap().into()),
        subscription: Subscription {
            topics: strings(&member["topics"]).into_iter().map(id).collect(),
            owned: Vec::new(),
            generation: Generation(-1),
        },
    });
    let (topics, candidates) = (topics.collect(), candidates.collect());
    (names, topics, candidates)
}

#[test]
fn assignors_share_out_as_kafka_does() {
    let covered = |case: &Table| assign::SUPPORTED.contains(&case["assignor"].as_str().unwrap());
    agree_some("assignors.toml", covered, |case| {
        let (names, topics, members) = assignment_case(case);
        let got = assign::assign(case["assignor"].as_str().unwrap(), members.clone(), &topics).unwrap();
        let text = |p: &Partition| format!("{}-{}", names[p.topic.0 as usize], p.index);
        for member in &members {
            let got: BTreeSet<String> = got[&member.member].iter().map(text).collect();
            let wanted = strings(&case["expect"][member.name.as_str()]);
            same(&member.name, got, wanted.into_iter().map(str::to_owned).collect())?;
        }
        Ok(())
    });
}
