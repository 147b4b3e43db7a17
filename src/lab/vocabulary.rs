//! The names that may be spoken of: ids of a spec, and those that actions add to it.

use super::action::Action;
use super::name;
use super::spec::Spec;
use crate::kafka::Role;

/// Every id of a lab by kind, in order of declaration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Vocabulary {
    /// Brokers.
    pub brokers: Vec<String>,
    /// Controllers.
    pub controllers: Vec<String>,
    /// `z1`, in ZooKeeper mode.
    pub zookeepers: Vec<String>,
    /// Producers.
    pub producers: Vec<String>,
    /// Consumers.
    pub consumers: Vec<String>,
    /// Consumer groups.
    pub groups: Vec<String>,
    /// Topics with their number of partitions.
    pub topics: Vec<(String, u32)>,
    /// Records that an action names by `--id`.
    pub records: Vec<String>,
    /// Two labs are compared: expressions may say `left.` and `right.`.
    pub pair: bool,
}

impl Vocabulary {
    /// The names of a spec and of its `[start]` actions.
    #[must_use]
    pub fn of(spec: &Spec) -> Self {
        let text = |word: &super::spec::Word| word.get_ref().clone();
        let mut names = Self {
            brokers: (1..=spec.brokers()).map(|n| format!("b{n}")).collect(),
            controllers: (1..=spec.controllers()).map(|n| format!("k{n}")).collect(),
            zookeepers: spec.in_zookeeper_mode().then(|| "z1".to_owned()).into_iter().collect(),
            producers: spec.cluster.producer.iter().map(|p| text(&p.id)).collect(),
            consumers: spec.cluster.consumer.iter().map(|c| text(&c.id)).collect(),
            topics: spec.cluster.topic.iter().map(|t| (text(&t.name), t.partition_count())).collect(),
            ..Self::default()
        };
        for group in spec.cluster.consumer.iter().filter_map(|c| c.group.as_ref()) {
            if !group.get_ref().is_empty() {
                add(&mut names.groups, group.get_ref());
            }
        }
        for line in &spec.start.actions {
            if let Ok(action) = line.get_ref().parse() {
                names.learn(&action);
            }
        }
        names
    }

    /// Adds the processes of a second lab that is compared with the first.
    pub fn add_processes_of(&mut self, spec: &Spec) {
        let other = Self::of(spec);
        for (mine, theirs) in [(&mut self.brokers, other.brokers), (&mut self.controllers, other.controllers)]
        {
            for name in &theirs {
                add(mine, name);
            }
        }
    }

    /// Adds the names that an action creates.
    pub fn learn(&mut self, action: &Action) {
        match action {
            Action::Produce(produce) => {
                if let Some(id) = &produce.id {
                    add(&mut self.records, id);
                }
                if let Some(topic) = produce.to.as_ref()
                    && !self.topics.iter().any(|(name, _)| name == topic)
                {
                    self.topics.push((topic.clone(), 1));
                }
            }
            Action::Start { process, group: Some(group), .. } => {
                if self.role(process).is_none() {
                    add(&mut self.consumers, process);
                }
                add(&mut self.groups, group);
            }
            Action::CreateTopic { topic, partitions, .. }
                if !self.topics.iter().any(|(name, _)| name == topic) =>
            {
                self.topics.push((topic.clone(), partitions.unwrap_or(1)));
            }
            Action::AddPartitions { topic, count } => {
                if let Some((_, n)) = self.topics.iter_mut().find(|(name, _)| name == topic) {
                    *n = (*n).max(*count);
                }
            }
            Action::AddBroker { broker } => add(&mut self.brokers, broker),
            _ => {}
        }
    }

    /// What kind of process an id names.
    #[must_use]
    pub fn role(&self, id: &str) -> Option<Role> {
        let lists = [
            (&self.brokers, Role::Broker),
            (&self.controllers, Role::Controller),
            (&self.zookeepers, Role::ZooKeeper),
            (&self.producers, Role::Producer),
            (&self.consumers, Role::Consumer),
        ];
        lists.into_iter().find(|(list, _)| list.iter().any(|x| x == id)).map(|(_, role)| role)
    }

    /// All processes.
    pub fn processes(&self) -> impl Iterator<Item = &str> {
        [&self.brokers, &self.controllers, &self.zookeepers, &self.producers, &self.consumers]
            .into_iter()
            .flatten()
            .map(String::as_str)
    }

    /// All partitions, `orders-0` and so on.
    pub fn partitions(&self) -> impl Iterator<Item = String> + '_ {
        self.topics.iter().flat_map(|(topic, n)| (0..*n).map(move |ix| format!("{topic}-{ix}")))
    }

    /// Whether this names a partition of a topic that is known, whatever its number, or one of Kafka's own topics.
    #[must_use]
    pub fn is_partition(&self, id: &str) -> bool {
        let Some((topic, index)) = id.rsplit_once('-') else { return false };
        let Ok(index) = index.parse::<u32>() else { return false };
        topic.starts_with("__") || self.topics.iter().any(|(name, n)| name == topic && index < *n)
    }

    /// Whether this names a record: given by an action, or `r1`, `r2`, … in order of sending.
    #[must_use]
    pub fn is_record(&self, id: &str) -> bool {
        is_serial(id) || self.records.iter().any(|x| x == id)
    }

    /// Whether anything at all has this name.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.role(id).is_some()
            || self.is_record(id)
            || self.groups.iter().any(|x| x == id)
            || self.topics.iter().any(|(name, _)| name == id)
            || self.is_partition(id)
    }

    /// The known name nearest to a wrong one.
    #[must_use]
    pub fn nearest(&self, id: &str) -> Option<String> {
        let partitions: Vec<String> = self.partitions().take(10_000).collect();
        let all = self
            .processes()
            .chain(self.groups.iter().map(String::as_str))
            .chain(self.topics.iter().map(|(name, _)| name.as_str()))
            .chain(self.records.iter().map(String::as_str))
            .chain(partitions.iter().map(String::as_str));
        name::nearest(id, all).map(str::to_owned)
    }
}

/// Whether this is `r` and a number, the name that a record gets by itself.
#[must_use]
pub fn is_serial(id: &str) -> bool {
    id.strip_prefix('r')
        .is_some_and(|n| n.starts_with(|c: char| ('1'..='9').contains(&c)) && n.parse::<u64>().is_ok())
}

fn add(list: &mut Vec<String>, id: &str) {
    if !list.iter().any(|x| x == id) {
        list.push(id.to_owned());
    }
}
