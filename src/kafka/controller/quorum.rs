//! The voter inside the controller: its messages, its clock, and what it tells.

use super::{Controller, Parked};
use crate::engine::{Envelope, Lane, Micros, MsgId, NodeId};
use crate::kafka::client::{METADATA_LOG, QUORUM};
use crate::kafka::raft::{Clock, Happened, Raft, Request, Response, Standing};
use crate::kafka::{Body, Cx, ErrorCode, MetadataSnapshot, Note, Role, Timer};

/// How long a fetch waits for news.
const MAX_WAIT: Micros = Micros::ms(500);
/// The stream of draws for elections.
const ELECTIONS: u64 = 40;

impl Controller {
    pub(super) fn with_raft<T>(
        &mut self,
        cx: &mut Cx<'_>,
        act: impl FnOnce(&mut Raft, &mut Clock<'_>) -> T,
    ) -> T {
        let now = cx.now();
        let mut draw = |n| cx.draw(ELECTIONS, n);
        act(&mut self.raft, &mut Clock { now, draw: &mut draw })
    }

    /// A request of another voter, or a broker's fetch.
    pub(super) fn on_quorum(&mut self, cx: &mut Cx<'_>, message: &Envelope<Body>, request: &Request) {
        let from = message.from;
        let response = self.with_raft(cx, |raft, clock| raft.on_request(from, request, clock));
        if let Request::Fetch(fetch) = request {
            if cx.shared().role(from) == Some(Role::Controller) {
                self.raft.watch(from, fetch, cx.now());
            }
            let (conn, until) = (message.conn, cx.now() + MAX_WAIT);
            self.vol.fetches.insert(message.id, Parked { conn, from, fetch: *fetch, until });
            self.vol.fresh.push(message.id);
            self.vol.by_age.push_back((until, message.id));
        }
        let Some(response) = response else { return };
        let body = Body::QuorumAnswered { response, image: None };
        cx.answer(message.conn, message.id, message.quiet, body);
    }

    pub(super) fn on_quorum_answer(
        &mut self,
        cx: &mut Cx<'_>,
        message: &Envelope<Body>,
        response: &Response,
    ) {
        if let Some((to, _)) = self.vol.requests.answered(cx, message) {
            if let Response::Fetched(fetched) = response {
                self.vol.has_news = !fetched.is_quiet();
            }
            let before = self.raft.voters().len();
            self.with_raft(cx, |raft, clock| raft.on_response(to, response.clone(), clock));
            if matches!(response, Response::ApiVersions(_)) && self.raft.voters().len() > before {
                self.tell_voters_appended(cx);
            }
        }
    }

    // ---- who votes ----

    /// Whether the set of voters may change at all (`kraft.version` 1 came with 3.9).
    fn takes_voter_changes(&self) -> bool {
        self.configs.int("kraft.version") > 0 && self.configs.get("metadata.version") != "3.5"
    }

    fn change_until(&self, now: Micros) -> Micros {
        now + self.configs.ms("controller.quorum.request.timeout.ms")
    }

    pub(super) fn add_voter(&mut self, cx: &mut Cx<'_>, voter: NodeId) -> ErrorCode {
        if !self.takes_voter_changes() {
            return ErrorCode::UnsupportedVersion;
        }
        self.raft.add_voter(voter, self.change_until(cx.now()))
    }

    pub(super) fn remove_voter(&mut self, cx: &mut Cx<'_>, voter: NodeId) -> ErrorCode {
        if !self.takes_voter_changes() {
            return ErrorCode::UnsupportedVersion;
        }
        let (now, until) = (cx.now(), self.change_until(cx.now()));
        let error = self.raft.remove_voter(voter, now, until);
        if error == ErrorCode::None {
            self.tell_voters_appended(cx);
        }
        error
    }

    /// A set of voters has just been appended.
    fn tell_voters_appended(&self, cx: &mut Cx<'_>) {
        let offset = self.raft.log().end().offset.plus(-1);
        cx.note(Note::MetadataAppended { offset, kind: "Voters" });
    }

    /// An orderly end: who leads says so first.
    pub(super) fn leave(&mut self, cx: &mut Cx<'_>) {
        self.with_raft(cx, Raft::resign);
        self.drive(cx);
        cx.exit();
    }

    /// After every handler: what is due, what has been committed, what may be answered, what has to be asked.
    pub(super) fn drive(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        let mut turns = 0;
        while self.raft.deadline() <= now && turns < 8 {
            self.with_raft(cx, |raft, clock| raft.poll(clock));
            turns += 1;
        }
        self.tell_happened(cx);
        self.apply_committed(cx);
        self.follow_role(cx);
        if self.raft.must_resign() {
            self.send_replies(cx);
            self.with_raft(cx, Raft::resign);
            self.tell_happened(cx);
            self.follow_role(cx);
        }
        self.serve_fetches(cx);
        self.send_replies(cx);
        self.send_requests(cx);
        self.arm(cx);
    }

    fn tell_happened(&mut self, cx: &mut Cx<'_>) {
        let (node, alone) = (cx.me(), cx.shared().of_role(Role::Controller).nth(1).is_none());
        for happened in self.raft.take_happened() {
            match happened {
                Happened::Became { from, to, epoch } => {
                    if !alone {
                        cx.note(Note::QuorumStateChanged { node, from, to, epoch: epoch.0 });
                    }
                    if to == Standing::Leader
                        && let Some(leading) = self.raft.leading()
                    {
                        let (offset, kind) = (leading.epoch_start, "LeaderChange");
                        cx.note(Note::MetadataAppended { offset, kind });
                    }
                }
                Happened::Granted { candidate, epoch, pre } => {
                    cx.note(Note::VoteGranted { node, candidate, epoch: epoch.0, pre });
                }
                Happened::ChangeRefused { error } => cx.note(Note::AdminRefused { error }),
                Happened::Truncated { to } => cx.note(Note::MetadataTruncated { node, to }),
            }
        }
    }

    /// Fetches that may have an answer now: all of them when log, high watermark or role have changed, else the new and the late ones.
    fn fetches_to_look_at(&mut self, now: Micros) -> Vec<MsgId> {
        let fresh = std::mem::take(&mut self.vol.fresh);
        let mut late = Vec::new();
        while let Some((until, msg)) = self.vol.by_age.front().copied() {
            let known = self.vol.fetches.contains_key(&msg);
            if known && until > now {
                break;
            }
            self.vol.by_age.pop_front();
            late.extend(known.then_some(msg));
        }
        let raft = &self.raft;
        let look = (raft.log().end(), raft.high_watermark(), raft.election(), raft.leads_for_sure());
        if self.vol.served.replace(look) == Some(look) {
            late.extend(fresh.into_iter().filter(|msg| self.vol.fetches.contains_key(msg)));
            late
        } else {
            self.vol.fetches.keys().copied().collect()
        }
    }

    /// Answers the fetches for which there is something, or that have waited long enough.
    fn serve_fetches(&mut self, cx: &mut Cx<'_>) {
        let now = cx.now();
        for msg in self.fetches_to_look_at(now) {
            let Some(parked) = self.vol.fetches.get(&msg).copied() else { continue };
            let Some(fetched) = self.raft.serve(parked.from, &parked.fetch, parked.until <= now) else {
                continue;
            };
            self.vol.fetches.remove(&msg);
            let controls = cx.shared().role(parked.from) == Some(Role::Controller);
            let quiet = if controls { fetched.is_quiet() } else { fetched.is_quiet_for_brokers() };
            let good = !controls && fetched.head.error == ErrorCode::None;
            let image = good.then(|| MetadataSnapshot(std::sync::Arc::clone(&self.committed)));
            let body = Body::QuorumAnswered { response: Response::Fetched(fetched), image };
            cx.answer(parked.conn, msg, quiet, body);
        }
    }

    fn send_requests(&mut self, cx: &mut Cx<'_>) {
        let limit = self.configs.ms("controller.quorum.request.timeout.ms");
        for (to, request) in self.raft.take_requests() {
            let (lane, quiet): (Lane, bool) = match &request {
                Request::Fetch(_) => (METADATA_LOG, !std::mem::take(&mut self.vol.has_news)),
                Request::FetchSnapshot { .. } => (METADATA_LOG, false),
                // Once it leads for sure it only reminds those that are not there.
                Request::BeginQuorumEpoch { .. } => (QUORUM, self.raft.leads_for_sure()),
                _ => (QUORUM, false),
            };
            let body = Body::Quorum(request.clone());
            self.vol.requests.send(cx, to, lane, quiet, body, limit, (to, request));
        }
    }

    fn arm(&mut self, cx: &mut Cx<'_>) {
        let waits = self.vol.by_age.front().map_or(Micros::NEVER, |(until, _)| *until);
        let armed = &mut self.vol.armed;
        for (at, timer, slot) in
            [(self.raft.deadline(), Timer::Quorum, &mut armed.0), (waits, Timer::MetadataWait, &mut armed.1)]
        {
            if at == Micros::NEVER {
                cx.cancel_timer(timer);
            } else if *slot != at || !cx.timer_armed(timer) {
                cx.set_clock(timer, at.since(cx.now()));
            }
            *slot = at;
        }
    }
}
