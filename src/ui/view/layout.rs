//! Where things stand: three size classes, four anchors that never move.

use ratatui::layout::Rect;

/// Size classes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// From 80x24.
    S,
    /// From 110x30: narration in a column of its own.
    M,
    /// From 180x50: room for a companion picture.
    L,
}

/// The areas of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Size class.
    pub class: Class,
    /// Row 0.
    pub title: Rect,
    /// Between title and key bar (Home).
    pub whole: Rect,
    /// The picture.
    pub stage: Rect,
    /// The narration.
    pub narration: Rect,
    /// The narration stands in a column at the right.
    pub column: bool,
    /// Row H-2.
    pub scrubber: Rect,
    /// Row H-1.
    pub keys: Rect,
    /// Where overlays stand.
    pub over: Rect,
}

impl Layout {
    /// The areas for a terminal of this size.
    #[must_use]
    pub fn of(area: Rect) -> Self {
        let class = match (area.width, area.height) {
            (180.., 50..) => Class::L,
            (110.., 30..) => Class::M,
            _ => Class::S,
        };
        let row = |y: u16| Rect { y, height: 1, ..area };
        let bottom = area.bottom();
        let column = area.width >= 110;
        let (side, below) = match class {
            Class::L => (48, 0),
            _ if column => (37, 0),
            _ => (0, 4),
        };
        let top = area.y + 1;
        let gap = u16::from(class != Class::S);
        let stage = Rect {
            x: area.x,
            y: top + gap,
            width: area.width - side,
            height: bottom.saturating_sub(2 + below).saturating_sub(top + gap),
        };
        let narration = if column {
            Rect {
                x: stage.right(),
                y: top,
                width: side,
                height: bottom.saturating_sub(2).saturating_sub(top),
            }
        } else {
            Rect { x: area.x, y: stage.bottom(), width: area.width, height: below }
        };
        let whole = Rect { y: top, height: bottom.saturating_sub(1).saturating_sub(top), ..area };
        let over = Rect { y: top, height: bottom.saturating_sub(2).saturating_sub(top), ..area };
        Self {
            class,
            title: row(area.y),
            whole,
            stage,
            narration,
            column,
            scrubber: row(bottom.saturating_sub(2)),
            keys: row(bottom.saturating_sub(1)),
            over,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stage_has_the_size_of_the_contract() {
        for (size, class, stage) in [
            ((80, 24), Class::S, (80, 17)),
            ((120, 36), Class::M, (83, 32)),
            ((200, 55), Class::L, (152, 51)),
            ((120, 24), Class::S, (83, 21)),
        ] {
            let layout = Layout::of(Rect::new(0, 0, size.0, size.1));
            assert_eq!(layout.class, class);
            assert_eq!((layout.stage.width, layout.stage.height), stage, "{size:?}");
        }
    }
}
