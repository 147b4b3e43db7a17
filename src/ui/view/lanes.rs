//! The lanes scene: the script's records as columns, a lane a pipeline, what was lost and what came twice at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{cell, muted, put, put_right};
use super::stage::Frame;
use crate::scene::{Cell, DeliveryLane as Lane, Held, Lanes, Reason, Work, reason};
use crate::text::{t, truncate, width};
use crate::ui::theme::Role;

/// Cells left of the columns.
const NAMES: u16 = 21;
/// Cells of a column.
const COLUMN: u16 = 6;
/// Cells of the two counters.
const COUNTERS: u16 = 14;

/// Rows that the picture needs.
pub(super) fn rows(scene: &Lanes) -> u16 {
    u16::try_from(scene.lanes.len()).unwrap_or(u16::MAX).saturating_mul(4).saturating_add(3)
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Lanes) {
    let lang = frame.lang();
    // Where there is room the lanes stand apart.
    let lanes = u16::try_from(scene.lanes.len()).unwrap_or(1).max(1);
    let each = match area.height {
        room if room >= 3 + lanes * 6 => 6,
        // Below a prompt there is no room for reasons.
        room if room < 2 + lanes * 4 - 1 => 2,
        _ => 4,
    };
    let columns = usize::from(area.width.saturating_sub(NAMES + COUNTERS) / COLUMN);
    let skipped = scene.heads.len().saturating_sub(columns);
    let left = area.x + NAMES;
    put(buffer, area.x + 1, area.y, NAMES - 2, t(lang, "lanes.script"), muted(frame.state.settings.theme));
    if skipped > 0 {
        cell(buffer, left.saturating_sub(1), area.y, "‹", frame.style(Role::Muted));
    }
    for (n, head) in (0..).zip(scene.heads.iter().skip(skipped)) {
        let role = if head.fault { Role::Dropped } else { Role::Text };
        let text = truncate(head.text.get(lang), usize::from(COLUMN) - 1, "…");
        put(buffer, left + n * COLUMN + 1, area.y, COLUMN - 1, &text, frame.style(role));
    }
    let right = area.right().saturating_sub(1);
    put_right(
        buffer,
        right.saturating_sub(7),
        area.y,
        t(lang, "lanes.lost"),
        muted(frame.state.settings.theme),
    );
    put_right(buffer, right, area.y, t(lang, "lanes.doubled"), muted(frame.state.settings.theme));
    rule(frame, buffer, area, area.y + 1);
    let mut y = area.y + 2;
    for (n, lane) in scene.lanes.iter().enumerate() {
        if y + each.min(3) > area.bottom() {
            let text = format!("+{}", scene.lanes.len() - n);
            put_right(buffer, right, area.bottom().saturating_sub(1), &text, frame.style(Role::Muted));
            break;
        }
        let inside = Rect { y: y + u16::from(each > 4), height: each.min(3), ..area };
        self::lane(frame, buffer, inside, lane, skipped);
        y += each;
        if each > 2 {
            rule(frame, buffer, area, y - 1);
        }
    }
}

fn rule(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, y: u16) {
    if y < area.bottom() {
        for x in area.left() + 1..area.right().saturating_sub(1) {
            cell(buffer, x, y, "─", frame.style(Role::Faint));
        }
    }
}

fn lane(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, lane: &Lane, skipped: usize) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let marked = lane.focused
        || frame.marked(&lane.producer)
        || lane.group.as_ref().is_some_and(|group| frame.marked(group));
    let role = if marked { Role::Focus } else { Role::Text };
    let (log, works) = (t(lang, "lanes.log"), t(lang, "lanes.work"));
    let word = u16::try_from(width(log).max(width(works))).unwrap_or(4);
    let room = NAMES.saturating_sub(word + 3);
    if marked {
        cell(buffer, area.x, area.y, "▸", frame.style(Role::Focus));
    }
    let title = truncate(lane.title.get(lang), usize::from(room), "…");
    put(buffer, area.x + 1, area.y, room, &title, frame.style(role));
    let settings = truncate(&lane.settings.join(" "), usize::from(room), "…");
    put(buffer, area.x + 1, area.y + 1, room, &settings, muted(theme));
    let left = area.x + NAMES;
    put_right(buffer, left.saturating_sub(1), area.y, log, muted(theme));
    put_right(buffer, left.saturating_sub(1), area.y + 1, works, muted(theme));
    let last = area.right().saturating_sub(COUNTERS);
    for (n, one) in (0..).zip(lane.cells.iter().skip(skipped)) {
        let x = left + n * COLUMN;
        if x + COLUMN > last {
            break;
        }
        held(frame, buffer, x, area.y, *one, n + u16::try_from(skipped).unwrap_or(0) + 1);
        worked(frame, buffer, x, area.y + 1, *one, n + u16::try_from(skipped).unwrap_or(0) + 1);
    }
    counters(frame, buffer, area, lane);
    if area.height > 2 {
        reasons(frame, buffer, area, lane);
    }
}

/// What the log holds of a record: `▐3▌`, `▐3▌!3!` twice, `(3)` not yet visible, `✗` not there.
fn held(frame: &Frame<'_>, buffer: &mut Buffer, x: u16, y: u16, one: Cell, number: u16) {
    let theme = frame.state.settings.theme;
    let label = format!("{number}");
    let label = truncate(&label, 2, "");
    match one.held {
        Held::Unsent => cell(buffer, x + 1, y, "·", frame.style(Role::Faint)),
        Held::Coming => cell(buffer, x + 1, y, "░", frame.style(Role::Request)),
        Held::Never => cell(buffer, x + 1, y, "✗", frame.style(Role::Dropped)),
        Held::Aborted => {
            put(buffer, x, y, COLUMN, &format!("/{label}/"), frame.style(Role::Aborted));
        }
        Held::Stored { visible: false, .. } => {
            put(buffer, x, y, COLUMN, &format!("({label})"), frame.style(Role::Uncommitted));
        }
        Held::Stored { copies, .. } => {
            cell(buffer, x, y, "▐", frame.style(Role::Committed));
            let at = put(buffer, x + 1, y, 2, &label, theme.fill(Role::Committed));
            cell(buffer, x + 1 + at, y, "▌", frame.style(Role::Committed));
            if copies > 1 {
                let again = if copies == 2 { format!("!{label}!") } else { format!("!{copies}×") };
                put(buffer, x + 2 + at, y, COLUMN - 2 - at, &again, theme.fill(Role::Dropped));
            }
        }
    }
}

/// What the application did: `3`, `3+3` twice, `✗` never, `░` it is at it.
fn worked(frame: &Frame<'_>, buffer: &mut Buffer, x: u16, y: u16, one: Cell, number: u16) {
    let (text, role) = match one.work {
        Work::Nobody => return,
        Work::Waits => ("·".to_owned(), Role::Faint),
        Work::Begun => ("░".to_owned(), Role::Warning),
        Work::Skipped => ("✗".to_owned(), Role::Dropped),
        Work::Done(1) => (number.to_string(), Role::Text),
        Work::Done(2) => (format!("{number}+{number}"), Role::Warning),
        Work::Done(n) => (format!("{number} ×{n}"), Role::Warning),
    };
    put(buffer, x + 1, y, COLUMN - 1, &text, frame.style(role));
}

fn counters(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, lane: &Lane) {
    let right = area.right().saturating_sub(1);
    let lost = if lane.lost == 0 { Role::InSync } else { Role::Dropped };
    let doubled = if lane.doubled == 0 { Role::InSync } else { Role::Warning };
    put_right(buffer, right.saturating_sub(7), area.y, &lane.lost.to_string(), frame.style(lost));
    put_right(buffer, right, area.y, &lane.doubled.to_string(), frame.style(doubled));
    if !lane.down.is_empty() {
        let text = format!("✗ {}", lane.down.join(" "));
        put_right(buffer, right, area.y + 1, &truncate(&text, 12, "…"), frame.style(Role::Dead));
    }
}

fn reasons(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, lane: &Lane) {
    let lang = frame.lang();
    let words: Vec<String> = lane.reasons.iter().map(|why| reason(why, lang)).collect();
    let x = area.x + 1;
    let room = area.right().saturating_sub(x + 1);
    let text = truncate(&words.join(" · "), usize::from(room), "…");
    let role = match lane.reasons.first() {
        Some(Reason::Clean | Reason::Recognised(_)) | None => Role::Muted,
        Some(_) => Role::Text,
    };
    put(buffer, x, area.y + 2, room, &text, frame.style(role));
}
