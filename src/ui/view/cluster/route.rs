//! Ways between boxes, in whole cells. One grid holds all wires, so that where ways meet the corners join.

use std::collections::BTreeMap;

use ratatui::buffer::Buffer;
use ratatui::style::Style;

use super::super::paint::cell;

/// A cell: column and row.
pub(super) type Cell = (u16, u16);

const NORTH: u8 = 1;
const EAST: u8 = 2;
const SOUTH: u8 = 4;
const WEST: u8 = 8;

/// From `from` to `to` with its vertical part in column `trunk`; no part at all if both lie on one row.
pub(super) fn bend(from: Cell, trunk: u16, to: Cell) -> Vec<Cell> {
    let corners = if from.1 == to.1 { vec![to] } else { vec![(trunk, from.1), (trunk, to.1), to] };
    bent(from, &corners)
}

/// From `from` over every corner, straight in between.
pub(super) fn bent(from: Cell, corners: &[Cell]) -> Vec<Cell> {
    let towards = |from: u16, to: u16| match from.cmp(&to) {
        std::cmp::Ordering::Less => from + 1,
        std::cmp::Ordering::Equal => from,
        std::cmp::Ordering::Greater => from - 1,
    };
    let mut path = vec![from];
    let (mut x, mut y) = from;
    for corner in corners {
        while (x, y) != *corner {
            (x, y) = if x == corner.0 { (x, towards(y, corner.1)) } else { (towards(x, corner.0), y) };
            path.push((x, y));
        }
    }
    path
}

/// The sides on which each cell of a way is open. Its ends go straight on into the boxes.
fn sides(path: &[Cell]) -> impl Iterator<Item = (Cell, u8)> {
    let side = |from: Cell, to: Cell| match (to.0.cmp(&from.0), to.1.cmp(&from.1)) {
        (std::cmp::Ordering::Greater, _) => EAST,
        (std::cmp::Ordering::Less, _) => WEST,
        (_, std::cmp::Ordering::Greater) => SOUTH,
        (_, std::cmp::Ordering::Less) => NORTH,
        _ => 0,
    };
    (0..path.len()).map(move |at| {
        let back = at.checked_sub(1).map_or(0, |before| side(path[at], path[before]));
        let on = path.get(at + 1).map_or(0, |next| side(path[at], *next));
        let bits = match back | on {
            EAST | WEST => EAST | WEST,
            NORTH | SOUTH => NORTH | SOUTH,
            bits => bits,
        };
        (path[at], bits)
    })
}

const fn dashed(bits: u8) -> &'static str {
    match bits {
        b if b == NORTH | SOUTH => "╎",
        b if b == EAST | SOUTH => "┌",
        b if b == SOUTH | WEST => "┐",
        b if b == NORTH | EAST => "└",
        b if b == NORTH | WEST => "┘",
        b if b == NORTH | EAST | SOUTH => "├",
        b if b == NORTH | SOUTH | WEST => "┤",
        b if b == EAST | SOUTH | WEST => "┬",
        b if b == NORTH | EAST | WEST => "┴",
        b if b == NORTH | EAST | SOUTH | WEST => "┼",
        _ => "╌",
    }
}

const fn heavy(bits: u8) -> &'static str {
    match bits {
        b if b == NORTH | SOUTH => "┃",
        b if b == EAST | SOUTH => "┏",
        b if b == SOUTH | WEST => "┓",
        b if b == NORTH | EAST => "┗",
        b if b == NORTH | WEST => "┛",
        _ => "━",
    }
}

/// Wires at rest.
#[derive(Debug, Default)]
pub(super) struct Wires(BTreeMap<Cell, u8>);

impl Wires {
    /// Adds a way.
    pub fn add(&mut self, path: &[Cell]) {
        for (at, bits) in sides(path) {
            *self.0.entry(at).or_default() |= bits;
        }
    }

    /// Draws them all.
    pub fn draw(&self, buffer: &mut Buffer, style: Style) {
        for ((x, y), bits) in &self.0 {
            cell(buffer, *x, *y, dashed(*bits), style);
        }
    }
}

/// The bright trail on the cells `part` of a way.
pub(super) fn trail(buffer: &mut Buffer, path: &[Cell], part: std::ops::Range<usize>, style: Style) {
    for (at, ((x, y), bits)) in sides(path).enumerate() {
        if part.contains(&at) {
            cell(buffer, x, y, heavy(bits), style);
        }
    }
}

/// The cell that `part` thousandths of a way lead to: slow at both ends.
pub(super) fn place(path: &[Cell], part: u64) -> usize {
    let t = part.min(1000);
    let eased = t * t * (3000 - 2 * t) / 1_000_000;
    path.len().saturating_sub(1) * usize::try_from(eased).unwrap_or(0) / 1000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bent_way_has_no_gap_and_no_cell_twice() {
        for (from, to, trunk) in
            [((0, 0), (9, 0), 4), ((0, 0), (9, 5), 4), ((9, 5), (0, 0), 4), ((0, 5), (9, 1), 0)]
        {
            let path = bend(from, trunk, to);
            assert_eq!((path.first(), path.last()), (Some(&from), Some(&to)));
            for pair in path.windows(2) {
                assert_eq!(pair[0].0.abs_diff(pair[1].0) + pair[0].1.abs_diff(pair[1].1), 1, "{path:?}");
            }
        }
    }

    #[test]
    fn ways_that_meet_join() {
        let mut wires = Wires::default();
        wires.add(&bend((0, 0), 2, (4, 0)));
        wires.add(&bend((0, 0), 2, (4, 3)));
        let glyphs: Vec<&str> =
            [(1, 0), (2, 0), (2, 1), (2, 3), (3, 3)].map(|at| dashed(wires.0[&at])).to_vec();
        assert_eq!(glyphs, ["╌", "┬", "╎", "└", "╌"]);
    }

    #[test]
    fn a_packet_starts_and_ends_slowly() {
        let path = bend((0, 0), 0, (100, 0));
        let places: Vec<usize> = [0, 100, 500, 900, 1000, 2000].map(|part| place(&path, part)).to_vec();
        assert_eq!(places, [0, 2, 50, 97, 100, 100]);
    }
}
