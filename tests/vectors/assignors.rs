//! `assignors.toml`: what every assignor gives to whom, client-side and server-side.

use std::collections::{BTreeMap, BTreeSet};

use kafkarium::engine::NodeId;
use kafkarium::kafka::group::assign::{
    AssignorError, Candidate, TopicSize, assign, assign_in_order, server_assign,
};
use kafkarium::kafka::{Generation, MemberId, Partition, Subscription, TopicId};
use toml::{Table, Value};

use super::{agree, same, strings};

/// Partitions by member, as the file writes them.
type Given = BTreeMap<String, BTreeSet<String>>;

/// A case in the model's terms. Topics are numbered in the order of their names, whether they exist or not.
struct Case<'a> {
    table: &'a Table,
    names: Vec<String>,
    sizes: BTreeMap<String, u32>,
    members: Vec<Candidate>,
}

impl<'a> Case<'a> {
    fn new(table: &'a Table) -> Self {
        let rows = table["members"].as_array().unwrap();
        let sizes: BTreeMap<String, u32> = table["topics"]
            .as_table()
            .unwrap()
            .iter()
            .map(|(name, count)| (name.clone(), u32::try_from(count.as_integer().unwrap()).unwrap()))
            .collect();
        let mut names: BTreeSet<String> = sizes.keys().cloned().collect();
        for row in rows {
            names.extend(strings(&row["topics"]).into_iter().map(str::to_owned));
            names.extend(owned(row).map(|text| split(text).0.to_owned()));
        }
        let mut case = Self { table, names: names.into_iter().collect(), sizes, members: Vec::new() };
        case.members = rows.iter().zip(0..).map(|(row, n)| case.member(row, n)).collect();
        case
    }

    fn topic(&self, name: &str) -> TopicId {
        let place = self.names.iter().position(|known| known == name).unwrap();
        TopicId(u32::try_from(place).unwrap())
    }

    fn partition(&self, text: &str) -> Partition {
        let (topic, index) = split(text);
        Partition { topic: self.topic(topic), index }
    }

    fn member(&self, row: &Value, n: u32) -> Candidate {
        let owned: Vec<Partition> = owned(row).map(|text| self.partition(text)).collect();
        let generation =
            row.get("generation").map_or(-1, |g| i32::try_from(g.as_integer().unwrap()).unwrap());
        let generation = Generation(generation);
        Candidate {
            member: MemberId { client: NodeId(n), serial: 0 },
            name: row["id"].as_str().unwrap().to_owned(),
            instance: row.get("instance").map(|i| i.as_str().unwrap().into()),
            subscription: Subscription {
                topics: strings(&row["topics"]).into_iter().map(|name| self.topic(name)).collect(),
                user_data: (self.assignor() == "sticky").then(|| (owned.clone(), generation)),
                owned: if self.assignor() == "sticky" { Vec::new() } else { owned },
                generation,
            },
        }
    }

    fn assignor(&self) -> &str {
        self.table["assignor"].as_str().unwrap()
    }

    /// Names in the order that a field states, else in the order of the file.
    fn order(&self, field: &str, all: impl Iterator<Item = String>) -> Vec<String> {
        self.table
            .get(field)
            .map_or_else(|| all.collect(), |list| strings(list).into_iter().map(str::to_owned).collect())
    }

    /// Runs the assignor, with what `members` had.
    fn run(&self, members: &[Candidate]) -> Result<Given, AssignorError> {
        let ids = members.iter().map(|m| m.name.clone());
        let by_name = |id: &String| members.iter().find(|m| m.name == *id).unwrap().clone();
        let given = if let Some(name) = self.assignor().strip_prefix("server-") {
            let order = self.order("member_iteration_order", ids);
            let members: Vec<Candidate> = order.iter().map(by_name).collect();
            let topics = self.order("topic_iteration_order", self.sizes.keys().cloned());
            let topics: Vec<(TopicId, u32)> = topics.iter().map(|t| (self.topic(t), self.sizes[t])).collect();
            server_assign(name, &members, &topics)?
        } else {
            let topics: BTreeMap<TopicId, TopicSize> = self
                .sizes
                .iter()
                .map(|(name, n)| (self.topic(name), TopicSize { name: name.clone(), partitions: *n }))
                .collect();
            if self.table.contains_key("owner_iteration_order") {
                let order = self.order("owner_iteration_order", ids);
                let members: Vec<Candidate> = order.iter().map(by_name).collect();
                assign_in_order(self.assignor(), &members, &topics).unwrap()
            } else {
                assign(self.assignor(), members.to_vec(), &topics).unwrap()
            }
        };
        let text = |p: &Partition| format!("{}-{}", self.names[p.topic.0 as usize], p.index);
        Ok(members.iter().map(|m| (m.name.clone(), given[&m.member].iter().map(text).collect())).collect())
    }

    /// The members as they come back in the next round: with what this one left them.
    fn rejoined(&self, given: &Given) -> Vec<Candidate> {
        let newest = self.members.iter().map(|m| m.subscription.generation.0).max().unwrap();
        let rejoin = |member: &Candidate| {
            let mut member = member.clone();
            member.subscription.owned = given[&member.name].iter().map(|p| self.partition(p)).collect();
            member.subscription.generation = Generation(newest + 1);
            member
        };
        self.members.iter().map(rejoin).collect()
    }
}

fn owned(row: &Value) -> impl Iterator<Item = &str> {
    row.get("owned").into_iter().flat_map(strings)
}

fn split(text: &str) -> (&str, u32) {
    let (topic, index) = text.rsplit_once('-').unwrap();
    (topic, index.parse().unwrap())
}

/// A table of lists as the case states it.
fn stated(value: &Value) -> Given {
    let set = |list: &Value| strings(list).into_iter().map(str::to_owned).collect();
    value.as_table().unwrap().iter().map(|(id, list)| (id.clone(), set(list))).collect()
}

fn sizes(given: &Given) -> Vec<usize> {
    let mut sizes: Vec<usize> = given.values().map(BTreeSet::len).collect();
    sizes.sort_unstable();
    sizes
}

fn numbers(value: &Value) -> Vec<usize> {
    value.as_array().unwrap().iter().map(|n| usize::try_from(n.as_integer().unwrap()).unwrap()).collect()
}

#[test]
fn assignors_share_out_as_kafka_does() {
    agree("assignors.toml", |table| {
        let case = Case::new(table);
        let given = match case.run(&case.members) {
            Err(AssignorError::UnknownTopic(_)) if table.contains_key("expect_error") => return Ok(()),
            Err(error) => return Err(format!("{error:?}")),
            Ok(_) if table.contains_key("expect_error") => return Err("no error".to_owned()),
            Ok(given) => given,
        };
        if let Some(expect) = table.get("expect") {
            same("the assignment", &given, &stated(expect))?;
        }
        follow_up(&case, &given)?;
        properties(&case, &given)
    });
}

/// The second round of a cooperative assignor, and what the first withheld for it.
fn follow_up(case: &Case<'_>, given: &Given) -> Result<(), String> {
    if case.assignor() != "cooperative-sticky" {
        return Ok(());
    }
    let last = case.run(&case.rejoined(given)).map_err(|error| format!("{error:?}"))?;
    if let Some(after) = case.table.get("after_followup") {
        same("after the follow-up", &last, &stated(after))?;
    }
    if let Some(wanted) = case.table.get("withheld_for_next_round") {
        let wanted: BTreeMap<String, String> = wanted
            .as_table()
            .unwrap()
            .iter()
            .map(|(partition, who)| (partition.clone(), who.as_str().unwrap().to_owned()))
            .collect();
        let everything = given.values().flatten().collect::<BTreeSet<_>>();
        let withheld = last.iter().flat_map(|(who, list)| list.iter().map(move |p| (p.clone(), who.clone())));
        same("withheld", withheld.filter(|(p, _)| !everything.contains(p)).collect(), wanted)?;
    }
    let gave_up = case.members.iter().any(|m| {
        let kept = &given[&m.name];
        m.subscription.owned.iter().any(|p| {
            case.sizes.contains_key(&case.names[p.topic.0 as usize])
                && !kept.contains(&format!("{}-{}", case.names[p.topic.0 as usize], p.index))
        })
    });
    if let Some(wanted) = case.table.get("followup_rebalance") {
        same("a follow-up", gave_up, wanted.as_bool().unwrap())?;
    }
    if let Some(wanted) = case.table.get("final_sorted_sizes") {
        same("sizes in the end", sizes(&last), numbers(wanted))?;
    }
    Ok(())
}

fn properties(case: &Case<'_>, given: &Given) -> Result<(), String> {
    for property in case.table.get("properties").into_iter().flat_map(strings) {
        if !holds(case, given, property) {
            return Err(format!("not {property}: {given:?}"));
        }
    }
    if let Some(wanted) = case.table.get("sorted_sizes") {
        same("sizes", sizes(given), numbers(wanted))?;
    }
    for (who, wanted) in case.table.get("round1_sizes").and_then(Value::as_table).into_iter().flatten() {
        same(who, i64::try_from(given[who].len()).unwrap(), wanted.as_integer().unwrap())?;
    }
    if let Some(wanted) = case.table.get("round1_total_withheld") {
        let total: u32 = case.sizes.values().sum();
        let handed: usize = given.values().map(BTreeSet::len).sum();
        same("withheld", i64::from(total) - i64::try_from(handed).unwrap(), wanted.as_integer().unwrap())?;
    }
    for (who, kept) in case.table.get("must_keep").map(stated).into_iter().flatten() {
        if !kept.is_subset(&given[&who]) {
            return Err(format!("{who} does not keep {kept:?}"));
        }
    }
    for (topic, wanted) in case.table.get("per_topic_sizes").and_then(Value::as_table).into_iter().flatten() {
        let of_topic = |list: &BTreeSet<String>| list.iter().filter(|p| split(p).0 == topic).count();
        let mut sizes: Vec<usize> = given.values().map(of_topic).collect();
        sizes.sort_unstable();
        same(topic, sizes, numbers(wanted))?;
    }
    Ok(())
}

fn holds(case: &Case<'_>, given: &Given, property: &str) -> bool {
    let reads = |member: &Candidate, p: &str| member.subscription.topics.contains(&case.partition(p).topic);
    let owner = |p: &str| case.members.iter().find(|m| given[&m.name].contains(p));
    let had = |member: &Candidate, p: &str| {
        let claim = member.subscription.user_data.as_ref().map(|(partitions, _)| partitions);
        claim.unwrap_or(&member.subscription.owned).contains(&case.partition(p))
    };
    let everything: Vec<&String> = given.values().flatten().collect();
    let distinct: BTreeSet<&String> = everything.iter().copied().collect();
    match property {
        "valid" => case.members.iter().all(|m| given[&m.name].iter().all(|p| reads(m, p))),
        "complete" => case.sizes.iter().all(|(topic, size)| {
            let wanted = case.members.iter().any(|m| m.subscription.topics.contains(&case.topic(topic)));
            !wanted || (0..*size).all(|n| owner(&format!("{topic}-{n}")).is_some())
        }),
        "no_double_owner" => everything.len() == distinct.len(),
        "fully_balanced" => {
            let sizes = sizes(given);
            sizes.last().unwrap() - sizes.first().unwrap() <= 1
        }
        "kafka_balanced" => everything.iter().all(|p| {
            let size = |m: &Candidate| given[&m.name].len();
            let from = size(owner(p).unwrap());
            case.members.iter().filter(|m| reads(m, p)).all(|m| size(m) + 1 >= from)
        }),
        // nothing that one has lost in this round is another's already
        "coop_disjoint" => case.members.iter().all(|loser| {
            let lost = distinct.iter().filter(|p| had(loser, p) && !given[&loser.name].contains(**p));
            lost.count() == 0
        }),
        "round1_only_unowned_given" => case.members.iter().all(|m| {
            let fresh = given[&m.name].iter().filter(|p| !had(m, p));
            fresh.into_iter().all(|p| case.members.iter().all(|other| !had(other, p)))
        }),
        other => panic!("unknown property {other}"),
    }
}
