//! The terminal is too small: one clear thing to do, and the keys stay alive.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{muted, put};
use crate::text::{t, width};
use crate::ui::app::State;
use crate::ui::theme::Role;

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let size = crate::text::tf(lang, "size.now", &[("width", &area.width), ("height", &area.height)]);
    let lines = [
        ("◉ Kafkarium", theme.style(Role::Leader)),
        ("", theme.style(Role::Text)),
        (size.as_str(), theme.style(Role::Focus)),
        (t(lang, "size.enlarge"), theme.style(Role::Text)),
        ("", theme.style(Role::Text)),
        ("q", muted(theme)),
    ];
    let quit = format!("q  {}", t(lang, "key.quit"));
    let count = u16::try_from(lines.len()).unwrap_or(6);
    let top = area.y + area.height.saturating_sub(count) / 2;
    for (row, (text, style)) in (0..).zip(lines) {
        let text = if text == "q" { quit.as_str() } else { text };
        let cells = u16::try_from(width(text)).unwrap_or(0).min(area.width);
        if top + row < area.bottom() {
            put(buffer, area.x + (area.width - cells) / 2, top + row, cells, text, style);
        }
    }
}
