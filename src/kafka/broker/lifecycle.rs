//! A broker's life with the controller: registration, heartbeats, controlled shutdown (`BrokerLifecycleManager`).

use super::isr::controller;
use super::{Broker, Pending};
use crate::engine::Micros;
use crate::kafka::client::LIFECYCLE;
use crate::kafka::{Body, BrokerEpoch, Cx, ErrorCode, Timer};

impl Broker {
    /// Tells the controller that this process exists.
    pub(super) fn register(&mut self, cx: &mut Cx<'_>) {
        let Some(controller) = controller(cx) else { return };
        let body = Body::BrokerRegistration { incarnation: cx.incarnation() };
        let limit = self.configs.ms("broker.session.timeout.ms");
        self.vol.requests.send(cx, controller, LIFECYCLE, false, body, limit, Pending::Registration);
    }

    pub(super) fn on_registered(&mut self, cx: &mut Cx<'_>, error: ErrorCode, epoch: BrokerEpoch) {
        if error == ErrorCode::None {
            self.vol.epoch = Some(epoch);
            self.resume_following(cx);
            self.beat(cx);
        } else {
            cx.set_timer(Timer::BrokerHeartbeat, Micros::ms(1000));
        }
    }

    /// Sends a heartbeat, or registers if that has not succeeded yet. While fenced or leaving it beats faster.
    pub(super) fn beat(&mut self, cx: &mut Cx<'_>) {
        let Some(controller) = controller(cx) else { return };
        let Some(epoch) = self.vol.epoch else {
            if !self.vol.requests.busy(controller, LIFECYCLE) {
                self.register(cx);
            }
            return;
        };
        let interval = self.configs.ms("broker.heartbeat.interval.ms");
        let soon = Micros::ms(if self.vol.shutting_down { 50 } else { 10 });
        cx.set_clock(
            Timer::BrokerHeartbeat,
            if self.vol.fenced || self.vol.shutting_down { soon } else { interval },
        );
        if self.vol.requests.busy(controller, LIFECYCLE) {
            return;
        }
        let body = Body::BrokerHeartbeat {
            epoch,
            metadata_offset: self.vol.image.offset,
            want_fence: false,
            want_shutdown: self.vol.shutting_down,
        };
        let quiet = !self.vol.shutting_down;
        let limit = self.configs.ms("broker.session.timeout.ms");
        self.vol.requests.send(cx, controller, LIFECYCLE, quiet, body, limit, Pending::Heartbeat);
    }

    pub(super) fn on_heartbeat(
        &mut self,
        cx: &mut Cx<'_>,
        error: ErrorCode,
        fenced: bool,
        should_shutdown: bool,
    ) {
        match error {
            ErrorCode::StaleBrokerEpoch => {
                self.vol.epoch = None;
                self.register(cx);
            }
            ErrorCode::None if should_shutdown => {
                self.checkpoint(cx);
                self.close_logs();
                cx.exit();
            }
            ErrorCode::None if self.vol.fenced && !fenced => {
                self.vol.fenced = false;
                let interval = self.configs.ms("broker.heartbeat.interval.ms");
                cx.set_clock(Timer::BrokerHeartbeat, interval);
            }
            _ => {}
        }
    }
}
