//! A transaction: its coordinator's state machine, the logs it writes to with the last stable offset as a barrier, and both kinds of reader.

use super::log::copy;
use super::tile::{Tile, TileKind, kind, label, tiles};
use super::{Moment, Params};
use crate::lab::view::{ConsumerView, Fate, ProducerView, ReplicaView, TankView, TransactionView};

/// The way of a transaction that commits, in Kafka's names.
pub const COMMIT: [&str; 4] = ["Empty", "Ongoing", "PrepareCommit", "CompleteCommit"];
/// What hangs below `Ongoing`: the way of one that aborts.
pub const ABORT: [&str; 2] = ["PrepareAbort", "CompleteAbort"];

/// How a state of the machine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// Behind.
    Past,
    /// The present one.
    Now,
    /// Ahead.
    Ahead,
}

/// A transactional id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Machine {
    /// `tx-pay`.
    pub id: String,
    /// The producer that has it.
    pub client: String,
    /// The broker that coordinates it.
    pub coordinator: Option<String>,
    /// Kafka's name of its state.
    pub state: String,
    /// Producer id and epoch; -1 = none yet.
    pub identity: (i64, i16),
    /// Partitions and groups of the present transaction.
    pub members: Vec<String>,
    /// Virtual µs since it began, and `transaction.timeout.ms` in µs; none if none is open.
    pub open: Option<(u64, u64)>,
    /// The lesson points at it.
    pub focused: bool,
}

impl Machine {
    /// How the state `name` stands.
    #[must_use]
    pub fn phase(&self, name: &str) -> Phase {
        if name == self.state {
            return Phase::Now;
        }
        let at = |names: &[&str], name: &str| names.iter().position(|known| *known == name);
        let behind = match (at(&COMMIT, &self.state), at(&ABORT, &self.state)) {
            (Some(now), _) => at(&COMMIT, name).is_some_and(|at| at < now),
            (_, Some(now)) => at(&ABORT, name).map_or(matches!(name, "Empty" | "Ongoing"), |at| at < now),
            _ => false,
        };
        if behind { Phase::Past } else { Phase::Ahead }
    }

    /// It goes, or went, the way down.
    #[must_use]
    pub fn aborts(&self) -> bool {
        ABORT.contains(&self.state.as_str())
    }
}

/// A partition that transactions write to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// `orders-0`.
    pub id: String,
    /// Log start.
    pub start: i64,
    /// Last stable offset of the leader.
    pub last_stable: i64,
    /// High watermark of the leader.
    pub high_watermark: i64,
    /// Log end.
    pub end: i64,
    /// Records, oldest first.
    pub tiles: Vec<Tile>,
    /// Labels of records that are below the high watermark, belong to no open transaction and wait all the same.
    pub waiting: Vec<String>,
    /// Colours alternate.
    pub odd: bool,
}

/// A consumer and what it has got from the rows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reader {
    /// `c1`.
    pub id: String,
    /// `read_committed` or `read_uncommitted`.
    pub isolation: &'static str,
    /// What poll() returned, in that order.
    pub got: Vec<Tile>,
    /// Labels of aborted or open records among it.
    pub too_early: Vec<String>,
    /// The lesson points at it.
    pub focused: bool,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Txn {
    /// Transactional ids; the first is drawn as a machine, the others as a line each.
    pub machines: Vec<Machine>,
    /// Partitions.
    pub rows: Vec<Row>,
    /// Readers.
    pub readers: Vec<Reader>,
}

impl Txn {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let mut machines: Vec<Machine> = view.transactions.iter().map(|t| machine(t, moment)).collect();
        // Names that nobody has used yet say nothing beside one that is in use.
        let used = |m: &Machine| m.focused || m.identity.0 >= 0;
        if machines.iter().any(used) {
            machines.retain(used);
        }
        // The one that the lesson points at, else one that is at work, comes first.
        machines.sort_by_key(|m| (!m.focused, m.state == "Empty"));
        let rows: Vec<Row> =
            shown(params, view).into_iter().enumerate().filter_map(|(ix, id)| row(moment, &id, ix)).collect();
        let readers = view.consumers.iter().filter_map(|consumer| reader(moment, consumer, &rows)).collect();
        Self { machines, rows, readers }
    }
}

fn machine(transaction: &TransactionView, moment: &Moment<'_>) -> Machine {
    let view = moment.view;
    let names = transaction.partitions.iter().chain(&transaction.groups);
    let pointed = |id: &str| moment.focus.iter().any(|f| f.split('.').next() == Some(id));
    Machine {
        id: transaction.id.clone(),
        client: transaction.client.clone(),
        coordinator: transaction.coordinator.clone(),
        state: transaction.state.clone(),
        identity: (transaction.pid, transaction.epoch),
        members: names.cloned().collect(),
        open: transaction.started.map(|at| (view.now.saturating_sub(at), transaction.timeout)),
        focused: pointed(&transaction.id) || pointed(&transaction.client),
    }
}

/// Partitions of the picture: what the lesson asks for, else those of the topics that transactional producers write to.
fn shown(params: &Params, view: &TankView) -> Vec<String> {
    let clients: Vec<&ProducerView> =
        view.producers.iter().filter(|p| view.transactions.iter().any(|t| t.client == p.id)).collect();
    let asked = params.partition.is_some() || params.topic.is_some();
    let touched = |id: &str| {
        let topic = id.rsplit_once('-').map_or(id, |(topic, _)| topic);
        clients.iter().any(|p| p.topics.iter().any(|t| t == topic))
            || view.transactions.iter().any(|t| t.partitions.iter().any(|p| p == id))
            || copy(view, id, leader(view, id))
                .is_some_and(|r| r.records.iter().any(|r| r.fate != Fate::Plain))
    };
    view.topics
        .iter()
        .flat_map(|topic| &topic.partitions)
        .map(|p| p.id.clone())
        .filter(|id| if asked { params.shows(id) } else { clients.is_empty() || touched(id) })
        .collect()
}

fn leader<'a>(view: &'a TankView, partition: &str) -> Option<&'a str> {
    view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == partition)?.leader.as_deref()
}

fn row(moment: &Moment<'_>, id: &str, ix: usize) -> Option<Row> {
    let replica = copy(moment.view, id, leader(moment.view, id))?;
    let before = moment.before.and_then(|view| copy(view, id, leader(view, id)));
    let behind = |offset: i64| offset >= replica.last_stable && offset < replica.high_watermark;
    let waiting = replica
        .records
        .iter()
        .filter(|r| {
            behind(r.offset) && r.fate != Fate::Open && kind(r, replica.high_watermark) == TileKind::Committed
        })
        .map(|r| r.label.clone())
        .collect();
    Some(Row {
        id: id.to_owned(),
        start: replica.log_start,
        last_stable: stable(replica),
        high_watermark: replica.high_watermark,
        end: replica.log_end,
        tiles: tiles(replica, before, false),
        waiting,
        odd: ix % 2 == 1,
    })
}

/// A replica that does not know its last stable offset shows its high watermark.
const fn stable(replica: &ReplicaView) -> i64 {
    if replica.last_stable < 0 { replica.high_watermark } else { replica.last_stable }
}

fn reader(moment: &Moment<'_>, consumer: &ConsumerView, rows: &[Row]) -> Option<Reader> {
    let ours = |partition: &str| rows.iter().any(|row| row.id == partition);
    let reads = consumer.assigned.iter().any(|at| ours(&at.partition))
        || consumer.received.iter().any(|(partition, ..)| ours(partition));
    if !reads {
        return None;
    }
    let (mut got, mut too_early) = (Vec::new(), Vec::new());
    for (partition, offset, name) in consumer.received.iter().filter(|(partition, ..)| ours(partition)) {
        let replica = copy(moment.view, partition, leader(moment.view, partition));
        let record = replica.and_then(|r| r.records.iter().find(|r| r.offset == *offset && r.label == *name));
        let kind = record.zip(replica).map_or(TileKind::Dead, |(r, replica)| kind(r, replica.high_watermark));
        if record.is_some_and(|r| matches!(r.fate, Fate::Aborted | Fate::Open)) {
            too_early.push(name.clone());
        }
        got.push(Tile {
            offset: *offset,
            label: record.map_or_else(|| name.clone(), label),
            kind,
            fresh: false,
        });
    }
    let focused = moment.focus.iter().any(|f| f.split('.').next() == Some(consumer.id.as_str()));
    Some(Reader { id: consumer.id.clone(), isolation: consumer.isolation, got, too_early, focused })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_knows_what_lies_behind_it() {
        let view = TankView::default();
        let moment = Moment {
            view: &view,
            before: None,
            lost: &[],
            now: 0,
            focus: &[],
            selected: None,
            quiet_too: false,
            program: None,
            story: &[],
            since: None,
            lanes: 4,
        };
        let at = |state: &str| {
            machine(&TransactionView { state: state.to_owned(), ..TransactionView::default() }, &moment)
        };
        let phases = |m: &Machine| COMMIT.iter().chain(&ABORT).map(|name| m.phase(name)).collect::<Vec<_>>();
        use Phase::{Ahead, Now, Past};
        assert_eq!(phases(&at("PrepareCommit")), [Past, Past, Now, Ahead, Ahead, Ahead]);
        assert_eq!(phases(&at("CompleteAbort")), [Past, Past, Ahead, Ahead, Past, Now]);
        assert_eq!(phases(&at("Ongoing")), [Past, Now, Ahead, Ahead, Ahead, Ahead]);
    }
}
