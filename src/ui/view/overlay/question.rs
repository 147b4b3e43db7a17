//! A question with answers to choose from; the safe one is preselected.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{fill, pill, put, rich};
use super::super::spots::Spots;
use super::window;
use crate::text::{Rich, strings::lookup, wrap};
use crate::ui::app::{Ask, Spot, State};
use crate::ui::theme::{Role, Surface};

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, ask: &Ask, row: usize, spots: &Spots) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let width = 64.min(area.width);
    let text = lookup(lang, ask.text()).unwrap_or_default();
    let lines = wrap(&Rich::parse(text), usize::from(width.saturating_sub(6)).max(8));
    let height = u16::try_from(lines.len() + ask.answers().len() + 4).unwrap_or(10);
    let inner = window(state, buffer, area, (width, height), "◆");
    let mut y = inner.y;
    for line in &lines {
        rich(buffer, inner.x, y, inner.width, line, theme.style(Role::Focus), theme);
        y += 1;
    }
    y += 1;
    for (ix, answer) in ask.answers().iter().enumerate() {
        spots.mark(Rect { y, height: 1, ..inner }, Spot::Row(ix));
        if ix == row {
            fill(buffer, Rect { y, height: 1, ..inner }, theme, Surface::Selected);
        }
        let at = pill(buffer, inner.x, y, 4, &(ix + 1).to_string(), theme);
        let style = theme.style(if ix == row { Role::Focus } else { Role::Text });
        put(
            buffer,
            inner.x + at + 1,
            y,
            inner.width.saturating_sub(at + 1),
            lookup(lang, answer).unwrap_or_default(),
            style,
        );
        y += 1;
    }
}
