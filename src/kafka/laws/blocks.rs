//! A long list by number that is cheap to copy: 64 places share one allocation, and a copy shares them all until one is touched.

use std::collections::BTreeMap;
use std::sync::Arc;

const SIZE: u64 = 64;

/// Values by number. Numbers may have gaps.
#[derive(Clone, Debug)]
pub(super) struct Blocks<T>(BTreeMap<u64, Arc<Vec<Option<T>>>>);

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

const fn place(at: u64) -> (u64, usize) {
    (at / SIZE, (at % SIZE) as usize)
}

impl<T: Clone> Blocks<T> {
    pub fn get(&self, at: u64) -> Option<&T> {
        let (block, ix) = place(at);
        self.0.get(&block)?.get(ix)?.as_ref()
    }

    /// The place of that number, to be read or filled.
    pub fn slot(&mut self, at: u64) -> &mut Option<T> {
        let (block, ix) = place(at);
        let block = self.0.entry(block).or_insert_with(|| Arc::new(vec![None; SIZE as usize]));
        &mut Arc::make_mut(block)[ix]
    }

    /// The value of that number, to be changed.
    pub fn get_mut(&mut self, at: u64) -> Option<&mut T> {
        let (block, ix) = place(at);
        Arc::make_mut(self.0.get_mut(&block)?).get_mut(ix)?.as_mut()
    }

    /// Values from a number on, in order.
    pub fn from(&self, at: u64) -> impl Iterator<Item = (u64, &T)> {
        let values = self.0.range(at / SIZE..).flat_map(|(block, values)| {
            (block * SIZE..).zip(values.iter()).filter_map(|(at, value)| Some((at, value.as_ref()?)))
        });
        values.filter(move |(n, _)| *n >= at)
    }

    /// The highest number that has a value.
    pub fn last(&self) -> Option<u64> {
        let (block, values) = self.0.last_key_value()?;
        let ix = values.iter().rposition(Option::is_some)?;
        Some(block * SIZE + u64::try_from(ix).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_number_and_in_order() {
        let mut all = Blocks::default();
        for at in [5, 64, 200, 63] {
            *all.slot(at) = Some(at * 10);
        }
        let copy = all.clone();
        if let Some(value) = all.get_mut(64) {
            *value = 1;
        }
        assert_eq!((all.get(64), copy.get(64), all.get(65)), (Some(&1), Some(&640), None));
        assert_eq!(all.from(63).map(|(at, _)| at).collect::<Vec<_>>(), [63, 64, 200]);
        assert_eq!(all.last(), Some(200));
    }
}
