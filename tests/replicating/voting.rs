//! One voter of the quorum against a table: the local voter has id 0.

use std::collections::{BTreeMap, BTreeSet};

use std::sync::Arc;

use kafkarium::engine::{Micros, NodeId};
use kafkarium::kafka::raft::{
    Clock, ClusterId, Election, Entry, Leading, Place, Progress, QuorumBatch, QuorumFetch, QuorumLog, Raft,
    Request, Response, Standing, State, Tally, Timing, Vote,
};
use kafkarium::kafka::{ErrorCode, LeaderEpoch, MetadataRecord, Offset};
use toml::{Table, Value};

use super::same;

const NOW: Micros = Micros::secs(100);
const LATER: Micros = Micros::secs(101);

fn int(table: &Table, name: &str) -> Option<i64> {
    table.get(name).and_then(Value::as_integer)
}

fn number(table: &Table, name: &str) -> i64 {
    int(table, name).unwrap_or(0)
}

fn epoch(table: &Table, name: &str) -> LeaderEpoch {
    LeaderEpoch(i32::try_from(number(table, name)).unwrap())
}

fn node(n: i64) -> Option<NodeId> {
    u32::try_from(n).ok().map(NodeId)
}

fn nodes(table: &Table, name: &str) -> Vec<NodeId> {
    let list = table.get(name).and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    list.iter().filter_map(|id| node(id.as_integer().unwrap())).collect()
}

fn yes(table: &Table, name: &str) -> bool {
    table.get(name).and_then(Value::as_bool).unwrap_or(false)
}

fn place(table: &Table, epoch_name: &str, offset: &str) -> Place {
    Place { epoch: epoch(table, epoch_name), offset: Offset(number(table, offset)) }
}

fn records(base: i64, end: i64, epoch: i32) -> Arc<QuorumBatch> {
    let entries = (base..end).map(|_| Entry::Record(MetadataRecord::NoOp)).collect();
    Arc::new(QuorumBatch { base: Offset(base), epoch: LeaderEpoch(epoch), entries })
}

/// A log that ends as the case says. `epochs_in_log` is the one case that tells where an epoch begins.
fn log(local: &Table) -> QuorumLog {
    let mut log = QuorumLog::default();
    let (last, mut end) = (epoch(local, "log_epoch").0, number(local, "log_end"));
    let mut base = 0;
    if let Some(text) = local.get("epochs_in_log").and_then(Value::as_str) {
        let words: Vec<i64> =
            text.split(|c: char| !c.is_ascii_digit()).filter_map(|word| word.parse().ok()).collect();
        base = words[1];
        log.append(records(0, base, i32::try_from(words[0]).unwrap()));
    } else if last > 0 && end == 0 {
        end = 1; // an epoch in the log needs a record
    }
    if end > base {
        log.append(records(base, end, last));
    }
    log
}

fn tally(local: &Table) -> Tally {
    let refused = nodes(local, "rejections").into_iter().collect();
    Tally { granted: BTreeSet::from([NodeId(0)]), refused }
}

fn state(local: &Table, voters: &BTreeSet<NodeId>) -> State {
    let (until, tally) = (LATER, tally(local));
    match local["state"].as_str().unwrap() {
        "Unattached" | "restart" => State::Unattached { until },
        "Prospective" => State::Prospective { until, tally },
        "Candidate" => State::Candidate { until, tally, backing_off: false, tries: 1 },
        "Follower" => State::Follower { until, fetched: yes(local, "fetched_from_leader") },
        "Resigned" => State::Resigned { until, successors: Vec::new() },
        "Leader" => State::Leader(Box::new(Leading {
            epoch_start: Offset(number(local, "epoch_start")),
            others: voters.iter().skip(1).map(|id| (*id, Progress::default())).collect(),
            observers: BTreeMap::new(),
            change: None,
            exposed: false,
            check_quorum: NOW
                + Micros(Micros::ms(u64::try_from(number(local, "fetch_timeout_ms")).unwrap()).0 * 3 / 2),
            heard: BTreeSet::new(),
            announce: Micros::NEVER,
        })),
        other => panic!("{other}"),
    }
}

fn raft(case: &Table) -> Raft {
    let local = case["local"].as_table().unwrap();
    let mut voters: BTreeSet<NodeId> = nodes(local, "voters").into_iter().collect();
    if voters.is_empty() {
        voters = (0..3).map(NodeId).collect();
    }
    let state = state(local, &voters);
    if yes(local, "observer") {
        voters.remove(&NodeId(0));
    }
    let most = int(local, "election_backoff_max_ms").unwrap_or(1000);
    let timing = Timing {
        election: Micros::secs(1),
        fetch: Micros::secs(2),
        backoff: Micros::ms(u64::try_from(most).unwrap()),
        pre_vote: case["protocol"].as_str() == Some("prevote"),
    };
    let election = match local.get("persisted_vote").and_then(Value::as_str) {
        Some(vote) => Election {
            epoch: epoch(local, "persisted_epoch"),
            voted: (vote == "self").then_some(NodeId(0)),
            leader: None,
        },
        None => Election {
            epoch: epoch(local, "epoch"),
            voted: node(number(local, "voted")),
            leader: node(number(local, "leader")),
        },
    };
    Raft::new(NodeId(0), voters, timing).in_state(election, log(local), state)
}

/// What came of a request beside the state.
#[derive(Default)]
struct Came {
    error: ErrorCode,
    granted: Option<bool>,
    diverging: Option<Place>,
    records: usize,
}

impl Came {
    fn of(response: &Response) -> Self {
        match response {
            Response::Vote { head, granted, .. } => {
                Self { error: head.error, granted: Some(*granted), ..Self::default() }
            }
            Response::Begun(head)
            | Response::Ended(head)
            | Response::ApiVersions(head)
            | Response::Snapshot(head, _) => Self { error: head.error, ..Self::default() },
            Response::Fetched(fetched) => Self {
                error: fetched.head.error,
                diverging: fetched.diverging,
                records: fetched.batches.iter().map(|b| b.entries.len()).sum(),
                ..Self::default()
            },
        }
    }
}

fn ask(raft: &mut Raft, request: &Table, clock: &mut Clock<'_>) -> Came {
    let from = node(number(request, "from")).unwrap();
    let cluster = ClusterId(u32::from(request.get("cluster_id").is_some()));
    match request["type"].as_str().unwrap() {
        kind @ ("Vote" | "PreVote") => {
            let voter = node(number(request, "addressed_to")).unwrap();
            let end = place(request, "last_epoch", "last_end");
            let (epoch, pre) = (epoch(request, "epoch"), kind == "PreVote");
            Came::of(&raft.on_vote(&Vote { cluster, epoch, candidate: from, voter, end, pre }, clock))
        }
        "BeginQuorumEpoch" => Came::of(&raft.on_begin(from, epoch(request, "epoch"), clock)),
        "EndQuorumEpoch" => {
            let successors = nodes(request, "preferred_successors");
            Came::of(&raft.on_end(from, epoch(request, "epoch"), &successors, clock))
        }
        "Fetch" => {
            let end = place(request, "last_fetched_epoch", "fetch_offset");
            let fetch =
                QuorumFetch { cluster, epoch: epoch(request, "epoch"), end, high_watermark: Offset::NONE };
            raft.on_fetch(from, &fetch, clock);
            Came::of(&Response::Fetched(raft.serve(from, &fetch, true).unwrap()))
        }
        "VoteResponse" => {
            let refused = request.get("error").is_some();
            let error = if refused { ErrorCode::FencedLeaderEpoch } else { ErrorCode::None };
            let head = kafkarium::kafka::raft::Head {
                error,
                epoch: epoch(request, "epoch"),
                leader: int(request, "leader").and_then(node),
            };
            let pre = raft.state().standing() == Standing::Prospective;
            raft.on_response(from, Response::Vote { head, granted: yes(request, "granted"), pre }, clock);
            Came::default()
        }
        "FetchOffsets" => {
            let offsets = request["offsets"].as_array().unwrap();
            for (id, offset) in (1..).zip(&offsets[1..]) {
                let end = raft.log().end().epoch;
                let end = Place { epoch: end, offset: Offset(offset.as_integer().unwrap()) };
                let fetch =
                    QuorumFetch { cluster, epoch: raft.election().epoch, end, high_watermark: Offset::NONE };
                raft.on_fetch(NodeId(id), &fetch, clock);
            }
            Came::default()
        }
        _ => Came::default(),
    }
}

/// Timers: what happens when this one runs out.
fn expire(raft: &mut Raft, case: &Table, request: &Table, clock: &mut Clock<'_>) -> Result<(), String> {
    match request["type"].as_str().unwrap() {
        "FetchTimeout" | "ElectionTimeout" => {
            clock.now = raft.state().deadline();
            raft.poll(clock);
        }
        "NoMajorityFetchFor" => {
            clock.now = NOW + Micros::ms(u64::try_from(number(request, "ms")).unwrap() - 1);
            raft.poll(clock);
            same("just before", raft.state().standing(), Standing::Leader)?;
            clock.now += Micros::ms(1);
            raft.poll(clock);
        }
        "Initialize" => {
            let timing = Timing { election: Micros::secs(1), fetch: Micros::secs(2), ..timing(case) };
            raft.start(timing, clock);
        }
        "Cycles" => {
            for _ in 0..number(request, "n") {
                for wanted in [Standing::Follower, Standing::Prospective] {
                    clock.now = raft.state().deadline();
                    raft.poll(clock);
                    for (to, request) in raft.take_requests() {
                        raft.on_unreached(to, &request, clock.now);
                    }
                    same("state", raft.state().standing(), wanted)?;
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn timing(case: &Table) -> Timing {
    let pre_vote = case["protocol"].as_str() == Some("prevote");
    Timing { election: Micros::secs(1), fetch: Micros::secs(2), backoff: Micros::secs(1), pre_vote }
}

fn sends(raft: &mut Raft, text: &str) -> Result<(), String> {
    let requests = raft.take_requests();
    let others = raft.voters().len() - 1;
    let fits = |request: &Request| match request {
        Request::Vote(vote) if vote.pre => text.starts_with("PreVote"),
        Request::Vote(_) => text.starts_with("Vote"),
        Request::BeginQuorumEpoch { .. } => text.starts_with("BeginQuorumEpoch"),
        Request::EndQuorumEpoch { .. } => text.starts_with("EndQuorumEpoch"),
        _ => false,
    };
    same(text, requests.iter().filter(|(_, request)| fits(request)).count(), others)
}

/// Runs one case of `kraft-vote.toml`.
pub fn holds(case: &Table) -> Result<(), String> {
    let (request, wanted) = (case["request"].as_table().unwrap(), case["expect"].as_table().unwrap());
    let mut raft = raft(case);
    let mut draw = |n: u64| n / 2;
    let mut clock = Clock { now: NOW, draw: &mut draw };
    let came = ask(&mut raft, request, &mut clock);
    expire(&mut raft, case, request, &mut clock)?;
    same("error", came.error.name(), wanted["error"].as_str().unwrap())?;
    if let Some(granted) = wanted.get("granted").and_then(Value::as_bool) {
        same("granted", came.granted, Some(granted))?;
    }
    if let Some(state) = wanted.get("state").and_then(Value::as_str) {
        same("state", raft.state().standing().name(), state)?;
    }
    if wanted.contains_key("epoch") {
        same("epoch", raft.election().epoch, epoch(wanted, "epoch"))?;
    }
    if let Some(leader) = int(wanted, "leader") {
        same("leader", raft.election().leader, node(leader))?;
    }
    if let Some(voted) = int(wanted, "voted") {
        same("voted", raft.election().voted, node(voted))?;
    }
    if let Some(offset) = int(wanted, "high_watermark") {
        same("high watermark", raft.high_watermark().unwrap_or(Offset::NONE).0, offset)?;
    }
    if int(wanted, "diverging_epoch").is_some() {
        let place = place(wanted, "diverging_epoch", "diverging_end_offset");
        same("diverging", came.diverging, Some(place))?;
        same("records", came.records, usize::try_from(number(wanted, "records")).unwrap())?;
    }
    if let Some(ms) = int(wanted, "election_delay_ms") {
        let delay = raft.state().deadline().since(NOW);
        same("delay", delay, Micros::ms(u64::try_from(ms).unwrap()))?;
    }
    if let Some(text) = wanted.get("sends").and_then(Value::as_str) {
        sends(&mut raft, text)?;
    }
    if wanted.contains_key("appends") {
        let newest = raft.log().newest().next().map(|(_, _, entry)| entry.kind());
        same("appended", newest, Some("LeaderChange"))?;
    }
    if wanted.contains_key("then") {
        raft.poll(&mut clock);
        let (standing, epoch) = (raft.state().standing(), raft.election().epoch.0);
        same("then", (standing, epoch), (Standing::Candidate, 3))?;
    }
    Ok(())
}
