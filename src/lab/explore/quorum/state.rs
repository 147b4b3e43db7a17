//! Voters, what is on its way between them, and what was seen of them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use super::Scope;
use super::step::{Path, Step};
use crate::engine::{Micros, NodeId};
use crate::kafka::raft::{
    Clock, Entry, PRESENT, QuorumBatch, Raft, Request, Response, Standing, Timing, Waits,
};
use crate::kafka::{LeaderEpoch, MetadataRecord};

/// How long anything takes is open; that it takes time is not.
const TIMING: Timing =
    Timing { election: Micros::secs(1), fetch: Micros::secs(2), backoff: Micros::secs(1), pre_vote: true };

/// Two connections between each two voters: what is parked on one does not hold up the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Lane {
    /// Fetches of the log.
    Log,
    /// Votes, and who leads.
    Votes,
}

/// How far a request has come.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Stage {
    Sent,
    Parked,
    Answered(Response),
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Call {
    request: Request,
    stage: Stage,
}

/// A voter, and whether it runs.
#[derive(Clone, Debug)]
pub(super) struct Voter {
    pub raft: Arc<Raft>,
    pub up: bool,
}

/// Everything at one moment. What was seen (the ghost) is part of it: two states that differ in it are not the same.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub voters: Vec<Voter>,
    calls: BTreeMap<Path, Arc<Call>>,
    /// What is on its way, request or answer, oldest first.
    queue: Vec<Path>,
    timing: Timing,
    oddities: u32,
    appends: u32,
    losses: u32,
    crashes: u32,
    /// Who led in each epoch.
    pub leaders: BTreeMap<LeaderEpoch, NodeId>,
    /// What some leader counted as committed.
    pub committed: Arc<Vec<Arc<QuorumBatch>>>,
}

impl Hash for State {
    fn hash<H: Hasher>(&self, to: &mut H) {
        for voter in &self.voters {
            voter.up.hash(to);
            voter.raft.hash(to);
        }
        self.calls.hash(to);
        self.queue.hash(to);
        (self.oddities, self.appends, self.losses, self.crashes).hash(to);
        self.leaders.hash(to);
        self.committed.hash(to);
    }
}

impl State {
    /// Before anything has happened.
    pub fn start(scope: Scope) -> Self {
        let ids: BTreeSet<NodeId> = (0..scope.voters).map(NodeId).collect();
        let timing = Timing { pre_vote: scope.pre_vote, ..TIMING };
        let voter = |id: NodeId| {
            let mut raft = Raft::new(id, ids.clone(), timing);
            present(|clock| raft.start(timing, clock));
            raft.forget_time();
            Voter { raft: Arc::new(raft), up: true }
        };
        let mut state = Self {
            voters: ids.iter().map(|id| voter(*id)).collect(),
            calls: BTreeMap::new(),
            queue: Vec::new(),
            timing,
            oddities: scope.oddities,
            appends: scope.appends,
            losses: scope.losses,
            crashes: scope.crashes,
            leaders: BTreeMap::new(),
            committed: Arc::default(),
        };
        if scope.led {
            state.lead();
        }
        state
    }

    /// The first voter wins the first election, and everybody has its first record and waits for more.
    fn lead(&mut self) {
        let mut next = Some(Step::TimeIsUp(NodeId(0), Waits::State));
        while let Some(step) = next {
            let before = self.clone();
            self.take(step);
            let _ = super::laws::broken(&before, step, self);
            next = self.queue.first().map(|path| self.delivery(*path));
        }
    }

    pub fn voter(&self, id: NodeId) -> &Voter {
        &self.voters[id.0 as usize]
    }

    /// The highest epoch that any voter knows.
    pub fn epoch(&self) -> i32 {
        self.voters.iter().map(|voter| voter.raft.election().epoch.0).max().unwrap_or_default()
    }

    fn ids(&self) -> impl Iterator<Item = NodeId> + use<> {
        (0..u32::try_from(self.voters.len()).unwrap_or(0)).map(NodeId)
    }

    // ---- what can happen ----

    /// Every step that can be taken. The oldest message arrives, or, when nothing is on its way, somebody has waited long enough; what is
    /// out of this order is odd.
    pub fn steps(&self) -> Vec<Step> {
        let mut steps = Vec::new();
        let (quiet, odd) = (self.queue.is_empty(), self.oddities > 0);
        for (ix, &path) in self.queue.iter().enumerate() {
            if ix == 0 || odd {
                steps.push(self.delivery(path));
            }
            if self.losses > 0 {
                steps.push(Step::Lost(path));
            }
        }
        for id in self.ids() {
            let Voter { raft, up } = self.voter(id);
            if !up {
                steps.push(Step::Starts(id));
                continue;
            }
            let due = raft.waits_for().into_iter().filter(|waits| odd || (quiet && !self.is_odd(id, *waits)));
            steps.extend(due.map(|waits| Step::TimeIsUp(id, waits)));
            if self.appends > 0 && raft.leading().is_some() {
                steps.push(Step::Appends(id));
            }
            if self.crashes > 0 {
                steps.push(Step::Dies(id));
            }
        }
        steps
    }

    fn delivery(&self, path: Path) -> Step {
        let sent = self.calls.get(&path).is_some_and(|call| call.stage == Stage::Sent);
        if sent { Step::Arrives(path) } else { Step::Answered(path) }
    }

    /// Whether a time would not be up in a world where messages are fast: whoever waits has been heard of.
    fn is_odd(&self, id: NodeId, waits: Waits) -> bool {
        let parked = |from: NodeId, to: NodeId| {
            let call = self.calls.get(&Path { from, to, lane: Lane::Log });
            call.is_some_and(|call| call.stage == Stage::Parked)
        };
        let raft = &self.voter(id).raft;
        let fetching = || self.ids().filter(|other| *other != id && parked(*other, id)).count();
        match (raft.state().standing(), waits) {
            (Standing::Follower, Waits::State) => raft.election().leader.is_some_and(|to| parked(id, to)),
            (Standing::Leader, Waits::State) => (fetching() + 1) * 2 > self.voters.len(),
            (Standing::Leader, Waits::Announce) => fetching() + 1 == self.voters.len(),
            _ => false,
        }
    }

    /// Whether a step is out of order.
    fn costs(&self, step: Step) -> bool {
        match step {
            Step::Arrives(path) | Step::Answered(path) => self.queue.first() != Some(&path),
            Step::TimeIsUp(id, waits) => !self.queue.is_empty() || self.is_odd(id, waits),
            _ => false,
        }
    }

    // ---- what happens ----

    /// Takes a step.
    pub fn take(&mut self, step: Step) {
        if self.costs(step) {
            self.oddities = self.oddities.saturating_sub(1);
        }
        match step {
            Step::Arrives(path) => self.arrives(path),
            Step::Answered(path) => {
                self.queue.retain(|on_its_way| *on_its_way != path);
                if let Some(call) = self.calls.remove(&path)
                    && let Stage::Answered(response) = &call.stage
                {
                    let response = response.clone();
                    self.act(path.from, |raft, clock| {
                        raft.on_response(path.to, response, clock);
                        raft.poll(clock);
                    });
                }
            }
            Step::Lost(path) => {
                self.losses -= 1;
                self.lose(path);
            }
            Step::TimeIsUp(id, waits) => self.act(id, |raft, clock| raft.time_is_up(waits, clock)),
            Step::Appends(id) => {
                self.appends -= 1;
                let record = vec![Entry::Record(MetadataRecord::NoOp)];
                self.act(id, |raft, _| {
                    raft.append(record);
                });
            }
            Step::Dies(id) => self.dies(id),
            Step::Starts(id) => {
                self.voters[id.0 as usize].up = true;
                let timing = self.timing;
                self.act(id, |raft, clock| {
                    raft.start(timing, clock);
                    raft.poll(clock);
                });
            }
        }
    }

    /// A voter does something: what it wants sent is on its way, and fetches that waited at it may have an answer.
    fn act(&mut self, id: NodeId, deed: impl FnOnce(&mut Raft, &mut Clock<'_>)) {
        let raft = Arc::make_mut(&mut self.voters[id.0 as usize].raft);
        present(|clock| deed(raft, clock));
        raft.forget_time();
        raft.take_happened();
        let requests = raft.take_requests();
        for (to, request) in requests {
            let lane = match request {
                Request::Fetch(_) | Request::FetchSnapshot { .. } => Lane::Log,
                _ => Lane::Votes,
            };
            let path = Path { from: id, to, lane };
            if self.calls.contains_key(&path) || !self.voter(to).up {
                self.unreached(id, to, &request);
            } else {
                self.calls.insert(path, Arc::new(Call { request, stage: Stage::Sent }));
                self.queue.push(path);
            }
        }
        let waiting = |(path, call): &(&Path, &Arc<Call>)| path.to == id && call.stage == Stage::Parked;
        let parked: Vec<Path> = self.calls.iter().filter(waiting).map(|(path, _)| *path).collect();
        for path in parked {
            self.answer_parked(path);
        }
    }

    fn unreached(&mut self, from: NodeId, to: NodeId, request: &Request) {
        let raft = Arc::make_mut(&mut self.voters[from.0 as usize].raft);
        raft.on_unreached(to, request, PRESENT);
        raft.forget_time();
    }

    fn arrives(&mut self, path: Path) {
        let Some(call) = self.calls.get(&path).cloned() else { return };
        let mut answer = None;
        let from = path.from;
        self.set_stage(path, Stage::Parked);
        self.act(path.to, |raft, clock| {
            answer = raft.on_request(from, &call.request, clock);
            raft.poll(clock);
        });
        if let Some(answer) = answer {
            self.set_stage(path, Stage::Answered(answer));
        }
    }

    fn set_stage(&mut self, path: Path, stage: Stage) {
        self.queue.retain(|on_its_way| *on_its_way != path);
        if let Some(call) = self.calls.get_mut(&path) {
            if stage != Stage::Parked {
                self.queue.push(path);
            }
            Arc::make_mut(call).stage = stage;
        }
    }

    fn answer_parked(&mut self, path: Path) {
        let Some(Request::Fetch(fetch)) = self.calls.get(&path).map(|call| call.request.clone()) else {
            return;
        };
        if let Some(fetched) = self.voter(path.to).raft.serve(path.from, &fetch, false) {
            self.set_stage(path, Stage::Answered(Response::Fetched(fetched)));
        }
    }

    fn lose(&mut self, path: Path) {
        self.queue.retain(|on_its_way| *on_its_way != path);
        if let Some(call) = self.calls.remove(&path) {
            self.unreached(path.from, path.to, &call.request);
        }
    }

    /// Only the disk stays; whoever waits for an answer waits no longer.
    fn dies(&mut self, id: NodeId) {
        self.crashes -= 1;
        let voter = &mut self.voters[id.0 as usize];
        voter.up = false;
        let raft = Arc::make_mut(&mut voter.raft);
        raft.stop();
        raft.forget_time();
        let calls: Vec<Path> = self.calls.keys().copied().collect();
        for path in calls {
            if path.from == id {
                self.queue.retain(|on_its_way| *on_its_way != path);
                self.calls.remove(&path);
            } else if path.to == id {
                self.lose(path);
            }
        }
    }
}

/// Does something at the present.
fn present<T>(deed: impl FnOnce(&mut Clock<'_>) -> T) -> T {
    deed(&mut Clock { now: PRESENT, draw: &mut |_| 0 })
}
