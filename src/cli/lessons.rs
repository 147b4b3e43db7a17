//! The course: the embedded one, or that of `--lessons`.

use std::fmt::Display;
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

use super::failure::Failure;
use crate::course::{Course, Diagnostic, Lesson, OpenError};
use crate::text::sanitize::sanitize_line;
use crate::text::{Lang, t, tf};

/// Folders below `--lessons` are followed so deep; whoever links a folder into itself gets no further.
pub const DEEPEST: usize = 8;

/// The course in force.
///
/// # Errors
/// The folder cannot be read, or holds no lesson files.
pub fn course(folder: Option<&Path>, lang: Lang) -> Result<Course, Failure> {
    let Some(folder) = folder else { return Ok(Course::embedded()) };
    let mut files = Vec::new();
    collect(folder, "", DEEPEST, &mut files).map_err(|error| {
        Failure::cannot_read(lang, folder, &error, t(lang, "cli.error.give_a_folder").to_owned())
    })?;
    if files.is_empty() {
        let what = tf(lang, "cli.error.no_lessons", &[("path", &folder.display())]);
        return Err(Failure::new(what, t(lang, "cli.error.give_a_folder")));
    }
    Ok(Course::from_files(files))
}

/// Every `.toml` file below `folder`: its path from there, with `/`, and its text.
pub fn collect(
    folder: &Path,
    inside: &str,
    depth: usize,
    files: &mut Vec<(String, String)>,
) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = entry.path();
        if name.starts_with('.') {
            continue;
        }
        let inside = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if path.is_dir() {
            if depth > 0 {
                collect(&path, &inside, depth - 1, files)?;
            }
        } else if inside.ends_with(".toml") {
            files.push((inside, String::from_utf8_lossy(&fs::read(&path)?).into_owned()));
        }
    }
    Ok(())
}

/// The lesson called `name`, and the slug of a beat in it.
///
/// # Errors
/// There is no such lesson or beat, or the lesson's file is wrong.
pub fn lesson_and_beat(
    course: &Course,
    name: &str,
    beat: Option<&str>,
    lang: Lang,
) -> Result<(Arc<Lesson>, Option<String>), Failure> {
    let lesson = course.open(name).map_err(|error| unopened(&error, lang))?;
    let Some(beat) = beat else { return Ok((lesson, None)) };
    if let Some(at) = lesson.beat(beat) {
        let slug = lesson.beats[at].id.clone();
        return Ok((lesson, Some(slug)));
    }
    let names: Vec<&str> = lesson.beats.iter().map(|beat| beat.id.as_str()).collect();
    let what = tf(lang, "cli.error.unknown_beat", &[("lesson", &lesson.id), ("beat", &sanitize_line(beat))]);
    let values: [(&str, &dyn Display); 2] = [("count", &names.len()), ("names", &names.join(" "))];
    Err(Failure::new(what, tf(lang, "cli.error.beats_are", &values)))
}

/// A lesson that cannot be opened, and what to do.
fn unopened(error: &OpenError, lang: Lang) -> Failure {
    match error {
        OpenError::Unknown { given, near } => {
            let todo = match near {
                Some(id) => tf(lang, "error.did_you_mean", &[("id", id)]),
                None => t(lang, "cli.error.lessons_there").to_owned(),
            };
            Failure::new(tf(lang, "error.unknown_lesson", &[("id", given)]), todo)
        }
        OpenError::Coming(_) => Failure::new(error.message().get(lang), t(lang, "cli.error.lessons_there")),
        OpenError::Broken(problems) => shown(problems, lang),
    }
}

/// What is wrong in a file, with the places.
pub fn shown(problems: &[Diagnostic], lang: Lang) -> Failure {
    let shown: Vec<String> = problems.iter().map(|problem| problem.render(lang, false)).collect();
    Failure::line(shown.join("\n"))
}
