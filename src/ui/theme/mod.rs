//! Roles instead of colours: what a cell means decides how it looks.
//!
//! Views ask for [`Role`]s and [`Surface`]s and never name a colour. A [`Theme`] is a palette at a colour depth; every
//! value of every palette is chosen by hand and measured (`palette`), and every meaning also stands in a shape and a
//! word, so that nothing is lost in mono.

pub mod choice;
pub mod glyphs;
mod palette;

use ratatui::buffer::Buffer;
use ratatui::style::{Color, Modifier, Style};

pub use choice::{Background, ColorChoice, TerminalHints, ThemeChoice};
pub use glyphs::{GlyphChoice, GlyphSet};
pub use palette::Role;

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ThemeName {
    /// Bright on dark blue.
    Dark,
    /// Dark on warm white.
    Light,
    /// For a bright room: black on white, everything bold, nothing dim.
    Projector,
}

impl ThemeName {
    /// All themes.
    pub const ALL: [ThemeName; 3] = [ThemeName::Dark, ThemeName::Light, ThemeName::Projector];
}

/// How many colours the terminal has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Depth {
    /// 24-bit colours.
    Rgb,
    /// The 256 colours of xterm.
    Indexed,
    /// The 16 colours the terminal's owner chose; its background stays.
    Ansi,
    /// No colour: bold, dim, reverse and crossed out only.
    Mono,
}

impl Depth {
    /// All depths, richest first.
    pub const ALL: [Depth; 4] = [Depth::Rgb, Depth::Indexed, Depth::Ansi, Depth::Mono];

    /// Whether surfaces are painted; else the terminal's own background stays.
    pub const fn paints_surfaces(self) -> bool {
        matches!(self, Depth::Rgb | Depth::Indexed)
    }
}

/// What text stands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Surface {
    /// The stage, where the world is drawn.
    Stage,
    /// Narration, title bar, key bar, the inside of boxes.
    Panel,
    /// The selected row or element, and key pills.
    Selected,
}

/// A palette at a colour depth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Theme {
    /// The set of colours.
    pub name: ThemeName,
    /// How many of them the terminal can show.
    pub depth: Depth,
}

impl Theme {
    /// A theme.
    pub const fn new(name: ThemeName, depth: Depth) -> Self {
        Self { name, depth }
    }

    /// The theme for what the person asked for and what is known of the terminal.
    pub fn resolve(theme: ThemeChoice, color: ColorChoice, terminal: &TerminalHints<'_>) -> Self {
        Self { name: theme.resolve(terminal), depth: color.resolve(terminal) }
    }

    /// The colour of `role`; none in mono.
    pub fn color(self, role: Role) -> Option<Color> {
        self.shade(palette::swatch(role, self.name))
    }

    /// The background of `surface`; none where the terminal's own stays.
    pub fn background(self, surface: Surface) -> Option<Color> {
        if self.depth.paints_surfaces() { self.shade(palette::surface(surface, self.name)) } else { None }
    }

    /// How text and lines in `role` look, on whatever surface is there.
    pub fn style(self, role: Role) -> Style {
        let style = match self.color(role) {
            Some(color) => Style::new().fg(color).add_modifier(role.modifier()),
            None => Style::new().add_modifier(role.modifier() | role.mono_modifier()),
        };
        self.for_the_room(style)
    }

    /// How text on a fill in `role` looks: record tiles, position flags, tags.
    ///
    /// With 16 colours only committed records, duplicates and flags have a fill; in mono they are reversed, and any
    /// other role looks as in [`Theme::style`].
    pub fn fill(self, role: Role) -> Style {
        let filled = self.depth.paints_surfaces() || role.keeps_its_fill();
        let style = match self.color(role) {
            Some(color) if filled => {
                let ink = self.shade(palette::ink(self.name)).unwrap_or_default();
                Style::new().fg(ink).bg(color).add_modifier(Modifier::BOLD | role.modifier())
            }
            None if filled => {
                let shape = role.mono_modifier().difference(Modifier::DIM);
                Style::new().add_modifier(Modifier::REVERSED | shape)
            }
            _ => self.style(role),
        };
        self.for_the_room(style)
    }

    /// How an empty cell of `surface` looks. Paint an area with it first; [`Theme::style`] keeps the background.
    pub fn surface(self, surface: Surface) -> Style {
        let text = self.style(Role::Text);
        match (self.background(surface), surface) {
            (Some(background), _) => text.bg(background),
            (None, Surface::Selected) => text.add_modifier(Modifier::REVERSED),
            (None, _) => text,
        }
    }

    /// With 16 colours the selection is a reversed area: what stands in it must not turn its own colour into a patch of background.
    pub fn even_out(self, buffer: &mut Buffer) {
        if self.depth != Depth::Ansi {
            return;
        }
        for cell in buffer.content.iter_mut().filter(|cell| cell.modifier.contains(Modifier::REVERSED)) {
            if cell.bg == Color::Reset {
                cell.fg = Color::Reset;
            } else {
                cell.modifier.remove(Modifier::REVERSED);
            }
        }
    }

    /// How a key pill looks; its first and last cell are spaces, or brackets where [`Theme::key_ends`] says so.
    pub fn key(self) -> Style {
        let pill = self.style(Role::Focus);
        self.background(Surface::Selected).map_or(pill, |background| pill.bg(background))
    }

    /// What the two outer cells of a key pill hold: brackets where the pill has no surface of its own.
    pub const fn key_ends(self) -> (&'static str, &'static str) {
        if self.depth.paints_surfaces() { (" ", " ") } else { ("[", "]") }
    }

    /// Text and stage as `0xRRGGBB`, for pictures made without a terminal whose own colours would show.
    pub const fn ground(self) -> (u32, u32) {
        let text = palette::swatch(Role::Text, self.name).rgb;
        (text, palette::surface(Surface::Stage, self.name).rgb)
    }

    fn shade(self, swatch: palette::Swatch) -> Option<Color> {
        match self.depth {
            Depth::Rgb => Some(Color::from_u32(swatch.rgb)),
            Depth::Indexed => Some(Color::Indexed(swatch.indexed)),
            Depth::Ansi => Some(palette::ansi(swatch.ansi)),
            Depth::Mono => None,
        }
    }

    /// A projector washes out thin and dim text.
    fn for_the_room(self, style: Style) -> Style {
        match self.name {
            ThemeName::Projector => style.remove_modifier(Modifier::DIM).add_modifier(Modifier::BOLD),
            ThemeName::Dark | ThemeName::Light => style,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn channels(color: Color) -> [u8; 3] {
        match color {
            Color::Rgb(r, g, b) => [r, g, b],
            Color::Indexed(i @ 16..=231) => {
                let level = |n: u8| if n == 0 { 0 } else { 55 + 40 * n };
                let i = i - 16;
                [level(i / 36), level(i / 6 % 6), level(i % 6)]
            }
            Color::Indexed(i @ 232..) => [8 + 10 * (i - 232); 3],
            other => panic!("{other:?} has no fixed channels"),
        }
    }

    fn luminance(color: Color) -> f64 {
        let [r, g, b] = channels(color).map(|c| {
            let c = f64::from(c) / 255.0;
            if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * r + 0.7152 * g + 0.0722 * b
    }

    fn contrast(a: Color, b: Color) -> f64 {
        let (a, b) = (luminance(a), luminance(b));
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// The least contrast a role must have on a surface, with the exceptions that are documented.
    fn least(name: ThemeName, role: Role, surface: Surface) -> f64 {
        use Role::*;
        match (name, surface, role) {
            (ThemeName::Projector, _, Faint) => 4.3,
            (_, _, Faint) => 1.5, // decoration, never information
            (ThemeName::Projector, Surface::Stage | Surface::Panel, _) => 7.0,
            (ThemeName::Light, Surface::Panel, Response | PositionB) => 4.2,
            (ThemeName::Dark, Surface::Selected, Dead | Aborted | PositionA) => 3.7,
            (ThemeName::Light, Surface::Selected, Dead | Response | PositionB) => 3.7,
            // The fill of a tile, not a text.
            (_, Surface::Panel | Surface::Selected, CommittedOdd) => 3.0,
            _ => 4.5,
        }
    }

    #[test]
    fn every_role_can_be_read_on_every_surface() {
        let mut weak = Vec::new();
        for name in ThemeName::ALL {
            let theme = Theme::new(name, Depth::Rgb);
            for surface in [Surface::Stage, Surface::Panel, Surface::Selected] {
                for role in Role::ALL {
                    let (ink, paper) = (theme.color(role).unwrap(), theme.background(surface).unwrap());
                    let measured = contrast(ink, paper);
                    if measured < least(name, role, surface) - 0.05 {
                        weak.push(format!("{name:?} {surface:?} {role:?} {measured:.2}"));
                    }
                }
            }
        }
        assert_eq!(weak, Vec::<String>::new());
    }

    #[test]
    fn the_256_colours_stay_readable_too() {
        let mut weak = Vec::new();
        for name in ThemeName::ALL {
            let theme = Theme::new(name, Depth::Indexed);
            for surface in [Surface::Stage, Surface::Panel] {
                for role in
                    Role::ALL.into_iter().filter(|role| !matches!(role, Role::Faint | Role::CommittedOdd))
                {
                    let measured = contrast(theme.color(role).unwrap(), theme.background(surface).unwrap());
                    if measured < 3.5 {
                        weak.push(format!("{name:?} {surface:?} {role:?} {measured:.2}"));
                    }
                }
            }
        }
        assert_eq!(weak, Vec::<String>::new());
    }

    #[test]
    fn text_on_a_fill_can_be_read() {
        for name in ThemeName::ALL {
            let theme = Theme::new(name, Depth::Rgb);
            for role in Role::ALL.into_iter().filter(|role| *role != Role::Faint) {
                let style = theme.fill(role);
                let measured = contrast(style.fg.unwrap(), style.bg.unwrap());
                assert!(measured >= 4.45, "{name:?} {role:?} {measured:.2}");
            }
        }
    }

    #[test]
    fn mono_has_no_colour_and_still_tells_roles_apart() {
        for name in ThemeName::ALL {
            let theme = Theme::new(name, Depth::Mono);
            for role in Role::ALL {
                for style in [theme.style(role), theme.fill(role), theme.key()] {
                    assert_eq!((style.fg, style.bg, style.underline_color), (None, None, None), "{role:?}");
                }
            }
            for surface in [Surface::Stage, Surface::Panel, Surface::Selected] {
                assert_eq!((theme.surface(surface).fg, theme.surface(surface).bg), (None, None));
            }
        }
        let mono = Theme::new(ThemeName::Dark, Depth::Mono);
        assert!(mono.style(Role::Leader).add_modifier.contains(Modifier::BOLD));
        assert!(mono.style(Role::Dead).add_modifier.contains(Modifier::DIM));
        assert!(mono.style(Role::Aborted).add_modifier.contains(Modifier::CROSSED_OUT));
        assert!(mono.fill(Role::Committed).add_modifier.contains(Modifier::REVERSED));
        assert!(!mono.fill(Role::Uncommitted).add_modifier.contains(Modifier::REVERSED));
    }

    #[test]
    fn sixteen_colours_keep_the_terminals_background() {
        for name in ThemeName::ALL {
            let theme = Theme::new(name, Depth::Ansi);
            assert_eq!(theme.surface(Surface::Stage).bg, None);
            assert_eq!(theme.surface(Surface::Panel).bg, None);
            assert_eq!(theme.fill(Role::Uncommitted).bg, None);
            assert!(theme.fill(Role::Committed).bg.is_some());
            assert!(theme.fill(Role::PositionA).bg.is_some());
        }
    }

    #[test]
    fn a_projector_shows_everything_bold_and_nothing_dim() {
        for depth in Depth::ALL {
            let theme = Theme::new(ThemeName::Projector, depth);
            for role in Role::ALL {
                for style in [theme.style(role), theme.fill(role)] {
                    assert!(style.add_modifier.contains(Modifier::BOLD));
                    assert!(!style.add_modifier.contains(Modifier::DIM));
                }
            }
        }
    }

    #[test]
    fn a_picture_stands_on_the_stage() {
        let theme = Theme::new(ThemeName::Light, Depth::Mono);
        assert_eq!(theme.ground(), (0x1c2431, 0xfbf9f4));
    }

    #[test]
    fn text_drawn_on_a_surface_keeps_it() {
        let theme = Theme::new(ThemeName::Dark, Depth::Rgb);
        let style = theme.surface(Surface::Panel).patch(theme.style(Role::Leader));
        assert_eq!(style.bg, theme.background(Surface::Panel));
        assert_eq!(style.fg, theme.color(Role::Leader));
    }
}
