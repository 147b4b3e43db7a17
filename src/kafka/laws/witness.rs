//! Who watches: the ghost state that laws need, and the walk over the notes of each event.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::blocks::Blocks;
use super::classic::Groups;
use super::identities::IDENTIFIED;
use super::liveness::Progress;
use super::look::{Held, Places, brokers, is_bygone};
use super::producers::{Asked, ProducerEpochs, Tails};
use super::quorum::Quorum;
use super::shares::Window;
use super::{Violation, find};
use crate::engine::{Blocks as Shared, Loss, Micros, MsgId, NodeId, Note as Engine};
use crate::kafka::config::Family;
use crate::kafka::group::Current;
use crate::kafka::share::ShareKey;
use crate::kafka::{
    Acks, Bytes, Election, Generation, GroupId, Image, LeaderEpoch, MemberId, MoveWhy, Note, OFFSETS_TOPIC,
    Offset, Partition, PartitionState, ProducerEpoch, ProducerId, RecordId, Role, TRANSACTIONS_TOPIC,
    TopicId, World,
};

/// After a change of a partition's entry so much time is left until everybody acts on it.
const SOON: Micros = Micros::secs(10);

/// A record that some leader once counted as committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Committed {
    pub epoch: LeaderEpoch,
    pub record: RecordId,
}

/// What became of a record.
#[derive(Clone, Debug)]
pub(super) struct Fate {
    pub client: NodeId,
    pub partition: Partition,
    /// The least that a request with it asked for.
    pub acks: Option<Acks>,
    /// Which of its client's transactions it was sent in; 0 = none.
    pub transaction: u64,
    /// Where it ever lay.
    pub places: Vec<Offset>,
    /// The topic that it lay in first. It may be sent once more, to another one of that name.
    pub topic: Option<Offset>,
    /// The application knows its outcome.
    pub told: bool,
}

/// Requests of members that a coordinator may park, or that keep a session.
fn is_of_members(api: &str) -> bool {
    matches!(api, "JoinGroup" | "SyncGroup" | "Heartbeat" | "OffsetCommit")
}

/// What hashing a key depends on: topic, number of partitions, kind of client and partitioner, key.
type Hashed = (TopicId, u32, (Family, Arc<str>), Bytes);

/// What the laws need to remember. Clone it with the world.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    pub(super) committed: Shared<Partition, Arc<Blocks<Committed>>>,
    pub(super) leaders: Shared<(Partition, LeaderEpoch), NodeId>,
    /// With ZooKeeper: the states that znodes were seen with.
    pub(super) entries: Shared<Partition, Arc<PartitionState>>,
    /// The committed metadata log when it was last looked at.
    pub(super) image: Arc<Image>,
    /// When each of its partitions changed last.
    pub(super) changed: Shared<Partition, Micros>,
    pub(super) high_watermarks: Shared<(NodeId, Partition), Offset>,
    pub(super) starts: Shared<(NodeId, Partition), Offset>,
    /// When a replica of each partition last lost records at its start.
    pub(super) shortened: BTreeMap<Partition, Micros>,
    pub(super) tails: Tails,
    pub(super) stable: Shared<(NodeId, Partition), Offset>,
    /// Partitions that something happened to since the last survey.
    touched: BTreeSet<Partition>,
    pub(super) fates: Blocks<Fate>,
    pub(super) asked: Asked,
    pub(super) producer_epochs: ProducerEpochs,
    /// Producer ids whose numbers in a partition some leader knows only in part: it began to count in the middle, or it came back with the
    /// newest batch only.
    pub(super) half_known: BTreeSet<(Partition, ProducerId)>,
    /// Transactions that each client has begun.
    pub(super) begun: BTreeMap<NodeId, u64>,
    /// The identity that each transactional id was given last.
    pub(super) identities: BTreeMap<Arc<str>, (ProducerId, ProducerEpoch)>,
    pub(super) acked: BTreeMap<(NodeId, Partition), (RecordId, Offset)>,
    pub(super) keys: Arc<BTreeMap<Hashed, u32>>,
    pub(super) delivered: BTreeMap<(NodeId, Partition), Offset>,
    /// By coordinator: another one, or the same after it was away, goes on from what was stored.
    pub(super) generations: BTreeMap<(NodeId, GroupId), Generation>,
    /// Where each member of a consumer-protocol group stood, by coordinator.
    pub(super) members: BTreeMap<(NodeId, GroupId, MemberId), Current>,
    pub(super) groups: Groups,
    pub(super) shares: BTreeMap<ShareKey, Window>,
    pub(super) applied: BTreeMap<NodeId, Offset>,
    /// The controller epoch of what each broker did last.
    pub(super) controls: BTreeMap<NodeId, i32>,
    pub(super) unclean: BTreeSet<Partition>,
    /// Logs that lost their end with a machine, and the epoch of what was lost.
    pub(super) cut_short: BTreeMap<(NodeId, Partition), LeaderEpoch>,
    /// Partitions with a leader that lost the end of its log with its machine and went on in the same epoch.
    pub(super) rewritten: BTreeSet<Partition>,
    pub(super) machine_lost: bool,
    pub(super) quorum: Quorum,
    pub(super) progress: Progress,
    /// Answers of controllers in this turn.
    answers: Vec<MsgId>,
    found: Vec<Violation>,
}

impl Witness {
    /// Looks at what the last turn stated. Gives the laws that it broke.
    pub fn observe(&mut self, world: &World) -> Vec<Violation> {
        let mut busy: BTreeSet<NodeId> = BTreeSet::new();
        for rec in world.notes() {
            busy.extend(rec.node.filter(|node| world.shared().role(*node) == Some(Role::Controller)));
            match &rec.note {
                Engine::Domain(note) => {
                    self.see(world, rec.node.unwrap_or(NodeId(u32::MAX)), note);
                }
                note => self.see_engine(world, note),
            }
        }
        let mut metadata = false;
        for controller in busy {
            metadata |= self.see_controller(world, controller);
        }
        if metadata {
            self.see_metadata(world);
        }
        for answer in std::mem::take(&mut self.answers) {
            self.see_answer(world, answer);
        }
        self.check_groups(world);
        std::mem::take(&mut self.found)
    }

    /// Looks at everything. Costly; for ends.
    pub fn survey(&mut self, world: &World) -> Vec<Violation> {
        let mut nodes: BTreeMap<Partition, Vec<NodeId>> = BTreeMap::new();
        for (node, broker) in brokers(world) {
            for p in broker.partitions() {
                nodes.entry(p).or_default().push(node);
            }
        }
        let held = |(p, nodes): (Partition, Vec<NodeId>)| {
            (p, nodes.into_iter().filter_map(|node| Held::by(world, node, p)).collect())
        };
        self.survey_places(world, &nodes.into_iter().map(held).collect())
    }

    /// Looks at everything that something happened to since it was last looked at; for checkpoints.
    pub fn survey_touched(&mut self, world: &World) -> Vec<Violation> {
        let image = super::look::committed(world);
        let held = |&p: &Partition| {
            let state = image.and_then(|image| image.partition(p));
            let assigned = state.map(|state| state.replicas.as_slice()).unwrap_or_default();
            let mut here: Vec<Held<'_>> =
                assigned.iter().filter_map(|node| Held::by(world, *node, p)).collect();
            here.sort_unstable_by_key(|held| held.node);
            (p, here)
        };
        let places = self.touched.iter().map(held).collect();
        self.survey_places(world, &places)
    }

    fn survey_places(&mut self, world: &World, places: &Places<'_>) -> Vec<Violation> {
        self.survey_logs(world, places);
        self.survey_in_sync(world, places);
        self.survey_groups(world);
        self.survey_quorum(world);
        self.survey_transactions(world, places);
        // What is still on its way to the replicas is looked at the next time, too.
        let image = super::look::committed(world);
        let unfinished = |(p, here): &&(Partition, Vec<Held<'_>>)| {
            let leader = image.and_then(|image| image.partition(*p)?.leader);
            let held = here.iter().find(|held| Some(held.node) == leader);
            held.is_some_and(|held| Some(held.log.end()) != held.high_watermark(*p))
        };
        self.touched = places.iter().filter(unfinished).map(|(p, _)| *p).collect();
        std::mem::take(&mut self.found)
    }

    /// Looks for what should have come about by now: time enough has passed. While a fault is still there nothing is demanded.
    pub fn demand(&mut self, world: &World) -> Vec<Violation> {
        if world.has_faults() || super::quorum::has_parted(world) {
            return Vec::new();
        }
        self.demand_controller(world);
        self.demand_leaders(world);
        self.demand_replicas(world);
        self.demand_groups(world);
        self.demand_ends(world);
        self.demand_outcomes(world);
        self.demand_reading(world);
        std::mem::take(&mut self.found)
    }

    fn see_engine(&mut self, world: &World, note: &Engine<Note>) {
        match *note {
            Engine::MessageSent { msg, api: "Produce", answer: None, .. } => self.see_request(world, msg),
            Engine::MessageSent { msg, answer: Some(request), api: "Produce", .. } => {
                self.see_refusals(world, msg, request);
                self.forget_request(request);
            }
            Engine::MessageSent { msg, api: "WriteTxnMarkers", answer: None, .. } => {
                self.see_markers(world, msg)
            }
            Engine::MessageSent {
                msg,
                answer: Some(_),
                api: "BrokerRegistration" | "AlterPartition" | "AllocateProducerIds",
                ..
            } => self.answers.push(msg),
            Engine::MessageSent { msg, api, answer: None, .. } if IDENTIFIED.contains(&api) => {
                if let Some(flight) = world.flight(msg) {
                    self.asked.insert(msg, Arc::clone(&flight.envelope));
                }
            }
            Engine::MessageSent { msg, api, answer: Some(request), .. } if IDENTIFIED.contains(&api) => {
                self.see_identity(world, msg, request);
                self.forget_request(request);
            }
            Engine::MessageSent { msg, api, answer, .. } if is_of_members(api) => match answer {
                None => self.see_member_request(world, msg),
                Some(request) => self.see_member_answer(world, msg, request),
            },
            Engine::MessageArrived { msg, .. } => self.see_member_arrival(world, msg),
            Engine::MessageLost { msg, .. } => {
                self.forget_request(msg);
                self.forget_member_request(msg);
            }
            Engine::NodeCrashed { node, power } => self.see_crash(node, Engine::<Note>::loss(power)),
            Engine::NodeStopped { node } => self.asked.retain(|_, request| request.to != node),
            Engine::NodeStarted { node, .. } => self.see_start(world, node),
            _ => {}
        }
    }

    fn forget_request(&mut self, msg: MsgId) {
        self.asked.remove(&msg);
    }

    fn see_crash(&mut self, node: NodeId, loss: Loss) {
        self.machine_lost |= loss == Loss::Power;
        self.quorum.forget(node);
        self.delivered.retain(|(consumer, _), _| *consumer != node);
        self.high_watermarks.retain(|(broker, _), _| *broker != node);
        // A log start that was not check-pointed yet is forgotten.
        self.starts.retain(|(broker, _), _| *broker != node);
        self.acked.retain(|(client, _), _| *client != node);
        self.asked.retain(|_, request| request.to != node);
    }

    fn see_start(&mut self, world: &World, node: NodeId) {
        self.generations.retain(|(coordinator, _), _| *coordinator != node);
        self.members.retain(|(coordinator, ..), _| *coordinator != node);
        self.applied.remove(&node);
        self.quorum.forget(node);
        self.controls.remove(&node);
        self.stable.retain(|(broker, _), _| *broker != node);
        self.delivered.retain(|(consumer, _), _| *consumer != node);
        self.high_watermarks.retain(|(broker, _), _| *broker != node);
        self.acked.retain(|(client, _), _| *client != node);
        let logs: Vec<Partition> =
            super::look::broker(world, node).map(|b| b.partitions().collect()).unwrap_or_default();
        for p in logs {
            let end =
                super::look::broker(world, node).and_then(|b| b.log(p)).map(crate::kafka::log::Log::end);
            if let Some((epoch, _)) = self.tails.get(&(node, p)).filter(|(_, before)| end < Some(*before)) {
                self.cut_short.insert((node, p), *epoch);
            }
            self.forget_log(world, node, p);
        }
    }

    fn see(&mut self, world: &World, by: NodeId, note: &Note) {
        if let Some(p) = touches(note).filter(|p| is_bygone(world, by, *p)) {
            return self.see_bygone(world, by, p, note);
        }
        self.touched.extend(touches(note));
        match note {
            Note::RecordSent { record, client, partition } => self.see_sent(*client, *record, *partition),
            Note::PartitionChosen { record, partition, how } => {
                self.see_choice(world, by, *record, *partition, *how);
            }
            Note::RecordAcked { record, offset } => self.see_outcome(world, *record, Ok(*offset)),
            Note::RecordFailed { record, error } => self.see_outcome(world, *record, Err(*error)),
            Note::Appended { node, partition, base, .. } => {
                self.see_append(world, *node, *partition, *base);
                self.see_commit_taken(world, *node, *partition);
            }
            Note::DuplicateAnswered { node, partition, base } => {
                self.see_duplicate(world, *node, *partition, *base);
            }
            Note::Truncated { node, partition, to, .. } => self.see_cut(world, *node, *partition, *to),
            Note::SegmentDeleted { node, partition, why, .. } => {
                self.see_deletion(world, *node, *partition, *why);
            }
            Note::LogCompacted { node, partition, upto, .. } => {
                self.see_compaction(world, *node, *partition, *upto);
            }
            Note::LogStartMoved { node, partition, from, to } => {
                self.see_log_start(world, *node, *partition, (*from, *to));
            }
            Note::HighWatermarkMoved { node, partition, from, to } => {
                self.see_high_watermark(world, (*node, *partition), (*from, *to));
            }
            Note::EpochStarted { node, partition, epoch, .. } => {
                self.stable.remove(&(*node, *partition));
                self.see_leadership(world, *node, *partition, *epoch);
            }
            Note::IsrExpanded { partition, broker } => self.see_expansion(world, *partition, *broker),
            Note::LeaderElected { partition, to, epoch, how, .. } => {
                if world.shared().topic(partition.topic) == OFFSETS_TOPIC {
                    self.generations.clear();
                    self.members.clear();
                }
                if *how == Election::Unclean {
                    self.unclean.insert(*partition);
                }
                self.see_election(world, *partition, *to, *epoch, *how);
            }
            Note::TransactionStateChanged { client, from, to } => {
                self.see_transaction(world, by, *client, (*from, *to));
            }
            Note::LastStableOffsetMoved { node, partition, .. } => {
                self.check_stable(world, *node, *partition)
            }
            Note::Delivered { consumer, record, partition, offset } => {
                // what was fetched before a deletion was heard of lies in no log any more
                if !self.lay_in_bygone(world, *record) {
                    self.check_isolation_of(world, *consumer, *record, (*partition, *offset));
                    self.see_delivery(world, *consumer, (*partition, *offset));
                }
                self.progress.see_delivery(*consumer, world.now());
            }
            Note::PositionMoved { consumer, partition, why, .. } if *why != MoveWhy::Delivered => {
                self.delivered.remove(&(*consumer, *partition));
            }
            Note::PartitionAssigned { consumer, partition } => {
                self.delivered.remove(&(*consumer, *partition));
                self.see_given(world, *consumer, *partition);
            }
            Note::PartitionRevoked { consumer, partition } | Note::PartitionLost { consumer, partition } => {
                self.delivered.remove(&(*consumer, *partition));
            }
            Note::TransactionBegun { client } => *self.begun.entry(*client).or_default() += 1,
            note => self.see_of_group(world, by, note),
        }
    }

    fn see_of_group(&mut self, world: &World, by: NodeId, note: &Note) {
        match note {
            Note::GroupStateChanged { group, from, to, generation } => {
                self.see_group(world, (by, *group), (*from, *to), *generation);
                self.see_phase(world, (by, *group), *to, *generation);
            }
            Note::MemberJoined { group, member } => {
                self.see_member(by, *group, *member);
                self.see_member_joined(world, by, *group, *member);
            }
            Note::MemberLeft { group, member, why } => {
                self.members.remove(&(by, *group, *member));
                self.see_reconciled(world, by, *group);
                self.see_member_left(by, *group, *member, *why);
            }
            Note::GroupEpochRaised { group, .. } | Note::MemberReconciled { group, .. } => {
                self.see_reconciled(world, by, *group);
            }
            Note::SessionExpired { group, member } => self.see_expiry(world, by, *group, *member),
            Note::OffsetCommitted { group, partition, offset } => {
                self.see_offset(world, by, *group, *partition);
                self.see_acknowledged(world, by, (*group, *partition), Some(*offset));
            }
            Note::OffsetExpired { group, partition } => {
                self.see_acknowledged(world, by, (*group, *partition), None);
            }
            Note::CoordinatorMoved { group, to } => self.see_moved(world, *group, *to),
            Note::MetadataApplied { node, offset } => {
                self.see_applied(world, *node, *offset);
                self.see_copies(world, *node);
            }
            Note::ControllerElected { node, epoch } => self.see_active(world, *node, *epoch),
            Note::QuorumStateChanged { node, to, epoch, .. } => {
                self.see_standing(world, *node, *to, *epoch);
            }
            Note::VoteGranted { node, candidate, epoch, pre: false } => {
                self.see_vote(world, *node, *candidate, *epoch);
            }
            Note::BrokerRegistered { broker, epoch } => self.see_registration(world, *broker, *epoch),
            Note::BrokerUnfenced { broker } => self.see_unfenced(world, *broker),
            Note::ZnodeChanged { path } => self.see_znode(world, *path),
            Note::ZkSessionExpired { .. } => self.see_sessions(world),
            Note::TopicDeleted { topic } => self.forget_topic(*topic),
            Note::ControlApplied { node, epoch, .. } => {
                self.see_control(world, *node, *epoch);
                self.see_copies(world, *node);
            }
            note => self.see_of_share_group(world, by, note),
        }
    }

    // ---- for the laws ----

    pub(super) fn broken(&mut self, world: &World, law: &str, subject: String, seen: String) {
        if let Some(law) = find(law) {
            self.found.push(Violation { law, subject, seen, event: world.turn() });
        }
    }

    /// Whether somebody was given the leadership in a newer epoch: a leader of this one is none any more, whether it knows or not.
    pub(super) fn is_superseded(&self, p: Partition, epoch: LeaderEpoch) -> bool {
        self.leaders.from(&(p, LeaderEpoch(epoch.0 + 1))).next().is_some_and(|((q, _), _)| *q == p)
    }

    /// Whether laws for clean worlds apply to this partition.
    pub(super) fn is_clean(&self, p: Partition) -> bool {
        !self.machine_lost && !self.unclean.contains(&p)
    }

    /// Whether a partition's entry has just changed.
    pub(super) fn is_recent(&self, world: &World, p: Partition) -> bool {
        self.changed.get(&p).is_some_and(|at| world.now().since(*at) < SOON)
    }

    fn demand_replicas(&mut self, world: &World) {
        let mut wrong = Vec::new();
        let Some(image) = super::look::committed(world).filter(|_| super::look::decides(world)) else {
            return;
        };
        for (p, state) in image.partitions() {
            let name = world.shared().partition(p);
            let runs = |id: &NodeId| world.process(*id) == crate::engine::Process::Running;
            if self.is_recent(world, p) || !state.replicas.iter().all(runs) {
                continue; // it has just changed, or a fault is still there
            }
            if state.replicas.iter().any(|id| is_bygone(world, *id, p)) {
                continue; // with ZooKeeper a log that is left of a deleted topic stands in the way until somebody removes it
            }
            let leader = state.leader.and_then(|id| super::look::broker(world, id));
            let Some((broker, leading)) = leader.and_then(|b| Some((b, b.leads(p)?))) else {
                continue; // whether somebody could lead is another question: liveness.2
            };
            let (all, in_sync) = (state.replicas.len(), |id: &&NodeId| state.isr.contains(id));
            let count = state.replicas.iter().filter(in_sync).count();
            if count < all || state.isr.len() > all {
                wrong.push((name, format!("{count} of {all} replicas in sync")));
                continue;
            }
            let (end, hw) = (broker.log(p).map(|log| log.end()), broker.high_watermark(p));
            // Somebody may still be writing, a consumer its positions for one: what has just come is on its way to the followers.
            let fresh = |at: Offset| {
                let first = broker.log(p).and_then(|log| log.batches_from(at).next());
                first.is_some_and(|batch| world.now().since(batch.max_timestamp()) < SOON)
            };
            if end != hw
                && !hw.is_some_and(fresh)
                && leading.isr.len() >= leading.effective_min(broker.min_insync_replicas(p))
            {
                let (end, hw) = (end.unwrap_or_default(), hw.unwrap_or_default());
                wrong.push((name, format!("high watermark {hw}, log end {end}")));
            }
        }
        for (subject, seen) in wrong {
            self.broken(world, "data.52", subject, seen);
        }
    }

    /// What was decided is complete: every marker is written.
    fn demand_outcomes(&mut self, world: &World) {
        // Where nobody leads, or too few are in sync, a marker is tried for ever, and so is the record of the completion; whether somebody
        // could lead is another question: liveness.2. A partition that is gone needs no marker.
        if !super::look::is_all_served(world, TRANSACTIONS_TOPIC) {
            return;
        }
        let gone =
            |p: &Partition| super::look::committed(world).is_some_and(|all| all.partition(*p).is_none());
        let served = |p: &Partition| gone(p) || super::look::is_served(world, *p);
        let decided = brokers(world).filter(|(id, _)| world.process(*id) == crate::engine::Process::Running);
        let decided = decided.flat_map(|(_, broker)| broker.transactions().transactions());
        let stuck: Vec<(String, String)> = decided
            .filter(|t| t.stored.state.is_prepared() && t.stored.partitions.iter().all(served))
            .map(|t| (t.stored.id.to_string(), format!("still {}", t.stored.state.name())))
            .collect();
        for (subject, seen) in stuck {
            self.broken(world, "data.52", subject, seen);
        }
    }
}

/// The partition that a note says something new about.
const fn touches(note: &Note) -> Option<Partition> {
    match note {
        Note::Appended { partition, .. }
        | Note::DuplicateAnswered { partition, .. }
        | Note::LastStableOffsetMoved { partition, .. }
        | Note::Truncated { partition, .. }
        | Note::SegmentDeleted { partition, .. }
        | Note::LogCompacted { partition, .. }
        | Note::LogStartMoved { partition, .. }
        | Note::HighWatermarkMoved { partition, .. }
        | Note::EpochStarted { partition, .. }
        | Note::IsrExpanded { partition, .. }
        | Note::IsrShrunk { partition, .. }
        | Note::LeaderElected { partition, .. } => Some(*partition),
        _ => None,
    }
}
