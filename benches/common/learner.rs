//! A learner at the program, the same in every bench that draws.

use std::sync::Arc;

use kafkarium::course::{Course, Progress};
use kafkarium::text::Lang;
use kafkarium::ui::app::{Motion, Settings, State};
use kafkarium::ui::theme::{Depth, GlyphSet, Theme, ThemeName};

/// The program as it starts, in all colours and with every motion.
pub fn learner(lang: Lang, size: (u16, u16)) -> State {
    let settings = Settings {
        lang,
        lang_chosen: true,
        theme: Theme::new(ThemeName::Dark, Depth::Rgb),
        theme_follows: false,
        glyphs: GlyphSet::Unicode,
        motion: Motion::Full,
        mouse: false,
        today: "2026-11-22".into(),
    };
    State::new(settings, Arc::new(Course::embedded()), Progress::default(), size)
}
