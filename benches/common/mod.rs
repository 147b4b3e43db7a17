//! What every bench needs: the limit of the machine in the same run, taking turns, and medians.

#![allow(dead_code)] // each bench uses its part

pub mod busy;
pub mod learner;

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::Instant;

/// Timed rounds; one more is run before them and forgotten.
pub const ROUNDS: usize = 9;

/// Median, smallest and largest of some measurements.
pub struct Sample {
    pub median: f64,
    pub min: f64,
    pub max: f64,
}

impl Sample {
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        Self { median: values[values.len() / 2], min: values[0], max: values[values.len() - 1] }
    }
}

/// Nanoseconds an operation takes; `work` answers how many it did.
pub fn timed(work: impl FnOnce() -> u64) -> f64 {
    let begin = Instant::now();
    let count = work();
    begin.elapsed().as_nanos() as f64 / count.max(1) as f64
}

/// Two things measured in turn, round by round, so that a busy neighbour slows down both.
pub struct Duel {
    pub limit: Sample,
    pub ours: Sample,
    pub ratio: Sample,
}

pub fn duel(mut limit: impl FnMut() -> f64, mut ours: impl FnMut() -> f64) -> Duel {
    limit();
    ours();
    let rounds: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (limit(), ours())).collect();
    Duel {
        limit: Sample::of(rounds.iter().map(|(limit, _)| *limit).collect()),
        ours: Sample::of(rounds.iter().map(|(_, ours)| *ours).collect()),
        ratio: Sample::of(rounds.iter().map(|(limit, ours)| ours / limit).collect()),
    }
}

impl Duel {
    /// A line of the report, times in nanoseconds.
    pub fn print(&self, what: &str, limit: &str) {
        println!("{what}");
        println!(
            "  ours   {:>12.1} ns  ({:.1} to {:.1}), {:.0} a second",
            self.ours.median,
            self.ours.min,
            self.ours.max,
            1e9 / self.ours.median
        );
        println!(
            "  limit  {:>12.1} ns  ({:.1} to {:.1}): {limit}",
            self.limit.median, self.limit.min, self.limit.max
        );
        println!("  ratio  {:>12.2} x   ({:.2} to {:.2})", self.ratio.median, self.ratio.min, self.ratio.max);
    }
}

/// SplitMix64.
pub struct Rng(pub u64);

impl Rng {
    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.next()) * u128::from(n)) >> 64) as u64
    }
}

/// The bare queue: a heap of fixed size in total order; an operation takes out the earliest entry and puts in a later one.
pub struct Hold {
    heap: BinaryHeap<Reverse<(u64, u64, u32)>>,
    delays: Vec<u64>,
    sequence: u64,
}

impl Hold {
    /// A queue of `size` entries with exponential delays, 10 ms on average.
    pub fn new(size: usize) -> Self {
        let mut rng = Rng(7);
        let delay = |rng: &mut Rng| {
            let uniform = ((rng.next() >> 11) as f64 + 1.0) / (1u64 << 53) as f64;
            (-uniform.ln() * 10_000.0).max(1.0) as u64
        };
        let delays: Vec<u64> = (0..65_536).map(|_| delay(&mut rng)).collect();
        let mut hold = Self { heap: BinaryHeap::with_capacity(size + 1), delays, sequence: 0 };
        (0..size).for_each(|_| hold.push(0));
        hold
    }

    fn push(&mut self, now: u64) {
        self.sequence += 1;
        let delay = self.delays[self.sequence as usize & 0xffff];
        self.heap.push(Reverse((now + delay, self.sequence, 0)));
    }

    pub fn run(&mut self, operations: u64) -> u64 {
        for _ in 0..operations {
            if let Some(Reverse((time, _, value))) = self.heap.pop() {
                std::hint::black_box(value);
                self.push(time);
            }
        }
        operations
    }
}
