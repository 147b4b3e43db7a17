//! A broker whose cluster keeps its metadata in ZooKeeper: its session and registration, its part in the choice of the controller, and
//! what the controller sends it.
//!
//! ```text
//!  z1 ◀─ /brokers/ids/2, watches ─ b2 ◀─ LeaderAndIsr, UpdateMetadata, StopReplica ─ b1, the controller
//! ```
//!
//! Any broker may be the controller; what that one does stands in `acting`. Each broker has its own picture of the cluster, built from
//! what controllers sent it: two brokers may have different ones.
//!
//! Not modelled: log directories and their failures, in-sync changes written by leaders themselves (before 2.7), dynamic broker
//! settings, access control.

mod acting;
mod control;
mod join;
mod settings;

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use super::Broker;
use crate::engine::{Conn, Envelope, Micros, NodeId};
use crate::kafka::zookeeper::{Client, Heard, Path, Reply, TopicConfigs, WatchKind, ZkMessage};
use crate::kafka::{Body, Command, Cx, ErrorCode, Role, Timer, TopicId};

pub(super) use acting::Acting;
use acting::{Event, Hands, Task};

/// What a broker is in this mode, beside what every broker is. Volatile.
#[derive(Clone, Debug, Default)]
pub(super) struct Member {
    client: Client<Then>,
    /// Whom `/controller` names, as of the last look.
    active: Option<NodeId>,
    /// Who sent the last UpdateMetadata: the controller that this broker's own requests go to.
    told: Option<NodeId>,
    /// The highest controller epoch of a request that was taken in.
    epoch: i32,
    configs: BTreeMap<TopicId, Arc<TopicConfigs>>,
    /// The next change of settings that was not looked at.
    changes: u32,
    /// Requests of controllers, in order of arrival; the first is being worked off.
    queue: VecDeque<Arc<Envelope<Body>>>,
    working: bool,
    acting: Option<Box<Acting>>,
    /// How often this broker has asked to be let go.
    farewells: u32,
    stopping: bool,
}

/// What ZooKeeper was asked for.
#[derive(Clone, Debug)]
pub(super) enum Then {
    /// To register this broker.
    Register,
    /// Whose registration is in the way.
    LookAtOwner,
    /// Who is the controller.
    FindController,
    /// The controller epoch, to raise it.
    ReadEpoch,
    /// To be the controller, in this epoch.
    Claim(i32),
    /// Whose the claim is that stands, after one of this epoch was refused.
    CheckClaim(i32),
    /// Settings of topics that a request of the controller speaks of.
    Settings(Vec<TopicId>),
    /// Which settings have changed.
    ListChanges,
    /// Of which topics.
    ReadChanges,
    /// Settings that have changed.
    Changed(Vec<TopicId>),
    /// A task of the controller.
    Task(Box<Task>),
}

impl Broker {
    /// Whether metadata lives in ZooKeeper.
    #[must_use]
    pub const fn in_zookeeper_mode(&self) -> bool {
        matches!(self.mode, super::MetadataMode::ZooKeeper)
    }

    /// Its session, as far as it knows.
    #[must_use]
    pub const fn zookeeper_session(&self) -> Option<crate::kafka::zookeeper::SessionId> {
        self.vol.zookeeper.client.session()
    }

    /// Whether it can talk to ZooKeeper, as far as it knows.
    #[must_use]
    pub fn has_zookeeper(&self) -> bool {
        self.vol.zookeeper.client.is_connected()
    }

    /// The highest controller epoch that it has heard of from a controller; 0 before the first.
    #[must_use]
    pub const fn seen_controller_epoch(&self) -> i32 {
        self.vol.zookeeper.epoch
    }

    /// Whether it acts as the controller (it may have been replaced without knowing).
    #[must_use]
    pub const fn acts_as_controller(&self) -> bool {
        self.vol.zookeeper.acting.is_some()
    }

    /// Whether it is the controller and has finished what a new one does first.
    #[must_use]
    pub fn is_ready_controller(&self) -> bool {
        self.vol.zookeeper.acting.as_ref().is_some_and(|acting| acting.is_ready())
    }

    /// Whether something is under way between this broker, ZooKeeper and the controller, loud or not.
    #[must_use]
    pub fn is_coordinating_metadata(&self) -> bool {
        let member = &self.vol.zookeeper;
        let connected = member.client.is_connected();
        (connected && member.client.is_busy())
            || !member.queue.is_empty()
            || member.acting.as_ref().is_some_and(|acting| connected && acting.is_busy())
    }

    /// Whom this broker's own requests to the controller go to.
    pub(super) const fn told_controller(&self) -> Option<NodeId> {
        self.vol.zookeeper.told
    }

    // ---- what happens ----

    pub(super) fn start_zookeeper(&mut self, cx: &mut Cx<'_>) {
        let Some(ensemble) = cx.shared().of_role(Role::ZooKeeper).next() else { return };
        let timeout = self.configs.ms("zookeeper.session.timeout.ms");
        let most = usize::try_from(self.configs.int("zookeeper.max.in.flight.requests")).unwrap_or(1);
        self.vol.zookeeper.client.start(cx, ensemble, timeout, most);
    }

    pub(super) fn on_zookeeper(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>, body: &ZkMessage) {
        match self.vol.zookeeper.client.on_message(cx, message, body) {
            Some(Heard::Connected { fresh: true }) => {
                self.register_in_zookeeper(cx);
                self.vol.zookeeper.client.ask(cx, join::changes(), Then::ListChanges);
            }
            Some(Heard::Connected { fresh: false }) | None => {}
            Some(Heard::Expired(void)) => self.on_expired(cx, void),
            Some(Heard::Watched(path, kind)) => self.on_watched(cx, path, kind),
            Some(Heard::Done(then, replies)) => self.on_replies(cx, then, &replies),
            Some(Heard::Closed) => self.stop(cx),
        }
    }

    fn on_watched(&mut self, cx: &mut Cx<'_>, path: Path, kind: WatchKind) {
        match (path, kind) {
            (Path::Controller, _) => self.find_controller(cx),
            (Path::ConfigChanges, _) => {
                self.vol.zookeeper.client.ask(cx, join::changes(), Then::ListChanges);
            }
            (Path::BrokerIds, _) => self.act(cx, |acting, hands| acting.happen(hands, Event::BrokersChanged)),
            (Path::DeleteTopics, _) => {
                self.act(cx, |acting, hands| acting.happen(hands, Event::DeletionsChanged));
            }
            (Path::Topics, _) => self.act(cx, |acting, hands| acting.happen(hands, Event::TopicsChanged)),
            (Path::Topic(topic), WatchKind::Node) => {
                self.act(cx, |acting, hands| acting.happen(hands, Event::TopicChanged(topic)));
            }
            _ => {}
        }
    }

    fn on_replies(&mut self, cx: &mut Cx<'_>, then: Then, replies: &[Reply]) {
        match then {
            Then::Register => self.on_register(cx, replies),
            Then::LookAtOwner => self.on_owner(cx, replies),
            Then::FindController => self.on_controller(cx, replies),
            Then::ReadEpoch => self.on_epoch(cx, replies),
            Then::Claim(epoch) => self.on_claim(cx, epoch, replies),
            Then::CheckClaim(epoch) => self.on_claim_checked(cx, epoch, replies),
            Then::Settings(topics) => {
                self.learn_settings(&topics, replies);
                self.vol.zookeeper.working = false;
                self.work_off(cx);
            }
            Then::ListChanges => self.on_changes(cx, replies),
            Then::ReadChanges => self.on_changed(cx, replies),
            Then::Changed(topics) => self.learn_settings(&topics, replies),
            Then::Task(task) => self.act(cx, |acting, hands| acting.on_replies(hands, *task, replies)),
        }
    }

    /// Lets the controller act, if this broker is it.
    fn act(&mut self, cx: &mut Cx<'_>, what: impl FnOnce(&mut Acting, &mut Hands<'_, '_>)) {
        let Some(mut acting) = self.vol.zookeeper.acting.take() else { return };
        let mut hands = Hands {
            cx,
            client: &mut self.vol.zookeeper.client,
            requests: &mut self.vol.requests,
            answers: Vec::new(),
            configs: &self.configs,
            cache: Arc::clone(&self.vol.image),
        };
        what(&mut acting, &mut hands);
        let answers = std::mem::take(&mut hands.answers);
        if acting.is_deposed() {
            cx.note(crate::kafka::Note::ControllerResigned { node: cx.me(), epoch: acting.epoch() });
            cx.cancel_timer(Timer::PreferredLeaders);
            self.vol.zookeeper.client.forget(|then| matches!(then, Then::Task(_)));
            self.find_controller(cx);
        } else {
            self.vol.zookeeper.acting = Some(acting);
        }
        for (conn, request, body) in answers {
            self.answer(cx, conn, request, false, body);
        }
    }

    pub(super) fn on_zookeeper_timer(&mut self, cx: &mut Cx<'_>, key: Timer) {
        match key {
            // Nobody confirms the end of its session: it ends all the same.
            Timer::ZooKeeper if self.vol.zookeeper.stopping => self.stop(cx),
            Timer::ZooKeeper => self.vol.zookeeper.client.on_timer(cx),
            Timer::Register => self.register_in_zookeeper(cx),
            Timer::Apply => self.apply_control(cx),
            Timer::ControlRetry(broker) => self.act(cx, |acting, hands| acting.send_next(hands, broker)),
            Timer::ShutdownRetry => self.say_farewell(cx),
            Timer::PreferredLeaders => {
                self.act(cx, |acting, hands| acting.happen(hands, Event::Rebalance));
            }
            _ => {}
        }
    }

    pub(super) fn on_zookeeper_closed(&mut self, cx: &mut Cx<'_>, conn: Conn) {
        self.vol.zookeeper.client.on_closed(cx, conn);
    }

    /// The answer to a request of this controller.
    pub(super) fn on_controlled(&mut self, cx: &mut Cx<'_>, broker: NodeId, error: ErrorCode) {
        self.act(cx, |acting, hands| acting.on_controlled(hands, broker, error));
    }

    /// A request of this controller got no answer: it is sent again.
    pub(super) fn on_control_lost(&mut self, cx: &mut Cx<'_>, broker: NodeId) {
        if self.vol.zookeeper.acting.is_some() {
            cx.set_timer(Timer::ControlRetry(broker), Micros::ms(100));
        }
        self.act(cx, |acting, _| acting.on_control_lost(broker));
    }

    /// A request that only the controller serves.
    pub(super) fn serve_as_controller(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>) {
        if self.vol.zookeeper.acting.is_some() {
            let message = Arc::new(message.clone());
            return self.act(cx, |acting, hands| acting.happen(hands, Event::Request(message)));
        }
        let error = ErrorCode::NotController;
        let body = match &message.body {
            Body::AlterPartition { .. } => Body::PartitionAltered { error, results: Vec::new() },
            Body::AllocateProducerIds { .. } => Body::ProducerIdsAllocated { error, first: -1, count: 0 },
            Body::CreateTopics { .. } => Body::TopicsCreated { error },
            _ => Body::ShutdownControlled { error, remaining: Vec::new() },
        };
        self.answer(cx, message.conn, message.id, false, body);
    }

    /// An admin's request to the controller.
    pub(super) fn on_admin(&mut self, cx: &mut Cx<'_>, command: Command) {
        self.act(cx, |acting, hands| acting.on_admin(hands, command));
    }
}
