//! `[compare]`: the one setting in which two labs differ, and which of them is meant.

use toml::Spanned;

use super::Loader;
use crate::course::diagnostic::did_you_mean;
use crate::course::format::{CompareFile, Str};
use crate::course::lesson::Compare;
use crate::lab::Sides;
use crate::lab::spec::{ConfigTable, Spec, Word};
use crate::text::Text;

impl Loader {
    /// Reads the table; the left value goes into `spec`, the right one into a copy of it.
    pub(super) fn compare(&mut self, written: &Spanned<CompareFile>, spec: &mut Spec) -> Option<Compare> {
        let file = written.get_ref();
        let values: Vec<Word> = file.values.get_ref().iter().filter_map(value).collect();
        let Ok([left, right]) = <[Word; 2]>::try_from(values) else {
            let message = Text::new(
                "values에는 값이 둘 있어야 합니다: 왼쪽과 오른쪽 (글, 숫자, true나 false)",
                "values has two values, left and right: text, a number, true or false",
            );
            self.problem(file.values.span(), message);
            return None;
        };
        let mut other = spec.clone();
        for (spec, value) in [(&mut *spec, &left), (&mut other, &right)] {
            if file.of.get_ref() == "cluster" && file.key.get_ref() == "metadata" {
                keep_metadata_in(spec, value);
                continue;
            }
            let tables = tables(spec, file.of.get_ref());
            if tables.is_empty() {
                self.unknown_subject(&file.of, spec);
                return None;
            }
            for table in tables {
                set(table, &file.key, value);
            }
        }
        Some(Compare {
            of: file.of.get_ref().clone(),
            key: file.key.get_ref().clone(),
            values: [left.into_inner(), right.into_inner()],
            right: other,
        })
    }

    fn unknown_subject(&mut self, of: &Str, spec: &Spec) {
        let text = of.get_ref();
        let problem = self.problem(
            of.span(),
            Text::new(
                format!("`{text}`: 그런 클라이언트나 그룹, 토픽은 없습니다. 브로커 전체는 cluster입니다"),
                format!("`{text}`: there is no such client, group or topic; `cluster` means every broker"),
            ),
        );
        problem.fix = did_you_mean(text, subjects(spec));
    }

    /// The side that an assertion names; the beat's if it names none.
    pub(super) fn named_side(&mut self, word: Option<&Str>) -> Option<Sides> {
        let Some(word) = word else { return Some(self.side) };
        let text = word.get_ref();
        let found = Sides::WORDS.into_iter().find(|(name, _)| name == text);
        let (ko, en) = match found {
            _ if !self.names.pair => ("이 수업에는 실험실이 하나뿐입니다", "this lesson has only one lab"),
            None => ("lab은 left, right, both 가운데 하나입니다", "lab is left, right or both"),
            Some((_, sides)) => return Some(sides),
        };
        self.problem(word.span(), Text::new(format!("`{text}`: {ko}"), format!("`{text}`: {en}")));
        None
    }
}

/// A value as settings have it.
fn value(written: &Spanned<toml::Value>) -> Option<Word> {
    let text = match written.get_ref() {
        toml::Value::String(text) => text.clone(),
        toml::Value::Integer(n) => n.to_string(),
        toml::Value::Boolean(on) => on.to_string(),
        toml::Value::Float(n) => n.to_string(),
        _ => return None,
    };
    Some(Spanned::new(written.span(), text))
}

/// The settings of a client, a topic, every consumer of a group, or all brokers.
fn tables<'s>(spec: &'s mut Spec, of: &str) -> Vec<&'s mut ConfigTable> {
    let cluster = &mut spec.cluster;
    if of == "cluster" {
        return vec![&mut cluster.config];
    }
    let producers = cluster.producer.iter_mut().map(|p| (p.id.get_ref().as_str(), &mut p.config));
    let consumers = cluster.consumer.iter_mut().map(|c| {
        let group = c.group.as_ref().is_some_and(|group| group.get_ref() == of);
        let named = group || c.id.get_ref() == of;
        (if named { of } else { "" }, &mut c.config)
    });
    let topics = cluster.topic.iter_mut().map(|t| (t.name.get_ref().as_str(), &mut t.config));
    producers.chain(consumers).chain(topics).filter(|(id, _)| *id == of).map(|(_, table)| table).collect()
}

/// Where metadata lives is no setting of a broker. With ZooKeeper no controllers of their own are left.
fn keep_metadata_in(spec: &mut Spec, value: &Word) {
    spec.cluster.metadata = value.clone();
    if spec.in_zookeeper_mode() {
        spec.cluster.controllers = crate::lab::spec::one();
    }
}

fn subjects(spec: &Spec) -> Vec<&str> {
    let cluster = &spec.cluster;
    let producers = cluster.producer.iter().map(|p| p.id.get_ref().as_str());
    let consumers = cluster.consumer.iter().map(|c| c.id.get_ref().as_str());
    let groups = cluster.consumer.iter().filter_map(|c| c.group.as_ref()).map(|g| g.get_ref().as_str());
    let topics = cluster.topic.iter().map(|t| t.name.get_ref().as_str());
    producers.chain(consumers).chain(groups).chain(topics).chain(["cluster"]).collect()
}

fn set(table: &mut ConfigTable, key: &Str, value: &Word) {
    table.0.retain(|(name, _)| name.get_ref() != key.get_ref());
    table.0.push((key.clone(), value.clone()));
}
