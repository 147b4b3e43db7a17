//! What a spec says of its producers and consumers.

use super::{Checker, conflict_text, hint, ko};
use crate::kafka::config::{Configs, Family, Scope};
use crate::kafka::producer::conflict;
use crate::lab::name;
use crate::lab::spec::{ConsumerKind, ConsumerSpec, Drive, ProducerSpec, Word, family};

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

impl Checker<'_> {
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

    pub(super) fn producer(&mut self, path: &str, producer: &ProducerSpec) {
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

    pub(super) fn consumer(&mut self, path: &str, consumer: &ConsumerSpec) {
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
}
