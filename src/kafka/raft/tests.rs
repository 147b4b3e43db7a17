//! Three voters on a wire that a test holds in its hands.

use std::collections::{BTreeMap, BTreeSet};

use super::*;

const TIMING: Timing =
    Timing { election: Micros::secs(1), fetch: Micros::secs(2), backoff: Micros::secs(1), pre_vote: true };

/// Voters 0 to 2; a message is delivered the moment it is sent, unless its link is down.
struct Quorum {
    now: Micros,
    raft: BTreeMap<NodeId, Raft>,
    down: BTreeSet<NodeId>,
    waiting: Vec<(NodeId, NodeId, QuorumFetch)>,
    drawn: u64,
}

fn node(n: u32) -> NodeId {
    NodeId(n)
}

impl Quorum {
    fn new(timing: Timing) -> Self {
        Self::with_observers(timing, 0)
    }

    /// Three voters, and more controllers that only copy.
    fn with_observers(timing: Timing, more: u32) -> Self {
        let voters: BTreeSet<NodeId> = (0..3).map(node).collect();
        let all: BTreeSet<NodeId> = (0..3 + more).map(node).collect();
        let raft = all.iter().map(|id| (*id, Raft::new(*id, voters.clone(), timing))).collect();
        let (down, waiting) = (BTreeSet::new(), Vec::new());
        let mut quorum = Self { now: Micros::ZERO, raft, down, waiting, drawn: 7 };
        for id in all {
            quorum.with(id, |raft, clock| raft.start(timing, clock));
        }
        quorum
    }

    fn with<T>(&mut self, id: NodeId, act: impl FnOnce(&mut Raft, &mut Clock<'_>) -> T) -> T {
        let drawn = &mut self.drawn;
        let mut draw = |n: u64| {
            *drawn = drawn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (*drawn >> 33) % n
        };
        act(self.raft.get_mut(&id).unwrap(), &mut Clock { now: self.now, draw: &mut draw })
    }

    /// Delivers everything, answers included, until nobody has anything to say.
    fn deliver(&mut self) {
        loop {
            let ids: Vec<NodeId> = self.raft.keys().copied().collect();
            let mut quiet = true;
            for from in ids {
                for (to, request) in self.with(from, |raft, _| raft.take_requests()) {
                    quiet = false;
                    self.request(from, to, request);
                }
            }
            let waiting = std::mem::take(&mut self.waiting);
            for (from, to, fetch) in waiting {
                match self.raft[&to].serve(from, &fetch, false) {
                    Some(fetched) if !self.down.contains(&from) && !self.down.contains(&to) => {
                        quiet = false;
                        self.with(from, |raft, clock| {
                            raft.on_response(to, Response::Fetched(fetched), clock);
                            raft.poll(clock);
                        });
                    }
                    _ => self.waiting.push((from, to, fetch)),
                }
            }
            if quiet {
                return;
            }
        }
    }

    fn request(&mut self, from: NodeId, to: NodeId, request: Request) {
        if self.down.contains(&from) || self.down.contains(&to) {
            let now = self.now;
            return self.with(from, |raft, _| raft.on_unreached(to, &request, now));
        }
        let answer = self.with(to, |raft, clock| {
            let answer = raft.on_request(from, &request, clock);
            if let Request::Fetch(fetch) = &request {
                raft.watch(from, fetch, clock.now);
            }
            answer
        });
        match (answer, request) {
            (Some(answer), _) => self.with(from, |raft, clock| {
                raft.on_response(to, answer, clock);
                raft.poll(clock);
            }),
            (None, Request::Fetch(fetch)) => self.waiting.push((from, to, fetch)),
            _ => {}
        }
    }

    /// Lets so much time pass, in steps of 10 ms. Fetches that wait are answered after half a second.
    fn pass(&mut self, span: Micros) {
        let until = self.now + span;
        while self.now < until {
            self.now += Micros::ms(10);
            let ids: Vec<NodeId> = self.raft.keys().copied().collect();
            for id in ids {
                self.with(id, |raft, clock| raft.poll(clock));
            }
            self.deliver();
            if self.now.as_ms().is_multiple_of(500) {
                self.answer_fetches();
            }
        }
    }

    fn answer_fetches(&mut self) {
        for (from, to, fetch) in std::mem::take(&mut self.waiting) {
            if self.down.contains(&from) || self.down.contains(&to) {
                let now = self.now;
                self.with(from, |raft, _| raft.on_unreached(to, &Request::Fetch(fetch), now));
            } else if let Some(fetched) = self.raft[&to].serve(from, &fetch, true) {
                self.with(from, |raft, clock| {
                    raft.on_response(to, Response::Fetched(fetched), clock);
                    raft.poll(clock);
                });
            }
        }
        self.deliver();
    }

    fn standings(&self) -> Vec<Standing> {
        self.raft.values().map(|raft| raft.state().standing()).collect()
    }

    fn leader(&self) -> NodeId {
        let leads = |(_, raft): &(&NodeId, &Raft)| raft.leading().is_some();
        *self.raft.iter().filter(leads).max_by_key(|(_, raft)| raft.election().epoch).unwrap().0
    }

    fn append(&mut self, id: NodeId) -> Option<Offset> {
        let end =
            self.with(id, |raft, _| raft.append(vec![Entry::Record(crate::kafka::MetadataRecord::NoOp)]));
        self.deliver();
        end
    }
}

#[test]
fn three_voters_elect_one_leader_and_commit() {
    let mut quorum = Quorum::new(TIMING);
    quorum.pass(Micros::secs(5));
    let leader = quorum.leader();
    assert_eq!(quorum.standings().iter().filter(|s| **s == Standing::Follower).count(), 2);
    assert!(quorum.raft[&leader].leads_for_sure());
    let end = quorum.append(leader);
    for raft in quorum.raft.values() {
        assert_eq!(raft.log().end().offset, end.unwrap());
        assert_eq!(raft.high_watermark(), end);
    }
}

#[test]
fn a_leader_alone_appends_and_commits_nothing() {
    let mut quorum = Quorum::new(TIMING);
    quorum.pass(Micros::secs(5));
    let old = quorum.leader();
    quorum.down.insert(old);
    let committed = quorum.raft[&old].high_watermark();
    quorum.append(old);
    quorum.pass(Micros::ms(2_500));
    assert_eq!(quorum.raft[&old].state().standing(), Standing::Leader, "it notices only after three seconds");
    let new = quorum.leader();
    assert_ne!(new, old);
    assert_eq!(quorum.raft[&old].high_watermark(), committed);
    quorum.pass(Micros::ms(1_000));
    assert_ne!(quorum.raft[&old].state().standing(), Standing::Leader);
    quorum.down.clear();
    quorum.pass(Micros::secs(4));
    assert_eq!(quorum.leader(), new);
    let ends: BTreeSet<Place> = quorum.raft.values().map(|raft| raft.log().end()).collect();
    assert_eq!(ends.len(), 1, "what the old leader wrote alone is gone");
}

/// Cuts a follower off for ten seconds; gives the epochs before and after.
fn flap(pre_vote: bool) -> (LeaderEpoch, LeaderEpoch, bool) {
    let mut quorum = Quorum::new(Timing { pre_vote, ..TIMING });
    quorum.pass(Micros::secs(5));
    let leader = quorum.leader();
    let before = quorum.raft[&leader].election().epoch;
    let cut = *quorum.raft.keys().find(|id| **id != leader).unwrap();
    quorum.down.insert(cut);
    quorum.pass(Micros::secs(10));
    quorum.down.clear();
    quorum.pass(Micros::secs(5));
    let after = quorum.raft[&quorum.leader()].election().epoch;
    (before, after, quorum.leader() == leader)
}

#[test]
fn a_flapping_voter_raises_epochs_only_without_pre_vote() {
    let (before, after, same) = flap(true);
    assert_eq!((before, same), (after, true));
    let (before, after, _) = flap(false);
    assert!(after.0 > before.0 + 2, "{before:?} to {after:?}");
}

#[test]
fn a_voter_that_restarts_keeps_its_promise() {
    let mut quorum = Quorum::new(TIMING);
    let vote = |candidate: u32| Vote {
        cluster: ClusterId::default(),
        epoch: LeaderEpoch(3),
        candidate: node(candidate),
        voter: node(0),
        end: Place::default(),
        pre: false,
    };
    let granted = |response: &Response| matches!(response, Response::Vote { granted: true, .. });
    assert!(granted(&quorum.with(node(0), |raft, clock| raft.on_vote(&vote(1), clock))));
    quorum.with(node(0), |raft, clock| {
        raft.stop();
        raft.start(TIMING, clock);
    });
    assert!(!granted(&quorum.with(node(0), |raft, clock| raft.on_vote(&vote(2), clock))));
    assert!(granted(&quorum.with(node(0), |raft, clock| raft.on_vote(&vote(1), clock))));
}

#[test]
fn a_follower_far_behind_gets_a_snapshot() {
    let mut quorum = Quorum::new(TIMING);
    quorum.pass(Micros::secs(5));
    let leader = quorum.leader();
    let late = *quorum.raft.keys().find(|id| **id != leader).unwrap();
    quorum.down.insert(late);
    for _ in 0..5 {
        quorum.append(leader);
        quorum.answer_fetches();
    }
    quorum.with(leader, |raft, _| raft.take_snapshot(std::sync::Arc::default()));
    quorum.append(leader);
    quorum.down.clear();
    quorum.pass(Micros::secs(3));
    let (a, b) = (quorum.raft[&leader].log(), quorum.raft[&late].log());
    assert_eq!((a.start(), a.end()), (b.start(), b.end()));
    assert!(b.snapshot().is_some());
}

impl Quorum {
    fn add(&mut self, leader: NodeId, voter: NodeId) -> ErrorCode {
        let until = self.now + Micros::secs(2);
        let error = self.with(leader, |raft, _| raft.add_voter(voter, until));
        self.deliver();
        error
    }

    fn remove(&mut self, leader: NodeId, voter: NodeId) -> ErrorCode {
        let (now, until) = (self.now, self.now + Micros::secs(2));
        let error = self.with(leader, |raft, _| raft.remove_voter(voter, now, until));
        self.deliver();
        error
    }

    fn voters(&self, of: NodeId) -> Vec<u32> {
        self.raft[&of].voters().iter().map(|id| id.0).collect()
    }

    fn refusals(&mut self, of: NodeId) -> Vec<ErrorCode> {
        let refused = |happened| match happened {
            Happened::ChangeRefused { error } => Some(error),
            _ => None,
        };
        self.with(of, |raft, _| raft.take_happened()).into_iter().filter_map(refused).collect()
    }
}

#[test]
fn a_controller_that_has_caught_up_becomes_a_voter_and_counts() {
    let mut quorum = Quorum::with_observers(TIMING, 1);
    quorum.pass(Micros::secs(5));
    let leader = quorum.leader();
    assert_eq!(quorum.add(leader, leader), ErrorCode::DuplicateVoter);
    assert_eq!(quorum.add(leader, node(3)), ErrorCode::None);
    assert_eq!(quorum.voters(leader), [0, 1, 2, 3], "from the moment it is appended");
    quorum.pass(Micros::secs(1));
    assert_eq!(quorum.voters(node(3)), [0, 1, 2, 3]);
    let old: Vec<NodeId> = (0..3).map(node).filter(|id| *id != leader).collect();
    quorum.down.insert(old[0]);
    let end = quorum.append(leader);
    quorum.pass(Micros::secs(1));
    assert_eq!(quorum.raft[&leader].high_watermark(), end, "three of four");
    quorum.down.insert(old[1]);
    quorum.append(leader);
    quorum.pass(Micros::secs(1));
    assert_eq!(quorum.raft[&leader].high_watermark(), end, "two of four are no majority");
}

#[test]
fn a_leader_that_is_taken_out_commits_without_itself() {
    let mut quorum = Quorum::new(TIMING);
    quorum.pass(Micros::secs(5));
    let leader = quorum.leader();
    assert_eq!(quorum.remove(leader, node(7)), ErrorCode::VoterNotFound);
    assert_eq!(quorum.remove(leader, leader), ErrorCode::None);
    quorum.deliver();
    assert!(quorum.raft[&leader].must_resign(), "the other two have it");
    quorum.with(leader, Raft::resign);
    quorum.pass(Micros::secs(5));
    let next = quorum.leader();
    assert_ne!(next, leader);
    assert_eq!(quorum.raft[&leader].state().standing(), Standing::Follower);
    assert_eq!(quorum.raft[&leader].log().end(), quorum.raft[&next].log().end(), "it copies on");
    let other = (0..3).map(node).find(|id| *id != leader && *id != next).unwrap();
    assert_eq!(quorum.remove(next, other), ErrorCode::None);
    assert_eq!(quorum.remove(next, next), ErrorCode::VoterNotFound, "the last one stays");
}

#[test]
fn one_change_at_a_time_and_none_without_a_majority() {
    let mut quorum = Quorum::new(TIMING);
    quorum.pass(Micros::secs(5));
    let leader = quorum.leader();
    let others: Vec<NodeId> = (0..3).map(node).filter(|id| *id != leader).collect();
    quorum.down.extend(&others);
    assert_eq!(quorum.remove(leader, others[0]), ErrorCode::None);
    assert_eq!(quorum.voters(leader).len(), 2);
    assert_eq!(quorum.remove(leader, others[1]), ErrorCode::RequestTimedOut, "the first is not committed");
    quorum.pass(Micros::ms(2_100));
    assert_eq!(quorum.refusals(leader), [ErrorCode::RequestTimedOut]);
    quorum.down = [leader].into();
    quorum.pass(Micros::secs(5));
    quorum.down.clear();
    quorum.pass(Micros::secs(5));
    assert_eq!(quorum.voters(leader), [0, 1, 2], "its record was cut off");
}
