//! Three sets of drawing characters, exchanged cell for cell in the finished picture.
//!
//! Scenes are drawn once, in the Unicode set. Some terminals draw many of its characters two cells wide and would tear
//! every border, some cannot draw them at all. [`apply`] is the last pass over a finished buffer: it replaces one cell
//! by one cell, so the layout never depends on the set.

use std::fmt;
use std::str::FromStr;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Modifier;

use super::choice::{UnknownChoice, find, name_of};
use crate::text::sanitize::is_ambiguous;
use crate::text::width::width;

/// A set of drawing characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GlyphSet {
    /// Box drawing, stars and arrows, one cell each.
    Unicode,
    /// Only characters that every terminal draws with the same width.
    Wide,
    /// Drawings in ASCII; letters of either language stay.
    Ascii,
}

/// `--glyphs`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GlyphChoice {
    /// As the terminal draws them.
    #[default]
    Auto,
    /// This set.
    Named(GlyphSet),
}

impl GlyphChoice {
    /// Every choice with its name on the command line.
    pub const NAMED: [(&'static str, GlyphChoice); 4] = [
        ("auto", GlyphChoice::Auto),
        ("unicode", GlyphChoice::Named(GlyphSet::Unicode)),
        ("wide", GlyphChoice::Named(GlyphSet::Wide)),
        ("ascii", GlyphChoice::Named(GlyphSet::Ascii)),
    ];

    /// The set this choice means.
    ///
    /// `probe` is the width in cells that the terminal gave to `─`, if it answered; `utf8` says whether the locale is
    /// UTF-8, which decides where there is no answer.
    pub fn resolve(self, probe: Option<u16>, utf8: bool) -> GlyphSet {
        match (self, probe) {
            (GlyphChoice::Named(set), _) => set,
            (GlyphChoice::Auto, Some(1)) => GlyphSet::Unicode,
            (GlyphChoice::Auto, Some(2)) => GlyphSet::Wide,
            (GlyphChoice::Auto, None) if utf8 => GlyphSet::Unicode,
            // Any other width means that the bytes were taken for several characters.
            (GlyphChoice::Auto, Some(_) | None) => GlyphSet::Ascii,
        }
    }
}

impl FromStr for GlyphChoice {
    type Err = UnknownChoice;

    fn from_str(given: &str) -> Result<Self, Self::Err> {
        find("glyphs", given, &Self::NAMED)
    }
}

impl fmt::Display for GlyphChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(name_of(self, &Self::NAMED))
    }
}

/// Redraws a finished `buffer` in `set`. Call it once, after everything else is drawn.
///
/// In every set a record tile whose fill is reversed (mono) gets brackets, because half blocks have no shape of their
/// own without colour.
pub fn apply(set: GlyphSet, buffer: &mut Buffer) {
    let Rect { x: left, y: top, width: columns, height } = buffer.area;
    for y in top..top + height {
        bracket_tiles(set, buffer, left..left + columns, y);
        if set == GlyphSet::Unicode {
            continue;
        }
        for x in left..left + columns {
            let cell = &mut buffer[(x, y)];
            let Some(glyph) = replacement(set, cell.symbol()) else { continue };
            if cell.symbol() == "█" {
                cell.modifier |= Modifier::REVERSED;
            }
            cell.set_char(glyph);
        }
    }
}

/// The longest record tile, in cells: a half block further away belongs to something else.
const LONGEST_TILE: u16 = 24;

/// Turns `▐a▌` into `[a]`, all of it on the fill of its first inner cell.
fn bracket_tiles(set: GlyphSet, buffer: &mut Buffer, columns: std::ops::Range<u16>, y: u16) {
    let mut open: Option<u16> = None;
    for x in columns {
        match buffer[(x, y)].symbol() {
            "▐" => open = Some(x),
            "▌" => {
                let Some(start) = open.take().filter(|start| x - start > 1 && x - start < LONGEST_TILE)
                else {
                    continue;
                };
                let fill = buffer[(start + 1, y)].style();
                if set != GlyphSet::Unicode || fill.add_modifier.contains(Modifier::REVERSED) {
                    buffer[(start, y)].set_char('[').set_style(fill);
                    buffer[(x, y)].set_char(']').set_style(fill);
                }
            }
            _ => {}
        }
    }
}

/// What stands for `symbol` in `set`, if it must be replaced.
fn replacement(set: GlyphSet, symbol: &str) -> Option<char> {
    let first = symbol.chars().next().filter(|c| !c.is_ascii())?;
    let known = TABLE.iter().find(|(unicode, ..)| *unicode == first);
    match set {
        GlyphSet::Unicode => None,
        GlyphSet::Wide => match known {
            Some((_, wide, _)) => Some(*wide),
            None => symbol.chars().any(is_ambiguous).then_some('?'),
        },
        GlyphSet::Ascii => match known {
            Some((_, _, ascii)) => Some(*ascii),
            None => (width(symbol) == 1).then_some('?'),
        },
    }
}

/// Unicode, wide-safe, ASCII. Characters whose width is the same everywhere may stay in the wide-safe set.
#[rustfmt::skip]
const TABLE: &[(char, char, char)] = &[
    // Thin boxes: servers square, clients round.
    ('─', '-', '-'), ('│', '|', '|'),
    ('┌', '+', '+'), ('┐', '+', '+'), ('└', '+', '+'), ('┘', '+', '+'),
    ('├', '+', '+'), ('┤', '+', '+'), ('┬', '+', '+'), ('┴', '+', '+'), ('┼', '+', '+'),
    ('╭', '.', '.'), ('╮', '.', '.'), ('╰', '\'', '\''), ('╯', '\'', '\''),
    // Heavy boxes, trails, high watermark, fork.
    ('━', '=', '='), ('┃', '|', '|'),
    ('┏', '+', '+'), ('┓', '+', '+'), ('┗', '+', '+'), ('┛', '+', '+'),
    ('┣', '+', '+'), ('┫', '+', '+'), ('┻', '+', '+'), ('╋', '+', '+'), ('┳', 'Y', 'Y'),
    // Dashed.
    ('╌', '.', '.'), ('╎', ':', ':'), ('┄', '.', '.'), ('┆', ':', ':'),
    // Fills. A half block left over from the tiles is an edge.
    ('▐', '[', '['), ('▌', '|', '|'), ('█', ' ', ' '), ('░', '░', '.'),
    // Marks and states.
    ('★', '*', '*'), ('☆', '+', '+'), ('◉', '◉', '@'), ('◌', '◌', 'o'),
    ('◆', '*', '*'), ('✗', 'x', 'x'), ('✓', 'v', 'v'), ('⚠', '!', '!'),
    ('▲', '^', '^'), ('▼', 'v', 'v'), ('▴', '▴', '^'), ('▾', '▾', 'v'),
    // Packets.
    ('●', '◉', '@'), ('○', '◦', 'o'), ('◦', '◦', 'o'), ('•', '◦', 'o'),
    ('▸', '›', '>'), ('◂', '‹', '<'), ('›', '›', '>'), ('‹', '‹', '<'),
    ('╱', '/', '/'), ('╲', '\\', '\\'),
    // Text.
    ('·', '.', '.'), ('…', '~', '~'), ('–', '-', '-'), ('×', 'x', 'x'), ('µ', 'µ', 'u'),
    ('‘', '\'', '\''), ('’', '\'', '\''),
    ('→', '>', '>'), ('←', '<', '<'), ('↑', '^', '^'), ('↓', 'v', 'v'), ('↔', '=', '='),
    ('↻', '↻', '%'), ('↺', '↺', '%'),
];

#[cfg(test)]
mod tests {
    use ratatui::style::{Color, Style};

    use super::*;
    use crate::text::sanitize::AMBIGUOUS_ALLOWED;

    fn row(buffer: &Buffer) -> String {
        let mut text = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, 0)].symbol();
            text.push_str(symbol);
            x += width(symbol).max(1) as u16;
        }
        text
    }

    fn redrawn(set: GlyphSet, line: &str) -> String {
        let mut buffer = Buffer::with_lines([line]);
        apply(set, &mut buffer);
        row(&buffer)
    }

    #[test]
    fn the_table_keeps_widths_and_has_every_allowed_character() {
        for (unicode, wide, ascii) in TABLE {
            assert_eq!(width(&unicode.to_string()), 1, "{unicode}");
            assert_eq!(width(&wide.to_string()), 1, "{wide}");
            assert!(!is_ambiguous(*wide), "{wide} is ambiguous");
            assert!(ascii.is_ascii_graphic() || *ascii == ' ');
            assert_eq!(TABLE.iter().filter(|(other, ..)| other == unicode).count(), 1, "{unicode} twice");
        }
        for c in AMBIGUOUS_ALLOWED.chars() {
            assert!(TABLE.iter().any(|(unicode, ..)| *unicode == c), "{c} has no replacement");
        }
    }

    #[test]
    fn no_ambiguous_character_survives_in_the_wide_set() {
        for c in ('\u{80}'..=char::MAX).filter(|c| is_ambiguous(*c)) {
            let symbol = c.to_string();
            let wide = replacement(GlyphSet::Wide, &symbol).unwrap_or_else(|| panic!("{c} stays"));
            assert!(!is_ambiguous(wide), "{c} becomes {wide}");
            assert!(replacement(GlyphSet::Ascii, &symbol).is_some_and(|c| c.is_ascii()));
        }
        assert_eq!(redrawn(GlyphSet::Wide, "※§é한"), "???한");
        assert_eq!(redrawn(GlyphSet::Ascii, "※§é한"), "???한");
    }

    #[test]
    fn a_broker_card_in_all_sets() {
        let lines = [
            ("┏━ b1 ★ 리더 ━ ◉ ISR ━┓", "+= b1 * 리더 = ◉ ISR =+", "+= b1 * 리더 = @ ISR =+"),
            ("┃ p0 ★ ▐a▌▐가▌┃ ·  HW5 ┃", "| p0 * [a][가]| .  HW5 |", "| p0 * [a][가]| .  HW5 |"),
            ("╭─ pay ─╮ ━●▸╌ ◂○━ ✗", ".- pay -. =◉›. ‹◦= x", ".- pay -. =@>. <o= x"),
            ("▌ ✗ 응답 ‘ACK’ → …", "| x 응답 'ACK' > ~", "| x 응답 'ACK' > ~"),
        ];
        for (unicode, wide, ascii) in lines {
            assert_eq!(redrawn(GlyphSet::Unicode, unicode), unicode);
            assert_eq!(redrawn(GlyphSet::Wide, unicode), wide);
            assert_eq!(redrawn(GlyphSet::Ascii, unicode), ascii);
        }
    }

    #[test]
    fn brackets_stand_on_the_fill_of_their_tile() {
        let fill = Style::new().fg(Color::Black).bg(Color::Green).add_modifier(Modifier::BOLD);
        let mut buffer = Buffer::with_lines(["▐가 ▌▌"]);
        buffer.set_string(0, 0, "▐", Color::Green);
        buffer.set_string(1, 0, "가 ", fill);
        buffer.set_string(4, 0, "▌", Color::Green);
        apply(GlyphSet::Wide, &mut buffer);
        assert_eq!(row(&buffer), "[가 ]|");
        for x in [0, 4] {
            assert_eq!((buffer[(x, 0)].bg, buffer[(x, 0)].fg), (Color::Green, Color::Black));
        }
        assert_eq!(buffer[(5, 0)].bg, Color::Reset);
    }

    #[test]
    fn mono_tiles_are_brackets_in_reverse() {
        let mut buffer = Buffer::with_lines(["▐a▌▐b▌┃"]);
        buffer.set_string(1, 0, "a", Modifier::REVERSED);
        apply(GlyphSet::Unicode, &mut buffer);
        assert_eq!(row(&buffer), "[a]▐b▌┃");
        for x in 0..3 {
            assert!(buffer[(x, 0)].modifier.contains(Modifier::REVERSED));
        }
    }

    #[test]
    fn big_letters_become_reversed_spaces() {
        let mut buffer = Buffer::with_lines(["█x"]);
        apply(GlyphSet::Ascii, &mut buffer);
        assert_eq!(row(&buffer), " x");
        assert!(buffer[(0, 0)].modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn the_probe_decides_unless_a_set_is_named() {
        let auto = GlyphChoice::Auto;
        assert_eq!(auto.resolve(Some(1), false), GlyphSet::Unicode);
        assert_eq!(auto.resolve(Some(2), true), GlyphSet::Wide);
        assert_eq!(auto.resolve(Some(3), true), GlyphSet::Ascii);
        assert_eq!(auto.resolve(None, true), GlyphSet::Unicode);
        assert_eq!(auto.resolve(None, false), GlyphSet::Ascii);
        assert_eq!(GlyphChoice::Named(GlyphSet::Ascii).resolve(Some(1), true), GlyphSet::Ascii);
        for (name, choice) in GlyphChoice::NAMED {
            assert_eq!((name.parse(), choice.to_string().as_str()), (Ok(choice), name));
        }
    }

    proptest::proptest! {
        #[test]
        fn rows_keep_their_width(line in "[─│▐▌★●▸·…a-z가-힣 ×※█]{0,30}") {
            for set in [GlyphSet::Unicode, GlyphSet::Wide, GlyphSet::Ascii] {
                proptest::prop_assert_eq!(width(&redrawn(set, &line)), width(&line));
            }
        }
    }
}
