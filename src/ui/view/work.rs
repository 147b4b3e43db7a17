//! Something long is being played: how far it is, and how to leave it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{muted, put};
use crate::text::{t, tf, width};
use crate::ui::app::{State, Tank, Work};
use crate::ui::theme::Role;

pub(super) fn draw(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let Some((beat, all, seconds)) = tank.progress() else { return };
    let far = tf(lang, "work.far", &[("beat", &beat), ("all", &all), ("seconds", &seconds)]);
    let head = if matches!(tank.work, Some(Work::CatchUp(_))) { "work.head" } else { "work.run" };
    let lines = [
        (t(lang, head), theme.style(Role::Focus)),
        (far.as_str(), theme.style(Role::Text)),
        ("", muted(theme)),
        (t(lang, "work.leave"), muted(theme)),
    ];
    centre(buffer, area, &lines);
}

/// Nothing is there yet, and nothing has been played.
pub(super) fn opening(state: &State, buffer: &mut Buffer, area: Rect) {
    let head = t(state.lang(), "work.opening");
    centre(buffer, area, &[(head, state.settings.theme.style(Role::Focus))]);
}

fn centre(buffer: &mut Buffer, area: Rect, lines: &[(&str, Style)]) {
    let top = area.y + area.height.saturating_sub(4) / 2;
    for (row, (text, style)) in (0..).zip(lines.iter().copied()) {
        let cells = u16::try_from(width(text)).unwrap_or(0).min(area.width);
        put(buffer, area.x + (area.width - cells) / 2, top + row, cells, text, style);
    }
}
