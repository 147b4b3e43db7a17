//! The consumer-protocol cases of `tests/vectors/group-state.toml`, through the code that answers heartbeats.

#![allow(clippy::unwrap_used, clippy::panic)] // in tests they say what went wrong

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use super::heartbeat::Ground;
use super::reconcile::{Goal, reconcile};
use super::*;
use crate::engine::NodeId;
use crate::kafka::{Body, ConsumerHeartbeat, Image, LeaveWhy, MetadataRecord, Offset, PartitionState};

const FILE: &str = include_str!("../../../../tests/vectors/group-state.toml");

const ME: MemberId = MemberId { client: NodeId(1), serial: 1 };
const OTHER: MemberId = MemberId { client: NodeId(2), serial: 2 };
const NEWCOMER: MemberId = MemberId { client: NodeId(3), serial: 3 };

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

fn int(table: &Table, key: &str) -> Option<i32> {
    table.get(key).and_then(Value::as_integer).map(|n| i32::try_from(n).unwrap())
}

/// `b4` is partition 4 of the second topic.
fn partition(name: &str) -> Partition {
    let topic = TopicId(u32::from(name.as_bytes()[0] - b'a'));
    Partition { topic, index: name[1..].parse().unwrap() }
}

fn list(table: &Table, key: &str) -> Option<BTreeSet<Partition>> {
    let list = table.get(key)?.as_array()?;
    Some(list.iter().map(|v| partition(v.as_str().unwrap())).collect())
}

fn current(table: &Table) -> Current {
    let states = [MemberState::Stable, MemberState::UnrevokedPartitions, MemberState::UnreleasedPartitions];
    let named = |name: &str| states.into_iter().find(|s| s.name() == name).unwrap();
    let epoch = int(table, "epoch").unwrap_or(0);
    Current {
        epoch,
        previous: int(table, "previous_epoch").unwrap_or(epoch),
        state: text(table, "state").map_or(MemberState::Stable, named),
        assigned: list(table, "assigned").unwrap_or_default(),
        pending: list(table, "pending_revocation").unwrap_or_default(),
    }
}

/// Topics `a` and `b`, ten partitions each.
fn image() -> Image {
    let mut image = Image::empty();
    for topic in [TopicId(0), TopicId(1)] {
        image.apply(Offset(0), &MetadataRecord::Topic { topic, configs: Vec::new() });
        for index in 0..10 {
            let p = Partition { topic, index };
            image.apply(Offset(0), &MetadataRecord::Partition(p, PartitionState::default()));
        }
    }
    image
}

fn ground(image: &Image) -> Ground<'_> {
    let (session, interval) = (Micros::secs(45), Micros::secs(5));
    Ground { now: Micros::secs(100), image, session, interval, most: 100 }
}

fn member(id: MemberId, current: Current, instance: Option<&str>) -> ConsumerMember {
    let metadata = MemberMetadata {
        instance: instance.map(Arc::from),
        rebalance: Micros::secs(300),
        topics: vec![TopicId(0), TopicId(1)],
        assignor: None,
    };
    ConsumerMember { metadata, current, deadline: Micros::secs(145), ..ConsumerMember::new(id) }
}

/// The group of a case: the member it speaks of, and others if it counts them.
fn group(table: &Table) -> ConsumerGroup {
    let mut group =
        ConsumerGroup { topics: BTreeMap::from([(TopicId(0), 10), (TopicId(1), 10)]), ..Default::default() };
    let epoch = int(table, "epoch").unwrap_or(0);
    group.epoch = int(table, "group_epoch").unwrap_or(epoch);
    group.target_epoch = int(table, "target_epoch").unwrap_or(group.epoch);
    if table.contains_key("epoch") {
        let me = member(ME, current(table), text(table, "instance"));
        group.target.insert(ME, me.current.assigned.clone());
        group.members.push(me);
    }
    let reconciled = int(table, "reconciled").unwrap_or(0);
    for n in 0..int(table, "members").unwrap_or(0) {
        let epoch = if n < reconciled { group.target_epoch } else { group.target_epoch - 1 };
        let id = MemberId { client: NodeId(10), serial: u64::try_from(n).unwrap() };
        group.members.push(member(id, Current { epoch, ..Current::default() }, None));
    }
    group
}

fn request(event: &Table) -> ConsumerHeartbeat {
    let epoch = int(event, "member_epoch").unwrap();
    let member = match event {
        e if e.contains_key("new_member_id") => NEWCOMER,
        e if e.contains_key("other_member_id") => OTHER,
        _ => ME,
    };
    let joins = epoch == 0;
    ConsumerHeartbeat {
        group: crate::kafka::GroupId(0),
        member,
        epoch,
        instance: text(event, "instance").map(Arc::from),
        rebalance: joins.then_some(Micros::secs(300)),
        topics: joins.then(|| vec![TopicId(0), TopicId(1)]),
        assignor: text(event, "assignor").map(Arc::from),
        owned: list(event, "owned").map(|o| o.into_iter().collect()).or(joins.then(Vec::new)),
        share: false,
    }
}

/// One step of a member towards a target.
fn step(case: &Table) -> Current {
    let event = case["event"].as_table().unwrap();
    let before = current(case["member"].as_table().unwrap());
    let (target, mut held) = (list(event, "target").unwrap(), list(event, "owned_by_others").unwrap());
    held.extend(before.assigned.iter().chain(&before.pending));
    let reported = list(event, "reported_owned");
    let epoch = int(event, "target_epoch").unwrap();
    reconcile(&before, &Goal { epoch, target: &target, held: &held, reported: reported.as_ref() })
}

/// A heartbeat, a commit or a clock; gives the error's name.
fn happen(group: &mut ConsumerGroup, event: &Table) -> &'static str {
    let image = image();
    if text(event, "timer") == Some("rebalance") {
        let now = Micros::secs(100);
        group.members[0].revoke_by = Some((now, int(event, "epoch").unwrap()));
        if let Some(why) = group.members[0].due(now) {
            assert_eq!(why, LeaveWhy::RebalanceTimeout);
            group.remove(ME, &image);
        }
        return "NONE";
    }
    match text(event, "api") {
        Some("ConsumerGroupHeartbeat") => {
            let mut request = request(event);
            // a static member always says which one it is
            request.instance = request.instance.or_else(|| group.member(ME)?.metadata.instance.clone());
            match group.hear(&request, &ground(&image)) {
                Ok((Body::ConsumerGroupHeartbeatAnswered { error, .. }, _)) => error.name(),
                Ok((body, _)) => panic!("{body:?}"),
                Err(error) => error.name(),
            }
        }
        Some("OffsetCommit") => {
            let epoch = Generation(int(event, "member_epoch").unwrap());
            group.check_epoch((epoch.0 >= 0).then_some(ME), epoch).name()
        }
        _ => "NONE",
    }
}

#[test]
fn every_case_of_the_consumer_protocol() {
    let table: Table = FILE.parse().unwrap();
    let cases = table["case"].as_array().unwrap().iter().map(|case| case.as_table().unwrap());
    let mut agree = 0;
    for case in cases.filter(|case| text(case, "protocol") == Some("consumer")) {
        let id = text(case, "id").unwrap();
        let (event, expect) = (case["event"].as_table().unwrap(), case["expect"].as_table().unwrap());
        agree += 1;
        if event.contains_key("target") {
            let after = step(case);
            let wanted = current(expect);
            assert_eq!(Current { previous: wanted.previous, ..after }, wanted, "{id}");
            continue;
        }
        let mut group = group(case["member"].as_table().unwrap());
        let error = happen(&mut group, event);
        assert_eq!(error, text(expect, "error").unwrap_or("NONE"), "{id}");
        if let Some(epoch) = int(expect, "group_epoch") {
            assert_eq!(group.epoch, epoch, "{id}");
        }
        if let Some(epoch) = int(expect, "member_epoch") {
            assert_eq!(group.members[0].current.epoch, epoch, "{id}");
        }
        if let Some(state) = text(expect, "state") {
            assert_eq!(group.members[0].current.state.name(), state, "{id}");
        }
        if let Some(state) = text(expect, "group_state") {
            assert_eq!(group.state().name(), state, "{id}");
        }
    }
    println!("group-state (consumer): {agree} agree");
    assert_eq!(agree, 29);
}
