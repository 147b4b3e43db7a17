//! A broker and the quorum: it tails the metadata log as an observer, and so learns who the active controller is.

use std::sync::Arc;

use super::{Broker, Pending};
use crate::engine::{Micros, NodeId};
use crate::kafka::client::METADATA_LOG;
use crate::kafka::cost::APPLY_PARTITION;
use crate::kafka::raft::{ClusterId, Place, QuorumFetch, Request, Response};
use crate::kafka::{Body, Cx, ErrorCode, Image, LeaderEpoch, MetadataSnapshot, Role, Timer};

/// Nobody waits for so short a time of applying.
const UNNOTICED: Micros = Micros::ms(5);
/// After a fetch of metadata that failed.
const RETRY: Micros = Micros::ms(100);
/// A fetch of metadata that nobody answers (`controller.quorum.request.timeout.ms`).
const LIMIT: Micros = Micros::secs(2);

impl Broker {
    /// The controller to talk to, as far as this broker knows: the leader of the quorum, or the only controller there is; with ZooKeeper,
    /// the broker that last told about metadata.
    pub(super) fn controller(&self, cx: &Cx<'_>) -> Option<NodeId> {
        if self.in_zookeeper_mode() {
            return self.told_controller();
        }
        let names = cx.shared();
        let mut all = names.of_role(Role::Controller);
        let first = all.next()?;
        if all.next().is_none() { Some(first) } else { self.disk.observer.leader() }
    }

    /// Asks for the metadata log from where this broker stands; the leader answers when there is more, or after a while.
    pub(super) fn poll_metadata(&mut self, cx: &mut Cx<'_>) {
        if self.vol.taking_in.is_some() {
            return;
        }
        if self.vol.requests.iter().any(|(_, _, pending)| matches!(pending, Pending::MetadataLog(_))) {
            return;
        }
        let voters: Vec<NodeId> = cx.shared().of_role(Role::Controller).collect();
        let Some(to) = self.disk.observer.whom(&voters) else { return };
        let applied = Place { epoch: self.vol.metadata_epoch, offset: self.vol.image.offset.plus(1) };
        let end = self.vol.metadata_read.unwrap_or(applied);
        let (cluster, epoch) = (ClusterId::default(), self.disk.observer.epoch());
        let fetch = QuorumFetch { cluster, epoch, end, high_watermark: end.offset };
        self.ask_quorum(cx, to, Request::Fetch(fetch));
    }

    /// An observer's question tells the controller nothing that anything depends on.
    fn ask_quorum(&mut self, cx: &mut Cx<'_>, to: NodeId, request: Request) {
        let body = Body::Quorum(request);
        self.vol.requests.send(cx, to, METADATA_LOG, true, body, LIMIT, Pending::MetadataLog(to));
    }

    /// The next stretch of the metadata log, or who else has it.
    pub(super) fn on_quorum_answer(
        &mut self,
        cx: &mut Cx<'_>,
        from: NodeId,
        response: &Response,
        image: Option<&MetadataSnapshot>,
    ) {
        let head = response.head();
        let before = self.disk.observer.leader();
        let news = self.disk.observer.heed(from, head);
        match (response, image) {
            (Response::Fetched(fetched), Some(image)) if head.error == ErrorCode::None => {
                if let Some(at) = fetched.snapshot {
                    let epoch = self.disk.observer.epoch();
                    self.ask_quorum(cx, from, Request::FetchSnapshot { epoch, at });
                } else {
                    let last = fetched.batches.last().map(|batch| batch.epoch);
                    let partitions = fetched.batches.iter().map(|batch| batch.partitions()).sum();
                    let epoch = last.unwrap_or(self.vol.metadata_epoch);
                    self.begin_applying(cx, Arc::clone(&image.0), epoch, partitions);
                }
            }
            (Response::Snapshot(_, Some(snapshot)), _) => {
                let partitions = snapshot.image.partitions().count();
                self.begin_applying(cx, Arc::clone(&snapshot.image), snapshot.at.epoch, partitions);
            }
            _ if news => self.poll_metadata(cx),
            _ => self.metadata_lost(cx, from),
        }
        if self.disk.observer.leader() != before {
            self.on_other_controller(cx);
        }
    }

    /// Applying takes its time, partition by partition. What takes less than [`UNNOTICED`] counts as done at once.
    fn begin_applying(&mut self, cx: &mut Cx<'_>, image: Arc<Image>, epoch: LeaderEpoch, partitions: usize) {
        let time = |count: usize| Micros(APPLY_PARTITION.0 * u64::try_from(count).unwrap_or(0));
        if time(partitions) < UNNOTICED || time(image.partitions().count()) < UNNOTICED {
            return self.on_metadata(cx, &image, epoch);
        }
        let time = time(partitions.min(image.partitions().count()));
        self.vol.taking_in = Some((image, epoch));
        cx.set_timer(Timer::ApplyMetadata, time);
    }

    /// The time that applying takes has passed.
    pub(super) fn taken_in(&mut self, cx: &mut Cx<'_>) {
        if let Some((image, epoch)) = self.vol.taking_in.take() {
            self.on_metadata(cx, &image, epoch);
        }
    }

    /// That node does not help: others are asked in turn.
    pub(super) fn metadata_lost(&mut self, cx: &mut Cx<'_>, node: NodeId) {
        self.disk.observer.unreached(node);
        cx.set_timer(Timer::MetadataWait, RETRY);
    }

    /// Another controller is the active one: what waited for one goes to it.
    fn on_other_controller(&mut self, cx: &mut Cx<'_>) {
        if self.controller(cx).is_none() {
            return;
        }
        self.beat(cx);
        if !self.vol.init_waiting.is_empty() {
            self.ask_for_producer_ids(cx);
        }
    }
}
