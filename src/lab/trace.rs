//! Notes as lines: JSON for machines, words for people. Names stand where the world has ids.

mod clients;
mod cluster;
mod coordinators;
mod engine;

use std::fmt::Write;

use crate::engine::{EventId, Micros, NodeId, Note as Engine, Rec};
use crate::kafka::{MemberId, Names, Note, Offset, Partition, RecordId};

/// The value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// A name or a word.
    Text(String),
    /// A number.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Absent.
    Null,
}

/// One line of the trace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// µs since t = 0; negative in the prologue.
    pub at: i64,
    /// Event since t = 0, from 1; zero or less in the prologue.
    pub event: i64,
    /// The event that scheduled it.
    pub parent: i64,
    /// The input, fault or clock that began the chain.
    pub root: i64,
    /// The process that states it.
    pub node: Option<String>,
    /// Which kind of note.
    pub note: &'static str,
    /// Its fields, in the order of the documentation.
    pub fields: Vec<(&'static str, Field)>,
}

/// Where t = 0 lies in the world's own counting.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// World time at t = 0.
    pub at: Micros,
    /// World turn at t = 0.
    pub event: EventId,
}

impl Origin {
    /// A world time as µs since t = 0.
    #[must_use]
    pub fn time(self, at: Micros) -> i64 {
        signed(at.0) - signed(self.at.0)
    }

    /// A world turn as an event since t = 0.
    #[must_use]
    pub fn turn(self, event: EventId) -> i64 {
        signed(event.0) - signed(self.event.0)
    }
}

fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

/// Turns notes into lines.
pub struct Scribe<'a> {
    /// Names of processes, topics, groups.
    pub names: &'a Names,
    /// Names of records.
    pub record: &'a dyn Fn(RecordId) -> String,
    /// Where t = 0 lies.
    pub origin: Origin,
}

impl Scribe<'_> {
    /// The line of a note.
    #[must_use]
    pub fn line(&self, rec: &Rec<Note>) -> Line {
        let mut fields = Fields { scribe: self, list: Vec::new() };
        let note = match &rec.note {
            Engine::Domain(note) => fields.domain(note),
            note => fields.engine(note),
        };
        Line {
            at: self.origin.time(rec.at),
            event: self.origin.turn(rec.event),
            parent: self.origin.turn(rec.cause.parent),
            root: self.origin.turn(rec.cause.root),
            node: rec.node.map(|id| self.names.node(id).to_owned()),
            note,
            fields: fields.list,
        }
    }
}

impl Line {
    /// One JSON object: `t`, `event`, `parent`, `root`, `node`, `note`, then the fields.
    #[must_use]
    pub fn json(&self) -> String {
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let node = self.node.as_deref().map_or_else(|| "null".to_owned(), text);
        let mut out = format!(
            r#"{{"t":{},"event":{},"parent":{},"root":{},"node":{node},"note":"{}""#,
            self.at, self.event, self.parent, self.root, self.note
        );
        for (name, value) in &self.fields {
            let value = match value {
                Field::Text(value) => text(value),
                Field::Int(value) => value.to_string(),
                Field::Bool(value) => value.to_string(),
                Field::Null => "null".to_owned(),
            };
            let _ = write!(out, r#","{name}":{value}"#);
        }
        out.push('}');
        out
    }

    /// One line of words: time, process, note, `field=value`.
    #[must_use]
    pub fn text(&self) -> String {
        let (sign, micros) = if self.at < 0 { ("-", -self.at) } else { ("", self.at) };
        let time = format!("{sign}{}.{:06}", micros / 1_000_000, micros % 1_000_000);
        let mut out =
            format!("{time:>14} #{:<6} {:<8} {}", self.event, self.node.as_deref().unwrap_or("-"), self.note);
        for (name, value) in &self.fields {
            let _ = match value {
                Field::Text(value) => write!(out, " {name}={value}"),
                Field::Int(value) => write!(out, " {name}={value}"),
                Field::Bool(value) => write!(out, " {name}={value}"),
                Field::Null => write!(out, " {name}=-"),
            };
        }
        out
    }

    /// A field as text, if the line has it.
    #[must_use]
    pub fn field(&self, name: &str) -> Option<String> {
        self.fields.iter().find(|(n, _)| *n == name).map(|(_, value)| match value {
            Field::Text(value) => value.clone(),
            Field::Int(value) => value.to_string(),
            Field::Bool(value) => value.to_string(),
            Field::Null => "-".to_owned(),
        })
    }
}

struct Fields<'a> {
    scribe: &'a Scribe<'a>,
    list: Vec<(&'static str, Field)>,
}

impl Fields<'_> {
    fn text(&mut self, name: &'static str, value: impl Into<String>) -> &mut Self {
        self.list.push((name, Field::Text(value.into())));
        self
    }

    fn int(&mut self, name: &'static str, value: impl Into<i64>) -> &mut Self {
        self.list.push((name, Field::Int(value.into())));
        self
    }

    fn count(&mut self, name: &'static str, value: u64) -> &mut Self {
        self.list.push((name, Field::Int(signed(value))));
        self
    }

    fn flag(&mut self, name: &'static str, value: bool) -> &mut Self {
        self.list.push((name, Field::Bool(value)));
        self
    }

    fn node(&mut self, name: &'static str, id: NodeId) -> &mut Self {
        let value = self.scribe.names.node(id).to_owned();
        self.text(name, value)
    }

    fn some_node(&mut self, name: &'static str, id: Option<NodeId>) -> &mut Self {
        match id {
            Some(id) => self.node(name, id),
            None => {
                self.list.push((name, Field::Null));
                self
            }
        }
    }

    fn partition(&mut self, p: Partition) -> &mut Self {
        let value = self.scribe.names.partition(p);
        self.text("partition", value)
    }

    fn replica(&mut self, node: NodeId, p: Partition) -> &mut Self {
        let value = format!("{}/{}", self.scribe.names.node(node), self.scribe.names.partition(p));
        self.text("replica", value)
    }

    fn record(&mut self, id: RecordId) -> &mut Self {
        let value = (self.scribe.record)(id);
        self.text("record", value)
    }

    fn offset(&mut self, name: &'static str, offset: Offset) -> &mut Self {
        self.int(name, offset.0)
    }

    fn moved(&mut self, from: Offset, to: Offset) -> &mut Self {
        self.offset("from", from).offset("to", to)
    }

    fn member(&mut self, member: MemberId) -> &mut Self {
        let value = format!("{}-{}", self.scribe.names.node(member.client), member.serial);
        self.text("member", value)
    }

    fn group(&mut self, group: crate::kafka::GroupId) -> &mut Self {
        let value = self.scribe.names.group(group).to_owned();
        self.text("group", value)
    }

    fn link(&mut self, client: NodeId, server: NodeId) -> &mut Self {
        let names = self.scribe.names;
        let value = format!("{}>{}", names.node(client), names.node(server));
        self.text("conn", value)
    }

    fn domain(&mut self, note: &Note) -> &'static str {
        self.client_note(note)
            .or_else(|| self.log_note(note))
            .or_else(|| self.cluster_note(note))
            .or_else(|| self.group_note(note))
            .or_else(|| self.share_note(note))
            .or_else(|| self.transaction_note(note))
            .unwrap_or("Unknown")
    }
}
