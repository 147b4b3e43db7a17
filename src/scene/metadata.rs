//! Where metadata lives and how far everybody has it: a quorum with its log, or ZooKeeper's tree.

use std::collections::BTreeSet;

use super::Moment;
use super::failover::Failover;
use crate::lab::view::{ProcessView, QuorumView, VoterView, ZooKeeperView};

/// Columns of the metadata log.
const COLUMNS: usize = 24;

/// Whether a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Life {
    /// It runs.
    Up,
    /// It stands still.
    Frozen,
    /// It is not there.
    Down,
}

impl From<ProcessView> for Life {
    fn from(process: ProcessView) -> Self {
        match process {
            ProcessView::Running => Self::Up,
            ProcessView::Paused(_) => Self::Frozen,
            ProcessView::Down(_) => Self::Down,
        }
    }
}

/// A record of the metadata log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetadataTile {
    /// What it is: `R` registers a broker, `F` fences or unfences one, `T` topic, `C` setting, `P` partition, `L` leader or in-sync set, `D` producer
    /// ids, `E` a new epoch, `V` the voters.
    pub letter: char,
    /// Below the copy's high watermark.
    pub committed: bool,
    /// Epochs alternate.
    pub odd: bool,
}

/// A voter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Voter {
    /// `k1`.
    pub id: String,
    /// Whether it runs.
    pub life: Life,
    /// `Leader`, `Follower`, …; `Observer` if it does not vote.
    pub state: String,
    /// Its epoch.
    pub epoch: i32,
    /// For whom it voted in this epoch.
    pub voted: Option<String>,
    /// End of its log.
    pub end: i64,
    /// Its high watermark; -1 = not known.
    pub high_watermark: i64,
    /// The offset up to which a snapshot stands for the log.
    pub snapshot: Option<i64>,
    /// Its records in the columns that all voters share; none = it does not have that one.
    pub columns: Vec<Option<MetadataTile>>,
}

/// A quorum of controllers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quorum {
    /// The highest epoch that a voter knows.
    pub epoch: i32,
    /// Who acts as the controller.
    pub active: Option<String>,
    /// Voters.
    pub voters: Vec<Voter>,
}

/// A line of ZooKeeper's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Znode {
    /// `/brokers/ids/1`.
    pub path: String,
    /// Its last step, `1`, or the whole path at the top.
    pub name: String,
    /// Steps below the top.
    pub depth: u16,
    /// Contents.
    pub data: String,
    /// Whose session keeps it.
    pub owner: Option<String>,
    /// It came or changed in the step that led here.
    pub fresh: bool,
}

/// ZooKeeper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tree {
    /// Whether the ensemble runs.
    pub life: Life,
    /// Who owns `/controller`.
    pub controller: Option<String>,
    /// `/controller_epoch`.
    pub controller_epoch: i32,
    /// Znodes.
    pub lines: Vec<Znode>,
    /// Partitions that it knows.
    pub partitions: u64,
}

/// A broker and how far it has the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Follower {
    /// `b1`.
    pub id: String,
    /// Whether it runs.
    pub life: Life,
    /// It acts as the controller (ZooKeeper).
    pub controls: bool,
    /// The highest controller epoch that it has heard of (ZooKeeper).
    pub seen_epoch: Option<i32>,
    /// Counted as gone (KRaft).
    pub fenced: bool,
    /// Offset that it has applied (KRaft).
    pub offset: i64,
    /// KRaft: records that it lacks. ZooKeeper: partitions whose leader it takes for another.
    pub behind: i64,
    /// Its session: µs left, and the time-out (ZooKeeper).
    pub session: Option<(u64, u64)>,
}

/// What holds the metadata.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Store {
    /// KRaft.
    Quorum(Quorum),
    /// ZooKeeper.
    Tree(Tree),
    /// Nothing that can be shown.
    None,
}

/// The picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Metadata {
    /// What holds the metadata.
    pub store: Store,
    /// Brokers.
    pub brokers: Vec<Follower>,
    /// The race to the next controller.
    pub failover: Option<Failover>,
}

impl Metadata {
    /// Builds the picture of a moment.
    #[must_use]
    pub fn build(moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let (store, brokers) = match (&view.quorum, &view.zookeeper) {
            (Some(quorum), _) => (Store::Quorum(voters(quorum)), observers(moment, quorum)),
            (None, Some(zookeeper)) => (Store::Tree(tree(moment, zookeeper)), sessions(moment, zookeeper)),
            (None, None) => (Store::None, Vec::new()),
        };
        let failover = view.failover.as_ref().and_then(|failover| Failover::build(failover, moment.now));
        Self { store, brokers, failover }
    }
}

fn voters(quorum: &QuorumView) -> Quorum {
    // A place of the log is an offset and an epoch: where logs part, both records get a column.
    let places: BTreeSet<(i64, i32)> = quorum
        .voters
        .iter()
        .flat_map(|voter| &voter.records)
        .filter(|record| record.kind != "NoOp")
        .map(|record| (record.offset, record.epoch))
        .collect();
    let skip = places.len().saturating_sub(COLUMNS);
    let places: Vec<(i64, i32)> = places.into_iter().skip(skip).collect();
    Quorum {
        epoch: quorum.voters.iter().map(|voter| voter.epoch).max().unwrap_or(0),
        active: quorum.active.clone(),
        voters: quorum.voters.iter().map(|voter| one(voter, &places)).collect(),
    }
}

fn one(voter: &VoterView, places: &[(i64, i32)]) -> Voter {
    let tile = |place: &(i64, i32)| {
        let record = voter.records.iter().find(|record| (record.offset, record.epoch) == *place)?;
        let committed = record.offset < voter.high_watermark;
        Some(MetadataTile { letter: letter(record.kind), committed, odd: record.epoch % 2 == 1 })
    };
    Voter {
        id: voter.id.clone(),
        life: voter.process.into(),
        state: match voter.state {
            "Follower" if !voter.votes => "Observer".to_owned(),
            state => state.to_owned(),
        },
        epoch: voter.epoch,
        voted: voter.voted.clone(),
        end: voter.log_end,
        high_watermark: voter.high_watermark,
        snapshot: voter.snapshot,
        columns: places.iter().map(tile).collect(),
    }
}

/// One letter for a kind of record.
fn letter(kind: &str) -> char {
    match kind {
        "RegisterBroker" => 'R',
        "BrokerRegistrationChange" => 'F',
        "Topic" | "RemoveTopic" => 'T',
        "Config" => 'C',
        "Partition" => 'P',
        "PartitionChange" => 'L',
        "ProducerIds" => 'D',
        "LeaderChange" => 'E',
        "Voters" => 'V',
        _ => '?',
    }
}

fn observers(moment: &Moment<'_>, quorum: &QuorumView) -> Vec<Follower> {
    let known = quorum.voters.iter().map(|voter| voter.high_watermark).max().unwrap_or(-1);
    let brokers = moment.view.brokers.iter();
    brokers
        .map(|broker| Follower {
            id: broker.id.clone(),
            life: broker.process.into(),
            controls: false,
            seen_epoch: None,
            fenced: broker.fenced,
            offset: broker.metadata_offset,
            behind: (known - 1 - broker.metadata_offset).max(0),
            session: None,
        })
        .collect()
}

fn tree(moment: &Moment<'_>, zookeeper: &ZooKeeperView) -> Tree {
    let before = moment.before.and_then(|view| view.zookeeper.as_ref());
    let fresh = |path: &str, data: &str, version: i32| {
        before.is_some_and(|before| {
            !before.znodes.iter().any(|z| z.path == path && z.data == data && z.version == version)
        })
    };
    let mut lines: Vec<(Place, Znode)> = zookeeper
        .znodes
        .iter()
        .filter_map(|znode| {
            let (place, depth, name) = place(&znode.path, &znode.data)?;
            let line = Znode {
                path: znode.path.clone(),
                name,
                depth,
                data: znode.data.clone(),
                owner: znode.owner.clone(),
                fresh: fresh(&znode.path, &znode.data, znode.version),
            };
            Some((place, line))
        })
        .collect();
    lines.sort_by(|(a, _), (b, _)| a.cmp(b));
    Tree {
        life: zookeeper.process.into(),
        controller: zookeeper.controller.clone(),
        controller_epoch: zookeeper.controller_epoch,
        lines: lines.into_iter().map(|(_, line)| line).collect(),
        partitions: match &moment.view.summary {
            Some(summary) => summary.partitions.into(),
            None => moment.view.topics.iter().map(|topic| topic.partitions.len() as u64).sum(),
        },
    }
}

/// Where a znode stands in the list: its group, its topic, its partition (none = the topic itself).
type Place = (u8, String, Option<u32>);

/// Where a znode stands, how far to the right, and its name there. Those that only hold others are left out.
fn place(path: &str, data: &str) -> Option<(Place, u16, String)> {
    let whole = path.to_owned();
    let group = |rank: u8| (rank, String::new(), None);
    match path {
        "/controller" => return Some((group(0), 0, whole)),
        "/controller_epoch" => return Some((group(1), 0, whole)),
        _ if data.is_empty() => return None,
        _ if path.starts_with("/brokers/ids/") => return Some((group(2), 0, whole)),
        _ => {}
    }
    let Some(below) = path.strip_prefix("/brokers/topics/") else {
        return Some((group(4), 0, whole));
    };
    let Some((topic, rest)) = below.split_once('/') else {
        return Some(((3, below.to_owned(), None), 0, whole));
    };
    let number = rest.split('/').nth(1).and_then(|number| number.parse().ok());
    Some(((3, topic.to_owned(), number), 1, rest.to_owned()))
}

fn sessions(moment: &Moment<'_>, zookeeper: &ZooKeeperView) -> Vec<Follower> {
    let brokers = moment.view.brokers.iter();
    brokers
        .map(|broker| {
            let session = zookeeper.sessions.iter().find(|session| session.node == broker.id);
            let believes = zookeeper.brokers.iter().find(|one| one.id == broker.id);
            let differing = believes.map_or(0, |one| one.differing.len());
            Follower {
                id: broker.id.clone(),
                life: broker.process.into(),
                controls: believes.is_some_and(|one| one.acts),
                seen_epoch: believes.map(|one| one.seen_epoch),
                fenced: false,
                offset: -1,
                behind: i64::try_from(differing).unwrap_or(i64::MAX),
                session: session.map(|session| {
                    let end = session.heard + session.timeout;
                    (end.saturating_sub(moment.now), session.timeout)
                }),
            }
        })
        .collect()
}
