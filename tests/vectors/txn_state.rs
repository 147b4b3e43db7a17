//! `txn-state.toml`: the table of states, and the coordinator's decisions about single requests.

use std::collections::BTreeSet;
use std::sync::Arc;

use kafkarium::engine::{Micros, NodeId};
use kafkarium::kafka::txn::{End, Init, Transaction, TransactionRecord, Version};
use kafkarium::kafka::{ErrorCode, Outcome, Partition, ProducerEpoch, ProducerId, TopicId, TransactionState};
use toml::{Table, Value};

use super::{agree, number, same};

const STATES: [TransactionState; 8] = [
    TransactionState::Empty,
    TransactionState::Ongoing,
    TransactionState::PrepareCommit,
    TransactionState::PrepareAbort,
    TransactionState::CompleteCommit,
    TransactionState::CompleteAbort,
    TransactionState::Dead,
    TransactionState::PrepareEpochFence,
];
const CLIENT: NodeId = NodeId(1);
const NOW: Micros = Micros::secs(5);
const FRESH: ProducerId = ProducerId(1001);
const PARTITION: Partition = Partition { topic: TopicId(0), index: 0 };

fn state(case: &Table, field: &str) -> TransactionState {
    let name = case[field].as_str().unwrap();
    STATES.into_iter().find(|state| state.name() == name).unwrap()
}

fn flag(case: &Table, field: &str) -> bool {
    case.get(field).is_some_and(|value| value.as_bool().unwrap())
}

fn epoch(n: i64) -> ProducerEpoch {
    ProducerEpoch(i16::try_from(n).unwrap())
}

fn maybe(case: &Table, field: &str) -> Option<i64> {
    case.get(field).and_then(Value::as_integer).filter(|n| *n >= 0)
}

/// The coordinator's memory as a case describes it.
fn known(case: &Table) -> Transaction {
    let pid = ProducerId(number(case, "coord_pid"));
    let version = if case.get("client_tv").and_then(Value::as_integer) == Some(1) {
        Version::One
    } else {
        Version::Two
    };
    let now = Micros::secs(1);
    let registered = flag(case, "partition_in_txn") || flag(case, "all_partitions_already_in_txn");
    let stored = TransactionRecord {
        previous_pid: maybe(case, "coord_previous_pid").map(ProducerId),
        epoch: epoch(number(case, "coord_epoch")),
        last_epoch: epoch(case.get("coord_last_epoch").and_then(Value::as_integer).unwrap_or(-1)),
        state: state(case, "state"),
        partitions: if registered { BTreeSet::from([PARTITION]) } else { BTreeSet::new() },
        started: Some(now),
        version,
        ..TransactionRecord::new(Arc::from("tx"), CLIENT, pid, Micros::secs(60), now)
    };
    let pending = flag(case, "pending_transition").then_some(TransactionState::CompleteCommit);
    Transaction { pending, ..Transaction::new(stored) }
}

fn request(case: &Table) -> (ProducerId, ProducerEpoch) {
    (ProducerId(number(case, "req_pid")), epoch(number(case, "req_epoch")))
}

/// Compares what is logged, if anything, and the error that the client gets.
fn outcome(case: &Table, got: Result<Option<TransactionRecord>, ErrorCode>) -> Result<(), String> {
    let wanted = case["error"].as_str().unwrap();
    let next = match got {
        Ok(next) => {
            same("error", "NONE", wanted)?;
            next
        }
        Err(error) => {
            same("error", error.name(), wanted)?;
            None
        }
    };
    let new_state = case.get("new_state").map(|_| state(case, "new_state"));
    same("logged state", next.as_ref().map(|next| next.state), new_state)?;
    if let (Some(next), Some(wanted)) = (&next, case.get("new_epoch").and_then(Value::as_integer)) {
        same("epoch", i64::from(next.epoch.0), wanted)?;
    }
    if let (Some(next), Some(wanted)) = (&next, maybe(case, "new_pid")) {
        same("producer id", next.pid.0, wanted)?;
    }
    Ok(())
}

fn end_txn(case: &Table) -> Result<(), String> {
    let (pid, epoch) = request(case);
    let version = if number::<i64>(case, "client_tv") == 1 { Version::One } else { Version::Two };
    let outcome_of = match case["result"].as_str().unwrap() {
        "commit" => Outcome::Commit,
        _ => Outcome::Abort,
    };
    let end = End { pid, epoch, outcome: outcome_of, version };
    outcome(case, known(case).end(end, NOW, || Ok(FRESH)))
}

fn add_partitions(case: &Table) -> Result<(), String> {
    let (pid, epoch) = request(case);
    outcome(case, known(case).add_partitions(pid, epoch, &[PARTITION], Version::Two, NOW))
}

fn init_producer_id(case: &Table) -> Result<(), String> {
    let current = case.contains_key("req_pid").then(|| request(case));
    match known(case).init(CLIENT, current, Micros::secs(60), NOW, || Ok(FRESH)) {
        Ok(Init::Ready(next)) => outcome(case, Ok(Some(next))),
        // the transaction is aborted, and the caller is told to come back
        Ok(Init::Fence(next)) => {
            same("error", ErrorCode::ConcurrentTransactions.name(), case["error"].as_str().unwrap())?;
            let answered = Table::from_iter(
                case.iter().map(|(k, v)| (k.clone(), if k == "error" { "NONE".into() } else { v.clone() })),
            );
            outcome(&answered, Ok(Some(next)))
        }
        Err(error) => outcome(case, Err(error)),
    }
}

fn verify_partition(case: &Table) -> Result<(), String> {
    let (pid, epoch) = request(case);
    same("error", known(case).verify(pid, epoch, PARTITION).name(), case["error"].as_str().unwrap())
}

fn transition(case: &Table) -> Result<(), String> {
    let (from, to) = (state(case, "from"), state(case, "to"));
    same("version 1", from.may_become(to, Version::One), flag(case, "legal_tv1"))?;
    same("version 2", from.may_become(to, Version::Two), flag(case, "legal_tv2"))
}

#[test]
fn the_transaction_coordinator_decides_as_kafkas_does() {
    agree("txn-state.toml", |case| match case["kind"].as_str().unwrap() {
        "transition" => transition(case),
        "end_txn" => end_txn(case),
        "add_partitions" => add_partitions(case),
        "init_producer_id" => init_producer_id(case),
        "verify_partition" => verify_partition(case),
        other => Err(format!("there is no kind {other}")),
    });
}
