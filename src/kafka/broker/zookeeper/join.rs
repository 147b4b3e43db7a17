//! Coming and going: registration, the choice of the controller, the end of a session, controlled shutdown (`KafkaServer`,
//! `KafkaController.elect`).

use super::super::Pending;
use super::{Acting, Broker, Then};
use crate::engine::Micros;
use crate::kafka::client::CONTROLLER;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::zookeeper::{Data, Mode, Op, Path, Reply};
use crate::kafka::{Body, BrokerEpoch, Cx, ErrorCode, Note, Partition, Timer};

/// What a supervisor waits before it starts a broker again that could not register.
const START_AGAIN: Micros = Micros::secs(1);

/// Lists changes of settings, and the watch on them.
pub(super) fn changes() -> Vec<Op> {
    vec![Op::Children { path: Path::ConfigChanges, watch: true }]
}

impl Broker {
    pub(super) fn register_in_zookeeper(&mut self, cx: &mut Cx<'_>) {
        let data = Data::Broker { incarnation: cx.incarnation() };
        let op = Op::Create { path: Path::BrokerId(cx.me()), data, how: Mode::Ephemeral };
        self.vol.zookeeper.client.ask(cx, vec![op], Then::Register);
    }

    pub(super) fn on_register(&mut self, cx: &mut Cx<'_>, replies: &[Reply]) {
        match replies.first() {
            Some(Reply::Done(_, stat)) => self.on_registered_in_zookeeper(cx, stat.created),
            _ => {
                let op = Op::Get { path: Path::BrokerId(cx.me()), watch: false };
                self.vol.zookeeper.client.ask(cx, vec![op], Then::LookAtOwner);
            }
        }
    }

    /// There is a registration already: of this session (the answer got lost), or of a life before, whose session has not ended yet. Then
    /// Kafka's process gives up, and whoever supervises it starts it again.
    pub(super) fn on_owner(&mut self, cx: &mut Cx<'_>, replies: &[Reply]) {
        match replies.first() {
            Some(Reply::Data(_, stat)) if stat.owner == self.vol.zookeeper.client.session() => {
                self.on_registered_in_zookeeper(cx, stat.created);
            }
            Some(Reply::Data(..)) => {
                cx.note(Note::RegistrationRefused { broker: cx.me() });
                cx.set_clock(Timer::Register, START_AGAIN);
            }
            _ => self.register_in_zookeeper(cx),
        }
    }

    fn on_registered_in_zookeeper(&mut self, cx: &mut Cx<'_>, created: i64) {
        self.vol.epoch = Some(BrokerEpoch(created));
        self.vol.fenced = false;
        self.disk.tail_lost = false;
        self.find_controller(cx);
        self.work_off(cx);
    }

    // ---- who is the controller ----

    pub(super) fn find_controller(&mut self, cx: &mut Cx<'_>) {
        let op = Op::Get { path: Path::Controller, watch: true };
        self.vol.zookeeper.client.ask(cx, vec![op], Then::FindController);
    }

    pub(super) fn on_controller(&mut self, cx: &mut Cx<'_>, replies: &[Reply]) {
        match replies.first() {
            Some(Reply::Data(Data::Controller(node), _)) => {
                self.vol.zookeeper.active = Some(*node);
                if *node != cx.me() && !mutant::on(Mutant::WritesUnfenced) {
                    self.act(cx, |acting, _| acting.depose());
                }
            }
            _ if self.vol.zookeeper.stopping => {}
            _ => {
                self.vol.zookeeper.active = None;
                self.act(cx, |acting, _| acting.depose());
                let op = Op::Get { path: Path::ControllerEpoch, watch: false };
                self.vol.zookeeper.client.ask(cx, vec![op], Then::ReadEpoch);
            }
        }
    }

    /// One transaction makes a controller: `/controller` is created and the epoch raised, if nobody else has raised it.
    pub(super) fn on_epoch(&mut self, cx: &mut Cx<'_>, replies: &[Reply]) {
        let path = Path::ControllerEpoch;
        let Some(Reply::Data(Data::ControllerEpoch(epoch), stat)) = replies.last() else {
            let first = Op::Create { path, data: Data::ControllerEpoch(0), how: Mode::Persistent };
            let read = Op::Get { path, watch: false };
            return self.vol.zookeeper.client.ask(cx, vec![first, read], Then::ReadEpoch);
        };
        let next = epoch + 1;
        let (data, how) = (Data::Controller(cx.me()), Mode::Ephemeral);
        let claim = Op::Create { path: Path::Controller, data, how };
        let raise = Op::Set { path, data: Data::ControllerEpoch(next), version: Some(stat.version) };
        self.vol.zookeeper.client.ask(cx, vec![Op::Multi(vec![claim, raise])], Then::Claim(next));
    }

    pub(super) fn on_claim(&mut self, cx: &mut Cx<'_>, epoch: i32, replies: &[Reply]) {
        match replies.first() {
            Some(Reply::Multi(parts)) => match parts.as_slice() {
                [Reply::Done(..), Reply::Done(_, stat)] => self.become_controller(cx, epoch, stat.version),
                _ => self.check_claim(cx, Path::Controller, epoch),
            },
            _ => self.find_controller(cx),
        }
    }

    /// Refused, a claim may be its own, whose answer was lost (`KafkaZkClient.checkControllerAndEpoch`).
    pub(super) fn on_claim_checked(&mut self, cx: &mut Cx<'_>, claimed: i32, replies: &[Reply]) {
        match replies.first() {
            Some(Reply::Data(Data::Controller(node), _)) if *node == cx.me() => {
                self.check_claim(cx, Path::ControllerEpoch, claimed);
            }
            Some(Reply::Data(Data::ControllerEpoch(epoch), stat))
                if *epoch == claimed && self.vol.zookeeper.acting.is_none() =>
            {
                self.become_controller(cx, claimed, stat.version);
            }
            _ => self.find_controller(cx),
        }
    }

    fn check_claim(&mut self, cx: &mut Cx<'_>, path: Path, claimed: i32) {
        self.vol.zookeeper.client.ask(cx, vec![Op::Get { path, watch: false }], Then::CheckClaim(claimed));
    }

    fn become_controller(&mut self, cx: &mut Cx<'_>, epoch: i32, version: i32) {
        cx.note(Note::ControllerElected { node: cx.me(), epoch });
        self.vol.zookeeper.active = Some(cx.me());
        self.vol.zookeeper.acting = Some(Box::new(Acting::new(epoch, version)));
        // Its own watch: to learn that it is the controller no longer.
        self.find_controller(cx);
        self.act(cx, |acting, hands| acting.take_over(hands));
    }

    /// The session is over: what it stood for is gone. A controller resigns first of all; then all begins anew.
    pub(super) fn on_expired(&mut self, cx: &mut Cx<'_>, void: Vec<Then>) {
        if mutant::on(Mutant::WritesUnfenced) {
            for then in void {
                if let Then::Task(task) = then {
                    self.act(cx, |acting, hands| acting.again(hands, *task));
                }
            }
            return self.start_zookeeper(cx);
        }
        let settings = void.iter().any(|then| matches!(then, Then::Settings(_)));
        self.act(cx, |acting, _| acting.depose());
        self.vol.zookeeper.client.forget(|_| true);
        self.vol.zookeeper.active = None;
        if settings {
            self.vol.zookeeper.working = false;
        }
        if !self.vol.zookeeper.stopping {
            self.start_zookeeper(cx);
        }
        self.work_off(cx);
    }

    // ---- leaving ----

    /// Asks the controller to take leadership away first; at most three times, then leaves anyway.
    pub(in crate::kafka::broker) fn say_farewell(&mut self, cx: &mut Cx<'_>) {
        let tries = u32::try_from(self.configs.int("controlled.shutdown.max.retries")).unwrap_or(3);
        if self.vol.zookeeper.farewells >= tries.max(1) {
            return self.leave(cx);
        }
        self.vol.zookeeper.farewells += 1;
        let (Some(controller), Some(epoch)) = (self.vol.zookeeper.active, self.vol.epoch) else {
            return self.wait_to_leave(cx);
        };
        let body = Body::ControlledShutdown { epoch };
        let limit = Micros::secs(30);
        self.vol.requests.send(cx, controller, CONTROLLER, false, body, limit, Pending::Farewell);
    }

    pub(in crate::kafka::broker) fn wait_to_leave(&mut self, cx: &mut Cx<'_>) {
        cx.set_timer(Timer::ShutdownRetry, self.configs.ms("controlled.shutdown.retry.backoff.ms"));
    }

    pub(in crate::kafka::broker) fn on_farewell(
        &mut self,
        cx: &mut Cx<'_>,
        error: ErrorCode,
        remaining: &[Partition],
    ) {
        if error == ErrorCode::None && remaining.is_empty() {
            self.leave(cx);
        } else {
            self.wait_to_leave(cx);
        }
    }

    /// Closes the session, so that everybody knows at once, and ends.
    pub(in crate::kafka::broker) fn leave(&mut self, cx: &mut Cx<'_>) {
        self.vol.zookeeper.stopping = true;
        if !self.vol.zookeeper.client.close(cx) {
            self.stop(cx);
        }
    }
}
