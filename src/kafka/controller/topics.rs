//! Topics: creation, growth, settings, deletion.
//!
//! A topic's id is the offset of its record, so another topic of the same name has another id: brokers throw away what they have of the old
//! one, fetches that mean it get UNKNOWN_TOPIC_ID, clients forget its leader epochs. Not modelled: ids in Produce (4.1), in commits and in
//! the assignments of KIP-848 groups; a group that reads a topic which is deleted and made again between two looks at it notices nothing
//! but the missing commits.
//!
//! Placement goes round: partition `i` begins at broker `i` of those that are alive. (Kafka starts at a random broker and shuffles; a
//! fixed start makes pictures that can be spoken about.)

use std::sync::Arc;

use super::Controller;
use crate::engine::NodeId;
use crate::kafka::{
    Cx, ErrorCode, LeaderEpoch, MetadataRecord, Partition, PartitionEpoch, PartitionState, TopicId,
};

impl Controller {
    pub(super) fn create_topic(
        &mut self,
        cx: &mut Cx<'_>,
        topic: TopicId,
        replicas: Option<Vec<Vec<NodeId>>>,
        partitions: u32,
        replication: u32,
        configs: Vec<(&'static str, Arc<str>)>,
    ) -> ErrorCode {
        if self.latest.topics.contains_key(&topic) {
            return ErrorCode::TopicAlreadyExists;
        }
        let assignment = match replicas.map_or_else(|| self.place(0, partitions, replication), Ok) {
            Ok(assignment) => assignment,
            Err(error) => return error,
        };
        if assignment.is_empty() {
            return ErrorCode::InvalidPartitions;
        }
        let mut records = vec![MetadataRecord::Topic { topic, configs }];
        match self.partition_records(topic, 0, assignment) {
            Ok(more) => records.extend(more),
            Err(error) => return error,
        }
        self.commit(cx, records);
        ErrorCode::None
    }

    /// Deletes a topic (`DeleteTopics`): its partitions go with it, and with them every replica once its broker has applied that.
    pub(super) fn delete_topic(&mut self, cx: &mut Cx<'_>, topic: TopicId) -> ErrorCode {
        if !self.configs.on("delete.topic.enable") {
            return ErrorCode::TopicDeletionDisabled;
        }
        if !self.latest.topics.contains_key(&topic) {
            return ErrorCode::UnknownTopicOrPartition;
        }
        self.commit(cx, vec![MetadataRecord::RemoveTopic(topic)]);
        ErrorCode::None
    }

    pub(super) fn add_partitions(&mut self, cx: &mut Cx<'_>, topic: TopicId, count: u32) -> ErrorCode {
        let Some(state) = self.latest.topics.get(&topic) else {
            return ErrorCode::UnknownTopicOrPartition;
        };
        let before = self.latest.partition_count(topic);
        if count <= before {
            return ErrorCode::InvalidPartitions;
        }
        let replication = state.partitions.first().map_or(1, |p| p.replicas.len());
        let replication = u32::try_from(replication).unwrap_or(1);
        let records = self
            .place(before, count - before, replication)
            .and_then(|assignment| self.partition_records(topic, before, assignment));
        match records {
            Ok(records) => {
                self.commit(cx, records);
                ErrorCode::None
            }
            Err(error) => error,
        }
    }

    pub(super) fn set_topic_config(
        &mut self,
        cx: &mut Cx<'_>,
        topic: TopicId,
        key: &'static str,
        value: Arc<str>,
    ) -> ErrorCode {
        if !self.latest.topics.contains_key(&topic) {
            return ErrorCode::UnknownTopicOrPartition;
        }
        let mut records = vec![MetadataRecord::TopicConfig { topic, key, value }];
        if key == "min.insync.replicas" {
            records.extend(self.forget_eligible(topic));
        }
        self.commit(cx, records);
        ErrorCode::None
    }

    fn place(&self, first: u32, count: u32, replication: u32) -> Result<Vec<Vec<NodeId>>, ErrorCode> {
        let brokers: Vec<NodeId> =
            self.latest.brokers.iter().filter(|(_, b)| b.active()).map(|(id, _)| *id).collect();
        let replication = replication as usize;
        if replication == 0 || replication > brokers.len() {
            return Err(ErrorCode::InvalidReplicationFactor);
        }
        let at = |n: usize| brokers[n % brokers.len()];
        Ok((first..first + count).map(|p| (0..replication).map(|r| at(p as usize + r)).collect()).collect())
    }

    fn partition_records(
        &self,
        topic: TopicId,
        first: u32,
        assignment: Vec<Vec<NodeId>>,
    ) -> Result<Vec<MetadataRecord>, ErrorCode> {
        let image = &self.latest;
        let mut records = Vec::new();
        for (index, replicas) in (first..).zip(assignment) {
            let repeated = (1..replicas.len()).any(|n| replicas[n..].contains(&replicas[n - 1]));
            if replicas.is_empty() || repeated || !replicas.iter().all(|id| image.brokers.contains_key(id)) {
                return Err(ErrorCode::InvalidReplicaAssignment);
            }
            let isr: Vec<NodeId> = replicas.iter().copied().filter(|id| image.active(*id)).collect();
            let Some(&leader) = isr.first() else { return Err(ErrorCode::InvalidReplicaAssignment) };
            let state = PartitionState {
                replicas,
                isr,
                leader: Some(leader),
                leader_epoch: LeaderEpoch(0),
                partition_epoch: PartitionEpoch(0),
                ..PartitionState::default()
            };
            records.push(MetadataRecord::Partition(Partition { topic, index }, state));
        }
        Ok(records)
    }
}
