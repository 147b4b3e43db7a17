//! The two languages, a text in both, and which one to begin with.

use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

/// A language of the interface and of the lessons. Neither is a translation of the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lang {
    /// Korean.
    Ko,
    /// English.
    En,
}

impl Lang {
    /// Both languages.
    pub const ALL: [Lang; 2] = [Lang::Ko, Lang::En];

    /// The code used on the command line and in files: `ko` or `en`.
    pub const fn code(self) -> &'static str {
        match self {
            Lang::Ko => "ko",
            Lang::En => "en",
        }
    }

    /// The language's name in itself.
    pub const fn name(self) -> &'static str {
        match self {
            Lang::Ko => "한국어",
            Lang::En => "English",
        }
    }

    /// The other language, which the language key switches to.
    pub const fn other(self) -> Lang {
        match self {
            Lang::Ko => Lang::En,
            Lang::En => Lang::Ko,
        }
    }

    /// The language of a POSIX locale: Korean when the locale that counts for messages is Korean, else English.
    ///
    /// The arguments are the values of `LC_ALL`, `LC_MESSAGES` and `LANG`; the first that is set and not empty
    /// counts.
    pub fn from_locale(lc_all: Option<&str>, lc_messages: Option<&str>, lang: Option<&str>) -> Lang {
        let locale = effective_locale(lc_all, lc_messages, lang);
        let language = locale.split(['_', '-', '.', '@']).next().unwrap_or_default();
        if language.eq_ignore_ascii_case("ko") { Lang::Ko } else { Lang::En }
    }
}

/// Whether a POSIX locale encodes characters as UTF-8. The arguments are `LC_ALL`, `LC_CTYPE` and `LANG`.
pub fn locale_is_utf8(lc_all: Option<&str>, lc_ctype: Option<&str>, lang: Option<&str>) -> bool {
    let locale = effective_locale(lc_all, lc_ctype, lang).to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

fn effective_locale<'a>(all: Option<&'a str>, category: Option<&'a str>, lang: Option<&'a str>) -> &'a str {
    [all, category, lang].into_iter().flatten().find(|value| !value.is_empty()).unwrap_or_default()
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// A language code that is neither `ko` nor `en`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown language '{0}': use ko or en")]
pub struct UnknownLang(pub String);

impl FromStr for Lang {
    type Err = UnknownLang;

    fn from_str(code: &str) -> Result<Self, Self::Err> {
        Lang::ALL.into_iter().find(|lang| lang.code() == code).ok_or_else(|| UnknownLang(code.to_owned()))
    }
}

/// One text in both languages; in files `{ ko = "…", en = "…" }`, both required.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Text {
    /// The Korean text.
    pub ko: String,
    /// The English text.
    pub en: String,
}

impl Text {
    /// A text from its two versions.
    pub fn new(ko: impl Into<String>, en: impl Into<String>) -> Self {
        Self { ko: ko.into(), en: en.into() }
    }

    /// The version in `lang`.
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Ko => &self.ko,
            Lang::En => &self.en,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_locale_decides_the_first_language() {
        let cases = [
            (None, None, Some("ko_KR.UTF-8"), Lang::Ko),
            (None, None, Some("ko"), Lang::Ko),
            (None, None, Some("KO-kr"), Lang::Ko),
            (None, None, Some("en_US.UTF-8"), Lang::En),
            (None, None, Some("kok_IN"), Lang::En),
            (None, None, None, Lang::En),
            (Some("C"), Some("ko_KR"), Some("ko_KR"), Lang::En),
            (Some(""), Some("ko_KR"), Some("en_US"), Lang::Ko),
            (None, Some("en_GB"), Some("ko_KR"), Lang::En),
        ];
        for (all, messages, lang, expected) in cases {
            assert_eq!(Lang::from_locale(all, messages, lang), expected, "{all:?} {messages:?} {lang:?}");
        }
    }

    #[test]
    fn utf8_is_seen_in_either_spelling() {
        assert!(locale_is_utf8(None, None, Some("ko_KR.UTF-8")));
        assert!(locale_is_utf8(None, Some("en_US.utf8"), Some("C")));
        assert!(!locale_is_utf8(Some("C"), None, Some("ko_KR.UTF-8")));
        assert!(!locale_is_utf8(None, None, None));
    }

    #[test]
    fn codes_are_read_back() {
        for lang in Lang::ALL {
            assert_eq!(lang.code().parse(), Ok(lang));
            assert_eq!(lang.other().other(), lang);
        }
        assert_eq!("kr".parse::<Lang>(), Err(UnknownLang("kr".into())));
    }

    #[test]
    fn a_text_needs_both_languages() {
        #[derive(Deserialize)]
        struct File {
            title: Text,
        }
        let file: File = toml::from_str(r#"title = { ko = "토픽", en = "Topics" }"#).unwrap();
        assert_eq!((file.title.get(Lang::Ko), file.title.get(Lang::En)), ("토픽", "Topics"));
        assert!(toml::from_str::<File>(r#"title = { ko = "토픽" }"#).is_err());
        assert!(toml::from_str::<File>(r#"title = { ko = "", en = "", fr = "" }"#).is_err());
    }
}
