//! The world: processes, and the only way time moves.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::core::{Core, Event, Proc, Queued};
use super::cx::Cx;
use super::fault::Rule;
use super::wire::Flight;
use super::{
    Cause, CloseWhy, EventId, Loss, LossWhy, Micros, MsgId, Node, NodeId, Note, Rec, RecordSerial, Tier,
};

/// Whether a process runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Process {
    /// It handles what comes.
    Running,
    /// It stands still: arrivals and timers wait, peers see silence.
    Paused {
        /// Since when.
        since: Micros,
    },
    /// It is not there. `silent`: the whole machine is gone, so peers get no reset.
    Down {
        /// No reset is sent.
        silent: bool,
    },
}

/// What a turn did, for those who decide where to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stepped {
    /// Its number.
    pub event: EventId,
    /// A loud message arrived or was lost.
    pub hop: bool,
    /// A loud message left, arrived, was held or was lost.
    pub loud: bool,
    /// The turn stated something.
    pub noted: bool,
}

/// Processes and everything between them. A clone is a checkpoint: processes are shared until one of the two touches them.
pub struct World<N: Node> {
    pub(super) core: Core<N>,
    nodes: Vec<Arc<N>>,
}

impl<N: Node> Clone for World<N> {
    fn clone(&self) -> Self {
        Self { core: self.core.clone(), nodes: self.nodes.clone() }
    }
}

impl<N: Node> World<N> {
    /// An empty world at time zero.
    #[must_use]
    pub fn new(seed: u64, shared: N::Shared) -> Self {
        Self { core: Core::new(seed, shared), nodes: Vec::new() }
    }

    /// Adds a process, not yet started.
    pub fn add(&mut self, node: N, tier: Tier) -> NodeId {
        let state = Process::Down { silent: false };
        let proc = Proc { tier, state, incarnation: 0, timers: BTreeMap::new(), backlog: Vec::new() };
        self.core.procs.push(Arc::new(proc));
        self.nodes.push(Arc::new(node));
        NodeId(u32::try_from(self.nodes.len() - 1).unwrap_or(u32::MAX))
    }

    /// Virtual time.
    #[must_use]
    pub const fn now(&self) -> Micros {
        self.core.now
    }

    /// The number of turns so far.
    #[must_use]
    pub const fn turn(&self) -> EventId {
        self.core.turn
    }

    /// Rolling hash over every note so far.
    #[must_use]
    pub const fn digest(&self) -> u64 {
        self.core.digest.0
    }

    /// The number that the next record to be created gets.
    #[must_use]
    pub fn next_serial(&self) -> RecordSerial {
        self.core.serial()
    }

    /// Notes of the last turn or input.
    #[must_use]
    pub fn notes(&self) -> &[Rec<N::Note>] {
        &self.core.notes
    }

    /// A process's state.
    #[must_use]
    pub fn node(&self, id: NodeId) -> &N {
        &self.nodes[id.0 as usize]
    }

    /// All processes with their ids.
    pub fn nodes(&self) -> impl Iterator<Item = (NodeId, &N)> {
        self.nodes
            .iter()
            .enumerate()
            .map(|(ix, node)| (NodeId(u32::try_from(ix).unwrap_or(u32::MAX)), &**node))
    }

    /// Whether anything is wrong with the network: a cut, a rule, a link that was made slower.
    #[must_use]
    pub fn has_faults(&self) -> bool {
        !(self.core.cuts.is_empty() && self.core.rules.is_empty() && self.core.slowed.is_empty())
    }

    /// Whether a process runs.
    #[must_use]
    pub fn process(&self, id: NodeId) -> Process {
        self.core.procs[id.0 as usize].state
    }

    /// How often a process has started.
    #[must_use]
    pub fn incarnation(&self, id: NodeId) -> u32 {
        self.core.procs[id.0 as usize].incarnation
    }

    /// When a timer of a process goes off; none if it is not armed. For those who look: it walks the whole queue.
    #[must_use]
    pub fn timer_due(&self, id: NodeId, key: N::Timer) -> Option<Micros> {
        let seq = self.core.procs.get(id.0 as usize)?.timers.get(&key)?;
        self.core.queue.time_of(*seq).map(Micros)
    }

    /// Messages on their way, by number.
    pub fn flights(&self) -> impl Iterator<Item = &Flight<N::Body>> {
        self.core.msgs.values()
    }

    /// Whether a message that somebody waits for moves.
    #[must_use]
    pub const fn has_loud_flights(&self) -> bool {
        self.core.msgs.any_loud()
    }

    /// A message on its way.
    #[must_use]
    pub fn flight(&self, msg: MsgId) -> Option<&Flight<N::Body>> {
        self.core.msgs.get(msg)
    }

    /// Rules that still wait for a message.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.core.rules
    }

    /// Cuts in force: between two processes, or (none) between one and everybody.
    pub fn cuts(&self) -> impl Iterator<Item = (NodeId, Option<NodeId>)> + '_ {
        self.core.cuts.iter().copied()
    }

    /// Whether nothing passes between two processes.
    #[must_use]
    pub fn is_cut(&self, a: NodeId, b: NodeId) -> bool {
        self.core.is_cut(a, b)
    }

    /// Facts that every process may read.
    #[must_use]
    pub fn shared(&self) -> &N::Shared {
        &self.core.shared
    }

    /// Changes the shared facts; part of an input.
    pub fn shared_mut(&mut self) -> &mut N::Shared {
        Arc::make_mut(&mut self.core.shared)
    }

    /// Sets the delay of a link, both ways, and how much longer a message may take at random.
    pub fn set_link(&mut self, a: NodeId, b: NodeId, delay: Micros, jitter: Micros) {
        for pair in [(a, b), (b, a)] {
            self.core.delays.insert(pair, delay);
            self.core.jitters.insert(pair, jitter);
        }
    }

    /// Two roles of one process: no network lies between them, so no cut parts them. Crash, pause and start are for the caller to do to
    /// both.
    pub fn join(&mut self, a: NodeId, b: NodeId) {
        Arc::make_mut(&mut self.core.joined).extend([(a, b), (b, a)]);
        self.set_link(a, b, Micros::ZERO, Micros::ZERO);
    }

    /// When the next event is due. An event whose timer was replaced meanwhile may be named and then skipped.
    #[must_use]
    pub fn next_at(&self) -> Option<Micros> {
        self.core.queue.peek().map(|(time, _, _)| Micros(time))
    }

    /// Why the last turn happened.
    #[must_use]
    pub const fn cause(&self) -> Cause {
        self.core.cause
    }

    /// Entries in the queue, stale ones included.
    #[must_use]
    pub fn queued(&self) -> usize {
        self.core.queue.len()
    }

    /// Runs the next event. None: nothing will ever happen again.
    pub fn step(&mut self) -> Option<Stepped> {
        self.step_until(Micros::NEVER)
    }

    /// Runs the next event if it is due at `limit` or before. None: nothing happens up to then.
    pub fn step_until(&mut self, limit: Micros) -> Option<Stepped> {
        self.skip(limit);
        if self.next_at()? > limit {
            return None;
        }
        let (time, _, queued) = self.core.queue.pop()?;
        self.core.now = Micros(time);
        Some(self.turn_of(queued))
    }

    /// Takes away what stands first in the queue and is no turn: timers that were replaced, and what waits for a paused process.
    fn skip(&mut self, limit: Micros) {
        while let Some((time, seq, queued)) = self.core.queue.peek() {
            let stale = match queued.event {
                Event::Timer { node, key } => self.core.procs[node.0 as usize].timers.get(&key) != Some(&seq),
                _ => false,
            };
            let waits_for = if stale { None } else { self.paused_target(&queued.event) };
            if !stale && (waits_for.is_none() || Micros(time) > limit) {
                return;
            }
            let Some((_, _, queued)) = self.core.queue.pop() else { return };
            if let Some(node) = waits_for {
                self.core.now = Micros(time);
                self.core.proc_mut(node).backlog.push((seq, queued));
            }
        }
    }

    fn paused_target(&self, event: &Event<N::Timer>) -> Option<NodeId> {
        let node = match event {
            Event::Deliver(msg) => self.core.msgs.get(*msg)?.envelope.to,
            Event::Timer { node, .. } | Event::Closed { node, .. } => *node,
            Event::Lose(..) => return None,
        };
        matches!(self.process(node), Process::Paused { .. }).then_some(node)
    }

    fn turn_of(&mut self, queued: Queued<N::Timer>) -> Stepped {
        self.begin(Some(queued.cause));
        match queued.event {
            Event::Deliver(msg) => {
                if let Some(envelope) = self.core.arrive(msg) {
                    self.handle(envelope.to, |node, cx| node.on_message(cx, &envelope));
                }
            }
            Event::Lose(msg, why, rule) => self.core.lose(msg, why, rule),
            Event::Timer { node, key } => {
                self.core.proc_mut(node).timers.remove(&key);
                self.handle(node, |node, cx| node.on_timer(cx, key));
            }
            Event::Closed { node, conn, why } => {
                if self.process(node) == Process::Running {
                    self.handle(node, |node, cx| node.on_closed(cx, conn, why));
                }
            }
        }
        let notes = &self.core.notes;
        Stepped {
            event: self.core.turn,
            hop: notes.iter().any(|rec| rec.note.ends_hop()),
            loud: notes.iter().any(|rec| rec.note.is_loud()),
            noted: !notes.is_empty(),
        }
    }

    fn begin(&mut self, cause: Option<Cause>) {
        self.core.turn.0 += 1;
        match Arc::get_mut(&mut self.core.notes) {
            Some(notes) => notes.clear(),
            None => self.core.notes = Arc::default(), // a checkpoint has them, too
        }
        let turn = self.core.turn;
        self.core.cause = match cause {
            Some(cause) if cause.root != EventId(0) => cause,
            Some(cause) => Cause { root: turn, ..cause },
            None => Cause { parent: turn, root: turn },
        };
    }

    fn handle(&mut self, id: NodeId, act: impl FnOnce(&mut N, &mut Cx<'_, N>)) {
        if self.process(id) != Process::Running {
            return;
        }
        let node = Arc::make_mut(&mut self.nodes[id.0 as usize]);
        act(node, &mut Cx { core: &mut self.core, me: id });
        if self.core.exiting.take() == Some(id) {
            self.end(id, Loss::Process, Note::NodeStopped { node: id });
        }
    }

    fn end(&mut self, id: NodeId, loss: Loss, note: Note<N::Note>) {
        let silent = loss == Loss::Power;
        self.core.note(Some(id), note);
        let proc = self.core.proc_mut(id);
        proc.state = Process::Down { silent };
        proc.timers.clear();
        let backlog = std::mem::take(&mut proc.backlog);
        for (_, queued) in backlog {
            if let Event::Deliver(msg) = queued.event {
                self.core.lose(msg, LossWhy::Down, None);
            }
        }
        if !silent {
            for conn in self.core.conns_of(id) {
                self.core.close_conn(conn, Some(id), CloseWhy::Reset);
            }
        }
        Arc::make_mut(&mut self.nodes[id.0 as usize]).crash(loss);
    }

    // ---- inputs: everything from outside ----

    /// Begins an input: what follows, up to the next step, is one turn and the root of its consequences.
    pub fn begin_input(&mut self, ix: u32) -> EventId {
        self.begin(None);
        self.core.note(None, Note::InputApplied { ix });
        self.core.turn
    }

    /// Starts a process that is down. False: it runs already.
    pub fn start(&mut self, id: NodeId) -> bool {
        let Process::Down { silent } = self.process(id) else { return false };
        if silent {
            for conn in self.core.conns_of(id) {
                self.core.close_conn(conn, Some(id), CloseWhy::Reset);
            }
        }
        let proc = self.core.proc_mut(id);
        proc.state = Process::Running;
        proc.incarnation += 1;
        let incarnation = proc.incarnation;
        self.core.note(Some(id), Note::NodeStarted { node: id, incarnation });
        self.handle(id, |node, cx| node.start(cx));
        true
    }

    /// Ends a process without warning. What it has in flight is lost. False: it is down already.
    pub fn crash(&mut self, id: NodeId, loss: Loss) -> bool {
        if matches!(self.process(id), Process::Down { .. }) {
            return false;
        }
        self.end(id, loss, Note::NodeCrashed { node: id, power: loss == Loss::Power });
        let flying: Vec<MsgId> =
            self.core.msgs.values().filter(|f| f.envelope.from == id).map(|f| f.envelope.id).collect();
        for msg in flying {
            self.core.lose(msg, LossWhy::Crash, None);
        }
        true
    }

    /// Freezes a process. False: it does not run.
    pub fn pause(&mut self, id: NodeId) -> bool {
        if self.process(id) != Process::Running {
            return false;
        }
        let since = self.core.now;
        self.core.proc_mut(id).state = Process::Paused { since };
        self.core.note(Some(id), Note::NodePaused { node: id });
        true
    }

    /// Lets a frozen process go on; what waited for it comes now, in its old order. False: it is not paused.
    pub fn resume(&mut self, id: NodeId) -> bool {
        let Process::Paused { since } = self.process(id) else { return false };
        let proc = self.core.proc_mut(id);
        proc.state = Process::Running;
        let backlog = std::mem::take(&mut proc.backlog);
        let after = self.core.now.since(since);
        self.core.note(Some(id), Note::NodeResumed { node: id, after });
        for (old, queued) in backlog {
            let timer = if let Event::Timer { key, .. } = queued.event { Some(key) } else { None };
            let seq = self.core.requeue(queued);
            let timers = &mut self.core.proc_mut(id).timers;
            if let Some(key) = timer
                && timers.get(&key) == Some(&old)
            {
                timers.insert(key, seq);
            }
        }
        true
    }

    /// Hands a wish to a process. False: it does not run.
    pub fn command(&mut self, id: NodeId, command: N::Command) -> bool {
        if self.process(id) != Process::Running {
            return false;
        }
        self.handle(id, |node, cx| node.on_command(cx, command));
        true
    }

    /// Changes a process from outside (its configuration, say). Whether that makes sense while it runs is for the caller to know.
    pub fn alter(&mut self, id: NodeId, change: impl FnOnce(&mut N)) {
        change(Arc::make_mut(&mut self.nodes[id.0 as usize]));
    }

    /// Lets time pass up to `at`, or up to the next event if that comes earlier. Not a turn.
    pub fn pass_to(&mut self, at: Micros) {
        self.skip(at);
        let at = self.next_at().map_or(at, |next| next.min(at));
        self.core.now = self.core.now.max(at);
    }
}
