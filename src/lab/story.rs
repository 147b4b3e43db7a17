//! What happened in a span of time, note by note, with what each message carried: what sequence diagrams and explanations are made from.

use super::play::{Lab, turn};
use super::state::{State, is_telling};
use super::trace::Line;
use super::view::MessageView;
use crate::engine::{Note as Engine, Rec};
use crate::kafka::{Note, Process};

/// A note with what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// The note.
    pub line: Line,
    /// The message that was sent, if one was.
    pub message: Option<Box<MessageView>>,
    /// The records that were appended: label, and whether the same send was in this log already.
    pub records: Vec<(String, bool)>,
}

/// Statements that a story takes in, about as many at most: what a person can look through, and what can be told at once.
const MOST_TOLD: u64 = 50_000;

impl Lab {
    /// A place from which on the way to `to` holds no more statements than a story takes in: `from`, or a later one.
    #[must_use]
    pub fn story_from(&self, from: u64, to: u64) -> u64 {
        let saved = &self.branch().saved;
        let upto = saved.iter().rfind(|(at, _)| *at <= to).map_or(0, |(_, state)| state.stated);
        let near =
            |(at, state): &&(u64, std::sync::Arc<State>)| *at >= from && upto <= state.stated + MOST_TOLD;
        let (_, start) = self.branch().saved_before(from);
        if upto <= start.stated + MOST_TOLD {
            return from;
        }
        saved.iter().find(near).map_or(to, |(at, _)| (*at).min(to))
    }

    /// A place up to which the way from t = 0 holds no more statements than a story takes in.
    #[must_use]
    pub fn story_upto(&self) -> u64 {
        let saved = &self.branch().saved;
        match saved.iter().find(|(_, state)| state.stated > MOST_TOLD) {
            Some((_, beyond)) => {
                saved.iter().rfind(|(_, state)| state.stated < beyond.stated).map_or(0, |(at, _)| *at)
            }
            None => self.end(),
        }
    }

    /// The notes of the events after `from` up to `to` of this branch, in order: messages, and everything worth a line. Polling
    /// traffic only if `quiet`. The playhead stays.
    #[must_use]
    pub fn story(&self, from: u64, to: u64, quiet: bool) -> Vec<Told> {
        let to = to.min(self.end());
        let mut state = self.state_at(from.min(to));
        let mut story = Vec::new();
        while state.turn().0 - self.first() < to {
            if turn(self.branch(), &mut state, self.first(), self.start()).is_none() {
                break;
            }
            for rec in state.world.notes().iter().filter(|rec| is_told(&rec.note, quiet)) {
                story.push(self.told(&state, rec));
            }
        }
        story
    }

    pub(super) fn told(&self, state: &State, rec: &Rec<Note>) -> Told {
        let line = self.line(state, rec);
        let message = match rec.note {
            Engine::MessageSent { msg, .. } => self.message_in(state, msg).map(Box::new),
            _ => None,
        };
        let records = match rec.note {
            Engine::Domain(Note::Appended { node, partition, base, count, .. }) => {
                let Process::Broker(broker) = state.world.node(node) else {
                    return Told { line, message, records: Vec::new() };
                };
                let log = broker.log(partition);
                let new = log.into_iter().flat_map(|log| log.records_from(base));
                new.take(count as usize)
                    .map(|(offset, record, _)| {
                        let mut older = log.into_iter().flat_map(|log| log.records());
                        let again = older.any(|(at, other, _)| at < offset && other.id == record.id);
                        (state.ledger.label(record.id), again)
                    })
                    .collect()
            }
            _ => Vec::new(),
        };
        Told { line, message, records }
    }
}

fn is_told(note: &Engine<Note>, quiet_too: bool) -> bool {
    match note {
        Engine::MessageSent { quiet, .. }
        | Engine::MessageArrived { quiet, .. }
        | Engine::MessageLost { quiet, .. } => quiet_too || !*quiet,
        Engine::MessageHeld { .. } | Engine::MessageDuplicated { .. } => true,
        note => is_telling(note),
    }
}
