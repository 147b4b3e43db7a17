//! The log scene: strips with offsets, segments and flags, and a card a group.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Class;
use super::paint::{Frame as Edge, bar, boxed, cell, fill, muted, put, put_right};
use super::stage::Frame;
use super::strip::{Placed, Strip};
use crate::scene::{Flag, GroupCard, Handed, HandedState, Log, LogRow};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::{Role, Surface};

/// How much of a partition is drawn.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// Tiles three rows high.
    Tall,
    /// Title, offsets, tiles, marks, flags.
    Full,
    /// Offsets, tiles with high watermark and log end at the right, flags.
    Compact,
}

impl Form {
    const fn tile_rows(self) -> u16 {
        if matches!(self, Self::Tall) { 3 } else { 1 }
    }

    /// Rows above the tiles: a title and offsets, or offsets alone.
    const fn above(self) -> u16 {
        if matches!(self, Self::Compact) { 1 } else { 2 }
    }

    const fn marks(self) -> u16 {
        if matches!(self, Self::Compact) { 0 } else { 1 }
    }

    /// Rows in all, with so many below the marks.
    const fn rows(self, below: u16) -> u16 {
        self.above() + self.tile_rows() + self.marks() + below
    }
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Log) {
    let cards = if scene.groups.is_empty() { 0 } else { 6 };
    let flags = scene.rows.iter().map(|row| row.flags.len()).max().unwrap_or(0).min(2);
    let handed = scene.rows.iter().map(|row| row.handed.len()).max().unwrap_or(0);
    let below = u16::try_from(flags + handed).unwrap_or(0);
    let alone = scene.rows.len() == 1 && frame.class >= Class::M;
    let room = area.height.saturating_sub(cards + 1);
    let count = u16::try_from(scene.rows.len()).unwrap_or(u16::MAX);
    let form = match () {
        () if alone => Form::Tall,
        () if count.saturating_mul(Form::Full.rows(below)) <= room => Form::Full,
        () => Form::Compact,
    };
    let each = form.rows(below);
    // A partition alone stands a little lower, where there is room for that.
    let mut y = area.y + if alone { room.saturating_sub(each).min(3) } else { 0 };
    for (n, row) in scene.rows.iter().enumerate() {
        if y + each > area.y + room + u16::from(form == Form::Compact) {
            let left = scene.rows.len() - n;
            put(buffer, area.x + 1, y, area.width, &format!("+{left}"), muted(frame.state.settings.theme));
            break;
        }
        partition(frame, buffer, Rect { y, height: each, ..area }, row, form);
        y += each;
    }
    if cards > 0 {
        let last = area.bottom().saturating_sub(cards + 1);
        let top = if frame.class >= Class::M { (y + 1).min(last) } else { last };
        groups(frame, buffer, Rect { y: top, height: cards, ..area }, &scene.groups);
    }
    settings(frame, buffer, area, scene);
}

fn partition(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &LogRow, form: Form) {
    let theme = frame.state.settings.theme;
    if form != Form::Compact {
        title(frame, buffer, area, row);
    }
    let rows = form.tile_rows();
    let top = area.y + form.above();
    let label = u16::try_from(width(&row.id).min(12) + 2).unwrap_or(10);
    frame.stands(area, &row.id);
    let role = if frame.selected(&row.id) { Role::Focus } else { Role::Text };
    put(buffer, area.x + 1, top + rows / 2, label, &row.id, frame.style(role));
    let left = area.x + 1 + label;
    let ends = format!("HW{} LEO{}", row.high_watermark, row.end);
    let tail = if form == Form::Compact { u16::try_from(width(&ends)).unwrap_or(0) + 2 } else { 0 };
    let tile = match frame.class {
        Class::S => 4,
        Class::M => 5,
        Class::L => 6,
    };
    let strip = Strip {
        tiles: &row.tiles,
        start: row.start,
        high_watermark: row.high_watermark,
        end: row.end,
        odd: row.odd,
        dead: false,
        hw_moved: false,
        tile,
        theme,
    };
    let room = area.right().saturating_sub(left + 2 + tail);
    let placed = strip.draw(buffer, left + 1, top, room, rows);
    strip.offsets(buffer, &placed, top - 1);
    segment_bounds(frame, buffer, row, &placed, top - 1);
    if form == Form::Compact {
        put_right(buffer, area.right().saturating_sub(1), top, &ends, frame.style(Role::Text));
    } else {
        strip.marks(buffer, &placed, top + rows, area.right().saturating_sub(1));
    }
    let below = top + rows + form.marks();
    for (y, one) in (below..).zip(&row.handed) {
        handed(frame, buffer, Rect { y, height: 1, ..area }, one, &placed);
    }
    flags(frame, buffer, area, row, &placed, below + u16::try_from(row.handed.len()).unwrap_or(0));
}

/// What a share group did with each record, below it: who has it, that it is done, or that it waits for somebody again.
fn handed(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, one: &Handed, placed: &Placed) {
    let style = frame.style(Role::position(one.lane));
    put(buffer, area.x + 1, area.y, 12, &truncate(&one.group, 12, "…"), style);
    for (offset, state) in &one.records {
        let Some(column) = placed.column(*offset).filter(|_| (placed.first..=placed.last).contains(offset))
        else {
            continue;
        };
        let again = |n: u16| if n > 1 { format!("×{n}") } else { String::new() };
        let (text, style) = match state {
            HandedState::Held(who, n) => (format!("{who}{}", again(*n)), style),
            HandedState::Free(n) => (format!("↻{n}"), frame.style(Role::Warning)),
            HandedState::Done => (" ✓".to_owned(), frame.style(Role::InSync)),
            HandedState::Archived => (" ✗".to_owned(), frame.style(Role::Dropped)),
        };
        put(buffer, column, area.y, placed.tile, &truncate(&text, placed.tile.into(), "…"), style);
    }
}

/// `partition orders-0 · leader b1 · gone before 5`, and the segments at the right.
fn title(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &LogRow) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let leader = row.leader.as_deref().unwrap_or_else(|| t(lang, "logscene.offline"));
    let mut title = tf(lang, "logscene.title", &[("partition", &row.id), ("leader", &leader)]);
    if row.start > 0 {
        title.push_str(" · ");
        title.push_str(&tf(lang, "logscene.gone", &[("start", &row.start)]));
    }
    let style = if frame.selected(&row.id) { frame.style(Role::Focus) } else { muted(theme) };
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &title, style);
    segments(frame, buffer, area, row);
}

/// Segments in words at the right of the title: base offsets, the active one marked, bytes.
fn segments(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &LogRow) {
    if row.segments.len() < 2 {
        return;
    }
    let lang = frame.lang();
    let names: Vec<String> = row
        .segments
        .iter()
        .map(|s| {
            if s.active {
                format!("[{} {}]", s.base, t(lang, "logscene.active"))
            } else {
                format!("[{}..{}]", s.base, s.end - 1)
            }
        })
        .collect();
    let text = names.join("");
    let room = usize::from(area.width / 2);
    let text = if width(&text) > room {
        format!("{} ×{}", tf(lang, "logscene.segment", &[("base", &row.start)]), names.len())
    } else {
        text
    };
    put_right(buffer, area.right().saturating_sub(2), area.y, &text, frame.style(Role::Follower));
}

/// A tick above the first tile of each segment.
fn segment_bounds(frame: &Frame<'_>, buffer: &mut Buffer, row: &LogRow, placed: &Placed, y: u16) {
    if row.segments.len() < 2 {
        return;
    }
    for segment in &row.segments {
        if segment.base > placed.first
            && let Some(column) = placed.column(segment.base)
        {
            cell(buffer, column, y, "╎", frame.style(Role::Follower));
        }
    }
}

/// Flags below the marks; two on one offset stack.
fn flags(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &LogRow, placed: &Placed, y: u16) {
    let mut taken: Vec<(i64, u16)> = Vec::new();
    for flag in &row.flags {
        let Some(column) = placed.column(flag.offset.clamp(placed.first, placed.last)) else { continue };
        let depth =
            u16::try_from(taken.iter().filter(|(at, _)| (*at - flag.offset).abs() < 2).count()).unwrap_or(0);
        taken.push((flag.offset, depth));
        let line = y + depth;
        if line >= area.bottom() {
            continue;
        }
        trail(frame, buffer, flag, placed, column, line);
        let role = Role::position(flag.lane);
        let theme = frame.state.settings.theme;
        if flag.position {
            put(buffer, column, line, 3, &format!(" {} ", flag.letter), theme.fill(role));
        } else {
            put(
                buffer,
                column,
                line,
                3,
                &format!("‹{}›", flag.letter.to_ascii_lowercase()),
                theme.style(role),
            );
        }
    }
}

/// A rewind leaves a dashed trail and a ring where the flag stood.
fn trail(frame: &Frame<'_>, buffer: &mut Buffer, flag: &Flag, placed: &Placed, column: u16, y: u16) {
    let Some(from) = flag.from.and_then(|from| placed.column(from)) else { return };
    let style = frame.style(Role::position(flag.lane));
    if from > column {
        for x in column + 3..from {
            cell(buffer, x, y, "╌", style);
        }
        cell(buffer, from, y, "○", style);
    }
}

fn groups(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, groups: &[GroupCard]) {
    let count = u16::try_from(groups.len()).unwrap_or(1).clamp(1, 4);
    let wide = area.width.saturating_sub(2) / count;
    for (n, group) in (0..count).zip(groups) {
        let card = Rect { x: area.x + 1 + n * wide, width: wide.saturating_sub(1).min(46), ..area };
        group_card(frame, buffer, card, group);
    }
}

fn group_card(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, group: &GroupCard) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    frame.stands(area, &group.id);
    let role = Role::position(group.lane);
    fill(buffer, area, theme, Surface::Stage);
    let inside = Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    };
    fill(buffer, inside, theme, Surface::Panel);
    let edge = if group.focused { Edge::Heavy } else { Edge::Round };
    let title = tf(lang, "logscene.group", &[("letter", &group.letter), ("id", &group.id)]);
    boxed(buffer, area, edge, &title, frame.style(role), frame.style(role));
    let inner = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    let number = |n: i64| if n < 0 { "·".to_owned() } else { n.to_string() };
    let who = if group.members.is_empty() {
        t(lang, "logscene.nobody").to_owned()
    } else {
        group.members.join(" ")
    };
    let mut y = inner.y;
    if let [(_, position, committed, lag)] = group.places.as_slice() {
        let names = if group.share { ["spso", "speo", "lag"] } else { ["position", "committed", "lag"] };
        for (name, value) in
            names.map(|name| format!("logscene.{name}")).iter().zip([position, committed, lag])
        {
            let name_text = crate::text::strings::lookup(lang, name).unwrap_or_default();
            put(buffer, inner.x, y, 11, name_text, muted(theme));
            let at = put(buffer, inner.x + 12, y, 6, &number(*value), frame.style(Role::Focus));
            if group.share && name != "logscene.lag" {
                let gloss = crate::text::strings::lookup(lang, &format!("{name}_means")).unwrap_or_default();
                let room = inner.width.saturating_sub(14 + at);
                put(buffer, inner.x + 14 + at, y, room, &truncate(gloss, room.into(), "…"), muted(theme));
            }
            if name == "logscene.lag" && !group.share && *lag >= 0 && inner.width > 26 {
                let whole = u64::try_from((*lag).max(*committed + *lag)).unwrap_or(1);
                bar(
                    buffer,
                    (inner.x + 14 + at, y),
                    10,
                    (*lag).unsigned_abs(),
                    whole,
                    frame.style(Role::Warning),
                    frame.style(Role::Faint),
                );
            }
            y += 1;
        }
    } else {
        for (partition, position, committed, lag) in group.places.iter().take(3) {
            let text = format!(
                "{partition}  ▸{}  ‹{}›  {} {}",
                number(*position),
                number(*committed),
                t(lang, "logscene.lag"),
                number(*lag)
            );
            put(buffer, inner.x, y, inner.width, &text, frame.style(Role::Text));
            y += 1;
        }
    }
    let last = match &group.error {
        Some(error) => (error.clone(), Role::Warning),
        None => (format!("◉ {} · {who}", group.state), role),
    };
    put(buffer, inner.x, inner.bottom().saturating_sub(1), inner.width, &last.0, frame.style(last.1));
}

/// The topic's settings in the last row.
fn settings(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Log) {
    if scene.settings.is_empty() {
        return;
    }
    let mut words: Vec<String> =
        scene.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    words.dedup();
    let y = area.bottom().saturating_sub(1);
    put(
        buffer,
        area.x + 1,
        y,
        area.width.saturating_sub(2),
        &words.join(" · "),
        muted(frame.state.settings.theme),
    );
}
