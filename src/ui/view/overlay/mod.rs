//! What lies over the picture. Overlays are drawn in their order; the last has the keys.

mod find;
mod help;
mod line;
mod lists;
mod question;
mod why;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::paint::{boxed, fill, put};
use super::spots::Spots;
use crate::ui::app::{Overlay, State};
use crate::ui::theme::{Role, Surface};

/// Draws every overlay; gives where the caret of a text field stands.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect, spots: &Spots) -> Option<Position> {
    let mut caret = None;
    for overlay in &state.overlays {
        caret = match overlay {
            Overlay::Help { scroll } => {
                help::draw(state, buffer, area, *scroll);
                None
            }
            Overlay::Break(menu) => {
                lists::menu(state, buffer, area, menu, spots);
                None
            }
            Overlay::Branches { row } => {
                lists::branches(state, buffer, area, *row, spots);
                None
            }
            Overlay::Events { back } => {
                lists::events(state, buffer, area, *back);
                None
            }
            Overlay::Why { why, row, .. } => {
                why::draw(state, buffer, area, why, *row, spots);
                None
            }
            Overlay::Question { ask, row } => {
                question::draw(state, buffer, area, ask, *row, spots);
                None
            }
            Overlay::Line(line) => line::draw(state, buffer, area, line),
            Overlay::Find(find) => find::draw(state, buffer, area, find, spots),
        };
    }
    toast(state, buffer);
    caret
}

/// A short message.
fn toast(state: &State, buffer: &mut Buffer) {
    let Some(toast) = &state.toast else { return };
    let theme = state.settings.theme;
    // Over the key bar for its few seconds: neither the picture nor the text below it is ever covered.
    let place = Rect { y: buffer.area.bottom().saturating_sub(1), height: 1, ..buffer.area };
    let plain: String =
        crate::text::Rich::parse(&toast.text).spans.iter().map(|s| s.text.trim_end()).collect();
    let text = crate::text::truncate(&plain, usize::from(place.width.saturating_sub(6)), "…");
    fill(buffer, place, theme, Surface::Selected);
    let (mark, role) = if toast.warning { ("⚠", Role::Warning) } else { ("◆", Role::Focus) };
    put(buffer, place.x + 1, place.y, 2, mark, theme.style(role));
    put(buffer, place.x + 3, place.y, place.width.saturating_sub(4), &text, theme.style(Role::Text));
}

/// A box in the middle of an area, blank, with a title. Gives its inside.
fn window(state: &State, buffer: &mut Buffer, area: Rect, (width, height): (u16, u16), title: &str) -> Rect {
    let theme = state.settings.theme;
    let (width, height) = (width.min(area.width), height.min(area.height));
    let place =
        Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    fill(buffer, place, theme, Surface::Panel);
    boxed(
        buffer,
        place,
        super::paint::Frame::Heavy,
        title,
        theme.style(Role::Muted),
        theme.style(Role::Focus),
    );
    Rect {
        x: place.x + 2,
        y: place.y + 1,
        width: place.width.saturating_sub(4),
        height: place.height.saturating_sub(2),
    }
}
