//! Chains of causes: a duplicate back to the lost answer, what is not visible, what was cut off.

use super::*;
use crate::lab::{Budget, Goal, Spec, Unit};

fn lab(extra: &str) -> Lab {
    let spec = format!(
        r#"
[cluster]
brokers = 3
[[cluster.topic]]
name = "orders"
replicas = [[1, 2, 3]]
[[cluster.producer]]
id = "p"
topics = ["orders"]
config = {{ "acks" = "all", "enable.idempotence" = false, "linger.ms" = 0 }}
{extra}"#
    );
    Lab::new(&Spec::parse(&spec).unwrap(), 1).unwrap()
}

fn act(lab: &mut Lab, line: &str) {
    lab.act(&line.parse().unwrap()).unwrap();
}

fn settle(lab: &mut Lab) {
    lab.run_until(Goal::Settled, Budget::default());
}

fn notes(why: &Why) -> Vec<String> {
    let words = why.chain.iter().map(|cause| match (&cause.action, &cause.told) {
        (Some(action), _) => action.clone(),
        (None, Some(told)) => told.line.note.to_owned(),
        (None, None) => String::new(),
    });
    words.collect()
}

#[test]
fn a_record_that_is_there_twice_leads_back_to_the_lost_answer() {
    let mut lab = lab("");
    act(&mut lab, "drop-next-ack p");
    act(&mut lab, "produce p --id g");
    settle(&mut lab);
    let why = lab.why(&Subject::Record("g".to_owned()));
    assert_eq!(why.verdict, Verdict::Twice { record: "g".to_owned(), offsets: (0, 1) });
    let said = notes(&why);
    assert_eq!(said.first().map(String::as_str), Some("Appended"));
    for link in ["RequestTimedOut", "MessageLost", "drop-next-ack p", "produce p --id g"] {
        assert!(said.iter().any(|word| word == link), "{link}: {said:?}");
    }
    // The same answer after a way back and forth, and none about what has not happened yet.
    let end = lab.end();
    lab.back(Unit::Hop);
    lab.seek(end);
    assert_eq!(lab.why(&Subject::Record("g".to_owned())), why);
    lab.seek(1);
    assert_eq!(lab.why(&Subject::Record("g".to_owned())).verdict, Verdict::Unknown);
}

#[test]
fn what_nobody_may_read_yet_says_for_whom_it_waits() {
    let mut lab = lab("");
    act(&mut lab, "cut b2 b1");
    act(&mut lab, "produce p --id a");
    lab.run_until(Goal::For(100_000), Budget::default());
    let why = lab.why(&Subject::Offset("b1".to_owned(), "orders-0".to_owned(), 0));
    let Verdict::Invisible { high_watermark, behind, .. } = &why.verdict else { panic!("{:?}", why.verdict) };
    assert_eq!((*high_watermark, behind.as_slice()), (0, &["b2".to_owned()][..]));
    assert_eq!(notes(&why).last().map(String::as_str), Some("produce p --id a"));
}

#[test]
fn why_a_process_is_down_is_not_what_was_lost_at_its_door() {
    let mut lab = lab("");
    act(&mut lab, "crash b1");
    act(&mut lab, "produce p --id a");
    lab.run_until(Goal::For(1_000_000), Budget::default());
    let said = notes(&lab.why(&Subject::Process("b1".to_owned())));
    assert_eq!(said.first().map(String::as_str), Some("crash b1"), "{said:?}");
}

#[test]
fn a_message_and_an_event_lead_back_to_their_action() {
    let mut lab = lab("");
    act(&mut lab, "produce p --id a");
    settle(&mut lab);
    let why = lab.why(&Subject::Record("a".to_owned()));
    assert!(matches!(why.verdict, Verdict::Stored { offset: 0, .. }), "{:?}", why.verdict);
    let event = why.chain[0].event.unsigned_abs();
    assert_eq!(lab.why(&Subject::Event(event)).chain, why.chain);
    assert_eq!(lab.why(&Subject::Message(999_999)).verdict, Verdict::Unknown);
    assert!(!lab.why(&Subject::Latest).chain.is_empty());
}

/// One answer to a fetch writes to two partitions: the first link is about the one that was asked for.
#[test]
fn of_two_partitions_written_at_once_the_right_one_is_named() {
    let mut lab = lab("");
    act(&mut lab, "create-topic pairs --partitions 2 --replication 3");
    settle(&mut lab);
    act(&mut lab, "set p linger.ms=50");
    act(&mut lab, "produce p --to pairs --partition 0 --id a");
    act(&mut lab, "produce p --to pairs --partition 1 --id b");
    lab.run_until(Goal::Settled, Budget::default());
    let mut asked = 0;
    for broker in ["b1", "b2", "b3"] {
        for p in ["pairs-0", "pairs-1"] {
            let why = lab.why(&Subject::Offset(broker.to_owned(), p.to_owned(), 0));
            let first = why.chain.first().and_then(|cause| cause.told.as_ref()).map(|told| &told.line);
            let Some(line) = first else { continue };
            assert_eq!(line.field("replica"), Some(format!("{broker}/{p}")), "{line:?}");
            asked += 1;
        }
    }
    assert_eq!(asked, 6);
}
