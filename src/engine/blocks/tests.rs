use std::collections::BTreeMap;

use super::*;

fn numbers(count: u32) -> Blocks<u32, u32> {
    (0..count).map(|n| (n, n * 10)).collect()
}

/// SplitMix64, so that the order of what is done is wild and always the same.
fn wild(state: &mut u64) -> u32 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (*state ^ (*state >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    u32::try_from((z ^ (z >> 27)) >> 40).unwrap() % 5_000
}

#[test]
fn it_does_what_an_ordered_map_does() {
    let (mut ours, mut theirs, mut state) = (Blocks::new(), BTreeMap::new(), 7);
    for turn in 0..40_000 {
        let key = wild(&mut state);
        if turn % 3 == 2 {
            assert_eq!(ours.remove(&key), theirs.remove(&key));
        } else {
            assert_eq!(ours.insert(key, turn), theirs.insert(key, turn));
        }
        assert_eq!(ours.get(&key), theirs.get(&key));
    }
    assert_eq!(ours.len(), theirs.len());
    assert!(ours.iter().eq(theirs.iter()));
    for key in [0, 64, 1_000, 4_999] {
        assert!(ours.from(&key).eq(theirs.range(key..)));
    }
    ours.retain(|key, _| key % 2 == 0);
    assert!(ours.keys().eq(theirs.keys().filter(|key| **key % 2 == 0)));
    for key in 0..5_000 {
        ours.remove(&key);
    }
    assert!(ours.is_empty() && ours.iter().next().is_none());
}

#[test]
fn a_change_copies_one_block() {
    let before = numbers(100_000);
    let mut after = before.clone();
    assert!(after.is_shared_with(&before));
    if let Some(value) = after.get_mut(&70_000) {
        *value = 1;
    }
    *after.get_or_insert_with(70_001, || 0) = 2;
    assert_eq!(after.copied_since(&before), 1);
    assert_eq!(after.changed_since(&before), [(&70_000, &1), (&70_001, &2)]);
    assert_eq!(before.get(&70_000), Some(&700_000), "the copy is another");
    assert_eq!(after.get_mut(&200_000), None);
    assert_eq!(after.remove(&200_000), None);
    assert_eq!(after.copied_since(&before), 1, "looking for what is not there copies nothing");
}

#[test]
fn what_comes_in_order_lies_close() {
    let blocks = numbers(6_400).copied_since(&Blocks::new());
    assert_eq!(blocks, 100);
}
