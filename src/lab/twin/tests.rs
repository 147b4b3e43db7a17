//! Two labs that differ in `acks`: one clock, the same way back, branches in both.

use super::*;
use crate::lab::{Assertion, Budget, Ended, Vocabulary};

const SPEC: &str = r#"
[cluster]
brokers = 3
[[cluster.topic]]
name = "orders"
replicas = [[1, 2, 3]]
[[cluster.producer]]
id = "p"
topics = ["orders"]
config = { "acks" = "all" }
"#;

fn pair() -> Twin {
    let left = Spec::parse(&SPEC.replace("\"all\"", "1").replace(" }", ", \"enable.idempotence\" = false }"));
    Twin::pair(&left.unwrap(), &Spec::parse(SPEC).unwrap(), 1).unwrap()
}

fn act(twin: &mut Twin, line: &str) {
    twin.act(&line.parse().unwrap()).unwrap();
}

fn expr(source: &str) -> Expr {
    let mut names = Vocabulary::of(&Spec::parse(SPEC).unwrap());
    names.learn(&"produce p --id paid".parse().unwrap());
    names.pair = true;
    Expr::compile(source, &names).unwrap()
}

fn claim(sides: Sides, source: &str) -> Claim {
    Claim { sides, it: Assertion::Now(expr(source)) }
}

/// Everything that tells one place from another.
fn place(twin: &Twin) -> (u64, u64, [(u64, u64, u64); 2]) {
    let one = |side| (twin.lab(side).event(), twin.lab(side).now(), twin.lab(side).digest());
    (twin.event(), twin.now(), [one(Side::Left), one(Side::Right)])
}

#[test]
fn both_stand_on_one_clock_after_every_event() {
    let mut twin = pair();
    act(&mut twin, "produce p --id paid");
    for _ in 0..500 {
        twin.step(Unit::Event);
        assert_eq!(twin.left.now(), twin.lab(Side::Right).now());
    }
    assert_eq!(twin.event(), 502);
}

#[test]
fn an_expression_asks_one_side_or_both() {
    let mut twin = pair();
    act(&mut twin, "produce p --id paid");
    let end = twin.run_until(Aim::All(&[claim(Sides::Left, "acked('paid')")]), Budget::default());
    assert!(end.reached());
    let holds = |source: &str| twin.eval(Side::Left, &expr(source)).unwrap().is_true();
    // acks=1 answers before the followers have it.
    assert!(holds("left.acked('paid') && !right.acked('paid')"));
    assert!(holds("left.leo('orders-0') == right.leo('orders-0')"));
    assert_eq!(twin.holds(&claim(Sides::Both, "acked('paid')")), Ok(false));
    let end = twin.run_until(Aim::All(&[claim(Sides::Both, "acked('paid')")]), Budget::default());
    assert!(end.reached());
    let never = claim(Sides::Right, "leo('orders-0') == 9");
    let end = twin.run_until(Aim::All(&[never]), Budget { time: 1_000_000, events: 100_000 });
    assert_eq!((end.why, end.failing), (Ended::Budget, vec![0]));
    let alone = expr("right.up('b1')").eval(&twin.left.facts());
    assert!(alone.unwrap_err().message.contains("only one lab"));
}

#[test]
fn back_and_forth_is_the_same_in_both() {
    let mut twin = pair();
    act(&mut twin, "produce p --id paid");
    let mut places = vec![place(&twin)];
    for _ in 0..5 {
        twin.step(Unit::Hop);
        places.push(place(&twin));
    }
    let end = places.pop().unwrap();
    for unit in [Unit::Event, Unit::Hop, Unit::Instant, Unit::Moment] {
        twin.back(unit);
        assert!(twin.event() < end.0);
        twin.seek(end.0);
        assert_eq!(place(&twin), end);
    }
    for earlier in places.iter().skip(1).rev() {
        twin.back(Unit::Hop);
        assert_eq!(place(&twin), *earlier);
    }
    for later in places.iter().skip(2) {
        twin.step(Unit::Hop);
        assert_eq!(place(&twin), *later);
    }
    twin.seek(0);
    assert_eq!((twin.event(), twin.end()), (0, end.0));
}

#[test]
fn acting_in_the_past_forks_both() {
    let mut twin = pair();
    act(&mut twin, "produce p --id paid");
    twin.step(Unit::Hop);
    twin.step(Unit::Hop);
    let (end, script) = (place(&twin), twin.branch_id());
    twin.back(Unit::Event);
    let acted = twin.act(&"crash b1".parse().unwrap()).unwrap();
    assert!(acted.forked && acted.branch != script);
    assert_eq!(twin.lab(Side::Right).branch_id(), acted.branch);
    twin.step(Unit::Hop);
    assert!(twin.switch(script));
    twin.seek(end.0);
    assert_eq!(place(&twin), end);
    assert!(twin.act(&"start b1".parse().unwrap()).is_err(), "it runs in both");
}

#[test]
fn events_of_a_side_are_found_in_the_pair_and_back() {
    let mut twin = pair();
    act(&mut twin, "produce p --id paid");
    for _ in 0..80 {
        twin.step(Unit::Event);
    }
    for side in Sides::Both.each() {
        for own in 1..=twin.lab(side).event() {
            let event = twin.event_of(side, own);
            assert_eq!(twin.own_event(side, event), own);
            assert_eq!(twin.own_event(side, event - 1), own - 1);
        }
    }
}

#[test]
fn two_branches_of_a_lab_stand_on_one_clock() {
    let mut lab = Lab::new(&Spec::parse(SPEC).unwrap(), 1).unwrap();
    lab.act(&"produce p --id paid".parse().unwrap()).unwrap();
    lab.step(Unit::Hop);
    let fork = lab.event();
    let other = lab.fork();
    lab.step(Unit::Hop);
    lab.step(Unit::Hop);
    lab.switch(other);
    lab.act(&"crash b1".parse().unwrap()).unwrap();
    lab.step(Unit::Hop);
    let before = (lab.event(), lab.digest(), lab.branch_id());
    let mut pair = Twin::of_branches(&lab, BranchId::SCRIPT, other).unwrap();
    assert_eq!((lab.event(), lab.digest(), lab.branch_id()), before, "the lab is only looked at");
    assert_eq!(pair.event(), 0);
    pair.seek(pair.event_of(Side::Right, fork));
    let mut past = lab.clone();
    past.seek(fork);
    assert_eq!((pair.lab(Side::Right).event(), pair.lab(Side::Right).digest()), (fork, past.digest()));
    assert!(pair.lab(Side::Left).event() >= fork, "the left one goes first");
    pair.seek(pair.end());
    assert_eq!(pair.lab(Side::Left).now(), pair.lab(Side::Right).now());
    assert_eq!(pair.lab(Side::Left).is_running("b1"), Some(true));
    assert_eq!(pair.lab(Side::Right).is_running("b1"), Some(false));
    let differs = pair.lab(Side::Left).first_difference(pair.lab(Side::Right)).unwrap();
    assert_eq!(differs.node, "b1");
    assert!(Twin::of_branches(&lab, BranchId::SCRIPT, BranchId(9)).is_none());
}
