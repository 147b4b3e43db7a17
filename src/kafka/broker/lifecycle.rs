//! A broker's life with the controller: registration, heartbeats, controlled shutdown (`BrokerLifecycleManager`).
//!
//! Registration says whether the disk is whole. Only a power loss makes it not so: Kafka, which cannot tell what a page cache kept, takes
//! every stop without its clean-shutdown file for one (a process that was killed, too). Not modelled: that suspicion; `want_fence`.

use super::{Broker, Pending};
use crate::engine::Micros;
use crate::kafka::client::LIFECYCLE;
use crate::kafka::{Body, BrokerEpoch, Cx, ErrorCode, Timer};

/// No controller is known, or it is not the active one.
const RETRY: Micros = Micros::ms(100);

impl Broker {
    /// Tells the controller that this process exists.
    pub(super) fn register(&mut self, cx: &mut Cx<'_>) {
        let Some(controller) = self.controller(cx) else {
            cx.set_timer(Timer::BrokerHeartbeat, RETRY);
            return;
        };
        let whole = !self.disk.tail_lost;
        let body = Body::BrokerRegistration { incarnation: cx.incarnation(), whole };
        let limit = self.configs.ms("broker.session.timeout.ms");
        self.vol.requests.send(cx, controller, LIFECYCLE, false, body, limit, Pending::Registration);
    }

    pub(super) fn on_registered(&mut self, cx: &mut Cx<'_>, error: ErrorCode, epoch: BrokerEpoch) {
        if error == ErrorCode::None {
            self.vol.epoch = Some(epoch);
            self.disk.tail_lost = false;
            self.resume_following(cx);
            self.poll_metadata(cx);
            self.beat(cx);
        } else {
            // The log tells who else is the controller; nothing that it says is acted on before this is registered.
            self.poll_metadata(cx);
            let elsewhere = error == ErrorCode::NotController;
            cx.set_timer(Timer::BrokerHeartbeat, if elsewhere { RETRY } else { Micros::ms(1000) });
        }
    }

    /// Sends a heartbeat, or registers if that has not succeeded yet. While fenced it beats faster; leaving,
    /// it asks a second time soon.
    pub(super) fn beat(&mut self, cx: &mut Cx<'_>) {
        let Some(controller) = self.controller(cx) else {
            cx.set_clock(Timer::BrokerHeartbeat, RETRY);
            return;
        };
        let Some(epoch) = self.vol.epoch else {
            if !self.vol.requests.busy(controller, LIFECYCLE) {
                self.register(cx);
            }
            return;
        };
        let interval = self.configs.ms("broker.heartbeat.interval.ms");
        let next = match (self.vol.shutting_down, self.vol.goodbyes) {
            (true, 0) => Micros::ms(50),
            (false, _) if self.vol.fenced => Micros::ms(10),
            _ => interval,
        };
        cx.set_clock(Timer::BrokerHeartbeat, next);
        if self.vol.requests.busy(controller, LIFECYCLE) {
            return;
        }
        let body = Body::BrokerHeartbeat {
            epoch,
            metadata_offset: self.vol.image.offset,
            want_fence: false,
            want_shutdown: self.vol.shutting_down,
        };
        self.vol.goodbyes += u32::from(self.vol.shutting_down);
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
            ErrorCode::NotController => cx.set_clock(Timer::BrokerHeartbeat, RETRY),
            ErrorCode::None if should_shutdown => self.stop(cx),
            ErrorCode::None if self.vol.fenced && !fenced => {
                self.vol.fenced = false;
                let interval = self.configs.ms("broker.heartbeat.interval.ms");
                cx.set_clock(Timer::BrokerHeartbeat, interval);
            }
            _ => {}
        }
    }

    /// Ends the process with everything on disk.
    pub(super) fn stop(&mut self, cx: &mut Cx<'_>) {
        self.checkpoint(cx);
        self.close_logs();
        cx.exit();
    }
}
