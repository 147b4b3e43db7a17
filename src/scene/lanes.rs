//! Delivery guarantees: one lane a pipeline, one column a record of the script; what its log holds and what its application worked.

use super::{Moment, Params};
use crate::lab::view::{ConsumerView, Fate, ProcessView, RecordKind, SendView, TankView};
use crate::text::Text;

/// A pipeline, as the lesson names it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pipe {
    /// What it is called; none = its producer's name.
    pub title: Option<Text>,
    /// Who sends.
    pub producer: String,
    /// Where to; none = the producer's first topic.
    pub topic: Option<String>,
    /// Who reads; none = nobody.
    pub group: Option<String>,
}

/// The pipelines of a lesson's table.
pub(super) fn pipes(table: &toml::Table) -> Vec<Pipe> {
    let written = table.get("lanes").and_then(toml::Value::as_array).into_iter().flatten();
    let pipe = |table: &toml::Table| {
        let text = |key: &str| table.get(key).and_then(toml::Value::as_str).map(str::to_owned);
        Pipe {
            title: table.get("title").and_then(toml::Value::as_table).and_then(words),
            producer: text("producer").unwrap_or_default(),
            topic: text("topic"),
            group: text("group"),
        }
    };
    written.filter_map(toml::Value::as_table).map(pipe).collect()
}

/// The faults of a lesson's table.
pub(super) fn faults(table: &toml::Table) -> Vec<(u32, Text)> {
    let written = table.get("faults").and_then(toml::Value::as_array).into_iter().flatten();
    let fault = |table: &toml::Table| {
        let at = table.get("at").and_then(toml::Value::as_integer)?;
        Some((u32::try_from(at).ok()?, words(table)?))
    };
    written.filter_map(toml::Value::as_table).filter_map(fault).collect()
}

/// A text in both languages.
fn words(table: &toml::Table) -> Option<Text> {
    let text = |key: &str| table.get(key).and_then(toml::Value::as_str);
    Some(Text::new(text("ko")?, text("en")?))
}

/// What a log holds of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// Not sent yet.
    Unsent,
    /// In the producer's hands or on its way.
    Coming,
    /// So often, below the high watermark or not.
    Stored {
        /// How often.
        copies: usize,
        /// Consumers may see it.
        visible: bool,
    },
    /// Only in a transaction that was aborted.
    Aborted,
    /// It is not there and will not come.
    Never,
}

/// What an application did with a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Nobody reads.
    Nobody,
    /// Not yet.
    Waits,
    /// It is at it.
    Begun,
    /// So often.
    Done(u32),
    /// Never, and it will not come again: the group's committed offset lies behind it.
    Skipped,
}

/// A record in a lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// What the log holds.
    pub held: Held,
    /// What the application did.
    pub work: Work,
}

impl Cell {
    /// It is lost: before the log or behind it.
    #[must_use]
    pub fn lost(self) -> bool {
        matches!(self.held, Held::Never) || self.work == Work::Skipped
    }

    /// It is twice in the log, or was worked twice.
    #[must_use]
    pub fn doubled(self) -> bool {
        matches!(self.held, Held::Stored { copies: 2.., .. }) || matches!(self.work, Work::Done(2..))
    }
}

/// Why a lane ended up as it did; numbers are columns from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The request was lost and nobody waited for an answer.
    Unheard(Vec<usize>),
    /// The client gave it up with this error.
    GivenUp(Vec<usize>, String),
    /// The offset was committed before the work was done.
    CommittedFirst(Vec<usize>),
    /// The log took it again.
    AppendedAgain(Vec<usize>),
    /// It was worked, the offset was not committed, it came again.
    WorkedAgain(Vec<usize>),
    /// It was sent again and stored once: the broker knew the sequence number.
    Recognised(Vec<usize>),
    /// Nothing lost, nothing twice.
    Clean,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lane {
    /// What it is called.
    pub title: Text,
    /// Who sends.
    pub producer: String,
    /// Who reads.
    pub group: Option<String>,
    /// Settings that decide: `acks=0`, `idempotence`.
    pub settings: Vec<String>,
    /// Its members that are down.
    pub down: Vec<String>,
    /// Its records, in the order of the columns.
    pub cells: Vec<Cell>,
    /// Records lost, records twice.
    pub lost: usize,
    /// Records that are twice in the log or were worked twice.
    pub doubled: usize,
    /// Why; at least one.
    pub reasons: Vec<Reason>,
    /// The lesson points at it.
    pub focused: bool,
}

/// A column's head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// `1`, or what the script does to it.
    pub text: Text,
    /// Something breaks at it.
    pub fault: bool,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lanes {
    /// Records of the script.
    pub heads: Vec<Head>,
    /// Pipelines.
    pub lanes: Vec<Lane>,
}

impl Lanes {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let pipes = if params.pipes.is_empty() { every_pipe(view) } else { params.pipes.clone() };
        let sends: Vec<Vec<&SendView>> = pipes.iter().map(|pipe| sends(view, pipe)).collect();
        let columns = sends.iter().map(Vec::len).max().unwrap_or(0);
        let lanes =
            pipes.iter().zip(&sends).map(|(pipe, sends)| lane(moment, pipe, sends, columns)).collect();
        let head = |n: usize| {
            let named = params.faults.iter().find(|(at, _)| usize::try_from(*at) == Ok(n + 1));
            let dropped = sends.iter().any(|lane| lane.get(n).is_some_and(|send| send.dropped > 0));
            Head {
                text: named.map_or_else(
                    || Text::new((n + 1).to_string(), (n + 1).to_string()),
                    |(_, text)| text.clone(),
                ),
                fault: named.is_some() || dropped,
            }
        };
        Self { heads: (0..columns).map(head).collect(), lanes }
    }
}

/// One lane a producer, with the group that reads its topic.
fn every_pipe(view: &TankView) -> Vec<Pipe> {
    let pipe = |producer: &crate::lab::view::ProducerView| {
        let topic = producer.topics.first().cloned();
        let reads =
            |c: &&ConsumerView| c.assigned.iter().any(|at| Some(topic_of(&at.partition)) == topic.as_deref());
        Pipe {
            title: None,
            producer: producer.id.clone(),
            group: view.consumers.iter().find(reads).map(|c| c.group.clone()),
            topic,
        }
    };
    view.producers.iter().map(pipe).collect()
}

fn topic_of(partition: &str) -> &str {
    partition.rsplit_once('-').map_or(partition, |(topic, _)| topic)
}

fn sends<'a>(view: &'a TankView, pipe: &Pipe) -> Vec<&'a SendView> {
    let there = |send: &&SendView| {
        let topic = send.partition.as_deref().map(topic_of);
        send.producer == pipe.producer
            && pipe.topic.as_deref().is_none_or(|wanted| topic.is_none_or(|topic| topic == wanted))
    };
    view.sends.iter().filter(there).collect()
}

fn lane(moment: &Moment<'_>, pipe: &Pipe, sends: &[&SendView], columns: usize) -> Lane {
    let view = moment.view;
    let producer = view.producers.iter().find(|p| p.id == pipe.producer);
    let members: Vec<&ConsumerView> =
        view.consumers.iter().filter(|c| pipe.group.as_ref() == Some(&c.group)).collect();
    let reading = pipe.group.as_ref().map(|group| Reading { view, group, members: &members });
    let mut cells: Vec<Cell> = sends.iter().map(|send| cell(view, send, reading.as_ref())).collect();
    cells.resize(columns, Cell { held: Held::Unsent, work: Work::Waits });
    let setting = |name: &str| {
        producer
            .and_then(|p| p.configs.iter().find(|(known, _)| known == name))
            .map(|(_, value)| value.as_str())
    };
    let mut settings: Vec<String> = setting("acks").map(|acks| format!("acks={acks}")).into_iter().collect();
    if producer.is_some_and(|p| p.producer_id.is_some()) {
        settings.push("PID".to_owned());
    }
    let focused = moment.focus.contains(&pipe.producer.as_str())
        || pipe.group.as_ref().is_some_and(|group| moment.focus.contains(&group.as_str()));
    Lane {
        title: pipe.title.clone().unwrap_or_else(|| Text::new(pipe.producer.clone(), pipe.producer.clone())),
        producer: pipe.producer.clone(),
        group: pipe.group.clone(),
        settings,
        down: members
            .iter()
            .filter(|c| matches!(c.process, ProcessView::Down(_)))
            .map(|c| c.id.clone())
            .collect(),
        lost: cells.iter().filter(|cell| cell.lost()).count(),
        doubled: cells.iter().filter(|cell| cell.doubled()).count(),
        reasons: reasons(sends, &cells, producer.is_some_and(|p| p.producer_id.is_some())),
        cells,
        focused,
    }
}

/// Who reads a lane.
struct Reading<'a> {
    view: &'a TankView,
    group: &'a str,
    members: &'a [&'a ConsumerView],
}

fn cell(view: &TankView, send: &SendView, reading: Option<&Reading<'_>>) -> Cell {
    let partition = send.partition.as_deref().unwrap_or_default();
    let leader = view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == partition);
    let broker = view.brokers.iter().find(|b| leader.is_some_and(|p| p.leader.as_ref() == Some(&b.id)));
    let replica = broker.and_then(|b| b.replicas.iter().find(|r| r.partition == partition));
    let all: Vec<_> = replica
        .into_iter()
        .flat_map(|r| &r.records)
        .filter(|record| record.kind == RecordKind::Data && record.record == send.record)
        .collect();
    let offsets: Vec<i64> =
        all.iter().filter(|record| record.fate != Fate::Aborted).map(|record| record.offset).collect();
    let visible = replica.is_some_and(|r| offsets.iter().any(|offset| *offset < r.high_watermark));
    let held = match () {
        () if !offsets.is_empty() => Held::Stored { copies: offsets.len(), visible },
        () if !all.is_empty() => Held::Aborted,
        () if comes(view, send) || replica.is_none() => Held::Coming,
        () => Held::Never,
    };
    let work = reading.map_or(Work::Nobody, |reading| work(reading, send, partition, &offsets));
    Cell { held, work }
}

/// Whether its producer still has it, or a message with it is on its way.
fn comes(view: &TankView, send: &SendView) -> bool {
    let here = |labels: &[String]| labels.contains(&send.label);
    let partition = send.partition.as_deref();
    let producer = view.producers.iter().find(|p| p.id == send.producer);
    let kept = producer.is_some_and(|p| {
        p.queue.iter().any(|b| Some(b.partition.as_str()) == partition && here(&b.labels))
            || p.in_flight.iter().any(|b| Some(b.partition.as_str()) == partition && here(&b.records))
    });
    let carries = |label: &str| label.split([' ', ',']).any(|word| word == send.label);
    kept || view
        .messages
        .iter()
        .any(|m| m.from == send.producer && m.api == "Produce" && m.dies_at.is_none() && carries(&m.label))
}

fn work(reading: &Reading<'_>, send: &SendView, partition: &str, offsets: &[i64]) -> Work {
    let ours = |id: &String| reading.members.iter().any(|c| c.id == *id);
    let done: u32 = send.worked.iter().filter(|(id, _)| ours(id)).map(|(_, n)| *n).sum();
    if done > 0 {
        return Work::Done(done);
    }
    let begun = reading.members.iter().any(|c| c.process == ProcessView::Running && has(c, &send.label));
    if begun {
        return Work::Begun;
    }
    let group = reading.view.groups.iter().find(|g| g.id == reading.group);
    let committed = group.and_then(|g| g.committed.iter().find(|(p, ..)| p == partition)).map_or(-1, |c| c.1);
    let again = reading.members.iter().any(|c| {
        let at = c.assigned.iter().find(|at| at.partition == partition).map_or(-1, |at| at.position);
        c.process == ProcessView::Running && at >= 0 && offsets.iter().any(|offset| *offset >= at)
    });
    let passed = !offsets.is_empty() && offsets.iter().all(|offset| *offset < committed);
    if passed && !again { Work::Skipped } else { Work::Waits }
}

/// What a group has done with a record of a partition, at this offset.
pub(super) fn worked(view: &TankView, group: &str, send: &SendView, partition: &str, offset: i64) -> Work {
    let members: Vec<&ConsumerView> = view.consumers.iter().filter(|c| c.group == group).collect();
    work(&Reading { view, group, members: &members }, send, partition, &[offset])
}

/// Whether poll() has returned it to the application, which has not come to its end.
fn has(consumer: &ConsumerView, label: &str) -> bool {
    let buffered = usize::try_from(consumer.buffered).unwrap_or(usize::MAX);
    let skipped = consumer.received.len().saturating_sub(buffered);
    consumer.working.as_deref() == Some(label)
        || consumer.received.iter().skip(skipped).any(|(_, _, known)| known == label)
}

fn reasons(sends: &[&SendView], cells: &[Cell], idempotent: bool) -> Vec<Reason> {
    let mut all = Vec::new();
    for (n, (send, cell)) in (1..).zip(sends.iter().zip(cells)) {
        match cell.held {
            Held::Never => match &send.error {
                Some(error) => add(&mut all, Reason::GivenUp(vec![n], error.clone())),
                None => add(&mut all, Reason::Unheard(vec![n])),
            },
            Held::Stored { copies: 2.., .. } => add(&mut all, Reason::AppendedAgain(vec![n])),
            _ => {}
        }
        match cell.work {
            Work::Skipped => add(&mut all, Reason::CommittedFirst(vec![n])),
            Work::Done(2..) if !matches!(cell.held, Held::Stored { copies: 2.., .. }) => {
                add(&mut all, Reason::WorkedAgain(vec![n]));
            }
            _ => {}
        }
    }
    if all.is_empty() && idempotent {
        // A request that was lost itself is new to the broker; one whose answer was lost is not.
        let again = (1..).zip(sends).filter(|(_, send)| send.unanswered > 0 && send.dropped == 0);
        again.for_each(|(n, _)| add(&mut all, Reason::Recognised(vec![n])));
    }
    if all.is_empty() {
        all.push(Reason::Clean);
    }
    all
}

/// One reason for all the columns that have it.
fn add(all: &mut Vec<Reason>, reason: Reason) {
    use Reason::{AppendedAgain, CommittedFirst, GivenUp, Recognised, Unheard, WorkedAgain};
    for known in all.iter_mut() {
        match (known, &reason) {
            (GivenUp(columns, error), GivenUp(more, same)) if error == same => return columns.extend(more),
            (Unheard(columns), Unheard(more))
            | (CommittedFirst(columns), CommittedFirst(more))
            | (AppendedAgain(columns), AppendedAgain(more))
            | (WorkedAgain(columns), WorkedAgain(more))
            | (Recognised(columns), Recognised(more)) => return columns.extend(more),
            _ => {}
        }
    }
    all.push(reason);
}
