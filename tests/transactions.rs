//! Transactions through a whole tank: calls, coordinators, markers, readers of both kinds.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use kafkarium::lab::{Budget, Goal, Lab, Spec};
use support::labs::{act, holds, until};

const TANK: &str = r#"
[cluster]
brokers = 3
config = { VERSION }
[[cluster.topic]]
name = "orders"
partitions = 2
replicas = [[1, 2, 3], [2, 3, 1]]
[[cluster.producer]]
id = "t1"
topics = ["orders"]
config = { "transactional.id" = "pay" }
[[cluster.producer]]
id = "t2"
topics = ["orders"]
state = "stopped"
config = { "transactional.id" = "pay" }
[[cluster.producer]]
id = "p"
topics = ["orders"]
[[cluster.consumer]]
id = "rc"
group = "g-rc"
topics = ["orders"]
config = { "isolation.level" = "read_committed", "auto.offset.reset" = "earliest" }
[[cluster.consumer]]
id = "ru"
group = "g-ru"
topics = ["orders"]
config = { "auto.offset.reset" = "earliest" }
"#;

fn lab(version: u8) -> Lab {
    let text = TANK.replace("VERSION", &format!("\"transaction.version\" = {version}"));
    let spec: Spec = toml::from_str(&text).unwrap();
    Lab::new(&spec, 1).unwrap_or_else(|e| panic!("{e}"))
}

fn settle(lab: &mut Lab) {
    let end = lab.run_until(Goal::Settled, Budget::default());
    assert!(end.reached(), "{end:?}");
}

#[track_caller]
fn run(lab: &mut Lab, lines: &[&str]) {
    for line in lines {
        act(lab, line);
        settle(lab);
    }
}

#[test]
fn a_commit_shows_and_an_abort_does_not() {
    for version in [1, 2] {
        let mut lab = lab(version);
        holds(&lab, "txn_state('t1') == 'Empty' && producer_epoch('t1') == 0");
        run(&mut lab, &["begin t1", "produce t1 --partition 0 --id a"]);
        holds(&lab, "txn('a') == 'open' && visible('a') && !visible_rc('a') && lso('orders-0') == 0");
        holds(&lab, "txn_state('t1') == 'Ongoing' && delivered('rc', 'a') == 0");
        run(&mut lab, &["commit-txn t1"]);
        holds(&lab, "txn('a') == 'committed' && visible_rc('a') && txn_state('t1') == 'CompleteCommit'");
        run(&mut lab, &["begin t1", "produce t1 --partition 0 --id b", "abort t1"]);
        holds(&lab, "txn('b') == 'aborted' && !visible_rc('b') && txn_state('t1') == 'CompleteAbort'");
        run(&mut lab, &["produce p --partition 0 --id c"]);
        until(&mut lab, "delivered('rc', 'c') == 1 && delivered('ru', 'c') == 1");
        holds(&lab, "delivered('rc', 'a') == 1 && delivered('rc', 'b') == 0 && delivered('ru', 'b') == 1");
        holds(&lab, "log('orders-0').map(r, r.kind) == ['data', 'commit', 'data', 'abort', 'data']");
        holds(&lab, "position('rc', 'orders-0') == 5 && lso('orders-0') == 5");
        holds(&lab, if version == 2 { "producer_epoch('t1') == 2" } else { "producer_epoch('t1') == 0" });
        assert_eq!(lab.broken_laws(), []);
    }
}

#[test]
fn calls_in_the_wrong_order_are_refused_and_nothing_changes() {
    let mut lab = lab(2);
    for call in ["commit-txn t1", "abort t1", "produce t1 --id stray", "send-offsets t1 rc"] {
        run(&mut lab, &[call]);
        holds(
            &lab,
            "err('t1') == 'IllegalStateException' && txn_state('t1') == 'Empty' && leo('orders-0') == 0",
        );
    }
    holds(&lab, "error('stray') == 'IllegalStateException'");
    run(&mut lab, &["begin t1", "begin t1", "produce t1 --partition 0 --id a", "commit-txn t1"]);
    holds(&lab, "txn('a') == 'committed'");
    run(&mut lab, &["begin p"]);
    holds(&lab, "err('p') == 'IllegalStateException'");
}

#[test]
fn the_newer_instance_fences_the_older() {
    for version in [1, 2] {
        let mut lab = lab(version);
        run(&mut lab, &["begin t1", "produce t1 --partition 0 --id a", "start t2"]);
        holds(&lab, "txn('a') == 'aborted' && producer_epoch('t2') == 2 && pid('t1') == pid('t2')");
        run(&mut lab, &["produce t1 --partition 0 --id late", "commit-txn t1"]);
        holds(&lab, "error('late') == 'INVALID_PRODUCER_EPOCH' && !visible('late')");
        run(&mut lab, &["abort t1"]);
        holds(&lab, "err('t1') == 'PRODUCER_FENCED'");
        run(&mut lab, &["begin t2", "produce t2 --partition 0 --id b", "commit-txn t2"]);
        holds(&lab, "visible_rc('b') && lso('orders-0') == leo('orders-0')");
        assert_eq!(lab.broken_laws(), []);
    }
}

#[test]
fn offsets_count_when_the_transaction_does() {
    let spec = TANK.replace(
        "[[cluster.consumer]]\nid = \"rc\"",
        r#"[[cluster.consumer]]
id = "c1"
group = "copy"
topics = ["orders"]
drive = "manual"
config = { "auto.offset.reset" = "earliest", "session.timeout.ms" = 10000 }
[[cluster.consumer]]
id = "c2"
group = "copy"
topics = ["orders"]
drive = "manual"
state = "stopped"
[[cluster.consumer]]
id = "rc""#,
    );
    for version in [1, 2] {
        let spec: Spec =
            toml::from_str(&spec.replace("VERSION", &format!("\"transaction.version\" = {version}")))
                .unwrap();
        let mut lab = Lab::new(&spec, 1).unwrap_or_else(|e| panic!("{e}"));
        run(&mut lab, &["produce p --partition 0 --id in", "poll c1", "begin t1", "send-offsets t1 c1"]);
        let view = lab.view();
        let transaction = &view.transactions[0];
        assert_eq!((transaction.id.as_str(), transaction.client.as_str()), ("pay", "t1"));
        assert_eq!((transaction.state.as_str(), transaction.version), ("Ongoing", version));
        assert_eq!(
            (transaction.groups.as_slice(), transaction.partitions.len()),
            (&["copy".to_owned()][..], 0)
        );
        holds(&lab, "committed('copy', 'orders-0') == -1");
        run(&mut lab, &["abort t1", "begin t1", "send-offsets t1 c1", "commit-txn t1"]);
        holds(&lab, "committed('copy', 'orders-0') == 1 && err('t1') == null");
        // a member that is out of the group speaks for nobody
        run(&mut lab, &["begin t1", "cut c1"]);
        act(&mut lab, "start c2");
        until(&mut lab, "members('copy') == ['c2'] && state('copy') == 'Stable'");
        run(&mut lab, &["send-offsets t1 c1"]);
        holds(&lab, "err('t1') == 'UNKNOWN_MEMBER_ID'");
        run(&mut lab, &["commit-txn t1"]);
        holds(&lab, "err('t1') == 'UNKNOWN_MEMBER_ID' && committed('copy', 'orders-0') == 1");
        run(&mut lab, &["abort t1", "begin t1", "produce t1 --partition 0 --id next", "commit-txn t1"]);
        holds(&lab, "txn('next') == 'committed'");
        assert_eq!(lab.broken_laws(), []);
    }
}

#[test]
fn a_timeout_out_of_range_ends_the_client() {
    let text = TANK.replace("VERSION", "").replace(
        "config = { \"transactional.id\" = \"pay\" }\n[[cluster.producer]]\nid = \"t2\"",
        "config = { \"transactional.id\" = \"pay\", \"transaction.timeout.ms\" = 900001 }\n[[cluster.producer]]\nid = \"t2\"",
    );
    let spec: Spec = toml::from_str(&text).unwrap();
    let mut lab = Lab::new(&spec, 1).unwrap_or_else(|e| panic!("{e}"));
    holds(&lab, "err('t1') == 'INVALID_TRANSACTION_TIMEOUT' && pid('t1') == -1");
    run(&mut lab, &["begin t1", "produce t1 --id a"]);
    holds(&lab, "error('a') == 'INVALID_TRANSACTION_TIMEOUT' && leo('orders-0') == 0");
}

#[test]
fn librdkafka_speaks_version_1() {
    let text = TANK.replace("VERSION", "").replace("id = \"t1\"", "id = \"t1\"\nclient = \"librdkafka\"");
    let spec: Spec = toml::from_str(&text).unwrap();
    let mut lab = Lab::new(&spec, 1).unwrap_or_else(|e| panic!("{e}"));
    run(&mut lab, &["commit-txn t1"]);
    holds(&lab, "err('t1') == '_STATE'");
    run(&mut lab, &["begin t1", "produce t1 --partition 0 --id a", "commit-txn t1"]);
    holds(&lab, "txn('a') == 'committed' && producer_epoch('t1') == 0");
    assert_eq!(lab.view().transactions[0].version, 1);
}

#[test]
fn going_back_and_on_again_gives_the_same() {
    let mut lab = lab(2);
    run(
        &mut lab,
        &["begin t1", "produce t1 --partition 0", "produce t1 --partition 1", "commit-txn t1", "start t2"],
    );
    let (end, digest, view) = (lab.event(), lab.digest(), lab.view());
    lab.seek(end / 2);
    lab.seek(end);
    assert_eq!((lab.digest(), lab.view() == view), (digest, true));
}
