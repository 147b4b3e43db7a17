//! What each action does, in one line and in both languages.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use clap::CommandFactory;
use serde::Deserialize;

use super::Line;
use crate::text::Text;

const SOURCE: &str = include_str!("../../../assets/strings/actions.toml");

/// One action's help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Help {
    /// Its first word.
    pub verb: &'static str,
    /// What follows it.
    pub usage: &'static str,
    /// A line that parses.
    pub example: &'static str,
    /// What it does.
    pub text: &'static Text,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    usage: String,
    example: String,
    help: Text,
}

static ENTRIES: OnceLock<BTreeMap<String, Entry>> = OnceLock::new();
static VERBS: OnceLock<Vec<String>> = OnceLock::new();

fn entries() -> &'static BTreeMap<String, Entry> {
    // The embedded file is checked by the tests below.
    ENTRIES.get_or_init(|| toml::from_str(SOURCE).unwrap_or_default())
}

/// The help of a verb.
#[must_use]
pub fn help(verb: &str) -> Option<Help> {
    let (verb, entry) = entries().get_key_value(verb)?;
    Some(Help { verb, usage: &entry.usage, example: &entry.example, text: &entry.help })
}

/// Every verb, in the order of the table of actions.
pub fn verbs() -> impl Iterator<Item = &'static str> {
    let verbs = VERBS.get_or_init(|| {
        Line::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
    });
    verbs.iter().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::super::Action;
    use super::*;

    #[test]
    fn every_action_has_a_help_text_and_an_example_that_parses() {
        let parsed: BTreeMap<String, Entry> = toml::from_str(SOURCE).unwrap();
        let mut named: Vec<&str> = parsed.keys().map(String::as_str).collect();
        let mut known: Vec<&str> = verbs().collect();
        named.sort_unstable();
        known.sort_unstable();
        assert_eq!(named, known);
        for (verb, entry) in &parsed {
            let action: Action = entry.example.parse().unwrap_or_else(|e| panic!("{verb}: {e}"));
            assert_eq!((action.verb(), action.to_string()), (verb.as_str(), entry.example.clone()));
            assert!(!entry.help.ko.is_empty() && !entry.help.en.is_empty(), "{verb}");
        }
    }
}
