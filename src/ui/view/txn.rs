//! The transaction scene: the coordinator's states above, the logs with their barrier in the middle, the two kinds of reader below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::layout::Class;
use super::paint::{Frame as Edge, boxed, cell, fill, muted, put};
use super::stage::Frame;
use super::strip::{Strip, in_a_row};
use crate::scene::{ABORT, COMMIT, Machine, Phase, Reader, Txn, TxnRow};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::{Role, Surface};

/// Rows that the machine takes: a title, boxes, the way down.
const MACHINE: u16 = 5;
/// Machines that are said in a line below the first.
const MORE_MACHINES: usize = 3;
/// Cells for the names at the left.
const NAMES: u16 = 14;

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Txn) {
    let gap = u16::from(frame.class > Class::S);
    let mut y = area.y + gap;
    if let Some(first) = scene.machines.first() {
        machine(frame, buffer, Rect { y, height: MACHINE, ..area }, first);
        y += MACHINE;
    }
    for other in scene.machines.iter().skip(1).take(MORE_MACHINES) {
        let text = format!("{} · {}", heading(frame, other), other.state);
        put(buffer, area.x + 1, y, area.width.saturating_sub(2), &text, muted(frame.state.settings.theme));
        y += 1;
    }
    y += gap;
    let readers = u16::try_from(scene.readers.len()).unwrap_or(u16::MAX);
    let below = readers.saturating_mul(1 + gap) + 1;
    let room = area.bottom().saturating_sub(y + below);
    let count = u16::try_from(scene.rows.len()).unwrap_or(u16::MAX).max(1);
    let roomy = count.saturating_mul(3 + gap) <= room;
    for (n, row) in scene.rows.iter().enumerate() {
        let offsets = roomy || n == 0;
        let height = 2 + u16::from(offsets);
        if y + height > area.bottom().saturating_sub(below) {
            put(
                buffer,
                area.x + 1,
                y,
                8,
                &format!("+{}", scene.rows.len() - n),
                muted(frame.state.settings.theme),
            );
            y += 1;
            break;
        }
        partition(frame, buffer, Rect { y, height, ..area }, row, offsets);
        y += height + if roomy { gap } else { 0 };
    }
    for x in area.x + 1..area.right().saturating_sub(1) {
        cell(buffer, x, y, "─", frame.style(Role::Faint));
    }
    y += 1 + gap;
    for reader in &scene.readers {
        if y >= area.bottom() {
            break;
        }
        reads(frame, buffer, Rect { y, height: 1, ..area }, reader, scene);
        y += 1 + gap;
    }
}

/// Rows that the picture takes where there is room.
pub(super) fn rows(scene: &Txn) -> u16 {
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let others = count(scene.machines.len().saturating_sub(1).min(MORE_MACHINES));
    MACHINE + others + 4 * count(scene.rows.len()) + 2 * count(scene.readers.len()) + 5
}

/// `tx-pay · t1 · Ongoing · PID 9 epoch 3 · coordinator b2`.
fn heading(frame: &Frame<'_>, machine: &Machine) -> String {
    let lang = frame.lang();
    let number = |n: i64| if n < 0 { "·".to_owned() } else { n.to_string() };
    let (pid, epoch) = machine.identity;
    let mut text = tf(
        lang,
        "txnscene.machine",
        &[
            ("id", &machine.id),
            ("client", &machine.client),
            ("pid", &number(pid)),
            ("epoch", &number(epoch.into())),
            ("coordinator", &machine.coordinator.as_deref().unwrap_or("·")),
        ],
    );
    if let Some((open, timeout)) = machine.open {
        let seconds = |micros: u64| format!("{}.{:01}s", micros / 1_000_000, micros / 100_000 % 10);
        text.push_str(&format!(" · {} / {}", seconds(open), seconds(timeout)));
    }
    text
}

fn machine(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, machine: &Machine) {
    frame.stands(Rect { height: 1, ..area }, &machine.id);
    let selected = frame.selected(&machine.id) || machine.focused;
    let style = if selected { frame.style(Role::Focus) } else { muted(frame.state.settings.theme) };
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &heading(frame, machine), style);
    let mut x = area.x + 1;
    let mut below_ongoing = x;
    for (n, name) in COMMIT.iter().enumerate() {
        let phase = machine.phase(name);
        if n > 0 {
            let role = if phase == Phase::Ahead { Role::Faint } else { Role::Leader };
            put(
                buffer,
                x,
                area.y + 2,
                3,
                if phase == Phase::Ahead { "╌╌▸" } else { "━━▸" },
                frame.style(role),
            );
            x += 3;
        }
        if n == 1 {
            below_ongoing = x + 2;
        }
        x += state(frame, buffer, (x, area.y + 1), name, phase);
    }
    way_down(frame, buffer, (below_ongoing, area.y + 4), machine);
}

/// A box with the name of a state; gives its width.
fn state(frame: &Frame<'_>, buffer: &mut Buffer, (x, y): (u16, u16), name: &str, phase: Phase) -> u16 {
    let cells = u16::try_from(width(name)).unwrap_or(0) + 4;
    let place = Rect { x, y, width: cells, height: 3 };
    let (edge, role) = match phase {
        Phase::Past => (Edge::Round, Role::Text),
        Phase::Now => (Edge::Heavy, Role::Leader),
        Phase::Ahead => (Edge::Round, Role::Muted),
    };
    if phase == Phase::Now {
        let inside = Rect { x: x + 1, y: y + 1, width: cells - 2, height: 1 };
        fill(buffer, inside, frame.state.settings.theme, Surface::Selected);
    }
    boxed(buffer, place, edge, "", frame.style(role), frame.style(role));
    let text = if phase == Phase::Now { frame.style(Role::Focus) } else { frame.style(role) };
    put(buffer, x + 2, y + 1, cells - 4, name, text);
    cells
}

/// The abort path hangs below `Ongoing`.
fn way_down(frame: &Frame<'_>, buffer: &mut Buffer, (mut x, y): (u16, u16), machine: &Machine) {
    let taken = machine.aborts();
    let line = frame.style(if taken { Role::Dropped } else { Role::Faint });
    x += put(buffer, x, y, 6, if taken { "└━━▸ " } else { "└╌╌▸ " }, line);
    for (n, name) in ABORT.iter().enumerate() {
        if n > 0 {
            x += put(
                buffer,
                x,
                y,
                5,
                if machine.phase(name) == Phase::Ahead { " ╌╌▸ " } else { " ━━▸ " },
                line,
            );
        }
        let style: Style = match machine.phase(name) {
            Phase::Now => frame.state.settings.theme.fill(Role::Dropped),
            Phase::Past => frame.style(Role::Dropped),
            Phase::Ahead => frame.style(Role::Muted),
        };
        x += put(buffer, x, y, 20, name, style);
    }
}

fn partition(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &TxnRow, offsets: bool) {
    let theme = frame.state.settings.theme;
    let top = area.y + u16::from(offsets);
    frame.stands(area, &row.id);
    let role = if frame.selected(&row.id) { Role::Focus } else { Role::Text };
    put(
        buffer,
        area.x + 1,
        top,
        NAMES - 1,
        &truncate(&row.id, usize::from(NAMES) - 1, "…"),
        frame.style(role),
    );
    let tile = if frame.class == Class::S { 4 } else { 5 };
    let strip = Strip {
        tiles: &row.tiles,
        start: row.start,
        high_watermark: row.last_stable,
        end: row.end,
        odd: row.odd,
        dead: false,
        hw_moved: false,
        tile,
        theme,
    };
    let left = area.x + 1 + NAMES;
    let room = area.right().saturating_sub(left + 2).min(tile * 12 + 1);
    let placed = strip.draw(buffer, left + 1, top, room, 1);
    if offsets {
        strip.offsets(buffer, &placed, area.y);
    }
    let Some(at) = placed.column(row.last_stable) else { return };
    let at = at.saturating_sub(1);
    let mark = if row.last_stable == row.high_watermark {
        format!("▲ LSO = HW {}", row.last_stable)
    } else {
        format!("▲ LSO {}  HW {}", row.last_stable, row.high_watermark)
    };
    let taken =
        put(buffer, at, top + 1, area.right().saturating_sub(at + 1), &mark, frame.style(Role::Focus));
    if !row.waiting.is_empty() {
        let x = at + taken + 2;
        let text = tf(frame.lang(), "txnscene.waits", &[("records", &row.waiting.join(" "))]);
        put(buffer, x, top + 1, area.right().saturating_sub(x + 1), &text, frame.style(Role::Warning));
    }
}

fn reads(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, reader: &Reader, scene: &Txn) {
    let lang = frame.lang();
    frame.stands(Rect { height: 1, ..area }, &reader.id);
    let committed = reader.isolation == "read_committed";
    let role = match () {
        () if frame.selected(&reader.id) || reader.focused => Role::Focus,
        () if committed => Role::InSync,
        () => Role::Aborted,
    };
    let name = format!("{} {}", reader.id, reader.isolation);
    let cells = 22;
    let plain = if role == Role::Aborted { frame.style(Role::Warning) } else { frame.style(role) };
    put(buffer, area.x + 1, area.y, cells, &truncate(&name, cells.into(), "…"), plain);
    let x = area.x + 2 + cells;
    let remark = remark(frame, reader, scene, committed);
    let words = u16::try_from(width(&remark)).unwrap_or(0).min(area.width / 2);
    let room = area.right().saturating_sub(x + words + 3);
    let taken = in_a_row(frame.state.settings.theme, buffer, (x, area.y), room, &reader.got);
    if reader.got.is_empty() {
        put(buffer, x, area.y, room, t(lang, "txnscene.nothing"), muted(frame.state.settings.theme));
        return;
    }
    let x = x + taken + 2;
    let style = frame.style(if reader.too_early.is_empty() { Role::Muted } else { Role::Warning });
    put(buffer, x, area.y, area.right().saturating_sub(x + 1), &remark, style);
}

fn remark(frame: &Frame<'_>, reader: &Reader, scene: &Txn, committed: bool) -> String {
    let lang = frame.lang();
    if !reader.too_early.is_empty() {
        return tf(lang, "txnscene.too_early", &[("records", &reader.too_early.join(" "))]);
    }
    let held = scene.rows.iter().any(|row| row.last_stable < row.high_watermark);
    if committed && held { t(lang, "txnscene.stops").to_owned() } else { String::new() }
}
