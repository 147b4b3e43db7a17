use super::*;
use crate::text::Lang;

/// The complete small lesson of the manual, with changes.
fn small(changes: &[(&str, &str)]) -> Course {
    let manual = include_str!("../../../lessons/README.md");
    let (_, rest) = manual.split_once("```toml\n").unwrap();
    let mut text = rest.split_once("```").unwrap().0.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    Course::from_files([("9-more/99-lost-leader.toml".to_owned(), text)])
}

fn failures(changes: &[(&str, &str)]) -> Vec<Failure> {
    check(&small(changes), None).failures
}

/// The only failure that these changes make: its message, beat and details.
fn only(changes: &[(&str, &str)]) -> (String, String, Vec<String>) {
    let mut found = failures(changes);
    assert_eq!(found.len(), 1, "{found:#?}");
    let failure = found.remove(0);
    let details = failure.details.into_iter().map(|detail| detail.en).collect();
    (failure.problem.message.en, failure.beat.unwrap(), details)
}

#[test]
fn the_lesson_of_the_manual_holds_and_is_counted() {
    let report = check(&small(&[]), None);
    assert!(report.is_clean(), "{}", report.text(Lang::En, false));
    assert_eq!(
        report.json(),
        r#"{"lessons":1,"challenges":0,"scenarios":0,"beats":4,"expectations":5,"predictions":1,"passed_over":0,"failures":[]}"#
    );
    assert_eq!(
        report.text(Lang::Ko, false),
        "수업 1, 도전 0, 시나리오 0, 장면 4, 조건 5, 예측 1: 모두 맞습니다"
    );
}

#[test]
fn an_expectation_that_fails_says_what_the_state_says_part_by_part() {
    let wrong =
        ("\"visible('paid')\", \"epoch('orders-0') == 1\"", "\"visible('paid') && epoch('orders-0') == 7\"");
    let report = check(&small(&[wrong]), None);
    assert_eq!(report.failures.len(), 1);
    let failure = &report.failures[0];
    assert_eq!((failure.of.as_str(), failure.beat.as_deref()), ("lost-leader", Some("crash")));
    assert!(failure.event.unwrap() > 0);
    let said: Vec<&str> = failure.details.iter().map(|detail| detail.en.as_str()).collect();
    assert_eq!(said, ["epoch('orders-0') == 7 = false", "epoch('orders-0') = 1"]);
    let (line, column) = failure.problem.position();
    let shown = report.text(Lang::En, false);
    assert!(shown.contains(&format!("99-lost-leader.toml:{line}:{column}")), "{shown}");
    assert!(shown.contains("lesson lost-leader, beat crash, event "), "{shown}");
    let json: serde_json::Value = serde_json::from_str(&report.json()).unwrap();
    assert_eq!(json["failures"][0]["line"], line);
    assert_eq!(json["failures"][0]["details"][1]["en"], "epoch('orders-0') = 1");
}

#[test]
fn a_run_without_end_is_bounded_and_its_parts_are_told() {
    let (message, beat, details) = only(&[(
        "until = [\"acked('paid')\"]",
        "until = [\"acked('paid')\", \"leo('orders-0') == 99\"]\nbudget = \"5s\"",
    )]);
    assert_eq!(
        (message.as_str(), beat.as_str()),
        ("it never ends; 5 s of virtual time were allowed", "send")
    );
    assert_eq!(details, ["leo('orders-0') == 99 = false", "leo('orders-0') = 2"]);
}

#[test]
fn a_prompt_needs_exactly_one_true_choice() {
    let (message, beat, details) = only(&[("leader('orders-0') == 'b2'", "leader('orders-0') == 'b1'")]);
    assert_eq!(beat, "guess");
    assert_eq!(message, "none of the choices is true in the future of this prompt");
    assert!(details.contains(&"leader('orders-0') = b2".to_owned()), "{details:?}");
    let (message, ..) = only(&[("leader('orders-0') == 'b3'", "leader('orders-0') != 'b3'")]);
    assert!(message.contains("[1, 2]"), "{message}");
}

#[test]
fn a_goal_that_the_script_misses_is_found() {
    let found = failures(&[("goal = [\"!up('b1')\"]", "goal = [\"!up('b2')\"]")]);
    assert!(found.iter().any(|failure| failure.problem.message.en == "the goal does not hold after `do`"));
}

#[test]
fn an_action_that_cannot_be_done_is_found() {
    let found = failures(&[("do = [\"crash b1\"]", "do = [\"crash b1\", \"crash b1\"]")]);
    assert!(found.iter().any(|failure| failure.problem.message.en.starts_with("refused: ")), "{found:#?}");
}

#[test]
fn texts_are_measured_with_their_values_in_both_languages() {
    let long = "가".repeat(31);
    let (message, beat, _) = only(&[("● 한 레코드가 복제됩니다", &long)]);
    assert_eq!((message.as_str(), beat.as_str()), ("the head line takes 62 cells of 60", "send"));
    let long = format!("{{leader('orders-0')}}{}", "x".repeat(67));
    let (message, beat, _) = only(&[("en = \"nobody\"", &format!("en = \"{long}\""))]);
    assert_eq!((message.as_str(), beat.as_str()), ("choice: 69 cells; one line of 68 is allowed", "guess"));
}

#[test]
fn a_value_that_is_absent_is_found() {
    let (message, beat, details) =
        only(&[("b2\", why.ko = \"배정", "b2 {off('paid') - 2}\", why.ko = \"배정")]);
    let expected = ("this value is absent here", "guess");
    assert_eq!((message.as_str(), beat.as_str()), expected, "{details:?}");
}

#[test]
fn what_a_lesson_points_at_must_be_in_its_scene() {
    let elements = |scene: &SceneSpec, tank: &TankView| {
        (scene.name == "cluster").then(|| tank.brokers.iter().map(|broker| broker.id.clone()).collect())
    };
    let report = check(&small(&[]), Some(&elements));
    let found: Vec<&str> = report.failures.iter().map(|f| f.problem.message.en.as_str()).collect();
    assert_eq!(found, ["the scene cluster has no element `orders-0`"]);
    let report = check(&small(&[("scene = \"cluster\"", "scene = \"clutser\"")]), Some(&elements));
    assert_eq!(report.failures[0].problem.message.en, "`clutser`: there is no such scene");
}

#[test]
fn a_lesson_that_cannot_be_read_is_a_failure_with_its_place() {
    let found = failures(&[("seed = 1", "sede = 1")]);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].problem.message.en, "there is no field `sede` here");
}

#[test]
fn scenarios_are_replayed_and_judged() {
    let embedded = Course::embedded();
    let survives = embedded.scenarios.iter().find(|s| s.source.name.contains("committed-survives"));
    let entry = survives.unwrap().clone();
    let text = entry.source.text.to_string();
    let only = |text: String| Course::from_files([(entry.source.name.to_string(), text)]);
    let report = check(&only(text.clone()), None);
    assert_eq!((report.scenarios, report.is_clean()), (1, true), "{}", report.text(Lang::En, false));
    assert!(report.expectations > 3);
    for (from, to, message) in [
        ("'b2'\"", "'b3'\"", "what is expected does not hold"),
        ("end = ", "law = \"data.13\"\nend = ", "the law data.13 should have broken and did not"),
        ("crash b1", "crahs b1", "`crahs`: there is no such action. Did you mean crash?"),
    ] {
        assert!(text.contains(from));
        let report = check(&only(text.replacen(from, to, 1)), None);
        assert_eq!(report.failures.len(), 1, "{from}");
        assert_eq!(report.failures[0].problem.message.en, message);
    }
}
