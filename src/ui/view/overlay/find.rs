//! The search: a line for words, below it the places that have them.

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use super::super::paint::{fill, muted, put, put_right};
use super::super::spots::Spots;
use super::window;
use crate::course::find::Place;
use crate::text::{t, truncate, width, wrap_plain};
use crate::ui::app::{Find, Spot, State};
use crate::ui::theme::{Role, Surface};

pub(super) fn draw(
    state: &State,
    buffer: &mut Buffer,
    area: Rect,
    find: &Find,
    spots: &Spots,
) -> Option<Position> {
    let (theme, lang) = (state.settings.theme, state.lang());
    let size = (area.width.saturating_sub(4).min(100), area.height.saturating_sub(2));
    let inner = window(state, buffer, area, size, &format!("/ {}", t(lang, "find.title")));
    let typed = find.line.text();
    fill(buffer, Rect { height: 1, ..inner }, theme, Surface::Selected);
    put(buffer, inner.x, inner.y, inner.width, typed, theme.style(Role::Focus));
    let caret = u16::try_from(width(find.line.before_caret())).unwrap_or(0);
    let list = Rect { y: inner.y + 2, height: inner.height.saturating_sub(2), ..inner };
    let hits = find.hits();
    if hits.is_empty() {
        let key = if typed.trim().is_empty() { "find.hint" } else { "find.nothing" };
        let lines = wrap_plain(t(lang, key), usize::from(list.width).max(8));
        for (y, text) in (list.y..list.bottom()).zip(&lines) {
            put(buffer, list.x, y, list.width, text, muted(theme));
        }
    }
    let first = (find.row + 1).saturating_sub(usize::from(list.height));
    for (y, (ix, hit)) in (list.y..list.bottom()).zip(hits.iter().enumerate().skip(first)) {
        let chosen = ix == find.row;
        spots.mark(Rect { y, height: 1, ..list }, Spot::Row(ix));
        if chosen {
            fill(buffer, Rect { y, height: 1, ..list }, theme, Surface::Selected);
        }
        let lesson = match &hit.place {
            Place::Beat(lesson, _) => state.course.entries().find(|entry| entry.id == *lesson),
            Place::Scenario(_) => None,
        };
        let origin =
            lesson.map_or_else(|| t(lang, "find.scenario").to_owned(), |e| e.title.get(lang).to_owned());
        let origin = truncate(&origin, usize::from(list.width / 3), "…");
        let taken = put_right(buffer, list.right(), y, &origin, muted(theme));
        put(buffer, list.x, y, 3, &hit.number, muted(theme));
        let room = list.width.saturating_sub(3 + taken + 2);
        let head = truncate(hit.head.get(lang), room.into(), "…");
        let style = theme.style(if chosen { Role::Focus } else { Role::Text });
        put(buffer, list.x + 3, y, room, &head, style);
    }
    Some(Position::new((inner.x + caret).min(inner.right().saturating_sub(1)), inner.y))
}
