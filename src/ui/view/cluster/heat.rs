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
use crate::text::{tf, width};
use crate::ui::theme::Role;

/// Cells of a strip's bar.
const BAR: u16 = 12;
/// Cells of a broker's name, and of its counts.
const NAME: u16 = 7;
const COUNTS: u16 = 19;

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
        [("✗", heat.leaderless, Role::Dead), ("◌", heat.under_replicated, Role::OutOfSync)]
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
    let grid = Rect { x, y: area.y + 3, width: room, height: area.height.saturating_sub(4) };
    let shown = strips(frame, buffer, grid, heat);
    let hidden = heat.strips.len() - shown;
    if hidden > 0 {
        let more = tf(lang, "heat.more", &[("n", &hidden)]);
        put(buffer, x, area.bottom().saturating_sub(1), room, &more, muted(theme));
    }
}

/// The strips in columns, top to bottom. The selected one is always there. Gives how many were drawn.
fn strips(frame: &Frame<'_>, buffer: &mut Buffer, grid: Rect, heat: &Heat) -> usize {
    let cells = NAME + BAR + 1 + COUNTS;
    let columns = (grid.width / (cells + 1)).max(1);
    let places = usize::from(columns) * usize::from(grid.height);
    let mut shown: Vec<&HeatStrip> = heat.strips.iter().take(places).collect();
    let selected = heat.strips.iter().skip(places).find(|strip| frame.selected(&strip.id));
    if let (Some(selected), Some(last)) = (selected, shown.last_mut()) {
        *last = selected;
    }
    let most = heat.strips.iter().map(total).max().unwrap_or(1).max(1);
    for (ix, one) in (0u16..).zip(&shown) {
        let x = grid.x + ix / grid.height.max(1) * (cells + 1);
        let area = Rect { x, y: grid.y + ix % grid.height.max(1), width: cells.min(grid.width), height: 1 };
        strip(frame, buffer, area, one, most);
    }
    shown.len()
}

fn total(strip: &HeatStrip) -> u32 {
    strip.leaders + strip.followers + strip.out_of_sync + strip.leaderless
}

/// What a strip is made of, from good to bad.
fn parts(strip: &HeatStrip) -> [(&'static str, u32, Role); 4] {
    [
        ("█", strip.leaders, Role::Leader),
        ("░", strip.followers, Role::Follower),
        ("◌", strip.out_of_sync, Role::OutOfSync),
        ("✗", strip.leaderless, Role::Dead),
    ]
}

fn strip(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, strip: &HeatStrip, most: u32) {
    let gone = !strip.running || strip.fenced;
    let role = match (frame.selected(&strip.id) || strip.focused, gone) {
        (true, _) => Role::Focus,
        (false, true) => Role::Dead,
        (false, false) => Role::Text,
    };
    let mark = if gone { "✗" } else { " " };
    cell(buffer, area.x, area.y, mark, frame.style(Role::Dead));
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
