//! The ladder in cells: lifelines, a row a message or event, and the log pinned below.
//!
//! ```text
//!      s  app-1            ★ b1         times at the left, header above
//!           │   Produce g     │
//!  0.000    ├━━━━━━━━━━━━━━━━▸┤         a message is an arrow under its label
//!  0.005    │                 ◆ @6      a local event is a sign with a tag
//!         ───────────────────────
//!         orders-0 ▐a▌▐b▌┃ ·  HW2       the log of the partition in question
//! ```

mod rungs;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Class;
use super::paint::{cell, fill, muted, put, put_right};
use super::stage::Frame;
use super::strip::Strip;
use crate::lab::Told;
use crate::scene::{Ladder, LadderRow, LaneKind, LogRow, Rung, TileKind, Tone};
use crate::text::{Lang, t, tf, truncate, width};
use crate::ui::theme::{Role, Surface};

/// Cells of the column of times, a gap behind it included.
const TIMES: u16 = 9;
/// Cells that a lifeline needs beside its neighbour.
const LEAST: u16 = 14;
/// Cells right of the last lifeline, for its tags.
const TAGS: u16 = 13;

/// Lifelines that an area has room for.
pub(super) fn capacity(area: Rect) -> usize {
    usize::from(area.width.saturating_sub(TIMES + TAGS + 2) / LEAST) + 1
}

/// What a note says at its lifeline, short.
pub(super) fn tag(lang: Lang, told: &Told, records: &str) -> String {
    let again = told.line.note == "Appended" && told.records.iter().any(|(_, again)| *again);
    rungs::tag(lang, &told.line, records, if again { Tone::Twice } else { Tone::Good })
}

/// Where things stand.
struct Place {
    body: Rect,
    /// Columns of the lifelines.
    lanes: Vec<u16>,
    /// A blank row above each row.
    airy: bool,
}

impl Place {
    fn of(frame: &Frame<'_>, area: Rect, scene: &Ladder) -> Self {
        let left = area.x + TIMES + 3;
        let right = area.right().saturating_sub(TAGS).max(left);
        let gaps = u16::try_from(scene.lanes.len().saturating_sub(1)).unwrap_or(0);
        // Few lifelines do not drift apart in a wide picture.
        let step = (right - left).checked_div(gaps).map_or(0, |step| step.min(46));
        let lanes = (0..=gaps).map(|n| left + n * step).collect();
        let body = Rect { y: area.y + 1, height: area.height.saturating_sub(3), ..area };
        Self { body, lanes, airy: frame.class > Class::S && body.height > 16 }
    }

    fn rows(&self, rung: &Rung) -> u16 {
        let own = match rung.row {
            LadderRow::Message { from, to, .. } if from != to => 2,
            _ => 1,
        };
        own + u16::from(self.airy)
    }
}

/// Draws the ladder; `differs` is what this side does first that the other does not.
pub(super) fn draw(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    area: Rect,
    scene: &Ladder,
    differs: Option<&Told>,
) {
    let theme = frame.state.settings.theme;
    if scene.rungs.is_empty() || scene.lanes.is_empty() {
        put(buffer, area.x + 2, area.y + 1, area.width, t(frame.lang(), "ladder.empty"), muted(theme));
        return;
    }
    let place = Place::of(frame, area, scene);
    heads(frame, buffer, area, scene, &place);
    body(frame, buffer, scene, &place, differs);
    let y = area.bottom().saturating_sub(2);
    for x in area.x + TIMES..area.right().saturating_sub(1) {
        cell(buffer, x, y, "─", frame.style(Role::Faint));
    }
    if let Some(row) = &scene.log {
        log(frame, buffer, Rect { y: y + 1, height: 1, ..area }, row);
    }
}

/// Names of the lifelines.
fn heads(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Ladder, place: &Place) {
    let theme = frame.state.settings.theme;
    put_right(buffer, area.x + TIMES - 1, area.y, "s", muted(theme));
    for (lane, x) in scene.lanes.iter().zip(&place.lanes) {
        let (sign, role) = match (lane.kind, lane.down) {
            (_, true) => ("✗ ", Role::Dead),
            (LaneKind::Broker, _) if lane.leads => ("★ ", Role::Leader),
            (LaneKind::Broker, _) => ("☆ ", Role::Follower),
            _ => ("", Role::Text),
        };
        let text = format!("{sign}{}", lane.id);
        let cells = u16::try_from(width(&text)).unwrap_or(0);
        let left = x.saturating_sub(cells / 2).max(area.x + TIMES);
        put(buffer, left, area.y, area.right().saturating_sub(left), &text, frame.style(role));
    }
}

/// The rows that fit, around the selected or present one.
fn body(frame: &Frame<'_>, buffer: &mut Buffer, scene: &Ladder, place: &Place, differs: Option<&Told>) {
    let theme = frame.state.settings.theme;
    let area = place.body;
    let mut top = 0;
    let tops: Vec<u16> = scene
        .rungs
        .iter()
        .map(|rung| {
            let at = top;
            top += place.rows(rung);
            at
        })
        .collect();
    let total = top;
    let selected = scene.rungs.iter().position(|rung| !rung.id.is_empty() && frame.selected(&rung.id));
    let anchor = selected.or(scene.current).unwrap_or(0);
    let anchor_end = tops[anchor] + place.rows(&scene.rungs[anchor]);
    // A little of what follows stays in view.
    let scroll = (anchor_end + 3).min(total).saturating_sub(area.height);
    lifelines(frame, buffer, scene, place, total.saturating_sub(scroll).min(area.height));
    for (ix, rung) in scene.rungs.iter().enumerate() {
        let (start, rows) = (tops[ix], place.rows(rung));
        if start < scroll || start + rows > scroll + area.height {
            continue;
        }
        let y = area.y + start - scroll + rows - 1;
        let is_current = scene.current == Some(ix);
        let at = Rect { x: area.x, y, width: area.width, height: 1 };
        if !rung.id.is_empty() {
            frame.stands(Rect { y: (y + 1).saturating_sub(rows), height: rows, ..at }, &rung.id);
        }
        if is_current {
            fill(
                buffer,
                Rect { x: area.x + 1, width: area.width.saturating_sub(2), ..at },
                theme,
                Surface::Selected,
            );
            for x in &place.lanes {
                cell(buffer, *x, y, "│", frame.style(Role::Muted));
            }
        }
        let parts = differs.is_some_and(|told| is_of(rung, told));
        time(frame, buffer, rung, at, (is_current, selected == Some(ix), parts));
        rungs::draw(frame, buffer, place, y, rung);
    }
    if scroll > 0 {
        put(buffer, area.x, area.y - 1, TIMES - 2, "↑", muted(theme));
    }
    if total > scroll + area.height {
        put(buffer, area.x, area.bottom() - 1, 1, "↓", muted(theme));
    }
}

/// Whether a row shows this note.
fn is_of(rung: &Rung, told: &Told) -> bool {
    match &rung.row {
        LadderRow::Message { .. } => told.message.as_ref().is_some_and(|m| rung.id == format!("#{}", m.id)),
        LadderRow::Local { line, .. } => **line == told.line,
        LadderRow::Silence { .. } => false,
    }
}

fn lifelines(frame: &Frame<'_>, buffer: &mut Buffer, scene: &Ladder, place: &Place, rows: u16) {
    for (lane, x) in scene.lanes.iter().zip(&place.lanes) {
        let (glyph, role) = if lane.down { ("╎", Role::Dead) } else { ("│", Role::Faint) };
        for y in place.body.y..place.body.y + rows.max(2).min(place.body.height) {
            cell(buffer, *x, y, glyph, frame.style(role));
        }
    }
}

/// The time at the left: bold for the present row, with a sign for the selected one and for the first that differs.
fn time(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    rung: &Rung,
    at: Rect,
    (current, selected, parts): (bool, bool, bool),
) {
    let role = match (current, rung.ahead) {
        (true, _) => Role::Focus,
        (_, true) => Role::Faint,
        _ => Role::Muted,
    };
    let role = if parts { Role::Warning } else { role };
    if !matches!(rung.row, LadderRow::Silence { .. }) {
        let text = format!("{}.{:03}", rung.at / 1_000_000, rung.at / 1000 % 1000);
        put_right(buffer, at.x + TIMES - 1, at.y, &text, frame.style(role));
    }
    let (glyph, role) = match (selected, parts, current) {
        (true, ..) => ("▸", Role::PositionA),
        (_, true, _) => ("↔", Role::Warning),
        (_, _, true) => ("┃", Role::Focus),
        _ => return,
    };
    cell(buffer, at.x, at.y, glyph, frame.style(role));
}

/// The log of the partition in question, with what is in it twice.
fn log(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &LogRow) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let twice: Vec<&str> = row
        .tiles
        .iter()
        .filter(|tile| tile.kind == TileKind::Duplicate)
        .map(|tile| tile.label.as_str())
        .collect();
    let (text, role) = if twice.is_empty() {
        (format!("HW{} LEO{}", row.high_watermark, row.end), Role::Text)
    } else {
        (tf(lang, "ladder.twice", &[("records", &twice.join(" "))]), Role::Dropped)
    };
    let tail = put_right(buffer, area.right().saturating_sub(1), area.y, &text, frame.style(role));
    let name = truncate(&row.id, usize::from(TIMES) - 1, "…");
    put(buffer, area.x + 1, area.y, TIMES - 1, &name, frame.style(Role::Text));
    let strip = Strip {
        tiles: &row.tiles,
        start: row.start,
        high_watermark: row.high_watermark,
        end: row.end,
        odd: row.odd,
        dead: false,
        hw_moved: false,
        tile: if frame.class == Class::S && row.tiles.iter().all(|tile| width(&tile.label) < 2) {
            3
        } else {
            4
        },
        theme,
    };
    let left = area.x + TIMES + 1;
    strip.draw(buffer, left, area.y, area.right().saturating_sub(left + tail + 3), 1);
}
