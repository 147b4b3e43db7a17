//! Producers of both families in a lab: where records go, when batches leave, what fills up, what is refused and under which name.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use kafkarium::lab::{Action, Lab, Spec};
use support::labs::{act, holds, until, value};

/// Three brokers, `orders` with so many partitions, and the producer `p`.
fn tank(client: &str, partitions: u32, config: &str, topic: &str) -> Lab {
    let text = format!(
        r#"
        [cluster]
        brokers = 3
        config = {{ "auto.create.topics.enable" = false }}
        [[cluster.topic]]
        name = "orders"
        partitions = {partitions}
        replication = 3
        config = {{ {topic} }}
        [[cluster.producer]]
        id = "p"
        client = "{client}"
        topics = ["orders"]
        config = {{ {config} }}
        "#
    );
    Lab::new(&Spec::parse(&text).unwrap(), 1).unwrap_or_else(|e| panic!("{e}"))
}

/// What is said to an action that is refused; nothing may have changed.
fn refused(lab: &mut Lab, line: &str) -> (String, String) {
    let before = (lab.digest(), lab.view());
    let action: Action = line.parse().unwrap_or_else(|e| panic!("{line}: {e}"));
    let error = lab.act(&action).expect_err(line);
    assert_eq!((lab.digest(), lab.view()), before, "{line}");
    (error.message.ko, error.message.en)
}

/// A field of every note of a kind so far.
fn fields(lab: &Lab, note: &str, field: &str) -> Vec<String> {
    let mut found = Vec::new();
    lab.trace(|line| {
        if line.note == note && line.at >= 0 {
            found.extend(line.field(field));
        }
    });
    found
}

fn partitions(lab: &Lab) -> Vec<String> {
    fields(lab, "PartitionChosen", "partition")
}

#[test]
fn each_family_says_how_it_chose() {
    let empty = "--key ''";
    let cases: &[(&str, &str, &str, &str)] = &[
        ("java", "", "--key a", "key"),
        ("java", "", empty, "key"),
        ("java", "", "", "sticky"),
        ("java", "", "--partition 2", "explicit"),
        ("java", r#""partitioner.ignore.keys" = true"#, "--key a", "sticky"),
        (
            "java",
            r#""partitioner.class" = "org.apache.kafka.clients.producer.RoundRobinPartitioner""#,
            "--key a",
            "round-robin",
        ),
        ("librdkafka", "", "--key a", "key"),
        ("librdkafka", "", empty, "sticky"),
        ("librdkafka", "", "", "sticky"),
        ("librdkafka", "", "--partition 2", "explicit"),
        ("librdkafka", "", "--partition -1 --key a", "key"),
        ("librdkafka", r#""sticky.partitioning.linger.ms" = 0"#, "", "random"),
        ("librdkafka", r#""partitioner" = "murmur2_random""#, empty, "key"),
        ("librdkafka", r#""partitioner" = "murmur2_random""#, "", "sticky"),
        ("librdkafka", r#""partitioner" = "consistent""#, "", "key"),
        ("librdkafka", r#""partitioner" = "murmur2""#, "", "key"),
        ("librdkafka", r#""partitioner" = "fnv1a""#, "", "key"),
        ("librdkafka", r#""partitioner" = "random""#, "--key a", "random"),
    ];
    for (client, config, options, how) in cases {
        let mut lab = tank(client, 3, config, "");
        act(&mut lab, &format!("produce p {options}"));
        assert_eq!(fields(&lab, "PartitionChosen", "how"), [*how], "{client} {config} {options}");
    }
}

#[test]
fn keys_go_where_their_family_puts_them() {
    // The article's example: 3 partitions, user_1.
    let cases = [
        ("java", "", 0),
        ("librdkafka", "", 2),
        ("librdkafka", r#""partitioner" = "murmur2_random""#, 0),
        ("librdkafka", r#""partitioner" = "consistent""#, 2),
    ];
    for (client, config, part) in cases {
        let mut lab = tank(client, 3, config, "");
        act(&mut lab, "produce p --key user_1 --id a");
        holds(&lab, &format!("part('a') == {part}"));
    }
    // crc32 of nothing is 0; FNV-1a of `a` is 0xE40C292C, whose absolute value as a signed number is 468965076.
    let mut lab = tank("librdkafka", 7, r#""partitioner" = "consistent""#, "");
    act(&mut lab, "produce p --id none");
    holds(&lab, "part('none') == 0");
    let mut lab = tank("librdkafka", 7, r#""partitioner" = "fnv1a""#, "");
    act(&mut lab, "produce p --key a --id a");
    holds(&lab, &format!("part('a') == {}", 468_965_076 % 7));
}

#[test]
fn round_robin_takes_turns_and_skips_what_has_no_leader() {
    let class = r#""partitioner.class" = "org.apache.kafka.clients.producer.RoundRobinPartitioner""#;
    let mut lab = tank("java", 3, class, "");
    act(&mut lab, "produce p --key a --count 5");
    let turns: Vec<String> = [0, 1, 2, 0, 1].map(|n| format!("orders-{n}")).into();
    assert_eq!(partitions(&lab), turns);
}

#[test]
fn java_sticks_until_a_batch_is_full_and_librdkafka_for_a_time() {
    // 20 bytes of value and 7 beside it; 61 of header: six records (162 bytes more) fill a batch of 200.
    let mut lab = tank("java", 6, r#""batch.size" = 200, "linger.ms" = 50"#, "");
    act(&mut lab, "produce p --value aaaaaaaaaaaaaaaaaaaa --count 60");
    let chosen = partitions(&lab);
    let runs: Vec<usize> = chosen.chunk_by(|a, b| a == b).map(<[String]>::len).collect();
    assert!(runs.len() > 3, "it moves on: {runs:?}");
    assert!(runs[..runs.len() - 1].iter().all(|run| *run >= 6), "not before a batch is full: {runs:?}");

    let mut lab = tank("librdkafka", 6, "", "");
    for _ in 0..30 {
        act(&mut lab, "produce p");
        act(&mut lab, "wait 3ms");
    }
    let chosen = partitions(&lab);
    // Sends at 0, 3, 6, 9 ms share a partition; at 12 ms the 10 ms are over.
    assert!(chosen.chunks(4).all(|four| four.iter().all(|p| *p == four[0])), "{chosen:?}");
    let mut used = chosen;
    used.sort();
    used.dedup();
    assert!(used.len() > 2, "{used:?}");
}

#[test]
fn a_longer_queue_is_chosen_less_often() {
    let chosen = |adaptive: bool| {
        let config = format!(
            r#""batch.size" = 61, "linger.ms" = 0, "partitioner.adaptive.partitioning.enable" = {adaptive}"#
        );
        let mut lab = tank("java", 3, &config, "");
        act(&mut lab, "cut p");
        act(&mut lab, "produce p --partition 0 --count 200");
        act(&mut lab, "produce p --count 90");
        partitions(&lab)[200..].iter().filter(|p| *p == "orders-0").count()
    };
    assert_eq!(chosen(true), 0, "weight 1 among weights of two hundred");
    assert!(chosen(false) > 10);
}

#[test]
fn batches_leave_when_full_lingered_flushed_or_along_with_others() {
    let mut lab = tank("java", 1, r#""linger.ms" = 40, "batch.size" = 200"#, "");
    act(&mut lab, "produce p --value aaaaaaaaaaaaaaaaaaaa --count 7");
    assert_eq!(fields(&lab, "BatchClosed", "why"), ["full"], "five fit, two wait");
    let view = lab.view().producers[0].clone();
    let queue = &view.queue[0];
    assert_eq!((queue.labels.len(), queue.linger_us, queue.in_retry), (2, 40_000, false));
    act(&mut lab, "wait 60ms");
    assert_eq!(fields(&lab, "BatchClosed", "why"), ["full", "linger"]);
    act(&mut lab, "produce p");
    act(&mut lab, "flush p");
    assert_eq!(fields(&lab, "BatchClosed", "why"), ["full", "linger", "flush"]);
    assert_eq!(lab.view().producers[0].blocked_in.as_deref(), Some("flush"));
    act(&mut lab, "wait 100ms");
    assert_eq!(lab.view().producers[0].blocked_in, None);

    // Two partitions of one leader: the full one takes the other along; librdkafka asks partition by partition.
    for (client, whys) in [("java", ["full", "along"].as_slice()), ("librdkafka", ["full"].as_slice())] {
        let mut lab = tank(client, 4, r#""linger.ms" = 40, "batch.size" = 100"#, "");
        assert_eq!(value(&lab, "leader('orders-0')"), value(&lab, "leader('orders-3')"));
        act(&mut lab, "produce p --partition 3");
        act(&mut lab, "produce p --partition 0 --value aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert_eq!(fields(&lab, "BatchClosed", "why"), whys, "{client}");
    }
}

#[test]
fn one_request_in_flight_keeps_the_order_without_idempotence() {
    let config =
        r#""enable.idempotence" = false, "max.in.flight.requests.per.connection" = 1, "linger.ms" = 0"#;
    let mut lab = tank("java", 1, config, "");
    act(&mut lab, "fail-next-append orders-0");
    act(&mut lab, "produce p --id a");
    act(&mut lab, "wait 1ms");
    act(&mut lab, "produce p --id b");
    until(&mut lab, "acked('a') && acked('b')");
    holds(&lab, "off('a') == 0 && off('b') == 1 && reply('a') == ['NOT_ENOUGH_REPLICAS', 'ok@0']");
}

#[test]
fn a_full_buffer_blocks_java_and_is_an_error_at_once_in_librdkafka() {
    let config = r#""buffer.memory" = 400, "batch.size" = 200, "max.block.ms" = 2000"#;
    let mut lab = tank("java", 1, config, "");
    act(&mut lab, "cut p");
    act(&mut lab, "produce p --value aaaaaaaaaaaaaaaaaaaa --count 10");
    act(&mut lab, "produce p --id late --value aaaaaaaaaaaaaaaaaaaa");
    assert_eq!(lab.view().producers[0].blocked_in.as_deref(), Some("send"));
    holds(&lab, "callbacks('r11') == 0 && !failed('late')");
    act(&mut lab, "wait 2100ms");
    holds(&lab, "error('late') == 'BufferExhaustedException' && callbacks('late') == 1 && !failed('r10')");

    let mut lab = tank("librdkafka", 1, r#""queue.buffering.max.kbytes" = 1"#, "");
    act(&mut lab, &format!("produce p --value {}", "a".repeat(600)));
    act(&mut lab, &format!("produce p --id over --value {}", "a".repeat(600)));
    holds(&lab, "!failed('r1') && error('over') == '_QUEUE_FULL'");

    let mut lab = tank("librdkafka", 1, r#""queue.buffering.max.messages" = 3"#, "");
    act(&mut lab, "produce p --count 3");
    act(&mut lab, "produce p --id over");
    holds(&lab, "error('over') == '_QUEUE_FULL' && err('p') == '_QUEUE_FULL' && part('over') == -1");
    act(&mut lab, "wait 1s");
    act(&mut lab, "produce p --id still");
    holds(&lab, "acked('r3') && error('still') == '_QUEUE_FULL'");
    act(&mut lab, "poll p");
    act(&mut lab, "produce p --id room");
    until(&mut lab, "acked('room')");
}

#[test]
fn memory_that_is_freed_lets_a_waiting_send_go_on() {
    let config = r#""buffer.memory" = 200, "batch.size" = 200, "linger.ms" = 60000"#;
    let mut lab = tank("java", 1, config, "");
    act(&mut lab, "produce p --value aaaaaaaaaaaaaaaaaaaa --count 6");
    until(&mut lab, "acked('r6') || failed('r6')");
    assert_eq!(fields(&lab, "BatchClosed", "why"), ["memory", "linger"]);
    holds(&lab, "off('r6') == 5");

    // A partition's open batch leaves early when a send for another waits for its memory.
    let mut lab = tank("java", 2, config, "");
    act(&mut lab, "produce p --partition 0");
    act(&mut lab, "produce p --partition 1");
    act(&mut lab, "wait 1s");
    assert_eq!(fields(&lab, "BatchClosed", "why"), ["memory"]);
    holds(&lab, "acked('r1') && part('r2') == 1");
}

#[test]
fn callbacks_of_java_run_with_the_answer_and_those_of_librdkafka_in_poll_or_flush() {
    let mut lab = tank("java", 1, "", "");
    act(&mut lab, "produce p --id a");
    until(&mut lab, "acked('a')");
    holds(&lab, "callbacks('a') == 1 && reply('a') == ['ok@0']");
    let (_, en) = refused(&mut lab, "poll p");
    assert!(en.contains("no poll"), "{en}");

    let mut lab = tank("librdkafka", 1, "", "");
    act(&mut lab, "produce p --id a");
    until(&mut lab, "acked('a')");
    holds(&lab, "callbacks('a') == 0");
    assert_eq!(lab.view().producers[0].callbacks_pending, 1);
    act(&mut lab, "poll p");
    holds(&lab, "callbacks('a') == 1");
    act(&mut lab, "produce p --id b");
    act(&mut lab, "flush p");
    until(&mut lab, "callbacks('b') == 1");
    assert_eq!(lab.view().producers[0].callbacks_pending, 0);

    act(&mut lab, "produce p --id lost");
    until(&mut lab, "acked('lost')");
    act(&mut lab, "crash p");
    act(&mut lab, "start p");
    act(&mut lab, "flush p");
    act(&mut lab, "wait 1s");
    holds(&lab, "copies('lost') == 1 && callbacks('lost') == 0");
}

#[test]
fn a_batch_that_is_too_large_for_the_topic_is_split_and_a_record_is_refused() {
    let config = r#""batch.size" = 400, "linger.ms" = 20"#;
    let mut lab = tank("java", 1, config, r#""max.message.bytes" = 200"#);
    act(&mut lab, "produce p --value aaaaaaaaaaaaaaaaaaaa --count 12");
    until(&mut lab, "records().all(r, r.acked)");
    holds(&lab, "log('orders-0').map(r, r.record) == records().map(r, r.id)");
    holds(&lab, "log('orders-0').map(r, r.seq) == [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]");
    holds(&lab, "reply('r1')[0] == 'MESSAGE_TOO_LARGE' && batches('orders-0').all(b, b.count <= 5)");
    let large = "a".repeat(200);
    act(&mut lab, &format!("produce p --id large --value {large}"));
    until(&mut lab, "failed('large')");
    holds(&lab, "error('large') == 'MESSAGE_TOO_LARGE' && leo('orders-0') == 12 && callbacks('large') == 1");
    act(&mut lab, "produce p --id next");
    until(&mut lab, "acked('next')");
    holds(&lab, "off('next') == 12 && producer_epoch('p') == 1 && seq('next') == 0");

    let mut lab = tank("librdkafka", 1, r#""linger.ms" = 20"#, r#""max.message.bytes" = 200"#);
    act(&mut lab, "produce p --value aaaaaaaaaaaaaaaaaaaa --count 12");
    until(&mut lab, "records().all(r, r.failed)");
    holds(&lab, "error('r1') == 'MESSAGE_TOO_LARGE' && leo('orders-0') == 0");
}

#[test]
fn a_record_above_the_limit_of_the_client_never_leaves() {
    for client in ["java", "librdkafka"] {
        let mut lab = tank(client, 1, r#""max.request.size" = 100"#, "");
        act(&mut lab, &format!("produce p --id large --value {}", "a".repeat(100)));
        holds(&lab, "error('large') == 'MESSAGE_TOO_LARGE' && part('large') == -1 && leo('orders-0') == 0");
        let told = if client == "java" { 1 } else { 0 };
        holds(&lab, &format!("callbacks('large') == {told}"));
    }
}

#[test]
fn bad_arguments_have_the_names_of_their_family() {
    let mut lab = tank("java", 3, r#""max.block.ms" = 5000"#, "");
    act(&mut lab, "produce p --partition -1 --id neg");
    holds(&lab, "error('neg') == 'IllegalArgumentException' && callbacks('neg') == 0");
    act(&mut lab, "produce p --partition 7 --id far");
    act(&mut lab, "produce p --to nowhere --id lost");
    act(&mut lab, "produce p --id behind");
    assert_eq!(lab.view().producers[0].blocked_in.as_deref(), Some("send"), "send() waits for metadata");
    act(&mut lab, "wait 5100ms");
    holds(&lab, "error('far') == 'TimeoutException' && !failed('lost') && !acked('behind')");
    until(&mut lab, "acked('behind')");
    holds(&lab, "error('lost') == 'TimeoutException' && acked_at('behind') > ms(10000)");

    let mut lab = tank("librdkafka", 3, "", "");
    act(&mut lab, "produce p --partition -2 --id neg");
    act(&mut lab, "produce p --partition 7 --id far");
    act(&mut lab, "produce p --to nowhere --id lost");
    act(&mut lab, "produce p --id behind");
    holds(&lab, "error('neg') == '_UNKNOWN_PARTITION' && error('far') == '_UNKNOWN_PARTITION'");
    until(&mut lab, "acked('behind')");
    holds(&lab, "!failed('lost') && acked_at('behind') < ms(100)");
    until(&mut lab, "failed('lost')");
    holds(&lab, "error('lost') == '_UNKNOWN_TOPIC' && now() >= s(30)");
}

#[test]
fn a_topic_that_nobody_made_comes_into_being_where_brokers_may_make_it() {
    let mut lab = Lab::new(&Spec::default_tank(), 1).unwrap();
    act(&mut lab, "produce p --to fresh --id a");
    until(&mut lab, "acked('a')");
    holds(&lab, "size(partitions('fresh')) == 1 && size(replicas('fresh-0')) == 1 && off('a') == 0");
}

#[test]
fn odd_acks_are_an_exception_in_java_and_an_answer_in_librdkafka() {
    let mut lab = tank("java", 1, "", "");
    let (ko, en) = refused(&mut lab, "set p acks=7");
    assert!(ko.starts_with("ConfigException") && en.starts_with("ConfigException"), "{ko} {en}");
    holds(&lab, "config('p', 'acks') == 'all'");

    let mut lab = tank("librdkafka", 1, "", "");
    act(&mut lab, "set p acks=7");
    act(&mut lab, "produce p --id a");
    until(&mut lab, "failed('a')");
    holds(&lab, "error('a') == 'INVALID_REQUIRED_ACKS' && leo('orders-0') == 0");
}

#[test]
fn settings_out_of_range_or_against_each_other_are_refused_by_name() {
    let cases = [
        ("java", "set p batch.size=-1", "ConfigException"),
        ("java", "set p enable.idempotence=true acks=1", "ConfigException"),
        ("java", "set p max.in.flight.requests.per.connection=6", "ConfigException"),
        ("java", "set p delivery.timeout.ms=1000", "ConfigException"),
        ("librdkafka", "set p enable.idempotence=true acks=1", "_INVALID_ARG"),
        ("librdkafka", "set p linger.ms=-1", "_INVALID_ARG"),
        ("java", "set orders retention.ms=-2", "INVALID_CONFIG"),
        ("java", "set orders min.insync.replicas=0", "INVALID_CONFIG"),
        ("java", "create-topic t --config segment.bytes=1", "INVALID_CONFIG"),
    ];
    for (client, line, name) in cases {
        let mut lab = tank(client, 1, "", "");
        let (ko, en) = refused(&mut lab, line);
        assert!(ko.starts_with(name) && en.starts_with(name), "{line}: {ko} {en}");
    }
    let text =
        "[[cluster.producer]]\nid = \"p\"\nconfig = { \"acks\" = \"1\", \"enable.idempotence\" = true }";
    let errors = Spec::parse(&format!("[cluster]\n{text}")).unwrap().validate();
    assert!(errors[0].message.en.starts_with("ConfigException"), "{errors:?}");
    // Idempotence that nobody asked for goes away without a word.
    let mut lab = tank("java", 1, "", "");
    act(&mut lab, "set p acks=1");
    act(&mut lab, "produce p --id a");
    until(&mut lab, "acked('a')");
    holds(&lab, "seq('a') == -1");
}

#[test]
fn a_null_key_in_a_compacted_topic_is_an_invalid_record() {
    for client in ["java", "librdkafka"] {
        let mut lab = tank(client, 1, "", r#""cleanup.policy" = "compact""#);
        act(&mut lab, "produce p --id a");
        until(&mut lab, "failed('a')");
        holds(
            &lab,
            "error('a') == 'INVALID_RECORD' && reply('a') == ['INVALID_RECORD'] && leo('orders-0') == 0",
        );
        act(&mut lab, "produce p --key k --id b");
        until(&mut lab, "acked('b')");
        holds(&lab, "off('b') == 0");
    }
}

#[test]
fn after_close_nothing_is_taken_and_flush_ends_even_if_nobody_answers() {
    for (client, name) in [("java", "IllegalStateException"), ("librdkafka", "_STATE")] {
        let mut lab = tank(client, 1, "", "");
        act(&mut lab, "produce p --id a");
        act(&mut lab, "stop p");
        act(&mut lab, "produce p --id late");
        holds(&lab, &format!("error('late') == '{name}' && callbacks('late') == 0"));
        until(&mut lab, "!up('p')");
        holds(&lab, "acked('a') && callbacks('a') == 1");
        let (_, en) = refused(&mut lab, "produce p");
        assert!(en.contains("p is down"), "{en}");
    }
    for (client, name, limit) in [("java", "TimeoutException", 120), ("librdkafka", "_MSG_TIMED_OUT", 300)] {
        let mut lab = tank(client, 1, "", "");
        act(&mut lab, "cut p");
        act(&mut lab, "produce p --id a");
        act(&mut lab, "flush p");
        act(&mut lab, &format!("wait {}s", limit - 1));
        assert_eq!(lab.view().producers[0].blocked_in.as_deref(), Some("flush"));
        until(&mut lab, "callbacks('a') == 1");
        holds(&lab, &format!("error('a') == '{name}' && now() >= s({limit})"));
        assert_eq!(lab.view().producers[0].blocked_in, None);
    }
}

#[test]
fn acks_zero_counts_what_was_written_and_learns_of_trouble_from_a_closed_connection() {
    let mut lab = tank("java", 1, r#""acks" = "0""#, "");
    act(&mut lab, "fail-next-append orders-0");
    act(&mut lab, "produce p --id a");
    act(&mut lab, "wait 10ms");
    holds(&lab, "acked('a') && !failed('a') && reply('a') == [] && callbacks('a') == 1");
    assert_eq!(fields(&lab, "RecordAcked", "offset"), ["-1"]);
    act(&mut lab, "wait 1s");
    holds(&lab, "copies('a') == 0 && leo('orders-0') == 0");
    assert_eq!(fields(&lab, "ConnectionClosed", "why").len(), 1, "the broker closes the connection");
    assert_eq!(fields(&lab, "MetadataRefreshed", "why"), ["disconnect"]);
}

#[test]
fn a_record_waits_at_most_delivery_timeout_from_the_beginning_of_its_batch() {
    let mut lab = tank("java", 1, r#""linger.ms" = 1000, "delivery.timeout.ms" = 31000"#, "");
    act(&mut lab, "hold p b1");
    act(&mut lab, "produce p --id a");
    act(&mut lab, "wait 30900ms");
    holds(&lab, "!failed('a')");
    act(&mut lab, "wait 200ms");
    holds(&lab, "error('a') == 'TimeoutException' && callbacks('a') == 1");
}

#[test]
fn back_off_doubles_with_jitter_up_to_its_limit_and_retries_end() {
    let mut lab = tank("java", 1, r#""linger.ms" = 0, "retries" = 6"#, "");
    for _ in 0..7 {
        act(&mut lab, "fail-next-append orders-0");
    }
    act(&mut lab, "produce p --id a");
    until(&mut lab, "failed('a')");
    holds(&lab, "error('a') == 'NOT_ENOUGH_REPLICAS' && size(reply('a')) == 7");
    let mut sent = Vec::new();
    lab.trace(|line| {
        if line.note == "MessageSent"
            && line.field("api").as_deref() == Some("Produce")
            && line.node.as_deref() == Some("p")
        {
            sent.push(line.at);
        }
    });
    let pauses: Vec<i64> = sent.windows(2).map(|pair| (pair[1] - pair[0]) / 1000 - 10).collect();
    let bounds = [(80, 121), (160, 241), (320, 481), (640, 961), (800, 1001), (800, 1001)];
    for (pause, (least, most)) in pauses.iter().zip(bounds) {
        assert!((least..most).contains(pause), "{pauses:?}");
    }
    assert_eq!(pauses.len(), 6);
}

#[test]
fn a_gap_in_one_partition_begins_a_new_epoch_in_all() {
    let mut lab = tank("java", 2, r#""linger.ms" = 0"#, "");
    act(&mut lab, "produce p --partition 1 --id x");
    until(&mut lab, "acked('x')");
    act(&mut lab, "fail-next-append orders-0 --error INVALID_RECORD");
    act(&mut lab, "produce p --partition 0 --id a");
    until(&mut lab, "failed('a')");
    act(&mut lab, "produce p --partition 0 --id b");
    act(&mut lab, "produce p --partition 1 --id y");
    until(&mut lab, "acked('b') && acked('y')");
    holds(&lab, "producer_epoch('p') == 1 && seq('b') == 0 && seq('y') == 0 && off('y') == 1");
    holds(&lab, "reply('a') == ['INVALID_RECORD'] && reply('b') == ['ok@0'] && reply('y') == ['ok@1']");
}

#[test]
fn producer_ids_come_in_blocks_from_each_broker() {
    let mut lab = tank("java", 1, "", "");
    let first = value(&lab, "pid('p')");
    for line in ["crash b3", "crash p", "start p"] {
        act(&mut lab, line);
    }
    until(&mut lab, "pid('p') >= 0");
    assert_ne!(value(&lab, "pid('p')"), first);
    // b1 had the first block; another broker gets the next one.
    holds(&lab, "pid('p') == 1000");
}
