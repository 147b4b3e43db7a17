//! Partitions at the left, their records on the way to whoever processes them, the consumers at the right.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::colour;
use crate::lab::view::ProcessView;
use crate::scene::{GroupScene, Member, Packet, Share};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::Role;
use crate::ui::view::layout::Class;
use crate::ui::view::paint::{cell, muted, put};
use crate::ui::view::stage::Frame;
use crate::ui::view::strip::Strip;

/// Cells for the partitions' names.
const NAMES: u16 = 11;
/// Cells of the way from a log to its reader.
const WAY: u16 = 12;

/// Draws partitions and consumers; gives the rows it took.
pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &GroupScene) -> u16 {
    let idle: Vec<&Member> = scene.members.iter().filter(|m| !listed(scene, m)).collect();
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let lines = count(scene.rows.len() + idle.len());
    let each = if frame.class > Class::S && lines.saturating_mul(2) <= area.height { 2 } else { 1 };
    let strip = (area.width * 2 / 5).saturating_sub(NAMES).min(if frame.class == Class::S { 22 } else { 34 });
    let mut y = area.y;
    let mut said = vec![false; scene.members.len()];
    // The last row says what does not fit.
    let fits = |left: usize, y: u16| left <= 1 || y + 1 < area.bottom();
    let mut left = scene.rows.len() + idle.len();
    for row in &scene.rows {
        if y >= area.bottom() || !fits(left, y) {
            break;
        }
        partition(frame, buffer, Rect { y, height: 1, ..area }, row, scene, strip);
        let x = flags(frame, buffer, (area.x + NAMES + strip + WAY + 2, y), area.right(), row, scene);
        for owner in &row.owners {
            if let Some(member) = scene.members.get(*owner).filter(|_| !said[*owner]) {
                said[*owner] = true;
                about(frame, buffer, (x + 1, y), area.right(), member, scene);
                break;
            }
        }
        y += each;
        left -= 1;
    }
    for member in idle {
        if y >= area.bottom() || !fits(left, y) {
            break;
        }
        let x = area.x + NAMES + strip + WAY + 2;
        let taken = flag(frame, buffer, (x, y), member, false);
        about(frame, buffer, (x + taken + 1, y), area.right(), member, scene);
        y += each;
        left -= 1;
    }
    if left > 0 && y < area.bottom() {
        put(buffer, area.x + 1, y, 12, &format!("+{left}"), muted(frame.state.settings.theme));
        y += 1;
    }
    y - area.y
}

/// It stands beside a partition that it processes.
fn listed(scene: &GroupScene, member: &Member) -> bool {
    scene.rows.iter().any(|row| row.owners.contains(&member.lane))
}

fn partition(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &Share, scene: &GroupScene, room: u16) {
    frame.stands(area, &row.id);
    let role = if frame.selected(&row.id) || row.focused { Role::Focus } else { Role::Text };
    let name = truncate(&row.id, usize::from(NAMES) - 2, "…");
    put(buffer, area.x + 1, area.y, NAMES - 2, &name, frame.style(role));
    let (start, high_watermark, end) = row.log;
    let strip = Strip {
        tiles: &row.tiles,
        start,
        high_watermark,
        end,
        odd: row.odd,
        dead: false,
        hw_moved: false,
        tile: if frame.class == Class::S && row.tiles.iter().all(|tile| width(&tile.label) < 2) {
            3
        } else {
            4
        },
        theme: frame.state.settings.theme,
    };
    strip.draw(buffer, area.x + NAMES, area.y, room, 1);
    way(frame, buffer, (area.x + NAMES + room + 1, area.y), row, scene);
}

/// From a log to its reader: a line in the reader's colour with what travels on it; nobody reads: it is stopped.
fn way(frame: &Frame<'_>, buffer: &mut Buffer, (x, y): (u16, u16), row: &Share, scene: &GroupScene) {
    let owner = row.owners.first().and_then(|n| scene.members.get(*n));
    let (glyph, role) = match owner {
        _ if row.owners.len() > 1 && !scene.shares => ("!", Role::Dropped),
        Some(member) => ("━", colour(member.lane)),
        None if row.promised.is_some() => ("╌", Role::Muted),
        None => ("░", Role::Warning),
    };
    for n in 0..WAY - 1 {
        cell(buffer, x + n, y, glyph, frame.style(role));
    }
    if owner.is_some() || row.promised.is_some() {
        cell(buffer, x + WAY - 1, y, "▸", frame.style(role));
    }
    for packet in &row.packets {
        let (at, glyph, role) = place(packet);
        cell(buffer, x + at, y, glyph, frame.style(role));
    }
}

/// Where a packet is on the way: answers go right, requests left.
fn place(packet: &Packet) -> (u16, &'static str, Role) {
    let last = u64::from(WAY - 2);
    let gone = u16::try_from(packet.part.min(1000) * last / 1000).unwrap_or(0);
    if packet.answer { (gone, "●", Role::Focus) } else { (WAY - 2 - gone, "○", Role::Request) }
}

/// Who processes it now, then who is to; gives where it ends.
fn flags(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    (mut x, y): (u16, u16),
    right: u16,
    row: &Share,
    scene: &GroupScene,
) -> u16 {
    for member in row.owners.iter().filter_map(|n| scene.members.get(*n)) {
        x += flag(frame, buffer, (x, y), member, true);
    }
    let promised = row.promised.and_then(|n| scene.members.get(n));
    let room = right.saturating_sub(x + 1);
    match promised {
        Some(member) => {
            let key = if row.owners.is_empty() { "groupscene.assigned" } else { "groupscene.next" };
            let text = tf(frame.lang(), key, &[("id", &member.id)]);
            x += put(buffer, x, y, room, &text, frame.style(Role::Warning)) + 1;
        }
        None if row.owners.is_empty() => {
            let text = t(frame.lang(), "groupscene.nobody");
            x += put(buffer, x, y, room, text, frame.style(Role::Warning)) + 1;
        }
        None => {}
    }
    x
}

/// A consumer's name on its colour; without a partition only in brackets.
fn flag(frame: &Frame<'_>, buffer: &mut Buffer, (x, y): (u16, u16), member: &Member, filled: bool) -> u16 {
    let role = colour(member.lane);
    let up = member.process == ProcessView::Running;
    let text = if filled { format!(" {} ", member.id) } else { format!("[{}]", member.id) };
    let style = match (filled, up) {
        (true, _) => frame.state.settings.theme.fill(role),
        (false, true) => frame.style(role),
        (false, false) => frame.style(Role::Dead),
    };
    let cells = put(buffer, x, y, u16::try_from(width(&text)).unwrap_or(8), &text, style);
    frame.stands(Rect::new(x, y, cells, 1), &member.id);
    cells
}

/// What there is to say of a consumer.
fn about(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    (mut x, y): (u16, u16),
    right: u16,
    member: &Member,
    scene: &GroupScene,
) {
    let lang = frame.lang();
    let marked = frame.selected(&member.id) || member.focused;
    if member.leads && member.counted {
        x += put(buffer, x, y, 2, "★", frame.style(Role::Leader)) + 1;
    }
    let (text, role) = match member.process {
        ProcessView::Down(_) => (t(lang, "groupscene.down").to_owned(), Role::Dead),
        ProcessView::Paused(_) => (t(lang, "groupscene.paused").to_owned(), Role::Warning),
        ProcessView::Running if !member.counted && member.owns > 0 => {
            (t(lang, "groupscene.zombie").to_owned(), Role::Dropped)
        }
        ProcessView::Running if !member.counted => (t(lang, "groupscene.outside").to_owned(), Role::Muted),
        ProcessView::Running if member.owns == 0 && scene.state == "Stable" => {
            (t(lang, "groupscene.idle").to_owned(), Role::Warning)
        }
        ProcessView::Running if member.generation < 0 => {
            (t(lang, "groupscene.joining").to_owned(), Role::Warning)
        }
        ProcessView::Running => (words(frame, member, scene), Role::Muted),
    };
    let role = if marked && role == Role::Muted { Role::Focus } else { role };
    let text = match &member.error {
        Some(error) => format!("{text} · {error}"),
        None => text,
    };
    let room = right.saturating_sub(x + 1);
    put(buffer, x, y, room, &truncate(&text, room.into(), "…"), frame.style(role));
}

fn words(frame: &Frame<'_>, member: &Member, scene: &GroupScene) -> String {
    let lang = frame.lang();
    let waits = member.waits.as_deref().map(|state| match state {
        "awaiting-join" => t(lang, "groupscene.awaiting_join").to_owned(),
        "awaiting-sync" => t(lang, "groupscene.awaiting_sync").to_owned(),
        "not-joined" => t(lang, "groupscene.not_joined").to_owned(),
        other => other.to_owned(),
    });
    let key = if scene.protocol == "classic" { "groupscene.generation" } else { "groupscene.epoch" };
    let mut words = vec![tf(lang, key, &[("n", &member.generation)])];
    if let Some(lag) = member.lag {
        words.push(tf(lang, "groupscene.lag", &[("n", &lag)]));
    }
    words.extend(waits);
    words.join(" · ")
}
