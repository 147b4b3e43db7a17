//! Why an assertion does not hold: its parts, each with what the state says.

use crate::lab::{Assertion, Claim, Expr, Side, Sides, Twin, Value, Vocabulary};
use crate::text::Text;

/// The parts of an assertion that are not true, with the values of both sides of comparisons.
pub(super) fn parts(claim: &Claim, labs: &Twin, names: &Vocabulary) -> Vec<Text> {
    let mut details = Vec::new();
    for side in claim.sides.each() {
        let one = Claim {
            sides: if side == Side::Left { Sides::Left } else { Sides::Right },
            it: claim.it.clone(),
        };
        if labs.holds(&one).unwrap_or(false) {
            continue;
        }
        if labs.is_pair() {
            let (ko, en) = if side == Side::Left { ("왼쪽", "left") } else { ("오른쪽", "right") };
            details.push(Text::new(format!("{ko} 실험실:"), format!("in the {en} lab:")));
        }
        details.extend(parts_of(&claim.it, (labs, side), names));
    }
    details
}

fn parts_of(assertion: &Assertion, state: (&Twin, Side), names: &Vocabulary) -> Vec<Text> {
    let mut details = Vec::new();
    match assertion {
        Assertion::Now(_) => {}
        Assertion::Ever(_) => {
            details.push(Text::new("어느 사건에서도 참이 아니었습니다", "true at no event so far"))
        }
        Assertion::Hold { .. } => details.push(Text::new(
            "끊기지 않고 그만큼 참이지는 않았습니다",
            "not true without a break for so long",
        )),
        Assertion::FirstThen { .. } => details.push(Text::new(
            "앞의 것이 참이 된 뒤에 뒤의 것이 참이 된 적이 없습니다",
            "the second was never true after the first",
        )),
        Assertion::Same(_) => {
            details.push(Text::new("장면이 시작될 때와 다릅니다", "not what it was when the beat began"));
        }
    }
    for expr in assertion.exprs() {
        explain(expr, state, names, &mut details);
    }
    details
}

/// What a question says now, part by part.
pub(super) fn explain(expr: &Expr, state: (&Twin, Side), names: &Vocabulary, details: &mut Vec<Text>) {
    let source = expr.source();
    for part in split(source, &["&&"]) {
        let value = value_of(part, state, names);
        if value == Some(Value::Bool(true)) && part != source {
            continue;
        }
        details.push(said(part, value.as_ref()));
        let sides = split(part, &["||", "==", "!=", "<=", ">=", "<", ">", " in "]);
        if sides.len() < 2 {
            continue;
        }
        for side in sides.into_iter().filter(|side| !is_literal(side)) {
            let value = value_of(side, state, names);
            details.push(said(side, value.as_ref()));
        }
    }
}

fn value_of(source: &str, (labs, side): (&Twin, Side), names: &Vocabulary) -> Option<Value> {
    let expr = Expr::compile(source, names).ok()?;
    labs.eval(side, &expr).ok()
}

fn said(source: &str, value: Option<&Value>) -> Text {
    match value {
        Some(Value::Null) => Text::new(format!("{source} = null"), format!("{source} = null")),
        Some(value) => Text::new(format!("{source} = {value}"), format!("{source} = {value}")),
        None => Text::new(format!("{source}: 값을 구할 수 없습니다"), format!("{source}: has no value")),
    }
}

fn is_literal(source: &str) -> bool {
    let quoted = source.len() >= 2 && source.starts_with('\'') && source.ends_with('\'');
    quoted || source.parse::<i64>().is_ok() || matches!(source, "true" | "false" | "null")
}

/// Splits an expression at operators that stand outside quotes and brackets.
fn split<'a>(source: &'a str, operators: &[&str]) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut quote, mut start) = (0usize, None, 0);
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let mut step = c.len_utf8();
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), '\\') => step += source[at + 1..].chars().next().map_or(0, char::len_utf8),
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '(' | '[' | '{') => depth += 1,
            (None, ')' | ']' | '}') => depth = depth.saturating_sub(1),
            (None, _) if depth == 0 => {
                if let Some(found) = operators.iter().find(|operator| source[at..].starts_with(**operator)) {
                    parts.push(source[start..at].trim());
                    step = found.len();
                    start = at + step;
                }
            }
            (None, _) => {}
        }
        at += step;
    }
    parts.push(source[start..].trim());
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expressions_split_at_the_outermost_operators_only() {
        let source = "leader('a && b') == 'b1' && (x || y && z) && !up('b1')";
        assert_eq!(split(source, &["&&"]), ["leader('a && b') == 'b1'", "(x || y && z)", "!up('b1')"]);
        assert_eq!(split("a <= f(b == c)", &["==", "<=", "<"]), ["a", "f(b == c)"]);
        assert_eq!(split("'b1' in isr('p')", &[" in "]), ["'b1'", "isr('p')"]);
        assert_eq!(split(r"'it\'s && so' == x", &["&&"]).len(), 1);
        assert!(is_literal("'b1'") && is_literal("-1") && is_literal("null") && !is_literal("hw('p')"));
    }
}
