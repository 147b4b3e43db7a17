//! The coordinator against a broker that only takes notes.

mod cases;
mod vectors;

use std::sync::Arc;

use super::{Coordinator, Group};
use crate::engine::{Lane, Micros, MsgId, NodeId};
use crate::kafka::bench::{self, Fake, ME};
use crate::kafka::internal::LOADING;
use crate::kafka::{
    Body, CONSUMER, ErrorCode, Generation, GroupId, GroupState, JOIN_GROUP_VERSION, LeaderEpoch, LeaveWhy,
    Leaving, MemberId, Note, OFFSET_COMMIT_VERSION, OFFSETS_TOPIC, Offset, Partition, Role, Subscription,
    TopicId,
};

const PAY: GroupId = GroupId(0);
const ORDERS: TopicId = TopicId(0);

type Bench = bench::Bench<Coordinator>;

impl Bench {
    fn new() -> Self {
        let clients = [("c1", Role::Consumer), ("c2", Role::Consumer), ("c3", Role::Consumer)];
        let topics: [(&str, &[Option<NodeId>]); 2] =
            [("orders", &[Some(ME), Some(ME), Some(ME)]), (OFFSETS_TOPIC, &[Some(ME)])];
        let mut host = Fake::new(&clients, &topics);
        let names = Arc::make_mut(&mut host.names);
        names.intern_group("pay");
        names.intern_group("");
        let mut bench = Self::of(host, Coordinator::default());
        bench.coordinator.load(&mut bench.host, 0);
        bench.pass(LOADING);
        bench
    }

    /// This coordinator reads what another one has written.
    fn reload(&mut self, from: &Self) {
        self.host.log.clone_from(&from.host.log);
        self.coordinator = Coordinator::default();
        self.coordinator.load(&mut self.host, 0);
        self.pass(LOADING);
    }

    fn join(&mut self, client: u32, member: Option<MemberId>) -> MsgId {
        self.join_as(client, member, None)
    }

    fn join_as(&mut self, client: u32, member: Option<MemberId>, instance: Option<&str>) -> MsgId {
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
                instance: instance.map(Arc::from),
                version: JOIN_GROUP_VERSION,
                protocol_type: CONSUMER,
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
        let instance = self.instance(member);
        let body = Body::SyncGroup { group, member, instance, generation, assignor: "range", assignments };
        self.send(member.client, body)
    }

    fn beat(&mut self, member: MemberId, generation: i32) -> ErrorCode {
        let instance = self.instance(member);
        let body = Body::Heartbeat { group: PAY, member, instance, generation: Generation(generation) };
        let request = self.send(member.client, body);
        self.error(request).unwrap()
    }

    fn leave(&mut self, member: MemberId) -> ErrorCode {
        let members = vec![Leaving { member: Some(member), instance: None }];
        let body = Body::LeaveGroup { group: PAY, members, why: LeaveWhy::Left };
        let request = self.send(member.client, body);
        self.error(request).unwrap()
    }

    /// The group.instance.id of a member, as its process knows it.
    fn instance(&self, member: MemberId) -> Option<Arc<str>> {
        self.coordinator.group(PAY)?.member(member)?.instance.clone()
    }

    fn commit(&mut self, member: Option<MemberId>, generation: i32, offset: i64) -> MsgId {
        let offsets = vec![(Partition { topic: ORDERS, index: 0 }, Offset(offset), LeaderEpoch(0))];
        let (group, generation) = (PAY, Generation(generation));
        let from = member.map_or(NodeId(1), |m| m.client);
        let instance = member.and_then(|member| self.instance(member));
        let version = OFFSET_COMMIT_VERSION;
        self.send(from, Body::OffsetCommit { group, version, member, instance, generation, offsets })
    }

    /// The error of a request's answer; none while it is parked.
    fn error(&self, request: MsgId) -> Option<ErrorCode> {
        match self.host.answers.get(&request)? {
            Body::GroupJoined { error, .. }
            | Body::GroupSynced { error, .. }
            | Body::HeartbeatAnswered { error }
            | Body::OffsetsFetched { error, .. } => Some(*error),
            Body::GroupLeft { error, members } => {
                Some(members.iter().map(|(_, e)| *e).find(|e| *e != ErrorCode::None).unwrap_or(*error))
            }
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
