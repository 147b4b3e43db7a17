//! A cluster that is too large for boxes, in cells: totals, and a strip for each broker, the worst first.
//!
//! ```text
//!  b17   ████░░░░░░◌◌✗✗  ★100 ☆180 ◌15 ✗5
//! ```

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{cell, muted, put};
use super::super::stage::Frame;
use crate::scene::{Chip, Heat, HeatStrip};
use crate::text::{strings::lookup, t, tf, width};
use crate::ui::theme::Role;

/// Cells of a strip's bar.
const BAR: u16 = 12;
/// Cells of a broker's name, and of its counts.
const NAME: u16 = 7;
const COUNTS: u16 = 18;

/// Draws totals, strips and controllers.
pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, heat: &Heat, chips: &[Chip]) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let x = area.x + 1;
    let room = area.width.saturating_sub(2);
    let totals = tf(
        lang,
        "heat.totals",
        &[("brokers", &heat.strips.len()), ("gone", &heat.gone), ("partitions", &heat.partitions)],
    );
    put(buffer, x, area.y, room, &totals, frame.style(Role::Text));
    let mut at = x;
    for (mark, count, role) in
        [("✗", heat.leaderless, Role::Dropped), ("◌", heat.under_replicated, Role::OutOfSync)]
    {
        let key = if mark == "✗" { "heat.leaderless" } else { "heat.under_replicated" };
        let text = format!("{mark} {}  ", tf(lang, key, &[("n", &count)]));
        let role = if count == 0 { Role::Muted } else { role };
        at += put(buffer, at, area.y + 1, room.saturating_sub(at - x), &text, frame.style(role));
    }
    for chip in chips {
        let mark = if chip.down {
            "✗"
        } else if chip.active {
            "★"
        } else {
            "☆"
        };
        let text = format!("{mark} {}  ", chip.id);
        at += put(buffer, at, area.y + 1, room.saturating_sub(at - x), &text, muted(theme));
    }
    legend(frame, buffer, Rect { x, y: area.y + 2, width: room, height: 1 });
    let grid = Rect { x, y: area.y + 3, width: room, height: area.height.saturating_sub(4) };
    let hidden = strips(frame, buffer, grid, heat);
    let last = area.bottom().saturating_sub(1);
    match hidden {
        Some((first, shown)) => {
            let of: [(&str, &dyn std::fmt::Display); 3] =
                [("first", &(first + 1)), ("last", &(first + shown)), ("n", &heat.strips.len())];
            put(buffer, x, last, room, &tf(lang, "heat.page", &of), muted(theme));
        }
        None => {
            put(buffer, x, last, room, t(lang, "heat.all"), muted(theme));
        }
    }
}

/// What the parts of a bar mean.
fn legend(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect) {
    let lang = frame.lang();
    let words = ["heat.leads", "heat.follows", "heat.out_of_sync", "heat.none_leads"];
    let mut x = area.x;
    for ((symbol, role), word) in MARKS.into_iter().zip(words) {
        let text = lookup(lang, word).unwrap_or_default();
        let room = area.right().saturating_sub(x);
        x += put(buffer, x, area.y, room, &format!("{symbol} "), frame.style(role));
        x += put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            &format!("{text}   "),
            frame.style(Role::Muted),
        );
    }
}

/// Glyphs of a bar, from good to bad.
const MARKS: [(&str, Role); 4] =
    [("█", Role::Leader), ("░", Role::Follower), ("◌", Role::OutOfSync), ("✗", Role::Dropped)];

/// The strips in columns, top to bottom: the page with the selected one. Gives the first and how many were drawn, if not all.
fn strips(frame: &Frame<'_>, buffer: &mut Buffer, grid: Rect, heat: &Heat) -> Option<(usize, usize)> {
    let cells = NAME + BAR + 1 + COUNTS;
    let columns = ((grid.width + 1) / (cells + 1)).max(1);
    let places = (usize::from(columns) * usize::from(grid.height)).max(1);
    let selected = heat.strips.iter().position(|strip| frame.selected(&strip.id));
    let first = selected.unwrap_or(0) / places * places;
    let most = heat.strips.iter().map(total).max().unwrap_or(1).max(1);
    for (ix, one) in (0u16..).zip(heat.strips.iter().skip(first).take(places)) {
        let x = grid.x + ix / grid.height.max(1) * (cells + 1);
        let area = Rect { x, y: grid.y + ix % grid.height.max(1), width: cells.min(grid.width), height: 1 };
        strip(frame, buffer, area, one, most);
    }
    let shown = heat.strips.len().saturating_sub(first).min(places);
    (shown < heat.strips.len()).then_some((first, shown))
}

fn total(strip: &HeatStrip) -> u32 {
    strip.leaders + strip.followers + strip.out_of_sync + strip.leaderless
}

/// What a strip is made of, from good to bad.
fn parts(strip: &HeatStrip) -> [(&'static str, u32, Role); 4] {
    let counts = [strip.leaders, strip.followers, strip.out_of_sync, strip.leaderless];
    std::array::from_fn(|n| (MARKS[n].0, counts[n], MARKS[n].1))
}

fn strip(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, strip: &HeatStrip, most: u32) {
    frame.stands(area, &strip.id);
    let gone = !strip.running || strip.fenced;
    let role = match (frame.selected(&strip.id) || strip.focused, gone) {
        (true, _) => Role::Focus,
        (false, true) => Role::Dead,
        (false, false) => Role::Text,
    };
    let (mark, glyph) = match (frame.selected(&strip.id), gone) {
        (true, _) => (Role::PositionA, "▸"),
        (false, true) => (Role::Dropped, "✗"),
        (false, false) => (Role::Text, " "),
    };
    cell(buffer, area.x, area.y, glyph, frame.style(mark));
    put(buffer, area.x + 1, area.y, NAME - 2, &strip.id, frame.style(role));
    let mut x = area.x + NAME;
    let end = x + BAR;
    for (symbol, count, role) in parts(strip) {
        // What there is shows at least once.
        let cells = (u32::from(BAR) * count / most).max(u32::from(count > 0));
        for _ in 0..cells {
            if x < end {
                cell(buffer, x, area.y, symbol, frame.style(role));
                x += 1;
            }
        }
    }
    let mut x = end + 1;
    for ((_, count, role), mark) in parts(strip).into_iter().zip(["★", "☆", "◌", "✗"]) {
        if count == 0 && !matches!(role, Role::Leader | Role::Follower) {
            continue;
        }
        let text = format!("{mark}{count} ");
        if x + u16::try_from(width(&text)).unwrap_or(u16::MAX) <= area.right() + 1 {
            x += put(buffer, x, area.y, area.right().saturating_sub(x), &text, frame.style(role));
        }
    }
}
