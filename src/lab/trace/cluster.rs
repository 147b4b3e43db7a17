//! Notes of the cluster: replicas in sync, leaders, controllers, ZooKeeper.

use super::Fields;
use crate::kafka::Note;

impl Fields<'_> {
    pub(super) fn cluster_note(&mut self, note: &Note) -> Option<&'static str> {
        Some(match note {
            Note::IsrShrunk { partition, broker } => {
                self.partition(*partition).node("broker", *broker);
                "IsrShrunk"
            }
            Note::IsrExpanded { partition, broker } => {
                self.partition(*partition).node("broker", *broker);
                "IsrExpanded"
            }
            Note::IsrChangeRefused { partition, error } => {
                self.partition(*partition).text("error", error.name());
                "IsrChangeRefused"
            }
            Note::LeaderElected { partition, from, to, epoch, how } => {
                self.partition(*partition).some_node("from", *from).node("to", *to);
                self.int("epoch", epoch.0).text("how", how.name());
                "LeaderElected"
            }
            Note::LeaderLost { partition } => {
                self.partition(*partition);
                "LeaderLost"
            }
            Note::BrokerRegistered { broker, epoch } => {
                self.node("broker", *broker).int("epoch", epoch.0);
                "BrokerRegistered"
            }
            Note::BrokerFenced { broker } => {
                self.node("broker", *broker);
                "BrokerFenced"
            }
            Note::BrokerUnfenced { broker } => {
                self.node("broker", *broker);
                "BrokerUnfenced"
            }
            Note::MetadataAppended { offset, kind } => {
                self.offset("offset", *offset).text("kind", *kind);
                "MetadataAppended"
            }
            Note::MetadataApplied { node, offset } => {
                self.node("node", *node).offset("offset", *offset);
                "MetadataApplied"
            }
            Note::ControllerElected { node, epoch } => {
                self.node("node", *node).int("epoch", *epoch);
                "ControllerElected"
            }
            Note::ControllerResigned { node, epoch } => {
                self.node("node", *node).int("epoch", *epoch);
                "ControllerResigned"
            }
            Note::QuorumStateChanged { node, from, to, epoch } => {
                self.node("node", *node).text("from", from.name()).text("to", to.name());
                self.int("epoch", *epoch);
                "QuorumStateChanged"
            }
            Note::VoterAdded { voter } => {
                self.node("voter", *voter);
                "VoterAdded"
            }
            Note::VoterRemoved { voter } => {
                self.node("voter", *voter);
                "VoterRemoved"
            }
            Note::VoteGranted { node, candidate, epoch, pre } => {
                self.node("node", *node).node("candidate", *candidate).int("epoch", *epoch);
                if *pre { "PreVoteGranted" } else { "VoteGranted" }
            }
            Note::MetadataTruncated { node, to } => {
                self.node("node", *node).offset("to", *to);
                "MetadataTruncated"
            }
            Note::SnapshotTaken { node, offset } => {
                self.node("node", *node).offset("offset", *offset);
                "SnapshotTaken"
            }
            Note::ZnodeChanged { path } => {
                let path = path.text(self.scribe.names);
                self.text("path", path);
                "ZnodeChanged"
            }
            Note::ZkSessionExpired { node } => {
                self.node("node", *node);
                "ZkSessionExpired"
            }
            Note::ControlApplied { node, api, epoch, entries } => {
                self.node("node", *node).text("api", *api).int("epoch", *epoch).int("entries", *entries);
                "ControlApplied"
            }
            Note::ControlRefused { node, api, epoch, error } => {
                self.node("node", *node).text("api", *api).int("epoch", *epoch).text("error", error.name());
                "ControlRefused"
            }
            Note::RegistrationRefused { broker } => {
                self.node("broker", *broker);
                "RegistrationRefused"
            }
            Note::TopicCreated { topic } => {
                let name = self.scribe.names.topic(*topic).to_owned();
                self.text("topic", name);
                "TopicCreated"
            }
            Note::TopicDeleted { topic } => {
                let name = self.scribe.names.topic(*topic).to_owned();
                self.text("topic", name);
                "TopicDeleted"
            }
            Note::PartitionsAdded { topic, count } => {
                let name = self.scribe.names.topic(*topic).to_owned();
                self.text("topic", name).int("count", *count);
                "PartitionsAdded"
            }
            _ => return None,
        })
    }
}
