//! Where two labs first do something different.
//!
//! What each process states is compared note by note, process by process: the order of things between two processes may shift without
//! meaning anything, the order at one of them may not. Numbers that only shift (messages, events, producer ids, times) do not count.

use std::collections::BTreeMap;

use super::play::Lab;
use super::story::Told;
use super::trace::Line;

/// The first moment at which two labs differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// µs since t = 0.
    pub at: u64,
    /// The process at which it is seen.
    pub node: String,
    /// What happened there in the first lab; none: nothing more.
    pub left: Option<Box<Told>>,
    /// What happened there in the second.
    pub right: Option<Box<Told>>,
}

/// Requests by which processes come to know each other: they differ with settings and change no record.
const PREPARATIONS: &[&str] = &[
    "Metadata",
    "ApiVersions",
    "InitProducerId",
    "FindCoordinator",
    "MetadataFetch",
    "BrokerHeartbeat",
    "BrokerRegistration",
    "ControllerHeartbeat",
];

/// Fields that name things by a serial number.
const SERIALS: &[&str] = &["msg", "rule", "copy", "answer", "ix", "pid", "quiet", "conn", "member"];

impl Lab {
    /// The first moment since t = 0 at which this lab and another differ, on their present branches. Where the history is very long
    /// only its beginning is compared.
    #[must_use]
    pub fn first_difference(&self, other: &Self) -> Option<Difference> {
        let (left, right) = (by_process(self), by_process(other));
        let nodes = left.keys().chain(right.keys());
        let found = nodes.filter_map(|node| {
            let none = Vec::new();
            let (a, b) = (left.get(node).unwrap_or(&none), right.get(node).unwrap_or(&none));
            let ix = (0..a.len().max(b.len())).find(|ix| said(a.get(*ix)) != said(b.get(*ix)))?;
            let (left, right) = (a.get(ix), b.get(ix));
            let at = left.into_iter().chain(right).map(|told| told.line.at).min()?;
            let boxed = |told: Option<&Told>| told.map(|told| Box::new(told.clone()));
            let at = u64::try_from(at).unwrap_or(0);
            Some(Difference { at, node: node.clone(), left: boxed(left), right: boxed(right) })
        });
        found.min_by_key(|difference| difference.at)
    }
}

/// The notes of each process that are compared, in order.
fn by_process(lab: &Lab) -> BTreeMap<String, Vec<Told>> {
    let mut streams: BTreeMap<String, Vec<Told>> = BTreeMap::new();
    for told in lab.story(0, lab.story_upto(), false) {
        let line = &told.line;
        let prepares = line.field("api").is_some_and(|api| PREPARATIONS.contains(&api.as_str()));
        let arrival =
            matches!(line.note, "MessageArrived" | "MessageHeld" | "ProducerIdAssigned" | "RuleUsed");
        let internal = line.field("partition").or(line.field("replica")).is_some_and(|p| p.contains("__"));
        if prepares || arrival || internal {
            continue;
        }
        let node = line.node.clone().or_else(|| line.field("client")).unwrap_or_default();
        streams.entry(node).or_default().push(told);
    }
    streams
}

/// What a note says without what only shifts.
fn said(told: Option<&Told>) -> Option<String> {
    let line: &Line = &told?.line;
    let mut text = line.note.to_owned();
    for (name, _) in line.fields.iter().filter(|(name, _)| !SERIALS.contains(name)) {
        text.push(' ');
        text.push_str(&line.field(name).unwrap_or_default());
    }
    if line.field("answer").is_some_and(|answer| answer != "-") {
        text.push_str(" answer");
    }
    Some(text)
}
