//! Every law that is checked, in order.

use super::Exception::{Faults, Never, NotIdempotent, Unclean, UncleanOrNotIdempotent, Unverified};
use super::Scope::{Global, Local, Rest};
use super::{Exception, Law, Scope};
use crate::kafka::mutant::Mutant;

const fn law(
    id: &'static str,
    source: &'static str,
    scope: Scope,
    exception: Exception,
    mutant: Mutant,
) -> Law {
    Law { id, source, scope, exception, mutant }
}

/// Every law that is checked, in order.
pub static LAWS: &[Law] = &[
    law("data.1", "UnifiedLog", Local, Never, Mutant::KeepsHighWatermark),
    law("data.2", "UnifiedLog", Local, Never, Mutant::ReusesOffset),
    law("data.3", "LeaderEpochFileCache, KIP-101", Local, Never, Mutant::StampsOldEpoch),
    law("data.4", "KIP-101", Global, Never, Mutant::CopiesOtherRecords),
    law("data.5", "LogSegments", Global, Never, Mutant::MisnamesSegment),
    law("data.6", "UnifiedLog", Local, Never, Mutant::LowersLogStart),
    law("data.7", "UnifiedLog.deleteRetentionSizeBreachedSegments", Local, Never, Mutant::DeletesTooMuch),
    law("data.8", "UnifiedLog.deleteOldSegments", Local, Never, Mutant::DeletesUncommitted),
    law("data.9", "LogCleaner", Local, Never, Mutant::RemovesNewest),
    law("data.10", "LogCleanerManager", Local, Never, Mutant::CleansUnstable),
    law("data.11", "ReplicationControlManager", Local, Never, Mutant::KeepsLeaderEpoch),
    law("data.12", "ReplicationControlManager", Local, Never, Mutant::DropsLeader),
    law("data.13", "Partition", Local, Never, Mutant::LowersHighWatermark),
    law("data.14", "KIP-966", Local, Never, Mutant::IgnoresMinimum),
    law("data.15", "Partition", Local, Never, Mutant::CountsLeaderOnly),
    law("data.16", "Partition", Local, Unclean, Mutant::CountsWhatItSends),
    law("data.17", "Partition, KIP-101", Local, Unclean, Mutant::ForgetsTail),
    law("data.18", "DelayedProduce", Local, Unclean, Mutant::AnswersEarly),
    law("data.19", "KIP-101", Local, Unclean, Mutant::CutsTooMuch),
    law("data.20", "KIP-101, KIP-595", Local, Unclean, Mutant::CutsToHighWatermark),
    law("data.21", "KIP-595", Global, Never, Mutant::OverlooksDivergence),
    law("data.22", "Partition, KIP-497", Local, Never, Mutant::JoinsTooEarly),
    law("data.23", "Partition", Global, Never, Mutant::WaitsForEverybody),
    law("data.24", "PartitionChangeBuilder, KIP-966", Local, Never, Mutant::KeepsEligible),
    law("data.25", "PartitionChangeBuilder", Local, Never, Mutant::TakesLastInSync),
    law("data.26", "ReplicaManager.appendRecords", Local, Never, Mutant::WritesWhatItRefuses),
    law("data.27", "Partition, KIP-497", Local, Never, Mutant::ShrinksAlone),
    law("data.28", "Sender", Local, Never, Mutant::TellsTwice),
    law("data.29", "BuiltInPartitioner", Local, Never, Mutant::MovesKeys),
    law("data.30", "InFlightRequests", Local, Never, Mutant::SendsWithoutLimit),
    law("data.31", "KIP-98", Local, UncleanOrNotIdempotent, Mutant::NumbersAgain),
    law("data.32", "ProducerAppendInfo", Local, NotIdempotent, Mutant::AcceptsGaps),
    law("data.33", "ProducerStateManager", Local, NotIdempotent, Mutant::AcceptsTwice),
    law("data.34", "ProducerAppendInfo", Local, NotIdempotent, Mutant::AcceptsOldEpoch),
    law("data.35", "ProducerStateEntry", Local, Never, Mutant::RemembersSix),
    law("data.36", "ProducerStateManager", Global, Never, Mutant::ForgetsProducers),
    law("data.37", "ProducerStateEntry", Local, Never, Mutant::AnswersOtherOffset),
    law("data.38", "KIP-98", Local, UncleanOrNotIdempotent, Mutant::NewestFirst),
    law("data.39", "TransactionState, KIP-98", Local, Never, Mutant::DecidesEarly),
    law("data.40", "TransactionMarkerChannelManager", Local, Never, Mutant::MarksTheOpposite),
    law("data.41", "TransactionMarkerChannelManager", Local, Unclean, Mutant::CompletesEarly),
    law("data.42", "KIP-890", Global, Unverified, Mutant::SkipsVerification),
    law("data.45", "UnifiedLog", Local, Never, Mutant::LowersStableOffset),
    law("data.46", "ProducerStateManager", Local, Never, Mutant::OverlooksOpen),
    law("data.47", "ReplicaManager.readFromLog", Local, Never, Mutant::ServesUncommitted),
    law("data.48", "CompletedFetch", Local, Never, Mutant::DeliversMarkers),
    law("data.49", "CompletedFetch, KIP-98", Local, Unclean, Mutant::DeliversAborted),
    law("data.50", "SubscriptionState", Local, Never, Mutant::ForgetsPosition),
    law("data.52", "Partition, TransactionCoordinator", Rest, Faults, Mutant::NeverRejoins),
    law("control.1", "ConsumerPartitionAssignor", Global, Never, Mutant::AssignsToAll),
    law("control.4", "GroupMetadata", Local, Never, Mutant::CountsDown),
    law("control.8", "GroupMetadata", Local, Never, Mutant::SkipsSync),
    law("control.28", "MetadataLoader", Local, Never, Mutant::AppliesTwice),
    law("control.32", "PartitionRegistration", Local, Never, Mutant::KeepsPartitionEpoch),
    law("control.34", "ReplicationControlManager", Local, Never, Mutant::FencesInName),
];
