//! The controller's decision about one partition against a table.

use kafkarium::engine::NodeId;
use kafkarium::kafka::PartitionState;
use kafkarium::kafka::controller::{Change, Rules, Search};
use kafkarium::kafka::zookeeper::{Strategy, elect, without_replica};
use toml::{Table, Value};

use super::same;

fn ids(list: Option<&Value>) -> Vec<NodeId> {
    let list = list.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().map(|id| NodeId(u32::try_from(id.as_integer().unwrap()).unwrap())).collect()
}

fn id(value: &Value) -> Option<NodeId> {
    u32::try_from(value.as_integer().unwrap()).ok().map(NodeId)
}

fn sorted(mut list: Vec<NodeId>) -> Vec<NodeId> {
    list.sort_unstable();
    list
}

/// Runs one case of `leader-election.toml`.
pub fn holds(case: &Table) -> Result<(), String> {
    if case["mode"].as_str() == Some("zk") { with_zookeeper(case) } else { with_kraft(case) }
}

/// The rules of the ZooKeeper days.
fn with_zookeeper(case: &Table) -> Result<(), String> {
    let (given, wanted) = (case["in"].as_table().unwrap(), case["expect"].as_table().unwrap());
    let isr = ids(given.get("isr"));
    let (leader, after, elected) = match given["strategy"].as_str().unwrap() {
        "offline-replica" => {
            let (leader, dead) = (id(&given["leader"]), id(&given["dead"]).unwrap());
            let (leader, after) = without_replica(leader, &isr, dead);
            (leader, after, true)
        }
        strategy => {
            let (live, shutting) = (ids(given.get("live")), ids(given.get("shutting")));
            let strategy = match strategy {
                "offline" => {
                    let unclean = given.get("unclean").and_then(Value::as_bool).unwrap_or(false);
                    Strategy::Offline { unclean }
                }
                "reassign" => Strategy::Reassign,
                "preferred" => Strategy::Preferred,
                "controlled-shutdown" => Strategy::ControlledShutdown,
                other => panic!("{other}"),
            };
            let assignment = ids(given.get("assignment"));
            let found =
                elect(strategy, &assignment, &isr, |id| live.contains(&id), |id| shutting.contains(&id));
            let elected = found.is_some();
            let (leader, after) = found.map_or((None, isr.clone()), |(leader, after)| (Some(leader), after));
            let unclean = leader.is_some_and(|leader| !isr.contains(&leader));
            same("unclean", unclean, wanted["unclean"].as_bool().unwrap())?;
            (leader, after, elected)
        }
    };
    same("leader", leader, id(&wanted["leader"]))?;
    same("in sync", after, ids(wanted.get("isr")))?;
    same("elected", elected, wanted.get("elected").and_then(Value::as_bool).unwrap_or(true))
}

fn with_kraft(case: &Table) -> Result<(), String> {
    let (given, wanted) = (case["in"].as_table().unwrap(), case["expect"].as_table().unwrap());
    let yes = |table: &Table, name: &str| table.get(name).and_then(Value::as_bool).unwrap_or(false);
    let last = ids(given.get("last_known"));
    let before = PartitionState {
        replicas: ids(given.get("replicas")),
        isr: ids(given.get("isr")),
        elr: ids(given.get("elr")),
        leader: id(&given["leader"]),
        recovering: yes(given, "recovering"),
        last_leader: last.first().copied().filter(|_| last.len() == 1),
        ..PartitionState::default()
    };
    let rules = Rules {
        eligible_replicas: yes(given, "elr_enabled"),
        bump_on_shrink: yes(given, "bump_on_shrink"),
        min_isr: usize::try_from(given["min_isr"].as_integer().unwrap()).unwrap(),
    };
    let search = match given["election"].as_str().unwrap() {
        "preferred" => Search::Preferred,
        "unclean" => Search::Unclean,
        _ => Search::Online,
    };
    let alive = ids(given.get("alive"));
    let change = Change {
        search,
        isr: ids(given.get("target_isr")),
        lost_its_log: ids(given.get("unclean_shutdown")).first().copied(),
        ..Change::of(&before, rules)
    };
    let next = change.decide(|id| alive.contains(&id));
    same("record", next.is_some(), yes(wanted, "record"))?;
    let after = next.unwrap_or_else(|| before.clone());
    same("leader", after.leader, id(&wanted["leader"]))?;
    same("in sync", sorted(after.isr.clone()), sorted(ids(wanted.get("isr"))))?;
    same("eligible", sorted(after.elr), sorted(ids(wanted.get("elr"))))?;
    same("last leader", after.last_leader, id(&wanted["last_known_leader"]))?;
    let bumped = after.leader_epoch > before.leader_epoch;
    let bump = yes(wanted, "leader_epoch_bump");
    same("leader epoch rises", bumped, bump)?;
    same("recovering", after.recovering, yes(wanted, "recovering"))
}
