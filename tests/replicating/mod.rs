//! The leader's books against a table, and real brokers whose every fetch waits on the wire until it is let through.

pub mod electing;
pub mod voting;

use std::collections::BTreeMap;

use kafkarium::engine::{Fault, Micros, NodeId, RuleAction, Tier};
use kafkarium::kafka::broker::{Broker, Leading, Standing};
use kafkarium::kafka::config::{Configs, Family, Scope};
use kafkarium::kafka::controller::Controller;
use kafkarium::kafka::producer::{Producer, ProducerSpec};
use kafkarium::kafka::{
    Acks, Body, BrokerEpoch, Command, Names, Offset, Partition, PartitionState, Process, Role, Send, World,
};
use toml::{Table, Value};

const LAG: Micros = Micros::secs(30);
const LATER: Micros = Micros::secs(100);

fn number(case: &Table, name: &str) -> i64 {
    case[name].as_integer().unwrap()
}

fn size(case: &Table, name: &str) -> usize {
    usize::try_from(number(case, name)).unwrap()
}

fn yes(case: &Table, name: &str) -> bool {
    case[name].as_bool().unwrap()
}

fn broker(n: i64) -> NodeId {
    NodeId(u32::try_from(n).unwrap())
}

fn brokers(list: Option<&Value>) -> Vec<NodeId> {
    let ids = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    ids.iter().map(|id| broker(id.as_integer().unwrap())).collect()
}

fn tables(list: &Value) -> impl Iterator<Item = &Table> {
    list.as_array().unwrap().iter().map(|one| one.as_table().unwrap())
}

fn acks(n: i64) -> Acks {
    match n {
        0 => Acks::Zero,
        1 => Acks::One,
        _ => Acks::All,
    }
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, got: T, wanted: T) -> Result<(), String> {
    if got == wanted { Ok(()) } else { Err(format!("{what} is {got:?}, not {wanted:?}")) }
}

/// Runs one case of `hw.toml`.
pub fn holds(case: &Table) -> Result<(), String> {
    match case["kind"].as_str().unwrap() {
        "snapshot" => snapshot(case),
        "admission" => admission(case),
        "lag" => lag(case),
        "isr_expand" => expand(case),
        "sequence" => Tank::new(case).play(case),
        other => Err(format!("there is no kind {other}")),
    }
}

fn books(replicas: Vec<NodeId>, isr: Vec<NodeId>, end: Offset, now: Micros) -> Leading {
    let state = PartitionState { replicas, isr, leader: Some(broker(1)), ..PartitionState::default() };
    Leading::begin(broker(1), &state, end, now)
}

/// The high watermark rule once, and what becomes of a produce that waits.
fn snapshot(case: &Table) -> Result<(), String> {
    let followers: Vec<&Table> = tables(&case["followers"]).collect();
    let mut replicas = vec![broker(1)];
    replicas.extend(followers.iter().map(|f| broker(number(f, "id"))));
    let end = Offset(number(case, "leader_leo"));
    let mut leading = books(replicas, brokers(case.get("isr")), end, Micros::ZERO);
    let joining = brokers(case.get("pending_isr_additions"));
    if !joining.is_empty() {
        leading.pending = Some([leading.isr.clone(), joining].concat());
    }
    for table in &followers {
        let follower = leading.followers.get_mut(&broker(number(table, "id"))).unwrap();
        follower.log_end = Some(number(table, "leo")).filter(|leo| *leo >= 0).map(Offset);
        follower.caught_up = yes(table, "caught_up_within_lag").then_some(LATER);
    }
    let eligible =
        |id: NodeId| followers.iter().any(|f| broker(number(f, "id")) == id && yes(f, "isr_eligible"));
    let min = size(case, "min_insync_replicas");
    let before = Offset(number(case, "hw_before"));
    let hw = leading.next_high_watermark(before, end, min, LATER, LAG, eligible);
    same("high watermark", hw.0, number(case, "hw_after"))?;
    let produce = case["produce"].as_table().unwrap();
    let acks = acks(number(produce, "acks"));
    let required = Offset(number(produce, "required_offset"));
    let result = match leading.standing(acks, required, hw, min, yes(produce, "timeout_reached")) {
        Standing::Untold => "no_response",
        Standing::Waiting => "waiting",
        Standing::Settled(kafkarium::kafka::ErrorCode::None) if acks == Acks::One => "ok_on_append",
        Standing::Settled(kafkarium::kafka::ErrorCode::None) => "ok",
        Standing::Settled(error) => error.name(),
    };
    same("produce", result, case["produce_result"].as_str().unwrap())
}

fn admission(case: &Table) -> Result<(), String> {
    let replicas = (1..=number(case, "replication_factor")).map(broker).collect();
    let leading = books(replicas, brokers(case.get("isr")), Offset(0), Micros::ZERO);
    let verdict = leading.admit(acks(number(case, "acks")), size(case, "min_insync_replicas"));
    same("result", verdict.map_or_else(|e| e.name(), |()| "appended"), case["result"].as_str().unwrap())
}

/// When a follower counts as caught up, and when it has fallen behind.
fn lag(case: &Table) -> Result<(), String> {
    let limit = Micros::ms(u64::try_from(number(case, "replica_lag_time_max_ms")).unwrap());
    let follower = broker(2);
    let (mut leading, mut end, mut behind) = (None::<Leading>, Offset(0), false);
    for step in tables(&case["steps"]) {
        let now = Micros::ms(u64::try_from(number(step, "t")).unwrap());
        match step["event"].as_str().unwrap() {
            "become_leader" => {
                end = Offset(number(step, "leader_leo"));
                let mut isr = vec![broker(1)];
                isr.extend(yes(step, "follower_in_isr").then_some(follower));
                leading = Some(books(vec![broker(1), follower], isr, end, now));
            }
            "append" => end = Offset(number(step, "leader_leo")),
            "follower_fetch" => {
                let offset = Offset(number(step, "fetch_offset"));
                let books = leading.as_mut().unwrap().followers.get_mut(&follower).unwrap();
                books.fetched(now, offset, end, BrokerEpoch(1));
            }
            _ => {
                let leading = leading.as_ref().unwrap();
                let at = leading.followers.get(&follower).unwrap().caught_up.unwrap_or_default();
                same("caught up", at.0 / 1000, number(step, "expect_last_caught_up_t").cast_unsigned())?;
                behind = leading.lagging(now, end, limit).contains(&follower);
            }
        }
    }
    same("out of sync", behind, yes(case, "out_of_sync"))
}

fn expand(case: &Table) -> Result<(), String> {
    let start = Offset(number(case, "leader_epoch_start_offset"));
    let mut leading = books(vec![broker(1), broker(2), broker(3)], vec![broker(1)], start, Micros::ZERO);
    if yes(case, "alter_partition_in_flight") {
        leading.pending = Some(vec![broker(1), broker(3)]);
    }
    let offset = Offset(number(case, "follower_fetch_offset"));
    let end = Offset(1000);
    leading.followers.get_mut(&broker(2)).unwrap().fetched(LATER, offset, end, BrokerEpoch(1));
    let joins = leading.may_join(broker(2), Offset(number(case, "leader_hw")), yes(case, "eligible"));
    same("joins", joins, yes(case, "joins"))
}

/// A controller, brokers 1 to n with one partition led by 1, and a producer with acks=1.
struct Tank {
    world: World,
    partition: Partition,
    producer: NodeId,
    inputs: u32,
    /// What each follower was told last: an answer without news leaves it out.
    told: BTreeMap<NodeId, Offset>,
}

impl Tank {
    fn new(case: &Table) -> Self {
        let count = case["isr"].as_array().unwrap().len();
        let mut names = Names::default();
        let controller = names.add_node("k1", Role::Controller);
        let ids: Vec<NodeId> = (1..=count).map(|n| names.add_node(&format!("b{n}"), Role::Broker)).collect();
        let producer = names.add_node("p", Role::Producer);
        let topic = names.intern_topic("orders");
        names.intern_topic("__consumer_offsets");
        let server = Configs::new(Scope::Broker, Family::Java);
        let mut client = Configs::new(Scope::Producer, Family::Java);
        client.set("acks", "1").unwrap();
        client.set("enable.idempotence", "false").unwrap();
        let mut world = World::new(1, names);
        world.add(Process::Controller(Box::new(Controller::new(server.clone()))), Tier::Server);
        for _ in &ids {
            world.add(Process::Broker(Box::new(Broker::new(server.clone()))), Tier::Server);
        }
        let spec = ProducerSpec { configs: client, topics: vec![topic], workload: None };
        world.add(Process::Producer(Box::new(Producer::new(spec))), Tier::Client);
        let partition = Partition { topic, index: 0 };
        let mut tank = Self { world, partition, producer, inputs: 0, told: BTreeMap::new() };
        tank.input(|world| {
            for id in std::iter::once(controller).chain(ids.clone()) {
                world.start(id);
            }
        });
        tank.run(Micros::secs(1));
        let replication = u32::try_from(count).unwrap();
        let min = number(case, "min_insync_replicas").to_string();
        let configs = vec![("min.insync.replicas", min.as_str().into())];
        let replicas = Some(vec![ids.clone()]);
        let create = Command::CreateTopic { topic, replicas, partitions: 1, replication, configs };
        tank.input(|world| {
            world.command(controller, create);
            world.start(producer);
        });
        tank.run(Micros::secs(1));
        for id in &ids[1..] {
            tank.hold(*id);
            tank.told.insert(*id, Offset(0));
        }
        tank.run(Micros::secs(1)); // what was parked is answered, the next fetches wait on the wire
        tank
    }

    fn input(&mut self, act: impl FnOnce(&mut World)) {
        self.inputs += 1;
        self.world.begin_input(self.inputs);
        act(&mut self.world);
    }

    fn run(&mut self, span: Micros) {
        let end = self.world.now() + span;
        while self.world.next_at().is_some_and(|at| at <= end) {
            self.world.step();
        }
        self.world.pass_to(end);
    }

    fn hold(&mut self, follower: NodeId) {
        let leader = broker(1);
        let rule = Fault::Rule {
            from: Some(follower),
            to: Some(leader),
            api: Some("Fetch"),
            answer: Some(false),
            action: RuleAction::Hold,
        };
        self.input(|world| world.fault(rule));
    }

    fn broker(&self, id: NodeId) -> &Broker {
        let Process::Broker(broker) = self.world.node(id) else { panic!("no broker") };
        broker
    }

    fn ends(&self, id: NodeId) -> (i64, i64) {
        let broker = self.broker(id);
        (broker.log(self.partition).unwrap().end().0, broker.high_watermark(self.partition).unwrap().0)
    }

    /// The leader's answer that is on its way: records and high watermark, as the follower will take them.
    fn answer_to(&self, follower: NodeId) -> Option<(i64, Offset)> {
        self.world.flights().find_map(|flight| match &flight.envelope.body {
            Body::Fetched { partitions, .. } if flight.envelope.to == follower => {
                let found = partitions.iter().find(|found| found.partition == self.partition);
                let records = found.map_or(0, |f| f.batches.iter().map(|b| b.count()).sum());
                Some((records, found.map_or(self.told[&follower], |f| f.high_watermark)))
            }
            _ => None,
        })
    }

    /// Runs until an answer to this follower leaves, at most so long; then until the follower has taken it in.
    fn await_answer(&mut self, follower: NodeId, within: Micros) -> Option<(i64, Offset)> {
        let deadline = self.world.now() + within;
        while self.answer_to(follower).is_none() {
            if self.world.next_at().is_none_or(|at| at > deadline) {
                return None;
            }
            self.world.step();
        }
        let answer = self.answer_to(follower);
        self.told.extend(answer.map(|(_, hw)| (follower, hw)));
        while self.answer_to(follower).is_some() {
            self.world.step();
        }
        answer
    }

    fn append(&mut self, records: i64) {
        let topic = self.partition.topic;
        let send = Send { topic, key: Some((*b"k").into()), value: None, partition: Some(0) };
        let sends = (0..records).map(|_| send.clone()).collect();
        let producer = self.producer;
        self.input(|world| {
            world.command(producer, Command::Produce(sends));
            world.command(producer, Command::Flush);
        });
        self.run(Micros::ms(20));
    }

    fn play(mut self, case: &Table) -> Result<(), String> {
        for (ix, step) in tables(&case["steps"]).enumerate() {
            self.step(step)
                .and_then(|()| self.check(step))
                .map_err(|why| format!("step {}: {why}", ix + 1))?;
        }
        Ok(())
    }

    fn step(&mut self, step: &Table) -> Result<(), String> {
        let from = step.get("from").map(|id| broker(id.as_integer().unwrap()));
        match (step["event"].as_str().unwrap(), from) {
            ("append", _) => self.append(number(step, "records")),
            ("fetch", Some(from)) => {
                self.input(|world| world.fault(Fault::Release { from, to: broker(1) }));
                self.hold(from);
                let answer = self.await_answer(from, Micros::ms(10));
                if step["response"].as_str() == Some("parked") {
                    return same("answer", answer, None);
                }
                let wanted = (number(step, "records"), Offset(number(step, "response_hw")));
                same("answer", answer, Some(wanted))?;
            }
            (_, Some(from)) => {
                let answer = self.await_answer(from, Micros::ms(600));
                same("late answer", answer, Some((0, Offset(number(step, "response_hw")))))?;
            }
            (other, None) => return Err(format!("there is no event {other}")),
        }
        Ok(())
    }

    fn check(&self, step: &Table) -> Result<(), String> {
        let after = step["after"].as_table().unwrap();
        let wanted = |table: &Table| (number(table, "leo"), number(table, "hw"));
        same("leader (leo, hw)", self.ends(broker(1)), wanted(after["leader"].as_table().unwrap()))?;
        for table in tables(&after["followers"]) {
            let id = broker(number(table, "id"));
            same(&format!("b{} (leo, hw)", id.0), self.ends(id), wanted(table))?;
        }
        Ok(())
    }
}
