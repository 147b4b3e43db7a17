//! What a spec says of its cluster: brokers, controllers, ZooKeeper, topics, links.

use std::ops::Range;

use super::{Checker, hint, ko};
use crate::kafka::config::{Family, Scope};
use crate::lab::spec::{MOST_BROKERS, NOWHERE, TopicSpec};

/// Settings that only a cluster with KRaft has.
const KRAFT_ONLY: &[&str] = &[
    "broker.session.timeout.ms",
    "broker.heartbeat.interval.ms",
    "metadata.max.idle.interval.ms",
    "unclean.leader.election.interval.ms",
];

impl Checker<'_> {
    pub(super) fn cluster(&mut self) {
        let cluster = &self.spec.cluster;
        match cluster.metadata.get_ref().as_str() {
            "kraft" => {}
            "zookeeper" => self.zookeeper(),
            other => self.error(
                "cluster.metadata",
                cluster.metadata.span(),
                format!("`{other}`: metadata는 kraft나 zookeeper입니다."),
                format!("`{other}`: metadata is kraft or zookeeper."),
            ),
        }
        if !(1..=MOST_BROKERS).contains(&self.spec.brokers()) {
            let n = self.spec.brokers();
            self.error(
                "cluster.brokers",
                cluster.brokers.span(),
                format!("브로커는 1개에서 {MOST_BROKERS}개까지입니다. {n}개는 안 됩니다."),
                format!("There may be 1 to {MOST_BROKERS} brokers, not {n}."),
            );
        }
        if !self.spec.in_zookeeper_mode() && !(1..=9).contains(&self.spec.controllers()) {
            let n = self.spec.controllers();
            self.error(
                "cluster.controllers",
                cluster.controllers.span(),
                format!("컨트롤러는 1개에서 9개까지입니다. {n}개는 안 됩니다."),
                format!("There may be 1 to 9 controllers, not {n}."),
            );
        }
        if let Some(voters) = &cluster.voters
            && !(1..=self.spec.controllers()).contains(voters.get_ref())
        {
            let (n, all) = (voters.get_ref(), self.spec.controllers());
            self.error(
                "cluster.voters",
                voters.span(),
                format!("보터는 1개에서 컨트롤러 수({all})까지입니다. {n}개는 안 됩니다."),
                format!("There may be 1 to {all} voters (the number of controllers), not {n}."),
            );
        }
        self.config("cluster.config", &cluster.config, Scope::Broker, Family::Java);
    }

    /// What does not go together with ZooKeeper: controllers of their own, and what came with KRaft.
    fn zookeeper(&mut self) {
        let cluster = &self.spec.cluster;
        if cluster.controllers.span() != NOWHERE {
            self.error(
                "cluster.controllers",
                cluster.controllers.span(),
                "metadata = \"zookeeper\"에서는 브로커 하나가 컨트롤러입니다. controllers를 지우세요.".into(),
                "With metadata = \"zookeeper\" a broker is the controller; leave controllers out.".into(),
            );
        }
        if let Some(combined) = cluster.combined.as_ref().filter(|combined| *combined.get_ref()) {
            self.error(
                "cluster.combined",
                combined.span(),
                "combined는 KRaft에만 있습니다. metadata = \"kraft\"로 쓰거나 지우세요.".into(),
                "`combined` needs KRaft: write metadata = \"kraft\", or leave it out.".into(),
            );
        }
        for (name, value) in &cluster.config.0 {
            let level = value.get_ref().as_str();
            let off = match name.get_ref().as_str() {
                "eligible.leader.replicas.version" => level == "0",
                "transaction.version" => matches!(level, "0" | "1"),
                "kraft.version" => false,
                other => !KRAFT_ONLY.contains(&other),
            };
            if !off {
                let (path, id) = (format!("cluster.config.\"{}\"", name.get_ref()), name.get_ref());
                self.error(
                    &path,
                    name.span(),
                    format!("`{id}`: KRaft에만 있습니다. metadata = \"kraft\"로 쓰거나 지우세요."),
                    format!("`{id}` needs KRaft: write metadata = \"kraft\", or leave it out."),
                );
            }
        }
    }

    pub(super) fn topic(&mut self, path: &str, topic: &TopicSpec) {
        let brokers = self.spec.brokers();
        self.config(&format!("{path}.config"), &topic.config, Scope::Topic, Family::Java);
        if let (Some(_), Some(replication)) = (&topic.replicas, &topic.replication) {
            let ko = "replicas와 replication은 함께 쓸 수 없습니다.".to_owned();
            let en = "replicas and replication cannot stand together.".to_owned();
            self.error(&format!("{path}.replication"), replication.span(), ko, en);
        }
        if let Some(n) = &topic.partitions
            && !(1..=100_000).contains(n.get_ref())
        {
            let ko = format!("파티션은 1개에서 100000개까지입니다. {}개는 안 됩니다.", n.get_ref());
            let en = format!("A topic has 1 to 100000 partitions, not {}.", n.get_ref());
            self.error(&format!("{path}.partitions"), n.span(), ko, en);
        }
        if let Some(n) = &topic.replication
            && !(1..=brokers).contains(n.get_ref())
        {
            let n_text = n.get_ref();
            let ko = format!("복제본 {n_text}개를 브로커 {brokers}개에 둘 수 없습니다.");
            let en = format!("{n_text} replicas do not fit on {brokers} brokers.");
            self.error(&format!("{path}.replication"), n.span(), ko, en);
        }
        if let Some(rows) = &topic.replicas {
            self.replicas(&format!("{path}.replicas"), topic, rows.get_ref(), rows.span());
        }
    }

    fn replicas(&mut self, path: &str, topic: &TopicSpec, rows: &[Vec<u32>], span: Range<usize>) {
        let brokers = self.spec.brokers();
        if let Some(n) = &topic.partitions
            && usize::try_from(*n.get_ref()).is_ok_and(|n| n != rows.len())
        {
            let ko = format!("파티션은 {}개인데 replicas는 {}줄입니다.", n.get_ref(), rows.len());
            let en = format!("There are {} partitions but {} rows of replicas.", n.get_ref(), rows.len());
            self.error(path, span.clone(), ko, en);
        }
        for (ix, row) in rows.iter().enumerate() {
            if let Some(bad) = row.iter().find(|n| !(1..=brokers).contains(n)) {
                let ko = format!(
                    "파티션 {ix}: 브로커 {} 없습니다 (1에서 {brokers}까지).",
                    ko(&bad.to_string(), "은")
                );
                let en = format!("Partition {ix}: there is no broker {bad} (1 to {brokers}).");
                self.error(path, span.clone(), ko, en);
            }
            let mut seen = row.clone();
            seen.sort_unstable();
            seen.dedup();
            if row.is_empty() || seen.len() != row.len() || rows.first().is_some_and(|f| f.len() != row.len())
            {
                let ko = format!("파티션 {ix}: 서로 다른 브로커를, 모든 파티션에 같은 수만큼 쓰세요.");
                let en = format!("Partition {ix}: name different brokers, equally many for every partition.");
                self.error(path, span.clone(), ko, en);
            }
        }
    }

    pub(super) fn links(&mut self) {
        for (ix, link) in self.spec.cluster.link.iter().enumerate() {
            let [a, b] = link.between.get_ref();
            let bad = [a, b].into_iter().find(|id| self.names.role(id).is_none()).cloned();
            let path = format!("cluster.link[{ix}].between");
            if let Some(bad) = bad {
                let near = self.names.nearest(&bad);
                let (near_ko, near_en) = hint(near.as_deref());
                let message = format!("프로세스 {} 없습니다.{near_ko}", ko(&bad, "은"));
                self.error(
                    &path,
                    link.between.span(),
                    message,
                    format!("There is no process {bad}.{near_en}"),
                );
            } else if a == b {
                let ko = "서로 다른 두 프로세스를 쓰세요.".to_owned();
                self.error(&path, link.between.span(), ko, "Name two different processes.".to_owned());
            }
        }
    }
}
