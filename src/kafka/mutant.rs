//! Defects on purpose: each breaks one rule of the model, so that a test can show that the law about it fires.
//!
//! A defect is one condition at the place where the rule stands: `if mutant::on(Mutant::X)`. Outside this library's own tests that
//! is the constant `false`: the model a person sees has no switch, and pays nothing. In tests a defect belongs to the thread that
//! plays with it ([`with`]): rules stand in plain functions (a log, a leader's books, a group) that see nothing of the world.

macro_rules! mutants {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)*) => {
        /// A defect. Its doc says which rule it breaks and which law must fire.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Mutant { $($(#[doc = $doc])+ $variant,)* }
        impl Mutant {
            /// Every defect.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// Its name: the key of its words.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }
        }
    };
}

mutants! {
    /// A follower that cuts its log leaves its high watermark above the end: data.1.
    KeepsHighWatermark = "keeps-high-watermark",
    /// A leader gives a batch the offset of the record before it: data.2.
    ReusesOffset = "reuses-offset",
    /// A leader stamps batches with the first epoch, whatever its own: data.3.
    StampsOldEpoch = "stamps-old-epoch",
    /// A follower mixes up the records that it copies: data.4.
    CopiesOtherRecords = "copies-other-records",
    /// A new segment is named after the second offset in it: data.5.
    MisnamesSegment = "misnames-segment",
    /// A follower takes its leader's log start even when that is lower: data.6.
    LowersLogStart = "lowers-log-start",
    /// Retention by size goes on until less than the limit is left: data.7.
    DeletesTooMuch = "deletes-too-much",
    /// Retention does not look at the high watermark: data.8.
    DeletesUncommitted = "deletes-uncommitted",
    /// Compaction keeps the old records of a key and removes the newest: data.9.
    RemovesNewest = "removes-newest",
    /// Compaction does not look at the last stable offset: data.10.
    CleansUnstable = "cleans-unstable",
    /// The leader epoch stays when the leader changes: data.11.
    KeepsLeaderEpoch = "keeps-leader-epoch",
    /// The controller takes the leader itself out of the in-sync set: data.12.
    DropsLeader = "drops-leader",
    /// A leader lowers its high watermark to what its followers have told it: data.13.
    LowersHighWatermark = "lowers-high-watermark",
    /// The high watermark moves with fewer in sync than the minimum: data.14.
    IgnoresMinimum = "ignores-minimum",
    /// The high watermark follows the leader's own log end: data.15.
    CountsLeaderOnly = "counts-leader-only",
    /// A leader counts what it is about to send as copied: data.16.
    CountsWhatItSends = "counts-what-it-sends",
    /// A process that dies loses what was not flushed, as if the power had failed: data.17.
    ForgetsTail = "forgets-tail",
    /// acks=all is answered as soon as the leader has written: data.18.
    AnswersEarly = "answers-early",
    /// A follower cuts one record too many: data.19.
    CutsTooMuch = "cuts-too-much",
    /// A follower cuts its log to its high watermark whenever it begins to follow (Kafka before KIP-101): data.20.
    CutsToHighWatermark = "cuts-to-high-watermark",
    /// A leader overlooks one diverging record at the end of a follower's log: data.21.
    OverlooksDivergence = "overlooks-divergence",
    /// A follower joins the in-sync set before it has reached the high watermark: data.22.
    JoinsTooEarly = "joins-too-early",
    /// Followers outside the in-sync set hold the high watermark for ever: data.23.
    WaitsForEverybody = "waits-for-everybody",
    /// An election takes the last in-sync replica instead of the first: data.25.
    TakesLastInSync = "takes-last-in-sync",
    /// A batch that is refused for want of replicas is written all the same: data.26.
    WritesWhatItRefuses = "writes-what-it-refuses",
    /// A leader counts a replica out of the in-sync set before the controller has agreed: data.27.
    ShrinksAlone = "shrinks-alone",
    /// The application is told twice: data.28.
    TellsTwice = "tells-twice",
    /// The partition of a key depends on the time: data.29.
    MovesKeys = "moves-keys",
    /// A producer sends without waiting for answers: data.30.
    SendsWithoutLimit = "sends-without-limit",
    /// An idempotent producer gives a batch a new sequence number when it sends it again: data.31.
    NumbersAgain = "numbers-again",
    /// A leader accepts a batch although one before it is missing: data.32.
    AcceptsGaps = "accepts-gaps",
    /// A leader does not recognise a batch that it has: data.33.
    AcceptsTwice = "accepts-twice",
    /// A leader accepts batches of an older producer epoch: data.34.
    AcceptsOldEpoch = "accepts-old-epoch",
    /// Six batches of a producer id are remembered: data.35.
    RemembersSix = "remembers-six",
    /// A follower remembers nothing of the batches it copies: data.36.
    ForgetsProducers = "forgets-producers",
    /// A batch that is there already is answered with the offset after it: data.37.
    AnswersOtherOffset = "answers-other-offset",
    /// A producer puts the newest record of a batch first: data.38.
    NewestFirst = "newest-first",
    /// A coordinator's memory changes before the record of it is replicated: data.39.
    DecidesEarly = "decides-early",
    /// A leader that comes from the eligible replicas stays one of them: data.24.
    KeepsEligible = "keeps-eligible",
    /// A transaction is complete when its markers are on the way: data.41.
    CompletesEarly = "completes-early",
    /// A coordinator sends markers of the other outcome: data.40.
    MarksTheOpposite = "marks-the-opposite",
    /// A leader takes a transaction's first batch without asking its coordinator: data.42.
    SkipsVerification = "skips-verification",
    /// While a transaction is open the last stable offset is the log start: data.45.
    LowersStableOffset = "lowers-stable-offset",
    /// The last stable offset does not look at open transactions: data.46.
    OverlooksOpen = "overlooks-open",
    /// A consumer gives markers to the application: data.48.
    DeliversMarkers = "delivers-markers",
    /// A consumer does not skip what was aborted: data.49.
    DeliversAborted = "delivers-aborted",
    /// A leader lets consumers read to the log end: data.47.
    ServesUncommitted = "serves-uncommitted",
    /// A consumer's position stays when records are delivered: data.50.
    ForgetsPosition = "forgets-position",
    /// The end of a transaction leaves the producer epoch as it was, with version 2, too: data.43.
    KeepsProducerEpoch = "keeps-producer-epoch",
    /// A coordinator does not look at the producer epoch: data.44.
    ServesZombies = "serves-zombies",
    /// A group counts the offsets of a transaction that was aborted: data.51.
    CountsAborted = "counts-aborted",
    /// No follower ever returns to the in-sync set: data.52.
    NeverRejoins = "never-rejoins",
    /// Every member of a group is given every partition: control.1.
    AssignsToAll = "assigns-to-all",
    /// An eager member keeps its partitions when it joins again: control.2.
    KeepsWhileJoining = "keeps-while-joining",
    /// cooperative-sticky gives a partition away while its owner still has it: control.3.
    HandsOverAtOnce = "hands-over-at-once",
    /// Nobody takes over when the leader leaves: control.5.
    LeavesNoLeader = "leaves-no-leader",
    /// A group is Stable before its assignment is stored: control.6.
    StableTooEarly = "stable-too-early",
    /// A SyncGroup is answered before the assignment is stored: control.7.
    TellsUnstored = "tells-unstored",
    /// Only the first member is told of a new generation: control.9.
    TellsSome = "tells-some",
    /// The member whose place a static one took stays: control.10.
    KeepsReplaced = "keeps-replaced",
    /// A member that joined still counts as pending: control.11.
    KeepsPending = "keeps-pending",
    /// Every commit is taken: control.12.
    TakesAnyCommit = "takes-any-commit",
    /// A new coordinator does not read committed offsets: control.13.
    ForgetsOffsets = "forgets-offsets",
    /// A heartbeat does not keep the session: control.14.
    ForgetsHeartbeats = "forgets-heartbeats",
    /// The session of a member whose request waits runs on: control.15.
    ExpiresParked = "expires-parked",
    /// A group's generation counts down: control.4.
    CountsDown = "counts-down",
    /// A group is stable as soon as everybody has joined: control.8.
    SkipsSync = "skips-sync",
    /// A member is given partitions that another one has not given up: control.16.
    GivesWhatIsHeld = "gives-what-is-held",
    /// A member's epoch runs ahead of the target's: control.17.
    RunsAhead = "runs-ahead",
    /// A member's epoch goes on although it has not given up what it was told to: control.18.
    AdvancesUnrevoked = "advances-unrevoked",
    /// A member is given the partition after the one that it should have: control.19.
    GivesTheNext = "gives-the-next",
    /// A record of a share group is delivered again however often it was: control.20.
    DeliversForever = "delivers-forever",
    /// A broker applies metadata and forgets that it did: control.28.
    AppliesTwice = "applies-twice",
    /// The partition epoch stays when the in-sync set changes: control.32.
    KeepsPartitionEpoch = "keeps-partition-epoch",
    /// A broker does what any controller says, however old: control.22.
    ObeysAnyController = "obeys-any-controller",
    /// ZooKeeper keeps the ephemeral znodes of a session that is over: control.39.
    KeepsEphemerals = "keeps-ephemerals",
    /// A controller whose session is over goes on in the next one, and writes without looking whether it still is the controller: control.23.
    WritesUnfenced = "writes-unfenced",
    /// A broker that is fenced keeps what it leads: control.34.
    FencesInName = "fences-in-name",
    /// A voter that follows acts as the controller, too: control.21.
    FollowersAct = "followers-act",
    /// A voter gives its vote to whoever asks, again and again: control.24.
    VotesTwice = "votes-twice",
    /// A leader of the quorum does not see that a follower's log parted from its own: control.25.
    OverlooksFork = "overlooks-fork",
    /// A voter votes for a candidate whose log is shorter than its own: control.26.
    VotesForAnyone = "votes-for-anyone",
    /// A new leader of the quorum counts records of older epochs as committed: control.27.
    CommitsOldEpochs = "commits-old-epochs",
    /// The fetch of a broker counts for the high watermark of the metadata log: control.29.
    CountsObservers = "counts-observers",
    /// A broker that comes back gets the broker epoch it had: control.35.
    RegistersInName = "registers-in-name",
    /// A broker is unfenced before it has applied its registration: control.36.
    UnfencesEarly = "unfences-early",
    /// The leader of the quorum needs nobody to commit: control.38.
    CommitsAlone = "commits-alone",
    /// The active controller answers before the high watermark has passed: control.40.
    AnswersBeforeCommit = "answers-before-commit",
    /// A voter without a leader does not stand for election: liveness.1.
    NeverStands = "never-stands",
    /// A broker that comes back is given no partition to lead: liveness.2.
    LeavesLeaderless = "leaves-leaderless",
    /// The session of a member never ends: liveness.3.
    KeepsTheDead = "keeps-the-dead",
    /// No transaction times out: liveness.4.
    NeverTimesOut = "never-times-out",
    /// A consumer fetches nothing more once it has delivered a record: liveness.5.
    StopsReading = "stops-reading",
}

/// Whether this defect is switched on.
#[cfg(not(test))]
pub(crate) const fn on(_: Mutant) -> bool {
    false
}

#[cfg(test)]
pub(crate) use switch::{on, with};

#[cfg(test)]
mod switch {
    use super::Mutant;
    use std::cell::Cell;

    thread_local! {
        static ACTIVE: Cell<Option<Mutant>> = const { Cell::new(None) };
    }

    /// Whether this defect is switched on in this thread.
    pub(crate) fn on(mutant: Mutant) -> bool {
        ACTIVE.get() == Some(mutant)
    }

    /// Does something with a defect switched on, or with none.
    pub(crate) fn with<T>(mutant: Option<Mutant>, act: impl FnOnce() -> T) -> T {
        struct Off;
        impl Drop for Off {
            fn drop(&mut self) {
                ACTIVE.set(None);
            }
        }
        let _off = Off;
        ACTIVE.set(mutant);
        act()
    }
}
