//! Who processed which partition of a group, and when: spans and marks for the timeline of rebalances. Part of the ledger.
//!
//! A span begins when a consumer may read a partition and ends when it gives it up, loses it, or does not run any more. It follows
//! what the *consumers* believe: while one that was counted out has not noticed, two of them have a span at the same time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::engine::{Micros, NodeId};
use crate::kafka::{Generation, GroupId, LeaveWhy, Partition};

/// Spans that are kept of each partition.
const SPANS: usize = 64;
/// Marks that are kept of each group.
const MARKS: usize = 128;

/// Why a consumer no longer processes a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpanEnd {
    /// It gave it up.
    Revoked,
    /// It learned that it had lost it.
    Lost,
    /// It crashed.
    Crashed,
    /// It was closed.
    Stopped,
    /// It stands still; another span begins when it goes on.
    Paused,
}

impl SpanEnd {
    /// `revoked`, `lost`, `crashed`, `stopped`, `paused`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Revoked => "revoked",
            Self::Lost => "lost",
            Self::Crashed => "crashed",
            Self::Stopped => "stopped",
            Self::Paused => "paused",
        }
    }
}

/// A consumer processes a partition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Who.
    pub consumer: NodeId,
    /// Since when.
    pub from: Micros,
    /// Until when, and why not longer; none = it still does.
    pub end: Option<(Micros, SpanEnd)>,
}

/// Something that happened to a group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GroupEvent {
    /// A consumer is a member now.
    Joined(NodeId),
    /// A consumer is no member any more.
    Left(NodeId, LeaveWhy),
    /// The coordinator changed the group's state (Kafka's name).
    State(&'static str, Generation),
    /// A consumer started.
    Started(NodeId),
    /// A consumer crashed.
    Crashed(NodeId),
    /// A consumer was closed.
    Stopped(NodeId),
    /// A consumer stands still.
    Paused(NodeId),
    /// A consumer goes on.
    Resumed(NodeId),
    /// Another broker coordinates the group.
    Coordinator(NodeId),
}

/// The history of one group.
#[derive(Clone, Debug, Default)]
pub struct GroupHistory {
    spans: BTreeMap<Partition, VecDeque<Span>>,
    events: VecDeque<(Micros, GroupEvent)>,
}

impl GroupHistory {
    /// Spans of every partition that was ever assigned, oldest first; the latest 64 each.
    pub fn spans(&self) -> impl Iterator<Item = (Partition, &VecDeque<Span>)> {
        self.spans.iter().map(|(p, spans)| (*p, spans))
    }

    /// What happened to the group, oldest first; the latest 128.
    pub fn events(&self) -> impl Iterator<Item = (Micros, GroupEvent)> + '_ {
        self.events.iter().copied()
    }

    fn event(&mut self, at: Micros, event: GroupEvent) {
        if self.events.len() == MARKS {
            self.events.pop_front();
        }
        self.events.push_back((at, event));
    }

    fn begin(&mut self, at: Micros, consumer: NodeId, partition: Partition) {
        let all = self.spans.entry(partition).or_default();
        if all.iter().any(|span| span.consumer == consumer && span.end.is_none()) {
            return;
        }
        if all.len() == SPANS {
            all.pop_front();
        }
        all.push_back(Span { consumer, from: at, end: None });
    }

    fn end(&mut self, at: Micros, consumer: NodeId, partition: Partition, why: SpanEnd) {
        let Some(last) = self.last(consumer, partition) else { return };
        match last.end {
            None => last.end = Some((at, why)),
            // Given up while it stood still: it will not go on.
            Some((since, SpanEnd::Paused)) => last.end = Some((since, why)),
            Some(_) => {}
        }
    }

    fn last(&mut self, consumer: NodeId, partition: Partition) -> Option<&mut Span> {
        self.spans.get_mut(&partition)?.iter_mut().rev().find(|span| span.consumer == consumer)
    }

    fn end_all(&mut self, at: Micros, consumer: NodeId, why: SpanEnd) {
        for partition in self.spans.keys().copied().collect::<Vec<_>>() {
            self.end(at, consumer, partition, why);
        }
    }

    fn go_on(&mut self, at: Micros, consumer: NodeId) {
        for partition in self.spans.keys().copied().collect::<Vec<_>>() {
            let last = self.last(consumer, partition);
            if last.is_some_and(|span| matches!(span.end, Some((_, SpanEnd::Paused)))) {
                self.begin(at, consumer, partition);
            }
        }
    }
}

/// The histories of all groups; a checkpoint shares those that have not changed.
#[derive(Clone, Debug, Default)]
pub(super) struct Ownership(BTreeMap<GroupId, Arc<GroupHistory>>);

impl Ownership {
    pub fn of(&self, group: GroupId) -> Option<&GroupHistory> {
        self.0.get(&group).map(Arc::as_ref)
    }

    fn entry(&mut self, group: GroupId) -> &mut GroupHistory {
        Arc::make_mut(self.0.entry(group).or_default())
    }

    /// A consumer may read a partition.
    pub fn assigned(&mut self, at: Micros, group: GroupId, consumer: NodeId, partition: Partition) {
        self.entry(group).begin(at, consumer, partition);
    }

    /// A consumer may no longer read a partition.
    pub fn ended(
        &mut self,
        at: Micros,
        group: GroupId,
        (consumer, partition): (NodeId, Partition),
        why: SpanEnd,
    ) {
        self.entry(group).end(at, consumer, partition, why);
    }

    /// Something happened to a group; a consumer that does not run processes nothing.
    pub fn happened(&mut self, at: Micros, group: GroupId, event: GroupEvent) {
        let history = self.entry(group);
        match event {
            GroupEvent::Crashed(consumer) => history.end_all(at, consumer, SpanEnd::Crashed),
            GroupEvent::Stopped(consumer) => history.end_all(at, consumer, SpanEnd::Stopped),
            GroupEvent::Paused(consumer) => history.end_all(at, consumer, SpanEnd::Paused),
            GroupEvent::Resumed(consumer) => history.go_on(at, consumer),
            _ => {}
        }
        history.event(at, event);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::TopicId;

    const P: Partition = Partition { topic: TopicId(1), index: 0 };
    const GROUP: GroupId = GroupId(0);
    const C1: NodeId = NodeId(7);
    const C2: NodeId = NodeId(8);

    type Told = (u32, u64, Option<(u64, &'static str)>);

    fn spans(all: &Ownership) -> Vec<Told> {
        let history = all.of(GROUP).into_iter().flat_map(GroupHistory::spans);
        let told = |s: &Span| (s.consumer.0, s.from.0, s.end.map(|(to, why)| (to.0, why.name())));
        history.flat_map(|(_, spans)| spans.iter().map(told).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn a_span_ends_once_and_for_the_first_reason() {
        let mut all = Ownership::default();
        all.assigned(Micros(1), GROUP, C1, P);
        all.ended(Micros(5), GROUP, (C1, P), SpanEnd::Revoked);
        all.happened(Micros(9), GROUP, GroupEvent::Crashed(C1));
        all.assigned(Micros(7), GROUP, C2, P);
        assert_eq!(spans(&all), [(7, 1, Some((5, "revoked"))), (8, 7, None)]);
    }

    #[test]
    fn who_stands_still_goes_on_unless_it_gave_up_and_two_may_process_at_once() {
        let mut all = Ownership::default();
        all.assigned(Micros(1), GROUP, C1, P);
        all.happened(Micros(2), GROUP, GroupEvent::Paused(C1));
        all.assigned(Micros(5), GROUP, C2, P);
        all.happened(Micros(8), GROUP, GroupEvent::Resumed(C1));
        assert_eq!(spans(&all), [(7, 1, Some((2, "paused"))), (8, 5, None), (7, 8, None)]);
        all.ended(Micros(9), GROUP, (C1, P), SpanEnd::Lost);
        all.happened(Micros(10), GROUP, GroupEvent::Paused(C1));
        all.happened(Micros(11), GROUP, GroupEvent::Resumed(C1));
        assert_eq!(spans(&all), [(7, 1, Some((2, "paused"))), (8, 5, None), (7, 8, Some((9, "lost")))]);
    }
}
