//! Notes as lines: JSON for machines, words for people. Names stand where the world has ids.

use std::fmt::Write;

use crate::engine::{EventId, Micros, NodeId, Note as Engine, Rec};
use crate::kafka::{MemberId, Names, Note, Offset, Partition, RecordId};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A name or a word.
    Text(String),
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Absent.
    Null,
}

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// µs since t = 0; negative in the prologue.
    pub at: i64,
    /// Event since t = 0, from 1; zero or less in the prologue.
    pub event: i64,
    /// The event that scheduled it.
    pub parent: i64,
    /// The input, fault or clock that began the chain.
    pub root: i64,
    /// The process that states it.
    pub node: Option<String>,
    /// Which kind of note.
    pub note: &'static str,
    /// Its fields, in the order of the documentation.
    pub fields: Vec<(&'static str, Field)>,
}

/// Where t = 0 lies in the world's own counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// World time at t = 0.
    pub at: Micros,
    /// World turn at t = 0.
    pub event: EventId,
}

impl Origin {
    /// A world time as µs since t = 0.
    #[must_use]
    pub fn time(self, at: Micros) -> i64 {
        signed(at.0) - signed(self.at.0)
    }

    /// A world turn as an event since t = 0.
    #[must_use]
    pub fn turn(self, event: EventId) -> i64 {
        signed(event.0) - signed(self.event.0)
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Turns notes into lines.
pub struct Scribe<'a> {
    /// Names of processes, topics, groups.
    pub names: &'a Names,
    /// Names of records.
    pub record: &'a dyn Fn(RecordId) -> String,
    /// Where t = 0 lies.
    pub origin: Origin,
}

impl Scribe<'_> {
    /// The line of a note.
    #[must_use]
    pub fn line(&self, rec: &Rec<Note>) -> Line {
        let mut fields = Fields { scribe: self, list: Vec::new() };
        let note = match &rec.note {
            Engine::Domain(note) => fields.domain(note),
            note => fields.engine(note),
        };
        Line {
            at: self.origin.time(rec.at),
            event: self.origin.turn(rec.event),
            parent: self.origin.turn(rec.cause.parent),
            root: self.origin.turn(rec.cause.root),
            node: rec.node.map(|id| self.names.node(id).to_owned()),
            note,
            fields: fields.list,
        }
    }
}

impl Line {
    /// One JSON object: `t`, `event`, `parent`, `root`, `node`, `note`, then the fields.
    #[must_use]
    pub fn json(&self) -> String {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let node = self.node.as_deref().map_or_else(|| "null".to_owned(), text);
        let mut out = format!(
            r#"{{"t":{},"event":{},"parent":{},"root":{},"node":{node},"note":"{}""#,
            self.at, self.event, self.parent, self.root, self.note
        );
        for (name, value) in &self.fields {
            let value = match value {
                Field::Text(value) => text(value),
                Field::Int(value) => value.to_string(),
                Field::Bool(value) => value.to_string(),
                Field::Null => "null".to_owned(),
            };
            let _ = write!(out, r#","{name}":{value}"#);
        }
        out.push('}');
        out
    }

    /// One line of words: time, process, note, `field=value`.
    #[must_use]
    pub fn text(&self) -> String {
        let (sign, micros) = if self.at < 0 { ("-", -self.at) } else { ("", self.at) };
        let time = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let mut out =
            format!("{time:>14} #{:<6} {:<8} {}", self.event, self.node.as_deref().unwrap_or("-"), self.note);
        for (name, value) in &self.fields {
            let _ = match value {
                Field::Text(value) => write!(out, " {name}={value}"),
                Field::Int(value) => write!(out, " {name}={value}"),
                Field::Bool(value) => write!(out, " {name}={value}"),
                Field::Null => write!(out, " {name}=-"),
            };
        }
        out
    }

    /// A field as text, if the line has it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(n, _)| *n == name).map(|(_, value)| match value {
            Field::Text(value) => value.clone(),
            Field::Int(value) => value.to_string(),
            Field::Bool(value) => value.to_string(),
            Field::Null => "-".to_owned(),
        })
    }
}

struct Fields<'a> {
    scribe: &'a Scribe<'a>,
    list: Vec<(&'static str, Field)>,
}

impl Fields<'_> {
    fn text(&mut self, name: &'static str, value: impl Into<String>) -> &mut Self {
        self.list.push((name, Field::Text(value.into())));
        self
    }

    fn int(&mut self, name: &'static str, value: impl Into<i64>) -> &mut Self {
        self.list.push((name, Field::Int(value.into())));
        self
    }

    fn count(&mut self, name: &'static str, value: u64) -> &mut Self {
        self.list.push((name, Field::Int(signed(value))));
        self
    }

    fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.list.push((name, Field::Bool(value)));
        self
    }

    fn node(&mut self, name: &'static str, id: NodeId) -> &mut Self {
        let value = self.scribe.names.node(id).to_owned();
        self.text(name, value)
    }

    fn some_node(&mut self, name: &'static str, id: Option<NodeId>) -> &mut Self {
        match id {
            Some(id) => self.node(name, id),
            None => {
                self.list.push((name, Field::Null));
                self
            }
        }
    }

    fn partition(&mut self, p: Partition) -> &mut Self {
        let value = self.scribe.names.partition(p);
        self.text("partition", value)
    }

    fn replica(&mut self, node: NodeId, p: Partition) -> &mut Self {
        let value = format!("{}/{}", self.scribe.names.node(node), self.scribe.names.partition(p));
        self.text("replica", value)
    }

    fn record(&mut self, id: RecordId) -> &mut Self {
        let value = (self.scribe.record)(id);
        self.text("record", value)
    }

    fn offset(&mut self, name: &'static str, offset: Offset) -> &mut Self {
        self.int(name, offset.0)
    }

    fn moved(&mut self, from: Offset, to: Offset) -> &mut Self {
        self.offset("from", from).offset("to", to)
    }

    fn member(&mut self, member: MemberId) -> &mut Self {
        let value = format!("{}-{}", self.scribe.names.node(member.client), member.serial);
        self.text("member", value)
    }

    fn group(&mut self, group: crate::kafka::GroupId) -> &mut Self {
        let value = self.scribe.names.group(group).to_owned();
        self.text("group", value)
    }

    fn link(&mut self, client: NodeId, server: NodeId) -> &mut Self {
        let names = self.scribe.names;
        let value = format!("{}>{}", names.node(client), names.node(server));
        self.text("conn", value)
    }

    fn engine(&mut self, note: &Engine<Note>) -> &'static str {
        match note {
            Engine::MessageSent { msg, from, to, api, answer, quiet } => {
                self.count("msg", msg.0).node("from", *from).node("to", *to).text("api", *api);
                match answer {
                    Some(request) => self.count("answer", request.0),
                    None => {
                        self.list.push(("answer", Field::Null));
                        self
                    }
                }
                .flag("quiet", *quiet);
                "MessageSent"
            }
            Engine::MessageArrived { msg, .. } => {
                self.count("msg", msg.0);
                "MessageArrived"
            }
            Engine::MessageLost { msg, why, rule, .. } => {
                self.count("msg", msg.0).text("why", why.name());
                match rule {
                    Some(rule) => self.count("rule", u64::from(rule.0)),
                    None => {
                        self.list.push(("rule", Field::Null));
                        self
                    }
                };
                "MessageLost"
            }
            Engine::MessageHeld { msg, .. } => {
                self.count("msg", msg.0);
                "MessageHeld"
            }
            Engine::MessageDuplicated { msg, copy } => {
                self.count("msg", msg.0).count("copy", copy.0);
                "MessageDuplicated"
            }
            Engine::ConnectionOpened { client, server } => {
                self.link(*client, *server);
                "ConnectionOpened"
            }
            Engine::ConnectionClosed { client, server, why } => {
                self.link(*client, *server).text("why", why.name());
                "ConnectionClosed"
            }
            Engine::NodeStarted { node, incarnation } => {
                self.node("node", *node).int("incarnation", *incarnation);
                "NodeStarted"
            }
            Engine::NodeStopped { node } => {
                self.node("node", *node);
                "NodeStopped"
            }
            Engine::NodeCrashed { node, power } => {
                self.node("node", *node).flag("power", *power);
                "NodeCrashed"
            }
            Engine::NodePaused { node } => {
                self.node("node", *node);
                "NodePaused"
            }
            Engine::NodeResumed { node, after } => {
                self.node("node", *node).count("after", after.0);
                "NodeResumed"
            }
            Engine::RuleAdded { rule } => {
                self.int("rule", rule.0);
                "RuleAdded"
            }
            Engine::RuleUsed { rule, msg } => {
                self.int("rule", rule.0).count("msg", msg.0);
                "RuleUsed"
            }
            Engine::LinkCut { a, b } => {
                self.node("a", *a).some_node("b", *b);
                "LinkCut"
            }
            Engine::LinkHealed { a, b } => {
                self.some_node("a", *a).some_node("b", *b);
                "LinkHealed"
            }
            Engine::InputApplied { ix } => {
                self.int("ix", *ix);
                "InputApplied"
            }
            Engine::Domain(note) => self.domain(note),
        }
    }

    fn domain(&mut self, note: &Note) -> &'static str {
        self.client_note(note)
            .or_else(|| self.log_note(note))
            .or_else(|| self.cluster_note(note))
            .or_else(|| self.group_note(note))
            .or_else(|| self.share_note(note))
            .or_else(|| self.transaction_note(note))
            .unwrap_or("Unknown")
    }

    fn client_note(&mut self, note: &Note) -> Option<&'static str> {
        Some(match note {
            Note::RequestTimedOut { msg, client, api } => {
                self.count("msg", msg.0).node("client", *client).text("api", *api);
                "RequestTimedOut"
            }
            Note::RecordSent { record, client, partition } => {
                self.record(*record).node("client", *client).partition(*partition);
                "RecordSent"
            }
            Note::PartitionChosen { record, partition, how } => {
                self.record(*record).partition(*partition).text("how", how.name());
                "PartitionChosen"
            }
            Note::BatchClosed { client, partition, count, why } => {
                self.node("client", *client)
                    .partition(*partition)
                    .int("count", *count)
                    .text("why", why.name());
                "BatchClosed"
            }
            Note::RequestRetried { client, msg, attempt, why } => {
                self.node("client", *client)
                    .count("msg", msg.0)
                    .int("attempt", *attempt)
                    .text("why", why.name());
                "RequestRetried"
            }
            Note::RecordAcked { record, offset } => {
                self.record(*record).offset("offset", *offset);
                "RecordAcked"
            }
            Note::RecordFailed { record, error } => {
                self.record(*record).text("error", error.name());
                "RecordFailed"
            }
            Note::CallbackRun { record, client, waited } => {
                self.record(*record).node("client", *client).flag("waited", *waited);
                "CallbackRun"
            }
            Note::ProducerIdAssigned { client, pid, epoch } => {
                self.node("client", *client).int("pid", pid.0).int("epoch", epoch.0);
                "ProducerIdAssigned"
            }
            Note::MetadataRefreshed { client, why } => {
                self.node("client", *client).text("why", why.name());
                "MetadataRefreshed"
            }
            Note::Rebootstrapped { client } => {
                self.node("client", *client);
                "Rebootstrapped"
            }
            Note::LeaderLearned { client, partition, leader, epoch } => {
                self.node("client", *client)
                    .partition(*partition)
                    .node("leader", *leader)
                    .int("epoch", epoch.0);
                "LeaderLearned"
            }
            Note::ClientError { client, error } => {
                self.node("client", *client).text("error", error.name());
                "ClientError"
            }
            Note::AdminRefused { error } => {
                self.text("error", error.name());
                "AdminRefused"
            }
            Note::Waited { node, until } => {
                self.node("node", *node).count("until", until.0);
                "Waited"
            }
            _ => return None,
        })
    }

    fn log_note(&mut self, note: &Note) -> Option<&'static str> {
        Some(match note {
            Note::Appended { node, partition, base, count, control } => {
                self.replica(*node, *partition)
                    .offset("base", *base)
                    .int("count", *count)
                    .text("kind", control.map_or("data", |outcome| outcome.name()));
                "Appended"
            }
            Note::AppendRefused { node, partition, error } => {
                self.replica(*node, *partition).text("error", error.name());
                "AppendRefused"
            }
            Note::DuplicateAnswered { node, partition, base } => {
                self.replica(*node, *partition).offset("base", *base);
                "DuplicateAnswered"
            }
            Note::Truncated { node, partition, to, epoch } => {
                self.replica(*node, *partition).offset("to", *to).int("epoch", epoch.0);
                "Truncated"
            }
            Note::SegmentRolled { node, partition, base } => {
                self.replica(*node, *partition).offset("base", *base);
                "SegmentRolled"
            }
            Note::SegmentDeleted { node, partition, base, why } => {
                self.replica(*node, *partition).offset("base", *base).text("why", why.name());
                "SegmentDeleted"
            }
            Note::LogCompacted { node, partition, upto, removed } => {
                self.replica(*node, *partition).offset("upto", *upto).int("removed", *removed);
                "LogCompacted"
            }
            Note::LogStartMoved { node, partition, from, to } => {
                self.replica(*node, *partition).moved(*from, *to);
                "LogStartMoved"
            }
            Note::HighWatermarkMoved { node, partition, from, to } => {
                self.replica(*node, *partition).moved(*from, *to);
                "HighWatermarkMoved"
            }
            Note::EpochStarted { node, partition, epoch, offset } => {
                self.replica(*node, *partition).int("epoch", epoch.0).offset("offset", *offset);
                "EpochStarted"
            }
            _ => return None,
        })
    }

    fn cluster_note(&mut self, note: &Note) -> Option<&'static str> {
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

    fn transaction_note(&mut self, note: &Note) -> Option<&'static str> {
        Some(match note {
            Note::TransactionBegun { client } => {
                self.node("client", *client);
                "TransactionBegun"
            }
            Note::PartitionAddedToTransaction { client, partition } => {
                self.node("client", *client).partition(*partition);
                "PartitionAddedToTransaction"
            }
            Note::TransactionStateChanged { client, from, to } => {
                self.node("client", *client).text("from", from.name()).text("to", to.name());
                "TransactionStateChanged"
            }
            Note::MarkerWritten { node, partition, offset, outcome } => {
                self.replica(*node, *partition).offset("offset", *offset).text("outcome", outcome.name());
                "MarkerWritten"
            }
            Note::TransactionTimedOut { client } => {
                self.node("client", *client);
                "TransactionTimedOut"
            }
            Note::ProducerFenced { client, error } => {
                self.node("client", *client).text("error", error.name());
                "ProducerFenced"
            }
            Note::LastStableOffsetMoved { node, partition, from, to } => {
                self.replica(*node, *partition).moved(*from, *to);
                "LastStableOffsetMoved"
            }
            _ => return None,
        })
    }

    fn group_note(&mut self, note: &Note) -> Option<&'static str> {
        Some(match note {
            Note::CoordinatorMoved { group, to } => {
                self.group(*group).node("to", *to);
                "CoordinatorMoved"
            }
            Note::MemberJoined { group, member } => {
                self.group(*group).member(*member);
                "MemberJoined"
            }
            Note::MemberLeft { group, member, why } => {
                self.group(*group).member(*member).text("why", why.name());
                "MemberLeft"
            }
            Note::GroupStateChanged { group, from, to, generation } => {
                self.group(*group)
                    .text("from", from.name())
                    .text("to", to.name())
                    .int("generation", generation.0);
                "GroupStateChanged"
            }
            Note::GroupEpochRaised { group, epoch } => {
                self.group(*group).int("epoch", *epoch);
                "GroupEpochRaised"
            }
            Note::MemberReconciled { group, member, epoch, state } => {
                self.group(*group).member(*member).int("epoch", *epoch).text("state", state.name());
                "MemberReconciled"
            }
            Note::PartitionAssigned { consumer, partition } => {
                self.node("consumer", *consumer).partition(*partition);
                "PartitionAssigned"
            }
            Note::PartitionRevoked { consumer, partition } => {
                self.node("consumer", *consumer).partition(*partition);
                "PartitionRevoked"
            }
            Note::PartitionLost { consumer, partition } => {
                self.node("consumer", *consumer).partition(*partition);
                "PartitionLost"
            }
            Note::Delivered { consumer, record, partition, offset } => {
                self.node("consumer", *consumer)
                    .record(*record)
                    .partition(*partition)
                    .offset("offset", *offset);
                "Delivered"
            }
            Note::Worked { consumer, record } => {
                self.node("consumer", *consumer).record(*record);
                "Worked"
            }
            Note::PositionMoved { consumer, partition, to, why } => {
                self.node("consumer", *consumer)
                    .partition(*partition)
                    .offset("to", *to)
                    .text("why", why.name());
                "PositionMoved"
            }
            Note::OffsetReset { consumer, partition, policy, to } => {
                self.node("consumer", *consumer)
                    .partition(*partition)
                    .text("policy", *policy)
                    .offset("to", *to);
                "OffsetReset"
            }
            Note::OffsetCommitted { group, partition, offset } => {
                self.group(*group).partition(*partition).offset("offset", *offset);
                "OffsetCommitted"
            }
            Note::OffsetExpired { group, partition } => {
                self.group(*group).partition(*partition);
                "OffsetExpired"
            }
            Note::CommitRefused { consumer, error } => {
                self.node("consumer", *consumer).text("error", error.name());
                "CommitRefused"
            }
            Note::SessionExpired { group, member } => {
                self.group(*group).member(*member);
                "SessionExpired"
            }
            _ => return None,
        })
    }

    fn share_note(&mut self, note: &Note) -> Option<&'static str> {
        Some(match note {
            Note::SharesRestored { group, partition, node, start } => {
                self.group(*group).partition(*partition).node("broker", *node).offset("start", *start);
                "SharesRestored"
            }
            Note::RecordsAcquired { group, consumer, partition, base, count, deliveries } => {
                self.group(*group)
                    .node("consumer", *consumer)
                    .partition(*partition)
                    .offset("base", *base)
                    .int("count", *count)
                    .int("deliveries", *deliveries);
                "RecordsAcquired"
            }
            Note::RecordsReleased { group, partition, base, count, to, why } => {
                self.group(*group)
                    .partition(*partition)
                    .offset("base", *base)
                    .int("count", *count)
                    .text("to", to.name())
                    .text("why", why.name());
                "RecordsReleased"
            }
            Note::ShareStartMoved { group, partition, from, to } => {
                self.group(*group).partition(*partition).moved(*from, *to);
                "ShareStartMoved"
            }
            Note::ShareStoreFailed { group, partition, error } => {
                self.group(*group).partition(*partition).text("error", error.name());
                "ShareStoreFailed"
            }
            Note::AcknowledgeRefused { consumer, partition, error } => {
                self.node("consumer", *consumer).partition(*partition).text("error", error.name());
                "AcknowledgeRefused"
            }
            _ => return None,
        })
    }
}
