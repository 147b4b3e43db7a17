//! The command line: arguments in, exit code out. One file a subcommand.
//!
//! Results go to standard output, complaints to standard error. Exit codes: 0 fine, 1 a check did not hold, 2 bad usage, bad input
//! or no terminal, 101 a fault of ours, 128+n a signal.

mod check;
mod explore;
mod failure;
mod fuzz;
mod laws;
mod lessons;
mod list;
mod options;
mod output;
mod play;
mod render;
mod run;
mod spec;
mod words;

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use self::failure::Failure;
use self::options::Globals;
use crate::text::Lang;

#[derive(Parser)]
#[command(name = "kafkarium", version)]
struct Args {
    #[command(flatten)]
    globals: Globals,
    #[command(subcommand)]
    verb: Option<Verb>,
}

#[derive(Subcommand)]
enum Verb {
    Play(play::PlayArgs),
    Sandbox(play::SandboxArgs),
    List(list::ListArgs),
    Check(check::CheckArgs),
    Run(run::RunArgs),
    Render(render::RenderArgs),
    Laws(laws::LawsArgs),
    Fuzz(fuzz::FuzzArgs),
    Explore(explore::ExploreArgs),
}

/// What a subcommand comes to: an exit code, or why it could not do its work.
type Outcome = Result<u8, Failure>;

/// Runs the program with these arguments, the program's own name first.
pub fn main(arguments: Vec<OsString>) -> ExitCode {
    let lang = language(&arguments);
    let parsed = words::in_language(Args::command(), lang)
        .try_get_matches_from(&arguments)
        .and_then(|matches| Args::from_arg_matches(&matches));
    let outcome = match parsed {
        Ok(args) => perform(&args, lang),
        Err(error) if !error.use_stderr() => {
            output::print(&words::help(&error.to_string(), lang)).map(|()| 0)
        }
        Err(error) => Err(words::complaint(&error, lang)),
    };
    match outcome {
        Ok(code) => ExitCode::from(code),
        Err(failure) => {
            output::complain(&failure);
            ExitCode::from(2)
        }
    }
}

fn perform(args: &Args, lang: Lang) -> Outcome {
    let globals = &args.globals;
    match &args.verb {
        None => play::home(globals, lang),
        Some(Verb::Play(play)) => play::run(play, globals, lang),
        Some(Verb::Sandbox(sandbox)) => play::sandbox(sandbox, globals, lang),
        Some(Verb::List(list)) => list::run(list, globals, lang),
        Some(Verb::Check(check)) => check::run(check, globals, lang),
        Some(Verb::Run(run)) => run::run(run, globals, lang),
        Some(Verb::Render(render)) => render::run(render, globals, lang),
        Some(Verb::Laws(laws)) => laws::run(laws, globals, lang),
        Some(Verb::Fuzz(fuzz)) => fuzz::run(fuzz, globals, lang),
        Some(Verb::Explore(explore)) => explore::run(explore, globals, lang),
    }
}

/// The language of help and complaints: `--lang` if it is there and makes sense, else that of the locale.
fn language(arguments: &[OsString]) -> Lang {
    let mut words = arguments.iter().map(|word| word.to_string_lossy());
    let mut given = None;
    while let Some(word) = words.next() {
        match word.strip_prefix("--lang") {
            Some("") => given = words.next().and_then(|value| value.parse().ok()),
            Some(rest) => given = rest.strip_prefix('=').and_then(|value| value.parse().ok()),
            None if word == "--" => break,
            None => {}
        }
    }
    let of = |name| env::var(name).ok();
    let (all, messages, lang) = (of("LC_ALL"), of("LC_MESSAGES"), of("LANG"));
    given.unwrap_or_else(|| Lang::from_locale(all.as_deref(), messages.as_deref(), lang.as_deref()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every command with its name.
    fn commands(lang: Lang) -> Vec<(String, clap::Command)> {
        let mut top = words::in_language(Args::command(), lang);
        top.build();
        let verbs = top.get_subcommands().map(|verb| (verb.get_name().to_owned(), verb.clone()));
        verbs.chain([("bare".to_owned(), top.clone())]).collect()
    }

    #[test]
    fn every_command_and_argument_has_its_words_in_both_languages() {
        for lang in Lang::ALL {
            for (name, mut command) in commands(lang) {
                let help = command.render_help().to_string();
                assert!(
                    help.contains(&format!("  kafkarium {}", name.trim_start_matches("bare"))),
                    "{name}: no example"
                );
                assert!(
                    !command.get_about().unwrap_or_default().to_string().is_empty(),
                    "{name}: not explained"
                );
                for argument in command.get_arguments() {
                    let help = argument.get_help().map(ToString::to_string).unwrap_or_default();
                    assert!(!help.is_empty(), "{name} {}: not explained", argument.get_id());
                    assert!(!help.ends_with('.'), "{name} {}: a full stop", argument.get_id());
                }
            }
        }
    }

    /// The first line of the answer to a command line that is wrong, and the second.
    fn wrong(line: &str) -> (String, String) {
        let lang = language(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        let parsed = words::in_language(Args::command(), lang).try_get_matches_from(line.split(' '));
        let failure = words::complaint(&parsed.unwrap_err(), lang);
        (failure.what, failure.todo.unwrap())
    }

    #[test]
    fn mistakes_are_named_and_what_to_do_about_them() {
        let cases = [
            ("kafkarium lst", "There is no command lst.", "Did you mean list?"),
            ("kafkarium list --jsn", "There is no option --jsn.", "Did you mean --json?"),
            ("kafkarium list --theme drk", "drk is not a value of --theme.", "Did you mean dark?"),
            ("kafkarium list --theme", "--theme needs a value.", "Use one of: auto, dark, light, projector"),
            ("kafkarium list --lang kr", "kr is not a value of --lang.", "Did you mean ko?"),
            ("kafkarium list x", "There is no place for x.", "See kafkarium --help for how to use it."),
            ("kafkarium --lang ko lst", "lst는 없는 명령입니다.", "list를 찾으셨나요?"),
            (
                "kafkarium --lang=ko list --glyphs 3",
                "--glyphs의 값 3을 알 수 없습니다.",
                "쓸 수 있는 값: auto, unicode, wide, ascii",
            ),
        ];
        for (line, what, todo) in cases {
            let (is, advice) =
                wrong(&format!("{line}{}", if line.contains("--lang") { "" } else { " --lang en" }));
            assert_eq!((is.as_str(), advice.as_str()), (what, todo), "{line}");
        }
    }

    #[test]
    fn the_language_is_seen_before_anything_else_is_understood() {
        let of = |line: &str| language(&line.split(' ').map(OsString::from).collect::<Vec<_>>());
        assert_eq!(of("kafkarium --nonsense --lang ko"), Lang::Ko);
        assert_eq!(of("kafkarium --lang=ko --lang en"), Lang::En);
    }
}
