//! The settings that exist, with Kafka's names and defaults (Kafka 4.x; librdkafka 2.x where it differs).

use super::Kind::{Bool, Choice, Int, List, Ratio, Text};
use super::Scope::{Broker, Consumer, Producer, Topic};
use super::{Alias, Family, Kind, Scope, Setting};

const fn s(
    name: &'static str,
    scope: Scope,
    kind: Kind,
    java: &'static str,
    librdkafka: &'static str,
) -> Setting {
    Setting { name, scope, kind, java, librdkafka, acts: true, only: None }
}

/// It exists, and nothing here depends on it.
const fn idle(setting: Setting) -> Setting {
    Setting { acts: false, ..setting }
}

/// Only the Java clients have it.
const fn java(setting: Setting) -> Setting {
    Setting { only: Some(Family::Java), ..setting }
}

/// Only librdkafka has it.
const fn librdkafka(setting: Setting) -> Setting {
    Setting { only: Some(Family::Librdkafka), ..setting }
}

/// What a client does when it can reach none of the brokers it knows.
const RECOVERY: Kind = Choice(&["none", "rebootstrap"]);

/// Every setting that may be given in a spec or by `set`.
pub static SETTINGS: &[Setting] = &[
    s("num.partitions", Broker, Int(1, 2_147_483_647), "1", "1"),
    s("default.replication.factor", Broker, Int(1, 32_767), "1", "1"),
    s("replica.lag.time.max.ms", Broker, Int(1, i64::MAX), "30000", "30000"),
    s("replica.fetch.wait.max.ms", Broker, Int(1, 2_147_483_647), "500", "500"),
    s("replica.fetch.min.bytes", Broker, Int(1, 2_147_483_647), "1", "1"),
    s("replica.fetch.max.bytes", Broker, Int(0, 2_147_483_647), "1048576", "1048576"),
    s("replica.fetch.response.max.bytes", Broker, Int(0, 2_147_483_647), "10485760", "10485760"),
    s("replica.fetch.backoff.ms", Broker, Int(0, 2_147_483_647), "1000", "1000"),
    idle(s("num.replica.fetchers", Broker, Int(1, 2_147_483_647), "1", "1")),
    s("replica.socket.timeout.ms", Broker, Int(1, 2_147_483_647), "30000", "30000"),
    s("replica.high.watermark.checkpoint.interval.ms", Broker, Int(1, i64::MAX), "5000", "5000"),
    s("auto.leader.rebalance.enable", Broker, Bool, "true", "true"),
    s("leader.imbalance.check.interval.seconds", Broker, Int(1, i64::MAX), "300", "300"),
    // Acts in ZooKeeper mode; KRaft looks at each partition by itself.
    s("leader.imbalance.per.broker.percentage", Broker, Int(0, 2_147_483_647), "10", "10"),
    s("unclean.leader.election.interval.ms", Broker, Int(1, i64::MAX), "300000", "300000"),
    // In Kafka a feature level of the whole cluster, too.
    s("eligible.leader.replicas.version", Broker, Int(0, 1), "1", "1"),
    s("broker.session.timeout.ms", Broker, Int(1, 2_147_483_647), "9000", "9000"),
    s("broker.heartbeat.interval.ms", Broker, Int(1, 2_147_483_647), "2000", "2000"),
    s("controlled.shutdown.enable", Broker, Bool, "true", "true"),
    // These four exist in ZooKeeper mode only.
    s("controlled.shutdown.max.retries", Broker, Int(0, 2_147_483_647), "3", "3"),
    s("controlled.shutdown.retry.backoff.ms", Broker, Int(0, 2_147_483_647), "5000", "5000"),
    s("zookeeper.session.timeout.ms", Broker, Int(1, 2_147_483_647), "18000", "18000"),
    s("zookeeper.max.in.flight.requests", Broker, Int(1, 2_147_483_647), "10", "10"),
    s("message.max.bytes", Broker, Int(0, 2_147_483_647), "1048588", "1048588"),
    s("log.retention.check.interval.ms", Broker, Int(1, i64::MAX), "300000", "300000"),
    s("log.flush.start.offset.checkpoint.interval.ms", Broker, Int(0, 2_147_483_647), "60000", "60000"),
    idle(s("log.cleaner.threads", Broker, Int(0, 2_147_483_647), "1", "1")),
    s("log.cleaner.enable", Broker, Bool, "true", "true"),
    s("producer.id.expiration.check.interval.ms", Broker, Int(1, 2_147_483_647), "600000", "600000"),
    s("offsets.topic.num.partitions", Broker, Int(1, 2_147_483_647), "50", "50"),
    s("offsets.topic.replication.factor", Broker, Int(1, 32_767), "3", "3"),
    s("delete.topic.enable", Broker, Bool, "true", "true"),
    s("auto.create.topics.enable", Broker, Bool, "true", "true"),
    s("offsets.retention.minutes", Broker, Int(1, 2_147_483_647), "10080", "10080"),
    s("offsets.retention.check.interval.ms", Broker, Int(1, i64::MAX), "600000", "600000"),
    s("offsets.commit.timeout.ms", Broker, Int(1, 2_147_483_647), "5000", "5000"),
    s("group.initial.rebalance.delay.ms", Broker, Int(0, 2_147_483_647), "3000", "3000"),
    s("group.min.session.timeout.ms", Broker, Int(1, 2_147_483_647), "6000", "6000"),
    s("group.max.session.timeout.ms", Broker, Int(1, 2_147_483_647), "1800000", "1800000"),
    s("group.max.size", Broker, Int(1, 2_147_483_647), "2147483647", "2147483647"),
    s("group.consumer.session.timeout.ms", Broker, Int(1, 2_147_483_647), "45000", "45000"),
    s("group.consumer.heartbeat.interval.ms", Broker, Int(1, 2_147_483_647), "5000", "5000"),
    s("group.consumer.max.size", Broker, Int(1, 2_147_483_647), "2147483647", "2147483647"),
    s("group.share.session.timeout.ms", Broker, Int(1, 2_147_483_647), "45000", "45000"),
    s("group.share.heartbeat.interval.ms", Broker, Int(1, 2_147_483_647), "5000", "5000"),
    s("group.share.max.size", Broker, Int(1, 1000), "200", "200"),
    // The next five can be set for a single group, too, in Kafka; the last one only there. Here they are every group's.
    s("group.share.record.lock.duration.ms", Broker, Int(1000, 3_600_000), "30000", "30000"),
    s("group.share.delivery.count.limit", Broker, Int(2, 10), "5", "5"),
    s("group.share.partition.max.record.locks", Broker, Int(100, 10_000), "2000", "2000"),
    s("share.auto.offset.reset", Broker, Kind::ShareReset, "latest", "latest"),
    s("share.coordinator.state.topic.num.partitions", Broker, Int(1, 2_147_483_647), "50", "50"),
    s("share.coordinator.state.topic.replication.factor", Broker, Int(1, 32_767), "3", "3"),
    s("share.coordinator.state.topic.min.isr", Broker, Int(1, 32_767), "2", "2"),
    s("share.coordinator.write.timeout.ms", Broker, Int(1, 2_147_483_647), "5000", "5000"),
    s("share.coordinator.snapshot.update.records.per.snapshot", Broker, Int(0, 500), "500", "500"),
    s("producer.id.expiration.ms", Broker, Int(1, 2_147_483_647), "86400000", "86400000"),
    // In Kafka a feature level of the whole cluster (kafka-features.sh), not a setting of a broker.
    s("transaction.version", Broker, Int(0, 2), "2", "2"),
    s(
        "transaction.abort.timed.out.transaction.cleanup.interval.ms",
        Broker,
        Int(1, 2_147_483_647),
        "10000",
        "10000",
    ),
    s("transaction.max.timeout.ms", Broker, Int(1, 2_147_483_647), "900000", "900000"),
    s("transaction.state.log.num.partitions", Broker, Int(1, 2_147_483_647), "50", "50"),
    s("transaction.state.log.replication.factor", Broker, Int(1, 32_767), "3", "3"),
    s("transaction.state.log.min.isr", Broker, Int(1, 2_147_483_647), "2", "2"),
    s("controller.quorum.election.timeout.ms", Broker, Int(1, 2_147_483_647), "1000", "1000"),
    s("controller.quorum.fetch.timeout.ms", Broker, Int(1, 2_147_483_647), "2000", "2000"),
    s("controller.quorum.election.backoff.max.ms", Broker, Int(0, 2_147_483_647), "1000", "1000"),
    s("controller.quorum.request.timeout.ms", Broker, Int(1, 2_147_483_647), "2000", "2000"),
    // In Kafka a feature level of the whole cluster. It also says which release the controllers run: pre-vote needs 4.0.
    s("kraft.version", Broker, Int(0, 1), "1", "1"),
    s("metadata.version", Broker, Choice(&["3.5", "3.9", "4.1"]), "4.1", "4.1"),
    s("metadata.log.max.record.bytes.between.snapshots", Broker, Int(1, i64::MAX), "20971520", "20971520"),
    s("metadata.log.max.snapshot.interval.ms", Broker, Int(0, i64::MAX), "3600000", "3600000"),
    s("metadata.max.idle.interval.ms", Broker, Int(0, 2_147_483_647), "500", "500"),
    s("fetch.max.bytes", Broker, Int(1024, 2_147_483_647), "57671680", "57671680"),
    s("log.cleaner.backoff.ms", Broker, Int(0, i64::MAX), "15000", "15000"),
    s("transactional.id.expiration.ms", Broker, Int(1, 2_147_483_647), "604800000", "604800000"),
    s("transaction.partition.verification.enable", Broker, Bool, "true", "true"),
    s("min.insync.replicas", Topic, Int(1, 2_147_483_647), "1", "1"),
    s("unclean.leader.election.enable", Topic, Bool, "false", "false"),
    s(
        "cleanup.policy",
        Topic,
        Choice(&["delete", "compact", "compact,delete", "delete,compact", ""]),
        "delete",
        "delete",
    ),
    s("retention.ms", Topic, Int(-1, i64::MAX), "604800000", "604800000"),
    s("retention.bytes", Topic, Int(-1, i64::MAX), "-1", "-1"),
    s("segment.bytes", Topic, Int(14, 2_147_483_647), "1073741824", "1073741824"),
    s("segment.ms", Topic, Int(1, i64::MAX), "604800000", "604800000"),
    idle(s("segment.jitter.ms", Topic, Int(0, i64::MAX), "0", "0")),
    idle(s("segment.index.bytes", Topic, Int(4, 2_147_483_647), "10485760", "10485760")),
    idle(s("index.interval.bytes", Topic, Int(0, i64::MAX), "4096", "4096")),
    s("min.cleanable.dirty.ratio", Topic, Ratio, "0.5", "0.5"),
    s("delete.retention.ms", Topic, Int(0, i64::MAX), "86400000", "86400000"),
    s("min.compaction.lag.ms", Topic, Int(0, i64::MAX), "0", "0"),
    s("max.compaction.lag.ms", Topic, Int(1, i64::MAX), "9223372036854775807", "9223372036854775807"),
    s("file.delete.delay.ms", Topic, Int(0, i64::MAX), "60000", "60000"),
    s("max.message.bytes", Topic, Int(0, 2_147_483_647), "1048588", "1048588"),
    s("message.timestamp.type", Topic, Choice(&["CreateTime", "LogAppendTime"]), "CreateTime", "CreateTime"),
    s("message.timestamp.after.max.ms", Topic, Int(0, i64::MAX), "3600000", "3600000"),
    s(
        "message.timestamp.before.max.ms",
        Topic,
        Int(0, i64::MAX),
        "9223372036854775807",
        "9223372036854775807",
    ),
    idle(s("flush.messages", Topic, Int(1, i64::MAX), "9223372036854775807", "9223372036854775807")),
    idle(s("flush.ms", Topic, Int(0, i64::MAX), "9223372036854775807", "9223372036854775807")),
    idle(s(
        "compression.type",
        Topic,
        Choice(&["producer", "none", "gzip", "snappy", "lz4", "zstd"]),
        "producer",
        "producer",
    )),
    s("acks", Producer, Choice(&["0", "1", "all"]), "all", "all"),
    s("enable.idempotence", Producer, Bool, "true", "false"),
    s("max.in.flight.requests.per.connection", Producer, Int(1, 2_147_483_647), "5", "1000000"),
    s("retries", Producer, Int(0, 2_147_483_647), "2147483647", "2147483647"),
    s("retry.backoff.ms", Producer, Int(0, i64::MAX), "100", "100"),
    s("retry.backoff.max.ms", Producer, Int(0, i64::MAX), "1000", "1000"),
    s("delivery.timeout.ms", Producer, Int(0, 2_147_483_647), "120000", "300000"),
    s("request.timeout.ms", Producer, Int(1, 2_147_483_647), "30000", "30000"),
    librdkafka(s("socket.timeout.ms", Producer, Int(1, 2_147_483_647), "60000", "60000")),
    s("linger.ms", Producer, Int(0, i64::MAX), "5", "5"),
    s("batch.size", Producer, Int(0, 2_147_483_647), "16384", "1000000"),
    librdkafka(s("batch.num.messages", Producer, Int(1, 2_147_483_647), "2147483647", "10000")),
    java(s("buffer.memory", Producer, Int(0, i64::MAX), "33554432", "1073741824")),
    java(s("max.block.ms", Producer, Int(0, i64::MAX), "60000", "60000")),
    s("max.request.size", Producer, Int(0, 2_147_483_647), "1048576", "1000000"),
    s(
        "partitioner",
        Producer,
        Choice(&[
            "default",
            "murmur2_random",
            "consistent_random",
            "consistent",
            "murmur2",
            "fnv1a",
            "fnv1a_random",
            "random",
        ]),
        "default",
        "consistent_random",
    ),
    java(s(
        "partitioner.class",
        Producer,
        Choice(&["", "org.apache.kafka.clients.producer.RoundRobinPartitioner"]),
        "",
        "",
    )),
    librdkafka(s("queue.buffering.max.kbytes", Producer, Int(1, 2_147_483_647), "32768", "1048576")),
    librdkafka(s("queue.buffering.max.messages", Producer, Int(0, 2_147_483_647), "0", "100000")),
    java(s("partitioner.ignore.keys", Producer, Bool, "false", "false")),
    java(idle(s("partitioner.availability.timeout.ms", Producer, Int(0, i64::MAX), "0", "0"))),
    java(s("partitioner.adaptive.partitioning.enable", Producer, Bool, "true", "true")),
    librdkafka(s("sticky.partitioning.linger.ms", Producer, Int(0, 2_147_483_647), "0", "10")),
    idle(s("compression.type", Producer, Choice(&["none", "gzip", "snappy", "lz4", "zstd"]), "none", "none")),
    s("transaction.timeout.ms", Producer, Int(1, 2_147_483_647), "60000", "60000"),
    s("transactional.id", Producer, Text, "", ""),
    // librdkafka calls by this name how long it keeps what it knows; when it asks again is the next one's to say.
    s("metadata.max.age.ms", Producer, Int(0, i64::MAX), "300000", "900000"),
    librdkafka(s("topic.metadata.refresh.interval.ms", Producer, Int(10, 3_600_000), "300000", "300000")),
    s("reconnect.backoff.ms", Producer, Int(0, i64::MAX), "50", "100"),
    s("reconnect.backoff.max.ms", Producer, Int(0, i64::MAX), "1000", "10000"),
    s("metadata.recovery.strategy", Producer, RECOVERY, "rebootstrap", "rebootstrap"),
    s("metadata.recovery.rebootstrap.trigger.ms", Producer, Int(0, i64::MAX), "300000", "300000"),
    s(
        "isolation.level",
        Consumer,
        Choice(&["read_uncommitted", "read_committed"]),
        "read_uncommitted",
        "read_committed",
    ),
    s("auto.offset.reset", Consumer, Kind::Reset, "latest", "latest"),
    idle(s("check.crcs", Consumer, Bool, "true", "false")),
    s("fetch.min.bytes", Consumer, Int(0, 2_147_483_647), "1", "1"),
    s("fetch.max.wait.ms", Consumer, Int(0, 2_147_483_647), "500", "500"),
    s("fetch.max.bytes", Consumer, Int(0, 2_147_483_647), "52428800", "52428800"),
    s("max.partition.fetch.bytes", Consumer, Int(0, 2_147_483_647), "1048576", "1048576"),
    s("max.poll.records", Consumer, Int(1, 2_147_483_647), "500", "1"),
    librdkafka(s("fetch.error.backoff.ms", Consumer, Int(0, 300_000), "0", "500")),
    s("enable.auto.commit", Consumer, Bool, "true", "true"),
    s("auto.commit.interval.ms", Consumer, Int(0, 2_147_483_647), "5000", "5000"),
    librdkafka(s("enable.auto.offset.store", Consumer, Bool, "true", "true")),
    s("session.timeout.ms", Consumer, Int(1, 2_147_483_647), "45000", "45000"),
    s("heartbeat.interval.ms", Consumer, Int(1, 2_147_483_647), "3000", "3000"),
    s("max.poll.interval.ms", Consumer, Int(1, 2_147_483_647), "300000", "300000"),
    java(s("request.timeout.ms", Consumer, Int(1, 2_147_483_647), "30000", "30000")),
    librdkafka(s("socket.timeout.ms", Consumer, Int(10, 300_000), "60000", "60000")),
    s("allow.auto.create.topics", Consumer, Bool, "true", "false"),
    s("retry.backoff.ms", Consumer, Int(0, i64::MAX), "100", "100"),
    s("retry.backoff.max.ms", Consumer, Int(0, i64::MAX), "1000", "1000"),
    // librdkafka calls by this name how long it keeps what it knows; when it asks again is the next one's to say.
    s("metadata.max.age.ms", Consumer, Int(0, i64::MAX), "300000", "900000"),
    librdkafka(s("topic.metadata.refresh.interval.ms", Consumer, Int(10, 3_600_000), "300000", "300000")),
    s("reconnect.backoff.ms", Consumer, Int(0, i64::MAX), "50", "100"),
    s("reconnect.backoff.max.ms", Consumer, Int(0, i64::MAX), "1000", "10000"),
    s("metadata.recovery.strategy", Consumer, RECOVERY, "rebootstrap", "rebootstrap"),
    s("metadata.recovery.rebootstrap.trigger.ms", Consumer, Int(0, i64::MAX), "300000", "300000"),
    s("group.instance.id", Consumer, Text, "", ""),
    s(
        "partition.assignment.strategy",
        Consumer,
        List(&["range", "roundrobin", "sticky", "cooperative-sticky"]),
        "range,cooperative-sticky",
        "range,roundrobin",
    ),
    s("group.protocol", Consumer, Choice(&["classic", "consumer"]), "classic", "classic"),
    s("group.remote.assignor", Consumer, Text, "", ""),
    java(s(
        "share.acknowledgement.mode",
        Consumer,
        Choice(&["implicit", "explicit"]),
        "implicit",
        "implicit",
    )),
    idle(s("client.rack", Consumer, Text, "", "")),
    s("default.api.timeout.ms", Consumer, Int(0, 2_147_483_647), "60000", "60000"),
];

/// Topic settings whose default a broker sets under another name: (topic, broker).
pub static SYNONYMS: &[(&str, &str)] = &[("max.message.bytes", "message.max.bytes")];

/// Other names: (scope, what librdkafka calls it, what it is called in the table).
pub static ALIASES: &[Alias] = &[
    Alias { scope: Producer, name: "message.timeout.ms", of: "delivery.timeout.ms" },
    Alias { scope: Producer, name: "queue.buffering.max.ms", of: "linger.ms" },
    Alias { scope: Producer, name: "message.send.max.retries", of: "retries" },
    Alias { scope: Producer, name: "request.required.acks", of: "acks" },
    Alias { scope: Producer, name: "message.max.bytes", of: "max.request.size" },
    Alias { scope: Producer, name: "max.in.flight", of: "max.in.flight.requests.per.connection" },
    Alias { scope: Consumer, name: "fetch.wait.max.ms", of: "fetch.max.wait.ms" },
    Alias { scope: Consumer, name: "fetch.message.max.bytes", of: "max.partition.fetch.bytes" },
];
