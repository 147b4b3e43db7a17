//! `kafkarium laws`: every law of the model, and the defect that proves it.

use clap::Args;
use serde_json::json;

use super::options::Globals;
use super::{Outcome, output};
use crate::lab::{LAWS, Law, laws};
use crate::text::{Lang, pad_right, t};

/// What `laws` is given.
#[derive(Args, Debug)]
pub struct LawsArgs {
    #[arg(long)]
    json: bool,
}

/// Prints the table.
pub fn run(args: &LawsArgs, _globals: &Globals, lang: Lang) -> Outcome {
    let text = if args.json { as_json() } else { as_text(lang) };
    output::print(&text)?;
    Ok(0)
}

fn as_text(lang: Lang) -> String {
    let row = |law: &Law| {
        let line = |key, value: &str| format!("{:13}{} {value}\n", "", pad_right(t(lang, key), 10));
        format!("{:<12} {}\n", law.id, laws::name(law, lang))
            + &line("cli.laws.source", law.source)
            + &line("cli.laws.scope", laws::scope(law, lang))
            + &line("cli.laws.exception", laws::exception(law, lang))
            + &line("cli.laws.mutant", &format!("{}: {}", law.mutant.name(), laws::defect(law.mutant, lang)))
    };
    LAWS.iter().map(row).collect()
}

fn as_json() -> String {
    let both = |of: &dyn Fn(Lang) -> &'static str| json!({ "ko": of(Lang::Ko), "en": of(Lang::En) });
    let row = |law: &Law| {
        json!({
            "number": law.id,
            "name": both(&|lang| laws::name(law, lang)),
            "source": law.source,
            "scope": law.scope.name(),
            "exception": both(&|lang| laws::exception(law, lang)),
            "mutant": law.mutant.name(),
            "defect": both(&|lang| laws::defect(law.mutant, lang)),
        })
    };
    serde_json::Value::Array(LAWS.iter().map(row).collect()).to_string() + "\n"
}
