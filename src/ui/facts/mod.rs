//! What there is to know about an element, as names and values: what the inspector shows, and what it leads to.

mod clients;
mod messages;
mod servers;

use super::app::Tank;
use crate::lab::view::{BrokerView, Listing, ProcessView, ReplicaView, TankView};
use crate::text::{Lang, t, tf};

/// Fields of its own that a thing keeps above a long list of partitions.
const FEW: usize = 5;

/// A field; without a value it is a heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Its name: a key under `inspect.`, or Kafka's own name.
    pub name: String,
    /// Its value.
    pub value: Option<String>,
}

/// An element's fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Facts {
    /// What it is.
    pub title: String,
    /// Fields in order.
    pub list: Vec<Fact>,
}

/// A topic, with nothing but its name so far.
fn topic(id: &str, lang: Lang) -> Facts {
    Facts::new(format!("{id} · {}", t(lang, "inspect.topic")))
}

impl Facts {
    /// Adds the partitions of a long list, the worst first.
    fn with_partitions(mut self, listing: &Listing, lang: Lang) -> Self {
        let rest: Vec<Fact> = std::mem::take(&mut self.list);
        self.list.extend(rest.into_iter().take(FEW));
        self.heading(&tf(lang, "heat.worst_first", &[("n", &listing.total)]));
        for row in &listing.rows {
            let mark = match (&row.leader, row.in_sync < row.replicas) {
                (None, _) => "✗ -".to_owned(),
                (Some(leader), true) => format!("◌ ★{leader}"),
                (Some(leader), false) => format!("★{leader}"),
            };
            self.add(&row.id, format!("{mark} {}/{} e{}", row.in_sync, row.replicas, row.leader_epoch));
        }
        self
    }

    fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), list: Vec::new() }
    }

    fn add(&mut self, name: &str, value: impl ToString) {
        self.list.push(Fact { name: name.to_owned(), value: Some(value.to_string()) });
    }

    fn heading(&mut self, name: &str) {
        self.list.push(Fact { name: name.to_owned(), value: None });
    }

    fn pairs(&mut self, heading: &str, pairs: &[(String, String)]) {
        if !pairs.is_empty() {
            self.heading(heading);
            for (name, value) in pairs {
                self.add(name, value);
            }
        }
    }
}

/// The fields of the selected element and, if there was one, of the moment before; none if it is not there. Of a long list so many rows
/// as `rows` says, at least.
#[must_use]
pub fn selected(tank: &Tank, rows: usize, lang: Lang) -> Option<(Facts, Option<Facts>)> {
    let id = tank.selected.as_deref()?;
    if let Some(told) = tank.told_of(id).filter(|_| tank.scene_name() == "ladder") {
        return Some((messages::told(told, tank.tale.of(tank.side), lang), None));
    }
    let film = tank.film_of(tank.side);
    let lab = tank.play.lab_of(tank.side);
    if film.shown().summary.is_none() {
        return Some((of(film.shown(), id, lang)?, film.before().and_then(|before| of(before, id, lang))));
    }
    let found = of(film.shown(), id, lang).or_else(|| of(&lab.view_about(part(id)), id, lang));
    match lab.listing(id, 0, rows) {
        Some(listing) => {
            Some((found.unwrap_or_else(|| topic(id, lang)).with_partitions(&listing, lang), None))
        }
        None => Some((found?, None)),
    }
}

/// The partition of `b1/orders-0`.
fn part(id: &str) -> &str {
    id.split_once('/').map_or(id, |(_, partition)| partition).split('@').next().unwrap_or(id)
}

/// What a row of the selected element leads to: a partition, one of its replicas, or whatever else has this name.
#[must_use]
pub fn leads_to(tank: &Tank, row: &Fact, lang: Lang) -> Option<String> {
    let id = tank.selected.as_deref()?;
    let film = tank.film_of(tank.side);
    let about = if row.name.contains('-') { &row.name } else { id };
    let whole = film.shown().summary.is_some().then(|| tank.play.lab_of(tank.side).view_about(part(about)));
    let view = whole.as_ref().unwrap_or_else(|| film.shown());
    let there = |id: &str| of(view, id, lang).is_some();
    let replica = format!("{}/{id}", row.name);
    if there(&replica) { Some(replica) } else { there(&row.name).then(|| row.name.clone()) }
}

/// The fields of an element at a moment; none if it is not there.
pub fn of(view: &TankView, id: &str, lang: Lang) -> Option<Facts> {
    if let Some(number) = id.strip_prefix('#') {
        let message = view.messages.iter().find(|m| m.id.to_string() == number)?;
        return Some(messages::message(view, message, lang));
    }
    if let Some((replica, offset)) = id.rsplit_once('@') {
        let replica = find_replica(view, replica)?.1;
        let record = replica.records.iter().find(|r| r.offset.to_string() == offset)?;
        return Some(servers::record(record, replica));
    }
    if let Some((broker, replica)) = find_replica(view, id) {
        return Some(servers::replica(broker, replica, lang));
    }
    let whole = id.split('.').next().unwrap_or(id);
    if let Some(broker) = view.brokers.iter().find(|b| b.id == whole) {
        return Some(servers::broker(broker, lang));
    }
    if let Some(controller) = view.controllers.iter().find(|c| c.id == whole) {
        return Some(servers::controller(controller, lang));
    }
    if let Some(producer) = view.producers.iter().find(|p| p.id == whole) {
        return Some(clients::producer(producer, lang));
    }
    if let Some(consumer) = view.consumers.iter().find(|c| c.id == whole) {
        return Some(clients::consumer(view, consumer, lang));
    }
    if let Some(group) = view.groups.iter().find(|g| g.id == whole) {
        return Some(clients::group(group, lang));
    }
    if let Some(transaction) = view.transactions.iter().find(|t| t.id == whole) {
        return Some(clients::transaction(transaction, lang));
    }
    if let Some(ensemble) = &view.zookeeper {
        if ensemble.id == whole {
            return Some(servers::zookeeper(ensemble, lang));
        }
        if let Some(znode) = ensemble.znodes.iter().find(|znode| znode.path == id) {
            return Some(servers::znode(ensemble, znode, lang));
        }
    }
    let partition = view.topics.iter().flat_map(|topic| &topic.partitions).find(|p| p.id == whole)?;
    Some(servers::partition(view, partition, lang))
}

fn find_replica<'a>(view: &'a TankView, id: &str) -> Option<(&'a BrokerView, &'a ReplicaView)> {
    let (broker, partition) = id.split_once('/')?;
    let broker = view.brokers.iter().find(|b| b.id == broker)?;
    broker.replicas.iter().find(|r| r.partition == partition).map(|replica| (broker, replica))
}

fn seconds(micros: u64) -> String {
    format!("{}.{:03}s", micros / 1_000_000, micros / 1000 % 1000)
}

fn process(process: ProcessView, lang: Lang) -> String {
    match process {
        ProcessView::Running => t(lang, "inspect.running").to_owned(),
        ProcessView::Paused(since) => format!("{} · {}", t(lang, "inspect.frozen"), seconds(since)),
        ProcessView::Down(since) => format!("✗ {} · {}", t(lang, "inspect.down"), seconds(since)),
    }
}
