//! What comes to a voter, and which rule takes it in.

use super::{Clock, Raft, Request, Response};
use crate::engine::NodeId;
use crate::kafka::ErrorCode;

impl Raft {
    /// Takes a request in and answers it. None: it is a fetch, which [`Raft::serve`] answers when there is something to tell.
    pub fn on_request(&mut self, from: NodeId, request: &Request, clock: &mut Clock<'_>) -> Option<Response> {
        Some(match request {
            Request::Vote(vote) => self.on_vote(vote, clock),
            Request::BeginQuorumEpoch { epoch } => self.on_begin(from, *epoch, clock),
            Request::EndQuorumEpoch { epoch, successors } => self.on_end(from, *epoch, successors, clock),
            Request::Fetch(fetch) => {
                self.on_fetch(from, fetch, clock);
                return None;
            }
            Request::ApiVersions => Response::ApiVersions(self.head(ErrorCode::None)),
            Request::FetchSnapshot { epoch, at } => {
                let (head, snapshot) = self.serve_snapshot(*epoch, *at);
                Response::Snapshot(head, snapshot)
            }
        })
    }

    /// Takes an answer in.
    pub fn on_response(&mut self, from: NodeId, response: Response, clock: &mut Clock<'_>) {
        match response {
            Response::Vote { head, granted, pre } => self.on_vote_answer(from, head, granted, pre, clock),
            Response::Begun(head) | Response::Ended(head) => {
                self.heed(head, clock);
            }
            Response::ApiVersions(_) => self.admit(from, clock.now),
            Response::Fetched(fetched) => self.on_fetched(from, fetched, clock),
            Response::Snapshot(head, snapshot) => self.on_snapshot(from, head, snapshot, clock),
        }
    }
}
