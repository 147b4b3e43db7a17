//! The lab from outside: a tank boots, actions happen, time goes on and back, branches part.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use kafkarium::lab::{Action, Assertion, Budget, Expr, Goal, Lab, Spec, Unit, Vocabulary};
use support::labs::{act, holds, until};

fn lab() -> Lab {
    Lab::new(&Spec::default_tank(), 1).unwrap_or_else(|e| panic!("{e}"))
}

#[test]
fn the_default_tank_boots_for_real() {
    let lab = lab();
    assert_eq!((lab.now(), lab.event(), lab.end()), (0, 0, 0));
    holds(&lab, "brokers().all(b, b.up && !b.fenced)");
    holds(&lab, "partitions().all(p, size(p.isr) == 3)");
    holds(&lab, "state('pay') == 'Stable' && members('pay') == ['c1']");
    holds(&lab, "size(owned('c1')) == 3");
    assert_eq!(lab.broken_laws(), []);
}

#[test]
fn a_record_goes_through() {
    let mut lab = lab();
    act(&mut lab, "produce p --key user_1 --id paid");
    until(&mut lab, "acked('paid')");
    holds(&lab, "copies('paid') == 1 && visible('paid') && holds('b2', 'paid') && key('paid') == 'user_1'");
    until(&mut lab, "worked('pay', 'paid') == 1");
    assert_eq!(lab.broken_laws(), []);
    let view = lab.view();
    let reader = view.consumers.iter().find(|c| c.id == "c1").unwrap();
    assert_eq!(reader.isolation, "read_uncommitted");
    assert!(matches!(&reader.received[..], [(_, 0, _)]), "{:?}", reader.received);
}

#[test]
fn a_broker_dies_and_another_leads() {
    let mut lab = lab();
    act(&mut lab, "produce p --key user_1 --id paid");
    until(&mut lab, "acked('paid')");
    act(&mut lab, "crash b1");
    until(&mut lab, "leader('orders-0') != 'b1' && leader('orders-0') != null");
    until(&mut lab, "visible('paid')");
    holds(&lab, "epoch('orders-0') == 1 && count('crash') == 1 && !up('b1')");
    act(&mut lab, "start b1");
    until(&mut lab, "size(isr('orders-0')) == 3");
    assert_eq!(lab.broken_laws(), []);
}

#[test]
fn going_back_and_on_again_gives_the_same() {
    let mut lab = lab();
    act(&mut lab, "produce p --key user_1");
    lab.run_until(Goal::For(300_000), Budget::default());
    act(&mut lab, "crash b1");
    lab.run_until(Goal::For(2_000_000), Budget::default());
    let end = lab.event();
    let mut digests = vec![lab.digest()];
    while lab.event() > 0 {
        lab.back(Unit::Event);
        digests.push(lab.digest());
    }
    assert_eq!(digests.len() as u64, end + 1);
    for digest in digests.iter().rev().skip(1) {
        lab.step(Unit::Event);
        assert_eq!(lab.digest(), *digest, "event {}", lab.event());
    }
    assert_eq!(lab.event(), end);
}

#[test]
fn acting_in_the_past_makes_a_branch() {
    let mut lab = lab();
    act(&mut lab, "produce p --id one");
    until(&mut lab, "acked('one')");
    let end = lab.end();
    lab.seek(2);
    let action: Action = "crash b2".parse().unwrap();
    let acted = lab.act(&action).unwrap();
    assert!(acted.forked && acted.branch.0 == 2);
    until(&mut lab, "acked('one')");
    assert_eq!(lab.branches().len(), 2);
    lab.switch(kafkarium::lab::BranchId::SCRIPT);
    assert_eq!(lab.event(), 2);
    assert_eq!(lab.end(), end);
    lab.seek(end);
    holds(&lab, "acked('one') && up('b2')");
}

#[test]
fn hops_and_moments_go_both_ways() {
    let mut lab = lab();
    act(&mut lab, "produce p");
    let mut stops = vec![lab.event()];
    for _ in 0..5 {
        lab.step(Unit::Hop);
        stops.push(lab.event());
    }
    stops.pop();
    for expected in stops.iter().rev().take(4) {
        lab.back(Unit::Hop);
        assert_eq!(lab.event(), *expected);
    }
    let before = lab.now();
    lab.step(Unit::Moment);
    assert!(lab.now() > before);
    lab.back(Unit::Moment);
    assert_eq!(lab.now(), before);
}

#[test]
fn temporal_assertions_look_back() {
    let mut lab = lab();
    act(&mut lab, "crash b1");
    until(&mut lab, "leader('orders-0') == 'b2'");
    lab.run_until(Goal::For(3_000_000), Budget::default());
    let names: Vocabulary = lab.vocabulary();
    let expr = |s: &str| Expr::compile(s, &names).unwrap();
    let hold =
        |s: &str, secs: u64| Assertion::Hold { expr: expr(s), for_: kafkarium::engine::Micros::secs(secs) };
    let cases = [
        (Assertion::Ever(expr("leader('orders-0') == 'b1'")), true),
        (Assertion::Ever(expr("leader('orders-0') == 'b3'")), false),
        (hold("leader('orders-0') == 'b2'", 2), true),
        (hold("leader('orders-0') == 'b2'", 60), false),
        (Assertion::FirstThen { first: expr("!up('b1')"), then: expr("leader('orders-0') == 'b2'") }, true),
        (Assertion::FirstThen { first: expr("leader('orders-0') == 'b2'"), then: expr("up('b1')") }, false),
        (Assertion::Same(expr("leo('orders-0')")), true),
        (Assertion::Same(expr("leader('orders-0')")), false),
    ];
    for (assertion, expected) in cases {
        assert_eq!(lab.holds(&assertion), Ok(expected), "{assertion}");
    }
}

#[test]
fn what_cannot_be_done_changes_nothing() {
    let mut lab = lab();
    let (digest, event) = (lab.digest(), lab.event());
    for line in
        ["crash b9", "start b1", "resume b1", "set b1 num.partitions=3", "poll c1", "begin c1", "produce c1"]
    {
        let action: Action = line.parse().unwrap();
        let error = lab.act(&action).expect_err(line);
        assert!(!error.message.ko.is_empty() && !error.message.en.is_empty(), "{line}");
    }
    assert_eq!((lab.digest(), lab.event(), lab.journal().len()), (digest, event, 0));
}

#[test]
fn the_trace_is_the_same_every_time_and_has_its_keys_in_order() {
    let run = || {
        let mut lab = lab();
        act(&mut lab, "produce p --key user_1 --id paid");
        until(&mut lab, "worked('pay', 'paid') == 1");
        let mut lines = Vec::new();
        lab.trace(|line| lines.push(line.json()));
        lines
    };
    let lines = run();
    assert_eq!(lines, run());
    assert!(
        lines[0].starts_with(r#"{"t":0,"event":1,"parent":1,"root":1,"node":null,"note":"InputApplied""#),
        "{}",
        lines[0]
    );
    assert!(lines.iter().any(|line| line.contains(r#""note":"RecordAcked","record":"paid","offset":0"#)));
}

#[test]
fn the_view_follows_the_playhead() {
    let mut lab = lab();
    act(&mut lab, "produce p --key user_1 --id a1");
    until(&mut lab, "acked('a1')");
    let later = lab.view();
    let labels = |view: &kafkarium::lab::view::TankView| -> Vec<String> {
        let all = view.brokers.iter().flat_map(|b| &b.replicas).flat_map(|r| &r.records);
        all.map(|r| r.label.clone()).collect()
    };
    assert!(labels(&later).iter().all(|l| l == "a1") && labels(&later).len() >= 2, "{:?}", labels(&later));
    lab.seek(0);
    assert_eq!(labels(&lab.view()), Vec::<String>::new());
    lab.seek(lab.end());
    assert_eq!(lab.view(), later);
    assert!(lab.recent(5).iter().any(|line| line.note == "RecordAcked"));
    act(&mut lab, "drop-next p b1");
    assert_eq!(lab.view().rules, ["drop-next p b1"]);
}

const KEPT: &str = r#"
[cluster]
brokers = 2
[[cluster.topic]]
name = "orders"
partitions = 1
replicas = [[1, 2]]
config = { "max.message.bytes" = 100 }
[[cluster.topic]]
name = "profiles"
partitions = 1
replicas = [[1, 2]]
config = { "cleanup.policy" = "compact" }
[[cluster.producer]]
id = "p"
topics = ["orders", "profiles"]
"#;

fn refusal(lab: &mut Lab, line: &str) -> Option<&'static str> {
    let action: Action = line.parse().unwrap();
    lab.act(&action).unwrap_or_else(|e| panic!("{line}: {e}")).refused.map(|error| error.name())
}

#[test]
fn records_are_deleted_up_to_the_high_watermark_on_every_replica() {
    let mut lab = Lab::new(&Spec::parse(KEPT).unwrap(), 1).unwrap();
    act(&mut lab, "produce p --key a --count 3");
    until(&mut lab, "hw('orders-0') == 3 && hw('orders-0', 'b2') == 3");
    assert_eq!(refusal(&mut lab, "delete-records orders-0 4"), Some("OFFSET_OUT_OF_RANGE"));
    assert_eq!(refusal(&mut lab, "delete-records profiles-0 end"), Some("POLICY_VIOLATION"));
    holds(&lab, "log_start('orders-0') == 0");
    assert_eq!(refusal(&mut lab, "delete-records orders-0 2"), None);
    until(&mut lab, "log_start('orders-0') == 2 && log_start('orders-0', 'b2') == 2");
    holds(&lab, "leo('orders-0') == 3 && log('orders-0').map(r, r.offset) == [2]");
    act(&mut lab, "delete-records orders-0 end");
    until(&mut lab, "log_start('orders-0', 'b2') == 3");
    act(&mut lab, "crash b1");
    act(&mut lab, "start b1");
    holds(&lab, "log_start('orders-0', 'b1') == 0"); // forgotten: it was not written down yet
    until(&mut lab, "log_start('orders-0', 'b1') == 3");
    assert_eq!(lab.broken_laws(), []);
}

#[test]
fn a_batch_that_breaks_a_rule_of_its_topic_is_refused_and_nothing_is_written() {
    let mut lab = Lab::new(&Spec::parse(KEPT).unwrap(), 1).unwrap();
    act(&mut lab, "produce p --to profiles --id keyless");
    until(&mut lab, "failed('keyless')");
    holds(&lab, "error('keyless') == 'INVALID_RECORD' && leo('profiles-0') == 0");
    let long = "x".repeat(100);
    act(&mut lab, &format!("produce p --key a --value {long} --id large"));
    until(&mut lab, "failed('large')");
    holds(&lab, "error('large') == 'MESSAGE_TOO_LARGE' && leo('orders-0') == 0");
    holds(&lab, "refused('orders-0') == 'MESSAGE_TOO_LARGE'");
}
