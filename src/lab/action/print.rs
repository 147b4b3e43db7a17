//! Actions as text: the shortest that parses back to the same value.

use std::borrow::Cow;
use std::fmt;

use super::words::{Setting, print_seek_to};
use super::{Action, Produce};

/// A piece of an action after its verb.
enum Piece<'a> {
    /// An id.
    Id(&'a str),
    /// Any other word.
    Word(String),
    /// An option with an id.
    IdOption(&'static str, &'a str),
    /// Any other option with a value.
    Option(&'static str, String),
    /// An option without one.
    Flag(&'static str),
}

use Piece::{Flag, Id, IdOption, Option as Opt, Word};

impl Action {
    /// Verb and pieces in the order in which they are written.
    fn pieces(&self) -> (&'static str, Vec<Piece<'_>>) {
        match self {
            Self::Produce(produce) => ("produce", produce.pieces()),
            Self::Flush { client } => ("flush", vec![Id(client)]),
            Self::Poll { consumer } => ("poll", vec![Id(consumer)]),
            Self::Work { consumer } => ("work", vec![Id(consumer)]),
            Self::Commit { consumer } => ("commit", vec![Id(consumer)]),
            Self::Cycle { consumer } => ("cycle", vec![Id(consumer)]),
            Self::Hang { consumer } => ("hang", vec![Id(consumer)]),
            Self::Acknowledge { consumer, how, record } => (
                "acknowledge",
                [Id(consumer), Word(how.name().to_owned())]
                    .into_iter()
                    .chain(record.as_deref().map(|r| IdOption("--record", r)))
                    .collect(),
            ),
            Self::Seek { consumer, partition, to } => {
                ("seek", vec![Id(consumer), Id(partition), Word(print_seek_to(*to))])
            }
            Self::ResetOffsets { group, topic, to } => {
                ("reset-offsets", vec![Id(group), Id(topic), Word(print_seek_to(*to))])
            }
            Self::DeadLetter { consumer } => ("dead-letter", vec![Id(consumer)]),
            Self::Start { process, group, share } => (
                "start",
                [Id(process)]
                    .into_iter()
                    .chain(group.as_deref().map(|g| IdOption("--in", g)))
                    .chain(share.then_some(Flag("--share")))
                    .collect(),
            ),
            Self::Stop { process } => ("stop", vec![Id(process)]),
            Self::Shutdown { broker } => ("shutdown", vec![Id(broker)]),
            Self::Crash { process, power } => {
                ("crash", [Id(process)].into_iter().chain(power.then_some(Flag("--power"))).collect())
            }
            Self::Pause { process } => ("pause", vec![Id(process)]),
            Self::Resume { process } => ("resume", vec![Id(process)]),
            Self::Set { subject, settings } => (
                "set",
                [Id(subject)].into_iter().chain(settings.iter().map(|s| Word(s.to_string()))).collect(),
            ),
            Self::Begin { producer } => ("begin", vec![Id(producer)]),
            Self::SendOffsets { producer, consumer } => ("send-offsets", vec![Id(producer), Id(consumer)]),
            Self::CommitTxn { producer } => ("commit-txn", vec![Id(producer)]),
            Self::Abort { producer } => ("abort", vec![Id(producer)]),
            _ => self.pieces_of_the_cluster(),
        }
    }

    fn pieces_of_the_cluster(&self) -> (&'static str, Vec<Piece<'_>>) {
        match self {
            Self::CreateTopic { topic, partitions, replication, config } => {
                let mut pieces = vec![Id(topic)];
                pieces.extend(partitions.map(|n| Opt("--partitions", n.to_string())));
                pieces.extend(replication.map(|n| Opt("--replication", n.to_string())));
                pieces.extend(config.iter().map(|s| Opt("--config", s.to_string())));
                ("create-topic", pieces)
            }
            Self::DeleteTopic { topic } => ("delete-topic", vec![Id(topic)]),
            Self::AddPartitions { topic, count } => {
                ("add-partitions", vec![Id(topic), Word(count.to_string())])
            }
            Self::DeleteRecords { partition, upto } => {
                ("delete-records", vec![Id(partition), Word(upto.to_string())])
            }
            Self::AbortHanging { partition } => ("abort-hanging", vec![Id(partition)]),
            Self::AddBroker { broker } => ("add-broker", vec![Id(broker)]),
            Self::Reassign { partition, brokers } => {
                ("reassign", vec![Id(partition), Word(brokers.join(","))])
            }
            Self::CancelReassign { partition } => ("cancel-reassign", vec![Id(partition)]),
            Self::AddVoter { controller } => ("add-voter", vec![Id(controller)]),
            Self::RemoveVoter { controller } => ("remove-voter", vec![Id(controller)]),
            Self::ElectPreferred { partition } => ("elect-preferred", vec![Id(partition)]),
            Self::ElectUnclean { partition } => ("elect-unclean", vec![Id(partition)]),
            Self::DropNext { from, to, api } => {
                let api = api.map(|api| Opt("--api", api.to_owned()));
                ("drop-next", [Id(from), Id(to)].into_iter().chain(api).collect())
            }
            Self::DropNextAck { client } => ("drop-next-ack", client.iter().map(|c| Id(c)).collect()),
            Self::DuplicateNext { from, to } => ("duplicate-next", vec![Id(from), Id(to)]),
            Self::HoldNext { from, to, api } => {
                let api = api.map(|api| Opt("--api", api.to_owned()));
                ("hold-next", [Id(from), Id(to)].into_iter().chain(api).collect())
            }
            Self::Hold { from, to } => ("hold", vec![Id(from), Id(to)]),
            Self::Release { from, to } => ("release", vec![Id(from), Id(to)]),
            Self::Delay { from, to, delay } => ("delay", vec![Id(from), Id(to), Word(delay.to_string())]),
            Self::Reset { from, to } => ("reset", vec![Id(from), Id(to)]),
            Self::Cut { a, b } => ("cut", [a].into_iter().chain(b).map(|x| Id(x)).collect()),
            Self::Heal { a, b } => ("heal", a.iter().chain(b).map(|x| Id(x)).collect()),
            Self::FailNextAppend { partition, error } => {
                let error = error.map(|e| Opt("--error", e.name().to_owned()));
                ("fail-next-append", partition.iter().map(|p| Id(p)).chain(error).collect())
            }
            Self::Register { subject, schema } => ("register", vec![Id(subject), Id(schema)]),
            Self::Deploy { process, version } => ("deploy", vec![Id(process), Id(version)]),
            Self::Wait { length } => ("wait", vec![Word(length.to_string())]),
            Self::WaitUntil { expression } => ("wait-until", vec![Word(expression.clone())]),
            _ => ("clear-faults", Vec::new()),
        }
    }

    /// Its first word.
    #[must_use]
    pub fn verb(&self) -> &'static str {
        self.pieces().0
    }

    /// The ids that it mentions, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let id = |piece| match piece {
            Id(id) | IdOption(_, id) => Some(id),
            Word(_) | Opt(..) | Flag(_) => None,
        };
        let more: &[String] = if let Self::Reassign { brokers, .. } = self { brokers } else { &[] };
        self.pieces().1.into_iter().filter_map(id).chain(more.iter().map(String::as_str)).collect()
    }
}

impl Produce {
    fn pieces(&self) -> Vec<Piece<'_>> {
        let mut pieces = vec![Id(&self.client)];
        pieces.extend(self.to.as_deref().map(|to| IdOption("--to", to)));
        pieces.extend(self.key.clone().map(|key| Opt("--key", key)));
        pieces.extend(self.value.clone().map(|value| Opt("--value", value)));
        pieces.extend(self.null.then_some(Flag("--null")));
        pieces.extend(self.partition.map(|n| Opt("--partition", n.to_string())));
        pieces.extend(self.tag.clone().map(|tag| Opt("--tag", tag)));
        pieces.extend(self.id.clone().map(|id| Opt("--id", id)));
        pieces.extend((self.count != 1).then(|| Opt("--count", self.count.to_string())));
        pieces
    }
}

impl fmt::Display for Setting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.name, self.value)
    }
}

/// A word as a shell takes it. The words hold no control characters, which are all that cannot be quoted.
fn quoted(word: &str) -> Cow<'_, str> {
    let plain = |c: char| c.is_alphanumeric() || "_-./:=@,+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    shlex::try_quote(word).unwrap_or(Cow::Borrowed(word))
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::WaitUntil { expression } = self {
            return write!(f, "wait-until {expression}");
        }
        let (verb, pieces) = self.pieces();
        f.write_str(verb)?;
        for piece in pieces {
            match piece {
                Id(id) => write!(f, " {id}")?,
                Word(word) => write!(f, " {}", quoted(&word))?,
                IdOption(name, id) => write!(f, " {name} {id}")?,
                Opt(name, value) if value.starts_with('-') => {
                    write!(f, " {}", quoted(&format!("{name}={value}")))?;
                }
                Opt(name, value) => write!(f, " {name} {}", quoted(&value))?,
                Flag(name) => write!(f, " {name}")?,
            }
        }
        Ok(())
    }
}
