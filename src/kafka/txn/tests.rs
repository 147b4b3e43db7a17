//! The coordinator against a broker that only takes notes.

use std::sync::Arc;

use super::{Coordinator, Transaction, TransactionRecord, Version};
use crate::engine::{Micros, MsgId, NodeId};
use crate::kafka::bench::{self, Fake, ME};
use crate::kafka::{
    Body, ErrorCode, InitTransaction, Internal, LeaderEpoch, MetadataRecord, Note, Offset, Outcome,
    Partition, PartitionState, ProducerEpoch, ProducerId, Record, Role, TRANSACTIONS_TOPIC, TopicId,
    TransactionState,
};

const T1: NodeId = NodeId(1);
const T2: NodeId = NodeId(2);
const ORDERS: TopicId = TopicId(0);
const HERE: Partition = Partition { topic: ORDERS, index: 0 };
const LEADERLESS: Partition = Partition { topic: ORDERS, index: 1 };
const GONE: Partition = Partition { topic: ORDERS, index: 9 };

type Bench = bench::Bench<Coordinator>;

impl Bench {
    fn new() -> Self {
        let clients = [("t1", Role::Producer), ("t2", Role::Producer)];
        let topics: [(&str, &[Option<NodeId>]); 2] =
            [("orders", &[Some(ME), None]), (TRANSACTIONS_TOPIC, &[Some(ME)])];
        let mut bench = Self::of(Fake::new(&clients, &topics), Coordinator::starting(Micros::secs(1)));
        bench.coordinator.load(&mut bench.host, 0, LeaderEpoch(3));
        bench.pass(Micros::ms(10));
        bench
    }

    /// Every marker that was sent is answered like this.
    fn markers(&mut self, error: ErrorCode) {
        for (_, sent) in std::mem::take(&mut self.host.sent) {
            let each = sent.iter().flat_map(|(_, m)| m.partitions.iter().map(|p| (m.pid, *p, error)));
            let results: Vec<_> = each.collect();
            self.coordinator.on_markers(&mut self.host, &sent, Some(&results));
        }
    }

    fn init(&mut self, from: NodeId) -> MsgId {
        let asked = InitTransaction { id: "pay".into(), timeout: Micros::secs(60), current: None };
        self.send(from, Body::InitProducerId { transaction: Some(asked) })
    }

    /// InitProducerId, written and answered: the epoch.
    fn initialised(&mut self, from: NodeId) -> i16 {
        let request = self.init(from);
        self.written(Ok(()));
        match &self.host.answers[&request] {
            Body::ProducerIdGiven { error: ErrorCode::None, epoch, .. } => epoch.0,
            other => panic!("{other:?}"),
        }
    }

    fn add(&mut self, epoch: i16, partition: Partition) -> MsgId {
        let (pid, epoch) = (self.pid(), ProducerEpoch(epoch));
        let (partitions, version) = (vec![partition], Version::Two);
        let body = Body::AddPartitionsToTxn {
            id: "pay".into(),
            pid,
            epoch,
            partitions,
            verify_only: false,
            version,
        };
        self.send(T1, body)
    }

    fn end(&mut self, epoch: i16, outcome: Outcome) -> MsgId {
        let (pid, epoch, version) = (self.pid(), ProducerEpoch(epoch), Version::Two);
        self.send(T1, Body::EndTxn { id: "pay".into(), pid, epoch, outcome, version })
    }

    fn error(&self, request: MsgId) -> Option<ErrorCode> {
        match self.host.answers.get(&request)? {
            Body::ProducerIdGiven { error, .. } | Body::TxnEnded { error, .. } => Some(*error),
            Body::PartitionsAddedToTxn { results } => Some(results[0].1),
            other => panic!("{other:?}"),
        }
    }

    fn known(&self) -> &Transaction {
        self.coordinator.transaction("pay").unwrap()
    }

    fn stored(&self) -> &TransactionRecord {
        &self.known().stored
    }

    fn pid(&self) -> ProducerId {
        self.stored().pid
    }

    fn state(&self) -> (TransactionState, i16) {
        (self.stored().state, self.stored().epoch.0)
    }

    fn logged(&self) -> Vec<TransactionState> {
        let state = |record: &Record| match &record.internal {
            Some(Internal::Transaction(stored)) => stored.state,
            other => panic!("{other:?}"),
        };
        self.host.log.iter().flat_map(|batch| batch.records.iter().map(state)).collect()
    }

    /// A transaction with one partition.
    fn open() -> Self {
        let mut bench = Self::new();
        assert_eq!(bench.initialised(T1), 0);
        bench.add(0, HERE);
        bench.written(Ok(()));
        bench
    }
}

#[test]
fn memory_follows_the_log() {
    let mut bench = Bench::new();
    bench.initialised(T1);
    let added = bench.add(0, HERE);
    assert_eq!((bench.error(added), bench.state()), (None, (TransactionState::Empty, 0)));
    let second = bench.add(0, HERE);
    assert_eq!(bench.error(second), Some(ErrorCode::ConcurrentTransactions));
    bench.written(Ok(()));
    assert_eq!((bench.error(added), bench.state()), (Some(ErrorCode::None), (TransactionState::Ongoing, 0)));
    let again = bench.add(0, HERE);
    assert_eq!(
        (bench.error(again), bench.host.log.len()),
        (Some(ErrorCode::None), 2),
        "known: nothing logged"
    );
}

#[test]
fn the_client_hears_before_the_markers_are_written() {
    let mut bench = Bench::open();
    let ended = bench.end(0, Outcome::Commit);
    assert_eq!(bench.error(ended), None);
    bench.written(Ok(()));
    assert_eq!(
        (bench.error(ended), bench.state()),
        (Some(ErrorCode::None), (TransactionState::PrepareCommit, 1))
    );
    assert!(matches!(bench.host.answers[&ended], Body::TxnEnded { epoch: ProducerEpoch(1), .. }));
    let (to, sent) = &bench.host.sent[0];
    let marker = &sent[0].1;
    assert_eq!((*to, marker.epoch, marker.marker.coordinator_epoch), (ME, ProducerEpoch(1), 3));
    let early = bench.add(1, HERE);
    assert_eq!(bench.error(early), Some(ErrorCode::ConcurrentTransactions));
    bench.markers(ErrorCode::NotLeaderOrFollower);
    assert_eq!(bench.host.sent.len(), 0);
    bench.pass(Micros::ms(100));
    bench.markers(ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (TransactionState::CompleteCommit, 1));
    assert!(bench.stored().partitions.is_empty());
}

#[test]
fn a_newer_producer_has_to_wait_for_the_abort_of_the_older() {
    let mut bench = Bench::open();
    let newer = bench.init(T2);
    assert_eq!(bench.stored().epoch, ProducerEpoch(1), "the epoch is raised before the record is written");
    bench.written(Ok(()));
    assert_eq!(bench.error(newer), Some(ErrorCode::ConcurrentTransactions));
    let late = bench.end(0, Outcome::Commit);
    assert_eq!(bench.error(late), Some(ErrorCode::ConcurrentTransactions), "it is being aborted");
    bench.markers(ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (TransactionState::CompleteAbort, 1));
    assert_eq!(bench.initialised(T2), 2);
    assert_eq!(bench.stored().client, T2);
    let zombie = bench.end(0, Outcome::Commit);
    assert_eq!(bench.error(zombie), Some(ErrorCode::ProducerFenced));
}

#[test]
fn a_fence_that_cannot_be_written_does_not_raise_the_epoch_twice() {
    let mut bench = Bench::open();
    for _ in 0..2 {
        let newer = bench.init(T2);
        bench.written(Err(ErrorCode::RequestTimedOut));
        assert_eq!(bench.error(newer), Some(ErrorCode::CoordinatorNotAvailable));
        assert_eq!(bench.state(), (TransactionState::Ongoing, 1));
    }
    bench.host.refuses = Some(ErrorCode::NotLeaderOrFollower);
    let newer = bench.init(T2);
    assert_eq!(bench.error(newer), Some(ErrorCode::NotCoordinator));
}

#[test]
fn a_transaction_that_stays_open_is_aborted_at_the_next_look() {
    let mut bench = Bench::open();
    bench.pass(Micros::secs(60));
    assert_eq!(bench.state(), (TransactionState::Ongoing, 0));
    bench.pass(Micros::secs(10));
    bench.written(Ok(()));
    bench.markers(ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (TransactionState::CompleteAbort, 1));
    assert!(bench.host.notes.contains(&Note::TransactionTimedOut { client: T1 }));
    let late = bench.end(0, Outcome::Commit);
    assert_eq!(bench.error(late), Some(ErrorCode::InvalidTxnState), "it looks like a repeated EndTxn");
}

#[test]
fn a_new_coordinator_finishes_what_was_decided() {
    let mut bench = Bench::open();
    bench.end(0, Outcome::Commit);
    bench.written(Ok(()));
    let mut next = Bench::new();
    next.host.log = bench.host.log.clone();
    next.coordinator.load(&mut next.host, 0, LeaderEpoch(4));
    let early = next.send(
        T1,
        Body::AddOffsetsToTxn {
            id: "pay".into(),
            pid: ProducerId(1000),
            epoch: ProducerEpoch(1),
            group: crate::kafka::GroupId(0),
        },
    );
    assert!(next.host.answers.contains_key(&early));
    next.pass(Micros::ms(10));
    let (_, sent) = &next.host.sent[0];
    assert_eq!(sent[0].1.marker.coordinator_epoch, 4);
    next.markers(ErrorCode::None);
    next.written(Ok(()));
    assert_eq!(next.state(), (TransactionState::CompleteCommit, 1));
}

#[test]
fn who_waits_is_sent_away_when_another_broker_coordinates() {
    let mut bench = Bench::open();
    let ended = bench.end(0, Outcome::Commit);
    bench.coordinator.unload(&mut bench.host, 0);
    assert_eq!(bench.error(ended), Some(ErrorCode::NotCoordinator));
    assert!(bench.coordinator.transaction("pay").is_none());
    let later = bench.init(T1);
    assert_eq!(bench.error(later), Some(ErrorCode::NotCoordinator));
    bench.coordinator.load(&mut bench.host, 0, LeaderEpoch(5));
    let early = bench.init(T1);
    assert_eq!(bench.error(early), Some(ErrorCode::CoordinatorLoadInProgress));
}

#[test]
fn markers_wait_for_leaders_and_pass_over_partitions_that_are_gone() {
    let mut bench = Bench::open();
    for partition in [LEADERLESS, GONE] {
        bench.add(0, partition);
        bench.written(Ok(()));
    }
    bench.end(0, Outcome::Abort);
    bench.written(Ok(()));
    bench.markers(ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (TransactionState::PrepareAbort, 1), "one partition has no leader");
    let mut image = (*bench.host.image).clone();
    let led = PartitionState { leader: Some(ME), ..image.partition(LEADERLESS).unwrap().clone() };
    image.apply(Offset(1), &MetadataRecord::Partition(LEADERLESS, led));
    bench.host.image = Arc::new(image);
    bench.pass(Micros::ms(100));
    bench.markers(ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (TransactionState::CompleteAbort, 1));
}

#[test]
fn a_fenced_coordinator_stops() {
    let mut bench = Bench::open();
    bench.end(0, Outcome::Commit);
    bench.written(Ok(()));
    bench.markers(ErrorCode::TransactionCoordinatorFenced);
    bench.pass(Micros::secs(5));
    assert_eq!((bench.host.sent.len(), bench.state().0), (0, TransactionState::PrepareCommit));
}

#[test]
fn a_completion_that_cannot_be_written_is_written_again() {
    let mut bench = Bench::open();
    bench.end(0, Outcome::Commit);
    bench.written(Ok(()));
    bench.markers(ErrorCode::None);
    bench.written(Err(ErrorCode::NotEnoughReplicas));
    assert_eq!(bench.state().0, TransactionState::PrepareCommit);
    bench.pass(Micros::ms(100));
    bench.written(Ok(()));
    assert_eq!(bench.state().0, TransactionState::CompleteCommit);
}

#[test]
fn an_id_that_nobody_uses_is_forgotten() {
    let mut bench = Bench::new();
    bench.initialised(T1);
    bench.pass(Micros::secs(7 * 24 * 3600 - 7200));
    assert!(bench.coordinator.transaction("pay").is_some());
    bench.pass(Micros::secs(3 * 3600));
    assert_eq!(bench.logged().last(), Some(&TransactionState::Dead));
    bench.written(Ok(()));
    assert!(bench.coordinator.transaction("pay").is_none());
    assert_eq!((bench.initialised(T1), bench.pid()), (0, ProducerId(1001)), "a new identity");
}

#[test]
fn bad_requests_are_refused() {
    let mut bench = Bench::new();
    for (timeout, error) in [
        (Micros::secs(901), ErrorCode::InvalidTransactionTimeout),
        (Micros::ZERO, ErrorCode::InvalidTransactionTimeout),
    ] {
        let asked = InitTransaction { id: "pay".into(), timeout, current: None };
        let request = bench.send(T1, Body::InitProducerId { transaction: Some(asked) });
        assert_eq!(bench.error(request), Some(error));
    }
    let asked = InitTransaction { id: "".into(), timeout: Micros::secs(1), current: None };
    let request = bench.send(T1, Body::InitProducerId { transaction: Some(asked) });
    assert_eq!(bench.error(request), Some(ErrorCode::InvalidRequest));
    let stranger = Body::EndTxn {
        id: "who".into(),
        pid: ProducerId(7),
        epoch: ProducerEpoch(0),
        outcome: Outcome::Commit,
        version: Version::Two,
    };
    let request = bench.send(T1, stranger);
    assert_eq!(bench.error(request), Some(ErrorCode::InvalidProducerIdMapping));
    assert!(bench.host.log.is_empty());
}

#[test]
fn epochs_that_run_out_bring_a_new_producer_id() {
    let mut bench = Bench::open();
    let known = bench.coordinator.known.get_mut("pay").unwrap();
    known.stored.epoch = ProducerEpoch(i16::MAX - 1);
    let ended = bench.end(i16::MAX - 1, Outcome::Commit);
    bench.written(Ok(()));
    let Body::TxnEnded { pid, epoch, .. } = bench.host.answers[&ended] else { panic!("no answer") };
    assert_eq!((pid, epoch), (ProducerId(1001), ProducerEpoch(0)));
    assert_eq!(bench.state(), (TransactionState::PrepareCommit, i16::MAX), "markers carry the last epoch");
    bench.markers(ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!((bench.pid(), bench.state().1), (ProducerId(1001), 0));
    assert_eq!(bench.stored().previous_pid, Some(ProducerId(1000)));
}
