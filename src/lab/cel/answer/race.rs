//! What the failover since the last server went down has cost so far.

use super::{Value, int};
use crate::lab::cel::eval::Facts;

pub(super) fn answer(facts: &Facts<'_>, name: &str) -> Value {
    let race = facts.ledger.race();
    match name {
        "unled" => int(race.unled()),
        "led_after" => race.led_after().map_or(Value::Int(-1), int),
        "failover_requests" => int(race.total()),
        "failover_entries" => int(race.entries()),
        "znodes_read" => int(race.znodes_read()),
        _ => int(race.records()),
    }
}
