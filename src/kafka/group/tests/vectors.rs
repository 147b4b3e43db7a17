//! The classic cases of `tests/vectors/group-state.toml`: one event on a group in a given state.
//!
//! Left out: static members and other protocol types, which the model does not have yet; protocol versions
//! before member ids were required; DeleteGroups.

use std::collections::BTreeSet;

use toml::{Table, Value};

use super::*;
use crate::kafka::group::Member;
use crate::kafka::group::group::{Parked, Phase};

const FILE: &str = include_str!("../../../../tests/vectors/group-state.toml");

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

fn covered(case: &Table) -> bool {
    if text(case, "protocol") != Some("classic") {
        return false;
    }
    let (group, event) = (case["group"].as_table().unwrap(), case["event"].as_table().unwrap());
    let strange = ["instance", "protocol_type", "client"].iter().any(|key| event.contains_key(*key));
    !group.contains_key("static")
        && !strange
        && text(event, "api") != Some("DeleteGroups")
        && (text(event, "api") != Some("JoinGroup") || int(event, "version").is_none_or(|v| v >= 4))
        && (text(event, "api") != Some("OffsetCommit") || int(event, "version").is_none_or(|v| v >= 9))
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
            instance: None,
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
    let body = match text(event, "api").unwrap() {
        "JoinGroup" => Body::JoinGroup {
            group,
            member: id,
            instance: None,
            session: Micros::ms(u64::try_from(int(event, "session_timeout_ms").unwrap_or(45_000)).unwrap()),
            rebalance: Micros::secs(300),
            assignors: vec![if event.contains_key("protocols") { "roundrobin" } else { "range" }],
            subscription: subscription(text(event, "metadata").unwrap_or("same")),
        },
        "SyncGroup" => Body::SyncGroup {
            group,
            member: id.unwrap(),
            generation,
            assignor: if event.contains_key("protocol_name") { "other" } else { "range" },
            assignments: names(event, "assignments").into_iter().map(|m| (m, Vec::new())).collect(),
        },
        "Heartbeat" => Body::Heartbeat { group, member: id.unwrap(), generation },
        "LeaveGroup" => Body::LeaveGroup { group, member: id.unwrap(), why: LeaveWhy::Left },
        "OffsetCommit" => Body::OffsetCommit {
            group,
            member: id,
            generation,
            offsets: vec![(Partition { topic: ORDERS, index: 0 }, Offset(1), LeaderEpoch(0))],
        },
        other => panic!("{other}"),
    };
    let from = id.map_or(NodeId(1), |m| m.client);
    bench.send(from, body)
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
    let said = crate::kafka::Internal::Group(PAY, Some(Arc::new(writer.record(|_| Vec::new()))));
    let timestamp = bench.host.now;
    let id = crate::kafka::RecordId(0);
    let record = Record { id, key: None, value: None, timestamp, internal: Some(said) };
    bench.coordinator.load(
        &mut bench.host,
        0,
        std::iter::once(&crate::kafka::Batch::unplaced(None, vec![record])),
    );
    let starts: Vec<Micros> = bench.group().members.iter().map(|m| m.deadline).collect();
    assert!(starts.iter().all(|at| *at == timestamp + Micros::secs(45)));
    None
}

fn run(case: &Table) -> Result<(), String> {
    let mut bench = Bench::new();
    let (event, expect) = (case["event"].as_table().unwrap(), case["expect"].as_table().unwrap());
    build(&mut bench, case["group"].as_table().unwrap());
    let asked = if event.contains_key("api") {
        let asked = request(&mut bench, event);
        bench.written(Ok(()));
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
    } else {
        assert_eq!(text(event, "check"), Some("all_members_joined"));
        bench.coordinator.on_timer(&mut bench.host);
        None
    };
    compare(&bench, asked, expect)
}

fn compare(bench: &Bench, asked: Option<MsgId>, expect: &Table) -> Result<(), String> {
    let same = |what: &str, got: String, wanted: &str| {
        if got == wanted { Ok(()) } else { Err(format!("{what} is {got}, not {wanted}")) }
    };
    if let Some(asked) = asked {
        let wanted = match text(expect, "member_error").or(text(expect, "error")).unwrap() {
            "PARKED" => "NONE",
            other => other,
        };
        same("error", bench.error(asked).unwrap_or_default().name().to_owned(), wanted)?;
        if text(expect, "error") == Some("PARKED") {
            same("answer", format!("{:?}", bench.error(asked)), "None")?;
        }
    }
    let group = bench.coordinator.group(PAY);
    if let Some(wanted) = text(expect, "state") {
        let none = if wanted == "Dead" { "Dead" } else { "(none)" };
        same("state", group.map_or(none, |g| g.state.name()).to_owned(), wanted)?;
    }
    let Some(group) = group else { return Ok(()) };
    if let Some(wanted) = int(expect, "generation") {
        same("generation", group.generation.0.to_string(), &wanted.to_string())?;
    }
    if let Some(wanted) = text(expect, "leader") {
        same("leader", WHO[group.leader.unwrap().client.0 as usize].to_owned(), wanted)?;
    }
    for gone in names(expect, "removed") {
        same("member", format!("{:?}", group.member(gone).map(|m| m.id)), "None")?;
    }
    Ok(())
}

#[test]
fn the_coordinator_answers_as_kafka_does() {
    let table: Table = FILE.parse().unwrap();
    let cases = table["case"].as_array().unwrap().iter().map(|c| c.as_table().unwrap());
    let cases: Vec<&Table> = cases.filter(|c| covered(c)).collect();
    let differ: Vec<String> =
        cases.iter().filter_map(|c| run(c).err().map(|why| format!("{}: {why}", c["id"]))).collect();
    assert!(
        cases.len() > 50 && differ.is_empty(),
        "{} of {}:\n{}",
        differ.len(),
        cases.len(),
        differ.join("\n")
    );
}
