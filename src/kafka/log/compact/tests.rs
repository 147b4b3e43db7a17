use super::*;
use crate::kafka::log::Rolling;
use crate::kafka::{LeaderEpoch, Marker, Outcome, ProducerEpoch, ProducerId, RecordId, Sequence, Stamp};

const DAY: u64 = 86_400;
const EAGER: Compaction = Compaction {
    min_dirty_ratio: 0.0,
    delete_retention: Micros::secs(DAY),
    min_lag: Micros::ZERO,
    max_lag: Micros::NEVER,
    segment_bytes: 10_000,
    file_delay: Micros::ZERO,
};

fn record(key: &str, value: Option<&str>, at: u64) -> Record {
    let bytes = |text: &str| Arc::from(text.as_bytes());
    let (key, value) = (Some(bytes(key)), value.map(bytes));
    Record { id: RecordId(0), key, value, timestamp: Micros::secs(at), internal: None }
}

fn one(key: &str, value: Option<&str>, at: u64) -> Batch {
    Batch::unplaced(None, vec![record(key, value, at)])
}

fn stamped(id: i64, first: i32, key: &str) -> Batch {
    let stamp = Stamp { id: ProducerId(id), epoch: ProducerEpoch(0), first: Sequence(first) };
    Batch::in_transaction(stamp, vec![record(key, Some("x"), 0)])
}

fn marker(id: i64, outcome: Outcome) -> Batch {
    let marker = Marker { outcome, coordinator_epoch: 0 };
    Batch::marker(ProducerId(id), ProducerEpoch(0), marker, Micros::ZERO)
}

/// Batches of one segment; the active one behind it is empty.
fn sealed(log: &mut Log, batches: Vec<Batch>) {
    let room = Rolling { bytes: 1_000_000, age: Micros::NEVER };
    for batch in batches {
        log.append(batch, LeaderEpoch(0), Micros::ZERO, room);
    }
    log.roll(Micros::ZERO);
}

fn clean(log: &mut Log, at: u64) -> Compacted {
    let dirt = log.dirt(Micros::secs(at), log.end(), EAGER);
    log.compact(Micros::secs(at), dirt, EAGER)
}

fn offsets(log: &Log) -> Vec<i64> {
    log.records().map(|(offset, ..)| offset.0).collect()
}

#[test]
fn the_newest_of_each_key_stays_and_a_deletion_until_its_horizon() {
    let mut log = Log::default();
    let first = [("k1", Some("a")), ("k2", Some("b")), ("k1", Some("c")), ("k2", None)];
    sealed(&mut log, first.into_iter().map(|(key, value)| one(key, value, 0)).collect());
    assert_eq!(clean(&mut log, 10), Compacted { upto: Offset(4), removed: 2 });
    assert_eq!(offsets(&log), [2, 3]);
    assert_eq!((log.start(), log.end()), (Offset(0), Offset(4)));
    assert_eq!(log.read(Offset(0), log.end(), 1000)[0].base, Offset(2), "a hole is stepped over");

    sealed(&mut log, vec![one("k3", Some("d"), 20)]);
    clean(&mut log, 10 + DAY - 1);
    assert_eq!(offsets(&log), [2, 3, 4], "the horizon is not reached");
    sealed(&mut log, vec![one("k3", Some("e"), 20)]);
    clean(&mut log, 10 + DAY);
    assert_eq!(offsets(&log), [2, 5]);
    assert_eq!(log.segments().filter(|s| !s.is_empty()).count(), 1, "small segments are joined");
}

#[test]
fn what_may_be_cleaned_ends_at_the_active_segment_the_stable_offset_and_the_young() {
    let mut log = Log::default();
    sealed(&mut log, vec![one("k", Some("a"), 0), one("k", Some("b"), 0)]);
    sealed(&mut log, vec![one("k", Some("c"), 100)]);
    let upto = |log: &Log, now, hw, min_lag| {
        let compaction = Compaction { min_lag: Micros::secs(min_lag), ..EAGER };
        log.dirt(Micros::secs(now), Offset(hw), compaction).upto.0
    };
    assert_eq!(upto(&log, 101, 3, 0), 3);
    assert_eq!(upto(&log, 101, 2, 0), 2, "nothing above the high watermark");
    assert_eq!(upto(&log, 101, 1, 0), 0, "only whole segments");
    assert_eq!(upto(&log, 101, 3, 50), 2, "the second is too young");
    assert_eq!(upto(&log, 150, 3, 50), 3);
    let mut open = log.clone();
    sealed(&mut open, vec![stamped(1, 0, "t")]);
    sealed(&mut open, vec![one("k", Some("d"), 100)]);
    assert_eq!(upto(&open, 200, 5, 0), 3, "an open transaction holds it back");
}

#[test]
fn dirt_counts_whole_segments_and_the_lag_makes_it_due() {
    let mut log = Log::default();
    sealed(&mut log, vec![one("a", Some("a"), 0)]);
    clean(&mut log, 1);
    sealed(&mut log, vec![one("b", Some("b"), 0)]);
    let lazy = Compaction { min_dirty_ratio: 0.5, max_lag: Micros::secs(100), ..EAGER };
    let dirt = log.dirt(Micros::secs(10), log.end(), lazy);
    assert_eq!(dirt.clean_bytes, dirt.dirty_bytes);
    assert!(!dirt.is_due(lazy), "half is not more than half");
    assert!(log.dirt(Micros::secs(101), log.end(), lazy).is_due(lazy));
}

#[test]
fn aborted_records_go_at_once_their_marker_after_them() {
    let mut log = Log::default();
    let batches =
        vec![stamped(1, 0, "k"), stamped(2, 0, "k"), marker(2, Outcome::Commit), marker(1, Outcome::Abort)];
    sealed(&mut log, batches);
    sealed(&mut log, vec![stamped(1, 1, "z"), stamped(2, 1, "z")]);
    sealed(&mut log, vec![marker(1, Outcome::Commit), marker(2, Outcome::Commit)]);
    clean(&mut log, 0);
    assert_eq!(offsets(&log), [1, 2, 3, 5, 6, 7], "0 was aborted; 4 is older than 5");
    assert_eq!(log.aborted(Offset(0), Offset(8)), [(ProducerId(1), Offset(0))]);
    sealed(&mut log, vec![one("y", Some("y"), 0)]);
    clean(&mut log, 1);
    assert_eq!(log.aborted(Offset(0), Offset(8)), [], "its records are gone");
    assert!(offsets(&log).contains(&3), "the marker waits for its own horizon");
    sealed(&mut log, vec![one("y", Some("z"), 0)]);
    clean(&mut log, 1 + DAY);
    assert!(!offsets(&log).contains(&3));
    assert!(offsets(&log).contains(&2), "a marker of records that are left stays");
}

#[test]
fn the_last_batch_of_a_producer_stays_empty() {
    let mut log = Log::default();
    let stamp = Stamp { id: ProducerId(1), epoch: ProducerEpoch(0), first: Sequence(0) };
    sealed(
        &mut log,
        vec![Batch::unplaced(Some(stamp), vec![record("k", Some("a"), 0)]), one("k", Some("b"), 0)],
    );
    clean(&mut log, 0);
    let kept: Vec<(i64, usize)> = log.batches().map(|b| (b.base.0, b.records.len())).collect();
    assert_eq!(kept, [(0, 0), (1, 1)]);
    log.reload(Micros::ZERO, None, Micros::NEVER);
    assert_eq!(log.producers().get(ProducerId(1)).unwrap().last_sequence(), Sequence(0));
}
