//! What the failover since the last server went down has cost so far.

use super::{Value, int};
use crate::lab::cel::eval::Facts;
use crate::lab::failover::{Failover, Step};

pub(super) fn answer(facts: &Facts<'_>, name: &str) -> Value {
    let race = facts.ledger.race();
    match name {
        "unled" => int(race.unled()),
        "led_after" => race.led_after().map_or(Value::Int(-1), int),
        "stalled_for" => {
            let last = facts.ledger.failovers().last();
            let over = last.and_then(|last| Some(last.acts()?.since(last.since()).0));
            over.map_or(Value::Int(-1), int)
        }
        "failover_steps" => {
            let done =
                |last: &Failover| Step::ALL.into_iter().filter(|step| last.lap(*step).1.is_some()).count();
            facts.ledger.failovers().last().map(done).map_or(Value::Int(-1), int)
        }
        "failover_requests" => int(race.total()),
        "failover_entries" => int(race.entries()),
        "znodes_read" => int(race.znodes_read()),
        _ => int(race.records()),
    }
}
