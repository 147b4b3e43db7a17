//! What the ledger remembers of a group: who processed which partition, and when.

use super::{Answer, int, map, text_arg};
use crate::engine::Micros;
use crate::lab::cel::eval::Facts;
use crate::lab::cel::value::Value;
use crate::lab::ownership::Span;

pub(super) fn answer(facts: &Facts<'_>, name: &str, args: &[Value]) -> Answer {
    let group = facts.world.shared().find_group(text_arg(args, 0)?);
    let (Some(group), Some(partition)) = (group, facts.partition_arg(args, 1)?) else {
        return Ok(if name == "spans" { Value::List(Vec::new()) } else { Value::Int(-1) });
    };
    let history = facts.ledger.ownership(group).into_iter().flat_map(|all| all.spans());
    let spans = history.filter(|(p, _)| *p == partition).flat_map(|(_, spans)| spans);
    Ok(match name {
        "spans" => Value::List(spans.map(|span| shown(facts, span)).collect()),
        _ => {
            let since = match args.get(2) {
                Some(Value::Int(since)) => Micros(since.max(&0).cast_unsigned()),
                _ => Micros::ZERO,
            };
            int(idle(spans, facts.start + since, facts.world.now()).0)
        }
    })
}

fn shown(facts: &Facts<'_>, span: &Span) -> Value {
    map([
        ("consumer", Value::Text(facts.name(span.consumer))),
        ("from", facts.time(span.from)),
        ("to", span.end.map_or(Value::Int(-1), |(to, _)| facts.time(to))),
        ("end", Value::text(span.end.map(|(_, why)| why.name()))),
    ])
}

/// Time between the two in which no span lies, from the beginning of the first span on.
fn idle<'a>(spans: impl Iterator<Item = &'a Span>, start: Micros, now: Micros) -> Micros {
    let mut stretches: Vec<(Micros, Micros)> =
        spans.map(|span| (span.from, span.end.map_or(now, |(to, _)| to))).collect();
    stretches.sort_unstable();
    let Some(first) = stretches.first().map(|(from, _)| *from) else { return Micros::ZERO };
    let (mut idle, mut covered) = (Micros::ZERO, start.max(first));
    for (from, to) in stretches {
        idle += from.since(covered);
        covered = covered.max(to);
    }
    idle + now.since(covered)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::NodeId;
    use crate::lab::ownership::SpanEnd;

    #[test]
    fn time_counts_as_idle_only_while_nobody_reads() {
        let span = |from, to| Span {
            consumer: NodeId(1),
            from: Micros(from),
            end: Some((Micros(to), SpanEnd::Revoked)),
        };
        let spans = [span(2, 14), span(12, 20), span(25, 30)];
        assert_eq!(idle(spans.iter(), Micros(10), Micros(32)), Micros(7));
        assert_eq!(idle(spans[..2].iter(), Micros(10), Micros(18)), Micros(0));
        assert_eq!(idle(spans[..2].iter(), Micros(0), Micros(21)), Micros(1));
        assert_eq!(idle([].iter(), Micros(10), Micros(18)), Micros(0));
    }
}
