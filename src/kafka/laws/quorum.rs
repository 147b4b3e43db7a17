//! Laws of the quorum of controllers: elections, the metadata log, and what may be told of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::look::{brokers, controller, controllers};
use super::witness::Witness;
use crate::engine::{MsgId, NodeId, Process as Life};
use crate::kafka::controller::Controller;
use crate::kafka::raft::{Place, QuorumLog, Standing};
use crate::kafka::{Body, BrokerEpoch, ErrorCode, Offset, Process, World};

/// What was seen of the quorum.
#[derive(Clone, Debug, Default)]
pub(super) struct Quorum {
    active: BTreeMap<i32, NodeId>,
    leaders: BTreeMap<i32, NodeId>,
    votes: BTreeMap<(NodeId, i32), NodeId>,
    high_watermarks: BTreeMap<NodeId, Offset>,
    /// Up to where records were ever committed.
    committed: Place,
    registered: BTreeMap<NodeId, (BrokerEpoch, Option<u32>)>,
}

impl Quorum {
    /// The offset after the last record that was ever committed.
    pub(super) fn end(&self) -> Offset {
        self.committed.offset
    }

    pub(super) fn forget(&mut self, node: NodeId) {
        self.high_watermarks.remove(&node);
    }
}

impl Witness {
    pub(super) fn see_active(&mut self, world: &World, node: NodeId, epoch: i32) {
        let newest = self.quorum.active.last_key_value().map(|(epoch, _)| *epoch);
        if newest.is_some_and(|newest| newest >= epoch) {
            let seen = format!("active in epoch {epoch} after {}", newest.unwrap_or_default());
            self.broken(world, "control.21", world.shared().node(node).to_owned(), seen);
        }
        self.quorum.active.insert(epoch, node);
    }

    pub(super) fn see_standing(&mut self, world: &World, node: NodeId, to: Standing, epoch: i32) {
        match to {
            Standing::Candidate => self.see_vote(world, node, node, epoch),
            Standing::Leader => {
                if let Some(other) = self.quorum.leaders.insert(epoch, node)
                    && other != node
                {
                    let seen = format!("leads in epoch {epoch} beside {}", world.shared().node(other));
                    self.broken(world, "control.24", world.shared().node(node).to_owned(), seen);
                }
                self.see_complete(world, node);
            }
            _ => {}
        }
    }

    pub(super) fn see_vote(&mut self, world: &World, voter: NodeId, candidate: NodeId, epoch: i32) {
        if let Some(other) = self.quorum.votes.insert((voter, epoch), candidate)
            && other != candidate
        {
            let seen = format!("two votes in epoch {epoch}");
            self.broken(world, "control.24", world.shared().node(voter).to_owned(), seen);
        }
    }

    /// A new leader has every committed record.
    fn see_complete(&mut self, world: &World, node: NodeId) {
        let Process::Controller(controller) = world.node(node) else { return };
        let last = self.quorum.committed;
        if !has(controller, last) {
            let seen = format!("leads without what was committed up to {}", last.offset);
            self.broken(world, "control.26", world.shared().node(node).to_owned(), seen);
        }
    }

    /// A controller has done something. True: what is committed has changed, and says something.
    pub(super) fn see_controller(&mut self, world: &World, node: NodeId) -> bool {
        let Process::Controller(controller) = world.node(node) else { return false };
        let raft = controller.raft();
        let Some(told) = raft.high_watermark() else { return false };
        let before = self.quorum.high_watermarks.insert(node, told);
        let early = raft.leading().is_some_and(|leading| leading.exposed && told <= leading.epoch_start);
        if early || before.is_some_and(|before| before > told) {
            let seen = format!("high watermark {told} after {}", before.unwrap_or(Offset::NONE));
            self.broken(world, "control.27", world.shared().node(node).to_owned(), seen);
        }
        let end = self.quorum.end();
        if told <= end {
            return false;
        }
        // Records that are in a snapshot by now may have said something.
        let new = raft.log().between(end, told);
        let news = raft.log().start() > end || !new.iter().all(|batch| batch.is_quiet());
        let last = Place { epoch: raft.log().epoch_before(told), offset: told };
        self.quorum.committed = last;
        self.see_commit(world, node, last);
        news
    }

    /// Something more is committed: a majority of voters runs, and has it. Voters are those that the log names up to there.
    fn see_commit(&mut self, world: &World, node: NodeId, last: Place) {
        let Process::Controller(teller) = world.node(node) else { return };
        let set = teller.raft().voters_before(teller.raft().log().end().offset);
        let all = || controllers(world).filter(|(id, _)| set.contains(id));
        let voters = all().count();
        // Who has died after it fetched is still counted by the leader, and has it on its disk.
        let up =
            all().filter(|(id, c)| has(c, last) || !matches!(world.process(*id), Life::Down { .. })).count();
        let held = all().filter(|(_, c)| has(c, last)).count();
        let subject = world.shared().node(node).to_owned();
        if up * 2 <= voters {
            let seen = format!("committed up to {} with {up} of {voters} voters", last.offset);
            self.broken(world, "control.38", subject, seen);
        } else if held * 2 <= voters {
            let seen = format!("{held} of {voters} voters have what is committed up to {}", last.offset);
            self.broken(world, "control.29", subject, seen);
        }
    }

    /// A controller answers: what it says is committed.
    pub(super) fn see_answer(&mut self, world: &World, msg: MsgId) {
        let Some(flight) = world.flight(msg) else { return };
        let (Some(known), end) = (controller(world), self.quorum.end()) else { return };
        let image = known.image();
        let durable = match &flight.envelope.body {
            Body::BrokerRegistered { error: ErrorCode::None, epoch } => epoch.0 < end.0,
            Body::ProducerIdsAllocated { error: ErrorCode::None, first, count } => {
                first + count <= image.next_producer_id
            }
            Body::PartitionAltered { error: ErrorCode::None, results } => {
                results.iter().filter(|result| result.error == ErrorCode::None).all(|result| {
                    let entry = image.partition(result.partition);
                    entry.is_none_or(|entry| entry.partition_epoch >= result.partition_epoch)
                })
            }
            _ => true,
        };
        if !durable {
            let api = crate::engine::Body::api(&flight.envelope.body);
            let seen = format!("{api} is answered before its records are committed");
            let subject = world.shared().node(flight.envelope.from).to_owned();
            self.broken(world, "control.40", subject, seen);
        }
    }

    pub(super) fn see_registration(&mut self, world: &World, broker: NodeId, epoch: BrokerEpoch) {
        // The next leader states once more what the one before it could commit and no longer tell.
        let image = controller(world).map(Controller::image);
        let state = image.and_then(|image| image.brokers.get(&broker)).filter(|state| state.epoch == epoch);
        let life = state.map(|state| state.incarnation);
        if let Some((before, whose)) = self.quorum.registered.insert(broker, (epoch, life))
            && (before > epoch || (before == epoch && (life.is_none() || whose != life)))
        {
            let seen = format!("broker epoch {} after {}", epoch.0, before.0);
            self.broken(world, "control.35", world.shared().node(broker).to_owned(), seen);
        }
    }

    /// A broker is unfenced: it has applied its own registration.
    pub(super) fn see_unfenced(&mut self, world: &World, id: NodeId) {
        let (Some(known), Process::Broker(broker)) = (controller(world), world.node(id)) else { return };
        let Some(state) = known.image().brokers.get(&id) else { return };
        let same = state.incarnation == world.incarnation(id) && world.process(id) == Life::Running;
        if same && broker.image().offset.0 < state.epoch.0 {
            let seen = format!("applied {}, registered at {}", broker.image().offset, state.epoch.0);
            self.broken(world, "control.36", world.shared().node(id).to_owned(), seen);
        }
    }

    pub(super) fn survey_quorum(&mut self, world: &World) {
        let logs: Vec<(NodeId, &QuorumLog)> =
            controllers(world).map(|(id, controller)| (id, controller.raft().log())).collect();
        for (ix, (a, one)) in logs.iter().enumerate() {
            for (b, other) in &logs[ix + 1..] {
                if let Some(offset) = mismatch(one, other) {
                    let name = |id: &NodeId| world.shared().node(*id).to_owned();
                    let seen = format!("same end, but not the same at {offset} as in {}", name(b));
                    self.broken(world, "control.25", name(a), seen);
                }
            }
        }
        let Some(known) = controller(world) else { return };
        let twice: Vec<NodeId> = brokers(world)
            .filter(|(id, broker)| {
                let state = known.image().brokers.get(id);
                let same = state.filter(|state| broker.broker_epoch() == Some(state.epoch));
                same.is_some_and(|state| state.incarnation != world.incarnation(*id))
            })
            .map(|(id, _)| id)
            .collect();
        for id in twice {
            let seen = "two lives with one broker epoch".to_owned();
            self.broken(world, "control.35", world.shared().node(id).to_owned(), seen);
        }
    }
}

/// The first offset at which two logs differ before a place that both have.
fn mismatch(a: &QuorumLog, b: &QuorumLog) -> Option<Offset> {
    let ends: BTreeMap<Offset, _> = a.batches().iter().map(|batch| (batch.end(), batch.epoch)).collect();
    let common = b.batches().iter().rev().find(|batch| ends.get(&batch.end()) == Some(&batch.epoch))?;
    let from = a.start().max(b.start());
    let (left, right) = (a.between(from, common.end()), b.between(from, common.end()));
    let pairs = left.iter().zip(right);
    let differ = pairs.into_iter().find(|(x, y)| !Arc::ptr_eq(x, y) && x != y);
    differ.map(|(x, _)| x.base).or((left.len() != right.len()).then_some(from))
}

/// Whether a controller has what was committed: in its log, or in the snapshot that stands for the beginning of it.
fn has(controller: &Controller, committed: Place) -> bool {
    controller.raft().fits(committed) || controller.raft().log().start() > committed.offset
}

/// Nobody can be elected any more, for controllers know different sets of voters. A leader that takes itself out and cannot commit that has a
/// longer log than those who are left, and by its own log it is no voter: with two voters both wait for ever. (In Kafka, too: who is no
/// voter by its newest record, committed or not, does not stand: `QuorumState.isVoter`.)
pub(super) fn has_parted(world: &World) -> bool {
    let running = |id: &NodeId| world.process(*id) == Life::Running;
    let all = || controllers(world).filter(|(id, _)| running(id));
    let mut sets = all().map(|(_, c)| c.raft().voters());
    let first = sets.next();
    if first.is_none_or(|first| sets.all(|set| set == first)) || all().any(|(_, c)| c.is_active()) {
        return false;
    }
    let grants = |to: &Controller, c: &Controller| to.raft().log().end() >= c.raft().log().end();
    let may_win = |id: NodeId, c: &Controller| {
        let set = c.raft().voters();
        let votes = all().filter(|(voter, other)| set.contains(voter) && grants(c, other)).count();
        set.contains(&id) && votes * 2 > set.len()
    };
    !all().any(|(id, c)| may_win(id, c))
}
