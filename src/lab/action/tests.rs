//! Actions parse, print and come back.

use proptest::option::of;
use proptest::prelude::*;

use super::*;
use crate::engine::Micros;
use crate::kafka::share::AckType;
use crate::kafka::{Body, Offset};

fn id() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_-]{0,5}"
}

fn topic() -> impl Strategy<Value = String> {
    "[a-z][a-z0-9_.]{0,5}"
}

fn partition() -> impl Strategy<Value = String> {
    (topic(), 0..200_u32).prop_map(|(topic, n)| format!("{topic}-{n}"))
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z0-9]{0,4}", "[^\\p{Cc}]{0,8}", Just("--key".to_owned()), Just("두 잔".to_owned())]
}

fn record() -> impl Strategy<Value = String> {
    "[a-q][a-z_-]{0,5}"
}

fn length() -> impl Strategy<Value = Length> {
    (0..10_000_u64, prop_oneof![Just(1_u64), Just(1_000), Just(1_000_000), Just(86_400_000_000)])
        .prop_map(|(n, unit)| Length(Micros(n * unit)))
}

fn seek_to() -> impl Strategy<Value = SeekTo> {
    prop_oneof![
        Just(SeekTo::Earliest),
        Just(SeekTo::Latest),
        (0..1000_i64).prop_map(|n| SeekTo::Offset(Offset(n))),
        length().prop_map(|l| SeekTo::Timestamp(l.0)),
    ]
}

fn setting() -> impl Strategy<Value = Setting> {
    ("[a-z][a-z.]{0,8}", text()).prop_map(|(name, value)| Setting { name, value })
}

fn produce() -> impl Strategy<Value = Action> {
    let value = prop_oneof![Just((None, false)), Just((None, true)), text().prop_map(|v| (Some(v), false))];
    (id(), of(topic()), of(text()), value, of(-2..9_i32), of(id()), of(record()), 1..4_u32).prop_map(
        |(client, to, key, (value, null), partition, tag, id, count)| {
            let count = if id.is_some() { 1 } else { count };
            Action::Produce(Produce { client, to, key, value, null, partition, tag, id, count })
        },
    )
}

fn of_clients() -> impl Strategy<Value = Action> {
    prop_oneof![
        produce(),
        id().prop_map(|client| Action::Flush { client }),
        id().prop_map(|consumer| Action::Poll { consumer }),
        id().prop_map(|consumer| Action::Hang { consumer }),
        (id(), partition(), seek_to()).prop_map(|(consumer, partition, to)| Action::Seek {
            consumer,
            partition,
            to
        }),
        (id(), topic(), seek_to()).prop_map(|(group, topic, to)| Action::ResetOffsets { group, topic, to }),
        (id(), proptest::option::of(id()), any::<bool>()).prop_map(|(process, group, share)| {
            let share = share && group.is_some();
            Action::Start { process, group, share }
        }),
        (id(), proptest::sample::select(AckType::CHOICES), proptest::option::of(id()))
            .prop_map(|(consumer, how, record)| Action::Acknowledge { consumer, how, record }),
        (id(), any::<bool>()).prop_map(|(process, power)| Action::Crash { process, power }),
        (topic(), proptest::collection::vec(setting(), 1..3))
            .prop_map(|(subject, settings)| Action::Set { subject, settings }),
        (id(), id()).prop_map(|(producer, consumer)| Action::SendOffsets { producer, consumer }),
    ]
}

fn of_the_cluster() -> impl Strategy<Value = Action> {
    let maybe = proptest::option::of::<std::ops::Range<u32>>;
    let api = proptest::option::of(proptest::sample::select(Body::APIS));
    let error = proptest::option::of(proptest::sample::select(ErrorCode::on_the_wire().collect::<Vec<_>>()));
    prop_oneof![
        (topic(), maybe(1..9), maybe(1..9), proptest::collection::vec(setting(), 0..3)).prop_map(
            |(topic, partitions, replication, config)| Action::CreateTopic {
                topic,
                partitions,
                replication,
                config
            }
        ),
        (topic(), 1..99_u32).prop_map(|(topic, count)| Action::AddPartitions { topic, count }),
        (partition(), proptest::collection::vec(id(), 1..4))
            .prop_map(|(partition, brokers)| Action::Reassign { partition, brokers }),
        partition().prop_map(|partition| Action::ElectUnclean { partition }),
        partition().prop_map(|partition| Action::AbortHanging { partition }),
        (partition(), proptest::option::of(0..99_i64)).prop_map(|(partition, offset)| {
            let upto = offset.map_or(Upto::End, |offset| Upto::Offset(Offset(offset)));
            Action::DeleteRecords { partition, upto }
        }),
        (id(), id(), api).prop_map(|(from, to, api)| Action::DropNext { from, to, api }),
        (id(), id()).prop_map(|(from, to)| Action::HoldNext { from, to, api: Some("Produce") }),
        proptest::option::of(id()).prop_map(|client| Action::DropNextAck { client }),
        (id(), id(), length()).prop_map(|(from, to, delay)| Action::Delay { from, to, delay }),
        (id(), proptest::option::of(id())).prop_map(|(a, b)| Action::Cut { a, b }),
        prop_oneof![
            Just((None, None)),
            id().prop_map(|a| (Some(a), None)),
            (id(), id()).prop_map(|(a, b)| (Some(a), Some(b)))
        ]
        .prop_map(|(a, b)| Action::Heal { a, b }),
        Just(Action::ClearFaults),
        (proptest::option::of(partition()), error)
            .prop_map(|(partition, error)| Action::FailNextAppend { partition, error }),
        length().prop_map(|length| Action::Wait { length }),
        "[a-z]{1,4}\\('[a-z]{1,4}-0'\\) [=!]= '[a-z]{1,3}'"
            .prop_map(|expression| Action::WaitUntil { expression }),
    ]
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(action in prop_oneof![of_clients(), of_the_cluster()]) {
        let line = action.to_string();
        let back: Result<Action, ActionError> = line.parse();
        prop_assert_eq!(back.as_ref(), Ok(&action), "{}", line);
        prop_assert_eq!(back.map(|a| a.to_string()), Ok(line));
    }

    #[test]
    fn garbage_is_refused_in_both_languages(line in "\\PC{0,40}|(produce|set|seek|cut) [\\PC]{0,20}") {
        if let Err(error) = line.parse::<Action>() {
            prop_assert!(!error.message.ko.is_empty() && !error.message.en.is_empty());
            if let Some(at) = error.at {
                prop_assert!(line.trim().get(at).is_some());
            }
        }
    }
}

#[test]
fn errors_say_what_would_be_right() {
    let cases = [
        ("", "동작을 쓰세요", "Type an action"),
        (
            "prodcue p",
            "`prodcue`: 그런 동작은 없습니다. 혹시 produce?",
            "`prodcue`: there is no such action. Did you mean produce?",
        ),
        ("produce", "<CLIENT>가 빠졌습니다", "<CLIENT> is missing. Usage: produce CLIENT"),
        (
            "produce p --kye x",
            "`--kye`: 여기에 쓸 수 없는",
            "`--kye` does not belong here. Did you mean --key?",
        ),
        ("produce p q", "`q`: 여기에", "`q` does not belong here."),
        ("produce P", "`P`: id는", "`P`: an id starts with"),
        ("produce p --count 0", "--count <COUNT>: `0`은", "--count <COUNT>: `0` does not fit"),
        ("produce p --key", "--key <KEY>에 값이 없습니다", "--key <KEY> has no value"),
        ("produce p --value a --null", "--value <VALUE>", "--value <VALUE> cannot stand beside --null"),
        ("produce p --id r7", "`r7`: r과 숫자로", "`r7`: names like r1"),
        ("produce p --id x --count 2", "--id는 레코드 하나의", "--id names one record"),
        ("produce p --value 'open", "따옴표가", "A quote is not closed"),
        ("crash b1\u{1b}[2J", "제어 문자(U+001B)", "There is a control character (U+001B)"),
        ("wait 5", "`5`: 시간은", "`5`: write a number with its unit"),
        ("set p acks", "`acks`: 설정은", "`acks`: a setting is written"),
        (
            "drop-next b1 p --api Prodce",
            "`Prodce`: 그런 요청은 없습니다. 혹시 Produce?",
            "`Prodce`: there is no such request, did you mean Produce?",
        ),
        ("seek c1 orders-0 first", "`first`: 오프셋", "`first`: write an offset"),
        ("seek c1 orders 0", "`orders`: 파티션은", "`orders`: a partition is"),
    ];
    for (line, ko, en) in cases {
        let error = line.parse::<Action>().map(|a| a.to_string()).expect_err(line);
        assert!(error.message.ko.starts_with(ko), "{line}: {}", error.message.ko);
        assert!(error.message.en.starts_with(en), "{line}: {}", error.message.en);
    }
}

#[test]
fn the_shortest_form_is_printed() {
    for (line, printed) in [
        ("  produce   p  --count 1 --key 'user_1' ", "produce p --key user_1"),
        ("produce p --value '두 잔'", "produce p --value '두 잔'"),
        ("produce p --key=-1", "produce p --key=-1"),
        ("wait 1500ms", "wait 1500ms"),
        ("wait 60s", "wait 1m"),
        ("drop-next b1 p --api produce", "drop-next b1 p --api Produce"),
        ("wait-until   leader('orders-0') == 'b2'", "wait-until leader('orders-0') == 'b2'"),
    ] {
        assert_eq!(line.parse::<Action>().unwrap().to_string(), printed);
    }
}
