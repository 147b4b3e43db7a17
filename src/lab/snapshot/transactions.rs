//! Transactional ids as their coordinators have them, and what is said about transactions.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Looking;
use super::messages::Said;
use crate::engine::NodeId;
use crate::kafka::internal::InternalTopic;
use crate::kafka::txn::Transaction;
use crate::kafka::{Body, ErrorCode, Partition, Process, ProducerEpoch, ProducerId, TransactionState, World};
use crate::lab::view::TransactionView;

/// The broker that leads the partition in which a transactional id lives, as the controller has it.
pub(in crate::lab) fn coordinator(world: &World, id: &str) -> Option<(NodeId, u32)> {
    let image = crate::lab::cel::committed_image(world);
    let (topic, index) = InternalTopic::Transactions.home(world.shared(), image, id)?;
    Some((image.partition(Partition { topic, index })?.leader?, index))
}

/// A transactional id in its coordinator's memory; none if nobody coordinates it, or it is not known there.
fn transaction<'a>(world: &'a World, id: &str) -> Option<&'a Transaction> {
    match world.node(coordinator(world, id)?.0) {
        Process::Broker(broker) => broker.transactions().transaction(id),
        _ => None,
    }
}

impl Looking<'_> {
    /// Label and fields of a request or answer about a transaction.
    pub(super) fn say_transaction(&self, body: &Body, said: &mut Said) {
        match body {
            Body::InitProducerId { transaction: Some(asked) } => {
                said.field("transactional.id", &*asked.id);
                said.field("timeout", format!("{} ms", asked.timeout.as_ms()));
                said.label(&*asked.id);
            }
            Body::AddPartitionsToTxn { id, pid, epoch, partitions, verify_only, .. } => {
                said.identity(id, *pid, *epoch);
                let names: Vec<String> = partitions.iter().map(|p| self.partition(*p)).collect();
                said.field(if *verify_only { "verify" } else { "partitions" }, names.join(" "));
                let mark = if *verify_only { "?" } else { "+" };
                said.label(format!("{mark} {}", names.join(" ")));
            }
            Body::AddOffsetsToTxn { id, pid, epoch, group } => {
                said.identity(id, *pid, *epoch);
                said.field("group", self.names.group(*group));
                said.label(format!("+ {}", self.names.group(*group)));
            }
            Body::TxnOffsetCommit(asked) => {
                said.identity(&asked.transaction.id, asked.pid, asked.epoch);
                said.field("group", self.names.group(asked.group));
                said.field("generation", asked.generation.0.to_string());
                for (p, offset, _) in said.first(&asked.offsets) {
                    said.label(format!("→ {offset}"));
                    said.field(&self.partition(*p), offset.to_string());
                }
            }
            Body::EndTxn { id, pid, epoch, outcome, .. } => {
                said.identity(id, *pid, *epoch);
                said.field("outcome", outcome.name());
                said.label(outcome.name());
            }
            Body::TxnEnded { error, pid, epoch } => {
                said.error(*error);
                said.field("producer id", pid.0.to_string());
                said.field("epoch", epoch.0.to_string());
                said.label("ok");
            }
            Body::OffsetsAddedToTxn { error } => said.error(*error),
            Body::PartitionsAddedToTxn { results } | Body::TxnOffsetsCommitted { results } => {
                for (p, error) in said.first(results) {
                    said.field(&self.partition(*p), error.name());
                    if *error != ErrorCode::None {
                        said.label(error.name());
                    }
                }
            }
            Body::WriteTxnMarkers { markers } => {
                for marker in markers {
                    let outcome = marker.marker.outcome.name();
                    said.label(outcome);
                    for p in said.first(&marker.partitions) {
                        let text = format!("{outcome} · PID {} epoch {}", marker.pid.0, marker.epoch.0);
                        said.field(&self.partition(*p), text);
                    }
                    said.field("coordinator epoch", marker.marker.coordinator_epoch.to_string());
                }
            }
            Body::TxnMarkersWritten { results } => {
                for (_, p, error) in said.first(results) {
                    said.field(&self.partition(*p), error.name());
                    said.label(if *error == ErrorCode::None { "ok" } else { error.name() });
                }
            }
            _ => {}
        }
    }

    pub(super) fn transactions(&self) -> Vec<TransactionView> {
        let mut ids: BTreeSet<Arc<str>> = BTreeSet::new();
        for (_, node) in self.world.nodes() {
            if let Process::Producer(producer) = node {
                ids.extend(producer.transactional_id().cloned());
            }
        }
        ids.iter().map(|id| self.transaction(id)).collect()
    }

    fn transaction(&self, id: &str) -> TransactionView {
        let holds = |node: &Process| match node {
            Process::Producer(producer) => producer.transactional_id().is_some_and(|own| **own == *id),
            _ => false,
        };
        let holder = self.world.nodes().find(|(_, node)| holds(node));
        let coordinator = coordinator(self.world, id).map(|(node, _)| self.node(node));
        let Some(known) = transaction(self.world, id) else {
            let version = match holder {
                Some((_, Process::Producer(producer))) => producer.transaction_version().number(),
                _ => 0,
            };
            return TransactionView {
                id: id.to_owned(),
                client: holder.map_or_else(String::new, |(node, _)| self.node(node)),
                coordinator,
                state: TransactionState::Empty.name().to_owned(),
                pid: -1,
                epoch: -1,
                version,
                ..TransactionView::default()
            };
        };
        let stored = &known.stored;
        let open = !stored.state.is_idle();
        let people = |p: &&Partition| !self.names.is_internal(p.topic);
        TransactionView {
            id: id.to_owned(),
            client: self.node(stored.client),
            coordinator,
            state: stored.state.name().to_owned(),
            pid: stored.pid.0,
            epoch: stored.epoch.0,
            partitions: stored.partitions.iter().filter(people).map(|p| self.partition(*p)).collect(),
            groups: self.groups_in(stored.pid),
            started: stored.started.filter(|_| open).map(|at| self.time(at)),
            timeout: stored.timeout.0,
            version: stored.version.number(),
        }
    }

    /// Groups that hold offsets of this producer's open transaction.
    fn groups_in(&self, pid: ProducerId) -> Vec<String> {
        let brokers = self.world.nodes().filter_map(|(_, node)| match node {
            Process::Broker(broker) => Some(broker),
            _ => None,
        });
        let groups = brokers.flat_map(|broker| broker.coordinator().groups());
        let inside = groups.filter(|group| group.in_transactions.contains_key(&pid));
        let mut names: Vec<String> = inside.map(|group| self.names.group(group.id).to_owned()).collect();
        names.sort_unstable();
        names
    }
}

impl Said {
    fn identity(&mut self, id: &str, pid: ProducerId, epoch: ProducerEpoch) {
        self.field("transactional.id", id);
        self.field("producer id", format!("{} epoch {}", pid.0, epoch.0));
    }
}
