//! The `:` prompt: a line at the bottom, completions above it, the real cursor at the caret.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::paint::{fill, muted, put};
use crate::lab::complete;
use crate::text::{t, width, wrap_plain};
use crate::ui::app::{CommandLine, State};
use crate::ui::theme::{Role, Surface};

/// Completions shown at once.
const SHOWN: usize = 8;

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, line: &CommandLine) -> Option<Position> {
    let (theme, lang) = (state.settings.theme, state.lang());
    let tank = state.tank()?;
    let found = complete(line.text(), line.caret(), &tank.play.lab().vocabulary());
    let error =
        line.error.as_deref().map(|why| wrap_plain(why, usize::from(area.width.saturating_sub(4)).max(8)));
    let above = match &error {
        Some(lines) => lines.len().min(6),
        None => found.len().clamp(1, SHOWN),
    };
    let height = u16::try_from(above + 1).unwrap_or(2);
    let place = Rect { y: area.bottom().saturating_sub(height), height, ..area };
    fill(buffer, place, theme, Surface::Panel);
    let mut y = place.y;
    if let Some(lines) = &error {
        for text in lines.iter().take(above) {
            put(buffer, place.x + 2, y, place.width.saturating_sub(3), text, theme.style(Role::Warning));
            y += 1;
        }
    } else if found.is_empty() {
        put(
            buffer,
            place.x + 2,
            y,
            place.width.saturating_sub(3),
            t(lang, "overlay.line_hint"),
            muted(theme),
        );
    } else {
        let picked = line.picked.unwrap_or(usize::MAX);
        let first = if picked < found.len() { (picked + 1).saturating_sub(SHOWN) } else { 0 };
        for (ix, one) in found.iter().enumerate().skip(first).take(SHOWN) {
            if ix == picked {
                fill(buffer, Rect { y, height: 1, ..place }, theme, Surface::Selected);
            }
            put(buffer, place.x + 2, y, 24, &one.word, theme.style(Role::Focus));
            if let Some(help) = one.help {
                put(buffer, place.x + 27, y, place.width.saturating_sub(28), help.get(lang), muted(theme));
            }
            y += 1;
        }
    }
    caret_line(state, buffer, place, line)
}

/// The line itself, scrolled so that the caret is seen.
fn caret_line(state: &State, buffer: &mut Buffer, place: Rect, line: &CommandLine) -> Option<Position> {
    let theme = state.settings.theme;
    let y = place.bottom().checked_sub(1)?;
    fill(buffer, Rect { y, height: 1, ..place }, theme, Surface::Selected);
    put(buffer, place.x + 1, y, 1, ":", theme.style(Role::Leader));
    let room = usize::from(place.width.saturating_sub(4));
    let before = width(line.before_caret());
    let skip = before.saturating_sub(room);
    let (_, shown) = crate::text::width::split_at_cells(line.text(), skip);
    put(buffer, place.x + 2, y, place.width.saturating_sub(3), shown, theme.style(Role::Text));
    let x = place.x + 2 + u16::try_from(before - skip).unwrap_or(0);
    Some(Position::new(x.min(place.right().saturating_sub(1)), y))
}
