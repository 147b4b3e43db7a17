//! Notes of clients and of logs.

use super::Fields;
use crate::kafka::Note;

impl Fields<'_> {
    pub(super) fn client_note(&mut self, note: &Note) -> Option<&'static str> {
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

    pub(super) fn log_note(&mut self, note: &Note) -> Option<&'static str> {
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
}
