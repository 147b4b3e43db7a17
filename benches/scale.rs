//! How cost grows with the cluster: 3 to 1,000 brokers, 10 to 100,000 partitions, three copies of each. What an event, a saved state, a
//! leap, a step back and a picture cost, and how long the boot takes; a few lines a size. Then one failover in both metadata modes, from 10
//! to 100,000 partitions. `cargo bench --bench scale`.
//!
//! Sizes after `--` measure those alone: `cargo bench --bench scale -- 3x10 1000x100000`; `race` alone runs the failovers, and `race`
//! with numbers of partitions or a mode only those: `-- race zookeeper 100000`.
//! `lesson` plays lesson 22 at its largest.

#![allow(clippy::unwrap_used)]

mod common;

use std::time::Instant;

use common::learner::learner;
use common::{Hold, Rng, Sample, timed};
use kafkarium::lab::{Action, Assertion, Budget, Expr, Goal, Lab, Spec, Unit};
use kafkarium::shell::screen::Frames;
use kafkarium::text::Lang;
use kafkarium::ui::app::key::Key;
use kafkarium::ui::app::{Message, Play, Screen, Tank, update};
use kafkarium::ui::view;

const CURVE: [(u32, u32); 6] =
    [(3, 10), (10, 100), (30, 1_000), (100, 10_000), (300, 30_000), (1_000, 100_000)];
/// Events a round.
const EVENTS: u64 = 20_000;
/// Steps back, and leaps.
const TRIES: usize = 200;

/// A cluster with a producer at work and a consumer that reads a topic of six partitions, beside one topic with all the others.
fn spec(brokers: u32, partitions: u32) -> Spec {
    let text = format!(
        r#"
[cluster]
brokers = {brokers}
[[cluster.topic]]
name = "orders"
partitions = 6
replication = 3
[[cluster.topic]]
name = "all"
partitions = {}
replication = 3
[[cluster.producer]]
id = "p"
topics = ["orders"]
drive = "auto"
workload = {{ every = "10ms", keys = ["a", "b", "c"] }}
"#,
        partitions.saturating_sub(6).max(1)
    );
    Spec::parse(&text).unwrap()
}

fn forward(lab: &mut Lab, events: u64) -> u64 {
    (0..events).for_each(|_| {
        lab.step(Unit::Event);
    });
    events
}

/// Median and 99th percentile of what `act` takes, in milliseconds.
fn measure(tries: usize, mut act: impl FnMut()) -> (f64, f64) {
    let mut times: Vec<f64> = (0..tries)
        .map(|_| {
            let begin = Instant::now();
            act();
            begin.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize];
    (at(0.5), at(0.99))
}

/// A frame of the cluster, after a step forward.
fn frame(lab: &Lab, size: (u16, u16)) -> (f64, f64) {
    let mut state = learner(Lang::En, size);
    state.screen = Screen::Tank(Box::new(Tank::new(Play::Sandbox(Box::new(lab.clone())))));
    let mut frames = Frames::default();
    measure(30, || {
        update(&mut state, Message::Key(Key::char(']')));
        frames.frame(size, |buffer, area| view::draw(&state, buffer, area)).unwrap();
    })
}

struct Row {
    event: f64,
    ratio: f64,
}

fn size(brokers: u32, partitions: u32) -> Row {
    let spec = spec(brokers, partitions);
    let begin = Instant::now();
    let mut lab = Lab::new(&spec, 1).unwrap();
    let boot = begin.elapsed().as_secs_f64();
    forward(&mut lab, EVENTS / 4);
    let mut hold = Hold::new(lab.queued());
    let (mut ours, mut limit) = (Vec::new(), Vec::new());
    for _ in 0..5 {
        limit.push(timed(|| hold.run(EVENTS)));
        ours.push(timed(|| forward(&mut lab, EVENTS)));
    }
    let ratio = Sample::of(ours.iter().zip(&limit).map(|(ours, limit)| ours / limit).collect());
    let event = Sample::of(ours);
    println!("{brokers} brokers, {partitions} partitions, {} events queued", lab.queued());
    println!("  boot       {boot:>9.2} s");
    println!(
        "  event      {:>9.0} ns, {:.1} x take and put on a heap of that length",
        event.median, ratio.median
    );
    let (copy, copies) = measure(50, || drop(std::hint::black_box(lab.clone())));
    println!("  save       {copy:>9.3} ms, 99 of 100 within {copies:.3} ms");
    let end = lab.event();
    let mut first = 0.0;
    let (back, backs) = measure(TRIES, || {
        let begin = Instant::now();
        lab.back(Unit::Event);
        first = f64::max(first, begin.elapsed().as_secs_f64() * 1e3);
    });
    println!("  step back  {back:>9.3} ms, 99 of 100 within {backs:.3} ms, largest {first:.1} ms");
    let mut rng = Rng(31);
    let (leap, leaps) = measure(20, || lab.seek(rng.below(end)));
    println!("  leap       {leap:>9.3} ms, 99 of 100 within {leaps:.3} ms");
    lab.seek(end);
    for size in [(80, 24), (200, 60)] {
        let (view, views) = frame(&lab, size);
        let (w, h) = size;
        println!(
            "  frame      {view:>9.3} ms, 99 of 100 within {views:.3} ms: a step and its picture, {w}x{h}"
        );
    }
    failover(&mut lab);
    Row { event: event.median, ratio: ratio.median }
}

/// A broker goes without warning: until every partition has a leader again.
fn failover(lab: &mut Lab) {
    let (began, event) = (lab.now(), lab.event());
    let begin = Instant::now();
    lab.act(&"crash b1".parse::<Action>().unwrap()).unwrap();
    until(lab, &["leaders_on('b1') == 0", "leaderless() == 0"]);
    println!(
        "  failover   {:>9.2} s to run: {:.2} s of the cluster's time, {} events",
        begin.elapsed().as_secs_f64(),
        (lab.now() - began) as f64 / 1e6,
        lab.event() - event
    );
    let (back, backs) = measure(50, || {
        lab.back(Unit::Event);
    });
    println!("  back there {back:>9.3} ms, 99 of 100 within {backs:.3} ms");
}

/// Three brokers, three controllers or an ensemble: the topic grows, then a broker that is or was the controller goes.
fn race(metadata: &str, partitions: u32) {
    let text = format!(
        r#"
[cluster]
metadata = "{metadata}"
brokers = 3
controllers = 3
[[cluster.topic]]
name = "orders"
partitions = 6
replication = 3
"#
    );
    let begin = Instant::now();
    let mut lab = Lab::new(&Spec::parse(&text).unwrap(), 1).unwrap();
    until(&mut lab, &["controller() != null"]);
    lab.act(&format!("add-partitions orders {partitions}").parse::<Action>().unwrap()).unwrap();
    let led = format!("leaders_on('b1') + leaders_on('b2') + leaders_on('b3') >= {partitions}");
    until(&mut lab, &[&led, "unled() == 0", "under_replicated() == 0"]);
    let grown = lab.now();
    // The znodes say so; the brokers have still to be told.
    lab.run_until(Goal::For(10_000_000), Budget { time: u64::MAX, events: 20_000_000 });
    let controller =
        lab.eval(&Expr::compile("controller()", &lab.vocabulary()).unwrap()).unwrap().to_string();
    let mut dead = vec![controller.trim_matches(['\'', '"']).to_owned()];
    if metadata == "kraft" {
        dead.push("b1".to_owned());
    }
    for id in dead {
        lab.act(&format!("crash {id}").parse::<Action>().unwrap()).unwrap();
    }
    until(&mut lab, &["unled() == 0", "led_after() > 0"]);
    let race = lab.race();
    println!(
        "{metadata:>10} {partitions:>7} partitions: led after {:>8.3} s, {:>7} requests, {:>7} znodes read, {:>7} records, {:>7} entries \
         (grown in {:.1} s of its time; {:.2} s to run)",
        race.led_after().unwrap_or(0) as f64 / 1e6,
        race.total(),
        race.znodes_read(),
        race.records(),
        race.entries(),
        grown as f64 / 1e6,
        begin.elapsed().as_secs_f64(),
    );
}

/// Runs until all of this holds.
fn until(lab: &mut Lab, wanted: &[&str]) {
    let names = lab.vocabulary();
    let goal: Vec<Assertion> =
        wanted.iter().map(|text| Assertion::Now(Expr::compile(text, &names).unwrap())).collect();
    let end = lab.run_until(Goal::All(&goal), Budget { time: 3_600_000_000, events: 20_000_000 });
    assert!(end.reached(), "{wanted:?}: {:?}", end.why);
}

/// Failovers in these modes, of these sizes; none named = all.
fn races(named: &[String]) {
    let sizes: Vec<u32> = named.iter().filter_map(|arg| arg.parse().ok()).collect();
    for metadata in ["zookeeper", "kraft"] {
        let other = |arg: &String| arg != metadata && ["zookeeper", "kraft"].contains(&arg.as_str());
        if named.iter().any(other) && !named.iter().any(|arg| arg == metadata) {
            continue;
        }
        for partitions in [10, 100, 1_000, 10_000, 100_000] {
            if sizes.is_empty() || sizes.contains(&partitions) {
                race(metadata, partitions);
            }
        }
    }
}

/// Lesson 22 at 100,000 partitions in both modes at once, as it is played: how soon the beat is there, a step forward or back and the picture
/// after it.
fn lesson() {
    let begin = Instant::now();
    let mut state = learner(Lang::En, (120, 36));
    state.open_lesson("failover-race", Some("race-hundred-thousand"));
    let mut frames = Frames::default();
    update(&mut state, Message::Key(Key::char('p')));
    while state.wants_tick() {
        update(&mut state, Message::Tick(80));
    }
    frames.frame((120, 36), |buffer, area| view::draw(&state, buffer, area)).unwrap();
    println!(
        "lesson 22 at 100,000 partitions, both modes: {:.1} s until it is there",
        begin.elapsed().as_secs_f64()
    );
    for size in [(80, 24), (120, 36), (200, 60)] {
        update(&mut state, Message::Resize(size.0, size.1));
        for (name, key) in [("back", '['), ("forward", ']')] {
            let (step, steps) = measure(100, || drop(update(&mut state, Message::Key(Key::char(key)))));
            println!("  {name:<8} {step:>9.3} ms, 99 of 100 within {steps:.3} ms: a step");
            let (view, views) = measure(100, || {
                update(&mut state, Message::Key(Key::char(key)));
                frames.frame(size, |buffer, area| view::draw(&state, buffer, area)).unwrap();
            });
            println!(
                "  {name:<8} {view:>9.3} ms, 99 of 100 within {views:.3} ms: a step and its picture, {}x{}",
                size.0, size.1
            );
        }
    }
}

/// The exponent with which an event grows with the partitions: the slope of a straight line through the logarithms.
fn exponent(rows: &[(u32, Row)]) -> f64 {
    let points: Vec<(f64, f64)> = rows.iter().map(|(p, row)| (f64::from(*p).ln(), row.event.ln())).collect();
    let count = points.len() as f64;
    let (mx, my) =
        (points.iter().map(|p| p.0).sum::<f64>() / count, points.iter().map(|p| p.1).sum::<f64>() / count);
    let above: f64 = points.iter().map(|(x, y)| (x - mx) * (y - my)).sum();
    above / points.iter().map(|(x, _)| (x - mx).powi(2)).sum::<f64>()
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args.iter().any(|arg| arg == "race") {
        return races(&args);
    }
    if args.iter().any(|arg| arg == "lesson") {
        return lesson();
    }
    let wanted: Vec<(u32, u32)> = std::env::args()
        .filter_map(|arg| arg.split_once('x').and_then(|(b, p)| Some((b.parse().ok()?, p.parse().ok()?))))
        .collect();
    let curve = if wanted.is_empty() { CURVE.to_vec() } else { wanted };
    let mut rows: Vec<(u32, Row)> = Vec::new();
    for (brokers, partitions) in curve {
        let row = size(brokers, partitions);
        let (least, ratio) =
            rows.first().map_or((row.event, row.ratio), |(_, first)| (first.event, first.ratio));
        println!(
            "  growth     {:>9.2} x the event of the first size, {:.2} x beside its heap\n",
            row.event / least,
            row.ratio / ratio
        );
        rows.push((partitions, row));
    }
    if rows.len() > 1 {
        println!("the time of an event grows with partitions to the power of {:.3}", exponent(&rows));
    }
    races(&[]);
    lesson();
}
