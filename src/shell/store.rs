//! The progress file: written whole or not at all, merged with what another window wrote, never overwritten unread.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::course::progress::{self, Progress};

const NAME: &str = "progress.toml";

/// The folder for what is kept between two sessions: `$XDG_STATE_HOME/kafkarium`, by default `~/.local/state/kafkarium`.
/// None if the system does not say where the person lives.
pub fn state_folder() -> Option<PathBuf> {
    let places = etcetera::choose_base_strategy().ok()?;
    Some(places.state_dir().unwrap_or_else(|| places.data_dir()).join("kafkarium"))
}

/// Why progress is not where it should be. Said to the person, once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The file could not be understood; it is kept under this name.
    SetAside(PathBuf),
    /// The file comes from a newer version; it is read as far as possible and nothing is written.
    Newer(PathBuf),
    /// The file or its folder could not be read or written.
    Refused(PathBuf, String),
    /// There is no folder for it.
    Nowhere,
}

/// What is kept in `folder`, without touching anything; empty if it cannot be read.
pub fn read(folder: Option<PathBuf>) -> Progress {
    match folder.map(|folder| look(&folder.join(NAME))) {
        Some(Ok(Found::Progress(progress) | Found::Newer(progress))) => progress,
        _ => Progress::default(),
    }
}

/// Where progress is kept.
#[derive(Debug)]
pub struct Store {
    /// None: nothing is written.
    path: Option<PathBuf>,
    /// What the file held when it was last read or written here.
    base: Progress,
}

/// What the file holds at this moment.
enum Found {
    Nothing,
    Progress(Progress),
    Newer(Progress),
    Unreadable,
}

impl Store {
    /// The store in `folder` with what it holds, and what went wrong on the way.
    pub fn open(folder: Option<PathBuf>) -> (Self, Progress, Option<Trouble>) {
        let Some(folder) = folder else {
            return (Self::closed(), Progress::default(), Some(Trouble::Nowhere));
        };
        let path = folder.join(NAME);
        // A link to a file elsewhere stays a link.
        let path = fs::canonicalize(&path).unwrap_or(path);
        let (progress, trouble, writable) = match look(&path) {
            Ok(Found::Nothing) => (Progress::default(), None, true),
            Ok(Found::Progress(progress)) => (progress, None, true),
            Ok(Found::Newer(progress)) => (progress, Some(Trouble::Newer(path.clone())), false),
            Ok(Found::Unreadable) => match set_aside(&path) {
                Ok(kept) => (Progress::default(), Some(Trouble::SetAside(kept)), true),
                Err(error) => {
                    (Progress::default(), Some(Trouble::Refused(path.clone(), error.to_string())), false)
                }
            },
            Err(error) => {
                (Progress::default(), Some(Trouble::Refused(path.clone(), error.to_string())), false)
            }
        };
        let store = Self { path: writable.then_some(path), base: progress.clone() };
        (store, progress, trouble)
    }

    /// A store that writes nothing.
    pub fn closed() -> Self {
        Self { path: None, base: Progress::default() }
    }

    /// The file that progress is written to, if it is.
    pub fn path(&self) -> Option<&Path> {
        self.path.as_deref()
    }

    /// Writes `mine`, merged with what the file holds by now. `order` is the place of a beat in its lesson.
    ///
    /// # Errors
    /// [`Trouble`]; after [`Trouble::Newer`] nothing more is written.
    pub fn save(
        &mut self,
        mine: &Progress,
        order: impl Fn(&str, &str) -> Option<usize>,
    ) -> Result<(), Trouble> {
        let Some(path) = self.path.clone() else { return Ok(()) };
        let refused = |error: io::Error| Trouble::Refused(path.clone(), error.to_string());
        let folder = path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder).map_err(refused)?;
        let guard = File::open(folder).map_err(refused)?;
        // Where locks do not exist, two windows that save in the same millisecond may lose an answer, no more.
        let _ = rustix::fs::flock(&guard, rustix::fs::FlockOperation::LockExclusive);
        let mut trouble = None;
        let merged = match look(&path).map_err(refused)? {
            Found::Nothing => mine.clone(),
            Found::Progress(disk) => progress::merge(&self.base, mine, &disk, order),
            Found::Newer(_) => {
                self.path = None;
                return Err(Trouble::Newer(path));
            }
            Found::Unreadable => {
                trouble = Some(Trouble::SetAside(set_aside(&path).map_err(refused)?));
                mine.clone()
            }
        };
        replace(&path, &progress::print(&merged)).map_err(refused)?;
        guard.sync_all().map_err(refused)?;
        self.base = merged;
        trouble.map_or(Ok(()), Err)
    }
}

fn look(path: &Path) -> io::Result<Found> {
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Found::Nothing),
        Err(error) => return Err(error),
    };
    let parsed = String::from_utf8(bytes).ok().and_then(|text| progress::parse(&text).ok());
    Ok(match parsed {
        None => Found::Unreadable,
        Some(parsed) if parsed.newer.is_some() => Found::Newer(parsed.progress),
        Some(parsed) => Found::Progress(parsed.progress),
    })
}

/// Renames `path` to the first free `….broken-N.toml`.
fn set_aside(path: &Path) -> io::Result<PathBuf> {
    let name = |n: u32| path.with_file_name(format!("progress.broken-{n}.toml"));
    let free = (1..).map(name).find(|kept| fs::symlink_metadata(kept).is_err());
    let kept = free.unwrap_or_else(|| name(0));
    fs::rename(path, &kept)?;
    Ok(kept)
}

/// Puts `text` in place of what `path` held, so that whoever looks, or whoever comes after a power cut, finds one or the other.
///
/// # Errors
/// The file cannot be written; what was there is still there.
pub fn replace(path: &Path, text: &str) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = (|| {
        let mut file = File::create(&beside)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&beside, path)
    })();
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::course::progress::{LessonProgress, Place};

    fn at(lesson: &str, beat: &str) -> Progress {
        let last = Some(Place { lesson: lesson.into(), beat: beat.into() });
        let mut progress = Progress { last, ..Progress::default() };
        progress.lessons.insert(lesson.into(), LessonProgress { beat: beat.into(), done: false });
        progress
    }

    fn order(_: &str, beat: &str) -> Option<usize> {
        ["begin", "middle", "end"].iter().position(|name| *name == beat)
    }

    fn open(folder: &Path) -> (Store, Progress, Option<Trouble>) {
        Store::open(Some(folder.join("state")))
    }

    #[test]
    fn what_was_saved_is_there_next_time() {
        let folder = tempfile::tempdir().unwrap();
        let (mut store, empty, trouble) = open(folder.path());
        assert_eq!((empty, trouble), (Progress::default(), None));
        store.save(&at("tour", "middle"), order).unwrap();
        let (_, found, trouble) = open(folder.path());
        assert_eq!((found, trouble), (at("tour", "middle"), None));
        let files: Vec<_> = fs::read_dir(folder.path().join("state")).unwrap().collect();
        assert_eq!(files.len(), 1, "nothing lies beside the file: {files:?}");
    }

    #[test]
    fn two_windows_keep_what_the_other_did() {
        let folder = tempfile::tempdir().unwrap();
        let (mut one, ..) = open(folder.path());
        let (mut two, ..) = open(folder.path());
        one.save(&at("tour", "end"), order).unwrap();
        two.save(&at("topic", "begin"), order).unwrap();
        two.save(&at("tour", "begin"), order).unwrap();
        let (_, found, _) = open(folder.path());
        assert_eq!(found.lessons["tour"].beat, "end");
        assert_eq!(found.lessons["topic"].beat, "begin");
    }

    #[test]
    fn a_file_that_is_none_is_set_aside_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let state = folder.path().join("state");
        fs::create_dir(&state).unwrap();
        for (n, garbage) in [(1, &b"format = "[..]), (2, &b"\xff\xfe"[..]), (3, &b""[..])] {
            fs::write(state.join(NAME), garbage).unwrap();
            let (mut store, progress, trouble) = open(folder.path());
            let kept = state.join(format!("progress.broken-{n}.toml"));
            assert_eq!((progress, trouble), (Progress::default(), Some(Trouble::SetAside(kept.clone()))));
            assert_eq!(fs::read(kept).unwrap(), garbage);
            store.save(&at("tour", "begin"), order).unwrap();
        }
        // It breaks while the program runs.
        let (mut store, ..) = open(folder.path());
        fs::write(state.join(NAME), "]").unwrap();
        assert!(matches!(store.save(&at("tour", "end"), order), Err(Trouble::SetAside(_))));
        assert_eq!(open(folder.path()).1, at("tour", "end"));
    }

    #[test]
    fn a_file_of_a_newer_version_is_read_and_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state").join(NAME);
        fs::create_dir(path.parent().unwrap()).unwrap();
        let text = "format = 99\nlast = { lesson = \"tour\", beat = \"end\" }\n";
        fs::write(&path, text).unwrap();
        let (mut store, progress, trouble) = open(folder.path());
        assert_eq!(progress.last.unwrap().beat, "end");
        assert!(matches!(trouble, Some(Trouble::Newer(_))));
        store.save(&at("topic", "begin"), order).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(store.path(), None);
    }

    #[test]
    fn a_folder_that_cannot_be_written_is_said_so() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("state"), "a file where the folder should be").unwrap();
        let (mut store, _, trouble) = open(folder.path());
        let refused = trouble.or_else(|| store.save(&at("tour", "end"), order).err());
        assert!(matches!(refused, Some(Trouble::Refused(..))), "{refused:?}");
        assert_eq!(Store::open(None).2, Some(Trouble::Nowhere));
    }
}
