//! The quorum of controllers: voters with their logs, brokers that follow, and what voters say to each other.

use super::Looking;
use super::messages::Said;
use crate::engine::NodeId;
use crate::kafka::controller::Controller;
use crate::kafka::raft::{Entry, Request, Response};
use crate::kafka::{MetadataRecord, Offset, Process};
use crate::lab::cel::active_controller;
use crate::lab::view::{MetadataRecordView, QuorumView, VoterView};

/// Records of a voter's log that a picture may show; those that say nothing (NoOp) are left out.
const LATEST: usize = 32;

impl Looking<'_> {
    pub(super) fn quorum(&self) -> Option<QuorumView> {
        let mut view = QuorumView {
            active: active_controller(self.world).map(|(node, _)| self.node(node)),
            ..QuorumView::default()
        };
        for (id, node) in self.world.nodes() {
            match node {
                Process::Controller(controller) => view.voters.push(self.voter(id, controller)),
                Process::Broker(broker) => view.observers.push((self.node(id), broker.image().offset.0)),
                _ => {}
            }
        }
        (!view.voters.is_empty()).then_some(view)
    }

    fn voter(&self, id: NodeId, controller: &Controller) -> VoterView {
        let raft = controller.raft();
        let (election, log) = (raft.election(), raft.log());
        let mut records: Vec<MetadataRecordView> = log
            .newest()
            .filter(|(_, _, entry)| !entry.is_quiet())
            .take(LATEST)
            .map(|(offset, epoch, entry)| MetadataRecordView {
                offset: offset.0,
                epoch: epoch.0,
                kind: entry.kind(),
                about: self.about(entry),
            })
            .collect();
        records.reverse();
        VoterView {
            id: self.node(id),
            process: self.process(id),
            state: raft.state().standing().name(),
            votes: raft.voters().contains(&id),
            active: controller.is_active(),
            epoch: election.epoch.0,
            voted: election.voted.map(|node| self.node(node)),
            leader: election.leader.map(|node| self.node(node)),
            log_start: log.start().0,
            log_end: log.end().offset.0,
            high_watermark: raft.high_watermark().unwrap_or(Offset::NONE).0,
            snapshot: log.snapshot().map(|snapshot| snapshot.at.offset.0),
            records,
        }
    }

    fn about(&self, entry: &Entry) -> String {
        match entry {
            Entry::LeaderChange(leader) => self.node(*leader),
            Entry::Voters(voters) => {
                voters.iter().map(|voter| self.node(*voter)).collect::<Vec<_>>().join(" ")
            }
            Entry::Record(record) => match record {
                MetadataRecord::RegisterBroker { broker, .. }
                | MetadataRecord::BrokerChange { broker, .. } => self.node(*broker),
                MetadataRecord::Topic { topic, .. }
                | MetadataRecord::TopicConfig { topic, .. }
                | MetadataRecord::RemoveTopic(topic) => self.names.topic(*topic).to_owned(),
                MetadataRecord::Partition(p, _) => self.partition(*p),
                MetadataRecord::ProducerIds { next } => next.to_string(),
                MetadataRecord::NoOp => String::new(),
            },
        }
    }

    pub(super) fn say_quorum(&self, request: &Request, said: &mut Said) {
        match request {
            Request::Vote(vote) => {
                said.field("epoch", vote.epoch.0.to_string());
                said.field("candidate", self.node(vote.candidate));
                said.field("pre-vote", vote.pre.to_string());
                said.field("last epoch", vote.end.epoch.0.to_string());
                said.field("log end", vote.end.offset.to_string());
                let pre = if vote.pre { "pre-vote " } else { "" };
                said.label(format!("{pre}epoch {}", vote.epoch.0));
            }
            Request::BeginQuorumEpoch { epoch } | Request::EndQuorumEpoch { epoch, .. } => {
                said.field("epoch", epoch.0.to_string());
                said.label(format!("epoch {}", epoch.0));
            }
            Request::Fetch(fetch) => {
                said.field("epoch", fetch.epoch.0.to_string());
                said.field("from", fetch.end.offset.to_string());
                said.field("last fetched epoch", fetch.end.epoch.0.to_string());
            }
            Request::ApiVersions => {}
            Request::FetchSnapshot { at, .. } => {
                said.field("snapshot", format!("{}-{}", at.offset, at.epoch.0));
            }
        }
    }

    pub(super) fn say_quorum_answer(&self, response: &Response, said: &mut Said) {
        if matches!(response, Response::ApiVersions(_)) {
            return said.field("kraft.version", "0–1");
        }
        let head = response.head();
        said.error(head.error);
        said.field("epoch", head.epoch.0.to_string());
        if let Some(leader) = head.leader {
            said.field("leader", self.node(leader));
        }
        match response {
            Response::Vote { granted, .. } => {
                said.field("granted", granted.to_string());
                said.label(if *granted { "granted" } else { "refused" }.to_owned());
            }
            Response::Fetched(fetched) => {
                said.field("high watermark", fetched.high_watermark.to_string());
                if let Some(place) = fetched.diverging {
                    said.field("diverging", format!("epoch {} ends at {}", place.epoch.0, place.offset));
                }
                for (offset, entry) in said.first(fetched.batches.iter().flat_map(|batch| batch.iter())) {
                    said.field(&offset.to_string(), entry.kind());
                }
            }
            _ => {}
        }
    }
}
