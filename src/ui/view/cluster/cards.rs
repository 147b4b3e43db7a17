//! Boxes of the cluster: brokers with their strips, clients, controllers.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;

use super::super::layout::Class;
use super::super::paint::{Frame as Edge, boxed, cell, fill, muted, put, put_right};
use super::super::stage::Frame;
use super::super::strip::Strip as Tiles;
use super::place::is_dashed;
use crate::scene::{Badge, Card, CardNote, Chip, Client, ClientLine, Strip};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::{Role, Surface};

fn span(from: u64, now: u64) -> String {
    let ms = now.saturating_sub(from) / 1000;
    format!("{}.{}s", ms / 1000, ms % 1000 / 100)
}

/// The inside of a box: one cell in at the sides, so that its frame stands on the stage.
fn inside(area: Rect) -> Rect {
    Rect {
        x: area.x + 1,
        y: area.y + 1,
        width: area.width.saturating_sub(2),
        height: area.height.saturating_sub(2),
    }
}

/// Row of a broker's strip for a partition, if it is drawn.
pub(super) fn strip_row(area: Rect, card: &Card, partition: &str) -> Option<u16> {
    let rows = Rows::of(inside(area), card);
    let ix = card.strips.iter().position(|s| s.partition == partition)?;
    let y = area.y + 1 + u16::try_from(ix).ok()? * rows.each;
    (y + rows.each < area.bottom()).then_some(y + u16::from(rows.each > 1))
}

/// How a broker's inner rows are shared out.
struct Rows {
    /// Rows a strip: 3 with offsets and marks, 2 with offsets, 1 bare.
    each: u16,
    /// Strips that find no room.
    hidden: usize,
}

impl Rows {
    fn of(area: Rect, card: &Card) -> Self {
        let count = u16::try_from(card.strips.len()).unwrap_or(1).max(1);
        let note = u16::from(card.note != CardNote::Quiet && area.height > count);
        let each = ((area.height.saturating_sub(note)) / count).clamp(1, 3);
        let shown = usize::from(area.height.saturating_sub(note) / each);
        Self { each, hidden: card.strips.len().saturating_sub(shown) }
    }
}

fn border(card: &Card, selected: bool) -> (Edge, Role) {
    let edge = match card.badge {
        badge if is_dashed(badge) => Edge::Dashed,
        _ if card.focused => Edge::Heavy,
        _ => Edge::Square,
    };
    let role = match card.badge {
        _ if selected => Role::Focus,
        Badge::Dead(_) => Role::Dead,
        Badge::OutOfSync | Badge::Fenced => Role::OutOfSync,
        Badge::Frozen(_) => Role::Warning,
        _ if card.leads > 0 => Role::Leader,
        _ => Role::Follower,
    };
    (edge, role)
}

pub(super) fn broker(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, card: &Card) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let now = frame.tank.film.now();
    fill(buffer, area, theme, Surface::Stage);
    fill(buffer, inside(area), theme, Surface::Panel);
    frame.stands(area, &card.id);
    let (edge, role) = border(card, frame.selected(&card.id));
    let style = frame.style(role);
    let word = match (card.leads, card.strips.len()) {
        _ if matches!(card.badge, Badge::Dead(_)) => String::new(),
        (_, 0) => String::new(),
        (1, 1) => format!(" ★ {}", t(lang, "card.leader")),
        (0, 1) => format!(" ☆ {}", t(lang, "card.follower")),
        (leads, _) => format!(" ★{leads} ☆{}", card.follows),
    };
    boxed(buffer, area, edge, &format!("{}{word}", card.name), style, style);
    if edge == Edge::Heavy || frame.selected(&card.id) {
        put(buffer, area.x + 3, area.y, 6, &card.name, frame.style(Role::Focus));
    }
    let (badge, role) = match card.badge {
        Badge::InSync => ("◉ ISR".to_owned(), Role::InSync),
        Badge::OutOfSync => (t(lang, "card.out").to_owned(), Role::OutOfSync),
        Badge::Fenced => (t(lang, "card.fenced").to_owned(), Role::OutOfSync),
        Badge::Dead(since) => (tf(lang, "card.dead", &[("for", &span(since, now))]), Role::Dead),
        Badge::Frozen(since) => (tf(lang, "card.frozen", &[("for", &span(since, now))]), Role::Warning),
        Badge::None => (String::new(), Role::Muted),
    };
    if !badge.is_empty() {
        put_right(buffer, area.right().saturating_sub(2), area.y, &format!(" {badge} "), frame.style(role));
    }
    let inner = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    };
    strips(frame, buffer, inner, card);
}

/// The strips, and below them a note if there is room.
fn strips(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, card: &Card) {
    let Rows { each, hidden } = Rows::of(area, card);
    let mut y = area.y;
    for strip in &card.strips {
        if y + each > area.bottom() {
            break;
        }
        one(frame, buffer, Rect { y, height: each, ..area }, strip);
        y += each;
    }
    if y < area.bottom() {
        note(frame, buffer, Rect { y: area.bottom() - 1, height: 1, ..area }, card, hidden);
    } else if hidden > 0 {
        let theme = frame.state.settings.theme;
        put_right(buffer, area.right(), area.bottom(), &format!(" +{hidden} "), muted(theme));
    }
}

fn one(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, strip: &Strip) {
    let theme = frame.state.settings.theme;
    frame.stands(area, &strip.id);
    let selected = frame.selected(&strip.id) || frame.selected(&strip.partition);
    let row = area.y + u16::from(area.height > 1);
    let label_cells = u16::try_from(width(&strip.label).min(12)).unwrap_or(2);
    let label_style: Style = if selected { frame.style(Role::Focus) } else { frame.style(Role::Muted) };
    if selected {
        cell(buffer, area.x.saturating_sub(1), row, "▸", frame.style(Role::Focus));
    }
    put(buffer, area.x, row, label_cells, &truncate(&strip.label, label_cells.into(), "…"), label_style);
    let (star, role) = if strip.leads { ("★", Role::Leader) } else { ("☆", Role::Follower) };
    let role = if strip.dead {
        Role::Dead
    } else if strip.in_sync {
        role
    } else {
        Role::OutOfSync
    };
    cell(buffer, area.x + label_cells + 1, row, star, frame.style(role));
    let left = area.x + label_cells + 3;
    let tail = format!("HW{} LEO{}", strip.high_watermark, strip.end);
    let tail_cells = if area.height < 3 { u16::try_from(width(&tail)).unwrap_or(9).max(9) + 1 } else { 0 };
    let room = area.right().saturating_sub(left + tail_cells);
    let tiles = Tiles {
        tiles: &strip.tiles,
        start: strip.start,
        high_watermark: strip.high_watermark,
        end: strip.end,
        odd: strip.odd,
        dead: strip.dead,
        hw_moved: strip.hw_moved,
        tile: match frame.class {
            Class::S if strip.tiles.iter().all(|tile| width(&tile.label) < 2) => 3,
            Class::S | Class::M => 4,
            Class::L => 6,
        },
        theme,
    };
    let placed = tiles.draw(buffer, left, row, room, 1);
    if area.height > 1 {
        tiles.offsets(buffer, &placed, area.y);
    }
    if area.height > 2 {
        tiles.marks(buffer, &placed, row + 1, area.right());
    } else {
        let hw = format!("HW{}", strip.high_watermark);
        let role = if strip.hw_moved { Role::Focus } else { Role::Text };
        let leo = format!(" LEO{}", strip.end);
        let at = put_right(buffer, area.right(), row, &leo, frame.style(Role::Muted));
        put_right(buffer, area.right() - at, row, &hw, frame.style(role));
    }
}

fn note(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, card: &Card, hidden: usize) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let mut text = match &card.note {
        CardNote::DiskKeeps => t(lang, "card.disk").to_owned(),
        CardNote::TailLost => t(lang, "card.tail_lost").to_owned(),
        CardNote::Leads { epoch, waiting } => {
            tf(lang, "card.leads", &[("epoch", epoch), ("waiting", waiting)])
        }
        CardNote::Follows(ago) => tf(lang, "card.follows", &[("ago", &format!("{}ms", ago / 1000))]),
        CardNote::Coordinates(groups) => tf(lang, "card.coordinates", &[("groups", groups)]),
        CardNote::Isolated => t(lang, "card.isolated").to_owned(),
        CardNote::Empty => t(lang, "card.empty").to_owned(),
        CardNote::Quiet => String::new(),
    };
    if hidden > 0 {
        text = format!("+{hidden}  {text}");
    }
    put(buffer, area.x, area.y, area.width, &text, muted(theme));
}

pub(super) fn client(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, client: &Client) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    fill(buffer, area, theme, Surface::Stage);
    fill(buffer, inside(area), theme, Surface::Panel);
    let mine = match client.group {
        Some(_) => Role::position(client.lane),
        None => Role::Text,
    };
    let (edge, role) = match (client.down, client.frozen, client.focused) {
        (Some(_), ..) => (Edge::Dashed, Role::Dead),
        (_, Some(_), _) => (Edge::Round, Role::Warning),
        (.., true) => (Edge::Heavy, mine),
        _ => (Edge::Round, mine),
    };
    frame.stands(area, &client.id);
    let role = if frame.selected(&client.id) { Role::Focus } else { role };
    let title = match &client.group {
        Some(group) if area.width > 8 => format!("{} {group}", client.id),
        _ => client.id.clone(),
    };
    boxed(buffer, area, edge, &title, frame.style(role), frame.style(role));
    let inner = Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(3),
        height: area.height.saturating_sub(2),
    };
    let mut y = inner.y;
    if client.down.is_some() {
        put(buffer, inner.x, y, inner.width, &format!("✗ {}", t(lang, "card.down")), frame.style(Role::Dead));
        y += 1;
    } else if client.frozen.is_some() {
        put(
            buffer,
            inner.x,
            y,
            inner.width,
            &format!("░ {}", t(lang, "card.ice")),
            frame.style(Role::Warning),
        );
        y += 1;
    }
    for (kind, value) in fitting(&client.lines, inner.bottom().saturating_sub(y)) {
        let (text, role) = match kind {
            ClientLine::Waiting => (tf(lang, "card.waiting", &[("n", value)]), Role::Muted),
            ClientLine::Batch => (value.clone(), Role::Request),
            ClientLine::Acks => (format!("acks={value}"), Role::Muted),
            ClientLine::Pid => (identity(value, inner.width.into()), Role::Muted),
            ClientLine::Error => (value.clone(), Role::Warning),
            ClientLine::Position => (value.clone(), mine),
            ClientLine::Locks { partition, locked } => {
                (tf(lang, "card.locks", &[("partition", partition), ("n", locked)]), mine)
            }
            ClientLine::Lag => (
                tf(lang, "card.lag", &[("n", value)]),
                if value == "0" { Role::Muted } else { Role::Warning },
            ),
            ClientLine::Working => (tf(lang, "card.working", &[("n", value)]), Role::Text),
            ClientLine::Idle => (t(lang, "card.idle").to_owned(), Role::Muted),
        };
        let text = narrow(text, inner.width.into());
        put(buffer, inner.x, y, inner.width, &text, frame.style(role));
        y += 1;
    }
}

/// A line that is too wide loses the end of its topic's name first: what follows, the partition and its position, is what changes.
fn narrow(text: String, room: usize) -> String {
    let tail = text.rfind('-').filter(|at| text[at + 1..].starts_with(|c: char| c.is_ascii_digit()));
    let Some(tail) = tail.filter(|_| width(&text) > room).map(|at| &text[at..]) else {
        return truncate(&text, room, "…");
    };
    let name = room.saturating_sub(width(tail));
    if name < 3 { truncate(&text, room, "…") } else { format!("{}{tail}", truncate(&text, name, "…")) }
}

/// `PID 1000 e0`; where that is too wide, without the epoch.
fn identity(value: &str, room: usize) -> String {
    let whole = format!("PID {value}");
    let short = whole.split(" e").next().unwrap_or(&whole);
    if width(&whole) > room { short.to_owned() } else { whole }
}

/// The lines that fit, in their order: where not all do, partitions of which nothing was read give way first, then the last ones.
fn fitting(lines: &[(ClientLine, String)], rows: u16) -> impl Iterator<Item = &(ClientLine, String)> {
    let rank = |(kind, value): &(ClientLine, String)| match kind {
        ClientLine::Position if value.ends_with("▸0") => 2,
        ClientLine::Position => 1,
        _ => 0,
    };
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|n| lines.get(*n).map(rank));
    order.truncate(rows.into());
    order.sort_unstable();
    order.into_iter().filter_map(|n| lines.get(n))
}

pub(super) fn chip(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, chip: &Chip) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    fill(buffer, area, theme, Surface::Panel);
    let (mark, role) = match (chip.down, chip.active) {
        (true, _) => ("✗", Role::Dead),
        (false, _) if chip.ensemble => ("●", Role::Text),
        (false, true) => ("★", Role::Leader),
        (false, false) => ("☆", Role::Follower),
    };
    frame.stands(area, &chip.id);
    let role = if frame.selected(&chip.id) || frame.marked(&chip.id) { Role::Focus } else { role };
    let text = match t(lang, "card.controller") {
        _ if chip.ensemble => format!(" {} {mark} ZooKeeper", chip.id),
        name if width(name) + 9 > usize::from(area.width) => format!(" {} {mark} e{}", chip.id, chip.epoch),
        name => format!(" {} {mark} {name} e{}", chip.id, chip.epoch),
    };
    put(buffer, area.x, area.y, area.width, &text, frame.style(role));
}
