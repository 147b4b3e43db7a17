//! An ordered map that is cheap to copy. Its entries lie in blocks of at most 64; a copy shares every block until one of the two touches
//! it, and then that block and the path to it are copied, nothing else.
//!
//! ```text
//!  before ─▶ [ · · · ]                  [ · · · ] ◀─ after
//!             │ │ └───────────┬──────────────┘│
//!             │ └──────────┐  │  ┌────────────┘
//!             ▼            ▼  ▼  ▼
//!          [ 0 … 63 ]  [ 64 … ] [ 64 … ]     a change at 70
//! ```
//!
//! It is a B+ tree. Blocks that become empty go, half-empty ones are not joined: what is kept here grows far oftener than it shrinks.

#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;

/// Entries of a block, and blocks of a node, at most.
const SIZE: usize = 64;

/// A map whose copies share what neither has touched.
pub struct Blocks<K, V> {
    root: Arc<Node<K, V>>,
    len: usize,
}

enum Node<K, V> {
    Block(Vec<(K, V)>),
    /// Each child with a key that none of its own lies below; the first child's may be too high.
    Path(Vec<(K, Arc<Self>)>),
}

impl<K: Clone, V: Clone> Clone for Node<K, V> {
    fn clone(&self) -> Self {
        match self {
            Self::Block(entries) => Self::Block(entries.clone()),
            Self::Path(children) => Self::Path(children.clone()),
        }
    }
}

impl<K, V> Clone for Blocks<K, V> {
    fn clone(&self) -> Self {
        Self { root: Arc::clone(&self.root), len: self.len }
    }
}

impl<K, V> Default for Blocks<K, V> {
    fn default() -> Self {
        Self { root: Arc::new(Node::Block(Vec::new())), len: 0 }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for Blocks<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: PartialEq, V: PartialEq> PartialEq for Blocks<K, V> {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.root, &other.root) || (self.len == other.len && self.iter().eq(other.iter()))
    }
}

impl<K: Eq, V: Eq> Eq for Blocks<K, V> {}

/// The child in which a key lies, if anywhere.
fn child<K: Ord, T>(children: &[(K, T)], key: &K) -> usize {
    children.partition_point(|(low, _)| low <= key).saturating_sub(1)
}

fn find<K: Ord, V>(entries: &[(K, V)], key: &K) -> Result<usize, usize> {
    entries.binary_search_by(|(k, _)| k.cmp(key))
}

impl<K, V> Blocks<K, V> {
    /// An empty map.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Number of entries.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Whether the two are one: neither was touched since one was copied from the other.
    #[must_use]
    pub fn is_shared_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.root, &other.root)
    }

    /// Entries in order of their keys.
    #[must_use]
    pub fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter { stack: Vec::new(), entries: [].iter() };
        iter.descend(&self.root);
        iter
    }

    /// Keys in order.
    pub fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    /// Values in order of their keys.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Ord, V> Blocks<K, V> {
    fn block(&self, key: &K) -> &[(K, V)] {
        let mut node = &self.root;
        loop {
            match &**node {
                Node::Block(entries) => return entries,
                Node::Path(children) => node = &children[child(children, key)].1,
            }
        }
    }

    /// The value of a key.
    #[must_use]
    pub fn get(&self, key: &K) -> Option<&V> {
        let entries = self.block(key);
        find(entries, key).ok().map(|ix| &entries[ix].1)
    }

    /// Whether there is a value of that key.
    #[must_use]
    pub fn contains_key(&self, key: &K) -> bool {
        find(self.block(key), key).is_ok()
    }

    /// Entries from a key on, in order.
    #[must_use]
    pub fn from(&self, key: &K) -> Iter<'_, K, V> {
        let mut iter = Iter { stack: Vec::new(), entries: [].iter() };
        let mut node = &*self.root;
        loop {
            match node {
                Node::Block(entries) => {
                    let first = entries.partition_point(|(k, _)| k < key);
                    iter.entries = entries[first..].iter();
                    return iter;
                }
                Node::Path(children) => {
                    let ix = child(children, key);
                    iter.stack.push(children[ix + 1..].iter());
                    node = &children[ix].1;
                }
            }
        }
    }

    /// Entries that `before` has not, or has with another value. What the two share is passed over unread.
    #[must_use]
    pub fn changed_since(&self, before: &Self) -> Vec<(&K, &V)>
    where
        V: PartialEq,
    {
        let mut changed = Vec::new();
        differing(&self.root, Some(&before.root), before, &mut |entries| {
            changed.extend(entries.iter().filter(|(k, v)| before.get(k) != Some(v)).map(|(k, v)| (k, v)));
        });
        changed
    }

    /// Blocks that are not shared with `before`: what a change has copied.
    #[must_use]
    pub fn copied_since(&self, before: &Self) -> usize {
        let mut copied = 0;
        differing(&self.root, Some(&before.root), before, &mut |_| copied += 1);
        copied
    }
}

/// Hands over every block below `node` that is none of `before`'s; `beside` is the node of `before` that stands in the same place.
fn differing<'a, K: Ord, V>(
    node: &'a Arc<Node<K, V>>,
    beside: Option<&Arc<Node<K, V>>>,
    before: &Blocks<K, V>,
    found: &mut impl FnMut(&'a [(K, V)]),
) {
    if beside.is_some_and(|beside| Arc::ptr_eq(node, beside)) {
        return;
    }
    match &**node {
        Node::Block(entries) => {
            let shared = entries.first().is_some_and(|(k, _)| std::ptr::eq(before.block(k), &**entries));
            if !shared {
                found(entries);
            }
        }
        Node::Path(children) => {
            for (low, child) in children {
                let beside = match beside.map(|beside| &**beside) {
                    Some(Node::Path(theirs)) => find(theirs, low).ok().map(|ix| &theirs[ix].1),
                    _ => None,
                };
                differing(child, beside, before, found);
            }
        }
    }
}

impl<K: Ord + Clone, V: Clone> Blocks<K, V> {
    /// The value of a key, to be changed. Copies nothing if there is none.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        if !self.contains_key(key) {
            return None;
        }
        let mut node = &mut self.root;
        loop {
            match Arc::make_mut(node) {
                Node::Block(entries) => {
                    let ix = find(entries, key).ok()?;
                    return Some(&mut entries[ix].1);
                }
                Node::Path(children) => {
                    let ix = child(children, key);
                    node = &mut children[ix].1;
                }
            }
        }
    }

    /// Puts a value in. Gives the one that was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let (old, split) = put(&mut self.root, key, value);
        if let Some((low, right)) = split {
            let first = lowest(&self.root).unwrap_or_else(|| low.clone());
            let left = Arc::clone(&self.root);
            self.root = Arc::new(Node::Path(vec![(first, left), (low, right)]));
        }
        self.len += usize::from(old.is_none());
        old
    }

    /// The value of a key, to be changed; `make` makes it if there is none.
    pub fn get_or_insert_with(&mut self, key: K, make: impl FnOnce() -> V) -> &mut V {
        if !self.contains_key(&key) {
            self.insert(key.clone(), make());
        }
        // It is there by now: the loop ends at its block.
        let mut node = &mut self.root;
        loop {
            match Arc::make_mut(node) {
                Node::Block(entries) => {
                    let (Ok(ix) | Err(ix)) = find(entries, &key);
                    return &mut entries[ix].1;
                }
                Node::Path(children) => {
                    let ix = child(children, &key);
                    node = &mut children[ix].1;
                }
            }
        }
    }

    /// Takes a value out. Copies nothing if there is none.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        if !self.contains_key(key) {
            return None;
        }
        let old = take(&mut self.root, key);
        self.len -= usize::from(old.is_some());
        while let Node::Path(children) = &*self.root {
            match children.as_slice() {
                [] => self.root = Arc::new(Node::Block(Vec::new())),
                [(_, only)] => self.root = Arc::clone(only),
                _ => break,
            }
        }
        old
    }

    /// Takes out what does not fit. Blocks that keep everything stay shared.
    pub fn retain(&mut self, fits: impl Fn(&K, &V) -> bool) {
        let going: Vec<K> = self.iter().filter(|(k, v)| !fits(k, v)).map(|(k, _)| k.clone()).collect();
        for key in going {
            self.remove(&key);
        }
    }
}

fn lowest<K: Clone, V>(node: &Node<K, V>) -> Option<K> {
    match node {
        Node::Block(entries) => entries.first().map(|(key, _)| key.clone()),
        Node::Path(children) => children.first().map(|(low, _)| low.clone()),
    }
}

/// The value that was there, and a new right neighbour with its lowest key.
type Put<K, V> = (Option<V>, Option<(K, Arc<Node<K, V>>)>);

fn put<K: Ord + Clone, V: Clone>(node: &mut Arc<Node<K, V>>, key: K, value: V) -> Put<K, V> {
    match Arc::make_mut(node) {
        Node::Block(entries) => match find(entries, &key) {
            Ok(ix) => (Some(std::mem::replace(&mut entries[ix].1, value)), None),
            Err(ix) => {
                entries.insert(ix, (key, value));
                (None, split(entries, ix).map(|(low, right)| (low, Arc::new(Node::Block(right)))))
            }
        },
        Node::Path(children) => {
            let ix = child(children, &key);
            let (old, new) = put(&mut children[ix].1, key, value);
            let Some(new) = new else { return (old, None) };
            children.insert(ix + 1, new);
            (old, split(children, ix + 1).map(|(low, right)| (low, Arc::new(Node::Path(right)))))
        }
    }
}

/// Halves a list that is too long. One that grew at its end stays full on the left: what comes in order lies close.
fn split<K: Clone, T>(all: &mut Vec<(K, T)>, grew_at: usize) -> Option<(K, Vec<(K, T)>)> {
    if all.len() <= SIZE {
        return None;
    }
    let at = if grew_at + 1 == all.len() { SIZE } else { SIZE / 2 };
    let right = all.split_off(at);
    right.first().map(|(low, _)| low.clone()).map(|low| (low, right))
}

fn take<K: Ord + Clone, V: Clone>(node: &mut Arc<Node<K, V>>, key: &K) -> Option<V> {
    match Arc::make_mut(node) {
        Node::Block(entries) => find(entries, key).ok().map(|ix| entries.remove(ix).1),
        Node::Path(children) => {
            let ix = child(children, key);
            let old = take(&mut children[ix].1, key);
            let empty = match &*children[ix].1 {
                Node::Block(entries) => entries.is_empty(),
                Node::Path(children) => children.is_empty(),
            };
            if empty {
                children.remove(ix);
            }
            old
        }
    }
}

impl<K: Ord + Clone, V: Clone> FromIterator<(K, V)> for Blocks<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut blocks = Self::default();
        blocks.extend(entries);
        blocks
    }
}

impl<K: Ord + Clone, V: Clone> Extend<(K, V)> for Blocks<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<'a, K, V> IntoIterator for &'a Blocks<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = Iter<'a, K, V>;

    fn into_iter(self) -> Iter<'a, K, V> {
        self.iter()
    }
}

/// Children of an inner node that are still to come.
type Children<'a, K, V> = std::slice::Iter<'a, (K, Arc<Node<K, V>>)>;

/// Entries in order of their keys.
pub struct Iter<'a, K, V> {
    stack: Vec<Children<'a, K, V>>,
    entries: std::slice::Iter<'a, (K, V)>,
}

impl<'a, K, V> Iter<'a, K, V> {
    fn descend(&mut self, mut node: &'a Node<K, V>) {
        loop {
            match node {
                Node::Block(entries) => {
                    self.entries = entries.iter();
                    return;
                }
                Node::Path(children) => {
                    let mut children = children.iter();
                    let Some((_, first)) = children.next() else { return };
                    self.stack.push(children);
                    node = first;
                }
            }
        }
    }
}

impl<'a, K, V> Iterator for Iter<'a, K, V> {
    type Item = (&'a K, &'a V);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((key, value)) = self.entries.next() {
                return Some((key, value));
            }
            match self.stack.last_mut()?.next() {
                Some((_, node)) => self.descend(node),
                None => {
                    self.stack.pop();
                }
            }
        }
    }
}
