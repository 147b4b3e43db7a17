//! Functions of the lab itself, of everything of a kind, and of mechanisms that come later.

use crate::lab::cel::signature::{Function, Gives, Kind, f, later};

use Gives::{Int, Maps};
use Kind::{Broker, Consumer, Group, Number, Record, Setting, Topic, Verb};

pub(super) static FUNCTIONS: &[Function] = &[
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
