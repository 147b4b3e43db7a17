//! A bench for coordinators: a broker that only takes notes, and requests to what is tested inside it.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use toml::Table;

use super::config::{Configs, Family, Scope};
use super::group::{self, GroupHost};
use super::internal::CoordinatorHost;
use super::txn::{self, Addressed, TransactionHost};
use super::{
    Batch, Body, ErrorCode, Image, LeaderEpoch, MetadataRecord, Names, Note, Offset, Partition,
    PartitionEpoch, PartitionState, ProducerId, Record, Role, Stamp,
};
use crate::engine::{Conn, Envelope, Lane, Micros, MsgId, NodeId};

/// The broker around the coordinator.
pub(super) const ME: NodeId = NodeId(0);

/// What the broker around the coordinator was told.
pub(super) struct Fake {
    pub now: Micros,
    pub names: Arc<Names>,
    pub image: Arc<Image>,
    pub configs: Configs,
    /// The last number given to a member or a producer.
    pub serial: u64,
    pub answers: BTreeMap<MsgId, Body>,
    pub notes: Vec<Note>,
    pub log: Vec<Batch>,
    pub unwritten: Vec<u64>,
    pub refuses: Option<ErrorCode>,
    pub sent: Vec<(NodeId, Vec<Addressed>)>,
    pub wake: Option<Micros>,
}

impl Fake {
    /// A broker with clients, and topics with these leaders of their partitions.
    pub fn new(clients: &[(&str, Role)], topics: &[(&str, &[Option<NodeId>])]) -> Self {
        let mut names = Names::default();
        names.add_node("b1", Role::Broker);
        for (name, role) in clients {
            names.add_node(name, *role);
        }
        let mut image = Image::empty();
        for (name, leaders) in topics {
            let topic = names.intern_topic(name);
            image.apply(Offset(0), &MetadataRecord::Topic { topic, configs: Vec::new() });
            for (index, leader) in (0..).zip(*leaders) {
                image.apply(Offset(0), &led(Partition { topic, index }, *leader));
            }
        }
        Self {
            now: Micros::secs(1),
            names: Arc::new(names),
            image: Arc::new(image),
            configs: Configs::new(Scope::Broker, Family::Java),
            serial: 0,
            answers: BTreeMap::new(),
            notes: Vec::new(),
            log: Vec::new(),
            unwritten: Vec::new(),
            refuses: None,
            sent: Vec::new(),
            wake: None,
        }
    }

    fn write(&mut self, batch: Batch, token: u64) -> Result<(), ErrorCode> {
        self.refuses.map_or(Ok(()), Err)?;
        self.log.push(batch);
        self.unwritten.push(token);
        Ok(())
    }
}

/// A partition with one replica, on the broker.
fn led(p: Partition, leader: Option<NodeId>) -> MetadataRecord {
    let state = PartitionState {
        replicas: vec![ME],
        isr: vec![ME],
        leader,
        leader_epoch: LeaderEpoch(0),
        partition_epoch: PartitionEpoch(0),
        ..PartitionState::default()
    };
    MetadataRecord::Partition(p, state)
}

impl CoordinatorHost for Fake {
    fn now(&self) -> Micros {
        self.now
    }
    fn me(&self) -> NodeId {
        ME
    }
    fn names(&self) -> Arc<Names> {
        Arc::clone(&self.names)
    }
    fn image(&self) -> Arc<Image> {
        Arc::clone(&self.image)
    }
    fn setting(&self, name: &str) -> i64 {
        self.configs.int(name)
    }
    fn answer(&mut self, _: Conn, request: MsgId, _: bool, body: Body) {
        assert!(self.answers.insert(request, body).is_none(), "answered twice");
    }
    fn note(&mut self, note: Note) {
        self.notes.push(note);
    }
}

impl GroupHost for Fake {
    fn read(&self, _: u32) -> Vec<Batch> {
        self.log.clone()
    }
    fn next_serial(&mut self) -> u64 {
        self.serial += 1;
        self.serial
    }
    fn append(
        &mut self,
        partition: u32,
        records: Vec<Record>,
        stamp: Option<Stamp>,
        token: u64,
    ) -> Result<(), ErrorCode> {
        assert_eq!(partition, 0);
        self.write(Batch { transactional: stamp.is_some(), ..Batch::unplaced(stamp, records) }, token)
    }
    fn wake_at(&mut self, at: Option<Micros>) {
        self.wake = at;
    }
}

impl TransactionHost for Fake {
    fn read(&self, _: u32) -> Vec<Record> {
        self.log.iter().flat_map(|batch| batch.records.iter().cloned()).collect()
    }
    fn append(&mut self, _: u32, record: Record, _: Micros, token: u64) -> Result<(), ErrorCode> {
        self.write(Batch::unplaced(None, vec![record]), token)
    }
    fn new_producer_id(&mut self) -> Result<ProducerId, ErrorCode> {
        self.serial += 1;
        Ok(ProducerId(999 + i64::try_from(self.serial).unwrap()))
    }
    fn send_markers(&mut self, to: NodeId, markers: Vec<Addressed>) {
        self.sent.push((to, markers));
    }
    fn wake_at(&mut self, at: Option<Micros>) {
        self.wake = at;
    }
}

/// What stands on the bench.
pub(super) trait Subject {
    fn ask(&mut self, host: &mut Fake, envelope: &Envelope<Body>);
    fn wake(&mut self, host: &mut Fake);
    fn tell(&mut self, host: &mut Fake, token: u64, written: Result<(), ErrorCode>);
}

macro_rules! subject {
    ($coordinator:ty) => {
        impl Subject for $coordinator {
            fn ask(&mut self, host: &mut Fake, envelope: &Envelope<Body>) {
                self.on_request(host, envelope);
            }
            fn wake(&mut self, host: &mut Fake) {
                self.on_timer(host);
            }
            fn tell(&mut self, host: &mut Fake, token: u64, written: Result<(), ErrorCode>) {
                self.on_written(host, token, written);
            }
        }
    };
}
subject!(group::Coordinator);
subject!(txn::Coordinator);

/// A coordinator of one partition, and its clients.
pub(super) struct Bench<C> {
    pub host: Fake,
    pub coordinator: C,
    requests: u64,
}

impl<C: Subject> Bench<C> {
    pub const fn of(host: Fake, coordinator: C) -> Self {
        Self { host, coordinator, requests: 0 }
    }

    pub fn send(&mut self, from: NodeId, body: Body) -> MsgId {
        self.requests += 1;
        let id = MsgId(self.requests);
        let conn = Conn::unreal(from, ME, Lane(1));
        let sent_at = self.host.now;
        let envelope = Envelope { id, from, to: ME, answers: None, quiet: false, sent_at, conn, body };
        self.coordinator.ask(&mut self.host, &envelope);
        id
    }

    /// Time passes; the coordinator is woken whenever it asked for it.
    pub fn pass(&mut self, span: Micros) {
        let end = self.host.now + span;
        while let Some(at) = self.host.wake.filter(|at| *at <= end) {
            self.host.now = self.host.now.max(at);
            self.host.wake = None;
            self.coordinator.wake(&mut self.host);
        }
        self.host.now = end;
    }

    /// Everything appended so far is replicated, or failed.
    pub fn written(&mut self, result: Result<(), ErrorCode>) {
        for token in std::mem::take(&mut self.host.unwritten) {
            self.coordinator.tell(&mut self.host, token, result);
        }
    }
}

/// The cases of a file of facts from real Kafka; `KAFKARIUM_VECTORS` names another folder to read them from.
pub(super) fn cases(file: &str) -> Vec<Table> {
    let folder = std::env::var_os("KAFKARIUM_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors"), PathBuf::from);
    let table: Table = std::fs::read_to_string(folder.join(file)).unwrap().parse().unwrap();
    table["case"].as_array().unwrap().iter().map(|case| case.as_table().unwrap().clone()).collect()
}

/// Runs cases, prints how many agree and which do not, and fails if any does not.
pub(super) fn agree(name: &str, cases: &[Table], holds: impl Fn(&Table) -> Result<(), String>) {
    let differ: Vec<String> = cases
        .iter()
        .filter_map(|case| holds(case).err().map(|why| format!("{}: {why}", case["id"].as_str().unwrap())))
        .collect();
    println!("{name}: {} agree, {} differ", cases.len() - differ.len(), differ.len());
    differ.iter().for_each(|line| println!("  {line}"));
    assert!(!cases.is_empty() && differ.is_empty(), "{}", differ.join("\n"));
}
