//! The classic cases of `tests/vectors/group-state.toml`, one event on a group in a given state, and where groups and transactional ids
//! live (`coordinator-hash.toml`).

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::*;
use crate::engine::Conn;
use crate::kafka::bench::{agree, cases};
use crate::kafka::group::Member;
use crate::kafka::group::group::{Parked, Phase};
use crate::kafka::internal::InternalTopic;
use crate::kafka::{Batch, Internal, Record, RecordId, TRANSACTIONS_TOPIC};

/// A member of a case; its place in this list is its process.
const WHO: [&str; 8] = ["", "L", "F", "P", "P1", "P2", "S", "m-x"];

fn member(name: &str) -> MemberId {
    let place = WHO.iter().position(|known| *known == name).unwrap();
    MemberId { client: NodeId(u32::try_from(place).unwrap()), serial: 0 }
}

fn names(table: &Table, key: &str) -> Vec<MemberId> {
    let list = table.get(key).and_then(Value::as_array);
    list.into_iter().flatten().map(|v| member(v.as_str().unwrap())).collect()
}

fn text<'a>(table: &'a Table, key: &str) -> Option<&'a str> {
    table.get(key).and_then(Value::as_str)
}

fn int(table: &Table, key: &str) -> Option<i32> {
    table.get(key).and_then(Value::as_integer).map(|n| i32::try_from(n).unwrap())
}

/// `static = { S = "i1" }`.
fn instance_of(group: &Table, id: MemberId) -> Option<Arc<str>> {
    let known = group.get("static").and_then(Value::as_table)?;
    known.iter().find(|(name, _)| member(name) == id).map(|(_, instance)| instance.as_str().unwrap().into())
}

fn subscription(metadata: &str) -> Subscription {
    let topics = if metadata == "changed" { vec![ORDERS, TopicId(1)] } else { vec![ORDERS] };
    Subscription { topics, owned: Vec::new(), generation: Generation(-1), user_data: None }
}

fn state(name: &str) -> GroupState {
    let all = [
        GroupState::Empty,
        GroupState::PreparingRebalance,
        GroupState::CompletingRebalance,
        GroupState::Stable,
        GroupState::Dead,
    ];
    all.into_iter().find(|s| s.name() == name).unwrap()
}

/// The group as the case describes it; nothing is due.
fn build(bench: &mut Bench, table: &Table) {
    let Some(name) = text(table, "state").filter(|s| *s != "(none)") else { return };
    let never = Micros::secs(100_000);
    let mut group = Group::new(PAY);
    group.state = state(name);
    group.generation = Generation(int(table, "generation").unwrap_or(0));
    group.leader = text(table, "leader").filter(|l| !l.is_empty()).map(member);
    group.assignor = (!matches!(group.state, GroupState::Empty | GroupState::Dead)).then_some("range");
    let (join, sync) = (names(table, "awaiting_join"), names(table, "awaiting_sync"));
    let mut request = 1000;
    for id in names(table, "members") {
        request += 1;
        let parked = Parked { conn: Some(Conn::unreal(id.client, ME, Lane(1))), request: MsgId(request) };
        group.members.push(Member {
            id,
            instance: instance_of(table, id),
            session: Micros::secs(45),
            rebalance: Micros::secs(300),
            assignors: vec!["range"],
            subscription: subscription("same"),
            assigned: Vec::new(),
            deadline: never,
            join: join.contains(&id).then_some(parked),
            sync: sync.contains(&id).then_some(parked),
            is_new: false,
        });
    }
    group.protocol_type = (!group.members.is_empty()).then_some(CONSUMER);
    group.pending = names(table, "pending").into_iter().map(|id| (id, never)).collect();
    let pending_sync: BTreeSet<MemberId> = names(table, "pending_sync").into_iter().collect();
    group.phase = match (group.state, text(table, "previous_state")) {
        (GroupState::PreparingRebalance, Some("Empty")) => {
            Phase::Gathering { until: never, delay: Micros::secs(3), left: Micros::secs(297) }
        }
        (GroupState::PreparingRebalance, _) => Phase::Joining { until: never },
        (GroupState::CompletingRebalance, _) => Phase::Syncing { until: never },
        _ if !pending_sync.is_empty() => Phase::Syncing { until: never },
        _ => Phase::Quiet,
    };
    group.pending_sync = pending_sync;
    if let Some(most) = int(table, "max_size") {
        bench.host.configs.set("group.max.size", &most.to_string()).unwrap();
    }
    bench.coordinator.place(group);
}

fn request(bench: &mut Bench, event: &Table) -> MsgId {
    let id = text(event, "from").filter(|from| !from.is_empty()).map(member);
    let generation = Generation(int(event, "generation").unwrap_or(-1));
    let group = if text(event, "group_id") == Some("") { GroupId(1) } else { PAY };
    let instance = text(event, "instance").map(Arc::from);
    let version = |newest: i16| int(event, "version").map_or(newest, |v| i16::try_from(v).unwrap());
    let body = match text(event, "api").unwrap() {
        "JoinGroup" => Body::JoinGroup {
            group,
            member: id,
            instance,
            version: version(JOIN_GROUP_VERSION),
            protocol_type: if event.contains_key("protocol_type") { "connect" } else { CONSUMER },
            session: Micros::ms(u64::try_from(int(event, "session_timeout_ms").unwrap_or(45_000)).unwrap()),
            rebalance: Micros::secs(300),
            assignors: vec![if event.contains_key("protocols") { "roundrobin" } else { "range" }],
            subscription: subscription(text(event, "metadata").unwrap_or("same")),
        },
        "SyncGroup" => Body::SyncGroup {
            group,
            member: id.unwrap(),
            instance,
            generation,
            assignor: if event.contains_key("protocol_name") { "other" } else { "range" },
            assignments: names(event, "assignments").into_iter().map(|m| (m, Vec::new())).collect(),
        },
        "Heartbeat" => Body::Heartbeat { group, member: id.unwrap(), instance, generation },
        "LeaveGroup" => {
            Body::LeaveGroup { group, members: vec![Leaving { member: id, instance }], why: LeaveWhy::Left }
        }
        "OffsetCommit" => Body::OffsetCommit {
            group,
            version: version(OFFSET_COMMIT_VERSION),
            member: id,
            instance,
            generation,
            offsets: vec![(Partition { topic: ORDERS, index: 0 }, Offset(1), LeaderEpoch(0))],
        },
        other => panic!("{other}"),
    };
    let from = id.map_or(NodeId(1), |m| m.client);
    bench.send(from, body)
}

/// DeleteGroups: an admin's request, which has no message of its own here.
fn delete(bench: &mut Bench, expect: &Table) -> Result<(), String> {
    let error = bench.coordinator.delete_group(&mut bench.host, PAY).err().unwrap_or_default();
    bench.written(Ok(()));
    same("error", error.name(), text(expect, "error").unwrap())
}

/// A consumer with a group.instance.id closes: nothing comes from it, and its session runs on.
fn close(bench: &mut Bench, id: MemberId) {
    let until = bench.host.now + Micros::secs(45);
    let group = bench.coordinator.place_mut(PAY).unwrap();
    assert!(group.member(id).is_some_and(|m| m.instance.is_some()));
    group.member_mut(id).unwrap().deadline = until;
    bench.coordinator.on_timer(&mut bench.host);
    bench.pass(Micros::ms(44_999));
}

/// Something that happens by itself: what it concerns is due now.
fn timer(bench: &mut Bench, event: &Table) {
    let now = bench.host.now;
    let group = bench.coordinator.place_mut(PAY).unwrap();
    match text(event, "timer").unwrap() {
        "session" => {
            let id = member(text(event, "member").unwrap());
            if let Some(until) = group.pending.get_mut(&id) {
                *until = now;
            }
            if let Some(member) = group.member_mut(id) {
                member.deadline = now;
            }
        }
        "initial_rebalance_delay" => {
            group.newcomer = event.get("new_member_added").and_then(Value::as_bool) == Some(true);
            let left = Micros::ms(u64::try_from(int(event, "remaining_ms").unwrap_or(0)).unwrap());
            group.phase = Phase::Gathering { until: now, delay: Micros::secs(3), left };
        }
        "rebalance" => group.phase = Phase::Joining { until: now },
        "pending_sync" => group.phase = Phase::Syncing { until: now },
        other => panic!("{other}"),
    }
    bench.coordinator.on_timer(&mut bench.host);
}

fn coordinator_event(bench: &mut Bench, event: &Table) -> Option<MsgId> {
    if text(event, "coordinator") == Some("partition moved away") {
        let parked = bench.group().members.iter().find_map(|m| m.sync).map(|p| p.request);
        bench.coordinator.unload(&mut bench.host, 0);
        return parked;
    }
    let record = text(event, "record").unwrap();
    let generation = if record.contains("generation 4") { 4 } else { 3 };
    let mut writer = Group::new(PAY);
    writer.generation = Generation(generation);
    writer.assignor = Some("range");
    if record.contains("members L and F") {
        let mut other = Bench::new();
        let table: Table = "state = 'Stable'\nleader = 'L'\nmembers = ['L', 'F']".parse().unwrap();
        build(&mut other, &table);
        writer = Group { generation: Generation(generation), ..other.group().clone() };
    }
    let said = Internal::Group(PAY, Some(Arc::new(writer.record(|_| Vec::new()))));
    let timestamp = bench.host.now;
    let id = RecordId(0);
    let record = Record { id, key: None, value: None, timestamp, internal: Some(said) };
    bench.host.log.push(Batch::unplaced(None, vec![record]));
    bench.coordinator = Coordinator::default();
    bench.coordinator.load(&mut bench.host, 0);
    bench.pass(LOADING);
    let timestamp = bench.host.now;
    let starts: Vec<Micros> = bench.group().members.iter().map(|m| m.deadline).collect();
    assert!(starts.iter().all(|at| *at == timestamp + Micros::secs(45)));
    None
}

fn run(case: &Table) -> Result<(), String> {
    let mut bench = Bench::new();
    let (event, expect) = (case["event"].as_table().unwrap(), case["expect"].as_table().unwrap());
    build(&mut bench, case["group"].as_table().unwrap());
    let asked = if text(event, "api") == Some("DeleteGroups") {
        delete(&mut bench, expect)?;
        None
    } else if event.contains_key("api") {
        let asked = request(&mut bench, event);
        bench.written(Ok(()));
        if event.contains_key("instance") {
            static_members(&bench, case, asked)?;
        }
        Some(asked)
    } else if let Some(error) = text(event, "append_result") {
        assert_eq!(error, "NOT_ENOUGH_REPLICAS");
        let asked = bench.sync(member("L"), 3, &[]);
        bench.written(Err(ErrorCode::NotEnoughReplicas));
        Some(asked)
    } else if event.contains_key("timer") {
        timer(&mut bench, event);
        None
    } else if event.contains_key("coordinator") {
        coordinator_event(&mut bench, event)
    } else if text(event, "client") == Some("close") {
        close(&mut bench, member(text(event, "member").unwrap()));
        None
    } else {
        assert_eq!(text(event, "check"), Some("all_members_joined"));
        bench.coordinator.on_timer(&mut bench.host);
        None
    };
    compare(&bench, asked, expect)
}

fn same(what: &str, got: impl AsRef<str>, wanted: &str) -> Result<(), String> {
    let got = got.as_ref();
    if got == wanted { Ok(()) } else { Err(format!("{what} is {got}, not {wanted}")) }
}

/// What became of a member whose place a process with its group.instance.id took.
fn static_members(bench: &Bench, case: &Table, asked: MsgId) -> Result<(), String> {
    let (before, event) = (case["group"].as_table().unwrap(), case["event"].as_table().unwrap());
    let id = bench.group().static_member(text(event, "instance").unwrap());
    let replaces = text(event, "from") == Some("") && before.contains_key("static");
    same("replaced", (id != Some(member("S"))).to_string(), &replaces.to_string())
        .or_else(|why| if before.contains_key("static") { Err(why) } else { Ok(()) })?;
    let parked = |key: &str| names(before, key).contains(&member("S"));
    if replaces && (parked("awaiting_join") || parked("awaiting_sync")) {
        let place = names(before, "members").iter().position(|m| *m == member("S")).unwrap();
        let error = bench.error(MsgId(1001 + u64::try_from(place).unwrap())).unwrap_or_default();
        same("the old member's answer", error.name(), "FENCED_INSTANCE_ID")?;
    }
    match bench.host.answers.get(&asked) {
        Some(Body::GroupJoined { error: ErrorCode::None, skip_assignment, .. }) => {
            let led = text(before, "leader") == Some("S");
            same("skip_assignment", skip_assignment.to_string(), &led.to_string())
        }
        _ => Ok(()),
    }
}

fn compare(bench: &Bench, asked: Option<MsgId>, expect: &Table) -> Result<(), String> {
    if let Some(asked) = asked {
        let wanted = match text(expect, "member_error").or(text(expect, "error")).unwrap() {
            "PARKED" => "NONE",
            other => other,
        };
        same("error", bench.error(asked).unwrap_or_default().name(), wanted)?;
        if text(expect, "error") == Some("PARKED") {
            same("answer", format!("{:?}", bench.error(asked)), "None")?;
        }
    }
    let group = bench.coordinator.group(PAY);
    if let Some(wanted) = text(expect, "state") {
        let none = if wanted == "Dead" { "Dead" } else { "(none)" };
        same("state", group.map_or(none, |g| g.state.name()), wanted)?;
    }
    let Some(group) = group else { return Ok(()) };
    if let Some(wanted) = int(expect, "generation") {
        same("generation", group.generation.0.to_string(), &wanted.to_string())?;
    }
    if let Some(wanted) = text(expect, "leader") {
        same("leader", WHO[group.leader.unwrap().client.0 as usize], wanted)?;
    }
    for gone in names(expect, "removed") {
        same("member", format!("{:?}", group.member(gone).map(|m| m.id)), "None")?;
    }
    Ok(())
}

#[test]
fn the_coordinator_answers_as_kafka_does() {
    let classic = |case: &Table| text(case, "protocol") == Some("classic");
    let cases: Vec<Table> = cases("group-state.toml").into_iter().filter(classic).collect();
    agree("group-state (classic)", &cases, run);
}

#[test]
fn groups_and_transactional_ids_live_where_they_do_in_kafka() {
    agree("coordinator-hash", &cases("coordinator-hash.toml"), |case| {
        let (kind, topic) = match text(case, "kind").unwrap() {
            "group" => (InternalTopic::Offsets, OFFSETS_TOPIC),
            "txn" => (InternalTopic::Transactions, TRANSACTIONS_TOPIC),
            other => panic!("{other}"),
        };
        let leaders = vec![Some(ME); usize::try_from(int(case, "partitions").unwrap()).unwrap()];
        let host = Fake::new(&[], &[(topic, &leaders)]);
        let home = kind.home(&host.names, &host.image, text(case, "key").unwrap());
        same("partition", home.unwrap().1.to_string(), &int(case, "partition").unwrap().to_string())
    });
}
