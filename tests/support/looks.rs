//! What every screen is held to, whatever it shows.

use kafkarium::text::Lang;
use kafkarium::ui::app::State;
use kafkarium::ui::theme::{Depth, GlyphSet, Theme, ThemeName};

use super::{SIZES, frame, rows, text};

/// A screen: its name and how to get there.
pub type Screen = (&'static str, fn(Lang, (u16, u16)) -> State);

/// Every screen in both languages at the three sizes, with the name of its picture. `LOOK=heat,race` looks only at those whose name has
/// one of these words in it.
pub fn each(screens: &[Screen], look: impl Fn(String, String)) {
    let only = std::env::var("LOOK").unwrap_or_default();
    let wanted = |name: &str| only.split(',').any(|word| name.contains(word));
    for (name, reach) in screens.iter().filter(|(name, _)| wanted(name)) {
        for lang in Lang::ALL {
            for size in SIZES {
                let state = reach(lang, size);
                look(format!("{name}-{}-{}x{}", lang.code(), size.0, size.1), text(&state));
            }
        }
    }
}

/// Any size, from nothing to large: no panic, every row exact, no half of a wide character.
pub fn fits_any_size(screens: &[Screen]) {
    for (name, reach) in screens {
        for lang in Lang::ALL {
            let mut state = reach(lang, (80, 24));
            for size in sizes() {
                state.size = size;
                let drawn = rows(&frame(&state));
                assert_eq!(drawn.len(), usize::from(size.1), "{name}");
            }
        }
    }
}

/// Borders of the classes and sizes without order.
fn sizes() -> Vec<(u16, u16)> {
    let mut sizes = vec![
        (0, 0),
        (1, 1),
        (2, 60),
        (220, 1),
        (80, 24),
        (81, 23),
        (109, 30),
        (110, 29),
        (179, 50),
        (220, 60),
    ];
    let mut n: u32 = 7;
    for _ in 0..24 {
        n = n.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        sizes.push(((n >> 16) as u16 % 221, (n >> 8) as u16 % 61));
    }
    sizes
}

/// What is said by colour is said by a shape too: without colours the text of a frame is the same but for brackets around tiles and keys.
pub fn says_nothing_by_colour_alone(screens: &[Screen]) {
    for (name, reach) in screens {
        let mut state = reach(Lang::En, (120, 36));
        let colourful = text(&state);
        state.settings.theme = Theme::new(ThemeName::Dark, Depth::Mono);
        let plain = text(&state);
        let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
        assert_eq!(letters(&colourful), letters(&plain), "{name}");
        assert!(frame(&state).content.iter().all(|cell| cell.fg == ratatui::style::Color::Reset), "{name}");
    }
}

/// The glyph sets exchange cell for cell: rows stay exact, and the ASCII set leaves nothing but ASCII and Hangul.
pub fn keeps_its_layout_in_every_glyph_set(screens: &[Screen]) {
    for (name, reach) in screens {
        for lang in Lang::ALL {
            let mut state = reach(lang, (80, 24));
            for set in [GlyphSet::Wide, GlyphSet::Ascii] {
                state.settings.glyphs = set;
                for row in rows(&frame(&state)) {
                    let strange = row.chars().find(|c| kafkarium::text::sanitize::is_ambiguous(*c));
                    assert_eq!(strange, None, "{name}: {row}");
                    let ascii = |c: char| c.is_ascii() || ('\u{1100}'..='\u{d7ff}').contains(&c);
                    assert!(set != GlyphSet::Ascii || row.chars().all(ascii), "{name}: {row}");
                }
            }
        }
    }
}
