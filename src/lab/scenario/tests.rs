//! Scenarios are read, printed and replayed.

use super::*;
use crate::lab::run::{Budget, Goal};

const FILE: &str = r#"
format = 1
title = { ko = "리더의 죽음", en = "A leader's death" }
seed = 7
script = '''
# the leader dies while a record is on its way
@10ms produce p --key user_1 --id paid
when acked('paid') : crash b1
+2s produce p --value '두 잔'
when leader('orders-0') != 'b1' && leader('orders-0') != null : start b1
'''
expect = ["visible('paid')", { ever = "!up('b1')" }, { first = "!up('b1')", then = "up('b1')" }]
end = "@75s"
[cluster]
[[cluster.topic]]
name = "orders"
replicas = [[1, 2, 3]]
[[cluster.producer]]
id = "p"
topics = ["orders"]
"#;

#[test]
fn a_scenario_is_read_and_printed_and_read_again() {
    let scenario = Scenario::parse(FILE).unwrap();
    assert_eq!(scenario.script.len(), 4);
    assert_eq!(scenario.script[0].to_string(), "@0.01s produce p --key user_1 --id paid");
    assert_eq!(scenario.script[2].to_string(), "+2s produce p --value '두 잔'");
    let printed = scenario.print();
    assert_eq!(Scenario::parse(&printed).unwrap_or_else(|e| panic!("{e}\n{printed}")), scenario);
}

#[test]
fn a_scenario_plays_and_its_recording_plays_the_same() {
    let replayed = Scenario::parse(FILE).unwrap().replay().unwrap_or_else(|e| panic!("{e}"));
    assert!(replayed.is_good(), "{:?} {:?}", replayed.failed, replayed.broken);
    assert_eq!(replayed.lab.now(), 75_000_000);
    let recorded = Scenario::record(&replayed.lab);
    let printed = recorded.print();
    let read = Scenario::parse(&printed).unwrap_or_else(|e| panic!("{e}\n{printed}"));
    assert_eq!(read, recorded);
    let again = read.replay().unwrap();
    let place = |lab: &Lab| (lab.digest(), lab.event(), lab.now());
    assert_eq!(place(&again.lab), place(&replayed.lab));
}

#[test]
fn a_live_lab_is_saved_and_loaded_exactly() {
    let mut lab = Lab::new(&Spec::default_tank(), 3).unwrap();
    for line in ["produce p --key a", "crash b2", "produce p --key b --count 3", "start b2"] {
        lab.act(&line.parse().unwrap()).unwrap();
        lab.run_until(Goal::For(123_456), Budget::default());
    }
    let text = Scenario::record(&lab).print();
    let again = Scenario::parse(&text).unwrap().replay().unwrap();
    assert_eq!((again.lab.digest(), again.lab.now()), (lab.digest(), lab.now()));
    assert_eq!(again.lab.view(), lab.view());
}

#[test]
fn another_model_replays_by_time() {
    let text = FILE.replace("seed = 7", "seed = 7\nmodel = 99");
    let replayed = Scenario::parse(&text).unwrap().replay().unwrap();
    assert!(replayed.by_time && replayed.is_good());
}

#[test]
fn what_does_not_hold_is_told_with_what_the_state_says() {
    let text = FILE.replace("\"visible('paid')\"", "\"copies('paid') == 2\"");
    let replayed = Scenario::parse(&text).unwrap().replay().unwrap();
    assert_eq!(replayed.failed.len(), 1);
    assert_eq!(replayed.failed[0].says, ["copies('paid') = 1"]);
}

#[test]
fn errors_point_into_the_file() {
    let cases = [
        (FILE.replace("format = 1", "format = 2"), "This version reads format 1", "2"),
        (FILE.replace("+2s produce", "+2 produce"), "`2` is no length", "+2 produce p --value '두 잔'"),
        (
            FILE.replace("@10ms produce p", "@10ms prodcue p"),
            "`prodcue`: there is no such action",
            "@10ms prodcue p --key user_1 --id paid",
        ),
        (
            FILE.replace("\"visible('paid')\"", "\"visible('piad')\""),
            "No action of this file sends",
            "\"visible('piad')\"",
        ),
        (FILE.replace("end = \"@75s\"", "end = \"75s\""), "`75s`: a time is written", "\"75s\""),
        (FILE.replace("seed = 7", "seed = 7\nlaw = \"data.99\""), "There is no law data.99", "\"data.99\""),
        (FILE.replace("seed = 7", "sed = 7"), "unknown field `sed`", "sed"),
    ];
    for (text, message, place) in cases {
        let error = Scenario::parse(&text).expect_err(message);
        assert!(error.message.en.starts_with(message), "{}", error.message.en);
        assert_eq!(error.span.map(|span| &text[span]), Some(place));
    }
}
