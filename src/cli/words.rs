//! Help and complaints in the person's language. The sentences stand in `assets/strings/cli.toml`, by the argument's id.

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, Command};

use super::failure::Failure;
use super::options::{Size, known_values};
use crate::text::strings::lookup;
use crate::text::{Lang, t, tf};

/// Gives every command and argument its words.
pub fn in_language(command: Command, lang: Lang) -> Command {
    let about = t(lang, "cli.about");
    let verbs: Vec<String> = command.get_subcommands().map(|verb| verb.get_name().to_owned()).collect();
    let mut command = dressed(command, lang, about, "bare")
        .arg(
            Arg::new("version")
                .long("version")
                .short('V')
                .action(ArgAction::Version)
                .help(t(lang, "cli.arg.version"))
                .help_heading(t(lang, "cli.options")),
        )
        .disable_version_flag(true)
        .disable_help_subcommand(true)
        .subcommand_help_heading(t(lang, "cli.commands"));
    for verb in verbs {
        let about = lookup(lang, &format!("cli.verb.{verb}")).unwrap_or_default();
        command = command.mut_subcommand(&verb, |sub| dressed(sub, lang, about, &verb));
    }
    command
}

/// One command with its sentences, headings and examples.
fn dressed(command: Command, lang: Lang, about: &'static str, name: &str) -> Command {
    let examples = lookup(lang, &format!("cli.example.{name}")).unwrap_or_default();
    let indented: String = examples.lines().map(|line| format!("\n  {line}")).collect();
    let template = format!("{{about}}\n\n{}: {{usage}}\n\n{{all-args}}{{after-help}}", t(lang, "cli.usage"));
    command
        .about(about)
        .help_template(template)
        .after_help(format!("{}:{indented}", t(lang, "cli.examples")))
        .disable_help_flag(true)
        .mut_args(|arg| {
            let heading = match (arg.is_positional(), arg.is_global_set()) {
                (true, _) => "cli.arguments",
                (_, true) => "cli.everywhere",
                _ => "cli.options",
            };
            let help = lookup(lang, &format!("cli.arg.{}", arg.get_id())).unwrap_or_default();
            let values = arg.get_action().takes_values();
            arg.help(help).help_heading(t(lang, heading)).hide_default_value(values)
        })
        .arg(
            Arg::new("help")
                .long("help")
                .short('h')
                .action(ArgAction::Help)
                .help(t(lang, "cli.arg.help"))
                .help_heading(t(lang, "cli.options")),
        )
}

/// The text of a help, with clap's own words replaced.
pub fn help(text: &str, lang: Lang) -> String {
    let words = [("[OPTIONS]", t(lang, "cli.usage_options")), ("[COMMAND]", t(lang, "cli.usage_command"))];
    words.iter().fold(text.to_owned(), |text, (theirs, ours)| text.replace(theirs, ours))
}

/// What is wrong with a command line, in our words: those of clap are English only.
pub fn complaint(error: &clap::Error, lang: Lang) -> Failure {
    let context = |kind| error.get(kind).map(plain).unwrap_or_default();
    let option = context(ContextKind::InvalidArg);
    let given = context(ContextKind::InvalidValue);
    let what = match error.kind() {
        ErrorKind::UnknownArgument if option.starts_with('-') => {
            tf(lang, "cli.error.unknown_option", &[("given", &option)])
        }
        ErrorKind::UnknownArgument => tf(lang, "cli.error.too_many", &[("given", &option)]),
        ErrorKind::InvalidSubcommand => {
            tf(lang, "cli.error.unknown_command", &[("given", &context(ContextKind::InvalidSubcommand))])
        }
        ErrorKind::InvalidValue if given.is_empty() => {
            tf(lang, "cli.error.missing_value", &[("option", &name_of(&option))])
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            tf(lang, "cli.error.bad_value", &[("option", &name_of(&option)), ("given", &given)])
        }
        ErrorKind::MissingRequiredArgument => tf(lang, "cli.error.missing", &[("names", &option)]),
        _ => t(lang, "cli.error.other_usage").to_owned(),
    };
    Failure::new(what, advice(error, lang, &option, &given))
}

/// What to do about it: a similar word, the values there are, or the help.
fn advice(error: &clap::Error, lang: Lang, option: &str, given: &str) -> String {
    let id = name_of(option).trim_start_matches('-').to_owned();
    let similar = [ContextKind::SuggestedArg, ContextKind::SuggestedSubcommand, ContextKind::SuggestedValue];
    if let Some(suggestion) = similar.iter().find_map(|kind| error.get(*kind)).map(plain) {
        return tf(lang, "cli.error.did_you_mean", &[("suggestion", &suggestion)]);
    }
    if !matches!(error.kind(), ErrorKind::InvalidValue | ErrorKind::ValueValidation) {
        return tf(lang, "cli.error.see_help", &[("command", &"kafkarium --help")]);
    }
    let known = known_values(&id);
    let near = known.iter().find(|value| strsim::damerau_levenshtein(value, given) <= 1);
    match (near, id.as_str()) {
        (Some(value), _) if !given.is_empty() => tf(lang, "cli.error.did_you_mean", &[("suggestion", value)]),
        _ if !known.is_empty() => tf(lang, "cli.error.use_one_of", &[("values", &known.join(", "))]),
        (_, "seed" | "runs" | "steps" | "minutes" | "threads") => t(lang, "cli.error.number").to_owned(),
        (_, "size") => {
            let sizes = (Size::SMALLEST, Size::LARGEST);
            tf(lang, "cli.error.size_form", &[("smallest", &sizes.0), ("largest", &sizes.1)])
        }
        _ => tf(lang, "cli.error.see_help", &[("command", &"kafkarium --help")]),
    }
}

/// `--size <WxH>` without its value.
fn name_of(option: &str) -> String {
    option.split_whitespace().next().unwrap_or_default().to_owned()
}

fn plain(value: &ContextValue) -> String {
    match value {
        ContextValue::String(text) => text.clone(),
        ContextValue::Strings(texts) => texts.join(", "),
        other => other.to_string(),
    }
}
