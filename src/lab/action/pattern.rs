//! Patterns over actions, for `allow`: `crash *`, `crash b1`, `produce`.

use std::fmt;

use super::Action;
use super::help::verbs;
use crate::lab::name;

/// Which actions a lesson allows: a verb, then words the action's own words must begin with (`*` = any one word).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    words: Vec<String>,
}

/// Why a pattern was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{verb}` is no action{}", near.as_ref().map(|n| format!(", did you mean `{n}`?")).unwrap_or_default())]
pub struct PatternError {
    /// What was written.
    pub verb: String,
    /// What was probably meant.
    pub near: Option<String>,
}

impl Pattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// Its first word is no verb (`*` alone is any action).
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        let words =
            shlex::split(text).unwrap_or_else(|| text.split_whitespace().map(str::to_owned).collect());
        let verb = words.first().cloned().unwrap_or_default();
        if verb != "*" && !verbs().any(|v| v == verb) {
            let near = name::nearest(&verb, verbs()).map(str::to_owned);
            return Err(PatternError { verb, near });
        }
        Ok(Self { words })
    }

    /// Whether an action fits.
    #[must_use]
    pub fn matches(&self, action: &Action) -> bool {
        let words = shlex::split(&action.to_string()).unwrap_or_default();
        self.words.len() <= words.len() && self.words.iter().zip(&words).all(|(p, w)| p == "*" || p == w)
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_a_beginning() {
        let crash: Action = "crash b1".parse().unwrap();
        let send: Action = "produce p --key 'a b'".parse().unwrap();
        for (pattern, on_crash, on_send) in [
            ("crash b1", true, false),
            ("crash *", true, false),
            ("crash b2", false, false),
            ("crash * --power", false, false),
            ("produce", false, true),
            ("produce p --key 'a b'", false, true),
            ("*", true, true),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!((parsed.matches(&crash), parsed.matches(&send)), (on_crash, on_send), "{pattern}");
        }
        let error = Pattern::parse("crahs b1").unwrap_err();
        assert_eq!((error.verb.as_str(), error.near.as_deref()), ("crahs", Some("crash")));
    }
}
