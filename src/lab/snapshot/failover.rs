//! How a new controller comes to be.

use super::Looking;
use crate::engine::Process as Life;
use crate::kafka::{Process, cost};
use crate::lab::failover::Step;
use crate::lab::view::{CostsView, FailoverView, LapView, TermsView};

impl Looking<'_> {
    pub(super) fn failover(&self) -> Option<FailoverView> {
        let (failovers, race) = self.facts.failovers();
        let failover = failovers.last()?;
        let lap = |step| {
            let (began, ended) = failover.lap(step);
            LapView { began: began.map(|at| self.time(at)), ended: ended.map(|at| self.time(at)) }
        };
        let apply = cost::APPLY_PARTITION.0;
        let terms = match self.world.node(failover.lost()) {
            Process::Broker(broker) => TermsView::ZooKeeper {
                session: broker.configs().ms("zookeeper.session.timeout.ms").0,
                request: cost::ZOOKEEPER_REQUEST.0,
                in_flight: broker.configs().int("zookeeper.max.in.flight.requests"),
                apply,
            },
            Process::Controller(controller) => TermsView::Quorum {
                fetch: controller.configs().ms("controller.quorum.fetch.timeout.ms").0,
                apply,
            },
            _ => TermsView::default(),
        };
        Some(FailoverView {
            lost: self.node(failover.lost()),
            back: self.world.process(failover.lost()) == Life::Running,
            since: self.time(failover.since()),
            acts: failover.acts().map(|at| self.time(at)),
            next: failover.next().map(|node| self.node(node)),
            laps: Step::ALL.map(lap),
            costs: CostsView {
                requests: race.total(),
                entries: race.entries(),
                znodes: race.znodes_read(),
                records: race.records(),
            },
            terms,
        })
    }
}
