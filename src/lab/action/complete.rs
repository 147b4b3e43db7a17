//! Completion at the `:` prompt: what may stand at the cursor.

use clap::{Arg, Command, CommandFactory};

use super::Line;
use super::check::Wanted;
use super::help::{help, verbs};
use crate::kafka::config::{Configs, Scope};
use crate::kafka::{Body, ErrorCode, Role};
use crate::lab::vocabulary::Vocabulary;
use crate::text::Text;

/// One way to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The whole word.
    pub word: String,
    /// Where the word begins in the line (bytes); what stands from there to the cursor is replaced.
    pub from: usize,
    /// What it means, for verbs.
    pub help: Option<&'static Text>,
}

/// What may stand at the cursor (a byte offset), in a fixed order; nothing if nothing is known.
#[must_use]
pub fn complete(line: &str, cursor: usize, names: &Vocabulary) -> Vec<Completion> {
    let cursor = (0..=cursor.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    let before = &line[..cursor];
    let from = before.rfind(char::is_whitespace).map_or(0, |at| at + 1);
    let part = &before[from..];
    let earlier: Vec<&str> = before[..from].split_whitespace().collect();
    let Some((verb, words)) = earlier.split_first() else {
        let fits = verbs().filter(|v| v.starts_with(part));
        return fits
            .map(|v| Completion { word: v.to_owned(), from, help: help(v).map(|h| h.text) })
            .collect();
    };
    let line = Line::command();
    let Some(command) = line.find_subcommand(verb) else { return Vec::new() };
    let mut found = candidates(command, words, part, names);
    found.retain(|word| word.starts_with(part) && word != part);
    found.into_iter().map(|word| Completion { word, from, help: None }).collect()
}

fn candidates(command: &Command, words: &[&str], part: &str, names: &Vocabulary) -> Vec<String> {
    let verb = command.get_name();
    let option =
        |word: &str| command.get_arguments().find(|a| a.get_long().is_some_and(|l| word == format!("--{l}")));
    let takes_value = |arg: &Arg| arg.get_action().takes_values();
    if let Some(arg) = words.last().and_then(|word| option(word)).filter(|arg| takes_value(arg)) {
        return values(verb, arg.get_id().as_str(), words, names);
    }
    if part.starts_with('-') {
        let free = command.get_arguments().filter_map(Arg::get_long).map(|l| format!("--{l}"));
        return free.filter(|o| o == "--config" || !words.contains(&o.as_str())).collect();
    }
    let mut place = 0;
    let mut value_next = false;
    for word in words {
        match option(word) {
            _ if value_next => value_next = false,
            Some(arg) => value_next = takes_value(arg),
            None => place += 1,
        }
    }
    let positionals: Vec<&Arg> = command.get_positionals().collect();
    let arg = positionals.get(place).or_else(|| positionals.last().filter(|a| a.get_id() == "settings"));
    let options = || command.get_arguments().filter_map(Arg::get_long).map(|l| format!("--{l}"));
    match arg {
        Some(arg) => values(verb, arg.get_id().as_str(), words, names),
        None => options().filter(|o| !words.contains(&o.as_str())).collect(),
    }
}

/// Candidates for one argument.
fn values(verb: &str, arg: &str, words: &[&str], names: &Vocabulary) -> Vec<String> {
    let ids = |wanted: Wanted| wanted.candidates(names);
    let known = |list: &[&str]| list.iter().map(|w| (*w).to_owned()).collect();
    match (verb, arg) {
        ("produce" | "flush" | "drop-next-ack", "client") | (_, "producer") => ids(Wanted::Producer),
        ("poll", "consumer") => ids(Wanted::Client),
        (_, "consumer") => ids(Wanted::Consumer),
        ("stop", "process") => ids(Wanted::Client),
        ("seek" | "reset-offsets", "to") => known(&["earliest", "latest"]),
        ("delete-records", "upto") => known(&["end"]),
        ("produce", "to") | (_, "topic") => ids(Wanted::Topic),
        (_, "process" | "from" | "to" | "a" | "b") => ids(Wanted::Process),
        (_, "broker" | "brokers") => ids(Wanted::Broker),
        (_, "partition") if verb != "produce" => ids(Wanted::Partition),
        (_, "group") => ids(Wanted::Group),
        (_, "subject") if verb == "set" => ids(Wanted::Subject),
        (_, "settings") => settings(words.first().copied().unwrap_or_default(), names),
        (_, "config") => names_of(Scope::Topic),
        (_, "api") => known(Body::APIS),
        (_, "error") => ErrorCode::on_the_wire().map(|e| e.name().to_owned()).collect(),
        _ => Vec::new(),
    }
}

fn settings(subject: &str, names: &Vocabulary) -> Vec<String> {
    names_of(match names.role(subject) {
        Some(Role::Broker | Role::Controller | Role::ZooKeeper) => Scope::Broker,
        Some(Role::Producer) => Scope::Producer,
        Some(Role::Consumer) => Scope::Consumer,
        None => Scope::Topic,
    })
}

fn names_of(scope: Scope) -> Vec<String> {
    let configs = Configs::new(scope, crate::kafka::config::Family::Java);
    configs.all().map(|(name, ..)| format!("{name}=")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::spec::Spec;

    fn words(line: &str) -> Vec<String> {
        let names = Vocabulary::of(&Spec::default_tank());
        complete(line, line.len(), &names).into_iter().map(|c| c.word).collect()
    }

    #[test]
    fn words_are_offered_where_they_fit() {
        assert_eq!(words("cra"), ["crash"]);
        assert_eq!(words("crash b"), ["b1", "b2", "b3"]);
        assert_eq!(words("produce "), ["p"]);
        assert_eq!(words("produce p --to "), ["orders"]);
        assert_eq!(words("produce p --k"), ["--key"]);
        assert_eq!(words("produce p --key x --p"), ["--partition"]);
        assert_eq!(words("seek c1 orders-"), ["orders-0", "orders-1", "orders-2"]);
        assert_eq!(words("seek c1 orders-1 e"), ["earliest"]);
        assert_eq!(words("drop-next b1 p --api Prod"), ["Produce"]);
        assert_eq!(words("set p lin"), ["linger.ms="]);
        assert_eq!(words("set orders retention.m"), ["retention.ms="]);
        assert_eq!(words("crash b1 "), ["--power"]);
        assert_eq!(words("nonsense b"), Vec::<String>::new());
        assert!(words("").len() > 40);
    }

    #[test]
    fn any_cursor_is_safe() {
        let names = Vocabulary::of(&Spec::default_tank());
        let line = "produce p --value '두 잔' --k";
        for cursor in 0..line.len() + 3 {
            let _ = complete(line, cursor, &names);
        }
    }
}
