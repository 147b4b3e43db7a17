//! What is drawn where, for the mouse: while a frame is drawn, whoever draws something that can be pointed at says so here.

use std::cell::RefCell;

use ratatui::layout::{Position, Rect};

use crate::ui::app::Spot;

/// The places of a frame.
#[derive(Debug, Default)]
pub(super) struct Spots {
    found: RefCell<Vec<(Rect, Spot)>>,
}

impl Spots {
    /// Something stands in this area, over what was said before.
    pub fn mark(&self, area: Rect, spot: Spot) {
        self.found.borrow_mut().push((area, spot));
    }

    /// Something lies over everything: nothing below it can be reached.
    pub fn cover(&self) {
        self.found.borrow_mut().clear();
    }

    /// What is on top at a place.
    pub fn at(&self, place: Position) -> Option<Spot> {
        let found = self.found.borrow();
        found.iter().rev().find(|(area, _)| area.contains(place)).map(|(_, spot)| spot.clone())
    }
}
