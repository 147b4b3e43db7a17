//! Serving fetches of the metadata log (`handleFetchRequest`): voters get all that the leader has, observers what is committed.
//!
//! In Kafka observers, too, get what is not committed yet, and never act upon it; here they get it when they may.

use super::{Clock, Fit, Head, Place, QuorumFetch, QuorumFetched, Raft, Snapshot, State};
use crate::engine::NodeId;
use crate::kafka::mutant::{self, Mutant};
use crate::kafka::{ErrorCode, LeaderEpoch, Offset};

impl Raft {
    /// A fetch came: counts it. Then ask [`Self::serve`].
    pub fn on_fetch(&mut self, from: NodeId, fetch: &QuorumFetch, clock: &mut Clock<'_>) {
        let counts = self.voters.contains(&from);
        if counts && self.may_lead(fetch).error == ErrorCode::None && self.log.fit(fetch.end) == Fit::Valid {
            self.note_progress(from, fetch.end.offset, clock.now);
        }
        if mutant::on(Mutant::CountsObservers)
            && !counts
            && let State::Leader(leading) = &mut self.state
        {
            leading.others.entry(from).or_default();
            self.note_progress(from, self.log.end().offset, clock.now);
        }
    }

    fn may_lead(&self, fetch: &QuorumFetch) -> Head {
        let cluster = fetch.cluster == self.cluster;
        self.head(if cluster { self.judge_epoch(fetch.epoch) } else { ErrorCode::InconsistentClusterId })
    }

    /// What only a leader of this very epoch may answer.
    fn judge_epoch(&self, epoch: LeaderEpoch) -> ErrorCode {
        let known = self.election.epoch;
        if epoch < known {
            ErrorCode::FencedLeaderEpoch
        } else if epoch > known {
            ErrorCode::UnknownLeaderEpoch
        } else if matches!(self.state, State::Leader(_)) {
            ErrorCode::None
        } else {
            ErrorCode::NotLeaderOrFollower
        }
    }

    /// The answer to a fetch; none = nothing new, it waits. `now`: it has waited long enough.
    #[must_use]
    pub fn serve(&self, from: NodeId, fetch: &QuorumFetch, now: bool) -> Option<QuorumFetched> {
        let head = self.may_lead(fetch);
        if head.error != ErrorCode::None {
            return Some(QuorumFetched::empty(head));
        }
        let high_watermark = self.high_watermark.filter(|_| self.leads_for_sure()).unwrap_or(Offset::NONE);
        let empty = QuorumFetched { high_watermark, ..QuorumFetched::empty(head) };
        match self.log.fit(fetch.end) {
            Fit::Diverging(_) if mutant::on(Mutant::OverlooksFork) => {}
            Fit::Diverging(place) => return Some(QuorumFetched { diverging: Some(place), ..empty }),
            Fit::Snapshot(place) => return Some(QuorumFetched { snapshot: Some(place), ..empty }),
            Fit::Valid => {}
        }
        let voter = self.voters.contains(&from);
        let upto = if voter { self.log.end().offset } else { high_watermark };
        let batches = self.log.between(fetch.end.offset, upto);
        let news = !batches.is_empty() || high_watermark > fetch.high_watermark;
        (news || now).then(|| QuorumFetched { batches: batches.to_vec(), ..empty })
    }

    /// The answer to a FetchSnapshot.
    #[must_use]
    pub fn serve_snapshot(&self, epoch: LeaderEpoch, at: Place) -> (Head, Option<Snapshot>) {
        let head = self.head(self.judge_epoch(epoch));
        let snapshot = self.log.snapshot().filter(|snapshot| snapshot.at >= at);
        (head, snapshot.filter(|_| head.error == ErrorCode::None).cloned())
    }
}
