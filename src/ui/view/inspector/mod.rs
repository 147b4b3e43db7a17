//! The inspector: every field of the selected thing, what this step changed in bold with its delta.

mod facts;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{cell, fill, muted, put, put_right};
use crate::text::{pad_right, strings::lookup, t, truncate, width};
use crate::ui::app::State;
use crate::ui::theme::{Role, Surface};
use facts::{Fact, Facts};

/// Cells of the column of names.
const NAMES: usize = 15;

/// Draws the inspector over an area, if it is open.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect) {
    let Some(tank) = state.tank().filter(|tank| tank.inspecting) else { return };
    let Some(id) = tank.selected.as_deref() else { return };
    let (theme, lang) = (state.settings.theme, state.lang());
    fill(buffer, area, theme, Surface::Panel);
    for y in area.top()..area.bottom() {
        cell(buffer, area.x, y, "▌", theme.style(Role::Request));
    }
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(3), ..area };
    let told = tank.told_of(id).filter(|_| tank.scene_name() == "ladder");
    let found = match told {
        Some(told) => Some(facts::told(told, tank.tale.of(tank.side), lang)),
        None => facts::of(tank.film_of(tank.side).shown(), id, lang),
    };
    let lab = tank.play.lab_of(tank.side);
    let large = tank.film_of(tank.side).shown().summary.is_some();
    let listed = if large { lab.listing(id, 0, area.height.into()) } else { None };
    let found =
        found.or_else(|| listed.is_some().then(|| facts::topic(id, lang))).map(|facts| match &listed {
            Some(listing) => facts.with_partitions(listing, lang),
            None => facts,
        });
    let Some(now) = found else {
        put(buffer, inner.x, inner.y, inner.width, t(lang, "inspect.gone"), muted(theme));
        return;
    };
    let before = tank.film_of(tank.side).before().filter(|_| told.is_none());
    let before = before.and_then(|before| facts::of(before, id, lang));
    let title = truncate(&now.title, usize::from(inner.width).saturating_sub(6), "…");
    put(buffer, inner.x, inner.y, inner.width, &title, theme.style(Role::Focus));
    put_right(buffer, inner.right(), inner.y, "Esc", muted(theme));
    rows(
        state,
        buffer,
        Rect { y: inner.y + 1, height: inner.height.saturating_sub(1), ..inner },
        &now,
        before.as_ref(),
    );
}

fn rows(state: &State, buffer: &mut Buffer, area: Rect, now: &Facts, before: Option<&Facts>) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let mut y = area.y;
    for fact in &now.list {
        if y >= area.bottom() {
            return;
        }
        if let Fact { name, value: None } = fact {
            let text = format!("─ {} ", label(lang, name));
            let at = put(buffer, area.x, y, area.width, &text, muted(theme));
            for x in area.x + at..area.right() {
                cell(buffer, x, y, "─", theme.style(Role::Faint));
            }
            y += 1;
            continue;
        }
        let value = fact.value.clone().unwrap_or_default();
        let old =
            before.and_then(|b| b.list.iter().find(|f| f.name == fact.name)).and_then(|f| f.value.clone());
        let changed = before.is_some() && old.as_ref() != Some(&value);
        let name = pad_right(&truncate(&label(lang, &fact.name), NAMES - 1, "…"), NAMES);
        put(buffer, area.x, y, area.width, &name, muted(theme));
        let x = area.x + u16::try_from(NAMES).unwrap_or(15);
        let room = area.right().saturating_sub(x);
        let delta = if changed { delta(old.as_deref(), &value) } else { String::new() };
        let style = theme.style(if changed { Role::Focus } else { Role::Text });
        let text = truncate(&value, usize::from(room).saturating_sub(width(&delta) + 1), "…");
        let at = put(buffer, x, y, room, &text, style);
        put(buffer, x + at + 1, y, room.saturating_sub(at + 1), &delta, theme.style(Role::Leader));
        y += 1;
    }
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
