//! Every law is proven: with its defect it is the first to fire, without the defect nothing fires.

use super::{Lab, Scenario};
use crate::kafka::laws::{LAWS, Violation};
use crate::kafka::mutant::{self, Mutant};

/// A cluster and what is done to it. `[cluster]`, `orders` and `p` are settings; `more` are further tables.
#[derive(Default)]
struct Case {
    /// Settings of `[cluster]` itself.
    top: &'static str,
    cluster: &'static str,
    orders: &'static str,
    p: &'static str,
    more: &'static str,
    script: &'static str,
    end: &'static str,
    /// Asks, at the end, for what should have come about.
    rest: bool,
}

impl Case {
    fn scenario(&self) -> Scenario {
        let Self { top, cluster, orders, p, more, script, end, .. } = self;
        let text = format!(
            "format = 1\nscript = '''\n{script}\n'''\nend = \"{end}\"\n\
             [cluster]\n{top}\nconfig = {{ {cluster} }}\n\
             [[cluster.topic]]\nname = \"orders\"\n{orders}\n\
             [[cluster.producer]]\nid = \"p\"\ntopics = [\"orders\"]\nconfig = {{ \"linger.ms\" = 0{p} }}\n{more}\n"
        );
        Scenario::parse(&text).unwrap_or_else(|e| panic!("{e}\n{text}"))
    }

    /// The laws that break when the defect is switched on once the cluster has booted.
    fn play(&self, defect: Option<Mutant>) -> Vec<Violation> {
        let scenario = self.scenario();
        let lab = Lab::new(&scenario.spec, scenario.seed).unwrap_or_else(|e| panic!("{e}"));
        let played = mutant::with(defect, || scenario.play(lab));
        let mut lab = played.unwrap_or_else(|e| panic!("{defect:?}: {e}\n{}", scenario.print())).lab;
        if self.rest {
            lab.demand();
        }
        lab.broken_laws().to_vec()
    }
}

const THREE: &str = "replicas = [[1, 2, 3]]";
const THREE_MIN_2: &str = "replicas = [[1, 2, 3]]\nconfig = { \"min.insync.replicas\" = 2 }";
const ACKS_1: &str = ", acks = 1";
const READER: &str = "[[cluster.consumer]]\nid = \"c1\"\ngroup = \"pay\"\ntopics = [\"orders\"]\n\
                      config = { \"auto.offset.reset\" = \"earliest\" }";
const SHARE_READER: &str = "[[cluster.consumer]]\nid = \"c1\"\nkind = \"share\"\ngroup = \"pay\"\ntopics = [\"orders\"]\n\
                            drive = \"manual\"";
const TWO_MODERN_READERS: &str = "[[cluster.consumer]]\nid = \"c1\"\ngroup = \"pay\"\ntopics = [\"orders\"]\nstate = \"stopped\"\n\
                                  drive = \"manual\"\nconfig = { \"group.protocol\" = \"consumer\" }\n\
                                  [[cluster.consumer]]\nid = \"c2\"\ngroup = \"pay\"\ntopics = [\"orders\"]\nstate = \"stopped\"\n\
                                  config = { \"group.protocol\" = \"consumer\" }";
const THREE_READERS: &str = "[[cluster.consumer]]\nid = \"c1\"\ngroup = \"pay\"\ntopics = [\"orders\"]\nstate = \"stopped\"\n\
                           [[cluster.consumer]]\nid = \"c2\"\ngroup = \"pay\"\ntopics = [\"orders\"]\nstate = \"stopped\"\ndrive = \"manual\"\n\
                           [[cluster.consumer]]\nid = \"c3\"\ngroup = \"pay\"\ntopics = [\"orders\"]\nstate = \"stopped\"";
const TRANSACTIONAL: &str = "[[cluster.producer]]\nid = \"t\"\ntopics = [\"orders\"]\nconfig = { \"transactional.id\" = \"x\" }\n\
                             [[cluster.consumer]]\nid = \"c1\"\ngroup = \"pay\"\ntopics = [\"orders\"]\n\
                             config = { \"auto.offset.reset\" = \"earliest\", \"isolation.level\" = \"read_committed\" }";
const TRANSACTIONAL_30: &str = "[[cluster.producer]]\nid = \"t\"\ntopics = [\"orders\"]\n\
                                config = { \"transactional.id\" = \"x\", \"delivery.timeout.ms\" = 30005 }";
const TWO_TRANSACTIONAL: &str = "[[cluster.producer]]\nid = \"t\"\ntopics = [\"orders\"]\n\
                                 config = { \"transactional.id\" = \"x\" }\n\
                                 [[cluster.producer]]\nid = \"t2\"\ntopics = [\"orders\"]\nstate = \"stopped\"\n\
                                 config = { \"transactional.id\" = \"x\" }";
/// b1 is alone in the in-sync set.
const ALONE: &str =
    "crash b2\ncrash b3\nwhen isr('orders-0') == ['b1'] : produce p --count 3\n+1s produce p --count 3";

fn plain(script: &'static str, end: &'static str) -> Case {
    Case { orders: THREE, script, end, ..Case::default() }
}

/// Metadata in ZooKeeper, and leaders that do not wait long for followers.
fn zookeeper(script: &'static str, end: &'static str) -> Case {
    let (top, cluster) = ("metadata = \"zookeeper\"", "\"replica.lag.time.max.ms\" = 3000");
    Case { top, cluster, ..plain(script, end) }
}

fn case(mutant: Mutant) -> Case {
    log_case(mutant)
        .or_else(|| replica_case(mutant))
        .or_else(|| client_case(mutant))
        .or_else(|| transaction_case(mutant))
        .unwrap_or_else(|| control_case(mutant))
}

fn log_case(mutant: Mutant) -> Option<Case> {
    Some(match mutant {
        Mutant::KeepsHighWatermark => Case {
            orders: "replicas = [[1, 2, 3]]\nconfig = { \"unclean.leader.election.enable\" = true }",
            script: "crash b2\ncrash b3\nwhen isr('orders-0') == ['b1'] : produce p --count 3\n+6s crash b1\n\
                     when leader('orders-0') == null : start b2\nwhen leader('orders-0') == 'b2' : start b1",
            end: "@90s",
            ..Case::default()
        },
        Mutant::ReusesOffset => plain("produce p\n+1s produce p", "@3s"),
        Mutant::StampsOldEpoch => {
            plain("produce p\n+1s crash b1\nwhen leader('orders-0') == 'b2' : produce p", "@30s")
        }
        Mutant::CopiesOtherRecords => plain("produce p --count 3", "@3s"),
        Mutant::MisnamesSegment => Case {
            orders: "replicas = [[1, 2, 3]]\nconfig = { \"segment.bytes\" = 200 }",
            script: "produce p\n+1s produce p\n+1s produce p\n+1s produce p",
            end: "@5s",
            ..Case::default()
        },
        Mutant::LowersLogStart => Case {
            cluster: "\"log.retention.check.interval.ms\" = 10000",
            orders: "replicas = [[1, 2, 3]]\nconfig = { \"segment.bytes\" = 200, \"retention.ms\" = 1000 }",
            more: "drive = \"auto\"\nworkload = { every = \"300ms\", keys = [], count = 150 }",
            script: "crash b2\n+4s start b2",
            end: "@60s",
            ..Case::default()
        },
        Mutant::DeletesTooMuch => Case {
            cluster: "\"log.retention.check.interval.ms\" = 10000",
            orders: "replicas = [[1, 2, 3]]\nconfig = { \"segment.bytes\" = 200, \"retention.bytes\" = 600 }",
            more: "drive = \"auto\"\nworkload = { every = \"300ms\", keys = [], count = 20 }",
            script: "produce p",
            end: "@30s",
            ..Case::default()
        },
        Mutant::RemovesNewest => Case {
            cluster: "\"log.cleaner.backoff.ms\" = 5000",
            orders: "replicas = [[1]]\nconfig = { \"segment.bytes\" = 300, \"cleanup.policy\" = \"compact\" }",
            more: "drive = \"auto\"\nworkload = { every = \"300ms\", keys = [\"a\", \"b\"], count = 20 }",
            end: "@20s",
            ..Case::default()
        },
        Mutant::CleansUnstable => Case {
            cluster: "\"log.cleaner.backoff.ms\" = 5000",
            orders: "replicas = [[1, 2, 3]]\nconfig = { \"segment.bytes\" = 200, \"min.insync.replicas\" = 2, \
                     \"cleanup.policy\" = \"compact\" }",
            p: ACKS_1,
            script: "crash b2\ncrash b3\nwhen isr('orders-0') == ['b1'] : produce p --key a\n+1s produce p --key a\n\
                     +1s produce p --key a\n+1s produce p --key a\n+1s produce p --key a",
            end: "@60s",
            ..Case::default()
        },
        Mutant::DeletesUncommitted => Case {
            cluster: "\"log.retention.check.interval.ms\" = 10000",
            orders: "replicas = [[1, 2, 3]]\nconfig = { \"segment.bytes\" = 200, \"retention.bytes\" = 200, \
                     \"min.insync.replicas\" = 2 }",
            p: ACKS_1,
            script: "crash b2\ncrash b3\nwhen isr('orders-0') == ['b1'] : produce p\n+1s produce p\n+1s produce p\n\
                     +1s produce p\n+1s produce p\n+1s produce p",
            end: "@60s",
            ..Case::default()
        },
        _ => return None,
    })
}

fn replica_case(mutant: Mutant) -> Option<Case> {
    Some(match mutant {
        Mutant::KeepsEligible => Case {
            orders: THREE_MIN_2,
            script: "crash b3\nwhen isr('orders-0') == ['b1', 'b2'] : crash b2\n\
                     when isr('orders-0') == ['b1'] : crash b1\nwhen leader('orders-0') == null : start b2",
            end: "@90s",
            ..Case::default()
        },
        Mutant::KeepsLeaderEpoch | Mutant::TakesLastInSync | Mutant::FencesInName => {
            plain("crash b1", "@20s")
        }
        Mutant::DropsLeader | Mutant::NeverRejoins => {
            let script = "crash b3\nwhen isr('orders-0') == ['b1', 'b2'] : start b3";
            Case { rest: mutant == Mutant::NeverRejoins, ..plain(script, "@80s") }
        }
        Mutant::LowersHighWatermark => plain("produce p --count 3\n+1s crash b1", "@20s"),
        Mutant::IgnoresMinimum => {
            Case { orders: THREE_MIN_2, p: ACKS_1, script: ALONE, end: "@40s", ..Case::default() }
        }
        Mutant::CountsLeaderOnly => plain("produce p", "@3s"),
        Mutant::CountsWhatItSends => {
            Case { p: ACKS_1, ..plain("produce p\n+1s produce p\n+3ms produce p\n+3ms produce p", "@3s") }
        }
        Mutant::ForgetsTail => Case {
            orders: "replicas = [[1]]",
            script: "+5100ms produce p\n+100ms crash b1\n+1s start b1",
            end: "@40s",
            ..Case::default()
        },
        Mutant::AnswersEarly => plain("delay b2 b1 200ms\nproduce p", "@3s"),
        Mutant::CutsTooMuch => Case {
            orders: THREE,
            p: ACKS_1,
            script: "produce p\n+1s cut b1 b2\ncut b1 b3\ncut b1 k1\nproduce p\n\
                     when leader('orders-0') == 'b2' : clear-faults",
            end: "@30s",
            ..Case::default()
        },
        Mutant::CutsToHighWatermark => plain("produce p\n+1s crash b2\n+1s start b2", "@30s"),
        Mutant::OverlooksDivergence => Case {
            orders: THREE,
            p: ACKS_1,
            script: "produce p\n+1s hold b1 b2\nhold b1 b3\nproduce p\n+1s crash b1\nclear-faults\n\
                     when leader('orders-0') == 'b2' : produce p\n+1s start b1",
            end: "@60s",
            ..Case::default()
        },
        Mutant::JoinsTooEarly => Case {
            cluster: "\"replica.lag.time.max.ms\" = 3000",
            script: "hold b1 b3\nproduce p\nwhen isr('orders-0') == ['b1', 'b2'] : produce p\n+1s produce p\n\
                     +1s release b1 b3",
            end: "@40s",
            orders: THREE,
            ..Case::default()
        },
        Mutant::WaitsForEverybody => Case {
            cluster: "\"replica.lag.time.max.ms\" = 3000",
            orders: THREE,
            script: "crash b3\nwhen isr('orders-0') == ['b1', 'b2'] : produce p",
            end: "@60s",
            ..Case::default()
        },
        Mutant::WritesWhatItRefuses => {
            Case { orders: THREE_MIN_2, script: ALONE, end: "@40s", ..Case::default() }
        }
        Mutant::ShrinksAlone => Case {
            cluster: "\"replica.lag.time.max.ms\" = 3000",
            orders: THREE,
            script: "cut b1 b2\ncut b1 b3\ncut b1 k1\nproduce p\n+6s produce q",
            more: "[[cluster.producer]]\nid = \"q\"\ntopics = [\"orders\"]",
            end: "@20s",
            ..Case::default()
        },
        _ => return None,
    })
}

fn client_case(mutant: Mutant) -> Option<Case> {
    Some(match mutant {
        Mutant::TellsTwice => plain("produce p", "@3s"),
        Mutant::MovesKeys => Case {
            orders: "partitions = 3\nreplication = 3",
            script: "produce p --key a\n+101ms produce p --key a\n+101ms produce p --key a",
            end: "@3s",
            ..Case::default()
        },
        Mutant::SendsWithoutLimit => Case {
            orders: THREE,
            p: ", \"max.in.flight.requests.per.connection\" = 2",
            script: "produce p\n+1s delay b1 p 300ms\nproduce p\n+10ms produce p\n+10ms produce p\n+10ms produce p",
            end: "@3s",
            ..Case::default()
        },
        Mutant::NumbersAgain | Mutant::AcceptsTwice | Mutant::AnswersOtherOffset => {
            plain("produce p\n+1s drop-next-ack p\nproduce p", "@60s")
        }
        Mutant::AcceptsGaps => {
            plain("produce p\n+1s fail-next-append orders-0\nproduce p\n+1ms produce p", "@10s")
        }
        Mutant::RemembersSix => plain(
            "produce p\n+1s produce p\n+1s produce p\n+1s produce p\n+1s produce p\n+1s produce p",
            "@10s",
        ),
        Mutant::ForgetsProducers => plain("produce p", "@3s"),
        Mutant::NewestFirst => plain("produce p --count 3", "@3s"),
        Mutant::ServesUncommitted => Case {
            orders: THREE_MIN_2,
            p: ACKS_1,
            more: READER,
            script: ALONE,
            end: "@40s",
            ..Case::default()
        },
        Mutant::ForgetsPosition => {
            Case { orders: THREE, more: READER, script: "produce p", end: "@10s", ..Case::default() }
        }
        _ => return None,
    })
}

fn transaction_case(mutant: Mutant) -> Option<Case> {
    let read = |script| Case { orders: THREE, more: TRANSACTIONAL, script, end: "@20s", ..Case::default() };
    Some(match mutant {
        Mutant::CompletesEarly => read(
            "begin t\nproduce t --id a\nwhen acked('a') : drop-next b3 b1 --api WriteTxnMarkers\n+10ms commit-txn t",
        ),
        Mutant::DecidesEarly | Mutant::MarksTheOpposite | Mutant::DeliversMarkers => {
            read("begin t\nproduce t --id a\nwhen acked('a') : commit-txn t\n+1s produce p")
        }
        Mutant::SkipsVerification | Mutant::OverlooksOpen | Mutant::LowersStableOffset => {
            read("produce p\n+1s begin t\nproduce t")
        }
        Mutant::DeliversAborted => {
            read("begin t\nproduce t --id a\nwhen acked('a') : abort t\n+1s produce p")
        }
        Mutant::KeepsProducerEpoch => Case {
            orders: THREE,
            more: TRANSACTIONAL_30,
            script: "begin t\nproduce t --id a\nwhen acked('a') : hold-next t b1 --api Produce\nproduce t --id b\n\
                     when failed('b') : abort t\n+1s release t b1",
            end: "@60s",
            ..Case::default()
        },
        Mutant::ServesZombies => Case {
            orders: THREE,
            more: TWO_TRANSACTIONAL,
            script: "begin t\nproduce t --id a\nwhen acked('a') : start t2\n+1s begin t2\nproduce t2 --id c\n\
                     when acked('c') : commit-txn t",
            end: "@20s",
            ..Case::default()
        },
        Mutant::CountsAborted => read(
            "produce p --id a\nwhen delivered('pay', 'a') == 1 : begin t\nproduce t\nsend-offsets t c1\n+1s abort t",
        ),
        // The first batch comes when its producer has given it up and gone over to the next epoch.
        Mutant::AcceptsOldEpoch => Case {
            orders: THREE,
            p: ", \"delivery.timeout.ms\" = 3000, \"request.timeout.ms\" = 1000",
            script: "produce p --id a\nwhen acked('a') : hold-next p b1 --api Produce\nproduce p --id b\n\
                     when acked('b') : cut p b1\nproduce p --id c\nwhen failed('c') : heal\nproduce p --id d\n\
                     when acked('d') : release p b1",
            end: "@30s",
            ..Case::default()
        },
        _ => return None,
    })
}

/// Three controllers.
fn quorum(script: &'static str, end: &'static str) -> Case {
    Case { top: "controllers = 3", ..plain(script, end) }
}

fn control_case(mutant: Mutant) -> Case {
    match mutant {
        Mutant::AssignsToAll
        | Mutant::CountsDown
        | Mutant::SkipsSync
        | Mutant::StableTooEarly
        | Mutant::TellsUnstored
        | Mutant::TellsSome
        | Mutant::KeepsPending
        | Mutant::KeepsWhileJoining
        | Mutant::LeavesNoLeader => Case {
            orders: "partitions = 2\nreplication = 3",
            more: THREE_READERS,
            script: "start c1\nstart c2\n+12s start c3\n+12s stop c1",
            end: "@40s",
            ..Case::default()
        },
        Mutant::HandsOverAtOnce => Case {
            orders: "partitions = 2\nreplication = 3",
            more: "[[cluster.consumer]]\nid = \"c1\"\ngroup = \"pay\"\ntopics = [\"orders\"]\n\
                   config = { \"partition.assignment.strategy\" = \"cooperative-sticky\" }\n\
                   [[cluster.consumer]]\nid = \"c2\"\ngroup = \"pay\"\ntopics = [\"orders\"]\nstate = \"stopped\"\n\
                   config = { \"partition.assignment.strategy\" = \"cooperative-sticky\" }",
            script: "delay b1 c1 200ms\ndelay b2 c1 200ms\ndelay b3 c1 200ms\nstart c2",
            end: "@30s",
            ..Case::default()
        },
        Mutant::KeepsReplaced => Case {
            orders: THREE,
            more: "[[cluster.consumer]]\nid = \"c1\"\ngroup = \"pay\"\ntopics = [\"orders\"]\n\
                   config = { \"group.instance.id\" = \"i1\" }",
            script: "+10s stop c1\n+1s start c1",
            end: "@20s",
            ..Case::default()
        },
        Mutant::GivesWhatIsHeld | Mutant::RunsAhead | Mutant::AdvancesUnrevoked | Mutant::GivesTheNext => {
            Case {
                cluster: "\"group.consumer.heartbeat.interval.ms\" = 1000",
                orders: "partitions = 3\nreplication = 3",
                more: TWO_MODERN_READERS,
                script: "start c1\nwhen size(owned('c1')) == 3 : hang c1\nstart c2",
                end: "@20s",
                ..Case::default()
            }
        }
        Mutant::DeliversForever => Case {
            cluster: "\"share.auto.offset.reset\" = \"earliest\", \"group.share.record.lock.duration.ms\" = 1000, \"group.share.delivery.count.limit\" = 2",
            orders: THREE,
            more: SHARE_READER,
            script: "produce p\n+1s poll c1\n+2s poll c1\n+2s poll c1",
            end: "@10s",
            ..Case::default()
        },
        Mutant::ObeysAnyController => zookeeper(
            "delay b1 b3 400ms\ncreate-topic extra --partitions 2 --replication 3\n+150ms pause b1\n+20s resume b1",
            "@40s",
        ),
        Mutant::WritesUnfenced => zookeeper("cut b1 z1\n+1s crash b3\n+1s produce p\n@60s heal", "@70s"),
        Mutant::KeepsEphemerals => zookeeper("crash b3", "@30s"),
        Mutant::TakesAnyCommit => {
            Case { more: READER, ..plain("produce p\n+1s pause c1\n+60s resume c1", "@80s") }
        }
        Mutant::ForgetsOffsets => Case {
            more: READER,
            ..plain(
                "produce p\n+10s crash b1\n+30s start b1\n+20s crash b2\n+30s start b2\n+20s crash b3",
                "@140s",
            )
        },
        Mutant::ForgetsHeartbeats => Case { more: READER, ..plain("", "@60s") },
        Mutant::ExpiresParked => Case {
            orders: "partitions = 2\nreplication = 3",
            more: THREE_READERS,
            script: "start c1\n+100ms start c2\n+12s hang c2\nstart c3",
            end: "@90s",
            ..Case::default()
        },
        Mutant::AppliesTwice | Mutant::KeepsPartitionEpoch => plain("crash b3", "@15s"),
        Mutant::FollowersAct => quorum("produce p", "@3s"),
        Mutant::VotesTwice => Case {
            cluster: "\"metadata.version\" = \"3.9\"",
            ..quorum("delay k2 k3 200ms\ndelay k3 k2 200ms\n+1s crash k1", "@10s")
        },
        Mutant::OverlooksFork => quorum("cut k1\n+6s heal k1", "@12s"),
        Mutant::VotesForAnyone => quorum(
            "cut k3\n+1s set orders retention.ms=1000\n+3s crash k1\ncrash k2\nheal k3\nstart k2",
            "@20s",
        ),
        Mutant::CommitsOldEpochs => quorum("crash k1", "@8s"),
        Mutant::CountsObservers => quorum("cut k1 k2\ncut k1 k3", "@3s"),
        Mutant::RegistersInName => plain("crash b3\n+12s start b3", "@20s"),
        Mutant::UnfencesEarly => {
            plain("crash b3\n+12s hold-next k1 b3 --api FetchMetadata\nstart b3", "@20s")
        }
        Mutant::CommitsAlone => quorum("crash k2\ncrash k3", "@3s"),
        Mutant::AnswersBeforeCommit => quorum("crash b3\n+12s start b3", "@20s"),
        _ => live_case(mutant),
    }
}

/// What must come about and does not.
fn live_case(mutant: Mutant) -> Case {
    let alone = |script| Case {
        orders: "replicas = [[1]]",
        more: READER,
        script,
        end: "@120s",
        rest: true,
        ..Case::default()
    };
    match mutant {
        Mutant::NeverStands => {
            Case { rest: true, ..quorum("crash k1\n+10s start k1\n+10s produce p", "@60s") }
        }
        Mutant::LeavesLeaderless => alone("crash b1\n+20s start b1"),
        Mutant::KeepsTheDead => Case {
            orders: "partitions = 2\nreplication = 3",
            more: THREE_READERS,
            rest: true,
            ..plain("start c1\nstart c3\n+20s crash c3", "@400s")
        },
        Mutant::NeverTimesOut => {
            Case { more: TRANSACTIONAL, rest: true, ..plain("begin t\nproduce t\n+1s crash t", "@150s") }
        }
        Mutant::StopsReading => alone("produce p\n+10s produce p"),
        _ => panic!("{mutant:?} has no case"),
    }
}

#[test]
fn every_law_fires_first_for_its_defect_and_nothing_fires_without_it() {
    let mut wrong = Vec::new();
    for law in LAWS {
        let case = case(law.mutant);
        if let Some(broken) = case.play(None).first() {
            wrong.push(format!("{}: without its defect {broken}", law.id));
        }
        let broken = case.play(Some(law.mutant));
        if broken.first().is_none_or(|first| first.law.id != law.id) {
            let found: Vec<String> = broken.iter().map(ToString::to_string).collect();
            wrong.push(format!("{}: {} shows {found:?}", law.id, law.mutant.name()));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
