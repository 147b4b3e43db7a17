//! The state at one event: the world, what was seen on the way, and who watches the laws. A clone is a checkpoint.

use std::collections::VecDeque;
use std::sync::Arc;

use super::cel::Facts;
use super::ledger::Ledger;
use crate::engine::{EventId, Micros, Note as EngineNote, Process as Life, Rec, Stepped};
use crate::kafka::laws::{Violation, Witness};
use crate::kafka::{Command, Note, Process, Role, SeekTo, TRANSACTIONS_TOPIC, World};

/// Statements that are kept for [`super::Lab::recent`].
const RECENT: usize = 64;

/// Everything at one event.
#[derive(Clone)]
pub struct State {
    pub(super) world: World,
    pub(super) ledger: Ledger,
    witness: Arc<Witness>,
    broken: Arc<Vec<Violation>>,
    recent: VecDeque<Rec<Note>>,
    /// How much was stated so far: what a replay up to here costs.
    pub(super) stated: u64,
    /// Virtual time of t = 0; 0 before it.
    zero: Micros,
}

impl State {
    pub(super) fn new(world: World) -> Self {
        Self {
            world,
            ledger: Ledger::default(),
            witness: Arc::new(Witness::default()),
            broken: Arc::new(Vec::new()),
            recent: VecDeque::new(),
            stated: 0,
            zero: Micros::ZERO,
        }
    }

    /// The number of turns so far, the prologue's included.
    pub(super) const fn turn(&self) -> EventId {
        self.world.turn()
    }

    /// Runs the next event if it is due by then.
    pub(super) fn step_until(&mut self, limit: Micros) -> Option<Stepped> {
        let stepped = self.world.step_until(limit)?;
        if stepped.noted {
            self.end_other_roles();
            self.look();
        }
        Some(stepped)
    }

    /// A process with two roles ends in an orderly way: its broker first, then its controller (`KafkaRaftServer.shutdown`).
    fn end_other_roles(&mut self) {
        let names = self.world.shared();
        let stopped = |rec: &Rec<Note>| match rec.note {
            EngineNote::NodeStopped { node } if names.role(node) == Some(Role::Broker) => {
                names.other_role(node)
            }
            _ => None,
        };
        if let Some(controller) = self.world.notes().iter().find_map(stopped) {
            self.world.command(controller, Command::Stop);
        }
    }

    /// Takes in what the last turn or input stated.
    pub(super) fn look(&mut self) {
        self.stated += self.world.notes().len() as u64;
        self.ledger.absorb(&self.world);
        let broken = Arc::make_mut(&mut self.witness).observe(&self.world);
        self.add_broken(broken);
        for rec in self.world.notes().iter().filter(|rec| is_telling(&rec.note)) {
            if self.recent.len() == RECENT {
                self.recent.pop_front();
            }
            self.recent.push_back(rec.clone());
        }
    }

    /// Checks the laws over the whole state, not only over what the last event touched.
    pub(super) fn survey(&mut self) {
        let broken = Arc::make_mut(&mut self.witness).survey(&self.world);
        self.add_broken(broken);
    }

    /// Checks them where something happened since the last time.
    pub(super) fn survey_touched(&mut self) {
        let broken = Arc::make_mut(&mut self.witness).survey_touched(&self.world);
        self.add_broken(broken);
    }

    /// Asks for what should have come about once the faults are over.
    pub(super) fn demand(&mut self) {
        let broken = Arc::make_mut(&mut self.witness).demand(&self.world);
        self.add_broken(broken);
    }

    fn add_broken(&mut self, found: Vec<Violation>) {
        if found.is_empty() {
            return;
        }
        let all = Arc::make_mut(&mut self.broken);
        for violation in found {
            if !all.iter().any(|known| known.law == violation.law && known.subject == violation.subject) {
                all.push(violation);
            }
        }
    }

    pub(super) fn broken(&self) -> &[Violation] {
        &self.broken
    }

    pub(super) fn recent(&self) -> impl DoubleEndedIterator<Item = &Rec<Note>> {
        self.recent.iter()
    }

    /// What t = 0 makes the past.
    pub(super) fn begin(&mut self) {
        self.ledger.begin_counting(self.world.now());
        self.recent.clear();
        self.zero = self.world.now();
    }

    /// A place in a log as an action writes it: its times count from t = 0, those of logs from the boot.
    pub(super) fn seek_to(&self, to: SeekTo) -> SeekTo {
        match to {
            SeekTo::Timestamp(at) => SeekTo::Timestamp(at + self.zero),
            other => other,
        }
    }

    pub(super) const fn facts(&self, start: Micros) -> Facts<'_> {
        Facts { world: &self.world, ledger: &self.ledger, start, sides: None }
    }

    /// Whether nothing happens that somebody waits for: no loud message is on its way, no running producer holds a batch, no group
    /// is between two assignments.
    pub(super) fn is_settled(&self) -> bool {
        if self.world.has_loud_flights() {
            return false;
        }
        let names = self.world.shared();
        let holds_batches = |node| match self.world.node(node) {
            Process::Producer(producer) => {
                self.world.process(node) == Life::Running
                    && (producer.buffered().next().is_some()
                        || producer.in_flight().next().is_some()
                        || producer.is_transacting())
            }
            _ => false,
        };
        self.metadata_is_quiet()
            && !names.of_role(Role::Producer).any(holds_batches)
            && !self.is_rebalancing()
            && !self.is_ending_transactions()
    }

    /// With ZooKeeper: whether nothing is under way between brokers, the controller and the znodes (most of it is not loud), and who
    /// is the controller has done what a new one does first.
    pub(super) fn metadata_is_quiet(&self) -> bool {
        let Some(ensemble) = super::cel::zookeeper(&self.world) else { return true };
        let runs = |node| self.world.process(node) == Life::Running;
        let brokers = self.world.shared().of_role(Role::Broker).filter(|node| runs(*node));
        let busy = |node| match self.world.node(node) {
            Process::Broker(broker) => {
                broker.is_coordinating_metadata()
                    || (ensemble.controller() == Some(node) && !broker.is_ready_controller())
            }
            _ => false,
        };
        !ensemble.is_busy() && !brokers.into_iter().any(busy)
    }

    /// Whether a coordinator writes a state, or the markers of a transaction.
    fn is_ending_transactions(&self) -> bool {
        let Some(topic) = self.world.shared().find_topic(TRANSACTIONS_TOPIC) else { return false };
        if super::cel::committed_image(&self.world).partition_count(topic) == 0 {
            return false;
        }
        let brokers = self.world.shared().of_role(Role::Broker);
        let running = brokers.filter(|node| self.world.process(*node) == Life::Running);
        running.into_iter().any(|node| match self.world.node(node) {
            Process::Broker(broker) => broker.transactions().is_busy(),
            _ => false,
        })
    }

    fn is_rebalancing(&self) -> bool {
        use crate::kafka::GroupState::{Assigning, CompletingRebalance, PreparingRebalance, Reconciling};
        let groups = self.world.shared().groups();
        groups.into_iter().any(|id| {
            let state = super::cel::group(&self.world, id).map(|group| group.state);
            matches!(state, Some(PreparingRebalance | CompletingRebalance | Assigning | Reconciling))
        })
    }

    /// Whether every group with a running consumer is stable and knows all of them.
    pub(super) fn groups_are_stable(&self) -> bool {
        use crate::kafka::GroupState::Stable;
        let names = self.world.shared();
        let running: Vec<_> = names
            .of_role(Role::Consumer)
            .filter(|node| self.world.process(*node) == Life::Running)
            .filter_map(|node| match self.world.node(node) {
                Process::Consumer(consumer) if consumer.joins() && !consumer.has_failed() => {
                    Some((node, consumer.group()))
                }
                _ => None,
            })
            .collect();
        running.iter().all(|(node, id)| {
            super::cel::group(&self.world, *id)
                .is_some_and(|g| g.state == Stable && g.member_ids().any(|m| m.client == *node))
        })
    }
}

/// Whether a note is worth a line in a list of events: what changed, not how messages travelled.
pub(super) fn is_telling(note: &EngineNote<Note>) -> bool {
    match note {
        EngineNote::MessageSent { .. }
        | EngineNote::MessageArrived { .. }
        | EngineNote::MessageLost { quiet: true, .. }
        | EngineNote::ConnectionOpened { .. }
        | EngineNote::ConnectionClosed { .. }
        | EngineNote::RuleAdded { .. }
        | EngineNote::InputApplied { .. } => false,
        EngineNote::Domain(note) => !matches!(
            note,
            Note::PartitionChosen { .. }
                | Note::BatchClosed { .. }
                | Note::MetadataRefreshed { .. }
                | Note::MetadataAppended { .. }
                | Note::MetadataApplied { .. }
                | Note::ZnodeChanged { .. }
                | Note::ControlApplied { .. }
                | Note::PositionMoved { .. }
                | Note::EpochStarted { .. }
                | Note::Waited { .. }
        ),
        _ => true,
    }
}
