//! How the cluster gets a new controller after it lost one: when each of four steps began and ended. The same four for ZooKeeper and for
//! KRaft, read off what the processes stated, never off a script.
//!
//! | step | ZooKeeper | KRaft |
//! |---|---|---|
//! | [`Notice`](Step::Notice) | `/controller` is gone: its owner's session ended | a voter follows the leader no longer |
//! | [`Elect`](Step::Elect) | a broker owns `/controller` and has raised the epoch | a voter has a majority of votes |
//! | [`Load`](Step::Load) | it has read every znode it needs and speaks for the first time | its first record is committed |
//! | [`Tell`](Step::Tell) | it has elected leaders, and every broker has taken in what it said | every broker has fetched from it |
//!
//! Not modelled: nothing of its own. A controller that is cut off counts as lost if it is cut off from everybody, from ZooKeeper or
//! from the majority of voters.

use std::collections::{BTreeMap, BTreeSet};

use super::cel::{committed_image, zookeeper};
use crate::engine::{Micros, MsgId, NodeId, Note as EngineNote, Process as Life};
use crate::kafka::raft::Standing;
use crate::kafka::zookeeper::Path;
use crate::kafka::{Note, Process, Role, World};

/// What has to happen before a cluster that lost its controller has another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Somebody sees that the controller is gone.
    Notice,
    /// Who is next.
    Elect,
    /// The next one gets the state of the cluster.
    Load,
    /// The brokers get to know.
    Tell,
}

impl Step {
    /// All of them, in order.
    pub const ALL: [Self; 4] = [Self::Notice, Self::Elect, Self::Load, Self::Tell];
}

/// The way from one controller to the next. Times are world times.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failover {
    lost: NodeId,
    since: Micros,
    ends: [Option<Micros>; 4],
    next: Option<(NodeId, i32)>,
    acts: Option<Micros>,
    /// Brokers that do not know yet.
    untold: BTreeSet<NodeId>,
    /// Answers of the new controller on their way to them.
    answers: BTreeMap<MsgId, NodeId>,
}

impl Failover {
    fn new(lost: NodeId, since: Micros) -> Self {
        let (untold, answers) = (BTreeSet::new(), BTreeMap::new());
        Self { lost, since, ends: [None; 4], next: None, acts: None, untold, answers }
    }

    /// The controller that was lost.
    #[must_use]
    pub const fn lost(&self) -> NodeId {
        self.lost
    }

    /// Since when no controller could act.
    #[must_use]
    pub const fn since(&self) -> Micros {
        self.since
    }

    /// Who became controller.
    #[must_use]
    pub fn next(&self) -> Option<NodeId> {
        self.next.map(|(node, _)| node)
    }

    /// When a controller could act again: change metadata and answer for it.
    #[must_use]
    pub const fn acts(&self) -> Option<Micros> {
        self.acts
    }

    /// When a step began and when it ended; none = not yet.
    #[must_use]
    pub fn lap(&self, step: Step) -> (Option<Micros>, Option<Micros>) {
        let n = step as usize;
        let began = if n == 0 { Some(self.since) } else { self.ends[n - 1] };
        (began, self.ends[n])
    }

    /// Whether all steps are done.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.acts.is_some() && self.ends.iter().all(Option::is_some)
    }

    fn has(&self, step: Step) -> bool {
        self.ends[step as usize].is_some()
    }

    /// A step is done, and those before it.
    fn end(&mut self, step: Step, at: Micros) {
        for end in &mut self.ends[..=step as usize] {
            end.get_or_insert(at);
        }
    }
}

/// Who controls, and how it came to that after the last one was lost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failovers {
    active: Option<(NodeId, i32)>,
    last: Option<Failover>,
}

impl Failovers {
    /// The latest; none if no controller was lost, or if it came back before anybody missed it.
    #[must_use]
    pub const fn last(&self) -> Option<&Failover> {
        self.last.as_ref()
    }

    /// t = 0: what was before does not count.
    pub(super) fn begin(&mut self) {
        self.last = None;
    }

    /// Takes in one note.
    pub(super) fn take_in(&mut self, world: &World, at: Micros, note: &EngineNote<Note>) {
        match *note {
            EngineNote::NodeCrashed { node, .. } | EngineNote::NodeStopped { node } => {
                if let Some(open) = &mut self.last {
                    open.untold.remove(&node);
                }
                self.lose(world, at, node);
            }
            EngineNote::NodePaused { node } | EngineNote::LinkCut { a: node, b: None } => {
                self.lose(world, at, node);
            }
            EngineNote::LinkCut { a, b: Some(b) } => {
                self.cut(world, at);
                let is_zookeeper = |node| world.shared().role(node) == Some(Role::ZooKeeper);
                if is_zookeeper(a) || is_zookeeper(b) {
                    self.lose(world, at, if is_zookeeper(a) { b } else { a });
                }
            }
            EngineNote::NodeResumed { node, .. } => self.back(world, |lost| lost == node),
            EngineNote::LinkHealed { a, b } => {
                self.back(world, |lost| a.is_none() || a == Some(lost) || b == Some(lost));
            }
            EngineNote::MessageSent { msg, from, to, api, answer, .. } => {
                self.sent(world, at, (msg, from, to), api, answer.is_some());
            }
            EngineNote::MessageArrived { msg, .. } => self.arrived(msg),
            EngineNote::Domain(ref note) => self.domain(world, at, note),
            _ => {}
        }
    }

    /// After all notes of a turn: what shows in the state alone.
    pub(super) fn settle(&mut self, world: &World, at: Micros) {
        let Some(open) = &mut self.last else { return };
        let Some((next, _)) = open.next else { return };
        if open.acts.is_none()
            && let Process::Broker(broker) = world.node(next)
            && broker.is_ready_controller()
        {
            open.acts = Some(at);
        }
        if open.has(Step::Load) && open.acts.is_some() && open.untold.is_empty() && !open.has(Step::Tell) {
            open.end(Step::Tell, at);
        }
    }

    /// The controller is lost. While nobody has taken over from the one before, the clock goes on.
    fn lose(&mut self, world: &World, at: Micros, node: NodeId) {
        if self.active.is_none_or(|(active, _)| active != node) {
            return;
        }
        let unfinished = self.last.as_ref().filter(|open| open.acts.is_none());
        let since = unfinished.map_or(at, |open| open.since);
        let known = unfinished.is_some_and(|open| open.lost == node);
        if !known {
            self.last = Some(Failover::new(node, since));
        }
        if let Some(open) = &mut self.last
            && zookeeper(world).is_some_and(|ensemble| ensemble.controller().is_none())
        {
            open.end(Step::Notice, at);
        }
    }

    /// A cut between two voters: the active one is lost with the majority.
    fn cut(&mut self, world: &World, at: Micros) {
        let Some((active, _)) = self.active else { return };
        let voters = world.shared().of_role(Role::Controller).count();
        let others = world.shared().of_role(Role::Controller).filter(|node| *node != active);
        let reached = others.filter(|node| !world.is_cut(active, *node)).count();
        if world.shared().role(active) == Some(Role::Controller) && (reached + 1) * 2 <= voters {
            self.lose(world, at, active);
        }
    }

    /// Perhaps it is back before anybody missed it; a process that crashed is gone all the same.
    fn back(&mut self, world: &World, is: impl Fn(NodeId) -> bool) {
        self.last.take_if(|open| is(open.lost) && !open.has(Step::Notice) && runs(world, open.lost));
    }

    fn sent(
        &mut self,
        world: &World,
        at: Micros,
        (msg, from, to): (MsgId, NodeId, NodeId),
        api: &str,
        answer: bool,
    ) {
        let Some(open) = &mut self.last else { return };
        if open.next() != Some(from) || open.has(Step::Tell) {
            return;
        }
        if api == "UpdateMetadata" && !answer && !open.has(Step::Load) {
            open.end(Step::Load, at);
            open.untold = listeners(world, open.lost);
        }
        if api == "FetchMetadata" && answer && open.untold.contains(&to) {
            open.answers.insert(msg, to);
        }
    }

    fn arrived(&mut self, msg: MsgId) {
        if let Some(open) = &mut self.last
            && let Some(told) = open.answers.remove(&msg)
        {
            open.untold.remove(&told);
        }
    }

    fn domain(&mut self, world: &World, at: Micros, note: &Note) {
        match *note {
            Note::ControllerElected { node, epoch } => self.elected(world, at, (node, epoch)),
            Note::ControllerResigned { node, .. } => self.lose(world, at, node),
            Note::ZnodeChanged { path: Path::Controller } => {
                let free = zookeeper(world).is_some_and(|ensemble| ensemble.controller().is_none());
                if let Some((active, _)) = self.active.filter(|_| free) {
                    self.lose(world, at, active);
                }
                if let Some(open) = &mut self.last {
                    open.end(Step::Notice, at);
                }
            }
            Note::QuorumStateChanged { node, to, .. } => {
                let Some(open) = self.last.as_mut().filter(|open| open.lost != node && open.next.is_none())
                else {
                    return;
                };
                match to {
                    Standing::Leader => open.end(Step::Elect, at),
                    Standing::Unattached | Standing::Prospective | Standing::Candidate => {
                        open.end(Step::Notice, at);
                    }
                    Standing::Follower | Standing::Resigned => {}
                }
            }
            Note::ControlApplied { node, api: "UpdateMetadata", epoch, entries } => {
                let Some(open) = &mut self.last else { return };
                // The first one names brokers alone, unless there is nothing else to say.
                let whole = entries > 0 || committed_image(world).topics.is_empty();
                if whole && open.next.is_some_and(|(_, own)| own == epoch) {
                    open.untold.remove(&node);
                }
            }
            _ => {}
        }
    }

    fn elected(&mut self, world: &World, at: Micros, (node, epoch): (NodeId, i32)) {
        if self.active.is_some_and(|(_, known)| known > epoch) {
            return;
        }
        self.active = Some((node, epoch));
        let Some(open) = self.last.as_mut().filter(|open| open.next.is_none()) else { return };
        open.next = Some((node, epoch));
        open.end(Step::Elect, at);
        if world.shared().role(node) == Some(Role::Controller) {
            open.end(Step::Load, at);
            open.acts = Some(at);
            open.untold = listeners(world, open.lost);
        }
    }
}

fn runs(world: &World, node: NodeId) -> bool {
    world.process(node) == Life::Running
}

/// Brokers that a new controller can tell something.
fn listeners(world: &World, lost: NodeId) -> BTreeSet<NodeId> {
    world.shared().of_role(Role::Broker).filter(|node| *node != lost && runs(world, *node)).collect()
}
