//! A program beside what it sets off: its client's memory, the packets, the log, and what has not happened yet.

use super::log::{Row, row};
use super::packet::{Packet, packets};
use super::{Moment, Params};
use crate::lab::view::{ConsumerView, ProcessView, ProducerView};

/// A batch in a producer's memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// `orders-0`.
    pub partition: String,
    /// Labels of its records.
    pub labels: Vec<String>,
    /// How long it has waited, and how long `linger.ms` lets it wait, µs.
    pub linger: (u64, u64),
    /// It was sent before and waits to be sent again.
    pub again: bool,
}

/// What is known of a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Polled {
    /// Its group.
    pub group: String,
    /// It runs: what follows is in its memory.
    pub runs: bool,
    /// Partition, position, committed offset (-1 = none).
    pub places: Vec<(String, i64, i64)>,
    /// Partitions that other members of its group have: partition, who.
    pub elsewhere: Vec<(String, String)>,
    /// Records that poll() has returned and the loop has not come to.
    pub buffered: u32,
    /// The record that is worked on.
    pub working: Option<String>,
    /// Number of polls that returned.
    pub polls: u64,
    /// Labels of the last records that poll() returned.
    pub received: Vec<String>,
}

/// The client whose program it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Job {
    /// It sends.
    Producer {
        /// Batches in memory.
        queue: Vec<Queued>,
        /// Records acknowledged, records given up.
        done: (u64, u64),
        /// Whether it is idempotent, its acks, and how many requests it lets be on the way.
        settings: [String; 3],
    },
    /// It reads.
    Consumer(Polled),
    /// There is no such client.
    Nobody,
}

/// What there is to say about the present moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Telling {
    /// The client has not been started, or is down.
    Off,
    /// Records are in memory and nothing of them has left; the call has returned.
    Queued(usize),
    /// A call cannot return yet.
    Blocked(String),
    /// Outcomes are known to the client and not to the program.
    Pending(u32),
    /// A callback runs: its first line, and the first line of the statement that it runs inside.
    Callback(u32, u32),
    /// Batches are on their way.
    Travels(usize),
    /// poll() has returned records that the loop has still to work.
    ToWork(u32),
    /// The last error of a call.
    Error(String),
    /// Nothing waits.
    Calm,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// `producer.py`.
    pub file: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// The statement it has come to.
    pub at: Option<(u32, u32)>,
    /// What runs inside it just now.
    pub inside: Option<(u32, u32)>,
    /// Lines whose effect is seen.
    pub light: Vec<u32>,
    /// `app-1`.
    pub client: String,
    /// `java` or `librdkafka`.
    pub family: String,
    /// Its memory.
    pub job: Job,
    /// Messages from and to it.
    pub packets: Vec<Packet>,
    /// The logs it has to do with, of their leaders.
    pub logs: Vec<Row>,
    /// What there is to say, the most telling first.
    pub telling: Vec<Telling>,
}

impl Code {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let program = moment.program;
        let client = program.map_or("", |program| program.client);
        let producer = view.producers.iter().find(|p| p.id == client);
        let consumer = view.consumers.iter().find(|c| c.id == client);
        let (job, topics, family) = match (producer, consumer) {
            (Some(p), _) => (job_of_producer(moment, p), p.topics.clone(), p.client.clone()),
            (None, Some(c)) => {
                let topics = c.assigned.iter().filter_map(|at| at.partition.rsplit_once('-'));
                (job_of_consumer(moment, c), topics.map(|(t, _)| t.to_owned()).collect(), c.client.clone())
            }
            (None, None) => (Job::Nobody, Vec::new(), String::new()),
        };
        let ours = |topic: &String| topics.is_empty() || topics.contains(topic);
        let logs = view
            .topics
            .iter()
            .filter(|t| ours(&t.id))
            .flat_map(|t| &t.partitions)
            .filter(|p| params.shows(&p.id))
            .enumerate()
            .filter_map(|(ix, p)| row(moment, &p.id, p.leader.as_deref(), ix))
            .collect();
        let inside = program.and_then(|program| program.inside);
        let at = program.and_then(|program| program.at);
        Self {
            file: program.map_or_else(String::new, |program| program.file.to_owned()),
            lines: program.map_or_else(Vec::new, |p| p.text.lines().map(str::to_owned).collect()),
            at,
            inside,
            light: params.light.clone(),
            client: client.to_owned(),
            family,
            job,
            packets: packets(moment)
                .into_iter()
                .filter(|packet| packet.from == client || packet.to == client)
                .collect(),
            logs,
            telling: telling(producer, consumer, inside.zip(at)),
        }
    }
}

fn job_of_producer(moment: &Moment<'_>, producer: &ProducerView) -> Job {
    let passed = moment.now.saturating_sub(moment.view.now);
    let queue = producer.queue.iter().map(|batch| Queued {
        partition: batch.partition.clone(),
        labels: batch.labels.clone(),
        linger: ((batch.waiting_us + passed).min(batch.linger_us), batch.linger_us),
        again: batch.in_retry,
    });
    let setting = |name: &str| {
        let found = producer.configs.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    Job::Producer {
        queue: queue.collect(),
        done: (producer.acked, producer.failed),
        settings: ["enable.idempotence", "acks", "max.in.flight.requests.per.connection"].map(setting),
    }
}

fn job_of_consumer(moment: &Moment<'_>, consumer: &ConsumerView) -> Job {
    let group = moment.view.groups.iter().find(|g| g.id == consumer.group);
    let committed = |partition: &str| {
        let all = group.into_iter().flat_map(|g| &g.committed);
        all.filter(|(p, ..)| p == partition).map(|(_, at, _)| *at).next().unwrap_or(-1)
    };
    let skipped = consumer.received.len().saturating_sub(8);
    let others = group.into_iter().flat_map(|g| &g.owners).filter(|(_, owner)| *owner != consumer.id);
    Job::Consumer(Polled {
        group: consumer.group.clone(),
        runs: !matches!(consumer.process, ProcessView::Down(_)),
        elsewhere: others.cloned().collect(),
        places: consumer
            .assigned
            .iter()
            .map(|at| (at.partition.clone(), at.position, committed(&at.partition)))
            .collect(),
        buffered: consumer.buffered,
        working: consumer.working.clone(),
        polls: consumer.polls,
        received: consumer.received.iter().skip(skipped).map(|(_, _, label)| label.clone()).collect(),
    })
}

fn telling(
    producer: Option<&ProducerView>,
    consumer: Option<&ConsumerView>,
    callback: Option<((u32, u32), (u32, u32))>,
) -> Vec<Telling> {
    let mut all = Vec::new();
    let process = producer.map(|p| p.process).or(consumer.map(|c| c.process));
    if process.is_none_or(|process| matches!(process, ProcessView::Down(_))) {
        return vec![Telling::Off];
    }
    if let Some((inside, at)) = callback {
        all.push(Telling::Callback(inside.0, at.1));
    }
    if let Some(p) = producer {
        if let Some(call) = &p.blocked_in {
            all.push(Telling::Blocked(call.clone()));
        }
        let flying = p.in_flight.iter().filter(|batch| batch.msg.is_some()).count();
        if flying > 0 {
            all.push(Telling::Travels(flying));
        }
        let queued: usize = p.queue.iter().map(|batch| batch.labels.len()).sum();
        if queued > 0 {
            all.push(Telling::Queued(queued));
        }
        if p.callbacks_pending > 0 {
            all.push(Telling::Pending(p.callbacks_pending));
        }
    }
    if let Some(c) = consumer.filter(|c| c.buffered > 0) {
        all.push(Telling::ToWork(c.buffered));
    }
    let error = producer.and_then(|p| p.error.clone()).or(consumer.and_then(|c| c.error.clone()));
    all.extend(error.map(Telling::Error));
    if all.is_empty() {
        all.push(Telling::Calm);
    }
    all
}
