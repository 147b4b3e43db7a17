//! Random deeds on random tanks: nothing panics, every law holds, and going back and on again is always the same.
//!
//! The budget is fixed; `KAFKARIUM_LONG=1` makes it a hundred times larger. A failure prints the seed and a scenario that shows it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use kafkarium::lab::fuzz::{self, Dice};
use kafkarium::lab::{Budget, Goal, Lab, Scenario, Unit};

fn rounds(short: u64) -> u64 {
    if std::env::var_os("KAFKARIUM_LONG").is_some() { short * 100 } else { short }
}

fn tank(seed: u64) -> (Dice, Lab) {
    let mut dice = Dice::new(seed);
    let spec = fuzz::spec(&mut dice);
    let lab = Lab::new(&spec, seed)
        .unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", toml::to_string(&spec).unwrap()));
    (dice, lab)
}

fn some_time(dice: &mut Dice, lab: &mut Lab) {
    match dice.below(8) {
        0 => drop(lab.step(Unit::Event)),
        1 => drop(lab.step(Unit::Hop)),
        2 => drop(lab.step(Unit::Moment)),
        3 => drop(lab.run_until(Goal::For(dice.below(20_000_000)), Budget::default())),
        _ => drop(lab.run_until(Goal::For(dice.below(400_000)), Budget::default())),
    }
}

#[track_caller]
fn lawful(lab: &Lab, seed: u64) {
    if let Some(broken) = lab.broken_laws().first() {
        let event = broken.event.0;
        panic!("seed {seed}: {broken} (turn {event})\n{}", Scenario::record(lab).print());
    }
}

#[test]
fn laws_hold_whatever_happens() {
    for seed in 0..rounds(60) {
        let (mut dice, mut lab) = tank(seed);
        for _ in 0..60 {
            if let Some(action) = fuzz::action(&mut dice, &lab) {
                let _ = lab.act(&action);
            }
            some_time(&mut dice, &mut lab);
            lawful(&lab, seed);
        }
        lab.survey();
        lawful(&lab, seed);
    }
}

#[test]
fn history_is_one_and_the_same_from_every_side() {
    for seed in 0..rounds(12) {
        let (mut dice, mut lab) = tank(1000 + seed);
        let mut known = std::collections::BTreeMap::new();
        for _ in 0..80 {
            match dice.below(10) {
                0 => drop(lab.back(Unit::Event)),
                1 => drop(lab.back(Unit::Hop)),
                2 => lab.seek(dice.below(lab.end() + 1)),
                3 if dice.once_in(3) => drop(lab.fork()),
                4 => {
                    let all = lab.branches();
                    let id = dice.pick(&all).unwrap().id;
                    assert!(lab.switch(id));
                }
                5 | 6 => {
                    if let Some(action) = fuzz::action(&mut dice, &lab) {
                        let _ = lab.act(&action);
                    }
                }
                _ => some_time(&mut dice, &mut lab),
            }
            let place = (lab.branch_id(), lab.event());
            let digest = *known.entry(place).or_insert(lab.digest());
            assert_eq!(digest, lab.digest(), "seed {seed}, {place:?}");
        }
    }
}

#[test]
fn a_recorded_mess_replays_exactly() {
    for seed in 0..rounds(6) {
        let (mut dice, mut lab) = tank(2000 + seed);
        for _ in 0..25 {
            if let Some(action) = fuzz::action(&mut dice, &lab) {
                let _ = lab.act(&action);
            }
            some_time(&mut dice, &mut lab);
        }
        let text = Scenario::record(&lab).print();
        let read = Scenario::parse(&text).unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        let again = read.replay().unwrap_or_else(|e| panic!("seed {seed}: {e}\n{text}"));
        assert_eq!((again.lab.digest(), again.lab.now()), (lab.digest(), lab.now()), "seed {seed}\n{text}");
        assert_eq!(again.lab.view(), lab.view());
    }
}
