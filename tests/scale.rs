//! A large cluster: what is counted instead of timed. `cargo bench --bench scale` times it.

#![allow(clippy::unwrap_used)]

use kafkarium::lab::{Action, Assertion, Budget, Expr, Goal, Lab, Spec, Unit};

const BROKERS: u32 = 20;
const PARTITIONS: u32 = 400;

fn large() -> Lab {
    let spec = format!(
        "[cluster]\nbrokers = {BROKERS}\n[[cluster.topic]]\nname = \"all\"\npartitions = {PARTITIONS}\n\
         replication = 3\n"
    );
    Lab::new(&Spec::parse(&spec).unwrap(), 1).unwrap()
}

fn run_until(lab: &mut Lab, expression: &str) {
    let expr = Expr::compile(expression, &lab.vocabulary()).unwrap();
    let budget = Budget { time: 60_000_000, events: 2_000_000 };
    let end = lab.run_until(Goal::All(&[Assertion::Now(expr)]), budget);
    assert!(end.reached(), "{expression}: {:?}", end.why);
}

#[test]
fn a_large_cluster_fails_over_and_is_shown_in_counts() {
    let mut lab = large();
    let view = lab.view();
    let summary = view.summary.clone().unwrap();
    assert_eq!((summary.partitions, summary.leaderless, summary.under_replicated), (PARTITIONS, 0, 0));
    assert_eq!(summary.brokers.iter().map(|b| b.leaders).sum::<u32>(), PARTITIONS);
    assert!(view.topics.iter().all(|topic| topic.partitions.len() <= 40), "a page, not everything");
    assert!(view.brokers.iter().all(|broker| broker.replicas.len() <= 40));

    let (event, digest) = (lab.event(), lab.digest());
    lab.act(&"crash b1".parse::<Action>().unwrap()).unwrap();
    run_until(&mut lab, "leaders_on('b1') == 0 && leaderless() == 0 && under_replicated() == 60");
    let after = lab.view().summary.unwrap();
    assert_eq!((after.under_replicated, after.leaderless, after.displaced), (60, 0, 20));
    assert_eq!(after.brokers[0].out_of_sync, 60, "each copy of b1 is out of sync");
    let page = lab.listing("b1", 0, 10).unwrap();
    assert_eq!((page.total, page.rows.len()), (60, 10));
    assert!(page.rows.iter().all(|row| row.in_sync == 2), "the worst come first");
    let all = lab.listing("all", 55, 10).unwrap();
    assert_eq!(all.rows.iter().filter(|row| row.in_sync == 2).count(), 5, "and the next page goes on");
    assert!(lab.listing("nobody", 0, 10).is_none());

    let there = (lab.event(), lab.digest());
    lab.back(Unit::Event);
    lab.seek(event);
    assert_eq!(lab.digest(), digest, "back to where it was");
    lab.seek(there.0);
    assert_eq!(lab.digest(), there.1, "and forth");
    assert!(lab.broken_laws().is_empty(), "{:?}", lab.broken_laws());
}
