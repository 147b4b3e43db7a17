//! Results to standard output, complaints to standard error.

use std::env;
use std::io::{self, IsTerminal, Write};

use super::failure::Failure;
use super::options::Globals;
use crate::ui::theme::{ColorChoice, Depth};

/// Prints a result. Nobody reading to the end (`| head`) is not an error.
///
/// # Errors
/// Standard output cannot be written, for another reason.
pub fn print(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(Failure::line(error.to_string())),
        _ => Ok(()),
    }
}

/// Says what went wrong, in one or two lines; a picture of a place in a file stands as it is.
pub fn complain(failure: &Failure) {
    let mut err = io::stderr().lock();
    let name = if failure.what.contains('\n') { "" } else { "kafkarium: " };
    let _ = writeln!(err, "{name}{}", failure.what);
    if let Some(todo) = &failure.todo {
        let _ = writeln!(err, "  {todo}");
    }
}

/// Whether standard output shows colours: it is a terminal, and nobody said no.
pub fn is_coloured(globals: &Globals) -> bool {
    match globals.color {
        ColorChoice::Depth(depth) => depth != Depth::Mono,
        ColorChoice::Auto => {
            io::stdout().is_terminal() && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        }
    }
}
