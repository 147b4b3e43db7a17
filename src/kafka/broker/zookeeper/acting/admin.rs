//! What admins ask: topics, settings, elections, reassignments.

use std::sync::Arc;

use super::{Acting, Event, Hands, Op, Reply, Task, Why};
use crate::kafka::zookeeper::{Assigned, Data, Mode, Path, TopicConfigs};
use crate::kafka::{Command, ErrorCode, MetadataRecord, Note, Partition, TopicId};

impl Acting {
    pub fn on_admin(&mut self, hands: &mut Hands<'_, '_>, command: Command) {
        let refused = match command {
            Command::CreateTopic { topic, replicas, partitions, replication, configs } => {
                self.create_topic(hands, topic, replicas, (partitions, replication), configs, None);
                None
            }
            Command::AddPartitions(topic, count) => self.grow(topic, count).err(),
            Command::SetTopicConfig(topic, key, value) => {
                let known = self.image.topics.contains_key(&topic);
                self.tasks.push_back(Task::ReadSettings(topic, key, value));
                (!known).then_some(ErrorCode::UnknownTopicOrPartition)
            }
            Command::ElectPreferred(p) => self.want_election(p, Why::Preferred { asked: true }),
            Command::ElectUnclean(p) => self.want_election(p, Why::Unclean),
            Command::Reassign(p, target) => match self.judge_reassignment(p, &target) {
                None => {
                    self.events.push_back(Event::Reassign(p, target));
                    None
                }
                refused => refused,
            },
            Command::CancelReassign(p) => match self.image.partition(p) {
                None => Some(ErrorCode::UnknownTopicOrPartition),
                Some(s) if s.adding.is_empty() && s.removing.is_empty() => {
                    Some(ErrorCode::NoReassignmentInProgress)
                }
                Some(_) => {
                    self.events.push_back(Event::CancelReassign(p));
                    None
                }
            },
            Command::DeleteTopic(topic) => self.wish_deleted(hands, topic),
            _ => None,
        };
        if let Some(error) = refused {
            hands.cx.note(Note::AdminRefused { error });
        }
        self.go_on(hands);
    }

    /// What is known already is answered at once.
    fn want_election(&mut self, p: Partition, why: Why) -> Option<ErrorCode> {
        let Some(known) = self.image.partition(p) else { return Some(ErrorCode::UnknownTopicOrPartition) };
        let live = known.leader.filter(|id| self.is_live(*id));
        let needless = match why {
            Why::Unclean => live.is_some(),
            _ => live.is_some() && live.as_ref() == known.replicas.first(),
        };
        if needless {
            return Some(ErrorCode::ElectionNotNeeded);
        }
        let can = |id: &crate::engine::NodeId| self.may_lead(*id) && known.isr.contains(id);
        if why != Why::Unclean && !known.replicas.first().is_some_and(can) {
            return Some(ErrorCode::PreferredLeaderNotAvailable);
        }
        if why == Why::Unclean && !known.replicas.iter().any(|id| self.may_lead(*id)) {
            return Some(ErrorCode::EligibleLeadersNotAvailable);
        }
        self.events.push_back(Event::Elect(p, why));
        None
    }

    fn rows(&self, topic: TopicId) -> Vec<Assigned> {
        let row = |index| {
            let known = self.image.partition(Partition { topic, index }).cloned().unwrap_or_default();
            Assigned { replicas: known.replicas, adding: known.adding, removing: known.removing }
        };
        (0..self.image.partition_count(topic)).map(row).collect()
    }

    /// The topic's assignment with another row for one partition.
    pub(super) fn rows_with(&self, p: Partition, row: Assigned) -> Vec<Assigned> {
        let mut rows = self.rows(p.topic);
        if let Some(slot) = rows.get_mut(p.index as usize) {
            *slot = row;
        }
        rows
    }

    fn grow(&mut self, topic: TopicId, count: u32) -> Result<(), ErrorCode> {
        let before = self.image.partition_count(topic);
        if before == 0 {
            return Err(ErrorCode::UnknownTopicOrPartition);
        }
        if count <= before {
            return Err(ErrorCode::InvalidPartitions);
        }
        let mut rows = self.rows(topic);
        let replication = rows.first().map_or(1, |row| row.replicas.len());
        let more = self.place(before, count - before, u32::try_from(replication).unwrap_or(1))?;
        rows.extend(more.into_iter().map(|replicas| Assigned { replicas, ..Assigned::default() }));
        self.tasks.push_back(Task::GrowTopic(topic, rows));
        Ok(())
    }

    pub(super) fn admin_questions(&self, task: &Task) -> Vec<Op> {
        match task {
            Task::CreateTopic(wanted) => {
                let configs: TopicConfigs = wanted.configs.iter().cloned().collect();
                let path = Path::TopicConfig(wanted.topic);
                let settings =
                    Op::Create { path, data: Data::Configs(Arc::new(configs)), how: Mode::Persistent };
                let data = Data::Topic(Arc::new(wanted.rows.clone()));
                let topic = Op::Create { path: Path::Topic(wanted.topic), data, how: Mode::Persistent };
                vec![settings, topic]
            }
            Task::GrowTopic(topic, rows) => {
                let data = Data::Topic(Arc::new(rows.clone()));
                vec![Op::Set { path: Path::Topic(*topic), data, version: None }]
            }
            Task::ReadSettings(topic, ..) => vec![Op::Get { path: Path::TopicConfig(*topic), watch: false }],
            Task::WriteSettings(topic, configs) => {
                let path = Path::TopicConfig(*topic);
                let settings = Op::Set { path, data: Data::Configs(Arc::clone(configs)), version: None };
                let (path, data) = (Path::ConfigChange(0), Data::Changed(*topic));
                vec![settings, Op::Create { path, data, how: Mode::Sequential }]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn on_settings_read(
        &mut self,
        topic: TopicId,
        key: &'static str,
        value: Arc<str>,
        replies: &[Reply],
    ) {
        let Some(Reply::Data(Data::Configs(configs), _)) = replies.first() else { return };
        let mut configs = Arc::clone(configs);
        Arc::make_mut(&mut configs).insert(key, value);
        self.next([Task::WriteSettings(topic, configs)]);
    }

    /// What is set is known; unclean elections that are allowed now are held.
    pub(super) fn learn_rules(&mut self, topic: TopicId, configs: &TopicConfigs) {
        let image = Arc::make_mut(&mut self.image);
        let offset = image.offset;
        for (key, value) in configs {
            image.apply(offset, &MetadataRecord::TopicConfig { topic, key, value: Arc::clone(value) });
        }
    }
}
