//! What a spec says, checked: ids, counts, settings and references.

mod clients;
mod cluster;
mod words;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::{ConfigTable, MOST_BROKERS, Spec, Word};
use crate::kafka::config::{ConfigError, Configs, Family, Scope};
use crate::lab::action::Action;
use crate::lab::name;
use crate::lab::vocabulary::Vocabulary;
use crate::text::{Text, with_particle};
pub use words::{config_text, conflict_text, refused_config_text};

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

    fn ids(&mut self) {
        if self.spec.in_zookeeper_mode() {
            self.taken.insert("z1".to_owned(), "ZooKeeper");
        }
        for n in 1..=self.spec.brokers().min(MOST_BROKERS) {
            self.taken.insert(format!("b{n}"), "broker");
        }
        for n in 1..=self.spec.controllers().min(MOST_BROKERS) {
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

#[cfg(test)]
mod tests;
