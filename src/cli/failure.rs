//! Why a command could not do its work: one line what, one line what to do.

use std::fmt::Display;
use std::path::Path;

use crate::text::{Lang, tf};

/// Bad usage or bad input; the exit code is 2.
#[derive(Debug, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong, in the person's language.
    pub what: String,
    /// What to do about it.
    pub todo: Option<String>,
}

impl Failure {
    /// Something is wrong, and this can be done.
    pub fn new(what: impl Into<String>, todo: impl Into<String>) -> Self {
        Self { what: what.into(), todo: Some(todo.into()) }
    }

    /// One line says both what is wrong and what to do.
    pub fn line(what: impl Into<String>) -> Self {
        Self { what: what.into(), todo: None }
    }

    /// `path` cannot be read.
    pub fn cannot_read(lang: Lang, path: &Path, why: &dyn Display, todo: String) -> Self {
        let path = path.display();
        Self::new(tf(lang, "cli.error.cannot_read", &[("path", &path), ("why", &why)]), todo)
    }
}
