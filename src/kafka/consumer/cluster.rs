//! Who is where: metadata, and the group's coordinator.

use std::collections::BTreeSet;

use super::{Ask, Consumer};
use crate::engine::NodeId;
use crate::kafka::client::{COORDINATOR, DATA, metadata_request, refresh_interval};
use crate::kafka::{Body, Coordinated, Cx, ErrorCode, Note, Timer, TopicId, TopicMetadata, Why};

/// Requests that a consumer may have out on a connection.
const IN_FLIGHT: usize = 100;

impl Consumer {
    /// Something about the cluster is not as it was believed to be.
    pub(super) fn want_metadata(&mut self, why: Why) {
        self.client.refresh.get_or_insert(why);
    }

    /// Its own topics, and those of the whole group if it leads.
    fn topics(&self) -> BTreeSet<TopicId> {
        self.spec.topics.iter().chain(self.watched_topics()).copied().collect()
    }

    pub(super) fn refresh_metadata(&mut self, cx: &mut Cx<'_>) {
        let Some(why) = self.client.refresh else { return };
        if self.asking(|ask| matches!(ask, Ask::Metadata)) || !self.client.backoffs.metadata.ready(cx) {
            return;
        }
        let client = &mut self.client;
        let Some(to) = client.metadata.teacher(cx, &client.requests, IN_FLIGHT) else {
            return client.requests.wake(cx);
        };
        let quiet = self.client.bootstrapped && (why == Why::Age || !self.client.learned);
        cx.note(Note::MetadataRefreshed { client: cx.me(), why });
        self.client.refresh = None;
        let create = self.spec.configs.on("allow.auto.create.topics");
        let body = metadata_request(self.topics(), create);
        self.ask(cx, to, DATA, quiet, body, Ask::Metadata);
    }

    pub(super) fn metadata_failed(&mut self, cx: &Cx<'_>, why: Why) {
        self.client.backoffs.metadata.fail(cx, &self.spec.configs);
        self.client.learned = false;
        self.want_metadata(why);
    }

    pub(super) fn on_metadata(&mut self, cx: &mut Cx<'_>, brokers: &[NodeId], topics: &[TopicMetadata]) {
        let client = &mut self.client;
        client.learned = client.metadata.update(brokers, topics) || !client.bootstrapped;
        client.bootstrapped = true;
        cx.set_clock(Timer::MetadataAge, refresh_interval(&self.spec.configs));
        let leaderless = client.slots.keys().any(|p| client.metadata.leader(*p).is_none());
        if leaderless || topics.iter().any(|t| t.error != ErrorCode::None && t.error.retriable()) {
            client.backoffs.metadata.fail(cx, &self.spec.configs);
            client.refresh.get_or_insert(Why::Unknown);
        } else {
            client.backoffs.metadata.rest(cx, &self.spec.configs);
        }
        self.on_group_metadata(cx);
    }

    pub(super) fn find_coordinator(&mut self, cx: &mut Cx<'_>) {
        let wanted = self.client.bootstrapped && self.client.coordinator.is_none();
        if !wanted
            || self.client.groupless
            || self.client.fatal.is_some()
            || self.asking(|ask| matches!(ask, Ask::Coordinator))
            || !self.client.backoffs.coordinator.ready(cx)
        {
            return;
        }
        let Some(to) = self.client.metadata.anyone(cx, &self.client.requests, IN_FLIGHT) else {
            return self.client.requests.wake(cx);
        };
        let body = Body::FindCoordinator { of: Coordinated::Group(self.spec.group) };
        self.ask(cx, to, DATA, false, body, Ask::Coordinator);
    }

    pub(super) fn on_coordinator(&mut self, cx: &mut Cx<'_>, error: ErrorCode, node: Option<NodeId>) {
        match (error, node) {
            // Its connection broke a moment ago: it is not counted on, and somebody is asked again.
            (ErrorCode::None, Some(node)) if !self.client.requests.ready(cx, node, COORDINATOR) => {
                self.client.backoffs.coordinator.fail(cx, &self.spec.configs);
            }
            (ErrorCode::None, Some(node)) => self.client.coordinator = Some(node),
            (error, _) if error == ErrorCode::None || error.retriable() => {
                self.client.backoffs.coordinator.fail(cx, &self.spec.configs);
            }
            (error, _) => self.fail_for_good(cx, error),
        }
    }

    /// The broker asked is not the coordinator, or is gone.
    pub(super) fn coordinator_unknown(&mut self, cx: &Cx<'_>) {
        if self.client.coordinator.take().is_some() {
            self.client.backoffs.coordinator.fail(cx, &self.spec.configs);
        }
    }

    /// A request to `node` as the coordinator was lost.
    pub(super) fn coordinator_lost(&mut self, cx: &Cx<'_>, node: NodeId) {
        if self.client.coordinator == Some(node) {
            self.coordinator_unknown(cx);
        }
    }

    /// What an error of a coordinator request says about the coordinator. True: it is not there (any more).
    pub(super) fn coordinator_gone(&mut self, cx: &Cx<'_>, error: ErrorCode) -> bool {
        let gone = matches!(
            error,
            ErrorCode::NotCoordinator | ErrorCode::CoordinatorNotAvailable | ErrorCode::RequestTimedOut
        );
        if gone {
            self.coordinator_unknown(cx);
        } else if error != ErrorCode::NetworkException {
            self.client.backoffs.coordinator.reset();
        }
        gone
    }

    /// poll() throws this error from now on.
    pub(super) fn fail_for_good(&mut self, cx: &mut Cx<'_>, error: ErrorCode) {
        cx.note(Note::ClientError { client: cx.me(), error });
        self.client.fatal = Some(error);
    }
}
