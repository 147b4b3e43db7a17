//! Which theme and how many colours: from what the person asked for and what the terminal says.
//!
//! Pure functions of strings; the shell reads the environment and asks the terminal.

use std::fmt;
use std::str::FromStr;

use super::{Depth, ThemeName};

/// `--theme`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ThemeChoice {
    /// Dark or light like the terminal's background; dark if it does not say.
    #[default]
    Auto,
    /// This theme.
    Named(ThemeName),
}

/// `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// As many as the environment promises.
    #[default]
    Auto,
    /// This many.
    Depth(Depth),
}

/// What is known of the terminal: values of environment variables (unset = `None`) and its background.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TerminalHints<'a> {
    /// `NO_COLOR`: any value but the empty one switches colour off.
    pub no_color: Option<&'a str>,
    /// `COLORTERM`: `truecolor` or `24bit` promises 24-bit colours.
    pub colorterm: Option<&'a str>,
    /// `TERM`: a name with `256` promises 256 colours, one with `direct` 24 bits, `dumb` none.
    pub term: Option<&'a str>,
    /// What the terminal answered when it was asked for its background.
    pub background: Option<Background>,
}

/// The terminal's background.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Background {
    /// Darker than middle grey.
    Dark,
    /// Lighter than middle grey.
    Light,
}

impl Background {
    /// Reads a terminal's answer to the question for its background (OSC 11), such as
    /// `ESC ] 11 ; rgb:1e1e/1e1e/2e2e ESC \`. Each channel has one to four hexadecimal digits.
    pub fn from_osc11(answer: &str) -> Option<Self> {
        let (_, colour) = answer.split_once("11;rgb:").or_else(|| answer.split_once("11;rgba:"))?;
        let colour = colour.split(['\u{1b}', '\u{7}', '\u{9c}']).next()?;
        let mut channels = colour.split('/').map(|hex| {
            let value = u32::from_str_radix(hex, 16).ok().filter(|_| (1..=4).contains(&hex.len()))?;
            Some(value * 1000 / ((1 << (4 * hex.len())) - 1))
        });
        let (red, green, blue) = (channels.next()??, channels.next()??, channels.next()??);
        let brightness = (red * 299 + green * 587 + blue * 114) / 1000;
        Some(if brightness < 500 { Background::Dark } else { Background::Light })
    }
}

impl ThemeChoice {
    /// The theme this choice means on `terminal`.
    pub fn resolve(self, terminal: &TerminalHints<'_>) -> ThemeName {
        match (self, terminal.background) {
            (ThemeChoice::Named(name), _) => name,
            (ThemeChoice::Auto, Some(Background::Light)) => ThemeName::Light,
            (ThemeChoice::Auto, Some(Background::Dark) | None) => ThemeName::Dark,
        }
    }

    /// Whether the terminal's background has a say, so that asking for it is worth the wait.
    pub fn asks_for_background(self) -> bool {
        self == ThemeChoice::Auto
    }
}

impl ColorChoice {
    /// The depth this choice means on `terminal`.
    pub fn resolve(self, terminal: &TerminalHints<'_>) -> Depth {
        if let ColorChoice::Depth(depth) = self {
            return depth;
        }
        let term = terminal.term.unwrap_or_default();
        if terminal.no_color.is_some_and(|value| !value.is_empty()) || term == "dumb" {
            Depth::Mono
        } else if matches!(terminal.colorterm, Some("truecolor" | "24bit")) || term.contains("direct") {
            Depth::Rgb
        } else if term.contains("256") {
            Depth::Indexed
        } else {
            Depth::Ansi
        }
    }
}

/// A value that `--theme` or `--color` does not know.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown {option} '{given}': use {}", .known.join(", "))]
pub struct UnknownChoice {
    /// The option, without dashes.
    pub option: &'static str,
    /// What was given.
    pub given: String,
    /// What it could be.
    pub known: Vec<&'static str>,
}

impl ThemeChoice {
    /// Every choice with its name on the command line.
    pub const NAMED: [(&'static str, ThemeChoice); 4] = [
        ("auto", ThemeChoice::Auto),
        ("dark", ThemeChoice::Named(ThemeName::Dark)),
        ("light", ThemeChoice::Named(ThemeName::Light)),
        ("projector", ThemeChoice::Named(ThemeName::Projector)),
    ];
}

impl ColorChoice {
    /// Every choice with its name on the command line.
    pub const NAMED: [(&'static str, ColorChoice); 5] = [
        ("auto", ColorChoice::Auto),
        ("rgb", ColorChoice::Depth(Depth::Rgb)),
        ("256", ColorChoice::Depth(Depth::Indexed)),
        ("16", ColorChoice::Depth(Depth::Ansi)),
        ("mono", ColorChoice::Depth(Depth::Mono)),
    ];
}

/// The choice called `given` among `named`.
pub(super) fn find<T: Copy>(
    option: &'static str,
    given: &str,
    named: &[(&'static str, T)],
) -> Result<T, UnknownChoice> {
    let known = || named.iter().map(|(name, _)| *name).collect();
    let found = named.iter().find(|(name, _)| *name == given).map(|(_, choice)| *choice);
    found.ok_or_else(|| UnknownChoice { option, given: given.to_owned(), known: known() })
}

/// The name of `choice` among `named`.
pub(super) fn name_of<T: PartialEq>(choice: &T, named: &[(&'static str, T)]) -> &'static str {
    named.iter().find(|(_, other)| other == choice).map_or("auto", |(name, _)| name)
}

impl FromStr for ThemeChoice {
    type Err = UnknownChoice;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        find("theme", given, &Self::NAMED)
    }
}

impl FromStr for ColorChoice {
    type Err = UnknownChoice;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        find("color", given, &Self::NAMED)
    }
}

impl fmt::Display for ThemeChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(self, &Self::NAMED))
    }
}

impl fmt::Display for ColorChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(self, &Self::NAMED))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_environment_decides_the_depth() {
        let cases = [
            (None, None, None, Depth::Ansi),
            (None, None, Some("xterm"), Depth::Ansi),
            (None, None, Some("screen-256color"), Depth::Indexed),
            (None, None, Some("xterm-direct"), Depth::Rgb),
            (None, Some("truecolor"), Some("xterm-256color"), Depth::Rgb),
            (None, Some("24bit"), None, Depth::Rgb),
            (None, Some("yes"), Some("xterm"), Depth::Ansi),
            (None, None, Some("dumb"), Depth::Mono),
            (Some("1"), Some("truecolor"), Some("xterm-256color"), Depth::Mono),
            (Some(""), Some("truecolor"), None, Depth::Rgb),
        ];
        for (no_color, colorterm, term, depth) in cases {
            let hints = TerminalHints { no_color, colorterm, term, background: None };
            assert_eq!(ColorChoice::Auto.resolve(&hints), depth, "{hints:?}");
            assert_eq!(ColorChoice::Depth(Depth::Indexed).resolve(&hints), Depth::Indexed);
        }
    }

    #[test]
    fn the_background_decides_the_theme_unless_one_is_named() {
        let on = |background| TerminalHints { background, ..TerminalHints::default() };
        assert_eq!(ThemeChoice::Auto.resolve(&on(None)), ThemeName::Dark);
        assert_eq!(ThemeChoice::Auto.resolve(&on(Some(Background::Light))), ThemeName::Light);
        let projector = ThemeChoice::Named(ThemeName::Projector);
        assert_eq!(projector.resolve(&on(Some(Background::Dark))), ThemeName::Projector);
    }

    #[test]
    fn answers_about_the_background_are_read() {
        let cases = [
            ("\u{1b}]11;rgb:1e1e/1e1e/2e2e\u{1b}\\", Some(Background::Dark)),
            ("\u{1b}]11;rgb:ffff/ffff/dddd\u{7}", Some(Background::Light)),
            ("\u{1b}]11;rgb:f/f/f\u{7}", Some(Background::Light)),
            ("\u{1b}]11;rgba:00/00/00/ff\u{7}", Some(Background::Dark)),
            ("\u{1b}]11;rgb:12345/0/0\u{7}", None),
            ("\u{1b}]11;rgb:zz/0/0\u{7}", None),
            ("\u{1b}[?62c", None),
        ];
        for (answer, background) in cases {
            assert_eq!(Background::from_osc11(answer), background, "{answer:?}");
        }
    }

    #[test]
    fn names_are_read_back() {
        for (name, choice) in ThemeChoice::NAMED {
            assert_eq!((name.parse(), choice.to_string().as_str()), (Ok(choice), name));
        }
        for (name, choice) in ColorChoice::NAMED {
            assert_eq!((name.parse(), choice.to_string().as_str()), (Ok(choice), name));
        }
        let error = "solarized".parse::<ThemeChoice>().unwrap_err();
        assert_eq!(error.to_string(), "unknown theme 'solarized': use auto, dark, light, projector");
    }
}
