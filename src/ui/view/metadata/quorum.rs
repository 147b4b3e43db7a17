//! KRaft: voters as cards, their copies of the metadata log one below the other, brokers that read it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::layout::Class;
use super::super::paint::{cell, put};
use super::super::stage::Frame;
use super::{CARD, Card, LEAST, NARROW_CARD, card_rows, heading, places};
use crate::scene::{Follower, Life, MetadataTile, Quorum, Voter};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::Role;

/// Cells of a record.
const TILE: u16 = 3;
/// In fewer cells only the end of a log is said.
const NARROW: u16 = 60;
/// Cells for names at the left.
const NAMES: u16 = 5;

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Quorum, brokers: &[Follower]) {
    let lang = frame.lang();
    let active = scene.active.as_deref().unwrap_or("·");
    let key = if area.width < NARROW { "meta.quorum_short" } else { "meta.quorum" };
    let title = tf(lang, key, &[("epoch", &scene.epoch), ("active", &active)]);
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &title, frame.style(Role::Text));
    let mut y = area.y + 1;
    let row = Rect { y, height: card_rows(area.height), ..area };
    for (place, voter) in places(row, scene.voters.len(), 26).into_iter().zip(&scene.voters) {
        card(frame, buffer, place, voter);
    }
    y += row.height;
    if area.height > LEAST {
        let key = if area.width < NARROW { "meta.log_short" } else { "meta.log" };
        heading(frame, buffer, area, y, t(lang, key));
        y += 1;
    }
    for voter in &scene.voters {
        if y >= area.bottom() {
            return;
        }
        log(frame, buffer, Rect { y, height: 1, ..area }, voter);
        y += 1;
    }
    if frame.class > Class::S || area.bottom().saturating_sub(y) > CARD + 1 {
        put(
            buffer,
            area.x + 1,
            y,
            area.width.saturating_sub(2),
            &truncate(t(lang, "meta.letters"), area.width.saturating_sub(2).into(), "…"),
            frame.style(Role::Faint),
        );
        y += 1;
    }
    if y + 1 >= area.bottom() {
        return;
    }
    heading(frame, buffer, area, y, t(lang, "meta.observers"));
    followers(frame, buffer, Rect { y: y + 1, height: area.bottom() - y - 1, ..area }, brokers);
}

fn card(frame: &Frame<'_>, buffer: &mut Buffer, place: Rect, voter: &Voter) {
    let lang = frame.lang();
    frame.stands(place, &voter.id);
    let leads = voter.state == "Leader";
    let star = if leads { " ★" } else { "" };
    let epoch = tf(lang, "meta.epoch", &[("epoch", &voter.epoch)]);
    let (first, role) = match voter.life {
        Life::Down => (format!("✗ {}", t(lang, "caption.down")), Role::Dropped),
        Life::Frozen => (format!("░ {}", t(lang, "caption.frozen")), Role::Warning),
        Life::Up => (voter.state.clone(), if leads { Role::Leader } else { Role::Text }),
    };
    let vote = voter.voted.as_ref().map(|to| tf(lang, "meta.voted", &[("to", to)])).unwrap_or_default();
    let second =
        if vote.is_empty() || place.width < NARROW_CARD { epoch } else { format!("{epoch} · {vote}") };
    Card {
        title: format!("{}{star}", voter.id),
        life: voter.life,
        heavy: leads,
        marked: frame.marked(&voter.id),
        lines: [(&first, role), (&second, Role::Muted)],
    }
    .draw(frame, buffer, place);
}

/// `k1 [E][P][I]  LEO 41 HW 40`: a record stands in the same column in every copy.
fn log(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, voter: &Voter) {
    let marks = if area.width < NARROW {
        format!("LEO {}", voter.end)
    } else if voter.high_watermark < 0 {
        format!("LEO {} HW ·", voter.end)
    } else {
        format!("LEO {} HW {}", voter.end, voter.high_watermark)
    };
    let cells = u16::try_from(width(&marks)).unwrap_or(0);
    let style = frame.style(if voter.life == Life::Up { Role::Text } else { Role::Muted });
    put(buffer, area.x + 1, area.y, NAMES - 1, &voter.id, style);
    let mut left = area.x + NAMES;
    if let Some(upto) = voter.snapshot {
        let text = tf(frame.lang(), "meta.snapshot", &[("offset", &(upto - 1))]);
        left += put(buffer, left, area.y, area.width, &text, frame.style(Role::InSync)) + 1;
    }
    let room = usize::from(area.right().saturating_sub(left + cells + 3) / TILE);
    let skip = voter.columns.len().saturating_sub(room);
    for (n, column) in (0u16..).zip(voter.columns.iter().skip(skip)) {
        let x = left + n * TILE;
        match column {
            Some(one) => tile(frame, buffer, (x, area.y), one, voter.life),
            None => {
                put(buffer, x, area.y, TILE, " · ", frame.style(Role::Faint));
            }
        }
    }
    let at = area.right().saturating_sub(cells + 1);
    put(buffer, at, area.y, cells, &marks, frame.style(Role::Muted));
}

fn tile(frame: &Frame<'_>, buffer: &mut Buffer, (x, y): (u16, u16), tile: &MetadataTile, life: Life) {
    let theme = frame.state.settings.theme;
    if tile.committed && life != Life::Down {
        let fill = theme.fill(if tile.odd { Role::PositionA } else { Role::Committed });
        put(buffer, x, y, TILE, &format!(" {} ", tile.letter), fill);
        return;
    }
    let role = if life == Life::Down { Role::Muted } else { Role::Uncommitted };
    cell(buffer, x, y, "(", frame.style(role));
    put(buffer, x + 1, y, 1, &tile.letter.to_string(), frame.style(role));
    cell(buffer, x + 2, y, ")", frame.style(role));
}

/// How far brokers have applied the log.
pub(super) fn followers(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, brokers: &[Follower]) {
    let lang = frame.lang();
    let each = if area.width >= 72 { 36 } else { area.width.saturating_sub(2) };
    let columns = (area.width.saturating_sub(1) / each.max(1)).max(1);
    let rows = area.height.max(1);
    let shown = usize::from(rows * columns);
    for (n, broker) in (0u16..).zip(brokers.iter().take(shown)) {
        let (x, y) = (area.x + 1 + n % columns * each, area.y + n / columns);
        let last = usize::from(n) + 1 == shown && brokers.len() > shown;
        if last {
            let more = format!("+{}", brokers.len() - usize::from(n));
            put(buffer, x, y, each, &more, frame.style(Role::Muted));
            return;
        }
        let (text, role) = match (broker.life, broker.behind) {
            (Life::Down, _) => (format!("✗ {}", t(lang, "caption.down")), Role::Dropped),
            (Life::Frozen, _) => (format!("░ {}", t(lang, "caption.frozen")), Role::Warning),
            (Life::Up, _) if broker.fenced => (t(lang, "caption.fenced").to_owned(), Role::Warning),
            (Life::Up, 0) => (tf(lang, "meta.applied", &[("offset", &broker.offset)]), Role::InSync),
            (Life::Up, behind) => {
                let known = [("offset", &broker.offset as &dyn std::fmt::Display), ("behind", &behind)];
                (tf(lang, "meta.behind", &known), Role::OutOfSync)
            }
        };
        let name = if frame.marked(&broker.id) { Role::Focus } else { Role::Text };
        let taken = put(buffer, x, y, each, &format!("{} ", broker.id), frame.style(name));
        put(buffer, x + taken, y, each.saturating_sub(taken + 1), &text, frame.style(role));
    }
}
