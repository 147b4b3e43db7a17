//! Why: from a record, a message or anything that happened back to the action that began it.
//!
//! Every event knows the event that scheduled it. A chain follows these links to its root. Where an event is a time limit that ran out,
//! the link goes on over what did not come: the message that was lost, and the action that lost it.

use std::collections::BTreeMap;

use super::play::{Lab, turn};
use super::state::{State, is_telling};
use super::story::Told;
use crate::engine::{Note as Engine, Rec};
use crate::kafka::{Note, Offset, Partition, Process, RecordId};

/// What is asked about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Subject {
    /// An event since t = 0.
    Event(u64),
    /// A message by its number.
    Message(u64),
    /// A record by its name, `r7` or the one given.
    Record(String),
    /// What lies at an offset of a broker's copy of a partition.
    Offset(String, String, i64),
    /// The last thing that happened at a process.
    Process(String),
    /// The last thing that happened at all.
    Latest,
}

/// What the answer comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This happened.
    Happened,
    /// The record is there.
    Stored {
        /// Its label.
        record: String,
        /// Where.
        replica: String,
        /// Its offset.
        offset: i64,
    },
    /// The record is there once more: this is the later copy.
    Twice {
        /// Its label.
        record: String,
        /// The offsets of both.
        offsets: (i64, i64),
    },
    /// It is stored and nobody may read it: the high watermark waits for these copies.
    Invisible {
        /// Its label.
        record: String,
        /// Its offset.
        offset: i64,
        /// The high watermark.
        high_watermark: i64,
        /// In-sync brokers that do not have it yet.
        behind: Vec<String>,
    },
    /// It is below the high watermark, and read_committed waits for a transaction.
    Undecided {
        /// Its label.
        record: String,
        /// Its offset.
        offset: i64,
        /// The last stable offset.
        last_stable: i64,
    },
    /// It was in a log and was cut off.
    Truncated {
        /// Its label.
        record: String,
        /// The broker's copy that was cut back.
        replica: String,
        /// To this offset.
        to: i64,
    },
    /// It never came to a log.
    NotStored {
        /// Its label.
        record: String,
    },
    /// Nothing like it has happened.
    Unknown,
}

/// One link of the chain, the effect first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    /// µs since t = 0; negative in the prologue.
    pub at: i64,
    /// The event, since t = 0.
    pub event: i64,
    /// What happened.
    pub told: Option<Box<Told>>,
    /// The action that was done, if one was.
    pub action: Option<String>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Why {
    /// What it comes to.
    pub verdict: Verdict,
    /// From the effect back to where it began.
    pub chain: Vec<Cause>,
}

/// Links of a chain at most.
const LONGEST: usize = 40;

/// What was seen of one event.
struct Seen {
    parent: i64,
    at: i64,
    told: Vec<Told>,
}

/// What a question is about: an event, and which of its notes.
struct Effect {
    event: i64,
    told: Option<Told>,
}

/// The branch up to the playhead.
struct Past {
    seen: BTreeMap<i64, Seen>,
    actions: BTreeMap<i64, String>,
}

impl Lab {
    /// Why something is as it is at the playhead. Replays this branch up to there; the playhead stays.
    #[must_use]
    pub fn why(&self, subject: &Subject) -> Why {
        let past = self.past();
        let (verdict, effect) = match subject {
            Subject::Event(event) => {
                let event = i64::try_from(*event).ok();
                (Verdict::Happened, event.map(|event| Effect { event, told: None }))
            }
            Subject::Message(msg) => (Verdict::Happened, past.sent(&msg.to_string())),
            Subject::Process(id) => {
                // What is lost at its door while it is down does not happen to it.
                let own = |told: &Told| !matches!(told.line.note, "MessageLost" | "ConnectionClosed");
                let here = |told: &Told| told.line.node.as_deref() == Some(id);
                let at = |told: &Told| here(told) && own(told) && told.message.is_none();
                (Verdict::Happened, past.last(at))
            }
            Subject::Latest => (Verdict::Happened, past.last(|told| told.message.is_none())),
            Subject::Offset(broker, partition, offset) => match self.at_offset(broker, partition, *offset) {
                Some((record, node)) => self.stored(record, (node, partition, *offset), &past),
                None => (Verdict::Unknown, None),
            },
            Subject::Record(name) => match self.state.ledger.find(name).map(|facts| facts.id) {
                Some(record) => self.fate(record, &past),
                None => (Verdict::Unknown, None),
            },
        };
        let chain = effect.map(|effect| past.chain(effect)).unwrap_or_default();
        let verdict =
            if chain.is_empty() && verdict == Verdict::Happened { Verdict::Unknown } else { verdict };
        Why { verdict, chain }
    }

    fn past(&self) -> Past {
        let mut state = self.state_at(0);
        let mut seen = BTreeMap::new();
        let end = self.event();
        while state.turn().0 - self.first() < end {
            if turn(self.branch(), &mut state, self.first(), self.start()).is_none() {
                break;
            }
            let event = i64::try_from(state.turn().0 - self.first()).unwrap_or(i64::MAX);
            let parent = state.world.cause().parent.0.cast_signed() - self.first().cast_signed();
            let told = state.world.notes().iter().filter(|rec| matters(&rec.note));
            let told = told.map(|rec: &Rec<Note>| self.told(&state, rec)).collect();
            let at = state.world.now().0.cast_signed() - self.start().0.cast_signed();
            seen.insert(event, Seen { parent, at, told });
        }
        let inputs = self.journal().iter().filter(|input| input.after < end);
        let actions = inputs
            .map(|input| (i64::try_from(input.after + 1).unwrap_or(i64::MAX), input.action.to_string()))
            .collect();
        Past { seen, actions }
    }

    fn partition(&self, name: &str) -> Option<Partition> {
        self.state.world.shared().find_partition(name)
    }

    fn log_of(state: &State, node: crate::engine::NodeId, p: Partition) -> Option<&crate::kafka::log::Log> {
        match state.world.node(node) {
            Process::Broker(broker) => broker.log(p),
            _ => None,
        }
    }

    fn at_offset(&self, broker: &str, partition: &str, offset: i64) -> Option<(RecordId, String)> {
        let node = self.state.world.shared().find_node(broker)?;
        let log = Self::log_of(&self.state, node, self.partition(partition)?)?;
        let found = log.records_from(Offset(offset)).next().filter(|(at, ..)| at.0 == offset);
        found.map(|(_, record, _)| (record.id, broker.to_owned()))
    }

    /// The offsets of a record in a broker's copy.
    fn places(&self, broker: &str, p: Partition, record: RecordId) -> Vec<i64> {
        let node = self.state.world.shared().find_node(broker);
        let log = node.and_then(|node| Self::log_of(&self.state, node, p));
        let all = log.into_iter().flat_map(|log| log.records());
        all.filter(|(_, other, _)| other.id == record).map(|(at, ..)| at.0).collect()
    }

    /// About a record that lies at an offset of a broker's copy.
    fn stored(
        &self,
        record: RecordId,
        (broker, partition, offset): (String, &str, i64),
        past: &Past,
    ) -> (Verdict, Option<Effect>) {
        let label = self.state.ledger.label(record);
        let replica = format!("{broker}/{partition}");
        let effect = past.appended(&replica, offset);
        let view = self.view();
        let copy = |id: &str| {
            let broker = view.brokers.iter().find(|b| b.id == id)?;
            broker.replicas.iter().find(|r| r.partition == partition)
        };
        let places = self.partition(partition).map(|p| self.places(&broker, p, record)).unwrap_or_default();
        if let Some(first) = places.first().filter(|first| **first < offset) {
            return (Verdict::Twice { record: label, offsets: (*first, offset) }, effect);
        }
        if let Some(here) = copy(&broker) {
            if offset >= here.high_watermark {
                let isr = view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == partition);
                let isr = isr.map(|p| p.isr.clone()).unwrap_or_default();
                let lacks = |id: &String| copy(id).is_none_or(|r| r.log_end <= offset);
                let behind = isr.into_iter().filter(lacks).collect();
                let high_watermark = here.high_watermark;
                return (Verdict::Invisible { record: label, offset, high_watermark, behind }, effect);
            }
            if offset >= here.last_stable {
                let last_stable = here.last_stable;
                return (Verdict::Undecided { record: label, offset, last_stable }, effect);
            }
        }
        (Verdict::Stored { record: label, replica, offset }, effect)
    }

    /// About a record wherever it is, or is no more.
    fn fate(&self, record: RecordId, past: &Past) -> (Verdict, Option<Effect>) {
        let label = self.state.ledger.label(record);
        let name = self.state.ledger.name(record);
        let sent = past.last(|told| {
            told.line.note == "RecordSent" && told.line.field("record").as_deref() == Some(&name)
        });
        let Some(p) = self.state.ledger.records().find(|facts| facts.id == record).and_then(|f| f.partition)
        else {
            return (Verdict::NotStored { record: label }, sent);
        };
        let partition = self.state.world.shared().partition(p);
        let view = self.view();
        let home = view.topics.iter().flat_map(|t| &t.partitions).find(|q| q.id == partition);
        let leader = home.and_then(|q| q.leader.clone());
        let copies = leader.as_deref().map(|b| self.places(b, p, record)).unwrap_or_default();
        if let (Some(leader), Some(last)) = (leader, copies.last()) {
            return self.stored(record, (leader, &partition, *last), past);
        }
        let ends = format!("/{partition}");
        let cut = past.last(|told| {
            let replica = told.line.field("replica").filter(|_| told.line.note == "Truncated");
            replica.is_some_and(|replica| replica.ends_with(&ends))
        });
        let place = cut.as_ref().and_then(|cut| {
            let line = &cut.told.as_ref()?.line;
            Some((line.field("replica")?, line.field("to")?.parse().ok()?))
        });
        match place {
            Some((replica, to)) => (Verdict::Truncated { record: label, replica, to }, cut),
            None => (Verdict::NotStored { record: label }, sent),
        }
    }
}

/// Whether a note can be a link: what happened, and every message.
fn matters(note: &Engine<Note>) -> bool {
    is_telling(note)
        || matches!(
            note,
            Engine::MessageSent { .. }
                | Engine::MessageLost { .. }
                | Engine::RuleUsed { .. }
                | Engine::RuleAdded { .. }
        )
}

/// How much a note says as a link; the most telling of an event is shown.
fn weight(told: &Told) -> u8 {
    match told.line.note {
        "Appended" | "DuplicateAnswered" | "AppendRefused" | "Truncated" | "LeaderElected" => 9,
        "RequestTimedOut" | "RecordSent" | "NodeCrashed" | "NodeStarted" => 8,
        "BrokerFenced" | "IsrShrunk" | "RecordFailed" | "MarkerWritten" | "RequestRetried" => 7,
        "HighWatermarkMoved" | "LastStableOffsetMoved" => 5,
        "MessageSent" if told.line.field("quiet").as_deref() == Some("false") => 4,
        "MessageSent" | "RuleUsed" | "RuleAdded" | "CallbackRun" => 0,
        "MessageLost" => 3,
        _ => 6,
    }
}

impl Past {
    fn sent(&self, msg: &str) -> Option<Effect> {
        let is =
            |told: &Told| told.line.note == "MessageSent" && told.line.field("msg").as_deref() == Some(msg);
        self.last(is)
    }

    /// The last event with such a note, and that note.
    fn last(&self, is: impl Fn(&Told) -> bool) -> Option<Effect> {
        self.seen.iter().rev().find_map(|(event, seen)| {
            let told = seen.told.iter().rev().filter(|told| is(told)).max_by_key(|told| weight(told))?;
            Some(Effect { event: *event, told: Some(told.clone()) })
        })
    }

    /// The event that wrote an offset of a copy.
    fn appended(&self, replica: &str, offset: i64) -> Option<Effect> {
        self.last(|told| {
            let number = |name| told.line.field(name).and_then(|text| text.parse::<i64>().ok()).unwrap_or(-1);
            let base = number("base");
            told.line.note == "Appended"
                && told.line.field("replica").as_deref() == Some(replica)
                && (base..base + number("count")).contains(&offset)
        })
    }

    /// From an event back to its root. The first link is what was asked about, every other the most telling note of its event.
    fn chain(&self, effect: Effect) -> Vec<Cause> {
        let mut chain: Vec<Cause> = Vec::new();
        let Effect { mut event, told: mut asked } = effect;
        while chain.len() < LONGEST {
            let Some(seen) = self.seen.get(&event) else { break };
            let telling = seen.told.iter().filter(|told| weight(told) > 0);
            let best = asked.take().or_else(|| telling.max_by_key(|told| weight(told)).cloned());
            let action = self.actions.get(&event).cloned();
            if best.is_some() || action.is_some() {
                chain.push(Cause { at: seen.at, event, told: best.map(Box::new), action });
            }
            if let Some(late) = seen.told.iter().find(|told| told.line.note == "RequestTimedOut") {
                chain.extend(self.what_did_not_come(late));
            }
            if seen.parent >= event || seen.parent <= 0 {
                break;
            }
            event = seen.parent;
        }
        chain.dedup_by_key(|cause| cause.event);
        chain
    }

    /// The lost message for which a request waited in vain: the request itself or its answer; and the action that lost it.
    fn what_did_not_come(&self, late: &Told) -> Vec<Cause> {
        let Some(request) = late.line.field("msg") else { return Vec::new() };
        let all =
            || self.seen.iter().flat_map(|(event, seen)| seen.told.iter().map(move |told| (*event, told)));
        let answer = all().find(|(_, told)| told.line.field("answer").as_deref() == Some(&request));
        let answer = answer.and_then(|(_, told)| told.line.field("msg"));
        let of_it = |told: &Told| {
            let msg = told.line.field("msg");
            msg.is_some() && (msg.as_deref() == Some(&request) || msg == answer)
        };
        let mut found = Vec::new();
        if let Some((event, told)) = all().find(|(_, told)| told.line.note == "MessageLost" && of_it(told)) {
            let seen = &self.seen[&event];
            found.push(Cause { at: seen.at, event, told: Some(Box::new(told.clone())), action: None });
        }
        let rule = all().find(|(_, told)| told.line.note == "RuleUsed" && of_it(told));
        let rule = rule.and_then(|(_, told)| told.line.field("rule"));
        let added = |told: &Told| told.line.note == "RuleAdded" && told.line.field("rule") == rule;
        if let Some((event, _)) = all().find(|(_, told)| rule.is_some() && added(told))
            && let Some(action) = self.actions.get(&event)
        {
            found.push(Cause { at: self.seen[&event].at, event, told: None, action: Some(action.clone()) });
        }
        found
    }
}

#[cfg(test)]
mod tests;
