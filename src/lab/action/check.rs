//! Whether the ids of an action name things that exist and are of the right kind.

use super::{Action, Produce};
use crate::kafka::Role;
use crate::lab::vocabulary::Vocabulary;
use crate::text::{Text, with_particle};

/// What an id of an action must name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    Process,
    Broker,
    Controller,
    Client,
    Producer,
    Consumer,
    Topic,
    Partition,
    Group,
    Subject,
}

impl Wanted {
    /// The kind in words: Korean, English.
    const fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Process => ("프로세스", "process"),
            Self::Broker => ("브로커", "broker"),
            Self::Controller => ("컨트롤러", "controller"),
            Self::Client => ("클라이언트", "client"),
            Self::Producer => ("프로듀서", "producer"),
            Self::Consumer => ("컨슈머", "consumer"),
            Self::Topic => ("토픽", "topic"),
            Self::Partition => ("파티션", "partition"),
            Self::Group => ("그룹", "group"),
            Self::Subject => ("프로세스나 토픽", "process or topic"),
        }
    }

    pub(super) fn fits(self, id: &str, names: &Vocabulary) -> bool {
        let role = names.role(id);
        let topic = || names.topics.iter().any(|(name, _)| name == id);
        match self {
            Self::Process => role.is_some(),
            Self::Broker => role == Some(Role::Broker),
            Self::Controller => role == Some(Role::Controller),
            Self::Client => matches!(role, Some(Role::Producer | Role::Consumer)),
            Self::Producer => role == Some(Role::Producer),
            Self::Consumer => role == Some(Role::Consumer),
            Self::Topic => topic(),
            Self::Partition => names.is_partition(id),
            Self::Group => names.groups.iter().any(|g| g == id),
            Self::Subject => role.is_some() || topic(),
        }
    }

    /// All ids that would fit.
    pub(super) fn candidates(self, names: &Vocabulary) -> Vec<String> {
        let topics = || names.topics.iter().map(|(name, _)| name.clone());
        match self {
            Self::Process => names.processes().map(str::to_owned).collect(),
            Self::Broker => names.brokers.clone(),
            Self::Controller => names.controllers.clone(),
            Self::Client => names.producers.iter().chain(&names.consumers).cloned().collect(),
            Self::Producer => names.producers.clone(),
            Self::Consumer => names.consumers.clone(),
            Self::Topic => topics().collect(),
            Self::Partition => names.partitions().collect(),
            Self::Group => names.groups.clone(),
            Self::Subject => names.processes().map(str::to_owned).chain(topics()).collect(),
        }
    }
}

impl Action {
    /// The ids that must exist, with what they must be.
    pub(super) fn wanted(&self) -> Vec<(&str, Wanted)> {
        use Wanted as W;
        match self {
            // A topic that does not exist is for Kafka to refuse, or to make.
            Self::Produce(Produce { client, .. }) => vec![(client, W::Producer)],
            Self::Poll { consumer } => vec![(consumer, W::Client)],
            Self::Flush { client } => vec![(client, W::Producer)],
            Self::Work { consumer }
            | Self::Commit { consumer }
            | Self::Cycle { consumer }
            | Self::Hang { consumer }
            | Self::Acknowledge { consumer, .. }
            | Self::DeadLetter { consumer } => vec![(consumer, W::Consumer)],
            Self::Seek { consumer, partition, .. } => {
                vec![(consumer, W::Consumer), (partition, W::Partition)]
            }
            Self::ResetOffsets { group, topic, .. } => vec![(group, W::Group), (topic, W::Topic)],
            Self::Start { group: Some(_), .. } => Vec::new(),
            Self::Start { process, group: None, .. }
            | Self::Crash { process, .. }
            | Self::Pause { process }
            | Self::Resume { process }
            | Self::Deploy { process, .. } => vec![(process, W::Process)],
            Self::Stop { process } => vec![(process, W::Client)],
            Self::Shutdown { broker } => vec![(broker, W::Broker)],
            Self::Set { subject, .. } => vec![(subject, W::Subject)],
            Self::Begin { producer } | Self::CommitTxn { producer } | Self::Abort { producer } => {
                vec![(producer, W::Producer)]
            }
            Self::SendOffsets { producer, consumer } => {
                vec![(producer, W::Producer), (consumer, W::Consumer)]
            }
            Self::DeleteTopic { topic } | Self::AddPartitions { topic, .. } => vec![(topic, W::Topic)],
            Self::Reassign { partition, brokers } => [(partition.as_str(), W::Partition)]
                .into_iter()
                .chain(brokers.iter().map(|b| (b.as_str(), W::Broker)))
                .collect(),
            Self::AddVoter { controller } => vec![(controller, W::Controller)],
            Self::ElectPreferred { partition }
            | Self::CancelReassign { partition }
            | Self::ElectUnclean { partition }
            | Self::AbortHanging { partition }
            | Self::DeleteRecords { partition, .. } => {
                vec![(partition, W::Partition)]
            }
            Self::DropNext { from, to, .. }
            | Self::DuplicateNext { from, to }
            | Self::Hold { from, to }
            | Self::HoldNext { from, to, .. }
            | Self::Release { from, to }
            | Self::Delay { from, to, .. }
            | Self::Reset { from, to } => vec![(from, W::Process), (to, W::Process)],
            Self::DropNextAck { client } => client.iter().map(|c| (c.as_str(), W::Producer)).collect(),
            Self::Cut { a, b } => [a].into_iter().chain(b).map(|x| (x.as_str(), W::Process)).collect(),
            Self::Heal { a, b } => a.iter().chain(b).map(|x| (x.as_str(), W::Process)).collect(),
            Self::FailNextAppend { partition, .. } => {
                partition.iter().map(|p| (p.as_str(), W::Partition)).collect()
            }
            // Who is no voter is for Kafka to refuse.
            Self::RemoveVoter { .. }
            | Self::CreateTopic { .. }
            | Self::AddBroker { .. }
            | Self::ClearFaults
            | Self::Register { .. }
            | Self::Wait { .. }
            | Self::WaitUntil { .. } => Vec::new(),
        }
    }

    /// Whether every id names something of the right kind.
    ///
    /// # Errors
    /// Which id does not, and the nearest one that does.
    pub fn check(&self, names: &Vocabulary) -> Result<(), Text> {
        if let Self::Start { process, group: Some(_), .. } = self
            && names.knows(process)
            && names.role(process) != Some(Role::Consumer)
        {
            return Err(wrong(process, Wanted::Consumer, names));
        }
        let pair = |from: &str, to: &str| (from == to).then(|| same(from)).map_or(Ok(()), Err);
        match self {
            Self::DropNext { from, to, .. }
            | Self::Delay { from, to, .. }
            | Self::Hold { from, to }
            | Self::HoldNext { from, to, .. } => pair(from, to)?,
            Self::Cut { a, b: Some(b) } => pair(a, b)?,
            _ => {}
        }
        let bad = self.wanted().into_iter().find(|(id, wanted)| !wanted.fits(id, names));
        bad.map_or(Ok(()), |(id, wanted)| Err(wrong(id, wanted, names)))
    }
}

fn same(id: &str) -> Text {
    let it = with_particle(id, "은").unwrap_or_else(|| id.to_owned());
    Text::new(
        format!("{it} 자기 자신과 연결되어 있지 않습니다. 서로 다른 둘을 쓰세요."),
        format!("{id} has no link to itself: name two different processes."),
    )
}

fn wrong(id: &str, wanted: Wanted, names: &Vocabulary) -> Text {
    let (ko, en) = wanted.words();
    let it = with_particle(id, "은").unwrap_or_else(|| id.to_owned());
    let candidates = wanted.candidates(names);
    let near = crate::lab::name::nearest(id, candidates.iter().map(String::as_str));
    let few = (candidates.len() <= 12 && !candidates.is_empty()).then(|| candidates.join(", "));
    let (hint_ko, hint_en) = match (near, few) {
        (Some(near), _) => (format!(" 혹시 {near}?"), format!(" Did you mean {near}?")),
        (None, Some(few)) => (format!(" 있는 것: {few}."), format!(" There is: {few}.")),
        (None, None) => Default::default(),
    };
    if names.knows(id) {
        return Text::new(
            format!("{it} {ko}이(가) 아닙니다.{hint_ko}").replace("이(가)", particle_of(ko)),
            format!("{id} is no {en}.{hint_en}"),
        );
    }
    Text::new(format!("{ko} {it} 없습니다.{hint_ko}"), format!("There is no {en} {id}.{hint_en}"))
}

/// 이 or 가 after one of the words above.
fn particle_of(word: &str) -> &'static str {
    with_particle(word, "이").map_or("이", |whole| if whole.ends_with('이') { "이" } else { "가" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::spec::Spec;

    #[test]
    fn ids_that_name_nothing_are_refused_with_what_exists() {
        let names = Vocabulary::of(&Spec::default_tank());
        let cases = [
            ("crash b9", "프로세스 b9는 없습니다.", "There is no process b9."),
            ("crash orders-0", "orders-0은 프로세스가 아닙니다.", "orders-0 is no process."),
            ("produce c1", "c1은 프로듀서가 아닙니다.", "c1 is no producer."),
            ("elect-unclean orders-7", "파티션 orders-7은 없습니다.", "There is no partition orders-7."),
            ("cut b1 b1", "b1은 자기", "b1 has no link to itself"),
        ];
        for (line, ko, en) in cases {
            let action: Action = line.parse().unwrap();
            let error = action.check(&names).unwrap_err();
            assert!(error.ko.starts_with(ko) && error.en.starts_with(en), "{line}: {error:?}");
        }
        for line in ["crash b1", "start c9 --in pay", "produce p --to orders", "seek c1 orders-2 5", "cut b3"]
        {
            let action: Action = line.parse().unwrap();
            assert_eq!(action.check(&names), Ok(()), "{line}");
        }
    }
}
