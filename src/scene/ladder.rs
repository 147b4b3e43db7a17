//! The ladder: messages between processes in a span of time, and what happened at each of them, top to bottom.
//!
//! A row is a message (from lifeline to lifeline), something local at a lifeline, or a stretch of silence. Rows that lie ahead of the
//! playhead stay in the picture: they can be jumped to.

use std::collections::BTreeMap;

use super::log::Log;
use super::{LogRow, Moment, Params};
use crate::lab::Told;
use crate::lab::trace::Line;
use crate::lab::view::TankView;

/// Silence longer than this is a row of its own, µs.
const SILENCE: u64 = 200_000;
/// How far along its way a lost message is crossed out, in thousandths.
const LOST_AT: u64 = 550;

/// What a lifeline belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LaneKind {
    /// A producer.
    Producer,
    /// A broker.
    Broker,
    /// A consumer.
    Consumer,
    /// A controller, or ZooKeeper.
    Controller,
}

/// A lifeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifeline {
    /// The process.
    pub id: String,
    /// What it is.
    pub kind: LaneKind,
    /// A broker that leads a partition in the picture.
    pub leads: bool,
    /// It is down.
    pub down: bool,
}

/// What became of a message, as far as the playhead knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It travels; so many thousandths of its way are done.
    Travels(u64),
    /// It arrived.
    Arrived,
    /// It was lost.
    Lost,
    /// It waits at a cut or a hold.
    Held,
}

/// What a local event means, for its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something was stored, confirmed, finished.
    Good,
    /// The same record once more.
    Twice,
    /// It is known already.
    Known,
    /// Refused, lost, gone.
    Bad,
    /// Waiting is over, or a second try.
    Late,
    /// A boundary moved.
    Moved,
    /// Leadership and membership.
    Order,
    /// A reader's.
    Reader,
}

/// What a row shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LadderRow {
    /// A message.
    Message {
        /// Lifeline that it leaves.
        from: usize,
        /// Lifeline that it goes to.
        to: usize,
        /// Request name.
        api: &'static str,
        /// It answers a request.
        answer: bool,
        /// What it carries, short.
        label: String,
        /// What became of it.
        way: Way,
    },
    /// Something at a lifeline.
    Local {
        /// The lifeline.
        at: usize,
        /// The note.
        line: Box<Line>,
        /// Labels of the records it is about.
        records: String,
        /// What it means.
        tone: Tone,
    },
    /// Nothing loud happens.
    Silence {
        /// How long, µs.
        length: u64,
        /// The note that ends it.
        ended_by: Option<&'static str>,
    },
}

/// A row with its place in time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rung {
    /// `#17` for a message, `e512-0` for the first note of event 512.
    pub id: String,
    /// Event of its lab.
    pub event: u64,
    /// µs since t = 0.
    pub at: u64,
    /// It lies ahead of the playhead.
    pub ahead: bool,
    /// What it shows.
    pub row: LadderRow,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ladder {
    /// Lifelines, left to right.
    pub lanes: Vec<Lifeline>,
    /// Rows, top to bottom.
    pub rungs: Vec<Rung>,
    /// The last row that has happened.
    pub current: Option<usize>,
    /// The log of the partition in question, pinned below.
    pub log: Option<LogRow>,
}

/// The ids of the rows that a story makes, with their events: what can be selected.
#[must_use]
pub fn rungs(ladder: &Ladder) -> Vec<String> {
    let rows = ladder.rungs.iter().filter(|rung| !matches!(rung.row, LadderRow::Silence { .. }));
    rows.map(|rung| rung.id.clone()).collect()
}

impl Ladder {
    /// Builds the picture of a moment from the story told so far; at most so many lifelines.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>, most: usize) -> Self {
        let view = moment.view;
        let lanes = lanes(params, moment, most);
        let found = |id: &str| lanes.iter().position(|lane| lane.id == id);
        let mut rungs: Vec<Rung> = Vec::new();
        let mut flying: BTreeMap<String, usize> = BTreeMap::new();
        let mut nth = (0, 0);
        for told in moment.story {
            let line = &told.line;
            let event = u64::try_from(line.event).unwrap_or(0);
            nth = if nth.0 == event { (event, nth.1 + 1) } else { (event, 0) };
            let msg = line.field("msg");
            let row = match (line.note, msg) {
                ("MessageSent", Some(msg)) => {
                    let Some(row) = message(told, &found) else { continue };
                    flying.insert(msg, rungs.len());
                    row
                }
                ("MessageArrived" | "MessageLost" | "MessageHeld", Some(msg)) => {
                    if let Some(rung) = flying.get(&msg).and_then(|ix| rungs.get_mut(*ix)) {
                        settle(rung, line.note, event, view.event);
                    }
                    continue;
                }
                _ => match local(told, &found) {
                    Some(row) => row,
                    None => continue,
                },
            };
            let id = match line.field("msg").filter(|_| line.note == "MessageSent") {
                Some(msg) => format!("#{msg}"),
                None => format!("e{event}-{}", nth.1),
            };
            let at = u64::try_from(line.at).unwrap_or(0);
            // A callback that runs with the answer says nothing more.
            if line.note == "CallbackRun" && rungs.last().is_some_and(|last| last.event == event) {
                continue;
            }
            rungs.push(Rung { id, event, at, ahead: event > view.event, row });
        }
        travel(&mut rungs, moment);
        let rungs = with_silence(rungs);
        let current = rungs.iter().rposition(|rung| !rung.ahead);
        Self {
            lanes,
            rungs,
            current,
            log: Log::build(&strip_params(params, moment), moment).rows.into_iter().next(),
        }
    }
}

/// The log below the ladder: of the partition that was written to last, among those that the lesson shows; else the first.
fn strip_params(params: &Params, moment: &Moment<'_>) -> Params {
    let all = || moment.view.topics.iter().flat_map(|t| &t.partitions).filter(|p| params.shows(&p.id));
    let happened =
        moment.story.iter().rev().filter(|told| told.line.event <= moment.view.event.cast_signed());
    let written = happened.filter_map(|told| told.line.field("replica")).find_map(|replica| {
        let (_, partition) = replica.split_once('/')?;
        all().find(|p| p.id == partition).map(|p| p.id.clone())
    });
    let partition = written.or_else(|| all().next().map(|p| p.id.clone()));
    Params { partition, ..Params::default() }
}

fn message(told: &Told, found: &impl Fn(&str) -> Option<usize>) -> Option<LadderRow> {
    let line = &told.line;
    let (from, to) = (found(&line.field("from")?)?, found(&line.field("to")?)?);
    let view = told.message.as_deref();
    let stamp = view.and_then(|m| m.fields.iter().find_map(|(_, value)| value.split(" seq ").nth(1)));
    let mut label = view.map(|m| m.label.clone()).unwrap_or_default();
    if let Some(sequence) = stamp.filter(|_| view.is_some_and(|m| m.api == "Produce")) {
        label.push_str(&format!(" s{sequence}"));
    }
    Some(LadderRow::Message {
        from,
        to,
        api: view.map_or("", |m| m.api),
        answer: line.field("answer").is_some_and(|answer| answer != "-"),
        label,
        way: Way::Travels(0),
    })
}

/// What became of a message; news from ahead of the playhead count only for messages that lie there too.
fn settle(rung: &mut Rung, note: &str, event: u64, now: u64) {
    if event > now && !rung.ahead {
        return;
    }
    if let LadderRow::Message { way, .. } = &mut rung.row {
        *way = match note {
            "MessageArrived" => Way::Arrived,
            "MessageLost" => Way::Lost,
            _ => Way::Held,
        };
    }
}

/// How far the messages on their way have come.
fn travel(rungs: &mut [Rung], moment: &Moment<'_>) {
    for rung in rungs.iter_mut() {
        let LadderRow::Message { way: way @ Way::Travels(_), .. } = &mut rung.row else { continue };
        let flight = moment.view.messages.iter().find(|m| format!("#{}", m.id) == rung.id);
        *way = match flight {
            Some(m) if m.held => Way::Held,
            Some(m) => {
                let span = m.due.saturating_sub(m.sent_at).max(1);
                let end = if m.dies_at.is_some() { LOST_AT } else { 1000 };
                Way::Travels((moment.now.saturating_sub(m.sent_at).min(span) * 1000 / span).min(end))
            }
            None => Way::Arrived,
        };
    }
}

/// Notes that stand at a lifeline, and what they mean.
fn tone(note: &str) -> Option<Tone> {
    Some(match note {
        "Appended" | "RecordAcked" | "NodeStarted" | "NodeResumed" | "IsrExpanded" | "BrokerUnfenced" => {
            Tone::Good
        }
        "DuplicateAnswered" => Tone::Known,
        "AppendRefused"
        | "RecordFailed"
        | "NodeCrashed"
        | "NodeStopped"
        | "NodePaused"
        | "Truncated"
        | "IsrShrunk"
        | "LeaderLost"
        | "BrokerFenced"
        | "CommitRefused"
        | "AcknowledgeRefused"
        | "ShareStoreFailed"
        | "ProducerFenced"
        | "SessionExpired"
        | "ClientError"
        | "IsrChangeRefused"
        | "ControllerResigned"
        | "MetadataTruncated"
        | "ZkSessionExpired"
        | "ControlRefused"
        | "RegistrationRefused" => Tone::Bad,
        "RequestTimedOut" | "RequestRetried" | "TransactionTimedOut" | "Rebootstrapped" => Tone::Late,
        "HighWatermarkMoved" | "LastStableOffsetMoved" | "LogStartMoved" | "ShareStartMoved" => Tone::Moved,
        "LeaderElected"
        | "LeaderLearned"
        | "ProducerIdAssigned"
        | "GroupStateChanged"
        | "GroupEpochRaised"
        | "MemberReconciled"
        | "SharesRestored"
        | "MarkerWritten"
        | "TransactionBegun"
        | "TransactionStateChanged"
        | "PartitionAddedToTransaction"
        | "ControllerElected"
        | "QuorumStateChanged"
        | "VoteGranted"
        | "PreVoteGranted"
        | "VoterAdded"
        | "VoterRemoved"
        | "TopicDeleted"
        | "SnapshotTaken" => Tone::Order,
        "Delivered" | "Worked" | "OffsetCommitted" | "PartitionAssigned" | "PartitionRevoked"
        | "PartitionLost" | "OffsetReset" | "OffsetExpired" | "CallbackRun" | "RecordsAcquired"
        | "RecordsReleased" => Tone::Reader,
        _ => return None,
    })
}

/// The process at whose lifeline a note stands.
fn place(line: &Line) -> Option<String> {
    let named = ["client", "consumer", "broker"].iter().find_map(|name| line.field(name));
    let replica = line.field("replica").and_then(|r| r.split_once('/').map(|(node, _)| node.to_owned()));
    match line.note {
        "LeaderElected" => line.field("to"),
        "NodeCrashed" | "NodeStarted" | "NodeStopped" | "NodePaused" | "NodeResumed" => line.field("node"),
        _ => replica.or(named).or_else(|| line.node.clone()),
    }
}

/// Kafka's own topics are not what a ladder is about.
fn is_internal(line: &Line) -> bool {
    let about = line.field("replica").or_else(|| line.field("partition")).unwrap_or_default();
    about.contains("__")
}

fn local(told: &Told, found: &impl Fn(&str) -> Option<usize>) -> Option<LadderRow> {
    let line = &told.line;
    let meant = tone(line.note).filter(|_| !is_internal(line))?;
    let at = found(&place(line)?)?;
    let again = line.note == "Appended" && told.records.iter().any(|(_, again)| *again);
    let labels: Vec<&str> = told.records.iter().map(|(label, _)| label.as_str()).collect();
    Some(LadderRow::Local {
        at,
        line: Box::new(line.clone()),
        records: labels.join(" "),
        tone: if again { Tone::Twice } else { meant },
    })
}

fn with_silence(rungs: Vec<Rung>) -> Vec<Rung> {
    let mut out: Vec<Rung> = Vec::with_capacity(rungs.len());
    for rung in rungs {
        if let Some(before) = out.last()
            && rung.at > before.at + SILENCE
        {
            let ended_by = match &rung.row {
                LadderRow::Local { line, .. } => Some(line.note),
                _ => None,
            };
            let row = LadderRow::Silence { length: rung.at - before.at, ended_by };
            let (event, at) = (rung.event, before.at);
            out.push(Rung { id: String::new(), event, at, ahead: rung.ahead, row });
        }
        out.push(rung);
    }
    out
}

/// Processes that took part, in the order of the cluster picture; where there are too many, those with the fewest rows go.
fn lanes(params: &Params, moment: &Moment<'_>, most: usize) -> Vec<Lifeline> {
    let view = moment.view;
    let mut rows: BTreeMap<String, usize> = BTreeMap::new();
    for told in moment.story {
        let line = &told.line;
        let ends: Vec<String> = match line.note {
            "MessageSent" => [line.field("from"), line.field("to")].into_iter().flatten().collect(),
            note if tone(note).is_some() && !is_internal(line) => place(line).into_iter().collect(),
            _ => Vec::new(),
        };
        for id in ends {
            *rows.entry(id).or_default() += 1;
        }
    }
    let mut lanes: Vec<Lifeline> = everybody(params, view);
    if params.who.is_empty() {
        lanes.retain(|lane| rows.contains_key(&lane.id));
    } else {
        lanes.retain(|lane| params.who.contains(&lane.id));
        lanes.sort_by_key(|lane| params.who.iter().position(|id| *id == lane.id));
    }
    while lanes.len() > most.max(2) {
        let weight = |lane: &Lifeline| {
            let count = rows.get(&lane.id).copied().unwrap_or(0);
            let client = matches!(lane.kind, LaneKind::Producer | LaneKind::Consumer);
            (lane.kind != LaneKind::Controller, client, lane.leads, count)
        };
        let least = (0..lanes.len()).rev().min_by_key(|ix| weight(&lanes[*ix]));
        least.map(|ix| lanes.remove(ix));
    }
    lanes
}

fn everybody(params: &Params, view: &TankView) -> Vec<Lifeline> {
    use crate::lab::view::ProcessView;
    let life = |id: &str, kind, process: ProcessView| Lifeline {
        id: id.to_owned(),
        kind,
        leads: false,
        down: matches!(process, ProcessView::Down(_)),
    };
    let producers = view.producers.iter().map(|p| life(&p.id, LaneKind::Producer, p.process));
    let brokers = view.brokers.iter().map(|b| {
        let leads = b.replicas.iter().any(|r| r.is_leader && params.shows(&r.partition));
        Lifeline { leads, ..life(&b.id, LaneKind::Broker, b.process) }
    });
    let consumers = view.consumers.iter().map(|c| life(&c.id, LaneKind::Consumer, c.process));
    let controllers = view.controllers.iter().map(|k| life(&k.id, LaneKind::Controller, k.process));
    let ensemble = view.zookeeper.iter().map(|z| life(&z.id, LaneKind::Controller, z.process));
    producers.chain(brokers).chain(consumers).chain(controllers).chain(ensemble).collect()
}
