//! Which transaction a batch belongs to, for the cleaner (`CleanedTransactionMetadata`).

use std::collections::{BTreeMap, BTreeSet};

use crate::kafka::log::Aborted;
use crate::kafka::{Batch, Outcome, ProducerId};

/// The transactions met so far in a walk through the log.
pub(super) struct Transactions {
    /// Aborted ones that have not begun yet, the next one last.
    to_come: Vec<Aborted>,
    /// Aborted ones that are under way, and whether records of them were met.
    aborted: BTreeMap<ProducerId, (Aborted, bool)>,
    /// Producers whose transaction is under way and will be committed.
    committed: BTreeSet<ProducerId>,
}

impl Transactions {
    pub fn new(mut aborted: Vec<Aborted>) -> Self {
        aborted.sort_by_key(|a| std::cmp::Reverse(a.first));
        Self { to_come: aborted, aborted: BTreeMap::new(), committed: BTreeSet::new() }
    }

    fn come_to(&mut self, batch: &Batch) {
        while let Some(begun) = self.to_come.pop_if(|a| a.first <= batch.last()) {
            self.aborted.entry(begun.id).or_insert((begun, false));
        }
    }

    /// Whether a batch of records was aborted.
    pub fn is_aborted(&mut self, batch: &Batch) -> bool {
        self.come_to(batch);
        let Some(stamp) = batch.stamp.filter(|_| batch.transactional) else { return false };
        if let Some((_, met)) = self.aborted.get_mut(&stamp.id) {
            *met = true;
            return true;
        }
        self.committed.insert(stamp.id);
        false
    }

    /// Takes in a marker: whether no records of its transaction are left, and, if any are, the entry of the index that stays.
    pub fn marker(&mut self, batch: &Batch) -> (bool, Option<Aborted>) {
        self.come_to(batch);
        let Some((stamp, outcome)) = batch.stamp.zip(batch.outcome()).filter(|_| !batch.records.is_empty())
        else {
            return (true, None);
        };
        match outcome {
            Outcome::Abort => match self.aborted.remove(&stamp.id) {
                Some((entry, true)) => (false, Some(entry)),
                _ => (true, None),
            },
            Outcome::Commit => (!self.committed.remove(&stamp.id), None),
        }
    }
}
