//! The coordinator against a broker that only takes notes.

mod cases;
mod vectors;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Coordinator, Group, GroupHost};
use crate::engine::{Conn, Envelope, Lane, Micros, MsgId, NodeId};
use crate::kafka::config::{Configs, Family, Scope};
use crate::kafka::internal::CoordinatorHost;
use crate::kafka::{
    Batch, Body, ErrorCode, Generation, GroupId, GroupState, Image, LeaderEpoch, LeaveWhy, MemberId,
    MetadataRecord, Names, Note, OFFSETS_TOPIC, Offset, Partition, PartitionEpoch, PartitionState, Record,
    Role, Stamp, Subscription, TopicId,
};

const ME: NodeId = NodeId(0);
const PAY: GroupId = GroupId(0);
const ORDERS: TopicId = TopicId(0);

/// What the broker around the coordinator was told.
struct Fake {
    now: Micros,
    names: Arc<Names>,
    image: Arc<Image>,
    configs: Configs,
    serial: u64,
    answers: BTreeMap<MsgId, Body>,
    notes: Vec<Note>,
    log: Vec<Batch>,
    unwritten: Vec<u64>,
    refuses: Option<ErrorCode>,
    wake: Option<Micros>,
}

impl CoordinatorHost for Fake {
    fn now(&self) -> Micros {
        self.now
    }
    fn me(&self) -> NodeId {
        ME
    }
    fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }
    fn image(&self) -> Arc<Image> {
        Arc::clone(&self.image)
    }
    fn setting(&self, name: &str) -> i64 {
        self.configs.int(name)
    }
    fn answer(&mut self, _: Conn, request: MsgId, _: bool, body: Body) {
        assert!(self.answers.insert(request, body).is_none(), "answered twice");
    }
    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }
}

impl GroupHost for Fake {
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
    fn append(
        &mut self,
        partition: u32,
        records: Vec<Record>,
        stamp: Option<Stamp>,
        token: u64,
    ) -> Result<(), ErrorCode> {
        assert_eq!(partition, 0);
        self.refuses.map_or(Ok(()), Err)?;
        self.log.push(Batch { transactional: stamp.is_some(), ..Batch::unplaced(stamp, records) });
        self.unwritten.push(token);
        Ok(())
    }
    fn wake_at(&mut self, at: Option<Micros>) {
        self.wake = at;
    }
}

/// A coordinator of one partition, and its clients.
struct Bench {
    host: Fake,
    coordinator: Coordinator,
    requests: u64,
}

impl Bench {
    fn new() -> Self {
        let mut names = Names::default();
        for (name, role) in [("b1", Role::Broker), ("c1", Role::Consumer), ("c2", Role::Consumer)] {
            names.add_node(name, role);
        }
        let topics = [names.intern_topic("orders"), names.intern_topic(OFFSETS_TOPIC)];
        names.intern_group("pay");
        names.intern_group("");
        let mut image = Image::empty();
        for (topic, count) in topics.into_iter().zip([3, 1]) {
            image.apply(Offset(0), &MetadataRecord::Topic { topic, configs: Vec::new() });
            for index in 0..count {
                let state = PartitionState {
                    replicas: vec![ME],
                    isr: vec![ME],
                    leader: Some(ME),
                    leader_epoch: LeaderEpoch(0),
                    partition_epoch: PartitionEpoch(0),
                    ..PartitionState::default()
                };
                image.apply(Offset(0), &MetadataRecord::Partition(Partition { topic, index }, state));
            }
        }
        let host = Fake {
            now: Micros::secs(1),
            names: Arc::new(names),
            image: Arc::new(image),
            configs: Configs::new(Scope::Broker, Family::Java),
            serial: 0,
            answers: BTreeMap::new(),
            notes: Vec::new(),
            log: Vec::new(),
            unwritten: Vec::new(),
            refuses: None,
            wake: None,
        };
        let mut bench = Self { host, coordinator: Coordinator::default(), requests: 0 };
        bench.coordinator.load(&mut bench.host, 0, std::iter::empty());
        bench
    }

    fn send(&mut self, from: NodeId, body: Body) -> MsgId {
        self.requests += 1;
        let id = MsgId(self.requests);
        let conn = Conn::unreal(from, ME, Lane(1));
        let sent_at = self.host.now;
        let envelope = Envelope { id, from, to: ME, answers: None, quiet: false, sent_at, conn, body };
        self.coordinator.on_request(&mut self.host, &envelope);
        id
    }

    /// Time passes; the coordinator is woken whenever it asked for it.
    fn pass(&mut self, span: Micros) {
        let end = self.host.now + span;
        while let Some(at) = self.host.wake.filter(|at| *at <= end) {
            self.host.now = self.host.now.max(at);
            self.host.wake = None;
            self.coordinator.on_timer(&mut self.host);
        }
        self.host.now = end;
    }

    /// Everything appended so far is replicated.
    fn written(&mut self, result: Result<(), ErrorCode>) {
        for token in std::mem::take(&mut self.host.unwritten) {
            self.coordinator.on_written(&mut self.host, token, result);
        }
    }

    fn join(&mut self, client: u32, member: Option<MemberId>) -> MsgId {
        let subscription = Subscription {
            topics: vec![ORDERS],
            owned: Vec::new(),
            generation: Generation(-1),
            user_data: None,
        };
        self.send(
            NodeId(client),
            Body::JoinGroup {
                group: PAY,
                member,
                instance: None,
                session: Micros::secs(45),
                rebalance: Micros::secs(300),
                assignors: vec!["range", "cooperative-sticky"],
                subscription,
            },
        )
    }

    /// Both halves of a new member's JoinGroup.
    fn enter(&mut self, client: u32) -> (MemberId, MsgId) {
        let first = self.join(client, None);
        let Some(Body::GroupJoined { error: ErrorCode::MemberIdRequired, member: Some(id), .. }) =
            self.host.answers.get(&first)
        else {
            panic!("no member id: {:?}", self.host.answers.get(&first))
        };
        let id = *id;
        (id, self.join(client, Some(id)))
    }

    fn sync(&mut self, member: MemberId, generation: i32, shares: &[(MemberId, u32)]) -> MsgId {
        let share = |&(member, index): &(MemberId, u32)| (member, vec![Partition { topic: ORDERS, index }]);
        let assignments = shares.iter().map(share).collect();
        let (group, generation) = (PAY, Generation(generation));
        let body = Body::SyncGroup { group, member, generation, assignor: "range", assignments };
        self.send(member.client, body)
    }

    fn beat(&mut self, member: MemberId, generation: i32) -> ErrorCode {
        let body = Body::Heartbeat { group: PAY, member, generation: Generation(generation) };
        let request = self.send(member.client, body);
        self.error(request).unwrap()
    }

    fn leave(&mut self, member: MemberId) -> ErrorCode {
        let body = Body::LeaveGroup { group: PAY, member, why: LeaveWhy::Left };
        let request = self.send(member.client, body);
        self.error(request).unwrap()
    }

    fn commit(&mut self, member: Option<MemberId>, generation: i32, offset: i64) -> MsgId {
        let offsets = vec![(Partition { topic: ORDERS, index: 0 }, Offset(offset), LeaderEpoch(0))];
        let (group, generation) = (PAY, Generation(generation));
        let from = member.map_or(NodeId(1), |m| m.client);
        self.send(from, Body::OffsetCommit { group, member, generation, offsets })
    }

    /// The error of a request's answer; none while it is parked.
    fn error(&self, request: MsgId) -> Option<ErrorCode> {
        match self.host.answers.get(&request)? {
            Body::GroupJoined { error, .. }
            | Body::GroupSynced { error, .. }
            | Body::HeartbeatAnswered { error }
            | Body::GroupLeft { error }
            | Body::OffsetsFetched { error, .. } => Some(*error),
            Body::OffsetsCommitted { results } => Some(results[0].1),
            other => panic!("no answer of a group: {other:?}"),
        }
    }

    fn group(&self) -> &Group {
        self.coordinator.group(PAY).unwrap()
    }

    fn state(&self) -> (GroupState, i32, usize) {
        let group = self.group();
        (group.state, group.generation.0, group.members.len())
    }

    /// A Stable group of two in generation 1; the first leads and has partition 0, the second has partition
    /// 1.
    fn pair(&mut self) -> (MemberId, MemberId) {
        let (a, _) = self.enter(1);
        let (b, _) = self.enter(2);
        self.pass(Micros::secs(6));
        self.sync(b, 1, &[]);
        self.sync(a, 1, &[(a, 0), (b, 1)]);
        self.written(Ok(()));
        assert_eq!(self.state(), (GroupState::Stable, 1, 2));
        (a, b)
    }
}
