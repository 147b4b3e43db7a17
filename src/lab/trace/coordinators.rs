//! Notes of coordinators: groups, share groups and transactions.

use super::Fields;
use crate::kafka::Note;

impl Fields<'_> {
    pub(super) fn group_note(&mut self, note: &Note) -> Option<&'static str> {
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

    pub(super) fn share_note(&mut self, note: &Note) -> Option<&'static str> {
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

    pub(super) fn transaction_note(&mut self, note: &Note) -> Option<&'static str> {
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
}
