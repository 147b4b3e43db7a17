//! Groups: members of the consumer protocol, and history: who processed what when, and what happened.

use super::Looking;
use crate::kafka::group::{ConsumerGroup, ConsumerMember};
use crate::kafka::{GroupId, Partition};
use crate::lab::ownership::{GroupEvent, GroupHistory, Span};
use crate::lab::view::{GroupMark, GroupMarkView, GroupMemberView, GroupView, OwnershipView, SpanView};

impl Looking<'_> {
    /// A member of a group of the consumer protocol.
    pub(super) fn consumer_member(&self, group: &ConsumerGroup, member: &ConsumerMember) -> GroupMemberView {
        let named = |partitions: &std::collections::BTreeSet<Partition>| -> Vec<String> {
            partitions.iter().map(|p| self.partition(*p)).collect()
        };
        GroupMemberView {
            id: self.member_id(member.id),
            client: self.node(member.id.client),
            instance: member.metadata.instance.as_deref().map(str::to_owned),
            epoch: member.current.epoch,
            state: member.current.state.name().to_owned(),
            owned: named(&member.current.assigned),
            target: named(&group.target_of(member.id)),
            pending_revocation: named(&member.current.pending),
            session_until: Some(self.time(member.deadline)),
        }
    }

    /// A group of which only the history is filled in.
    pub(super) fn history(&self, group: GroupId) -> GroupView {
        let Some(history) = self.facts.ownership(group) else { return GroupView::default() };
        GroupView { ownership: self.spans(history), marks: self.marks(history), ..GroupView::default() }
    }

    fn spans(&self, history: &GroupHistory) -> Vec<OwnershipView> {
        let span = |span: &Span| SpanView {
            consumer: self.node(span.consumer),
            from: self.time(span.from),
            to: span.end.map(|(at, _)| self.time(at)),
            ended: span.end.map(|(_, why)| why.name()),
        };
        let row = |(p, spans): (_, &std::collections::VecDeque<Span>)| OwnershipView {
            partition: self.partition(p),
            spans: spans.iter().map(span).collect(),
        };
        history.spans().map(row).collect()
    }

    fn marks(&self, history: &GroupHistory) -> Vec<GroupMarkView> {
        let what = |event| match event {
            GroupEvent::Joined(node) => GroupMark::Joined(self.node(node)),
            GroupEvent::Left(node, why) => GroupMark::Left(self.node(node), why.name()),
            GroupEvent::State(name, generation) => GroupMark::State(name, generation.0),
            GroupEvent::Started(node) => GroupMark::Started(self.node(node)),
            GroupEvent::Crashed(node) => GroupMark::Crashed(self.node(node)),
            GroupEvent::Stopped(node) => GroupMark::Stopped(self.node(node)),
            GroupEvent::Paused(node) => GroupMark::Paused(self.node(node)),
            GroupEvent::Resumed(node) => GroupMark::Resumed(self.node(node)),
            GroupEvent::Coordinator(node) => GroupMark::Coordinator(self.node(node)),
        };
        history.events().map(|(at, event)| GroupMarkView { at: self.time(at), what: what(event) }).collect()
    }
}
