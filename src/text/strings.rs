//! Interface strings in both languages, from `assets/strings/ui.toml`, `app.toml`, `cli.toml` and `laws.toml`.
//!
//! A key is a dotted path (`home.continue`); its first part says where the string is shown. Strings are whole
//! sentences or labels with `{name}` and `{name|이}` placeholders ([`super::template`]); nothing is glued together from
//! parts.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::OnceLock;

use super::lang::{Lang, Text};
use super::template::{self, MISSING};

const SOURCES: [&str; 4] = [
    include_str!("../../assets/strings/ui.toml"),
    include_str!("../../assets/strings/app.toml"),
    include_str!("../../assets/strings/cli.toml"),
    include_str!("../../assets/strings/laws.toml"),
];

static STRINGS: OnceLock<BTreeMap<String, Text>> = OnceLock::new();

/// All interface strings by key.
pub fn all() -> &'static BTreeMap<String, Text> {
    // The embedded files are checked by the tests below; a broken one shows keys instead of strings.
    STRINGS.get_or_init(|| SOURCES.iter().flat_map(|source| parse(source).unwrap_or_default()).collect())
}

/// The string `key` in `lang`; an unknown key comes back as it is, so that the gap is seen and nothing breaks.
pub fn t(lang: Lang, key: &'static str) -> &'static str {
    lookup(lang, key).unwrap_or(key)
}

/// The string `key` in `lang`, if there is one: for keys put together at run time.
pub fn lookup(lang: Lang, key: &str) -> Option<&'static str> {
    all().get(key).map(|text| text.get(lang))
}

/// The string `key` in `lang` with its placeholders filled by `values`; a value that is not given shows as `·`.
///
/// ```
/// use kafkarium::text::{Lang, tf};
/// assert_eq!(tf(Lang::En, "size.now", &[("width", &44), ("height", &12)]), "44×12 → 80×24");
/// ```
pub fn tf(lang: Lang, key: &'static str, values: &[(&str, &dyn Display)]) -> String {
    let string = t(lang, key);
    let Ok(pieces) = template::parse(string) else { return string.to_owned() };
    template::render(&pieces, lang, |slot| {
        let value = values.iter().find(|(name, _)| *name == slot.expression);
        Some(value.map_or_else(|| MISSING.to_owned(), |(_, value)| value.to_string()))
    })
}

/// Why a table of strings cannot be read.
#[derive(Debug, thiserror::Error)]
enum StringsError {
    #[error("not TOML: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("'{0}' is neither a string pair {{ ko, en }} nor a group of such")]
    NotAPair(String),
}

fn parse(source: &str) -> Result<BTreeMap<String, Text>, StringsError> {
    let mut strings = BTreeMap::new();
    collect(source.parse::<toml::Table>()?, "", &mut strings)?;
    Ok(strings)
}

/// Adds every pair below `table`, whose key is `path`, to `strings`.
fn collect(table: toml::Table, path: &str, strings: &mut BTreeMap<String, Text>) -> Result<(), StringsError> {
    for (name, value) in table {
        let key = if path.is_empty() { name } else { format!("{path}.{name}") };
        match value {
            toml::Value::Table(inner) if inner.values().all(toml::Value::is_table) => {
                collect(inner, &key, strings)?;
            }
            pair => {
                let text = pair.try_into::<Text>().map_err(|_| StringsError::NotAPair(key.clone()))?;
                strings.insert(key, text);
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::super::{sanitize, template::Piece, width};
    use super::*;

    fn slots(string: &str) -> BTreeSet<String> {
        let pieces = template::parse(string).unwrap_or_else(|error| panic!("{string}: {error}"));
        pieces
            .into_iter()
            .filter_map(|piece| match piece {
                Piece::Slot(slot) => Some(slot.expression),
                Piece::Literal(_) => None,
            })
            .collect()
    }

    #[test]
    fn every_string_is_complete_in_both_languages() {
        let files = SOURCES.map(|source| parse(source).unwrap());
        assert!(files.iter().all(|strings| strings.len() > 50));
        assert_eq!(files.iter().map(BTreeMap::len).sum::<usize>(), all().len(), "a key stands in two files");
        for (key, text) in files.iter().flatten() {
            assert!(!text.ko.trim().is_empty() && !text.en.trim().is_empty(), "{key} is empty");
            assert_eq!(slots(&text.ko), slots(&text.en), "{key}: placeholders differ");
            for string in [&text.ko, &text.en] {
                assert_eq!(sanitize::forbidden_chars(string), [], "{key}: {string}");
                assert_eq!(string.trim(), string, "{key}: padded by hand");
            }
        }
    }

    /// The short legend stands in two columns of a card 33 cells wide.
    #[test]
    fn words_of_the_short_legend_fit_their_column() {
        let words = all().iter().filter(|(key, _)| key.starts_with("legend_short."));
        let long = words.flat_map(|(_, text)| [&text.ko, &text.en]).filter(|word| width(word) > 11);
        assert_eq!(long.collect::<Vec<_>>(), Vec::<&String>::new());
    }

    #[test]
    fn placeholders_are_filled_with_particles() {
        assert_eq!(tf(Lang::Ko, "error.unknown_lesson", &[("id", &"tuor")]), "수업 tuor를 찾을 수 없습니다.");
        assert_eq!(tf(Lang::En, "size.now", &[("width", &44)]), "44×· → 80×24");
    }

    #[test]
    fn an_unknown_key_shows_itself() {
        assert_eq!(t(Lang::Ko, "no.such.key"), "no.such.key");
        assert_eq!(lookup(Lang::Ko, "no.such.key"), None);
    }

    #[test]
    fn a_pair_with_a_missing_language_is_refused() {
        assert!(matches!(parse(r#"a.b = { ko = "글" }"#), Err(StringsError::NotAPair(key)) if key == "a.b"));
        assert!(matches!(parse(r#"a = "글""#), Err(StringsError::NotAPair(_))));
        assert!(matches!(parse("a = "), Err(StringsError::Syntax(_))));
    }

    /// Every key that the source names in a call of `t`, `tf` or `lookup` exists.
    #[test]
    fn every_key_used_in_the_source_exists() {
        let mut files = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        let mut missing = Vec::new();
        while let Some(path) = files.pop() {
            if path.is_dir() {
                files.extend(std::fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().path()));
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap_or_default();
            missing.extend(used_keys(code).filter(|key| lookup(Lang::Ko, key).is_none()).map(str::to_owned));
        }
        assert_eq!(missing, Vec::<String>::new());
    }

    /// The dotted string literals given as second argument to `t(`, `tf(` or `lookup(`.
    fn used_keys(code: &str) -> impl Iterator<Item = &str> {
        ["t(", "tf(", "lookup("].into_iter().flat_map(move |call| {
            code.match_indices(call).filter_map(move |(at, _)| {
                let before = code[..at].chars().next_back();
                if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
                    return None;
                }
                let (first, rest) = code[at + call.len()..].split_once('"')?;
                let plain_first = first.trim_end().ends_with(',') && !first.contains([';', '{', ')']);
                let key = rest.split('"').next()?;
                let dotted = key.contains('.')
                    && key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "._-".contains(c));
                (plain_first && dotted).then_some(key)
            })
        })
    }

    #[test]
    fn keys_are_found_in_source() {
        let code = r#"let a = t(lang, "a.b"); at(lang, "c.d"); strings::tf(state.lang, "e.f", &[]); t(f(x), "g.h");"#;
        assert_eq!(used_keys(code).collect::<Vec<_>>(), ["a.b", "e.f"]);
    }
}
