//! The history of a group as a picture shows it.

/// Who processed a partition, and when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OwnershipView {
    /// `orders-0`.
    pub partition: String,
    /// Spans, oldest first; the latest 64. Those of two consumers may overlap.
    pub spans: Vec<SpanView>,
}

/// A consumer processes a partition, by what it believes itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SpanView {
    /// `c1`.
    pub consumer: String,
    /// Since when, µs since t = 0.
    pub from: u64,
    /// Until when; none = it still does.
    pub to: Option<u64>,
    /// Why not longer: `revoked`, `lost`, `crashed`, `stopped`, `paused`; none while it still does.
    pub ended: Option<&'static str>,
}

/// Something that happened to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupMarkView {
    /// When, µs since t = 0.
    pub at: u64,
    /// What.
    pub what: GroupMark,
}

/// What happened to a group; names are those of consumers, of a broker in `Coordinator`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GroupMark {
    /// A consumer is a member now.
    Joined(String),
    /// A consumer is no member any more, and why: `left`, `expired`, `join-timeout`, `poll-interval`, `replaced`.
    Left(String, &'static str),
    /// The group's state changed (Kafka's name), in this generation or group epoch.
    State(&'static str, i32),
    /// A consumer started.
    Started(String),
    /// A consumer crashed.
    Crashed(String),
    /// A consumer was closed.
    Stopped(String),
    /// A consumer stands still.
    Paused(String),
    /// A consumer goes on.
    Resumed(String),
    /// Another broker coordinates the group.
    Coordinator(String),
}
