//! What stands beside the picture: head line, text, the way on; with room, recent events and a legend.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::{Class, Layout};
use super::paint::{cell, fill, muted, put, put_right, rich};
use crate::course::player::{Narration, Phase};
use crate::text::{Line, Rich, t, wrap};
use crate::ui::app::{Play, State, Tank};
use crate::ui::theme::{Role, Surface, Theme};

pub(super) fn draw(state: &State, tank: &Tank, buffer: &mut Buffer, layout: &Layout) {
    let area = layout.narration;
    let theme = state.settings.theme;
    fill(buffer, area, theme, Surface::Panel);
    let text = text(state, tank);
    let role = head_role(&text.head);
    if layout.column {
        column(state, tank, buffer, layout, &text, role);
    } else {
        for y in area.top()..area.bottom() {
            cell(buffer, area.x, y, "▌", theme.style(role));
        }
        let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(3).min(77), ..area };
        let rows = lines(state, tank, &text, 76);
        // What a scenario tells may be longer than there is room for: then the whole of it is the text for the curious.
        let cut = text.more.is_none() && rows.len() > 3;
        if tank.more && (cut || text.more.is_some()) {
            let words = text.more.as_ref().unwrap_or(&text.body);
            let area = Rect { y: area.y.saturating_sub(7), height: area.height + 7, ..area };
            return more(state, buffer, area, words);
        }
        head(buffer, inner, &text.head, role, theme);
        if cut {
            let way = format!("… `m` {}", t(state.lang(), "lesson.more"));
            let line = wrap(&Rich::parse(&way), inner.width.into()).remove(0);
            let x = inner.right().saturating_sub(u16::try_from(line.width()).unwrap_or(0));
            rich(buffer, x, area.y, inner.width, &line, muted(theme), theme);
        }
        for (row, line) in (1..4).zip(rows) {
            rich(buffer, inner.x, area.y + row, inner.width, &line, theme.style(Role::Text), theme);
        }
    }
}

/// The glyph that a head begins with says its colour.
fn head_role(head: &str) -> Role {
    match head.chars().next() {
        Some('✗') => Role::Dropped,
        Some('★') => Role::Leader,
        Some('✓') => Role::InSync,
        Some('!' | '⚠' | '◆') => Role::Warning,
        Some('(') => Role::Uncommitted,
        Some('▐') => Role::Committed,
        Some('◌') => Role::OutOfSync,
        Some('▸' | '◂') => Role::PositionA,
        _ => Role::Request,
    }
}

fn head(buffer: &mut Buffer, area: Rect, text: &str, role: Role, theme: Theme) {
    let style = if role == Role::Request { theme.style(Role::Focus) } else { theme.style(role) };
    if let Some(line) = wrap(&Rich::parse(text), area.width.into()).first() {
        rich(buffer, area.x, area.y, area.width, line, style, theme);
    }
}

/// What to say: the lesson's words, or the sandbox's.
fn text(state: &State, tank: &Tank) -> Narration {
    let lang = state.lang();
    match tank.play.player() {
        Some(player) => {
            let mut text = player.narration(lang);
            if text.head.is_empty() {
                if let Some(question) = player.question(lang) {
                    text.head = format!("◆ {}", question.ask);
                }
                let remember = player.remember(lang);
                if !remember.is_empty() {
                    text.head = format!("✓ {}", t(lang, "lesson.recap"));
                    text.body = remember.join("\n");
                }
            }
            text
        }
        None if matches!(tank.play, Play::Futures(_)) => Narration {
            head: format!("┳ {}", t(lang, "branch.head")),
            body: t(lang, "branch.body").to_owned(),
            ..Narration::default()
        },
        None if let Some(about) = &tank.about => Narration {
            head: format!("● {}", about.title.get(lang)),
            body: about.tells.get(lang).to_owned(),
            ..Narration::default()
        },
        None => Narration {
            head: t(lang, "sandbox.head").to_owned(),
            body: t(lang, "sandbox.body").to_owned(),
            ..Narration::default()
        },
    }
}

/// The body, wrapped; an invitation or a hint takes the last line.
fn lines(state: &State, tank: &Tank, text: &Narration, cells: usize) -> Vec<Line> {
    let lang = state.lang();
    let mut rows: Vec<Line> = text.body.lines().flat_map(|line| wrap(&Rich::parse(line), cells)).collect();
    let acting = tank.play.phase() == Phase::Acting;
    let hint = tank.hint.as_ref().filter(|_| acting).map(|hint| format!("▸ {hint}"));
    let invite = text.invite.as_ref().filter(|_| acting).cloned();
    let gone_on = tank.play.player().is_some_and(crate::course::player::Player::finished);
    // A small screen has no line to spare: its key bar says it.
    let way_out = (gone_on && cells < 60).then(|| t(lang, "lesson.finished_keys").to_owned());
    let extra = hint.or(invite).or(way_out);
    if let Some(extra) = extra {
        let more = wrap(&Rich::parse(&extra), cells);
        if cells > 60 {
            rows.truncate(3usize.saturating_sub(more.len()));
        }
        rows.extend(more);
    }
    rows
}

fn column(state: &State, tank: &Tank, buffer: &mut Buffer, layout: &Layout, text: &Narration, role: Role) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let area = layout.narration;
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let mut y = area.y + 1;
    for (n, line) in wrap(&Rich::parse(&text.head), inner.width.into()).iter().enumerate() {
        if n < 3 {
            cell(buffer, area.x, y, "▌", theme.style(role));
            let style = if role == Role::Request { theme.style(Role::Focus) } else { theme.style(role) };
            rich(buffer, inner.x, y, inner.width, line, style, theme);
            y += 1;
        }
    }
    y += 1;
    let showing_more = tank.more && text.more.is_some();
    for line in lines(state, tank, text, inner.width.into()) {
        if y < area.bottom() {
            rich(buffer, inner.x, y, inner.width, &line, theme.style(Role::Text), theme);
            y += 1;
        }
    }
    if let Some(words) = text.more.as_ref().filter(|_| showing_more) {
        y += 1;
        y = rule(state, buffer, inner, y, t(lang, "lesson.more"));
        for line in wrap(&Rich::parse(words), inner.width.into()) {
            if y < area.bottom() {
                rich(buffer, inner.x, y, inner.width, &line, muted(theme), theme);
                y += 1;
            }
        }
        return;
    }
    if layout.class >= Class::M {
        let legend_rows = 6;
        let bottom = area.bottom().saturating_sub(legend_rows + 1);
        let top = (y + 1).max(area.y + 10);
        if bottom > top + 3 {
            events(state, tank, buffer, Rect { y: top, height: bottom.saturating_sub(top + 1), ..inner });
        }
        if bottom > y + 1 {
            legend(state, tank, buffer, Rect { y: bottom, height: legend_rows, ..inner });
        }
    }
}

/// The text for the curious over the lower half of a small screen.
fn more(state: &State, buffer: &mut Buffer, area: Rect, words: &str) {
    let (theme, lang) = (state.settings.theme, state.lang());
    fill(buffer, area, theme, Surface::Panel);
    let inner = Rect { x: area.x + 2, width: area.width.saturating_sub(4), ..area };
    let mut y = rule(state, buffer, inner, area.y, t(lang, "lesson.more"));
    for line in wrap(&Rich::parse(words), inner.width.into()) {
        if y < area.bottom() {
            rich(buffer, inner.x, y, inner.width, &line, theme.style(Role::Text), theme);
            y += 1;
        }
    }
}

/// A heading with a line; gives the row below.
fn rule(state: &State, buffer: &mut Buffer, area: Rect, y: u16, title: &str) -> u16 {
    let theme = state.settings.theme;
    let at = put(buffer, area.x, y, area.width, title, muted(theme));
    for x in area.x + at + 1..area.right() {
        cell(buffer, x, y, "─", theme.style(Role::Faint));
    }
    y + 1
}

/// The last events, oldest first, the newest on the selection surface.
fn events(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let y = rule(state, buffer, area, area.y, t(lang, "lesson.events"));
    let room = usize::from(area.width.saturating_sub(10));
    let said: Vec<_> = tank
        .play
        .lab()
        .recent(400)
        .iter()
        .filter_map(|line| {
            super::stage::say(lang, line).map(|(glyph, role, text)| (line.at, glyph, role, text))
        })
        .collect();
    // The newest first, as far as they fit; a long one takes a second row.
    let mut free = usize::from(area.bottom().saturating_sub(y));
    let mut shown = Vec::new();
    for (at, glyph, role, text) in said.iter().rev() {
        let rows = wrap(&Rich::plain(text), room);
        let Some(left) = free.checked_sub(rows.len()) else { break };
        free = left;
        shown.push((*at, *glyph, *role, rows));
    }
    let mut y = y;
    for (n, (at, glyph, role, rows)) in shown.iter().enumerate().rev() {
        let height = u16::try_from(rows.len()).unwrap_or(1);
        let style = if n == 0 { theme.style(Role::Focus) } else { theme.style(Role::Text) };
        if n == 0 {
            let row = Rect { x: area.x - 1, y, width: area.width + 2, height };
            fill(buffer, row, theme, Surface::Selected);
        }
        let time = format!("{}.{:03}", at / 1_000_000, at.unsigned_abs() / 1000 % 1000);
        put_right(buffer, area.x + 7, y, &time, if n == 0 { style } else { muted(theme) });
        put(buffer, area.x + 8, y, 2, glyph, theme.style(*role));
        for (y, line) in (y..).zip(rows) {
            rich(buffer, area.x + 10, y, area.width.saturating_sub(10), line, style, theme);
        }
        y += height;
    }
    if shown.is_empty() {
        put(buffer, area.x, y, area.width, t(lang, "lesson.no_events"), muted(theme));
    }
}

fn legend(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let top = rule(state, buffer, area, area.y, t(lang, "legend.title"));
    let half = area.width / 2;
    let tile = (theme.fill(Role::Committed), " a ");
    let transactions: [[(&str, Role, &'static str); 2]; 4] = [
        [("▐a▌", Role::Committed, "legend_short.committed"), ("/a/", Role::Aborted, "legend_short.aborted")],
        [
            ("(a)", Role::Uncommitted, "legend_short.open"),
            ("‹C›", Role::Control, "legend_short.commit_marker"),
        ],
        [("┃", Role::Focus, "legend_short.lso"), ("‹A›", Role::Control, "legend_short.abort_marker")],
        [("★ ☆", Role::Leader, "legend_short.leader_follower"), ("─✗", Role::Dropped, "legend_short.lost")],
    ];
    let common: [[(&str, Role, &'static str); 2]; 4] = [
        [("▐a▌", Role::Committed, "legend_short.committed"), ("━●▸", Role::Request, "legend_short.request")],
        [
            ("(a)", Role::Uncommitted, "legend_short.uncommitted"),
            ("◂○━", Role::Response, "legend_short.response"),
        ],
        [("★ ☆", Role::Leader, "legend_short.leader_follower"), ("─✗", Role::Dropped, "legend_short.lost")],
        [("┃", Role::Focus, "legend_short.hw"), ("◉", Role::InSync, "legend_short.in_sync")],
    ];
    let lifecycle: [[(&str, Role, &'static str); 2]; 4] = [
        [("▐a▌", Role::Committed, "legend_short.worked"), ("!a!", Role::Dropped, "legend_short.twice")],
        [
            ("(a)", Role::Uncommitted, "legend_short.not_worked"),
            ("/a/", Role::Aborted, "legend_short.passed"),
        ],
        [("┃", Role::Focus, "legend_short.commit"), ("●▸", Role::Request, "legend_short.request")],
        [("─✗", Role::Dropped, "legend_short.lost"), ("○▸", Role::Response, "legend_short.response")],
    ];
    let rows = match tank.scene_name() {
        "txn" => transactions,
        "lifecycle" => lifecycle,
        _ => common,
    };
    for (y, row) in (top..).zip(rows) {
        for (n, (glyph, role, word)) in (0..).zip(row) {
            let x = area.x + n * half;
            if glyph.starts_with('▐') {
                put(buffer, x, y, 3, tile.1, tile.0);
            } else {
                put(buffer, x, y, 3, glyph, theme.style(role));
            }
            let text = crate::text::strings::lookup(lang, word).unwrap_or_default();
            put(buffer, x + 4, y, half.saturating_sub(5), text, muted(theme));
        }
    }
}
