//! What is said about a progress file that is not as it should be.

use super::store::Trouble;
use crate::text::{Lang, t, tf};

/// One sentence.
pub fn sentence(trouble: &Trouble, lang: Lang) -> String {
    match trouble {
        Trouble::SetAside(kept) => tf(lang, "note.progress_set_aside", &[("path", &kept.display())]),
        Trouble::Newer(path) => tf(lang, "shell.newer", &[("path", &path.display())]),
        Trouble::Refused(path, why) => tf(lang, "shell.refused", &[("path", &path.display()), ("why", why)]),
        Trouble::Nowhere => t(lang, "shell.nowhere").to_owned(),
    }
}
