//! Facts from real Kafka, run through the model's own code. `KAFKARIUM_VECTORS` names another folder to read them from.

use std::path::PathBuf;

use kafkarium::kafka::producer::{crc32, java_partition, librdkafka_partition, murmur2};
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
    let cases = cases(file);
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
