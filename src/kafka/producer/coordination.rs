//! What a transactional client asks its coordinators, one request at a time, and what it makes of the answers.

use std::sync::Arc;

use super::transaction::Phase;
use super::{Pending, Producer};
use crate::engine::Micros;
use crate::kafka::client::DATA;
use crate::kafka::txn::Version;
use crate::kafka::{
    Body, Coordinated, Cx, ErrorCode, InitTransaction, Outcome, Partition, ProducerEpoch, ProducerId, Timer,
    TransactionOffsets,
};

/// After how long partitions are registered again while the transaction before is being finished.
const REGISTER_AGAIN: Micros = Micros::ms(20);

/// A question about the transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Who coordinates it.
    Coordinator,
    /// Who coordinates the group whose offsets are sent.
    GroupCoordinator,
    /// An identity.
    Init,
    /// These partitions become part of it.
    Partitions(Vec<Partition>),
    /// The partition of a group's offsets becomes part of it.
    Offsets,
    /// Offsets become part of it.
    OffsetCommit,
    /// It ends.
    End(Outcome),
}

impl Producer {
    /// Asks the next thing, if there is one and nothing is out. True: nothing had to be asked and the transaction went on.
    pub(super) fn drive_transaction(&mut self, cx: &mut Cx<'_>) -> bool {
        let asking =
            self.vol.requests.iter().any(|(_, _, pending)| matches!(pending, Pending::Transaction(_)));
        if self.transactional_id().is_none() || asking {
            return false;
        }
        if cx.now() < self.vol.transacting.not_before {
            return false;
        }
        match self.next_question() {
            None => false,
            Some(Asked::End(_)) if !self.vol.transacting.started => {
                // nobody knows of this transaction
                self.transaction_over(cx, None);
                true
            }
            Some(asked) => {
                self.ask_about_transaction(cx, asked);
                false
            }
        }
    }

    fn next_question(&self) -> Option<Asked> {
        let transacting = &self.vol.transacting;
        let outcome = match transacting.phase {
            Phase::Initializing => return Some(Asked::Init),
            Phase::Open => None,
            Phase::Committing => Some(Outcome::Commit),
            Phase::Aborting => Some(Outcome::Abort),
            _ => return None,
        };
        if !transacting.unregistered.is_empty() {
            return Some(Asked::Partitions(transacting.unregistered.iter().copied().collect()));
        }
        match &transacting.offsets {
            Some((_, false)) => return Some(Asked::Offsets),
            Some((_, true)) => return Some(Asked::OffsetCommit),
            None => {}
        }
        outcome.filter(|_| self.is_idle()).map(Asked::End)
    }

    fn ask_about_transaction(&mut self, cx: &mut Cx<'_>, asked: Asked) {
        let at = match asked {
            Asked::OffsetCommit => self.vol.transacting.group_coordinator,
            _ => self.vol.transacting.coordinator,
        };
        let asked = match (&asked, at) {
            (Asked::OffsetCommit, None) => Asked::GroupCoordinator,
            (_, None) => Asked::Coordinator,
            _ => asked,
        };
        let looks = matches!(asked, Asked::Coordinator | Asked::GroupCoordinator);
        let most = self.settings.max_in_flight;
        let to = if looks { self.vol.metadata.anyone(cx, &self.vol.requests, most) } else { at };
        let (Some(to), Some(body)) = (to, self.question(&asked)) else { return self.vol.requests.wake(cx) };
        if self.vol.requests.until(cx.now(), to, DATA).is_some() {
            self.forget_coordinator(&asked);
            return self.ask_later(cx, self.settings.backoff);
        }
        let limit = self.settings.answer_limit;
        self.vol.requests.send(cx, to, DATA, false, body, limit, Pending::Transaction(asked));
    }

    fn question(&self, asked: &Asked) -> Option<Body> {
        let id = Arc::clone(self.transactional_id()?);
        let version = self.vol.transacting.version;
        let (pid, epoch) = self.vol.identity.unwrap_or((ProducerId(-1), ProducerEpoch::NONE));
        Some(match asked {
            Asked::Coordinator => Body::FindCoordinator { of: Coordinated::Transaction(id) },
            Asked::GroupCoordinator => {
                let (sent, _) = self.vol.transacting.offsets.as_ref()?;
                Body::FindCoordinator { of: Coordinated::Group(sent.group) }
            }
            Asked::Init => {
                let current = self.vol.identity.filter(|_| self.vol.transacting.needs_bump);
                let timeout = self.settings.transaction_timeout;
                Body::InitProducerId { transaction: Some(InitTransaction { id, timeout, current }) }
            }
            Asked::Partitions(partitions) => {
                let partitions = partitions.clone();
                Body::AddPartitionsToTxn { id, pid, epoch, partitions, verify_only: false, version }
            }
            Asked::Offsets => {
                let (sent, _) = self.vol.transacting.offsets.as_ref()?;
                Body::AddOffsetsToTxn { id, pid, epoch, group: sent.group }
            }
            Asked::OffsetCommit => {
                let (sent, _) = self.vol.transacting.offsets.as_ref()?;
                Body::TxnOffsetCommit(TransactionOffsets {
                    transaction: self.in_transaction()?,
                    pid,
                    epoch,
                    group: sent.group,
                    member: sent.member,
                    instance: sent.instance.clone(),
                    generation: sent.generation,
                    offsets: sent.offsets.clone(),
                })
            }
            Asked::End(outcome) => Body::EndTxn { id, pid, epoch, outcome: *outcome, version },
        })
    }

    /// An answer about the transaction.
    pub(super) fn on_transaction_answer(&mut self, cx: &mut Cx<'_>, asked: Asked, body: &Body) {
        match (&asked, body) {
            (Asked::Coordinator, Body::CoordinatorFound { error: ErrorCode::None, node }) => {
                self.vol.transacting.coordinator = *node;
            }
            (Asked::GroupCoordinator, Body::CoordinatorFound { error: ErrorCode::None, node }) => {
                self.vol.transacting.group_coordinator = *node;
            }
            (_, Body::CoordinatorFound { .. }) => self.ask_later(cx, self.settings.backoff),
            (_, Body::ProducerIdGiven { error: ErrorCode::None, pid, epoch, version }) => {
                self.initialized(cx, (*pid, *epoch), *version);
            }
            (Asked::Partitions(asked_for), Body::PartitionsAddedToTxn { results }) => {
                match results.iter().map(|(_, error)| *error).find(|error| *error != ErrorCode::None) {
                    None => {
                        let transacting = &mut self.vol.transacting;
                        transacting.unregistered.retain(|p| !asked_for.contains(p));
                        transacting.registered.extend(asked_for);
                        transacting.started = true;
                    }
                    Some(error) => self.transaction_refused(cx, &asked, error),
                }
            }
            (_, Body::OffsetsAddedToTxn { error: ErrorCode::None }) => {
                self.vol.transacting.started = true;
                if let Some((_, known)) = &mut self.vol.transacting.offsets {
                    *known = true;
                }
            }
            (_, Body::TxnOffsetsCommitted { results }) => {
                match results.iter().map(|(_, error)| *error).find(|error| *error != ErrorCode::None) {
                    None => {
                        self.vol.transacting.started = true;
                        self.vol.transacting.offsets = None;
                    }
                    Some(error) => self.transaction_refused(cx, &asked, error),
                }
            }
            (_, Body::TxnEnded { error: ErrorCode::None, pid, epoch }) => {
                let two = self.vol.transacting.version == Version::Two;
                self.transaction_over(cx, two.then_some((*pid, *epoch)));
            }
            (
                _,
                Body::ProducerIdGiven { error, .. }
                | Body::OffsetsAddedToTxn { error }
                | Body::TxnEnded { error, .. },
            ) => self.transaction_refused(cx, &asked, *error),
            _ => {}
        }
    }

    /// No answer will come: whoever was asked may be gone, and may have done it or not.
    pub(super) fn on_transaction_lost(&mut self, cx: &mut Cx<'_>, asked: &Asked) {
        self.forget_coordinator(asked);
        // version 2: the group's coordinator may have registered its partition
        self.vol.transacting.started |= *asked == Asked::OffsetCommit;
        self.ask_later(cx, self.settings.backoff);
    }

    fn forget_coordinator(&mut self, asked: &Asked) {
        match asked {
            Asked::OffsetCommit => self.vol.transacting.group_coordinator = None,
            _ => self.vol.transacting.coordinator = None,
        }
    }

    fn ask_later(&mut self, cx: &mut Cx<'_>, pause: Micros) {
        self.vol.transacting.not_before = cx.now() + pause;
        cx.set_timer(Timer::Backoff(2), pause);
    }

    /// What an error means: try again, abort, or the end.
    fn transaction_refused(&mut self, cx: &mut Cx<'_>, asked: &Asked, error: ErrorCode) {
        let pause = self.settings.backoff;
        match error {
            ErrorCode::CoordinatorNotAvailable | ErrorCode::NotCoordinator | ErrorCode::RequestTimedOut => {
                self.forget_coordinator(asked);
                self.ask_later(cx, pause);
            }
            ErrorCode::ConcurrentTransactions if matches!(asked, Asked::Partitions(_)) => {
                self.ask_later(cx, REGISTER_AGAIN);
            }
            error if error.retriable() => self.ask_later(cx, pause),
            ErrorCode::ProducerFenced | ErrorCode::InvalidProducerEpoch => self.fatal(cx, error),
            ErrorCode::TransactionAbortable
            | ErrorCode::InvalidProducerIdMapping
            | ErrorCode::UnknownMemberId
            | ErrorCode::IllegalGeneration
            | ErrorCode::FencedInstanceId
                if *asked != Asked::Init =>
            {
                self.abortable(cx, error);
                // an abort itself cannot be aborted again
                if matches!(asked, Asked::End(Outcome::Abort)) {
                    self.fatal(cx, error);
                }
            }
            error => self.fatal(cx, error),
        }
    }
}
