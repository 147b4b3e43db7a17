use super::*;
use crate::kafka::{ErrorCode, Marker, Record, RecordId, Sequence, Stamp};

const PID: ProducerId = ProducerId(7);
const GAP: Verdict = Verdict::Refused(ErrorCode::OutOfOrderSequenceNumber);

fn batch(base: i64, epoch: i16, first: i32, count: usize) -> Batch {
    let record = Record { id: RecordId(0), key: None, value: None, timestamp: Micros::ZERO, internal: None };
    let stamp = Stamp { id: PID, epoch: ProducerEpoch(epoch), first: Sequence(first) };
    Batch { base: Offset(base), ..Batch::unplaced(Some(stamp), vec![record; count]) }
}

fn in_transaction(base: i64, epoch: i16, first: i32) -> Batch {
    Batch { transactional: true, ..batch(base, epoch, first, 1) }
}

fn marker(base: i64, epoch: i16, outcome: Outcome) -> Batch {
    let marker = Marker { outcome, coordinator_epoch: 0 };
    Batch { base: Offset(base), ..Batch::marker(PID, ProducerEpoch(epoch), marker, Micros::ZERO) }
}

fn judge(states: &ProducerStates, batch: &Batch) -> Verdict {
    states.judge(batch, Origin::Client)
}

#[test]
fn five_batches_are_recognised_and_gaps_refused() {
    let mut states = ProducerStates::default();
    for n in 0..6 {
        states.appended(&batch(i64::from(n), 0, n, 1));
    }
    assert_eq!(judge(&states, &batch(0, 0, 1, 1)), Verdict::Duplicate(Offset(1)));
    assert_eq!(judge(&states, &batch(0, 0, 0, 1)), GAP, "the sixth newest is forgotten");
    assert_eq!(judge(&states, &batch(0, 0, 6, 2)), Verdict::New);
    assert_eq!(judge(&states, &batch(0, 0, 5, 2)), GAP, "an overlap is not a duplicate");
    assert_eq!(judge(&states, &batch(0, 1, 1, 1)), GAP);
    states.appended(&batch(6, 1, 0, 1));
    let old = Verdict::Refused(ErrorCode::InvalidProducerEpoch);
    assert_eq!(judge(&states, &batch(0, 0, 6, 1)), old);
    let snapshot = states.snapshot();
    assert_eq!(judge(&snapshot, &batch(0, 1, 0, 1)), Verdict::Duplicate(Offset(6)));
}

#[test]
fn a_marker_ends_the_transaction_and_it_counts_once_replicated() {
    let mut states = ProducerStates::default();
    states.appended(&in_transaction(3, 0, 0));
    assert_eq!(states.first_open(), Some(Offset(3)));
    let plain = Verdict::Refused(ErrorCode::InvalidTxnState);
    assert_eq!(judge(&states, &batch(4, 0, 1, 1)), plain, "plain data inside an open transaction");
    let ended = states.appended(&marker(4, 1, Outcome::Abort)).unwrap();
    assert_eq!((ended.first, ended.marker, ended.outcome), (Offset(3), Offset(4), Outcome::Abort));
    assert_eq!(states.first_open(), None);
    assert_eq!(states.first_unstable(Offset(4)), Some(Offset(3)), "its marker is not replicated");
    assert_eq!(states.first_unstable(Offset(5)), None);
    states.forget_replicated(Offset(5));
    assert_eq!(states.ended(Offset(0)).count(), 0);
}

#[test]
fn a_guard_is_void_after_a_marker() {
    let mut states = ProducerStates::default();
    let first = in_transaction(0, 0, 0);
    let guard = states.verify(first.stamp.unwrap(), false);
    assert!(states.is_verified(PID, Some(guard)) && !states.is_verified(PID, None));
    assert_eq!(states.verify(batch(0, 0, 1, 1).stamp.unwrap(), false), guard, "it joins the one under way");
    states.appended(&marker(0, 0, Outcome::Abort));
    assert!(!states.is_verified(PID, Some(guard)));
    let again = states.verify(first.stamp.unwrap(), false);
    assert!(again != guard && !states.is_verified(PID, Some(guard)));
}

#[test]
fn transaction_version_2_refuses_a_sequence_that_continues_nothing() {
    let mut states = ProducerStates::default();
    assert_eq!(judge(&states, &in_transaction(0, 0, 3)), Verdict::New);
    let stamp = in_transaction(0, 0, 3).stamp.unwrap();
    states.verify(stamp, true);
    assert_eq!(judge(&states, &in_transaction(0, 0, 3)), GAP);
}

#[test]
fn expiry_spares_open_transactions() {
    let mut states = ProducerStates::default();
    states.appended(&in_transaction(0, 0, 0));
    states.expire(Micros::secs(100), Micros::secs(10));
    assert!(states.get(PID).is_some());
    states.appended(&marker(1, 0, Outcome::Commit));
    states.expire(Micros::secs(100), Micros::secs(10));
    assert!(states.get(PID).is_none());
}
