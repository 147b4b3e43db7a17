//! Actions: everything that can be done to a tank. One type is what keys, the `:` prompt, lessons and scenario files mean.

mod check;
mod complete;
mod error;
mod help;
mod pattern;
mod print;
mod words;

use std::str::FromStr;

use clap::{Args, Parser, Subcommand};

pub use complete::{Completion, complete};
pub use error::ActionError;
pub use help::{Help, help, verbs};
pub use pattern::{Pattern, PatternError};
pub use words::{Setting, Upto};

use super::length::Length;
use crate::kafka::share::AckType;
use crate::kafka::{ErrorCode, SeekTo};
use words as w;

/// One change of the world, as somebody outside wishes it. The table of all actions stands in `lessons/README.md`.
#[derive(Clone, Debug, PartialEq, Eq, Subcommand)]
#[allow(missing_docs)] // the verbs are explained in assets/strings/actions.toml, which a test compares with this list
pub enum Action {
    Produce(Produce),
    Flush {
        #[arg(value_parser = w::id)]
        client: String,
    },
    Poll {
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    Work {
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    Commit {
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    Cycle {
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    Hang {
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    Acknowledge {
        #[arg(value_parser = w::id)]
        consumer: String,
        #[arg(value_parser = w::acknowledgement)]
        how: AckType,
        #[arg(long, value_parser = w::id)]
        record: Option<String>,
    },
    Seek {
        #[arg(value_parser = w::id)]
        consumer: String,
        #[arg(value_parser = w::partition)]
        partition: String,
        #[arg(value_parser = w::any_seek, allow_negative_numbers = true)]
        to: SeekTo,
    },
    ResetOffsets {
        #[arg(value_parser = w::id)]
        group: String,
        #[arg(value_parser = w::topic)]
        topic: String,
        #[arg(value_parser = w::seek_to)]
        to: SeekTo,
    },
    DeadLetter {
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    Start {
        #[arg(value_parser = w::id)]
        process: String,
        #[arg(long = "in", value_parser = w::id)]
        group: Option<String>,
        #[arg(long, requires = "group")]
        share: bool,
    },
    Stop {
        #[arg(value_parser = w::id)]
        process: String,
    },
    Shutdown {
        #[arg(value_parser = w::id)]
        broker: String,
    },
    Crash {
        #[arg(value_parser = w::id)]
        process: String,
        #[arg(long)]
        power: bool,
    },
    Pause {
        #[arg(value_parser = w::id)]
        process: String,
    },
    Resume {
        #[arg(value_parser = w::id)]
        process: String,
    },
    Set {
        #[arg(value_parser = w::topic)]
        subject: String,
        #[arg(required = true, value_parser = w::setting)]
        settings: Vec<Setting>,
    },
    Begin {
        #[arg(value_parser = w::id)]
        producer: String,
    },
    SendOffsets {
        #[arg(value_parser = w::id)]
        producer: String,
        #[arg(value_parser = w::id)]
        consumer: String,
    },
    CommitTxn {
        #[arg(value_parser = w::id)]
        producer: String,
    },
    Abort {
        #[arg(value_parser = w::id)]
        producer: String,
    },
    CreateTopic {
        #[arg(value_parser = w::topic)]
        topic: String,
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
        partitions: Option<u32>,
        #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1_000))]
        replication: Option<u32>,
        #[arg(long, value_parser = w::setting)]
        config: Vec<Setting>,
    },
    DeleteTopic {
        #[arg(value_parser = w::topic)]
        topic: String,
    },
    AddPartitions {
        #[arg(value_parser = w::topic)]
        topic: String,
        #[arg(value_parser = clap::value_parser!(u32).range(1..=100_000))]
        count: u32,
    },
    DeleteRecords {
        #[arg(value_parser = w::partition)]
        partition: String,
        #[arg(value_parser = w::upto)]
        upto: Upto,
    },
    AbortHanging {
        #[arg(value_parser = w::partition)]
        partition: String,
    },
    AddBroker {
        #[arg(value_parser = w::id)]
        broker: String,
    },
    Reassign {
        #[arg(value_parser = w::partition)]
        partition: String,
        #[arg(required = true, value_delimiter = ',', num_args = 1, value_parser = w::id)]
        brokers: Vec<String>,
    },
    CancelReassign {
        #[arg(value_parser = w::partition)]
        partition: String,
    },
    AddVoter {
        #[arg(value_parser = w::id)]
        controller: String,
    },
    RemoveVoter {
        #[arg(value_parser = w::id)]
        controller: String,
    },
    ElectPreferred {
        #[arg(value_parser = w::partition)]
        partition: String,
    },
    ElectUnclean {
        #[arg(value_parser = w::partition)]
        partition: String,
    },
    DropNext {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
        #[arg(long, value_parser = w::api)]
        api: Option<&'static str>,
    },
    DropNextAck {
        #[arg(value_parser = w::id)]
        client: Option<String>,
    },
    DuplicateNext {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
    },
    Hold {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
    },
    HoldNext {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
        #[arg(long, value_parser = w::api)]
        api: Option<&'static str>,
    },
    Release {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
    },
    Delay {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
        #[arg(value_parser = w::length)]
        delay: Length,
    },
    Reset {
        #[arg(value_parser = w::id)]
        from: String,
        #[arg(value_parser = w::id)]
        to: String,
    },
    Cut {
        #[arg(value_parser = w::id)]
        a: String,
        #[arg(value_parser = w::id)]
        b: Option<String>,
    },
    Heal {
        #[arg(value_parser = w::id)]
        a: Option<String>,
        #[arg(value_parser = w::id)]
        b: Option<String>,
    },
    ClearFaults,
    FailNextAppend {
        #[arg(value_parser = w::partition)]
        partition: Option<String>,
        #[arg(long, value_parser = w::error_code)]
        error: Option<ErrorCode>,
    },
    Register {
        #[arg(value_parser = w::id)]
        subject: String,
        #[arg(value_parser = w::id)]
        schema: String,
    },
    Deploy {
        #[arg(value_parser = w::id)]
        process: String,
        #[arg(value_parser = w::id)]
        version: String,
    },
    Wait {
        #[arg(value_parser = w::length)]
        length: Length,
    },
    /// Its expression is the rest of the line as it stands.
    WaitUntil {
        #[arg(value_parser = w::plain)]
        expression: String,
    },
}

/// `produce`.
#[derive(Clone, Debug, PartialEq, Eq, Args)]
pub struct Produce {
    /// Who sends.
    #[arg(value_parser = w::id)]
    pub client: String,
    /// To which topic; none = the client's first.
    #[arg(long, value_parser = w::topic)]
    pub to: Option<String>,
    /// The key; none = null.
    #[arg(long, value_parser = w::plain)]
    pub key: Option<String>,
    /// The value; none = the record's own id.
    #[arg(long, value_parser = w::plain, conflicts_with = "null")]
    pub value: Option<String>,
    /// A null value: a tombstone.
    #[arg(long)]
    pub null: bool,
    /// A partition that the application insists on; a negative one is refused by the client.
    #[arg(long, allow_negative_numbers = true, value_parser = clap::value_parser!(i32).range(-100_000..100_000))]
    pub partition: Option<i32>,
    /// What the application calls the business fact behind the record.
    #[arg(long, value_parser = w::id)]
    pub tag: Option<String>,
    /// A name for the record.
    #[arg(long, value_parser = w::record)]
    pub id: Option<String>,
    /// So many records alike.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub count: u32,
}

/// A line of the `:` prompt, for clap.
#[derive(Parser)]
#[command(multicall = true, disable_help_flag = true, disable_help_subcommand = true)]
struct Line {
    #[command(subcommand)]
    action: Action,
}

impl FromStr for Action {
    type Err = ActionError;

    fn from_str(line: &str) -> Result<Self, Self::Err> {
        let line = line.trim();
        error::only_printable(line)?;
        if let Some(expression) = line.strip_prefix("wait-until ") {
            return Ok(Self::WaitUntil { expression: expression.trim().to_owned() });
        }
        let words = shlex::split(line).ok_or_else(|| ActionError::open_quote(line))?;
        let parsed = Line::try_parse_from(&words).map_err(|e| ActionError::from_clap(line, &words, &e))?;
        match &parsed.action {
            Self::Produce(produce) if produce.id.is_some() && produce.count > 1 => {
                Err(ActionError::id_and_count(line))
            }
            _ => Ok(parsed.action),
        }
    }
}

impl Action {
    /// Whether it only lets time pass: allowed in scripts and at the prompt, never recorded.
    #[must_use]
    pub const fn is_wait(&self) -> bool {
        matches!(self, Self::Wait { .. } | Self::WaitUntil { .. })
    }

    /// Whether this version's model can do it; the others parse and print, and say so when applied.
    #[must_use]
    pub const fn available(&self) -> bool {
        !matches!(self, Self::DeadLetter { .. } | Self::Register { .. } | Self::Deploy { .. })
    }
}

#[cfg(test)]
mod tests;
