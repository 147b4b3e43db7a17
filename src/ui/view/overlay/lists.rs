//! Lists over the picture: what can be broken, the branches, the events.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{fill, muted, pill, put, put_right};
use super::super::spots::Spots;
use super::window;
use crate::text::{strings::lookup, t, tf, truncate};
use crate::ui::app::{Menu, Spot, State};
use crate::ui::theme::{Role, Surface};

pub(super) fn menu(state: &State, buffer: &mut Buffer, area: Rect, menu: &Menu, spots: &Spots) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let title = match &menu.target {
        Some(target) => format!("✗ {} · {target}", t(lang, "break.title")),
        None => format!("✗ {}", t(lang, "break.title")),
    };
    let height = u16::try_from(menu.items.len().max(1) + 2).unwrap_or(u16::MAX);
    let inner = window(state, buffer, area, (66, height), &title);
    if menu.items.is_empty() {
        put(buffer, inner.x, inner.y, inner.width, t(lang, "break.nothing"), muted(theme));
    }
    let first = (menu.row + 1).saturating_sub(usize::from(inner.height));
    for (y, (ix, item)) in (inner.y..inner.bottom()).zip(menu.items.iter().enumerate().skip(first)) {
        spots.mark(Rect { y, height: 1, ..inner }, Spot::Row(ix));
        if ix == menu.row {
            fill(buffer, Rect { y, height: 1, ..inner }, theme, Surface::Selected);
        }
        let at = pill(buffer, inner.x, y, 4, &item.key.to_string(), theme);
        let action = item.action.to_string();
        let text = lookup(lang, item.text).unwrap_or(item.text);
        let style = theme.style(if ix == menu.row { Role::Focus } else { Role::Text });
        put(buffer, inner.x + at + 1, y, inner.width.saturating_sub(at + 2), text, style);
        // The action's own words, so that the `:` prompt is learnt in passing.
        put_right(buffer, inner.right(), y, &action, muted(theme));
    }
}

pub(super) fn branches(state: &State, buffer: &mut Buffer, area: Rect, row: usize, spots: &Spots) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let Some(tank) = state.tank() else { return };
    let lab = tank.play.lab();
    let branches = lab.branches();
    let height = u16::try_from(branches.len() + 2).unwrap_or(u16::MAX);
    let inner = window(state, buffer, area, (60, height), &format!("┳ {}", t(lang, "overlay.branches")));
    let first = (row + 1).saturating_sub(usize::from(inner.height));
    for (y, (ix, branch)) in (inner.y..inner.bottom()).zip(branches.iter().enumerate().skip(first)) {
        spots.mark(Rect { y, height: 1, ..inner }, Spot::Row(ix));
        if ix == row {
            fill(buffer, Rect { y, height: 1, ..inner }, theme, Surface::Selected);
        }
        let mark = if branch.current { "●" } else { " " };
        put(buffer, inner.x, y, 2, mark, theme.style(Role::Control));
        let from = format!("#{}", branch.parent.map_or(0, |(_, event)| event));
        let mut text = if ix == 0 && tank.play.player().is_some() {
            t(lang, "overlay.script").to_owned()
        } else {
            tf(lang, "overlay.branch_row", &[("n", &(ix + 1)), ("at", &from)])
        };
        // What was done there says more than where it began.
        for input in branch.actions.iter().filter(|_| branch.parent.is_some()) {
            text.push_str(&format!(" · {}", input.action));
        }
        let room = inner.width.saturating_sub(2);
        put(buffer, inner.x + 2, y, room, &truncate(&text, room.into(), "…"), theme.style(Role::Text));
    }
}

pub(super) fn events(state: &State, buffer: &mut Buffer, area: Rect, back: usize) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let Some(tank) = state.tank() else { return };
    let size = (100.min(area.width), area.height.saturating_sub(2));
    let inner = window(state, buffer, area, size, t(lang, "overlay.events"));
    let lines = tank.play.lab().recent(back + usize::from(inner.height));
    let shown = lines.len().saturating_sub(back).min(usize::from(inner.height));
    let start = lines.len().saturating_sub(back + shown);
    if lines.is_empty() {
        put(buffer, inner.x, inner.y, inner.width, t(lang, "lesson.no_events"), muted(theme));
    }
    for (y, line) in (inner.y..inner.bottom()).zip(&lines[start..start + shown]) {
        let time = format!("{}.{:03}", line.at / 1_000_000, line.at.unsigned_abs() / 1000 % 1000);
        put_right(buffer, inner.x + 9, y, &time, muted(theme));
        put(buffer, inner.x + 11, y, 8, line.node.as_deref().unwrap_or("-"), theme.style(Role::Follower));
        let at = put(buffer, inner.x + 19, y, 24, line.note, theme.style(Role::Focus));
        let fields: Vec<String> = line
            .fields
            .iter()
            .map(|(name, _)| format!("{name}={}", line.field(name).unwrap_or_default()))
            .collect();
        let x = inner.x + 20 + at;
        put(buffer, x, y, inner.right().saturating_sub(x), &fields.join(" "), theme.style(Role::Text));
    }
}
