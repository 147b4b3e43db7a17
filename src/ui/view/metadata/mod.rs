//! The metadata scene: a quorum with its log, or ZooKeeper's tree, and below how far the brokers have it.

mod quorum;
mod race;
mod tree;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{Frame as Edge, boxed, put};
use super::stage::Frame;
use crate::scene::{Life, Metadata, Store};
use crate::text::t;
use crate::ui::theme::Role;

/// Rows of a card.
const CARD: u16 = 4;
/// Rows that the store of the metadata needs at least.
const LEAST: u16 = 7;
/// A card with fewer cells says less.
const NARROW_CARD: u16 = 20;

/// Rows of a card in so many rows.
const fn card_rows(height: u16) -> u16 {
    if height > LEAST + 1 { CARD } else { CARD - 1 }
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Metadata) {
    let area = match &scene.failover {
        Some(race) => {
            let lower = race::ROWS.min(area.height.saturating_sub(LEAST));
            let upper = Rect { height: area.height - lower, ..area };
            race::draw(frame, buffer, Rect { y: upper.bottom(), height: lower, ..area }, race);
            upper
        }
        None => area,
    };
    match &scene.store {
        Store::Quorum(store) => quorum::draw(frame, buffer, area, store, &scene.brokers),
        Store::Tree(store) => tree::draw(frame, buffer, area, store, &scene.brokers),
        Store::None => {
            put(
                buffer,
                area.x + 1,
                area.y,
                area.width,
                t(frame.lang(), "meta.none"),
                frame.style(Role::Muted),
            );
        }
    }
}

/// Rows that the picture takes where there is room.
pub(super) fn rows(scene: &Metadata) -> u16 {
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let race = if scene.failover.is_some() { race::ROWS } else { 0 };
    race + match &scene.store {
        Store::Quorum(store) => 2 * CARD + count(store.voters.len()) + 8,
        Store::Tree(store) => CARD + count(store.lines.len()) + 5,
        Store::None => 2,
    }
}

/// A process as a card: a title in its edge and two lines.
struct Card<'c> {
    title: String,
    life: Life,
    heavy: bool,
    marked: bool,
    lines: [(&'c str, Role); 2],
}

impl Card<'_> {
    fn draw(&self, frame: &Frame<'_>, buffer: &mut Buffer, place: Rect) {
        let (edge, role) = match self.life {
            _ if self.marked => (if self.heavy { Edge::Heavy } else { Edge::Square }, Role::Focus),
            Life::Down => (Edge::Dashed, Role::Muted),
            Life::Frozen => (Edge::Dashed, Role::Warning),
            Life::Up if self.heavy => (Edge::Heavy, Role::Leader),
            Life::Up => (Edge::Square, Role::Text),
        };
        boxed(buffer, place, edge, &self.title, frame.style(role), frame.style(role));
        let room = place.width.saturating_sub(3);
        for (y, (text, role)) in (place.y + 1..place.bottom().saturating_sub(1)).zip(&self.lines) {
            put(
                buffer,
                place.x + 2,
                y,
                room,
                &crate::text::truncate(text, room.into(), "…"),
                frame.style(*role),
            );
        }
    }
}

/// Places for `count` cards in a row; none where they would be too narrow.
fn places(area: Rect, count: usize, most: u16) -> Vec<Rect> {
    let count = u16::try_from(count).unwrap_or(u16::MAX).max(1);
    let width = (area.width.saturating_sub(1) / count).min(most);
    if width < 9 {
        return Vec::new();
    }
    (0..count).map(|n| Rect { x: area.x + 1 + n * width, width: width - 1, ..area }).collect()
}

/// A heading with a rule behind it.
fn heading(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, y: u16, text: &str) {
    let taken = put(buffer, area.x + 1, y, area.width.saturating_sub(2), text, frame.style(Role::Muted));
    for x in area.x + taken + 2..area.right().saturating_sub(1) {
        super::paint::cell(buffer, x, y, "─", frame.style(Role::Faint));
    }
}
