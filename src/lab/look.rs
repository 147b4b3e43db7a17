//! What can be seen of a lab: the picture of the moment, the last notes, what was just lost, and the trace of a whole run.

use super::failover::Failovers;
use super::ledger::{Ledger, RecordFacts};
use super::ownership::GroupHistory;
use super::play::{Lab, turn};
use super::race::Race;
use super::snapshot::{self, Facts};
use super::state::State;
use super::trace::{Line, Origin, Scribe};
use super::view::{LostView, MessageView, TankView};
use crate::engine::{EventId, Micros, NodeId};
use crate::kafka::{BatchWhy, Election, GroupId, Offset, Partition, RecordId};

/// The ledger's side of a picture.
struct Known<'a> {
    ledger: &'a Ledger,
    origin: Origin,
}

impl Facts for Known<'_> {
    fn record_name(&self, record: RecordId) -> String {
        self.ledger.name(record)
    }

    fn record_label(&self, record: RecordId) -> String {
        self.ledger.label(record)
    }

    fn down_since(&self, node: NodeId) -> Option<Micros> {
        self.ledger.process(node).down_at
    }

    fn elected(&self, p: Partition) -> Option<Election> {
        self.ledger.election(p)
    }

    fn received(&self, consumer: NodeId) -> Vec<(Partition, Offset, RecordId)> {
        self.ledger.received(consumer).collect()
    }

    fn sends(&self, latest: usize) -> Vec<&RecordFacts> {
        let skipped = self.ledger.len().saturating_sub(latest);
        (skipped..self.ledger.len()).filter_map(|place| self.ledger.at(place)).collect()
    }

    fn closed(&self, producer: NodeId) -> Vec<(Partition, u32, BatchWhy)> {
        self.ledger.closed(producer).collect()
    }

    fn requests(&self, client: NodeId) -> u64 {
        self.ledger.requests(client)
    }

    fn ownership(&self, group: GroupId) -> Option<&GroupHistory> {
        self.ledger.ownership(group)
    }

    fn failovers(&self) -> (&Failovers, &Race) {
        (self.ledger.failovers(), self.ledger.race())
    }

    fn origin(&self) -> Origin {
        self.origin
    }
}

impl Lab {
    /// A note of a state as a line.
    pub(super) fn line(&self, state: &State, rec: &crate::engine::Rec<crate::kafka::Note>) -> Line {
        let record = |id| state.ledger.label(id);
        Scribe { names: state.world.shared(), record: &record, origin: self.origin() }.line(rec)
    }

    /// A message that is on its way in a state.
    pub(super) fn message_in(&self, state: &State, msg: crate::engine::MsgId) -> Option<MessageView> {
        let known = Known { ledger: &state.ledger, origin: self.origin() };
        state.world.flight(msg).map(|flight| snapshot::message(&state.world, &known, flight))
    }

    const fn origin(&self) -> Origin {
        Origin { at: self.start(), event: EventId(self.first()) }
    }

    const fn known(&self) -> Known<'_> {
        Known { ledger: &self.state.ledger, origin: self.origin() }
    }

    /// The picture of the moment at the playhead.
    #[must_use]
    pub fn view(&self) -> TankView {
        snapshot::snapshot(&self.state.world, &self.known())
    }

    /// The picture of the moment with the details of this partition, whether they would be shown or not.
    #[must_use]
    pub fn view_about(&self, partition: &str) -> TankView {
        snapshot::snapshot_about(&self.state.world, &self.known(), partition)
    }

    /// A page of the partitions of a broker or a topic at the playhead, the worst first: without leader, under-replicated, led by another
    /// than the preferred replica, all others. None if there is nothing of that name.
    #[must_use]
    pub fn listing(&self, id: &str, skip: usize, most: usize) -> Option<super::view::Listing> {
        snapshot::listing(&self.state.world, &self.known(), id, skip, most)
    }

    /// Messages that were lost in the last turn.
    #[must_use]
    pub fn lost_now(&self) -> Vec<LostView> {
        let known = self.known();
        let lost = self.state.ledger.lost().iter();
        lost.map(|(flight, why)| snapshot::lost(&self.state.world, &known, flight, *why)).collect()
    }

    /// The last notes up to the playhead that are worth a line, the oldest first; at most 64.
    #[must_use]
    pub fn recent(&self, n: usize) -> Vec<Line> {
        let mut last: Vec<_> = self.state.recent().rev().take(n).collect();
        last.reverse();
        lines(&self.state, self.origin(), last, Ledger::label)
    }

    /// Notes of the last turn, messages included.
    #[must_use]
    pub fn notes_now(&self) -> Vec<Line> {
        lines(&self.state, self.origin(), self.state.world.notes(), Ledger::label)
    }

    /// The notes of this branch from t = 0 to its end, in order. The playhead stays.
    pub fn trace(&self, mut each: impl FnMut(&Line)) {
        let mut state = self.state_at(0);
        while state.turn().0 - self.first() < self.end() {
            if turn(self.branch(), &mut state, self.first(), self.start()).is_none() {
                break;
            }
            lines(&state, self.origin(), state.world.notes(), Ledger::name).iter().for_each(&mut each);
        }
    }
}

/// Notes as lines. On screen a record is called what stands on its tile, in a trace by its name, which is one for ever.
fn lines<'a>(
    state: &State,
    origin: Origin,
    notes: impl IntoIterator<Item = &'a crate::engine::Rec<crate::kafka::Note>>,
    called: fn(&Ledger, RecordId) -> String,
) -> Vec<Line> {
    let record = |id| called(&state.ledger, id);
    let scribe = Scribe { names: state.world.shared(), record: &record, origin };
    notes.into_iter().map(|rec| scribe.line(rec)).collect()
}
