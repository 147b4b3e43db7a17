//! Messages on their way, with a short label and every field.

use super::Looking;
use crate::engine::{Body as _, Flight, Rule, RuleAction};
use crate::kafka::{Batch, Body, Coordinated, ErrorCode, Fetcher, LeaderHint, Offset, Partition};
use crate::lab::view::MessageView;

/// Of so many things that a message names each is a field. Those of a large cluster name a hundred thousand.
const MOST: usize = 200;

/// Label and fields of a message.
#[derive(Default)]
pub(super) struct Said {
    label: String,
    fields: Vec<(String, String)>,
    /// Named by the message, and no field.
    unsaid: usize,
}

impl Said {
    pub(super) fn field(&mut self, name: &str, value: impl Into<String>) {
        self.fields.push((name.to_owned(), value.into()));
    }

    /// What of all these becomes a field.
    pub(super) fn first<I: IntoIterator<IntoIter: Clone>>(
        &mut self,
        all: I,
    ) -> impl Iterator<Item = I::Item> + use<I> {
        let all = all.into_iter();
        self.unsaid += all.clone().skip(MOST).count();
        all.take(MOST)
    }

    pub(super) fn label(&mut self, label: impl Into<String>) {
        if self.label.is_empty() {
            self.label = label.into();
        }
    }

    pub(super) fn error(&mut self, error: ErrorCode) {
        self.field("error", error.name());
        if error != ErrorCode::None {
            self.label(error.name());
        }
    }
}

impl Looking<'_> {
    pub(super) fn message(&self, flight: &Flight<Body>) -> MessageView {
        let envelope = &flight.envelope;
        let mut said = self.say(&envelope.body);
        if said.unsaid > 0 {
            said.field("…", format!("+{}", said.unsaid));
        }
        MessageView {
            id: envelope.id.0,
            from: self.node(envelope.from),
            to: self.node(envelope.to),
            api: envelope.body.api(),
            answers: envelope.answers.map(|msg| msg.0),
            quiet: envelope.quiet,
            sent_at: self.time(envelope.sent_at),
            due: self.time(flight.due),
            dies_at: flight.dies_at.map(|at| self.time(at)),
            held: flight.held,
            label: said.label,
            fields: said.fields,
        }
    }

    fn say(&self, body: &Body) -> Said {
        let mut said = Said::default();
        match body {
            Body::Produce { .. } | Body::Produced { .. } | Body::Fetch { .. } | Body::Fetched { .. } => {
                self.say_data(body, &mut said);
            }
            Body::ListOffsets { partitions, .. } => {
                for (p, _, spec) in said.first(partitions) {
                    said.field(&self.partition(*p), format!("{spec:?}"));
                }
            }
            Body::OffsetForLeaderEpoch { partitions } => {
                for (p, _, epoch) in said.first(partitions) {
                    said.field(&self.partition(*p), format!("epoch {}", epoch.0));
                }
            }
            Body::LeaderEpochsEnded { results } => {
                for (p, error, epoch, end) in said.first(results) {
                    said.field(&self.partition(*p), format!("epoch {} ends at {end}", epoch.0));
                    said.error(*error);
                }
            }
            Body::OffsetsListed { results } => {
                for (p, error, offset) in said.first(results) {
                    said.field(&self.partition(*p), format!("{offset}"));
                    said.error(*error);
                }
            }
            Body::Metadata { topics, .. } => {
                let names: Vec<&str> = topics.iter().map(|t| self.names.topic(*t)).collect();
                said.field("topics", names.join(" "));
            }
            Body::MetadataGiven { brokers, .. } => {
                let names: Vec<&str> = brokers.iter().map(|b| self.names.node(*b)).collect();
                said.field("brokers", names.join(" "));
            }
            Body::ProducerIdGiven { error, pid, epoch, .. } => {
                said.error(*error);
                said.field("producer id", pid.0.to_string());
                said.field("epoch", epoch.0.to_string());
                said.label(format!("PID {}", pid.0));
            }
            Body::Quorum(request) => self.say_quorum(request, &mut said),
            Body::QuorumAnswered { response, .. } => self.say_quorum_answer(response, &mut said),
            Body::BrokerHeartbeat { epoch, metadata_offset, want_shutdown, .. } => {
                said.field("broker epoch", epoch.0.to_string());
                said.field("metadata offset", metadata_offset.to_string());
                said.field("want shutdown", want_shutdown.to_string());
            }
            Body::AlterPartition { changes, .. } => {
                for change in said.first(changes) {
                    let isr: Vec<&str> = change.isr.iter().map(|(id, _)| self.names.node(*id)).collect();
                    said.field(&self.partition(change.partition), format!("ISR {}", isr.join(" ")));
                    said.label(format!("ISR {}", isr.join(" ")));
                }
            }
            Body::PartitionAltered { results, error } => {
                said.error(*error);
                for result in said.first(results) {
                    said.field(&self.partition(result.partition), result.error.name());
                }
            }
            other => {
                self.say_group(other, &mut said);
                self.say_transaction(other, &mut said);
            }
        }
        said
    }

    /// Who leads instead, if the answer says so.
    fn leaders(&self, said: &mut Said, hints: &[LeaderHint]) {
        for (p, leader, epoch) in hints {
            said.field(
                "leader",
                format!("{} {} epoch {}", self.partition(*p), self.names.node(*leader), epoch.0),
            );
        }
    }

    fn labels(&self, batch: &Batch) -> String {
        let labels: Vec<String> = batch.records.iter().map(|r| self.facts.record_label(r.id)).collect();
        if labels.len() > 4 {
            format!("{} +{}", labels[..3].join(" "), labels.len() - 3)
        } else {
            labels.join(" ")
        }
    }

    fn batch(&self, said: &mut Said, p: Partition, batch: &Batch, placed: bool) {
        let mut text = self.labels(batch);
        if placed {
            text = format!("@{} {text}", batch.base);
        }
        if let Some(stamp) = batch.stamp {
            text = format!("{text} · PID {} seq {}", stamp.id.0, stamp.first.0);
        }
        said.field(&self.partition(p), text);
    }

    fn say_data(&self, body: &Body, said: &mut Said) {
        match body {
            Body::Produce { acks, batches, .. } => {
                said.field("acks", format!("{acks:?}").to_lowercase());
                for (p, batch) in said.first(batches) {
                    said.label(self.labels(batch));
                    self.batch(said, *p, batch, false);
                }
            }
            Body::Produced { results, leaders } => {
                for (p, error, base) in said.first(results) {
                    said.error(*error);
                    said.field(&self.partition(*p), format!("@{base}"));
                    said.label(format!("@{base}"));
                }
                self.leaders(said, leaders);
            }
            Body::Fetch { who, partitions, .. } => {
                said.field("who", if matches!(who, Fetcher::Consumer(_)) { "consumer" } else { "follower" });
                for fetch in
                    said.first(partitions.iter().filter(|f| !self.names.is_internal(f.partition.topic)))
                {
                    said.label(format!("@{}", fetch.offset));
                    let text = format!("@{} epoch {}", fetch.offset, fetch.leader_epoch.0);
                    said.field(&self.partition(fetch.partition), text);
                }
            }
            Body::Fetched { partitions, leaders, .. } => {
                self.leaders(said, leaders);
                for found in
                    said.first(partitions.iter().filter(|f| !self.names.is_internal(f.partition.topic)))
                {
                    if found.error != ErrorCode::None {
                        said.error(found.error);
                    }
                    for batch in &found.batches {
                        said.label(self.labels(batch));
                        self.batch(said, found.partition, batch, true);
                    }
                    if let Some((epoch, end)) = found.diverging {
                        said.field("diverging", format!("epoch {} ends at {end}", epoch.0));
                    }
                    if found.high_watermark != Offset::NONE {
                        said.field("high watermark", found.high_watermark.to_string());
                        said.label(format!("HW {}", found.high_watermark));
                    }
                }
            }
            _ => {}
        }
    }

    fn say_group(&self, body: &Body, said: &mut Said) {
        match body {
            Body::FindCoordinator { of: Coordinated::Group(group) } => {
                said.field("group", self.names.group(*group));
            }
            Body::FindCoordinator { of: Coordinated::Transaction(id) } => {
                said.field("transactional.id", &**id);
            }
            Body::CoordinatorFound { error, node } => {
                said.error(*error);
                said.label(node.map(|id| self.node(id)).unwrap_or_default());
            }
            Body::JoinGroup { group, member, instance, assignors, .. } => {
                said.field("group", self.names.group(*group));
                said.field("member", member.map_or("new".to_owned(), |m| m.serial.to_string()));
                if let Some(instance) = instance {
                    said.field("group.instance.id", &**instance);
                }
                said.field("assignors", assignors.join(" "));
            }
            Body::GroupJoined { error, member, generation, members, .. } => {
                said.error(*error);
                if let Some(member) = member {
                    said.field("member", member.serial.to_string());
                }
                said.field("generation", generation.0.to_string());
                said.field("members", members.len().to_string());
                if !members.is_empty() {
                    said.label(format!("×{}", members.len()));
                }
            }
            Body::SyncGroup { group, generation, assignments, .. } => {
                said.field("group", self.names.group(*group));
                said.field("generation", generation.0.to_string());
                said.field("assignments", assignments.len().to_string());
                if !assignments.is_empty() {
                    said.label(format!("×{}", assignments.len()));
                }
                for (member, share) in assignments {
                    let names: Vec<String> = share.iter().map(|p| self.partition(*p)).collect();
                    said.field(&self.member_id(*member), names.join(" "));
                }
            }
            Body::GroupSynced { error, assigned } => {
                said.error(*error);
                let names: Vec<String> = assigned.iter().map(|p| self.partition(*p)).collect();
                said.field("assigned", names.join(" "));
                said.label(names.join(" "));
            }
            Body::Heartbeat { group, generation, .. } => {
                said.field("group", self.names.group(*group));
                said.field("generation", generation.0.to_string());
            }
            Body::ConsumerGroupHeartbeat(asked) => {
                said.field("group", self.names.group(asked.group));
                said.field("member", asked.member.serial.to_string());
                said.field("epoch", asked.epoch.to_string());
                if let Some(owned) = &asked.owned {
                    let names: Vec<String> = owned.iter().map(|p| self.partition(*p)).collect();
                    said.field("owned", names.join(" "));
                }
                said.label(format!("epoch {}", asked.epoch));
            }
            Body::ConsumerGroupHeartbeatAnswered { error, epoch, assigned, .. } => {
                said.error(*error);
                said.field("epoch", epoch.to_string());
                if let Some(assigned) = assigned {
                    let names: Vec<String> = assigned.iter().map(|p| self.partition(*p)).collect();
                    said.field("assigned", names.join(" "));
                    said.label(names.join(" "));
                }
            }
            Body::HeartbeatAnswered { error } | Body::TopicsCreated { error } => said.error(*error),
            Body::GroupLeft { error, members } => {
                said.error(*error);
                members.iter().for_each(|(_, error)| said.error(*error));
            }
            Body::OffsetCommit { group, generation, offsets, .. } => {
                said.field("group", self.names.group(*group));
                said.field("generation", generation.0.to_string());
                for (p, offset, _) in said.first(offsets) {
                    said.label(format!("→ {offset}"));
                    said.field(&self.partition(*p), offset.to_string());
                }
            }
            Body::OffsetsCommitted { results } => {
                for (p, error) in said.first(results) {
                    said.field(&self.partition(*p), error.name());
                    if *error != ErrorCode::None {
                        said.label(error.name());
                    }
                }
            }
            Body::OffsetsFetched { error, offsets } => {
                said.error(*error);
                for (p, offset, _) in said.first(offsets) {
                    said.field(&self.partition(*p), offset.map_or("-".to_owned(), |o| o.to_string()));
                }
            }
            _ => {}
        }
    }

    /// A rule in the words of the action that makes it.
    pub(super) fn rule(&self, rule: &Rule) -> String {
        let name = |id: Option<crate::engine::NodeId>| id.map_or("*".to_owned(), |id| self.node(id));
        let verb = match rule.action {
            RuleAction::Drop => "drop-next",
            RuleAction::Delay(_) => "delay",
            RuleAction::Hold => "hold",
            RuleAction::HoldOne => "hold-next",
            RuleAction::Duplicate => "duplicate-next",
            RuleAction::Reset => "reset",
        };
        let api = rule.api.map(|api| format!(" --api {api}")).unwrap_or_default();
        format!("{verb} {} {}{api}", name(rule.from), name(rule.to))
    }
}
