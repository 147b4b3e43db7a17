//! A long history: what a step forward costs with everything that is kept for going back, and what going back costs:
//! `cargo bench --bench history`.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use common::{Hold, Rng, duel, timed};
use kafkarium::lab::{Lab, Spec, Unit};

/// Events before going back.
const LONG: u64 = 300_000;
/// Steps back, and leaps to random events.
const TRIES: usize = 300;

const SPEC: &str = r#"
[cluster]
brokers = 3
[[cluster.topic]]
name = "orders"
partitions = 3
replication = 3
[[cluster.producer]]
id = "p"
topics = ["orders"]
drive = "auto"
workload = { every = "50ms", keys = ["a", "b", "c"] }
[[cluster.consumer]]
id = "c1"
group = "pay"
topics = ["orders"]
"#;

fn lab() -> Lab {
    Lab::new(&Spec::parse(SPEC).unwrap(), 1).unwrap()
}

fn forward(lab: &mut Lab, events: u64) -> u64 {
    (0..events).for_each(|_| {
        lab.step(Unit::Event);
    });
    events
}

/// Median, 99th percentile and largest of some times, in microseconds.
fn print(what: &str, mut micros: Vec<f64>, floor: f64) {
    micros.sort_by(f64::total_cmp);
    let at = |share: f64| micros[((micros.len() - 1) as f64 * share) as usize];
    println!("{what}");
    println!("  median {:>10.1} µs, 99 of 100 within {:.1} µs, largest {:.1} µs", at(0.5), at(0.99), at(1.0));
    println!("  ratio  {:>10.1} x one step forward", at(0.5) / floor);
}

fn main() {
    let mut played = lab();
    let mut hold = Hold::new(100);
    let steps = 20_000;
    let result = duel(|| timed(|| hold.run(steps)), || timed(|| forward(&mut played, steps)));
    result.print(
        "a step forward, with notes, ledger, laws and saved states",
        "take and put on a bare heap of 100",
    );
    let floor = result.ours.median / 1e3;

    let left = LONG.saturating_sub(played.event());
    forward(&mut played, left);
    println!(
        "\na history of {} events, {:.0} s of virtual time\n",
        played.event(),
        played.now() as f64 / 1e6
    );

    let digest = played.digest();
    let mut back = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let begin = Instant::now();
        played.back(Unit::Event);
        back.push(begin.elapsed().as_nanos() as f64 / 1e3);
    }
    print("a step back", back, floor);

    let mut rng = Rng(31);
    let mut leaps = Vec::with_capacity(TRIES);
    for _ in 0..TRIES {
        let event = rng.below(LONG);
        let begin = Instant::now();
        played.seek(event);
        leaps.push(begin.elapsed().as_nanos() as f64 / 1e3);
        assert_eq!(played.event(), event);
    }
    print("a leap to any event", leaps, floor);
    played.seek(LONG);
    assert_eq!(played.digest(), digest, "going back and on again changes nothing");
}
