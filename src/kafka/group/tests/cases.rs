//! Stories of one group.

use super::*;
use crate::engine::Conn;
use crate::kafka::txn::Version;
use crate::kafka::{InTransaction, Outcome, ProducerEpoch, ProducerId, TransactionOffsets};
use GroupState::{CompletingRebalance, Empty, PreparingRebalance, Stable};

#[test]
fn two_members_join_within_the_initial_delay_and_get_their_parts() {
    let mut bench = Bench::new();
    let (a, join_a) = bench.enter(1);
    assert_eq!(bench.state(), (PreparingRebalance, 0, 1));
    bench.pass(Micros::secs(2));
    let (b, join_b) = bench.enter(2);
    bench.pass(Micros::ms(3900)); // somebody came, so the delay runs once more, from 4 s to 7 s
    assert_eq!((bench.error(join_a), bench.error(join_b)), (None, None));
    bench.pass(Micros::ms(100));
    assert_eq!(bench.state(), (CompletingRebalance, 1, 2));
    let Body::GroupJoined { leader, members, generation, assignor, .. } = &bench.host.answers[&join_a] else {
        panic!()
    };
    assert_eq!((*leader, members.len(), generation.0, *assignor), (Some(a), 2, 1, "range"));
    let Body::GroupJoined { members, .. } = &bench.host.answers[&join_b] else { panic!() };
    assert!(members.is_empty(), "followers learn only who leads");

    let sync_b = bench.sync(b, 1, &[]);
    let sync_a = bench.sync(a, 1, &[(a, 0), (b, 1)]);
    assert_eq!((bench.error(sync_a), bench.error(sync_b)), (None, None), "not before it is replicated");
    assert_eq!(bench.beat(b, 1), ErrorCode::None);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (Stable, 1, 2));
    let assigned = vec![Partition { topic: ORDERS, index: 1 }];
    assert_eq!(bench.host.answers[&sync_b], Body::GroupSynced { error: ErrorCode::None, assigned });
}

#[test]
fn a_group_made_in_one_go_passes_through_these_states() {
    let mut bench = Bench::new();
    bench.pair();
    let states: Vec<GroupState> = bench
        .host
        .notes
        .iter()
        .filter_map(|n| if let Note::GroupStateChanged { to, .. } = n { Some(*to) } else { None })
        .collect();
    assert_eq!(states, [PreparingRebalance, CompletingRebalance, Stable]);
}

#[test]
fn leaving_makes_the_others_join_again_and_the_last_one_leaves_an_empty_group() {
    let mut bench = Bench::new();
    let (a, b) = bench.pair();
    assert_eq!(bench.leave(a), ErrorCode::None);
    assert_eq!(bench.state(), (PreparingRebalance, 1, 1));
    assert_eq!(bench.group().leader, Some(b), "somebody leads");
    assert_eq!(bench.beat(b, 1), ErrorCode::RebalanceInProgress);
    let join = bench.join(2, Some(b));
    assert_eq!((bench.error(join), bench.state()), (Some(ErrorCode::None), (CompletingRebalance, 2, 1)));
    assert_eq!(bench.leave(b), ErrorCode::None);
    assert_eq!(bench.state(), (Empty, 3, 0));
    assert_eq!(bench.leave(b), ErrorCode::UnknownMemberId);
}

#[test]
fn who_is_silent_for_a_session_is_out() {
    let mut bench = Bench::new();
    let (a, b) = bench.pair();
    for _ in 0..20 {
        bench.pass(Micros::secs(3));
        assert_eq!(bench.beat(a, 1), if bench.state().0 == Stable { ErrorCode::None } else { break });
    }
    assert_eq!(bench.state(), (PreparingRebalance, 1, 1));
    assert!(bench.host.notes.contains(&Note::SessionExpired { group: PAY, member: b }));
    assert_eq!(bench.beat(b, 1), ErrorCode::UnknownMemberId);
}

#[test]
fn a_member_that_does_not_join_again_is_out_after_the_rebalance_timeout() {
    let mut bench = Bench::new();
    let (a, b) = bench.pair();
    let (c, _) = bench.enter(1);
    let joined = bench.join(1, Some(a));
    for _ in 0..120 {
        bench.pass(Micros::ms(2499));
        bench.beat(b, 1); // it lives, but does not poll
    }
    assert_eq!(bench.error(joined), None);
    bench.pass(Micros::secs(1));
    assert_eq!(bench.state(), (CompletingRebalance, 2, 2));
    assert!(bench.group().member(b).is_none() && bench.group().member(c).is_some());
    let left = Note::MemberLeft { group: PAY, member: b, why: LeaveWhy::JoinTimeout };
    assert!(bench.host.notes.contains(&left));
}

#[test]
fn a_commit_is_taken_or_refused_by_state() {
    let mut bench = Bench::new();
    let first = bench.commit(Some(MemberId { client: NodeId(1), serial: 9 }), 3, 0);
    assert_eq!(bench.error(first), Some(ErrorCode::GroupIdNotFound));
    let admin = bench.commit(None, -1, 7);
    assert_eq!(bench.error(admin), None, "not before it is replicated");
    bench.written(Ok(()));
    assert_eq!(bench.error(admin), Some(ErrorCode::None));
    assert_eq!(bench.group().offsets.values().next().unwrap().offset, Offset(7));

    let (a, b) = bench.pair();
    let check = |bench: &mut Bench, member, generation, wanted| {
        let request = bench.commit(member, generation, 8);
        bench.written(Ok(()));
        assert_eq!(bench.error(request), Some(wanted), "{:?} {generation}", bench.state());
    };
    check(&mut bench, Some(a), 1, ErrorCode::None);
    check(&mut bench, Some(a), 0, ErrorCode::IllegalGeneration);
    check(&mut bench, None, -1, ErrorCode::UnknownMemberId);
    let stranger = Some(MemberId { client: NodeId(2), serial: 99 });
    check(&mut bench, stranger, 1, ErrorCode::UnknownMemberId);
    bench.join(1, Some(a)); // the leader comes back: PreparingRebalance
    check(&mut bench, Some(b), 1, ErrorCode::None);
    bench.join(2, Some(b)); // CompletingRebalance
    check(&mut bench, Some(b), 2, ErrorCode::RebalanceInProgress);
    check(&mut bench, Some(b), 1, ErrorCode::IllegalGeneration);
}

#[test]
fn only_an_empty_group_is_reset_from_outside() {
    let mut bench = Bench::new();
    let (a, b) = bench.pair();
    let offsets = [(Partition { topic: ORDERS, index: 0 }, Offset(5))];
    let refused = bench.coordinator.reset_offsets(&mut bench.host, PAY, &offsets);
    assert_eq!(refused, Err(ErrorCode::UnknownMemberId));
    bench.leave(a);
    bench.leave(b);
    assert_eq!(bench.coordinator.reset_offsets(&mut bench.host, PAY, &offsets), Ok(()));
    bench.written(Ok(()));
    let (partition, offset) = offsets[0];
    assert!(bench.host.notes.contains(&Note::OffsetCommitted { group: PAY, partition, offset }));
}

#[test]
fn what_was_written_rebuilds_the_group_elsewhere() {
    let mut bench = Bench::new();
    let (a, b) = bench.pair();
    bench.commit(Some(b), 1, 4);
    bench.written(Ok(()));
    let mut other = Bench::new();
    other.reload(&bench);
    assert_eq!(other.state(), bench.state());
    let (old, new) = (bench.group(), other.group());
    assert_eq!((new.leader, new.assignor), (Some(a), Some("range")));
    assert_eq!(new.offsets, old.offsets);
    assert_eq!(new.owners().collect::<Vec<_>>().len(), 2);
    for (old, new) in old.members.iter().zip(&new.members) {
        assert_eq!((old.id, &old.assigned), (new.id, &new.assigned));
    }
    assert_eq!(other.beat(a, 1), ErrorCode::None, "nobody has to join again");
    other.pass(Micros::secs(46));
    assert_eq!(other.state(), (Empty, 2, 0), "sessions began with the load");
}

#[test]
fn a_coordinator_that_lost_its_partition_sends_everybody_away() {
    let mut bench = Bench::new();
    let (a, _) = bench.pair();
    let join = bench.join(1, Some(a));
    let commit = bench.commit(Some(a), 1, 4);
    bench.coordinator.unload(&mut bench.host, 0);
    assert_eq!(bench.error(join), Some(ErrorCode::NotCoordinator));
    assert_eq!(bench.error(commit), Some(ErrorCode::NotCoordinator));
    assert_eq!(bench.beat(a, 1), ErrorCode::NotCoordinator);
    bench.written(Err(ErrorCode::NotLeaderOrFollower)); // nobody is answered twice
    assert_eq!(bench.coordinator.groups().count(), 0);
}

#[test]
fn an_assignment_that_cannot_be_stored_begins_another_rebalance() {
    for at_once in [true, false] {
        let mut bench = Bench::new();
        let (a, _) = bench.enter(1);
        bench.pass(Micros::secs(3));
        bench.host.refuses = at_once.then_some(ErrorCode::NotEnoughReplicas);
        let sync = bench.sync(a, 1, &[(a, 0)]);
        if !at_once {
            bench.written(Err(ErrorCode::NotEnoughReplicas));
        }
        assert_eq!(bench.error(sync), Some(ErrorCode::CoordinatorNotAvailable));
        assert_eq!(bench.state(), (PreparingRebalance, 1, 1));
    }
}

#[test]
fn a_client_that_hung_up_is_not_answered() {
    let mut bench = Bench::new();
    let (_, join) = bench.enter(1);
    bench.coordinator.on_disconnect(&mut bench.host, Conn::unreal(NodeId(1), ME, Lane(1)));
    bench.pass(Micros::secs(3));
    assert_eq!(bench.state(), (CompletingRebalance, 1, 1), "a member all the same");
    assert_eq!(bench.error(join), None);
}

#[test]
fn nonsense_is_refused() {
    let mut bench = Bench::new();
    let ask = |bench: &mut Bench, group, session| {
        let subscription =
            Subscription { topics: vec![], owned: vec![], generation: Generation(-1), user_data: None };
        let body = Body::JoinGroup {
            group,
            member: None,
            instance: None,
            version: JOIN_GROUP_VERSION,
            protocol_type: CONSUMER,
            session,
            rebalance: Micros::secs(300),
            assignors: vec!["range"],
            subscription,
        };
        let request = bench.send(NodeId(1), body);
        bench.error(request).unwrap()
    };
    assert_eq!(ask(&mut bench, PAY, Micros::ms(5999)), ErrorCode::InvalidSessionTimeout);
    assert_eq!(ask(&mut bench, GroupId(1), Micros::secs(45)), ErrorCode::InvalidGroupId);
    let nobody = MemberId { client: NodeId(1), serial: 4 };
    assert_eq!(bench.beat(nobody, 0), ErrorCode::UnknownMemberId);
    let partitions = vec![Partition { topic: ORDERS, index: 0 }];
    let request = bench.send(
        NodeId(1),
        Body::OffsetFetch { group: PAY, member: None, partitions: partitions.clone(), require_stable: false },
    );
    let offsets = vec![(partitions[0], None, LeaderEpoch(-1))];
    let none = Body::OffsetsFetched { error: ErrorCode::None, offsets };
    assert_eq!(bench.host.answers[&request], none, "asking is no joining");
    assert_eq!(bench.coordinator.groups().count(), 0);
}

fn in_transaction(bench: &mut Bench, member: Option<MemberId>, generation: i32, offset: i64) -> MsgId {
    let transaction = InTransaction { id: "pay".into(), version: Version::Two };
    let asked = TransactionOffsets {
        transaction,
        pid: ProducerId(7),
        epoch: ProducerEpoch(0),
        group: PAY,
        member,
        instance: None,
        generation: Generation(generation),
        offsets: vec![(Partition { topic: ORDERS, index: 0 }, Offset(offset), LeaderEpoch(0))],
    };
    bench.send(NodeId(1), Body::TxnOffsetCommit(asked))
}

fn transaction_error(bench: &Bench, request: MsgId) -> Option<ErrorCode> {
    match bench.host.answers.get(&request)? {
        Body::TxnOffsetsCommitted { results } => Some(results[0].1),
        other => panic!("{other:?}"),
    }
}

#[test]
fn offsets_of_a_transaction_wait_for_its_marker() {
    let p = Partition { topic: ORDERS, index: 0 };
    for (outcome, wanted) in [(Outcome::Commit, Some(Offset(5))), (Outcome::Abort, None)] {
        let mut bench = Bench::new();
        let (a, _) = bench.pair();
        let sent = in_transaction(&mut bench, Some(a), 1, 5);
        bench.written(Ok(()));
        assert_eq!(transaction_error(&bench, sent), Some(ErrorCode::None));
        assert_eq!(bench.group().offsets.get(&p), None);
        let fetch = Body::OffsetFetch { group: PAY, member: None, partitions: vec![p], require_stable: true };
        let fetched = bench.send(NodeId(1), fetch);
        assert_eq!(bench.error(fetched), Some(ErrorCode::UnstableOffsetCommit));
        // a new coordinator finds them in the log, still waiting
        let mut next = Bench::new();
        next.reload(&bench);
        for bench in [&mut bench, &mut next] {
            bench.coordinator.on_transaction_ended(&mut bench.host, 0, ProducerId(7), outcome);
            assert_eq!(bench.group().offsets.get(&p).map(|committed| committed.offset), wanted);
        }
    }
}

#[test]
fn offsets_of_a_transaction_need_a_member_of_this_generation() {
    let mut bench = Bench::new();
    let (a, _) = bench.pair();
    let gone = MemberId { client: NodeId(1), serial: 99 };
    for (member, generation, error) in [
        (Some(a), 0, ErrorCode::IllegalGeneration),
        (Some(gone), 1, ErrorCode::UnknownMemberId),
        (None, 1, ErrorCode::UnknownMemberId),
    ] {
        let sent = in_transaction(&mut bench, member, generation, 5);
        assert_eq!(transaction_error(&bench, sent), Some(error));
    }
    let nobody = in_transaction(&mut bench, None, -1, 5);
    bench.written(Ok(()));
    assert_eq!(transaction_error(&bench, nobody), Some(ErrorCode::None), "a producer need not say who read");
}

const DAY: Micros = Micros::secs(86_400);

#[test]
fn offsets_of_an_empty_group_expire_seven_days_after_it_became_empty() {
    let p = Partition { topic: ORDERS, index: 0 };
    let mut bench = Bench::new();
    let (a, b) = bench.pair();
    bench.commit(Some(a), 1, 4);
    bench.written(Ok(()));
    bench.pass(Micros::secs(20));
    bench.leave(a);
    bench.leave(b);
    bench.written(Ok(()));
    let empty = bench.host.now;
    bench.pass(Micros(7 * DAY.0));
    assert!(bench.host.unwritten.is_empty(), "not yet");
    bench.pass(Micros::secs(600));
    bench.written(Ok(()));
    assert!(bench.host.notes.contains(&Note::OffsetExpired { group: PAY, partition: p }));
    assert!(bench.coordinator.group(PAY).is_none(), "and the group with them");
    assert!(bench.host.now.since(empty) > Micros(7 * DAY.0));
    let mut next = Bench::new();
    next.reload(&bench);
    assert_eq!(next.coordinator.groups().count(), 0, "a new coordinator reads the tombstones");
}

#[test]
fn offsets_that_nobody_joined_for_expire_seven_days_after_the_commit() {
    let mut bench = Bench::new();
    bench.commit(None, -1, 4);
    bench.written(Ok(()));
    bench.pass(Micros(6 * DAY.0));
    bench.commit(None, -1, 5);
    bench.written(Ok(()));
    bench.pass(Micros(6 * DAY.0));
    assert!(bench.host.unwritten.is_empty(), "the later commit counts");
    bench.pass(DAY + Micros::secs(600));
    bench.written(Ok(()));
    assert!(bench.coordinator.group(PAY).is_none());
}

#[test]
fn an_offset_that_an_open_transaction_may_change_does_not_expire() {
    let mut bench = Bench::new();
    bench.commit(None, -1, 4);
    in_transaction(&mut bench, None, -1, 5);
    bench.written(Ok(()));
    bench.pass(Micros(8 * DAY.0));
    assert!(bench.host.unwritten.is_empty());
    bench.coordinator.on_transaction_ended(&mut bench.host, 0, ProducerId(7), Outcome::Abort);
    bench.pass(Micros::secs(1200));
    bench.written(Ok(()));
    assert!(bench.coordinator.group(PAY).is_none());
}

#[test]
fn a_deleted_topic_takes_its_offsets_along() {
    let mut bench = Bench::new();
    let (a, _) = bench.pair();
    bench.commit(Some(a), 1, 4);
    bench.written(Ok(()));
    bench.coordinator.on_topics_deleted(&mut bench.host, &[ORDERS]);
    bench.written(Ok(()));
    assert!(bench.group().offsets.is_empty());
    assert_eq!(bench.state(), (Stable, 1, 2));
}

#[test]
fn a_loading_coordinator_lets_heartbeats_pass_and_nothing_else() {
    let mut bench = Bench::new();
    let (a, _) = bench.pair();
    let mut next = Bench::new();
    next.host.log = bench.host.log.clone();
    next.coordinator = Coordinator::default();
    next.coordinator.load(&mut next.host, 0);
    assert_eq!(next.beat(a, 1), ErrorCode::None);
    let commit = next.commit(Some(a), 1, 4);
    assert_eq!(next.error(commit), Some(ErrorCode::CoordinatorLoadInProgress));
    next.pass(LOADING);
    assert_eq!(next.state(), (Stable, 1, 2));
    let join = next.join(1, Some(a));
    next.coordinator.load(&mut next.host, 0);
    assert_eq!(next.error(join), None, "leading on in another epoch changes nothing");
    assert!(next.group().member(a).unwrap().awaits_join());
}

#[test]
fn a_static_member_is_restored_if_its_new_id_cannot_be_stored() {
    let mut bench = Bench::new();
    bench.join_as(1, None, Some("i1"));
    bench.pass(Micros::secs(3));
    let old = bench.group().members[0].id;
    bench.sync(old, 1, &[(old, 0)]);
    bench.written(Ok(()));
    assert_eq!(bench.state(), (Stable, 1, 1));
    let failed = bench.join_as(2, None, Some("i1"));
    bench.written(Err(ErrorCode::NotEnoughReplicas));
    assert_eq!(bench.error(failed), Some(ErrorCode::CoordinatorNotAvailable));
    assert_eq!((bench.group().members[0].id, bench.group().leader), (old, Some(old)));
    assert_eq!(bench.beat(old, 1), ErrorCode::None);

    let took = bench.join_as(2, None, Some("i1"));
    assert_eq!(bench.error(took), None, "not before it is replicated");
    bench.written(Ok(()));
    let new = bench.group().members[0].id;
    assert_eq!((bench.error(took), bench.group().leader), (Some(ErrorCode::None), Some(new)));
    assert_eq!(bench.group().members[0].assigned.len(), 1, "it has what the old one had");
    let mut next = Bench::new();
    next.reload(&bench);
    assert_eq!(next.group().static_member("i1"), Some(new));
    let (instance, generation) = (Some("i1".into()), Generation(1));
    let late = bench.send(NodeId(1), Body::Heartbeat { group: PAY, member: old, instance, generation });
    assert_eq!(bench.error(late), Some(ErrorCode::FencedInstanceId));
}

#[test]
fn an_admin_takes_a_static_member_out_by_its_instance_id() {
    let mut bench = Bench::new();
    bench.join_as(1, None, Some("i1"));
    bench.pass(Micros::secs(3));
    let gone = Leaving { member: None, instance: Some("i1".into()) };
    let nobody = Leaving { member: None, instance: Some("i2".into()) };
    let members = vec![gone.clone(), nobody.clone()];
    let request = bench.send(NodeId(3), Body::LeaveGroup { group: PAY, members, why: LeaveWhy::Left });
    let members = vec![(gone, ErrorCode::None), (nobody, ErrorCode::UnknownMemberId)];
    assert_eq!(bench.host.answers[&request], Body::GroupLeft { error: ErrorCode::None, members });
    assert_eq!(bench.state().2, 0);
}
