//! A log as a strip of tiles with its high watermark.

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::paint::{cell, put, put_right};
use crate::scene::{Tile, TileKind};
use crate::text::{truncate, width};
use crate::ui::theme::{Role, Theme};

/// What a strip is drawn from.
pub(super) struct Strip<'a> {
    pub tiles: &'a [Tile],
    pub start: i64,
    pub high_watermark: i64,
    pub end: i64,
    pub odd: bool,
    pub dead: bool,
    pub hw_moved: bool,
    /// Cells of a tile, edges included: 3, 4, 5 or 6.
    pub tile: u16,
    pub theme: Theme,
}

/// Tiles one behind the other, whatever their offsets; the oldest give way. Gives the cells taken.
pub(super) fn in_a_row(
    theme: Theme,
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    room: u16,
    tiles: &[Tile],
) -> u16 {
    let cells = |tile: &Tile| u16::try_from(width(&tile.label)).unwrap_or(0).clamp(1, 8) + 2;
    let mut taken = 0;
    let kept = tiles.iter().rev().take_while(|tile| {
        taken += cells(tile);
        taken < room
    });
    let first = tiles.len() - kept.count();
    let mut at = x;
    if first > 0 {
        cell(buffer, at, y, "‹", theme.style(Role::Muted));
        at += 1;
    }
    for tile in tiles.iter().skip(first) {
        let strip = Strip {
            tiles: &[],
            start: 0,
            high_watermark: 0,
            end: 0,
            odd: false,
            dead: false,
            hw_moved: false,
            tile: cells(tile),
            theme,
        };
        strip.tile(buffer, at, y, 1, tile);
        at += cells(tile);
    }
    at - x
}

/// Where tiles came to stand.
pub(super) struct Placed {
    /// First offset drawn.
    pub first: i64,
    /// Offset after the last slot drawn.
    pub last: i64,
    left: u16,
    /// Cells of a slot.
    pub tile: u16,
    high_watermark: i64,
}

impl Placed {
    /// Column of the left edge of an offset's slot; the bar shifts what lies behind it by one cell.
    pub fn column(&self, offset: i64) -> Option<u16> {
        if offset < self.first || offset > self.last {
            return None;
        }
        let slots = u16::try_from(offset - self.first).ok()?;
        let bar = u16::from(offset >= self.high_watermark && self.high_watermark >= self.first);
        Some(self.left + slots * self.tile + bar)
    }
}

impl Strip<'_> {
    /// Draws the strip from a cell on in at most `room` cells. Older records scroll out at the left so that the log end and two free
    /// slots stay in view, in a short strip one.
    pub fn draw(&self, buffer: &mut Buffer, x: u16, y: u16, room: u16, rows: u16) -> Placed {
        let slots = i64::from(room.saturating_sub(1) / self.tile).max(1);
        let wanted = self.end + 2.min(slots / 3);
        let older = wanted - self.start > slots;
        let first = if older { (wanted - slots).max(self.start) } else { self.start };
        let placed = Placed {
            first,
            last: first + slots,
            left: x,
            tile: self.tile,
            high_watermark: self.high_watermark,
        };
        for offset in first..first + slots {
            let Some(column) = placed.column(offset) else { continue };
            match self.tiles.iter().find(|tile| tile.offset == offset) {
                Some(tile) => self.tile(buffer, column, y, rows, tile),
                None => {
                    cell(buffer, column + self.tile / 2, y + rows / 2, "·", self.theme.style(Role::Faint));
                }
            }
        }
        if let Some(column) = placed.column(self.high_watermark) {
            let role = if self.dead { Role::Dead } else { Role::Focus };
            for row in 0..rows {
                cell(buffer, column.saturating_sub(1), y + row, "┃", self.theme.style(role));
            }
        }
        if older && self.start < first {
            cell(buffer, x.saturating_sub(1), y + rows / 2, "‹", self.theme.style(Role::Muted));
        }
        placed
    }

    fn tile(&self, buffer: &mut Buffer, x: u16, y: u16, rows: u16, tile: &Tile) {
        let inner = usize::from(self.tile.saturating_sub(2));
        let label = truncate(&tile.label, inner, "");
        let pad = inner.saturating_sub(width(&label));
        let body = format!("{}{label}{}", " ".repeat(pad / 2), " ".repeat(pad - pad / 2));
        let middle = y + rows / 2;
        let theme = self.theme;
        let committed = if self.odd { Role::CommittedOdd } else { Role::Committed };
        let (left, right, text, edge) = match tile.kind {
            TileKind::Committed if tile.fresh => {
                ("▐", "▌", theme.fill(Role::Focus), theme.style(Role::Focus))
            }
            TileKind::Committed => ("▐", "▌", theme.fill(committed), theme.style(committed)),
            TileKind::Uncommitted => {
                let style =
                    if tile.fresh { theme.style(Role::Focus) } else { theme.style(Role::Uncommitted) };
                ("(", ")", style, style)
            }
            TileKind::Duplicate => ("!", "!", theme.fill(Role::Dropped), theme.fill(Role::Dropped)),
            TileKind::Aborted => ("/", "/", theme.style(Role::Aborted), theme.style(Role::Aborted)),
            TileKind::Marker => ("‹", "›", theme.style(Role::Control), theme.style(Role::Control)),
            TileKind::Dead => ("[", "]", theme.style(Role::Dead), theme.style(Role::Dead)),
        };
        if rows == 1 || matches!(tile.kind, TileKind::Aborted | TileKind::Marker) {
            let y = middle;
            cell(buffer, x, y, left, edge);
            put(buffer, x + 1, y, self.tile - 2, &body, text);
            cell(buffer, x + self.tile - 1, y, right, edge);
            return;
        }
        if tile.kind == TileKind::Uncommitted {
            self.outline(buffer, x, y, rows, text);
            put(buffer, x + 1, middle, self.tile - 2, &body, text);
            return;
        }
        for row in 0..rows {
            cell(buffer, x, y + row, left, edge);
            put(buffer, x + 1, y + row, self.tile - 2, &" ".repeat(inner), text);
            cell(buffer, x + self.tile - 1, y + row, right, edge);
        }
        put(buffer, x + 1, middle, self.tile - 2, &body, text);
    }

    /// A tall tile that is not committed: only its outline.
    fn outline(&self, buffer: &mut Buffer, x: u16, y: u16, rows: u16, style: Style) {
        let (right, bottom) = (x + self.tile - 1, y + rows - 1);
        for col in x + 1..right {
            cell(buffer, col, y, "─", style);
            cell(buffer, col, bottom, "─", style);
        }
        for row in y + 1..bottom {
            cell(buffer, x, row, "│", style);
            cell(buffer, right, row, "│", style);
        }
        for (col, row, corner) in [(x, y, "╭"), (right, y, "╮"), (right, bottom, "╯"), (x, bottom, "╰")]
        {
            cell(buffer, col, row, corner, style);
        }
    }

    /// Offsets above the tiles.
    pub fn offsets(&self, buffer: &mut Buffer, placed: &Placed, y: u16) {
        for offset in placed.first..placed.last {
            if let Some(column) = placed.column(offset) {
                let text = offset.to_string();
                let role = if offset < self.end { Role::Muted } else { Role::Faint };
                // Above the label: its first cell for one digit, around it for more.
                let cells = u16::try_from(width(&text)).unwrap_or(1);
                let middle = column + 1 + (self.tile.saturating_sub(3)) / 2;
                let x = (middle + 1).saturating_sub(cells.div_ceil(2));
                put(buffer, x, y, cells, &text, self.theme.style(role));
            }
        }
    }

    /// `HW 4 ▲    ▲ LEO 5` below the tiles; one mark where both are equal.
    pub fn marks(&self, buffer: &mut Buffer, placed: &Placed, y: u16, right: u16) {
        let theme = self.theme;
        let focus = if self.hw_moved { Role::Focus } else { Role::Text };
        let (hw, leo) = (self.high_watermark, self.end);
        let Some(at) = placed.column(hw) else { return };
        let at = at.saturating_sub(1);
        if hw == leo {
            let text = format!("HW = LEO {leo} ▲");
            let cells = u16::try_from(width(&text)).unwrap_or(0);
            if at + 1 >= placed.left + cells {
                put_right(buffer, (at + 1).min(right), y, &text, theme.style(focus));
            } else {
                let text = format!("▲ HW = LEO {leo}");
                put(buffer, at, y, right.saturating_sub(at), &text, theme.style(focus));
            }
            return;
        }
        let text = format!("HW {hw} ▲");
        let cells = u16::try_from(width(&text)).unwrap_or(0);
        let left = at + 1 >= placed.left + cells;
        let end = if left { at + 1 } else { at + cells };
        let text = if left { text } else { format!("▲ HW {hw}") };
        put_right(buffer, end, y, &text, theme.style(focus));
        if let Some(column) = placed.column(leo) {
            let column = column.max(end + 1);
            put(
                buffer,
                column,
                y,
                right.saturating_sub(column),
                &format!("▲ LEO {leo}"),
                theme.style(Role::Uncommitted),
            );
        }
    }
}
