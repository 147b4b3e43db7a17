//! A log in the state folder, never on the screen.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use tracing::Level;

/// Beyond this the log begins anew.
const LARGEST: u64 = 1 << 20;

/// Writes what happens to `folder/kafkarium.log` from now on; answers where. None, and no log, if that cannot be written.
pub fn begin(folder: &Path) -> Option<PathBuf> {
    let path = folder.join("kafkarium.log");
    fs::create_dir_all(folder).ok()?;
    let full = fs::metadata(&path).is_ok_and(|meta| meta.len() > LARGEST);
    let mut options = File::options();
    let file = if full { options.write(true).truncate(true) } else { options.append(true).create(true) };
    let log = tracing_subscriber::fmt()
        .with_writer(Mutex::new(file.open(&path).ok()?))
        .with_max_level(Level::INFO)
        .with_ansi(false)
        .finish();
    // Somebody else may have set one up, in a test.
    tracing::subscriber::set_global_default(log).ok()?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), "begin");
    Some(path)
}
