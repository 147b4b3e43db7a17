//! Where the inspector stands in its list, and the way that led to what it shows.

use super::tank::Tank;

/// A thing and the row of it under the cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Place {
    id: String,
    row: usize,
}

/// The inspector's memory. What it knows of other things than the selected one does not count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Inspector {
    at: Place,
    /// From the first thing on; the last led to the present one.
    trail: Vec<Place>,
}

impl Tank {
    /// Row under the inspector's cursor.
    #[must_use]
    pub fn cursor(&self) -> usize {
        let at = &self.inspector.at;
        if self.selected.as_ref() == Some(&at.id) { at.row } else { 0 }
    }

    /// Moves the cursor.
    pub(super) fn put_cursor(&mut self, row: usize) {
        let Some(id) = self.selected.clone() else { return };
        if id != self.inspector.at.id {
            self.inspector.trail.clear();
        }
        self.inspector.at = Place { id, row };
    }

    /// Opens what a row leads to.
    pub(super) fn inspect_further(&mut self, id: String) {
        self.put_cursor(self.cursor());
        let from = std::mem::replace(&mut self.inspector.at, Place { id: id.clone(), row: 0 });
        self.inspector.trail.push(from);
        self.selected = Some(id);
    }

    /// Back to what led here; closes if nothing did.
    pub(super) fn inspect_back(&mut self) {
        let here = self.selected.as_ref() == Some(&self.inspector.at.id);
        match self.inspector.trail.pop().filter(|_| here) {
            Some(from) => {
                self.selected = Some(from.id.clone());
                self.inspector.at = from;
            }
            None => {
                self.inspector = Inspector::default();
                self.inspecting = false;
            }
        }
    }
}
