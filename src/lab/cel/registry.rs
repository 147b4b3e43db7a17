//! The functions of the state model: names, what they take and give, and an example each. The table in `lessons/README.md` is
//! compared with this one.

use crate::text::Text;

/// What an argument names; string literals are checked against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `orders-0`.
    Partition,
    /// `b1`.
    Broker,
    /// Any process.
    Process,
    /// A producer or consumer.
    Client,
    /// A consumer.
    Consumer,
    /// A group.
    Group,
    /// A group or a consumer.
    Reader,
    /// A topic.
    Topic,
    /// A process or a topic.
    Subject,
    /// A record.
    Record,
    /// The verb of an action.
    Verb,
    /// A setting.
    Setting,
    /// A record's key.
    Key,
    /// `/brokers/ids/1`.
    Path,
    /// A number.
    Number,
}

/// What a function gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gives {
    /// A number; -1 if there is none.
    Int,
    /// Yes or no.
    Bool,
    /// An id, or null.
    Id(Kind),
    /// Ids in order.
    Ids(Kind),
    /// Text, or null.
    Text,
    /// One of Kafka's group states, or null.
    State,
    /// One of Kafka's error names, or null.
    Error,
    /// Words in order.
    Texts,
    /// `{…}` in order.
    Maps,
}

/// One function.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: &'static [Kind],
    /// How many of these must be there.
    pub needs: usize,
    /// What it gives.
    pub gives: Gives,
    /// Korean, English.
    pub about: (&'static str, &'static str),
    /// An expression with it.
    pub example: &'static str,
    /// Whether this version's model can answer it.
    pub available: bool,
}

impl Function {
    /// What it is for.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(self.about.0, self.about.1)
    }

    /// `leader(partition) → broker or null`.
    #[must_use]
    pub fn signature(&self) -> String {
        let take = |(ix, kind): (usize, &Kind)| {
            if ix < self.needs { kind.word().to_owned() } else { format!("[{}]", kind.word()) }
        };
        let takes: Vec<String> = self.takes.iter().enumerate().map(take).collect();
        format!("{}({}) → {}", self.name, takes.join(", "), self.gives.word())
    }
}

impl Kind {
    /// The kind in a signature.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Partition => "partition",
            Self::Broker => "broker",
            Self::Process => "process",
            Self::Client => "client",
            Self::Consumer => "consumer",
            Self::Group => "group",
            Self::Reader => "group or consumer",
            Self::Topic => "topic",
            Self::Subject => "process or topic",
            Self::Record => "record",
            Self::Verb => "verb",
            Self::Setting => "setting",
            Self::Key => "key",
            Self::Path => "path",
            Self::Number => "number",
        }
    }
}

impl Gives {
    /// The result in a signature.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Self::Int => "int".into(),
            Self::Bool => "bool".into(),
            Self::Id(kind) => format!("{} or null", kind.word()),
            Self::Ids(kind) if kind.word().ends_with('s') => format!("list of {}es", kind.word()),
            Self::Ids(kind) => format!("list of {}s", kind.word()),
            Self::Text => "string or null".into(),
            Self::State => "group state or null".into(),
            Self::Error => "error name or null".into(),
            Self::Texts => "list of strings".into(),
            Self::Maps => "list of maps".into(),
        }
    }
}

const fn f(
    name: &'static str,
    takes: &'static [Kind],
    needs: usize,
    gives: Gives,
    about: (&'static str, &'static str),
    example: &'static str,
) -> Function {
    Function { name, takes, needs, gives, about, example, available: true }
}

const fn later(
    name: &'static str,
    takes: &'static [Kind],
    about: (&'static str, &'static str),
    example: &'static str,
) -> Function {
    Function { name, takes, needs: takes.len(), gives: Gives::Maps, about, example, available: false }
}

use Gives::{Bool, Error, Id, Ids, Int, Maps, State};
use Kind::{
    Broker, Client, Consumer, Group, Key, Number, Partition, Process, Reader, Record, Setting, Subject,
    Topic, Verb,
};

const P: &[Kind] = &[Partition];
const PB: &[Kind] = &[Partition, Broker];
const R: &[Kind] = &[Record];

/// Every function, in the order of the documentation.
pub static FUNCTIONS: &[Function] = &[
    // ---- partitions, as the controller has committed them ----
    f("leader", P, 1, Id(Broker), ("파티션의 리더", "leader of a partition"), "leader('orders-0') == 'b1'"),
    f(
        "isr",
        P,
        1,
        Ids(Broker),
        ("ISR, 배정 순서대로", "in-sync replicas in assignment order"),
        "'b2' in isr('orders-0')",
    ),
    f(
        "refused",
        P,
        1,
        Gives::Error,
        ("리더가 마지막으로 거절한 배치의 오류", "why a leader last refused a batch for it"),
        "refused('orders-0') == null",
    ),
    f(
        "isr_refused",
        P,
        1,
        Gives::Error,
        (
            "컨트롤러가 마지막으로 거절한 ISR 변경의 오류",
            "why the controller last refused a change of its in-sync set",
        ),
        "isr_refused('orders-0') == null",
    ),
    f(
        "replicas",
        P,
        1,
        Ids(Broker),
        ("배정된 복제본", "assigned replicas"),
        "size(replicas('orders-0')) == 3",
    ),
    f(
        "elr",
        P,
        1,
        Ids(Broker),
        (
            "ELR: ISR 밖이지만 확정된 레코드를 모두 가진 복제본",
            "eligible leader replicas: not in sync, but with every committed record",
        ),
        "elr('orders-0') == []",
    ),
    f("epoch", P, 1, Int, ("리더 에폭", "leader epoch"), "epoch('orders-0') == 0"),
    // ---- logs: the leader's, or that of a broker ----
    f("hw", PB, 1, Int, ("하이 워터마크", "high watermark"), "hw('orders-0', 'b2') <= hw('orders-0')"),
    f("leo", PB, 1, Int, ("로그 끝 오프셋", "log end offset"), "leo('orders-0') == 2"),
    f("lso", PB, 1, Int, ("마지막 안정 오프셋", "last stable offset"), "lso('orders-0') == hw('orders-0')"),
    f("log_start", PB, 1, Int, ("로그 시작 오프셋", "log start offset"), "log_start('orders-0') == 0"),
    f(
        "log",
        PB,
        1,
        Maps,
        (
            "로그의 레코드: offset kind key value record epoch producer_id seq",
            "records of a log: offset kind key value record epoch producer_id seq",
        ),
        "log('orders-0').all(r, r.kind == 'data')",
    ),
    f(
        "segments",
        PB,
        1,
        Maps,
        ("세그먼트: base size active", "segments: base size active"),
        "size(segments('orders-0')) == 1",
    ),
    f(
        "batches",
        P,
        1,
        Maps,
        (
            "리더 로그의 배치: base count producer records",
            "batches of the leader's log: base count producer records",
        ),
        "batches('orders-0').exists(b, b.count == 2)",
    ),
    // ---- records ----
    f("key", R, 1, Gives::Text, ("레코드의 키", "key of a record"), "key('r1') == 'user_1'"),
    f("tag", R, 1, Gives::Text, ("--tag로 붙인 업무 id", "what --tag named"), "tag('r1') == null"),
    f(
        "part",
        R,
        1,
        Int,
        ("레코드가 간 파티션의 번호", "number of the partition a record went to"),
        "part('r1') == 0",
    ),
    f(
        "off",
        R,
        1,
        Int,
        ("현재 리더의 로그에서 첫 위치", "first position in the present leader's log"),
        "off('r1') == 0",
    ),
    f(
        "copies",
        R,
        1,
        Int,
        ("현재 리더의 로그에 있는 횟수", "how often it is in the present leader's log"),
        "copies('r1') == 1",
    ),
    f(
        "visible",
        R,
        1,
        Bool,
        ("하이 워터마크 아래에 있다", "it is below the high watermark"),
        "visible('r1')",
    ),
    f(
        "visible_rc",
        R,
        1,
        Bool,
        ("read_committed로도 보인다", "it is visible with read_committed too"),
        "visible_rc('r1')",
    ),
    f(
        "txn",
        R,
        1,
        Gives::Text,
        (
            "트랜잭션의 상태: none open committed aborted",
            "state of its transaction: none open committed aborted",
        ),
        "txn('r1') == 'none'",
    ),
    f("sent_at", R, 1, Int, ("보낸 시각(µs)", "when it was sent, µs"), "sent_at('r1') >= 0"),
    f(
        "acked",
        R,
        1,
        Bool,
        ("저장되었다는 응답을 클라이언트가 받았다", "its client learned that it is stored"),
        "acked('r1')",
    ),
    f("acked_at", R, 1, Int, ("그 시각(µs)", "when, µs"), "acked_at('r1') - sent_at('r1') < ms(50)"),
    f("failed", R, 1, Bool, ("클라이언트가 포기했다", "the client gave it up"), "!failed('r1')"),
    f("error", R, 1, Error, ("포기한 까닭", "why it was given up"), "error('r1') == null"),
    f(
        "callbacks",
        R,
        1,
        Int,
        (
            "콜백이 불린 횟수: 애플리케이션이 결과를 아는가",
            "how often its callback ran: whether the application knows",
        ),
        "callbacks('r1') == 1",
    ),
    f(
        "reply",
        R,
        1,
        Gives::Texts,
        (
            "시도마다 클라이언트가 받은 것: ok@오프셋, lost, 오류 이름",
            "what its client got for each attempt: ok@offset, lost, an error's name",
        ),
        "reply('r1') == ['lost', 'ok@6']",
    ),
    f("seq", R, 1, Int, ("시퀀스 번호", "its sequence number"), "seq('r1') == 0"),
    f(
        "dropped",
        R,
        1,
        Int,
        ("이 레코드를 싣고 사라진 메시지 수", "lost messages that carried it"),
        "dropped('r1') == 0",
    ),
    f(
        "holds",
        &[Broker, Record],
        2,
        Bool,
        ("브로커의 로그에 있다", "it is in a broker's log"),
        "holds('b2', 'r1')",
    ),
    f(
        "delivered",
        &[Reader, Record],
        2,
        Int,
        ("poll()로 받은 횟수", "how often poll() returned it"),
        "delivered('pay', 'r1') == 1",
    ),
    f(
        "worked",
        &[Reader, Record],
        2,
        Int,
        ("처리를 마친 횟수", "how often its work was finished"),
        "worked('pay', 'r1') == 0",
    ),
    // ---- producers ----
    f("pid", &[Client], 1, Int, ("프로듀서 ID", "producer id"), "pid('p') >= 0"),
    f(
        "hash",
        &[Client, Key],
        2,
        Int,
        (
            "프로듀서가 키로 만든 수. 파티션 수로 나눈 나머지가 파티션",
            "number that a producer makes of a key; the remainder by partitions is the partition",
        ),
        "hash('p', 'user_1') % 3 == part('r1')",
    ),
    f(
        "requests",
        &[Client],
        1,
        Int,
        (
            "프로듀서가 보낸 Produce 요청 수, 다시 보낸 것도",
            "Produce requests that a producer has sent, those sent again too",
        ),
        "requests('p') == 1",
    ),
    f("producer_epoch", &[Client], 1, Int, ("프로듀서 에폭", "producer epoch"), "producer_epoch('p') == 0"),
    f(
        "txn_state",
        &[Client],
        1,
        Gives::Text,
        (
            "프로듀서의 transactional.id의 상태, 코디네이터가 아는 대로",
            "state of a producer's transactional.id, as its coordinator has it",
        ),
        "txn_state('p') == null",
    ),
    f(
        "coordinator",
        &[Client],
        1,
        Id(Broker),
        (
            "프로듀서의 트랜잭션, 또는 컨슈머의 그룹을 맡은 코디네이터",
            "the broker that coordinates a producer's transactions, or a consumer's group",
        ),
        "coordinator('p') == null",
    ),
    f(
        "cached",
        &[Broker, Partition, Number],
        3,
        Maps,
        (
            "브로커가 기억하는 배치: first last base",
            "batches a broker remembers of a producer id: first last base",
        ),
        "size(cached('b1', 'orders-0', pid('p'))) <= 5",
    ),
    // ---- groups and consumers ----
    f(
        "committed",
        &[Group, Partition],
        2,
        Int,
        ("커밋된 오프셋", "committed offset"),
        "committed('pay', 'orders-0') == 3",
    ),
    f(
        "share_start",
        &[Group, Partition],
        2,
        Int,
        ("셰어 그룹의 시작 오프셋 SPSO", "start offset of a share group (SPSO)"),
        "share_start('pay', 'orders-0') == 3",
    ),
    f(
        "share_end",
        &[Group, Partition],
        2,
        Int,
        ("셰어 그룹의 끝 오프셋 SPEO", "end offset of a share group (SPEO)"),
        "share_end('pay', 'orders-0') == 5",
    ),
    f(
        "share_state",
        &[Group, Partition, Number],
        3,
        Gives::Text,
        (
            "SPSO와 SPEO 사이 레코드의 상태: Available Acquired Acknowledged Archived",
            "state of a record between SPSO and SPEO: Available Acquired Acknowledged Archived",
        ),
        "share_state('pay', 'orders-0', 3) == 'Acquired'",
    ),
    f(
        "deliveries",
        &[Group, Partition, Number],
        3,
        Int,
        ("SPSO와 SPEO 사이 레코드가 전달된 횟수", "how often a record between SPSO and SPEO was delivered"),
        "deliveries('pay', 'orders-0', 3) == 2",
    ),
    f(
        "share_stored",
        &[Group, Partition],
        2,
        Int,
        ("셰어 코디네이터에 저장된 SPSO", "SPSO as the share coordinator has it stored"),
        "share_stored('pay', 'orders-0') == 3",
    ),
    f(
        "locked",
        &[Consumer],
        1,
        Int,
        (
            "셰어 컨슈머가 받아 놓고 아직 확인하지 않은 레코드 수",
            "records that a share consumer has acquired and not acknowledged",
        ),
        "locked('c1') == 2",
    ),
    f(
        "position",
        &[Consumer, Partition],
        2,
        Int,
        ("다음에 읽을 오프셋", "next offset to deliver"),
        "position('c1', 'orders-0') == 3",
    ),
    f(
        "lag",
        &[Group, Partition],
        1,
        Int,
        (
            "밀린 레코드 수(커밋이 없으면 로그 시작부터)",
            "records behind the high watermark (without a commit: from the log start)",
        ),
        "lag('pay') == 0",
    ),
    f(
        "owner",
        &[Group, Partition],
        2,
        Id(Consumer),
        ("파티션을 맡은 컨슈머", "consumer that a partition is assigned to"),
        "owner('pay', 'orders-0') == 'c1'",
    ),
    f(
        "owned",
        &[Consumer],
        1,
        Ids(Partition),
        ("컨슈머가 맡은 파티션", "partitions a consumer may read"),
        "'orders-0' in owned('c1')",
    ),
    f("state", &[Group], 1, State, ("그룹의 상태", "state of a group"), "state('pay') == 'Stable'"),
    f(
        "generation",
        &[Group],
        1,
        Int,
        ("그룹의 세대, 또는 그룹 에폭", "generation of a group, or its group epoch"),
        "generation('pay') == 1",
    ),
    f(
        "member_epoch",
        &[Consumer],
        1,
        Int,
        (
            "코디네이터가 아는 컨슈머의 멤버 에폭(consumer 프로토콜), 멤버가 아니면 -1",
            "member epoch of a consumer, as its coordinator has it (consumer protocol); -1 if it is no member",
        ),
        "member_epoch('c1') == 1",
    ),
    f(
        "target",
        &[Consumer],
        1,
        Ids(Partition),
        (
            "코디네이터가 컨슈머에게 주려는 파티션(consumer 프로토콜)",
            "partitions that a consumer is to have, as its coordinator says (consumer protocol)",
        ),
        "!('orders-0' in target('c1'))",
    ),
    f(
        "revoking",
        &[Consumer],
        1,
        Ids(Partition),
        (
            "내놓으라는 말을 들었고 아직 내놓지 않은 파티션(consumer 프로토콜)",
            "partitions that a consumer was told to give up and has not yet (consumer protocol)",
        ),
        "size(revoking('c1')) == 0",
    ),
    f(
        "members",
        &[Group],
        1,
        Ids(Consumer),
        ("그룹의 멤버", "members of a group"),
        "members('pay') == ['c1']",
    ),
    f(
        "spans",
        &[Group, Partition],
        2,
        Maps,
        (
            "누가 언제 처리했는지: consumer from to end(revoked lost crashed stopped paused)",
            "who processed it when: consumer from to end (revoked lost crashed stopped paused)",
        ),
        "spans('pay', 'orders-0').all(s, s.end != 'lost')",
    ),
    f(
        "idle",
        &[Group, Partition, Number],
        2,
        Int,
        (
            "처음 맡겨진 뒤로(또는 주어진 때부터) 아무도 처리하지 않은 시간의 합, µs",
            "time since it was first given out (or since a time) in which nobody processed it, µs",
        ),
        "idle('pay', 'orders-0') < s(1)",
    ),
    f(
        "leader_of",
        &[Group],
        1,
        Id(Consumer),
        ("그룹의 리더: 파티션을 나누는 컨슈머", "leader of a group: the consumer that assigns"),
        "leader_of('pay') == 'c1'",
    ),
    f(
        "coordinator_of",
        &[Group],
        1,
        Id(Broker),
        ("그룹의 코디네이터", "the broker that coordinates a group"),
        "coordinator_of('pay') == 'b1'",
    ),
    f(
        "pending",
        &[Group],
        1,
        Int,
        (
            "ID만 받고 아직 참여하지 않은 클라이언트 수",
            "clients that were given a member id and have not joined with it",
        ),
        "pending('pay') == 0",
    ),
    f(
        "assignor",
        &[Group],
        1,
        Gives::Text,
        ("이 세대가 고른 할당자", "the assignor that this generation chose"),
        "assignor('pay') == 'range'",
    ),
    f(
        "member_id",
        &[Consumer],
        1,
        Gives::Text,
        ("컨슈머의 멤버 ID", "member id of a consumer"),
        "member_id('c1') != null",
    ),
    f(
        "buffer",
        &[Consumer],
        1,
        Int,
        ("받았지만 처리하지 않은 레코드 수", "records polled and not worked"),
        "buffer('c1') == 0",
    ),
    f("polls", &[Consumer], 1, Int, ("끝난 poll()의 수", "polls that returned"), "polls('c1') >= 0"),
    f(
        "err",
        &[Client],
        1,
        Error,
        ("애플리케이션이 마지막으로 받은 오류", "the last error its application got"),
        "err('c1') == null",
    ),
    // ---- processes ----
    f(
        "config",
        &[Subject, Setting],
        2,
        Gives::Text,
        ("설정값", "value of a setting"),
        "config('p', 'acks') == 'all'",
    ),
    f("up", &[Process], 1, Bool, ("꺼지지 않았다", "it is not down"), "up('b1')"),
    f(
        "down_at",
        &[Process],
        1,
        Int,
        ("마지막으로 꺼진 시각(µs)", "when it last went down, µs"),
        "down_at('b1') == -1",
    ),
    f(
        "up_at",
        &[Process],
        1,
        Int,
        ("마지막으로 켜진 시각(µs)", "when it last started, µs"),
        "up_at('b1') >= 0",
    ),
    f(
        "admin_refused",
        &[],
        0,
        Gives::Error,
        ("마지막으로 거절된 관리 요청의 오류", "why the last admin request that was refused was refused"),
        "admin_refused() == null",
    ),
    f("controller", &[], 0, Id(Process), ("활성 컨트롤러", "the active controller"), "controller() == 'k1'"),
    f(
        "metadata_offset",
        &[Process],
        1,
        Int,
        ("적용한 메타데이터 오프셋", "metadata offset it has applied"),
        "metadata_offset('b1') >= 0",
    ),
    // ---- the quorum of controllers ----
    f(
        "quorum_epoch",
        &[Process],
        0,
        Int,
        (
            "쿼럼의 에폭: 그 컨트롤러가 아는 것, 없으면 켜진 보터가 아는 가장 높은 것",
            "epoch of the quorum: the one that this controller knows, else the highest that a running voter knows",
        ),
        "quorum_epoch() >= quorum_epoch('k1')",
    ),
    f(
        "quorum_leader",
        &[Process],
        0,
        Id(Process),
        (
            "쿼럼의 리더: 그 컨트롤러가 아는 것, 없으면 가장 높은 에폭의 리더",
            "leader of the quorum: as this controller knows it, else the leader of the highest epoch",
        ),
        "quorum_leader() == controller()",
    ),
    f(
        "quorum_state",
        &[Process],
        1,
        Gives::Text,
        (
            "보터의 상태: Unattached Prospective Candidate Leader Follower Resigned, 꺼져 있으면 null",
            "state of a voter: Unattached Prospective Candidate Leader Follower Resigned, null if it is down",
        ),
        "quorum_state('k1') == 'Leader'",
    ),
    f(
        "voters",
        &[Process],
        0,
        Ids(Process),
        (
            "보터들: 그 컨트롤러의 로그가 말하는 것, 없으면 가장 높은 에폭의 리더의 로그가 말하는 것",
            "the voters: as this controller's log names them, else as that of the leader of the highest epoch",
        ),
        "'k1' in voters()",
    ),
    f(
        "voted",
        &[Process],
        1,
        Id(Process),
        ("보터가 지금 에폭에서 표를 준 컨트롤러", "for whom a voter voted in its present epoch"),
        "voted('k1') == null || quorum_epoch('k1') > 0",
    ),
    f(
        "metadata_hw",
        &[Process],
        1,
        Int,
        (
            "보터가 아는 메타데이터 로그의 하이 워터마크, 아직 모르면 -1",
            "high watermark of the metadata log as a voter knows it, -1 while it does not",
        ),
        "metadata_hw('k1') <= metadata_leo('k1')",
    ),
    f(
        "metadata_leo",
        &[Process],
        1,
        Int,
        ("보터의 메타데이터 로그 끝 오프셋", "end of a voter's metadata log"),
        "metadata_leo('k1') > 0",
    ),
    f(
        "metadata_start",
        &[Process],
        1,
        Int,
        (
            "보터의 메타데이터 로그 시작 오프셋(그 앞은 스냅샷에 있음)",
            "start of a voter's metadata log (what came before is in its snapshot)",
        ),
        "metadata_start('k1') == 0",
    ),
    f(
        "metadata_log",
        &[Process],
        1,
        Maps,
        (
            "보터의 메타데이터 로그에서 NoOp이 아닌 최근 100개: offset epoch kind",
            "latest 100 records of a voter's metadata log that are no NoOp: offset epoch kind",
        ),
        "metadata_log('k1').exists(r, r.kind == 'Topic')",
    ),
    f(
        "unled",
        &[],
        0,
        Int,
        ("리더가 살아 있지 않은 파티션 수", "partitions whose leader is not alive"),
        "unled() == 0",
    ),
    f(
        "led_after",
        &[],
        0,
        Int,
        (
            "마지막 장애 뒤 모든 파티션에 살아 있는 리더가 서기까지 걸린 µs, 아직이면 -1",
            "µs from the last failure of a server until every partition had a leader that lives; -1 = not yet",
        ),
        "led_after() >= -1",
    ),
    f(
        "stalled_for",
        &[],
        0,
        Int,
        (
            "마지막으로 컨트롤러를 잃은 뒤 일할 수 있는 컨트롤러가 없던 µs, 아직 없으면 -1",
            "µs without a controller that could act, after the last one was lost; -1 = not over, or none was lost",
        ),
        "stalled_for() >= -1",
    ),
    f(
        "failover_steps",
        &[],
        0,
        Int,
        (
            "그 컨트롤러 페일오버에서 끝난 단계 수: 알아채기, 선출, 상태 읽기, 브로커에 알리기. 잃은 적이 없으면 -1",
            "steps of that failover which are done: notice, elect, load, tell the brokers; -1 = none was lost",
        ),
        "failover_steps() < 5",
    ),
    f(
        "failover_requests",
        &[],
        0,
        Int,
        ("그 뒤 보낸 요청 수", "requests sent since then"),
        "failover_requests() >= 0",
    ),
    f(
        "failover_entries",
        &[],
        0,
        Int,
        (
            "그 뒤 브로커가 받아들인 파티션이나 레코드 수",
            "partitions or records that brokers took in since then",
        ),
        "failover_entries() >= 0",
    ),
    f("znodes_read", &[], 0, Int, ("그 뒤 읽은 znode 수", "znodes read since then"), "znodes_read() >= 0"),
    f(
        "failover_records",
        &[],
        0,
        Int,
        ("그 뒤 메타데이터 로그에 쓴 레코드 수", "records written to the metadata log since then"),
        "failover_records() >= 0",
    ),
    f(
        "controller_epoch",
        &[],
        0,
        Int,
        ("컨트롤러가 몇 번째인가", "the epoch of the controller"),
        "controller_epoch() >= 1",
    ),
    f(
        "cached_leader",
        &[Broker, Partition],
        2,
        Id(Broker),
        (
            "그 브로커가 클라이언트에게 말하는 리더: 늦게 안 것일 수 있다",
            "the leader that this broker tells clients; it may not know better yet",
        ),
        "cached_leader('b3', 'orders-0') == leader('orders-0')",
    ),
    f(
        "control_refused",
        &[Broker],
        1,
        Gives::Error,
        (
            "ZooKeeper: 그 브로커가 컨트롤러의 요청을 마지막으로 거절한 오류",
            "ZooKeeper: why this broker last refused a request of a controller",
        ),
        "control_refused('b2') == 'STALE_CONTROLLER_EPOCH'",
    ),
    f(
        "znode",
        &[Kind::Path],
        1,
        Gives::Text,
        ("ZooKeeper: 그 znode의 내용", "ZooKeeper: contents of a znode"),
        "znode('/controller') != null",
    ),
    f(
        "zk_session",
        &[Broker],
        1,
        Bool,
        (
            "ZooKeeper: 그 브로커의 세션이 살아 있다",
            "ZooKeeper: this broker has a session that has not ended",
        ),
        "zk_session('b1')",
    ),
    // ---- the lab ----
    f(
        "count",
        &[Verb],
        1,
        Int,
        ("t = 0 뒤에 그 동작을 한 횟수", "how often an action was done since t = 0"),
        "count('crash') == 0",
    ),
    f("now", &[], 0, Int, ("t = 0부터의 시각(µs)", "time since t = 0, µs"), "now() < s(60)"),
    f("ms", &[Number], 1, Int, ("밀리초를 µs로", "milliseconds in µs"), "now() > ms(30)"),
    f("s", &[Number], 1, Int, ("초를 µs로", "seconds in µs"), "now() > s(9)"),
    f(
        "in_flight",
        &[],
        0,
        Maps,
        (
            "가는 중인 메시지: id from to api answer",
            "messages on their way, quiet ones left out: id from to api answer",
        ),
        "in_flight().exists(m, m.api == 'Produce')",
    ),
    // ---- everything of a kind ----
    f(
        "records",
        &[Topic],
        0,
        Maps,
        ("모든 레코드와 그 사실들", "all records with their facts"),
        "records().all(r, !r.acked || r.visible)",
    ),
    f(
        "partitions",
        &[Topic],
        0,
        Maps,
        (
            "모든 파티션: id leader isr replicas epoch hw leo log_start",
            "all partitions: id leader isr replicas epoch hw leo log_start",
        ),
        "partitions().all(p, p.leader != null)",
    ),
    f(
        "consumers",
        &[Group],
        0,
        Maps,
        (
            "컨슈머: id group owned generation polls buffer up",
            "consumers: id group owned generation polls buffer up",
        ),
        "consumers('pay').exists(c, size(c.owned) == 0)",
    ),
    f(
        "brokers",
        &[],
        0,
        Maps,
        ("브로커: id up fenced metadata_offset leads", "brokers: id up fenced metadata_offset leads"),
        "brokers().exists(b, b.fenced)",
    ),
    f(
        "leaderless",
        &[],
        0,
        Int,
        ("리더가 없는 파티션 수", "partitions without a leader"),
        "leaderless() == 0",
    ),
    f(
        "under_replicated",
        &[],
        0,
        Int,
        ("ISR이 배정보다 작은 파티션 수", "partitions with fewer replicas in sync than assigned"),
        "under_replicated() == 0",
    ),
    f(
        "leaders_on",
        &[Broker],
        1,
        Int,
        ("브로커가 이끄는 파티션 수", "partitions a broker leads"),
        "leaders_on('b1') == 1",
    ),
    // ---- with mechanisms that come later ----
    later("mails", &[Setting], ("보낸 메일 수", "mails sent"), "mails('order-1') == 1"),
    later("rejected", &[Setting], ("거절된 스키마", "refused schemas"), "rejected('users-value') == 1"),
    later("latest", &[Setting], ("최신 스키마", "the latest schema"), "latest('users-value') == 1"),
    later(
        "decoded",
        &[Consumer, Record],
        ("디코딩한 값", "the decoded value"),
        "decoded('c1', 'r1') != null",
    ),
    later(
        "decode_error",
        &[Consumer, Record],
        ("디코딩 오류", "why decoding failed"),
        "decode_error('c1', 'r1') == null",
    ),
    later(
        "redis_pending",
        &[Group],
        ("Redis의 대기 목록", "pending entries in Redis"),
        "redis_pending('g') == 0",
    ),
];

/// Functions of CEL itself that may be used.
pub const BUILTINS: &[&str] = &["size", "contains", "startsWith", "endsWith", "int", "string"];

/// The function of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}
