//! The inspector: every field of the selected thing, what this step changed in bold with its delta. A list that is longer than the pane
//! scrolls with its cursor.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{cell, fill, muted, put, put_right};
use super::spots::Spots;
use crate::text::{pad_right, strings::lookup, t, truncate, width};
use crate::ui::app::{Spot, State};
use crate::ui::facts::{self, Fact, Facts};
use crate::ui::theme::{Role, Surface};

/// Cells of the column of names.
const NAMES: usize = 15;

/// Draws the inspector over an area, if it is open.
pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, spots: &Spots) {
    let Some(tank) = state.tank().filter(|tank| tank.inspecting) else { return };
    if tank.selected.is_none() {
        return;
    }
    let (theme, lang) = (state.settings.theme, state.lang());
    fill(buffer, area, theme, Surface::Panel);
    for y in area.top()..area.bottom() {
        cell(buffer, area.x, y, "▌", theme.style(Role::Request));
    }
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    let cursor = tank.cursor();
    let rows = usize::from(area.height) + cursor;
    let Some((now, before)) = facts::selected(tank, rows, lang) else {
        put(buffer, inner.x, inner.y, inner.width, t(lang, "inspect.gone"), muted(theme));
        return;
    };
    let title = truncate(&now.title, usize::from(inner.width).saturating_sub(6), "…");
    put(buffer, inner.x, inner.y, inner.width, &title, theme.style(Role::Focus));
    put_right(buffer, inner.right(), inner.y, "Esc", muted(theme));
    let body = Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner };
    let room = usize::from(body.height);
    let cursor = cursor.min(now.list.len().saturating_sub(1));
    let first = (cursor + 1).saturating_sub(room);
    for (y, (ix, fact)) in (body.y..body.bottom()).zip(now.list.iter().enumerate().skip(first)) {
        let line = Rect { y, height: 1, ..body };
        spots.mark(line, Spot::Row(ix));
        if ix == cursor {
            fill(buffer, Rect { x: line.x - 1, width: line.width + 1, ..line }, theme, Surface::Selected);
            put(buffer, line.x - 1, y, 1, "▸", theme.style(Role::PositionA));
        }
        row(state, buffer, line, fact, before.as_ref());
    }
    let below = now.list.len().saturating_sub(first + room);
    for (n, mark, y) in [(first, "↑", inner.y), (below, "↓", body.bottom().saturating_sub(1))] {
        if n > 0 {
            let right = if y == inner.y { inner.right().saturating_sub(4) } else { inner.right() };
            put_right(buffer, right, y, &format!(" {mark}{n}"), muted(theme));
        }
    }
}

fn row(state: &State, buffer: &mut Buffer, area: Rect, fact: &Fact, before: Option<&Facts>) {
    let (theme, lang, y) = (state.settings.theme, state.lang(), area.y);
    let Some(value) = &fact.value else {
        let text = format!("─ {} ", label(lang, &fact.name));
        let at = put(buffer, area.x, y, area.width, &text, muted(theme));
        for x in area.x + at..area.right() {
            cell(buffer, x, y, "─", theme.style(Role::Faint));
        }
        return;
    };
    let old = before.and_then(|b| b.list.iter().find(|f| f.name == fact.name)).and_then(|f| f.value.as_ref());
    let changed = before.is_some() && old != Some(value);
    let name = label(lang, &fact.name);
    // A name without a value may take the whole row.
    let cells = if value.is_empty() { area.width.into() } else { NAMES };
    put(buffer, area.x, y, area.width, &pad_right(&truncate(&name, cells - 1, "…"), cells), muted(theme));
    if value.is_empty() {
        return;
    }
    let x = area.x + u16::try_from(NAMES).unwrap_or(15);
    let room = area.right().saturating_sub(x);
    let delta = if changed { delta(old.map(String::as_str), value) } else { String::new() };
    let style = theme.style(if changed { Role::Focus } else { Role::Text });
    let text = truncate(value, usize::from(room).saturating_sub(width(&delta) + 1), "…");
    let at = put(buffer, x, y, room, &text, style);
    put(buffer, x + at + 1, y, room.saturating_sub(at + 1), &delta, theme.style(Role::Leader));
}

/// A field's name in the learner's language; Kafka's own names stay.
fn label(lang: crate::text::Lang, name: &str) -> String {
    lookup(lang, &format!("inspect.{name}")).map_or_else(|| name.to_owned(), str::to_owned)
}

/// `+1`, `-2` for numbers; `*` for anything else that changed.
fn delta(old: Option<&str>, new: &str) -> String {
    match (old.and_then(|old| old.parse::<i64>().ok()), new.parse::<i64>()) {
        (Some(old), Ok(new)) => format!("{:+}", new - old),
        _ => "*".to_owned(),
    }
}
