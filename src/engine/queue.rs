//! The event queue: a heap of small keys beside an arena of events.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// Events ordered by `(time, seq)`. Keys are unique, so the heap's layout cannot change the order, and a clone is a flat copy.
#[derive(Clone)]
pub(super) struct Queue<E> {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    arena: Vec<Option<E>>,
    free: Vec<u32>,
}

impl<E> Queue<E> {
    pub fn new() -> Self {
        Self { heap: BinaryHeap::new(), arena: Vec::new(), free: Vec::new() }
    }

    pub fn push(&mut self, time: u64, seq: u64, event: E) {
        let slot = match self.free.pop() {
            Some(slot) => {
                self.arena[slot as usize] = Some(event);
                slot
            }
            None => {
                self.arena.push(Some(event));
                u32::try_from(self.arena.len() - 1).unwrap_or(u32::MAX)
            }
        };
        self.heap.push(Reverse((time, seq, slot)));
    }

    /// Time and sequence number of the next event.
    pub fn peek(&self) -> Option<(u64, u64, &E)> {
        let Reverse((time, seq, slot)) = self.heap.peek()?;
        self.arena[*slot as usize].as_ref().map(|event| (*time, *seq, event))
    }

    pub fn pop(&mut self) -> Option<(u64, u64, E)> {
        let Reverse((time, seq, slot)) = self.heap.pop()?;
        self.free.push(slot);
        self.arena[slot as usize].take().map(|event| (time, seq, event))
    }

    /// Everything in it, in order.
    pub fn sorted(&self) -> impl Iterator<Item = (u64, u64, &E)> {
        let mut keys: Vec<(u64, u64, u32)> = self.heap.iter().map(|Reverse(key)| *key).collect();
        keys.sort_unstable();
        keys.into_iter().filter_map(|(time, seq, slot)| {
            self.arena[slot as usize].as_ref().map(|event| (time, seq, event))
        })
    }

    /// When an event happens, by its sequence number. Looks at all of them.
    pub fn time_of(&self, seq: u64) -> Option<u64> {
        self.heap.iter().find(|Reverse((_, known, _))| *known == seq).map(|Reverse((time, ..))| *time)
    }

    pub fn len(&self) -> usize {
        self.heap.len()
    }
}
