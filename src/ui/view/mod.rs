//! From state to cells. A frame is a pure function of the state: the terminal, the tests and `render` draw with the same code.
//!
//! ```text
//!  title bar                                   row 0
//!  stage                    │ narration        right column from 110 columns, else the bottom four rows
//!  scrubber                                    row H-2
//!  key bar                                     row H-1
//! ```

mod cluster;
mod code;
mod compare;
mod dock;
mod group;
mod home;
mod inspector;
mod keybar;
mod ladder;
mod lanes;
mod layout;
mod lifecycle;
mod log;
mod metadata;
mod narration;
mod overlay;
mod paint;
mod partitioner;
mod scrubber;
mod small;
mod spots;
mod stage;
mod strip;
mod title;
mod txn;
mod work;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use self::spots::Spots;
use crate::ui::app::{Screen, Spot, State};
use crate::ui::theme::{Surface, glyphs};
pub use layout::{Class, Layout};
pub(in crate::ui) use stage::say;

/// Smallest size that the screens are made for.
pub const SMALLEST: (u16, u16) = (80, 24);

/// Draws a frame; gives where the caret of a text field stands.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect) -> Option<Position> {
    paint(state, buffer, area, &Spots::default())
}

/// What is drawn at a cell, for the mouse.
#[must_use]
pub fn spot(state: &State, x: u16, y: u16) -> Option<Spot> {
    let area = Rect::new(0, 0, state.size.0, state.size.1);
    let spots = Spots::default();
    paint(state, &mut Buffer::empty(area), area, &spots);
    spots.at(Position { x, y })
}

fn paint(state: &State, buffer: &mut Buffer, area: Rect, spots: &Spots) -> Option<Position> {
    let area = area.intersection(buffer.area);
    let theme = state.settings.theme;
    paint::fill(buffer, area, theme, Surface::Stage);
    let caret = if area.width < SMALLEST.0 || area.height < SMALLEST.1 {
        small::draw(state, buffer, area);
        None
    } else {
        let layout = Layout::of(area);
        title::draw(state, buffer, layout.title);
        match &state.screen {
            Screen::Home(_) => home::draw(state, buffer, layout.whole, spots),
            Screen::Tank(tank) if tank.work.is_some() => work::draw(state, tank, buffer, layout.whole),
            Screen::Tank(tank) => {
                spots.mark(layout.stage, Spot::Stage);
                stage::draw(state, tank, buffer, &layout, spots);
                scrubber::draw(state, tank, buffer, layout.scrubber, spots);
            }
        }
        if !state.overlays.is_empty() {
            spots.cover();
        }
        if !state.is_working() {
            keybar::draw(state, buffer, layout.keys, spots);
        }
        overlay::draw(state, buffer, layout.over, spots)
    };
    theme.even_out(buffer);
    glyphs::apply(state.settings.glyphs, buffer);
    caret
}

/// Draws what is seen while a lesson is being opened.
pub fn opening(state: &State, buffer: &mut Buffer, area: Rect) {
    let area = area.intersection(buffer.area);
    paint::fill(buffer, area, state.settings.theme, Surface::Stage);
    work::opening(state, buffer, area);
    glyphs::apply(state.settings.glyphs, buffer);
}

/// The picture in words: alt text.
#[must_use]
pub fn caption(state: &State) -> String {
    state.tank().map(|tank| stage::caption(state, tank)).unwrap_or_default()
}
