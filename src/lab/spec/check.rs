//! What a spec says, checked: ids, counts, settings and references.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::{ConfigTable, ConsumerKind, ConsumerSpec, Drive, ProducerSpec, Spec, TopicSpec, Word, family};
use crate::kafka::config::{ConfigError, Configs, Family, Scope};
use crate::kafka::producer::{Conflict, conflict};
use crate::lab::action::Action;
use crate::lab::name;
use crate::lab::vocabulary::Vocabulary;
use crate::text::{Text, with_particle};

/// Settings of consumers that share consumers refuse.
const NOT_FOR_SHARE: &[&str] = &[
    "auto.offset.reset",
    "enable.auto.commit",
    "group.instance.id",
    "isolation.level",
    "partition.assignment.strategy",
    "session.timeout.ms",
    "heartbeat.interval.ms",
    "group.protocol",
    "group.remote.assignor",
];

/// Something that a spec says and cannot mean.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpecError {
    /// Where: `cluster.topic[0].replicas`.
    pub path: String,
    /// What is wrong and what would be right.
    pub message: Text,
    /// The place in the file in bytes, if it came from one.
    pub span: Option<Range<usize>>,
}

impl fmt::Display for SpecError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.path, self.message.en)
    }
}

impl std::error::Error for SpecError {}

/// `value` with a Korean particle.
fn ko(value: &str, particle: &str) -> String {
    with_particle(value, particle).unwrap_or_else(|| value.to_owned())
}

fn hint(near: Option<&str>) -> (String, String) {
    near.map_or_else(Default::default, |n| (format!(" 혹시 {n}?"), format!(" Did you mean {n}?")))
}

/// Settings that only a cluster with KRaft has.
const KRAFT_ONLY: &[&str] = &[
    "broker.session.timeout.ms",
    "broker.heartbeat.interval.ms",
    "metadata.max.idle.interval.ms",
    "unclean.leader.election.interval.ms",
];

struct Checker<'a> {
    spec: &'a Spec,
    names: Vocabulary,
    errors: Vec<SpecError>,
    taken: BTreeMap<String, &'static str>,
}

impl Spec {
    /// Everything that is wrong with it, in the order of the file; empty if it can boot.
    #[must_use]
    pub fn validate(&self) -> Vec<SpecError> {
        let mut checker =
            Checker { spec: self, names: Vocabulary::of(self), errors: Vec::new(), taken: BTreeMap::new() };
        checker.cluster();
        checker.ids();
        for (ix, topic) in self.cluster.topic.iter().enumerate() {
            checker.topic(&format!("cluster.topic[{ix}]"), topic);
        }
        for (ix, producer) in self.cluster.producer.iter().enumerate() {
            checker.producer(&format!("cluster.producer[{ix}]"), producer);
        }
        for (ix, consumer) in self.cluster.consumer.iter().enumerate() {
            checker.consumer(&format!("cluster.consumer[{ix}]"), consumer);
        }
        checker.links();
        checker.start();
        checker.errors
    }
}

impl Checker<'_> {
    fn error(&mut self, path: &str, span: Range<usize>, ko: String, en: String) {
        let span = Some(span).filter(|s| *s != super::NOWHERE);
        self.errors.push(SpecError { path: path.to_owned(), message: Text::new(ko, en), span });
    }

    fn cluster(&mut self) {
        let cluster = &self.spec.cluster;
        match cluster.metadata.get_ref().as_str() {
            "kraft" => {}
            "zookeeper" => self.zookeeper(),
            other => self.error(
                "cluster.metadata",
                cluster.metadata.span(),
                format!("`{other}`: metadata는 kraft나 zookeeper입니다."),
                format!("`{other}`: metadata is kraft or zookeeper."),
            ),
        }
        if !(1..=1000).contains(&self.spec.brokers()) {
            let n = self.spec.brokers();
            self.error(
                "cluster.brokers",
                cluster.brokers.span(),
                format!("브로커는 1개에서 1000개까지입니다. {n}개는 안 됩니다."),
                format!("There may be 1 to 1000 brokers, not {n}."),
            );
        }
        if !self.spec.in_zookeeper_mode() && !(1..=9).contains(&self.spec.controllers()) {
            let n = self.spec.controllers();
            self.error(
                "cluster.controllers",
                cluster.controllers.span(),
                format!("컨트롤러는 1개에서 9개까지입니다. {n}개는 안 됩니다."),
                format!("There may be 1 to 9 controllers, not {n}."),
            );
        }
        if let Some(voters) = &cluster.voters
            && !(1..=self.spec.controllers()).contains(voters.get_ref())
        {
            let (n, all) = (voters.get_ref(), self.spec.controllers());
            self.error(
                "cluster.voters",
                voters.span(),
                format!("보터는 1개에서 컨트롤러 수({all})까지입니다. {n}개는 안 됩니다."),
                format!("There may be 1 to {all} voters (the number of controllers), not {n}."),
            );
        }
        self.config("cluster.config", &cluster.config, Scope::Broker, Family::Java);
    }

    /// What does not go together with ZooKeeper: controllers of their own, and what came with KRaft.
    fn zookeeper(&mut self) {
        let cluster = &self.spec.cluster;
        if cluster.controllers.span() != super::NOWHERE {
            self.error(
                "cluster.controllers",
                cluster.controllers.span(),
                "metadata = \"zookeeper\"에서는 브로커 하나가 컨트롤러입니다. controllers를 지우세요.".into(),
                "With metadata = \"zookeeper\" a broker is the controller; leave controllers out.".into(),
            );
        }
        if let Some(combined) = cluster.combined.as_ref().filter(|combined| *combined.get_ref()) {
            self.error(
                "cluster.combined",
                combined.span(),
                "combined는 KRaft에만 있습니다. metadata = \"kraft\"로 쓰거나 지우세요.".into(),
                "`combined` needs KRaft: write metadata = \"kraft\", or leave it out.".into(),
            );
        }
        for (name, value) in &cluster.config.0 {
            let level = value.get_ref().as_str();
            let off = match name.get_ref().as_str() {
                "eligible.leader.replicas.version" => level == "0",
                "transaction.version" => matches!(level, "0" | "1"),
                "kraft.version" => false,
                other => !KRAFT_ONLY.contains(&other),
            };
            if !off {
                let (path, id) = (format!("cluster.config.\"{}\"", name.get_ref()), name.get_ref());
                self.error(
                    &path,
                    name.span(),
                    format!("`{id}`: KRaft에만 있습니다. metadata = \"kraft\"로 쓰거나 지우세요."),
                    format!("`{id}` needs KRaft: write metadata = \"kraft\", or leave it out."),
                );
            }
        }
    }

    fn ids(&mut self) {
        if self.spec.in_zookeeper_mode() {
            self.taken.insert("z1".to_owned(), "ZooKeeper");
        }
        for n in 1..=self.spec.brokers().min(1000) {
            self.taken.insert(format!("b{n}"), "broker");
        }
        for n in 1..=self.spec.controllers().min(1000) {
            self.taken.insert(format!("k{n}"), "controller");
        }
        let cluster = &self.spec.cluster;
        for (ix, topic) in cluster.topic.iter().enumerate() {
            let path = format!("cluster.topic[{ix}].name");
            if !name::is_topic(topic.name.get_ref()) {
                let id = topic.name.get_ref();
                let ko = format!(
                    "토픽 이름 `{id}`: 영어 소문자로 시작하고 소문자, 숫자, _, -, .만 쓰며 -숫자로 끝나지 않습니다."
                );
                let en = format!(
                    "Topic name `{id}`: start with a lower-case letter; then lower-case letters, digits, _, - and .; do not end in -number."
                );
                self.error(&path, topic.name.span(), ko, en);
            }
            self.unique(&path, &topic.name, "topic");
        }
        let producers = cluster.producer.iter().enumerate().map(|(ix, p)| ("producer", ix, &p.id));
        let consumers = cluster.consumer.iter().enumerate().map(|(ix, c)| ("consumer", ix, &c.id));
        for (kind, ix, id) in producers.chain(consumers) {
            let path = format!("cluster.{kind}[{ix}].id");
            self.id(&path, id);
            self.unique(&path, id, kind);
        }
        for (ix, consumer) in cluster.consumer.iter().enumerate() {
            let Some(group) = &consumer.group else { continue };
            let path = format!("cluster.consumer[{ix}].group");
            if group.get_ref().is_empty() {
                continue; // Kafka's to refuse
            }
            self.id(&path, group);
            if self.taken.get(group.get_ref()).is_some_and(|kind| *kind != "group") {
                self.unique(&path, group, "group");
            } else {
                self.taken.insert(group.get_ref().clone(), "group");
            }
        }
    }

    fn id(&mut self, path: &str, id: &Word) {
        let text = id.get_ref();
        let serial = crate::lab::vocabulary::is_serial(text);
        if serial || !name::is_id(text) {
            let (why_ko, why_en) = if serial {
                ("r과 숫자는 레코드의 이름입니다.", "r and a number name records.")
            } else {
                (
                    "영어 소문자로 시작하고 소문자, 숫자, _, -만 씁니다.",
                    "start with a lower-case letter; then lower-case letters, digits, _ and -.",
                )
            };
            self.error(path, id.span(), format!("id `{text}`: {why_ko}"), format!("id `{text}`: {why_en}"));
        }
    }

    fn unique(&mut self, path: &str, id: &Word, kind: &'static str) {
        if let Some(other) = self.taken.insert(id.get_ref().clone(), kind) {
            let text = id.get_ref();
            let ko = format!(
                "id {} 이미 쓰였습니다 ({other}). 랩 안에서 id는 하나뿐이어야 합니다.",
                ko(&format!("`{text}`"), "은")
            );
            let en = format!("id `{text}` is taken by a {other}; every id is unique in the lab.");
            self.error(path, id.span(), ko, en);
        }
    }

    fn config(&mut self, path: &str, table: &ConfigTable, scope: Scope, family: Family) {
        let configs = Configs::new(scope, family);
        for (name, value) in &table.0 {
            let path = format!("{path}.\"{}\"", name.get_ref());
            match configs.check(name.get_ref(), value.get_ref()) {
                Ok(_) => {}
                Err(error @ ConfigError::Unknown { .. }) => {
                    let text = config_text(&error);
                    self.error(&path, name.span(), text.ko, text.en);
                }
                Err(error @ ConfigError::BadValue { .. }) => {
                    let text = config_text(&error);
                    self.error(&path, value.span(), text.ko, text.en);
                }
            }
        }
    }

    fn topic(&mut self, path: &str, topic: &TopicSpec) {
        let brokers = self.spec.brokers();
        self.config(&format!("{path}.config"), &topic.config, Scope::Topic, Family::Java);
        if let (Some(_), Some(replication)) = (&topic.replicas, &topic.replication) {
            let ko = "replicas와 replication은 함께 쓸 수 없습니다.".to_owned();
            let en = "replicas and replication cannot stand together.".to_owned();
            self.error(&format!("{path}.replication"), replication.span(), ko, en);
        }
        if let Some(n) = &topic.partitions
            && !(1..=100_000).contains(n.get_ref())
        {
            let ko = format!("파티션은 1개에서 100000개까지입니다. {}개는 안 됩니다.", n.get_ref());
            let en = format!("A topic has 1 to 100000 partitions, not {}.", n.get_ref());
            self.error(&format!("{path}.partitions"), n.span(), ko, en);
        }
        if let Some(n) = &topic.replication
            && !(1..=brokers).contains(n.get_ref())
        {
            let n_text = n.get_ref();
            let ko = format!("복제본 {n_text}개를 브로커 {brokers}개에 둘 수 없습니다.");
            let en = format!("{n_text} replicas do not fit on {brokers} brokers.");
            self.error(&format!("{path}.replication"), n.span(), ko, en);
        }
        if let Some(rows) = &topic.replicas {
            self.replicas(&format!("{path}.replicas"), topic, rows.get_ref(), rows.span());
        }
    }

    fn replicas(&mut self, path: &str, topic: &TopicSpec, rows: &[Vec<u32>], span: Range<usize>) {
        let brokers = self.spec.brokers();
        if let Some(n) = &topic.partitions
            && usize::try_from(*n.get_ref()).is_ok_and(|n| n != rows.len())
        {
            let ko = format!("파티션은 {}개인데 replicas는 {}줄입니다.", n.get_ref(), rows.len());
            let en = format!("There are {} partitions but {} rows of replicas.", n.get_ref(), rows.len());
            self.error(path, span.clone(), ko, en);
        }
        for (ix, row) in rows.iter().enumerate() {
            if let Some(bad) = row.iter().find(|n| !(1..=brokers).contains(n)) {
                let ko = format!(
                    "파티션 {ix}: 브로커 {} 없습니다 (1에서 {brokers}까지).",
                    ko(&bad.to_string(), "은")
                );
                let en = format!("Partition {ix}: there is no broker {bad} (1 to {brokers}).");
                self.error(path, span.clone(), ko, en);
            }
            let mut seen = row.clone();
            seen.sort_unstable();
            seen.dedup();
            if row.is_empty() || seen.len() != row.len() || rows.first().is_some_and(|f| f.len() != row.len())
            {
                let ko = format!("파티션 {ix}: 서로 다른 브로커를, 모든 파티션에 같은 수만큼 쓰세요.");
                let en = format!("Partition {ix}: name different brokers, equally many for every partition.");
                self.error(path, span.clone(), ko, en);
            }
        }
    }

    fn client(&mut self, path: &str, client: &Word) {
        if !matches!(client.get_ref().as_str(), "java" | "librdkafka") {
            let text = client.get_ref();
            let (near_ko, near_en) = hint(name::nearest(text, ["java", "librdkafka"]));
            let ko = format!("`{text}`: client는 java나 librdkafka입니다.{near_ko}");
            let en = format!("`{text}`: client is java or librdkafka.{near_en}");
            self.error(&format!("{path}.client"), client.span(), ko, en);
        }
    }

    fn topics(&mut self, path: &str, topics: &[Word]) {
        for (ix, topic) in topics.iter().enumerate() {
            let text = topic.get_ref();
            if !self.names.topics.iter().any(|(name, _)| name == text) {
                let known: Vec<&str> = self.names.topics.iter().map(|(name, _)| name.as_str()).collect();
                let (near_ko, near_en) = hint(name::nearest(text, known));
                let message_ko = format!("토픽 {} spec에 없습니다.{near_ko}", ko(&format!("`{text}`"), "은"));
                let en = format!("There is no topic {text} in this spec.{near_en}");
                self.error(&format!("{path}.topics[{ix}]"), topic.span(), message_ko, en);
            }
        }
    }

    /// Settings that are fine one by one and do not go together.
    fn conflicts(&mut self, path: &str, producer: &ProducerSpec) {
        let family = family(producer.client.get_ref());
        let mut configs = Configs::new(Scope::Producer, family);
        for (name, value) in &producer.config.0 {
            if configs.set(name.get_ref(), value.get_ref()).is_err() {
                return;
            }
        }
        if let Some(conflict) = conflict(&configs) {
            let text = conflict_text(conflict, family);
            self.error(&format!("{path}.config"), producer.id.span(), text.ko, text.en);
        }
    }

    fn producer(&mut self, path: &str, producer: &ProducerSpec) {
        self.client(path, &producer.client);
        self.topics(path, &producer.topics);
        self.config(
            &format!("{path}.config"),
            &producer.config,
            Scope::Producer,
            family(producer.client.get_ref()),
        );
        self.conflicts(path, producer);
        let Some(workload) = &producer.workload else {
            if producer.drive == Drive::Auto {
                let ko = "drive = \"auto\"인 프로듀서에는 workload = { every = \"500ms\" }가 필요합니다."
                    .to_owned();
                let en =
                    "A producer with drive = \"auto\" needs workload = { every = \"500ms\" }.".to_owned();
                self.error(&format!("{path}.workload"), producer.id.span(), ko, en);
            }
            return;
        };
        if producer.drive == Drive::Manual {
            let ko = "workload는 drive = \"auto\"와 함께 씁니다.".to_owned();
            let en = "A workload needs drive = \"auto\".".to_owned();
            self.error(&format!("{path}.workload"), workload.every.span(), ko, en);
        }
        if workload.every.get_ref().0.0 == 0 {
            let ko = "every는 0보다 길어야 합니다.".to_owned();
            self.error(
                &format!("{path}.workload.every"),
                workload.every.span(),
                ko,
                "every must not be 0.".to_owned(),
            );
        }
        if producer.topics.is_empty() {
            let ko = "workload가 있는 프로듀서는 topics가 필요합니다.".to_owned();
            let en = "A producer with a workload needs topics.".to_owned();
            self.error(&format!("{path}.topics"), producer.id.span(), ko, en);
        }
    }

    fn consumer(&mut self, path: &str, consumer: &ConsumerSpec) {
        self.client(path, &consumer.client);
        self.topics(path, &consumer.topics);
        self.config(
            &format!("{path}.config"),
            &consumer.config,
            Scope::Consumer,
            family(consumer.client.get_ref()),
        );
        if consumer.kind == ConsumerKind::Share {
            self.share_consumer(path, consumer);
        }
        let id = consumer.id.get_ref();
        self.partitions(path, consumer);
        if consumer.group.is_none() && consumer.partitions.is_empty() {
            let ko = format!("컨슈머 {id}에 group이 없습니다: group = \"pay\"처럼 쓰세요.");
            let en = format!("Consumer {id} has no group: write group = \"pay\".");
            self.error(&format!("{path}.group"), consumer.id.span(), ko, en);
        }
        if consumer.topics.is_empty() && consumer.partitions.is_empty() {
            let ko = format!("컨슈머 {id}에 topics가 없습니다.");
            let en = format!("Consumer {id} has no topics.");
            self.error(&format!("{path}.topics"), consumer.id.span(), ko, en);
        }
    }

    /// What a consumer assigns to itself.
    fn partitions(&mut self, path: &str, consumer: &ConsumerSpec) {
        let known = |text: &str| {
            let (topic, number) = text.rsplit_once('-')?;
            let number: u32 = number.parse().ok()?;
            self.names.topics.iter().find(|(name, count)| name == topic && number < *count)
        };
        let unknown = consumer.partitions.iter().position(|p| known(p.get_ref()).is_none());
        if let Some(ix) = unknown {
            let word = &consumer.partitions[ix];
            let (text, span) = (word.get_ref().clone(), word.span());
            let message = format!("파티션 {} spec에 없습니다.", ko(&format!("`{text}`"), "은"));
            let en = format!("There is no partition {text} in this spec.");
            self.error(&format!("{path}.partitions[{ix}]"), span, message, en);
        } else if let (Some(own), false) = (consumer.partitions.first(), consumer.topics.is_empty()) {
            // Java: IllegalStateException.
            let ko =
                "subscribe와 assign은 함께 쓸 수 없습니다: topics나 partitions 하나만 쓰세요.".to_owned();
            let en = "A consumer subscribes or assigns, not both: leave out topics or partitions.".to_owned();
            self.error(&format!("{path}.partitions"), own.span(), ko, en);
        }
    }

    /// Share groups are the Java client's, and know nothing of positions and offsets (`ShareConsumerConfig`).
    fn share_consumer(&mut self, path: &str, consumer: &ConsumerSpec) {
        if family(consumer.client.get_ref()) != Family::Java {
            let ko = "셰어 컨슈머(kind = \"share\")는 자바 클라이언트에만 있습니다.".to_owned();
            let en = "Only the Java client has share consumers (kind = \"share\").".to_owned();
            self.error(&format!("{path}.client"), consumer.client.span(), ko, en);
        }
        for (name, _) in &consumer.config.0 {
            let text = name.get_ref();
            if NOT_FOR_SHARE.contains(&text.as_str()) {
                let ko = format!("셰어 컨슈머에는 {text} 설정이 없습니다.");
                let en = format!("A share consumer has no setting {text}.");
                self.error(&format!("{path}.config"), name.span(), ko, en);
            }
        }
    }

    fn links(&mut self) {
        for (ix, link) in self.spec.cluster.link.iter().enumerate() {
            let [a, b] = link.between.get_ref();
            let bad = [a, b].into_iter().find(|id| self.names.role(id).is_none()).cloned();
            let path = format!("cluster.link[{ix}].between");
            if let Some(bad) = bad {
                let near = self.names.nearest(&bad);
                let (near_ko, near_en) = hint(near.as_deref());
                let message = format!("프로세스 {} 없습니다.{near_ko}", ko(&bad, "은"));
                self.error(
                    &path,
                    link.between.span(),
                    message,
                    format!("There is no process {bad}.{near_en}"),
                );
            } else if a == b {
                let ko = "서로 다른 두 프로세스를 쓰세요.".to_owned();
                self.error(&path, link.between.span(), ko, "Name two different processes.".to_owned());
            }
        }
    }

    fn start(&mut self) {
        let mut names = self.names.clone();
        for (ix, line) in self.spec.start.actions.iter().enumerate() {
            let path = format!("start.do[{ix}]");
            match line.get_ref().parse::<Action>() {
                Ok(action) => {
                    if let Err(message) = action.check(&names) {
                        self.error(&path, line.span(), message.ko, message.en);
                    }
                    names.learn(&action);
                }
                Err(error) => self.error(&path, line.span(), error.message.ko, error.message.en),
            }
        }
    }
}

/// A refused setting in both languages.
#[must_use]
pub fn config_text(error: &ConfigError) -> Text {
    match error {
        ConfigError::Unknown { name, near } => {
            let (near_ko, near_en) = hint(*near);
            Text::new(
                format!("`{name}`: 그런 설정은 없습니다.{near_ko}"),
                format!("`{name}`: there is no such setting.{near_en}"),
            )
        }
        ConfigError::BadValue { name, value, takes } => Text::new(
            format!("`{name}`에 {} 쓸 수 없습니다. 쓸 수 있는 값: {takes}", ko(&format!("`{value}`"), "은")),
            format!("`{name}` does not take `{value}`; it takes {takes}."),
        ),
    }
}

/// What Kafka calls the error of a setting that it does not take: an exception of the client, or the answer to an admin.
const fn refusal(configs: &Configs) -> &'static str {
    match (configs.scope(), configs.family()) {
        (Scope::Topic, _) => "INVALID_CONFIG",
        (Scope::Producer | Scope::Consumer, Family::Librdkafka) => "_INVALID_ARG",
        (Scope::Broker | Scope::Producer | Scope::Consumer, _) => "ConfigException",
    }
}

/// As [`config_text`], with the name that Kafka's error has. A Java client only warns of a name that it does not know.
#[must_use]
pub fn refused_config_text(error: &ConfigError, configs: &Configs) -> Text {
    let text = config_text(error);
    let warns = matches!(error, ConfigError::Unknown { .. }) && refusal(configs) == "ConfigException";
    if warns {
        return text;
    }
    let name = refusal(configs);
    Text::new(format!("{name}: {}", text.ko), format!("{name}: {}", text.en))
}

/// Settings of a producer that contradict each other, in words.
#[must_use]
pub fn conflict_text(conflict: Conflict, family: Family) -> Text {
    let name = refusal(&Configs::new(Scope::Producer, family));
    let (one, needs) = conflict.settings();
    Text::new(
        format!("{name}: {one}에는 {needs} 조건이 필요합니다. 프로듀서가 시작되지 않습니다."),
        format!("{name}: {conflict}; the producer would not start."),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first(text: &str) -> (String, String, String) {
        let spec = Spec::parse(text).unwrap();
        let errors = spec.validate();
        let error = errors.first().unwrap_or_else(|| panic!("no error in {text}"));
        let place = error.span.clone().map(|span| text[span].to_owned()).unwrap_or_default();
        (error.path.clone(), error.message.en.clone(), place)
    }

    #[test]
    fn the_default_tank_is_valid() {
        assert_eq!(Spec::default_tank().validate(), []);
    }

    #[test]
    fn a_spec_survives_printing() {
        let text = r#"
            [cluster]
            brokers = 2
            config = { "broker.session.timeout.ms" = 9000, "auto.create.topics.enable" = false }
            [[cluster.topic]]
            name = "orders"
            replicas = [[1, 2], [2, 1]]
            [[cluster.producer]]
            id = "p"
            topics = ["orders"]
            drive = "auto"
            workload = { every = "500ms", keys = ["a", "b"], count = 6 }
            config = { acks = "all" }
            [[cluster.consumer]]
            id = "c1"
            group = "pay"
            topics = ["orders"]
            [[cluster.link]]
            between = ["b1", "b2"]
            delay = "200ms"
            [start]
            do = ["produce p --key user_1"]
        "#;
        let spec = Spec::parse(text).unwrap();
        assert_eq!(spec.validate(), []);
        let printed = toml::to_string(&spec).unwrap();
        assert_eq!(Spec::parse(&printed).unwrap(), spec, "{printed}");
    }

    #[test]
    fn errors_name_the_place_and_what_would_be_right() {
        let topic = "[[cluster.topic]]\nname = \"orders\"\n";
        let cases = [
            (
                "[cluster]\nmetadata = \"zookeeper\"\ncontrollers = 1".to_owned(),
                "cluster.controllers",
                "With metadata = \"zookeeper\" a broker is the controller",
                "1",
            ),
            (
                "[cluster]\nmetadata = \"zookeeper\"\nconfig = { \"eligible.leader.replicas.version\" = 1 }"
                    .to_owned(),
                "cluster.config.\"eligible.leader.replicas.version\"",
                "`eligible.leader.replicas.version` needs KRaft",
                "\"eligible.leader.replicas.version\"",
            ),
            (
                "[cluster]\nmetadata = \"zookeeper\"\n[start]\ndo = [\"crash k1\"]".to_owned(),
                "start.do[0]",
                "There is no process k1.",
                "\"crash k1\"",
            ),
            ("[cluster]\ncontrollers = 10".to_owned(), "cluster.controllers", "There may be 1 to 9", "10"),
            (
                "[cluster]\nconfig = { \"broker.sesion.timeout.ms\" = 1 }".to_owned(),
                "cluster.config.\"broker.sesion.timeout.ms\"",
                "`broker.sesion.timeout.ms`: there is no such setting. Did you mean broker.session.timeout.ms?",
                "\"broker.sesion.timeout.ms\"",
            ),
            (
                format!("{topic}replicas = [[1, 4]]"),
                "cluster.topic[0].replicas",
                "Partition 0: there is no broker 4",
                "[[1, 4]]",
            ),
            (
                format!("{topic}replication = 5"),
                "cluster.topic[0].replication",
                "5 replicas do not fit on 3",
                "5",
            ),
            (
                "[[cluster.producer]]\nid = \"b1\"".to_owned(),
                "cluster.producer[0].id",
                "id `b1` is taken by a broker",
                "\"b1\"",
            ),
            (
                "[[cluster.producer]]\nid = \"P\"".to_owned(),
                "cluster.producer[0].id",
                "id `P`: start with",
                "\"P\"",
            ),
            (
                format!("{topic}[[cluster.consumer]]\nid = \"c1\"\ntopics = [\"orders\"]"),
                "cluster.consumer[0].group",
                "Consumer c1 has no group",
                "\"c1\"",
            ),
            (
                format!("{topic}[[cluster.producer]]\nid = \"p\"\ntopics = [\"order\"]"),
                "cluster.producer[0].topics[0]",
                "There is no topic order in this spec. Did you mean orders?",
                "\"order\"",
            ),
            (
                "[cluster]\n[start]\ndo = [\"crash b9\"]".to_owned(),
                "start.do[0]",
                "There is no process b9.",
                "\"crash b9\"",
            ),
        ];
        for (text, path, message, place) in cases {
            let found = first(&text);
            assert_eq!((found.0.as_str(), found.2.as_str()), (path, place), "{text}");
            assert!(found.1.starts_with(message), "{}", found.1);
        }
    }

    #[test]
    fn a_bare_dotted_setting_gets_the_hint_to_quote_it() {
        let error = Spec::parse("[cluster]\nconfig = { linger.ms = 5 }").unwrap_err();
        assert!(error.message().contains("must be quoted"), "{}", error.message());
        let error = Spec::parse("[cluster]\nbroker = 3").unwrap_err();
        assert!(error.message().contains("unknown field `broker`"), "{}", error.message());
    }
}
