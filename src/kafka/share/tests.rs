//! The window of a share group by itself, and how its state is put together.

use super::*;
use crate::engine::{Micros, NodeId};
use crate::kafka::{Batch, ErrorCode, LeaderEpoch, MemberId, Offset, Record, RecordId};

const A: MemberId = MemberId { client: NodeId(1), serial: 0 };
const B: MemberId = MemberId { client: NodeId(2), serial: 0 };
const TERMS: Terms = Terms { lock: Micros::secs(30), deliveries: 2, locks: 4 };
const EPOCH: LeaderEpoch = LeaderEpoch(0);

/// Batches of so many records each, from offset 0 on.
fn batches(counts: &[i64]) -> Vec<Batch> {
    let record = Record { id: RecordId(1), key: None, value: None, timestamp: Micros::ZERO, internal: None };
    let mut base = Offset(0);
    let mut made = Vec::new();
    for &count in counts {
        let records = (0..count).map(|_| record.clone()).collect();
        made.push(Batch { base, ..Batch::unplaced(None, records) });
        base = base.plus(count);
    }
    made
}

fn fresh() -> SharePartition {
    SharePartition::restore(&ShareState::default(), Offset(0), EPOCH)
}

fn ack(first: i64, last: i64, how: AckType) -> Vec<AckRange> {
    vec![AckRange { first: Offset(first), last: Offset(last), how }]
}

fn range(first: i64, last: i64, deliveries: u16) -> Acquired {
    Acquired { first: Offset(first), last: Offset(last), deliveries }
}

fn state(shares: &SharePartition, offset: i64) -> Option<DeliveryState> {
    shares.record(Offset(offset)).map(|record| record.state)
}

#[test]
fn whole_batches_are_acquired_until_the_window_is_full() {
    let (mut shares, log) = (fresh(), batches(&[3, 3, 3]));
    assert_eq!(shares.acquire(A, &log, 1, Micros::ZERO, TERMS), [range(0, 2, 1)]);
    assert_eq!(shares.acquire(B, &log[1..], 500, Micros::ZERO, TERMS), [range(3, 5, 1)]);
    assert!(!shares.can_acquire(TERMS), "six records, four locks: nothing new comes in");
    assert_eq!(shares.acquire(A, &log, 500, Micros::ZERO, TERMS), []);
    shares.expire(Micros::secs(30), TERMS);
    assert_eq!(shares.next_fetch(), Offset(0));
    assert_eq!(shares.acquire(B, &log, 500, Micros::secs(30), TERMS), [range(0, 5, 2)]);
    assert_eq!((shares.start(), shares.end()), (Offset(0), Offset(6)));
}

#[test]
fn only_the_owner_acknowledges_and_only_what_is_stored_counts() {
    let (mut shares, log) = (fresh(), batches(&[3]));
    shares.acquire(A, &log, 500, Micros::ZERO, TERMS);
    let refused = shares.acknowledge(B, &ack(0, 0, AckType::Accept), 1, Micros::ZERO, TERMS);
    assert_eq!(refused, Err(ErrorCode::InvalidRecordState));
    let beyond = shares.acknowledge(A, &ack(2, 3, AckType::Accept), 1, Micros::ZERO, TERMS);
    assert_eq!(beyond, Err(ErrorCode::InvalidRecordState), "all or nothing");
    let wanted = shares.acknowledge(A, &ack(0, 1, AckType::Accept), 1, Micros::ZERO, TERMS);
    assert_eq!(wanted.map(|batches| batches.len()), Ok(1));
    assert_eq!(state(&shares, 0), Some(DeliveryState::Acquired));
    shares.stored(1, false);
    assert_eq!(state(&shares, 0), Some(DeliveryState::Acquired));
    let again = shares.acknowledge(A, &ack(0, 1, AckType::Accept), 2, Micros::ZERO, TERMS);
    assert!(again.is_ok());
    shares.stored(2, true);
    shares.advance();
    assert_eq!((shares.start(), state(&shares, 0)), (Offset(2), None));
}

#[test]
fn the_last_delivery_archives() {
    let (mut shares, log) = (fresh(), batches(&[1]));
    shares.acquire(A, &log, 500, Micros::ZERO, TERMS);
    assert_eq!(shares.next_deadline(), Some(Micros::secs(30)));
    assert!(shares.expire(Micros::secs(29), TERMS).is_empty());
    shares.expire(Micros::secs(30), TERMS);
    assert_eq!(state(&shares, 0), Some(DeliveryState::Available));
    shares.acquire(A, &log, 500, Micros::secs(30), TERMS);
    let renewed = shares.acknowledge(A, &ack(0, 0, AckType::Renew), 1, Micros::secs(40), TERMS);
    assert_eq!(renewed, Ok(Vec::new()));
    assert!(shares.expire(Micros::secs(60), TERMS).is_empty(), "the lock was renewed");
    shares.release(A, 2, TERMS);
    shares.stored(2, true);
    assert_eq!(state(&shares, 0), Some(DeliveryState::Archived));
}

#[test]
fn a_new_leader_goes_on_from_what_was_stored() {
    let batch = |first, last, state, deliveries| StateBatch {
        first: Offset(first),
        last: Offset(last),
        state,
        deliveries,
    };
    let one = ShareState {
        leader_epoch: EPOCH,
        start: Offset(0),
        batches: vec![batch(0, 4, DeliveryState::Available, 1)],
    };
    let two = ShareState {
        leader_epoch: EPOCH,
        start: Offset(1),
        batches: vec![batch(1, 2, DeliveryState::Acknowledged, 2), batch(4, 4, DeliveryState::Archived, 2)],
    };
    let stored = ShareState::default().with(&one).with(&two);
    let kept = [
        batch(1, 2, DeliveryState::Acknowledged, 2),
        batch(3, 3, DeliveryState::Available, 1),
        batch(4, 4, DeliveryState::Archived, 2),
    ];
    assert_eq!(stored.batches, kept);
    let mut shares = SharePartition::restore(&stored, Offset(99), EPOCH);
    assert_eq!((shares.start(), shares.end(), shares.next_fetch()), (Offset(3), Offset(5), Offset(3)));
    assert_eq!(shares.acquire(B, &batches(&[6]), 500, Micros::ZERO, TERMS), [range(3, 3, 2), range(5, 5, 1)]);
}

#[test]
fn deleted_records_leave_the_window() {
    let (mut shares, log) = (fresh(), batches(&[3]));
    shares.acquire(A, &log, 500, Micros::ZERO, TERMS);
    shares.raise_start(Offset(2));
    assert_eq!((shares.start(), shares.acquired()), (Offset(2), 1));
    let late = shares.acknowledge(A, &ack(0, 1, AckType::Accept), 1, Micros::ZERO, TERMS);
    assert_eq!(late, Ok(Vec::new()), "what lies below the start is passed over");
}
