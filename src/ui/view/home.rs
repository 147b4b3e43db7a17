//! Home: the wordmark as a log, where to go on, parts and lessons with progress.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::paint::{bar, cell, fill, muted, pill, put, put_right};
use super::spots::Spots;
use crate::course::{Entry, Part};
use crate::text::{Lang, t, tf, truncate, width};
use crate::ui::app::{Fold, Home, Row, Screen, Spot, State};
use crate::ui::theme::{Role, Surface, Theme};

/// Milliseconds for the reader of the wordmark to go one cell.
const READER_MS: u64 = 240;

struct Page<'a> {
    state: &'a State,
    home: &'a Home,
    theme: Theme,
    lang: Lang,
}

/// Draws Home between the title bar and the key bar.
pub fn draw(state: &State, buffer: &mut Buffer, area: Rect, spots: &Spots) {
    let Screen::Home(home) = &state.screen else { return };
    let page = Page { state, home, theme: state.settings.theme, lang: state.lang() };
    let inner = Rect { x: area.x + 3, width: area.width.saturating_sub(6), ..area };
    let top = if area.height > 26 { 2 } else { 1 };
    page.wordmark(buffer, inner.x, inner.y + top);
    let (list, cards) = if area.width >= 110 {
        let list = Rect { width: inner.width * 2 / 3, ..inner };
        let cards = Rect { x: list.right() + 3, width: inner.width.saturating_sub(list.width + 3), ..inner };
        (list, Some(cards))
    } else {
        (inner, None)
    };
    let below = inner.y + top + 4;
    let list = Rect { y: below, height: area.bottom().saturating_sub(below), ..list };
    page.list(buffer, list, spots);
    if let Some(cards) = cards {
        page.cards(buffer, Rect { y: below, height: area.bottom().saturating_sub(below), ..cards });
    }
}

impl Page<'_> {
    fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }

    /// KAFKARIUM in nine records; the last two lie past the high watermark until every lesson is done.
    fn wordmark(&self, buffer: &mut Buffer, x: u16, y: u16) {
        let letters: Vec<char> = "KAFKARIUM".chars().collect();
        let all_done = self.state.course.written().all(|entry| self.state.progress.is_done(&entry.id));
        let committed = if all_done { letters.len() } else { letters.len() - 2 };
        let mut at = x;
        for (ix, letter) in letters.iter().enumerate() {
            if ix == committed {
                cell(buffer, at, y + 1, "┃", self.style(Role::Focus));
                at += 1;
            }
            put_right(buffer, at + 3, y, &ix.to_string(), muted(self.theme));
            if ix < committed {
                let fill = self.theme.fill(Role::Committed);
                let edge = self.style(Role::Committed);
                cell(buffer, at, y + 1, "▐", edge);
                put(buffer, at + 1, y + 1, 3, &format!(" {letter} "), fill);
                cell(buffer, at + 4, y + 1, "▌", edge);
            } else {
                put(buffer, at, y + 1, 5, &format!("( {letter} )"), self.style(Role::Uncommitted));
            }
            at += 5;
        }
        let steps = (self.state.clock / READER_MS).min(6);
        let reader = x + 2 + u16::try_from(steps).unwrap_or(6) * 5;
        let flag = self.style(Role::PositionA);
        cell(buffer, reader, y + 2, "▲", flag);
        put(buffer, reader + 2, y + 2, 8, t(self.lang, "home.me"), flag);
        if buffer.area.width >= 76 {
            let room = buffer.area.right().saturating_sub(at + 3);
            put(buffer, at + 3, y, room, t(self.lang, "home.motto_1"), self.style(Role::Text));
            put(buffer, at + 3, y + 1, room, t(self.lang, "home.motto_2"), muted(self.theme));
        }
    }

    fn list(&self, buffer: &mut Buffer, area: Rect, spots: &Spots) {
        let (course, progress) = (&*self.state.course, &self.state.progress);
        let rows = self.home.rows(course, progress);
        let mut y = area.y;
        let header = rows.iter().position(|row| matches!(row, Row::Part(_))).unwrap_or(0);
        let visible = usize::from(area.height.saturating_sub(3));
        // The continue row and the header stay; the rest scrolls so that the selected row is seen.
        let scroll =
            (self.home.row + 2).saturating_sub(visible + header).min(rows.len().saturating_sub(visible));
        for (ix, row) in rows.iter().enumerate() {
            if ix == header && header > 0 {
                y += 1;
                self.columns(buffer, area, y);
                y += 1;
            }
            if ix >= header && ix < header + scroll {
                continue;
            }
            if y >= area.bottom() {
                break;
            }
            spots.mark(Rect { y, height: 1, ..area }, Spot::Row(ix));
            self.row(buffer, Rect { y, height: 1, ..area }, row, ix == self.home.row);
            y += 1;
        }
    }

    fn columns(&self, buffer: &mut Buffer, area: Rect, y: u16) {
        let style = muted(self.theme);
        put(buffer, area.x + 5, y, 20, t(self.lang, "home.part"), style);
        put(buffer, self.bar_x(area), y, 12, t(self.lang, "home.progress"), style);
        put_right(buffer, area.right(), y, t(self.lang, "home.predicted"), style);
    }

    fn bar_x(&self, area: Rect) -> u16 {
        area.x + (area.width.saturating_sub(34)).max(20)
    }

    fn row(&self, buffer: &mut Buffer, area: Rect, row: &Row, selected: bool) {
        if selected {
            fill(buffer, area, self.theme, Surface::Selected);
            cell(buffer, area.x, area.y, "▸", self.style(Role::Leader));
        }
        match row {
            Row::Continue { lesson, beat } => self.continue_row(buffer, area, lesson, beat.as_deref()),
            Row::Part(at) => {
                if let Some(part) = self.state.course.parts.get(*at) {
                    self.part_row(buffer, area, part, self.home.open == Some(Fold::Part(*at)));
                }
            }
            Row::Lesson(id) => {
                if let Some(entry) = self.state.course.entries().find(|entry| entry.id == *id) {
                    self.lesson_row(buffer, area, entry);
                }
            }
            Row::Scenarios => {
                let mark = if self.home.open == Some(Fold::Scenarios) { "▾" } else { "▸" };
                put(buffer, area.x + 2, area.y, 2, mark, muted(self.theme));
                let gloss =
                    tf(self.lang, "home.scenarios_gloss", &[("n", &self.state.course.scenarios.len())]);
                self.titled(buffer, area, t(self.lang, "home.scenarios"), &gloss);
            }
            Row::Scenario(id) => {
                if let Some(entry) = self.state.course.scenario(id) {
                    let room = area.width.saturating_sub(13);
                    let title = truncate(entry.title.get(self.lang), room.into(), "…");
                    put(buffer, area.x + 9, area.y, room, &title, self.style(Role::Text));
                }
            }
            Row::Sandbox => {
                let gloss = t(self.lang, "home.sandbox_gloss");
                self.titled(buffer, area, t(self.lang, "home.sandbox"), gloss);
            }
        }
    }

    /// A row that is no part: what it is, and in a few words what for.
    fn titled(&self, buffer: &mut Buffer, area: Rect, title: &str, gloss: &str) {
        let at = put(buffer, area.x + 7, area.y, 30, title, self.style(Role::Text));
        put(buffer, area.x + 9 + at, area.y, 60, gloss, muted(self.theme));
    }

    fn continue_row(&self, buffer: &mut Buffer, area: Rect, lesson: &str, beat: Option<&str>) {
        let key = if beat.is_some() { "home.continue" } else { "home.begin" };
        let label = format!(" ▸ {} ", t(self.lang, key));
        let mut x = area.x + put(buffer, area.x, area.y, 40, &label, self.theme.fill(Role::Leader));
        let Some(entry) = self.state.course.entries().find(|entry| entry.id == lesson) else { return };
        let title = format!("{} {}", entry.number, entry.title.get(self.lang));
        x += 1;
        let room = area.right().saturating_sub(x + 8);
        x += put(buffer, x, area.y, room, &truncate(&title, room.into(), "…"), self.style(Role::Focus));
        let at = beat.and_then(|beat| entry.beats.iter().position(|(id, _)| id == beat));
        if let Some(at) = at {
            let position =
                tf(self.lang, "home.position", &[("beat", &(at + 1)), ("total", &entry.beats.len())]);
            put(buffer, x + 3, area.y, area.right().saturating_sub(x + 10), &position, muted(self.theme));
        }
        let width = u16::try_from(width("Enter") + 2).unwrap_or(7);
        pill(buffer, area.right().saturating_sub(width), area.y, width, "Enter", self.theme);
    }

    fn part_row(&self, buffer: &mut Buffer, area: Rect, part: &Part, open: bool) {
        let mark = if open { "▾" } else { "▸" };
        put(buffer, area.x + 2, area.y, 2, mark, muted(self.theme));
        put_right(buffer, area.x + 6, area.y, &part.number.to_string(), muted(self.theme));
        let bar_x = self.bar_x(area);
        let room = bar_x.saturating_sub(area.x + 8);
        put(
            buffer,
            area.x + 7,
            area.y,
            room,
            &truncate(part.title.get(self.lang), room.into(), "…"),
            self.style(Role::Text),
        );
        let written: Vec<&Entry> = part.entries.iter().filter(|entry| entry.source.is_some()).collect();
        if written.is_empty() {
            put(buffer, bar_x, area.y, 20, t(self.lang, "home.not_yet"), muted(self.theme));
            return;
        }
        let done = written.iter().filter(|entry| self.state.progress.is_done(&entry.id)).count();
        self.progress(buffer, bar_x, area.y, done, part.entries.len());
        self.score(buffer, area, written.iter().map(|entry| self.state.progress.score(&entry.id)));
    }

    fn progress(&self, buffer: &mut Buffer, x: u16, y: u16, done: usize, total: usize) {
        const CELLS: u16 = 16;
        let complete = done == total && total > 0;
        let role = if complete { Role::InSync } else { Role::Leader };
        let rest = self.style(Role::Faint);
        bar(buffer, (x, y), CELLS, done as u64, total as u64, self.style(role), rest);
        let text = if complete { "✓".to_owned() } else { format!("{done}/{total}") };
        put(buffer, x + CELLS + 1, y, 8, &text, self.style(role));
    }

    fn score(&self, buffer: &mut Buffer, area: Rect, scores: impl Iterator<Item = (usize, usize)>) {
        let (right, all) = scores.fold((0, 0), |(r, a), (right, all)| (r + right, a + all));
        let text = if all == 0 { "·".to_owned() } else { format!("{right}/{all}") };
        put_right(buffer, area.right().saturating_sub(1), area.y, &text, muted(self.theme));
    }

    fn lesson_row(&self, buffer: &mut Buffer, area: Rect, entry: &Entry) {
        let written = entry.source.is_some();
        let style = if written { self.style(Role::Text) } else { muted(self.theme) };
        let bar_x = self.bar_x(area);
        put(buffer, area.x + 9, area.y, 3, &entry.number, muted(self.theme));
        let room = bar_x.saturating_sub(area.x + 13);
        put(
            buffer,
            area.x + 12,
            area.y,
            room,
            &truncate(entry.title.get(self.lang), room.into(), "…"),
            style,
        );
        if !written {
            put(buffer, bar_x, area.y, 20, t(self.lang, "home.not_yet"), muted(self.theme));
            return;
        }
        let total = entry.beats.len();
        let done = if self.state.progress.is_done(&entry.id) { total } else { furthest(self.state, entry) };
        self.progress(buffer, bar_x, area.y, done, total);
        self.score(buffer, area, std::iter::once(self.state.progress.score(&entry.id)));
    }

    fn cards(&self, buffer: &mut Buffer, area: Rect) {
        let lang = self.lang;
        let written = self.state.course.written().count();
        let done = self.state.course.written().filter(|e| self.state.progress.is_done(&e.id)).count();
        let cards = [
            (Role::Request, "s", "home.sandbox", t(lang, "home.sandbox_gloss").to_owned()),
            (Role::Warning, "Enter", "home.lesson", format!("{done}/{written}")),
            (Role::Control, "F2", "key.language", "한국어 / English".to_owned()),
        ];
        let mut y = area.y;
        for (role, key, title, text) in cards {
            if y + 4 > area.bottom() {
                return;
            }
            let card = Rect { y, height: 4, ..area };
            fill(buffer, card, self.theme, Surface::Panel);
            for row in 0..4 {
                cell(buffer, card.x, y + row, "▌", self.style(role));
            }
            let at = pill(buffer, card.x + 3, y + 1, 8, key, self.theme);
            put(
                buffer,
                card.x + 4 + at,
                y + 1,
                card.width.saturating_sub(12),
                t(lang, title),
                self.style(Role::Focus),
            );
            put(buffer, card.x + 3, y + 2, card.width.saturating_sub(4), &text, muted(self.theme));
            y += 5;
        }
    }
}

/// Beats of a lesson up to the furthest one entered.
fn furthest(state: &State, entry: &Entry) -> usize {
    let known = state.progress.lessons.get(&entry.id);
    known.and_then(|l| entry.beats.iter().position(|(id, _)| *id == l.beat)).unwrap_or(0)
}
