//! The cluster of `sandbox --spec`.

use std::fs;
use std::path::Path;

use super::failure::Failure;
use super::lessons;
use crate::course::{Diagnostic, Source};
use crate::lab::Spec;
use crate::text::{Lang, Text, t};

/// The spec in `path`, or the sandbox's own.
///
/// # Errors
/// The file cannot be read, is no spec, or asks for what cannot be.
pub fn read(path: Option<&Path>, lang: Lang) -> Result<Spec, Failure> {
    let Some(path) = path else { return Ok(Spec::default_tank()) };
    let text = fs::read_to_string(path)
        .map_err(|error| Failure::cannot_read(lang, path, &error, t(lang, "cli.error.give_a_file").into()))?;
    let source = Source::new(&path.to_string_lossy(), &text);
    let spec = Spec::parse(&text).map_err(|error| {
        let message = error.message();
        let problem = Diagnostic::new(&source, error.span().unwrap_or(0..0), Text::new(message, message));
        lessons::shown(&[problem], lang)
    })?;
    let problems = spec.validate();
    if problems.is_empty() {
        return Ok(spec);
    }
    let diagnostic = |problem: &crate::lab::SpecError| {
        Diagnostic::new(&source, problem.span.clone().unwrap_or(0..0), problem.message.clone())
    };
    Err(lessons::shown(&problems.iter().map(diagnostic).collect::<Vec<_>>(), lang))
}
