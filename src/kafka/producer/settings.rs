//! What a producer's settings come to, worked out once: family defaults, rules between settings, limits in units of the model.

use std::sync::Arc;

use thiserror::Error;

use super::partitioner::Strategy;
use crate::engine::Micros;
use crate::kafka::Acks;
use crate::kafka::client::refresh_interval;
use crate::kafka::config::{Configs, Family};

/// Requests that an idempotent producer may have out on a connection: brokers remember so many batches.
const IDEMPOTENT_IN_FLIGHT: usize = 5;

/// The settings in the form that the producer reads them in.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    pub java: bool,
    pub acks: Acks,
    pub idempotent: bool,
    pub max_in_flight: usize,
    pub retries: i64,
    pub backoff: Micros,
    pub backoff_max: Micros,
    pub delivery: Micros,
    /// How long the broker may wait for copies.
    pub request_timeout: Micros,
    /// How long the client waits for an answer.
    pub answer_limit: Micros,
    pub linger: Micros,
    pub batch_size: u64,
    pub batch_messages: usize,
    pub memory: u64,
    /// librdkafka: messages that may wait in the client, those with a pending delivery report included.
    pub max_messages: usize,
    pub max_block: Micros,
    pub max_request: u64,
    pub metadata_age: Micros,
    pub strategy: Strategy,
    pub ignore_keys: bool,
    pub adaptive: bool,
    pub sticky: Micros,
    pub transactional: Option<Arc<str>>,
    pub transaction_timeout: Micros,
}

/// Settings that contradict each other: the client does not start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Conflict {
    /// Java's wording: must set acks to all.
    #[error("enable.idempotence=true needs acks=all")]
    Acks,
    /// Java's wording: must set retries to non-zero.
    #[error("enable.idempotence=true needs retries above 0")]
    Retries,
    /// More requests in flight than brokers remember batches.
    #[error("an idempotent producer needs max.in.flight.requests.per.connection of at most 5")]
    InFlight,
    /// A transaction without sequence numbers.
    #[error("transactional.id needs enable.idempotence=true")]
    Transactional,
    /// The time for everything is shorter than the time for one attempt.
    #[error("delivery.timeout.ms must be at least linger.ms + request.timeout.ms")]
    DeliveryTimeout,
}

impl Conflict {
    /// The settings that it is about.
    #[must_use]
    pub const fn settings(self) -> (&'static str, &'static str) {
        match self {
            Self::Acks => ("enable.idempotence=true", "acks=all"),
            Self::Retries => ("enable.idempotence=true", "retries>0"),
            Self::InFlight => ("enable.idempotence=true", "max.in.flight.requests.per.connection<=5"),
            Self::Transactional => ("transactional.id", "enable.idempotence=true"),
            Self::DeliveryTimeout => ("delivery.timeout.ms", ">= linger.ms + request.timeout.ms"),
        }
    }
}

fn is_transactional(configs: &Configs) -> bool {
    !configs.get("transactional.id").is_empty()
}

/// Whether batches carry producer id and sequence. In Java conflicting acks or retries switch it off silently unless it was asked for;
/// in librdkafka a transactional.id switches it on.
fn idempotent(configs: &Configs) -> bool {
    let asked = configs.on("enable.idempotence");
    match configs.family() {
        Family::Java => asked && configs.get("acks") == "all" && configs.int("retries") > 0,
        Family::Librdkafka => asked || is_transactional(configs),
    }
}

/// Why a producer with these settings would not start, if so (`ProducerConfig`, `rd_kafka_conf_finalize`).
#[must_use]
pub fn conflict(configs: &Configs) -> Option<Conflict> {
    let java = configs.family() == Family::Java;
    let (explicit, transactional) = (configs.differs("enable.idempotence"), is_transactional(configs));
    let wanted = configs.on("enable.idempotence") || (transactional && !java);
    let insists = explicit || transactional;
    let in_flight = "max.in.flight.requests.per.connection";
    if transactional && explicit && !configs.on("enable.idempotence") {
        return Some(Conflict::Transactional);
    }
    if wanted && insists && configs.get("acks") != "all" {
        return Some(Conflict::Acks);
    }
    if wanted && insists && configs.int("retries") == 0 {
        return Some(Conflict::Retries);
    }
    // Kafka 4 refuses it even if idempotence is only the default; librdkafka lowers its own default, not what was set.
    let checked = if java { idempotent(configs) } else { configs.differs(in_flight) };
    if wanted && checked && configs.int(in_flight) > 5 {
        return Some(Conflict::InFlight);
    }
    let least = configs.int("linger.ms").saturating_add(configs.int("request.timeout.ms"));
    let short = configs.differs("delivery.timeout.ms") && configs.int("delivery.timeout.ms") < least;
    (java && short).then_some(Conflict::DeliveryTimeout)
}

impl Settings {
    pub(super) fn of(configs: &Configs) -> Self {
        let java = configs.family() == Family::Java;
        let idempotent = idempotent(configs);
        let size = |name: &str| u64::try_from(configs.int(name)).unwrap_or(u64::MAX);
        let count = |name: &str| usize::try_from(configs.int(name)).unwrap_or(usize::MAX);
        let in_flight = count("max.in.flight.requests.per.connection").max(1);
        let request_timeout = configs.ms("request.timeout.ms");
        let linger = configs.ms("linger.ms");
        let delivery = configs.ms("delivery.timeout.ms");
        Self {
            java,
            acks: acks(configs.get("acks")),
            idempotent,
            max_in_flight: if idempotent { in_flight.min(IDEMPOTENT_IN_FLIGHT) } else { in_flight },
            retries: configs.int("retries"),
            backoff: configs.ms("retry.backoff.ms"),
            backoff_max: configs.ms("retry.backoff.max.ms"),
            // Java stretches its default to what one attempt needs.
            delivery: if java { delivery.max(linger + request_timeout) } else { delivery },
            request_timeout,
            answer_limit: if java { request_timeout } else { configs.ms("socket.timeout.ms") },
            linger,
            batch_size: size("batch.size"),
            batch_messages: if java { usize::MAX } else { count("batch.num.messages") },
            memory: if java {
                size("buffer.memory")
            } else {
                size("queue.buffering.max.kbytes").saturating_mul(1024)
            },
            max_messages: match (java, count("queue.buffering.max.messages")) {
                (true, _) | (false, 0) => usize::MAX,
                (false, most) => most,
            },
            max_block: configs.ms("max.block.ms"),
            max_request: size("max.request.size"),
            metadata_age: refresh_interval(configs),
            strategy: Strategy::of(configs),
            ignore_keys: java && configs.on("partitioner.ignore.keys"),
            adaptive: java && configs.on("partitioner.adaptive.partitioning.enable"),
            sticky: configs.ms("sticky.partitioning.linger.ms"),
            transactional: is_transactional(configs).then(|| configs.get("transactional.id").into()),
            transaction_timeout: configs.ms("transaction.timeout.ms"),
        }
    }
}

fn acks(value: &str) -> Acks {
    match value {
        "0" => Acks::Zero,
        "1" => Acks::One,
        "all" | "-1" => Acks::All,
        other => other.parse().map_or(Acks::All, Acks::Other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::config::Scope;

    fn configs(family: Family, set: &[(&str, &str)]) -> Configs {
        let mut configs = Configs::new(Scope::Producer, family);
        for (name, value) in set {
            configs.set(name, value).unwrap();
        }
        configs
    }

    #[test]
    fn idempotence_is_off_in_silence_or_refused_aloud() {
        use Family::{Java, Librdkafka};
        const IN_FLIGHT: &str = "max.in.flight.requests.per.connection";
        // family, settings, conflict, idempotent, in flight
        type Case = (Family, &'static [(&'static str, &'static str)], Option<Conflict>, bool, usize);
        let cases: &[Case] = &[
            (Java, &[], None, true, 5),
            (Java, &[("acks", "1")], None, false, 5),
            (Java, &[("retries", "0")], None, false, 5),
            (Java, &[("acks", "1"), ("enable.idempotence", "true")], Some(Conflict::Acks), false, 5),
            (Java, &[("retries", "0"), ("enable.idempotence", "true")], Some(Conflict::Retries), false, 5),
            (Java, &[(IN_FLIGHT, "6")], Some(Conflict::InFlight), true, 5),
            (Java, &[(IN_FLIGHT, "6"), ("enable.idempotence", "false")], None, false, 6),
            (Java, &[(IN_FLIGHT, "6"), ("acks", "1")], None, false, 6),
            (Java, &[("delivery.timeout.ms", "30000")], Some(Conflict::DeliveryTimeout), true, 5),
            (Java, &[("transactional.id", "t"), ("acks", "1")], Some(Conflict::Acks), false, 5),
            (
                Java,
                &[("transactional.id", "t"), ("enable.idempotence", "false")],
                Some(Conflict::Transactional),
                false,
                5,
            ),
            (Librdkafka, &[], None, false, 1_000_000),
            (Librdkafka, &[("enable.idempotence", "true")], None, true, 5),
            (Librdkafka, &[("enable.idempotence", "true"), ("acks", "1")], Some(Conflict::Acks), true, 5),
            (
                Librdkafka,
                &[("enable.idempotence", "true"), (IN_FLIGHT, "6")],
                Some(Conflict::InFlight),
                true,
                5,
            ),
            (Librdkafka, &[("transactional.id", "t")], None, true, 5),
        ];
        for (family, set, wanted, idempotent, in_flight) in cases {
            let configs = configs(*family, set);
            let settings = Settings::of(&configs);
            assert_eq!(conflict(&configs), *wanted, "{family:?} {set:?}");
            assert_eq!((settings.idempotent, settings.max_in_flight), (*idempotent, *in_flight), "{set:?}");
        }
    }

    #[test]
    fn an_unset_delivery_timeout_stretches_and_librdkafka_takes_odd_acks() {
        let slow = configs(Family::Java, &[("request.timeout.ms", "200000")]);
        assert_eq!(Settings::of(&slow).delivery, Micros::ms(200_005));
        assert_eq!(conflict(&slow), None);
        let odd = configs(Family::Librdkafka, &[("acks", "7")]);
        assert_eq!(Settings::of(&odd).acks, Acks::Other(7));
        assert!(Configs::new(Scope::Producer, Family::Java).check("acks", "7").is_err());
    }
}
