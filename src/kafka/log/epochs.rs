//! Which leader epoch began at which offset: what replicas compare to find where their logs part (`LeaderEpochFileCache`).

use crate::kafka::{LeaderEpoch, Offset};

/// Epochs in rising order with the offset at which each began.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Epochs(Vec<(LeaderEpoch, Offset)>);

impl Epochs {
    /// The entries, oldest first.
    #[must_use]
    pub fn entries(&self) -> &[(LeaderEpoch, Offset)] {
        &self.0
    }

    /// The newest epoch.
    #[must_use]
    pub fn latest(&self) -> Option<LeaderEpoch> {
        self.0.last().map(|(epoch, _)| *epoch)
    }

    /// Adds an epoch that begins at an offset; entries that contradict it go.
    pub(super) fn assign(&mut self, epoch: LeaderEpoch, start: Offset) {
        if self.latest() == Some(epoch) || epoch.0 < 0 {
            return;
        }
        self.0.retain(|(e, s)| *e < epoch && *s < start);
        self.0.push((epoch, start));
    }

    /// Drops epochs that began at or after `to`.
    pub(super) fn truncate(&mut self, to: Offset) {
        self.0.retain(|(_, start)| *start < to);
    }

    /// The log begins at `start` now: older entries go, the one it falls into begins there.
    pub(super) fn raise_start(&mut self, start: Offset) {
        let kept = self.0.partition_point(|(_, s)| *s <= start).saturating_sub(1);
        self.0.drain(..kept);
        if let Some(first) = self.0.first_mut() {
            first.1 = first.1.max(start);
        }
    }

    /// Where `epoch` ends: with the newest epoch at the log end, else where the next higher one began. None: `epoch` is newer than all.
    /// An epoch below the first answers with the start of the first.
    #[must_use]
    pub fn end_of(&self, epoch: LeaderEpoch, log_end: Offset) -> Option<(LeaderEpoch, Offset)> {
        let latest = self.latest()?;
        if epoch == latest {
            return Some((epoch, log_end));
        }
        if epoch > latest || epoch.0 < 0 {
            return None;
        }
        let next = self.0.partition_point(|(e, _)| *e <= epoch);
        let end = self.0.get(next)?.1;
        Some((if next == 0 { epoch } else { self.0[next - 1].0 }, end))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the reference: epochs 0@0, 3@2, 4@8, 7@13, 9@14, then 10@17 with the log ending at 17.
    #[test]
    fn an_epoch_ends_where_the_next_begins() {
        let mut epochs = Epochs::default();
        for (epoch, start) in [(0, 0), (3, 2), (4, 8), (7, 13), (9, 14), (10, 17)] {
            epochs.assign(LeaderEpoch(epoch), Offset(start));
        }
        let end = |e| epochs.end_of(LeaderEpoch(e), Offset(17)).map(|(e, o)| (e.0, o.0));
        for (asked, answer) in [
            (0, Some((0, 2))),
            (2, Some((0, 2))),
            (6, Some((4, 13))),
            (5, Some((4, 13))),
            (10, Some((10, 17))),
            (11, None),
        ] {
            assert_eq!(end(asked), answer, "epoch {asked}");
        }
    }

    #[test]
    fn a_new_entry_drops_those_it_contradicts() {
        let mut epochs = Epochs::default();
        for (epoch, start) in [(0, 0), (2, 5), (4, 5)] {
            epochs.assign(LeaderEpoch(epoch), Offset(start));
        }
        assert_eq!(epochs.entries(), [(LeaderEpoch(0), Offset(0)), (LeaderEpoch(4), Offset(5))]);
        epochs.truncate(Offset(5));
        assert_eq!(epochs.entries(), [(LeaderEpoch(0), Offset(0))]);
    }
}
