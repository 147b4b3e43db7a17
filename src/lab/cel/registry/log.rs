//! Functions of partitions, logs and records.

use crate::lab::cel::signature::{Function, Gives, Kind, f};

use Gives::{Bool, Error, Id, Ids, Int, Maps};
use Kind::{Broker, Partition, Reader, Record};

const P: &[Kind] = &[Partition];
const PB: &[Kind] = &[Partition, Broker];
const R: &[Kind] = &[Record];

pub(super) static FUNCTIONS: &[Function] = &[
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
];
