//! Expressions that are refused, and why.

use super::*;
use crate::lab::spec::Spec;

fn names() -> Vocabulary {
    let mut names = Vocabulary::of(&Spec::default_tank());
    names.learn(&"produce p --id paid".parse().unwrap());
    names
}

#[test]
fn every_example_of_the_registry_compiles_or_is_not_there_yet() {
    let names = names();
    for function in functions() {
        match Expr::compile(function.example, &names) {
            Ok(_) => assert!(function.available, "{}", function.name),
            Err(error) => {
                assert!(!function.available, "{}: {error}", function.example);
                assert!(error.message.en.contains("not yet"), "{}: {error}", function.example);
            }
        }
    }
}

#[test]
fn mistakes_are_found_before_anything_runs() {
    let cases = [
        (
            "ledaer('orders-0') == 'b1'",
            "There is no function `ledaer`. Did you mean leader?",
            "ledaer('orders-0')",
        ),
        ("leader('orders-9') == 'b1'", "There is no partition 'orders-9'.", "'orders-9'"),
        ("leader('orders-0') == 'B1'", "There is no broker 'B1'. Did you mean b1?", "'B1'"),
        ("'b7' in isr('orders-0')", "There is no broker 'b7'.", "'b7'"),
        ("isr('orders-0') == ['b1', 'b2', 'b4']", "There is no broker 'b4'.", "'b4'"),
        ("acked('piad')", "No action of this file sends a record 'piad'. Did you mean paid?", "'piad'"),
        ("state('pay') == 'stable'", "There is no value 'stable' here. Did you mean Stable?", "'stable'"),
        ("hw('orders-0') == null", "An absent number is -1", "null"),
        ("{'a': 1}.all(k, true)", "A macro over a map has no order", ""),
        ("records().all(r, r.all(x, true))", "A macro over a map has no order", ""),
        ("leader(orders)", "`orders` is no name here", "orders"),
        (
            "up(b1)",
            "`b1` is no name here: ids stand in quotes, functions have parentheses. Did you mean 'b1'?",
            "b1",
        ),
        ("leader()", "`leader` is called like this: leader(partition) → broker or null", ""),
        ("count('crahs') == 0", "There is no verb 'crahs'. Did you mean crash?", "'crahs'"),
        ("mails('order-1') == 1", "`mails` is not yet in this version.", ""),
        ("leader('orders-0') < 'b2'", "Names have no order.", ""),
        ("leo('orders-0') = 2", "The expression cannot be read here.", ""),
        ("leo('orders-0') ==", "The expression does not end.", ""),
        (
            "err('p') == 'NOT_ENOUGH_REPLICA'",
            "There is no value 'NOT_ENOUGH_REPLICA' here. Did you mean NOT_ENOUGH_REPLICAS?",
            "",
        ),
    ];
    let names = names();
    for (source, message, place) in cases {
        let error = Expr::compile(source, &names).expect_err(source);
        assert!(error.message.en.starts_with(message), "{source}: {}", error.message.en);
        assert!(!error.message.ko.is_empty());
        if !place.is_empty() {
            let at = error.at.unwrap_or_else(|| panic!("{source}: no place"));
            assert!(source[at.start..].starts_with(place), "{source}: {}", &source[at]);
        }
    }
}

#[test]
fn good_expressions_pass() {
    let names = names();
    for source in [
        "leader('orders-0') != null && leader('orders-0') != 'b1'",
        "records().exists(r, r.acked && !holds(leader('orders-0'), r.id))",
        "records().exists(r, r.acked && r.acked_at < down_at('b1') && r.visible)",
        "copies('paid') == 1",
        "size(isr('orders-0').filter(b, up(b))) == 3",
        "partitions('orders').all(p, p.leader in p.isr)",
        "acked('r7')",
        "key('paid') == '한글'",
    ] {
        assert!(Expr::compile(source, &names).is_ok(), "{source}: {:?}", Expr::compile(source, &names));
    }
}
