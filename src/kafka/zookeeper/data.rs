//! What stands in znodes. Kafka writes JSON; here it is typed, and becomes JSON where a person reads it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::path::number;
use crate::engine::NodeId;
use crate::kafka::{LeaderEpoch, Names, TopicId};

/// A topic's own settings.
pub type TopicConfigs = BTreeMap<&'static str, Arc<str>>;

/// Contents of a znode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Data {
    /// Nothing: the znode is there for its name or its children.
    #[default]
    Nothing,
    /// `/controller`.
    Controller(NodeId),
    /// `/controller_epoch`.
    ControllerEpoch(i32),
    /// `/brokers/ids/1`: which life of the process stands for this.
    Broker {
        /// Which life of the process (Kafka: its end points, which here never change).
        incarnation: u32,
    },
    /// `/brokers/topics/orders`.
    Topic(Arc<Vec<Assigned>>),
    /// `…/partitions/0/state`.
    State(State),
    /// `/config/topics/orders`.
    Configs(Arc<TopicConfigs>),
    /// `/config/changes/…`: this topic has other settings.
    Changed(TopicId),
    /// `/latest_producer_id_block`: handed out last, both ends included.
    ProducerIds {
        /// To whom.
        broker: NodeId,
        /// First id of the block.
        first: i64,
        /// Last id of the block.
        last: i64,
    },
}

/// Which brokers keep a partition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Assigned {
    /// All of them; the first is the preferred leader.
    pub replicas: Vec<NodeId>,
    /// Those that a reassignment adds.
    pub adding: Vec<NodeId>,
    /// Those that a reassignment removes.
    pub removing: Vec<NodeId>,
}

/// Leader and in-sync set of a partition (`LeaderAndIsr`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct State {
    /// Leader; none = -1.
    pub leader: Option<NodeId>,
    /// Which leadership.
    pub leader_epoch: LeaderEpoch,
    /// In-sync replicas; never empty.
    pub isr: Vec<NodeId>,
    /// The controller that wrote it.
    pub controller_epoch: i32,
}

fn ids(names: &Names, list: &[NodeId]) -> String {
    let numbers: Vec<String> = list.iter().map(|id| number(names, *id)).collect();
    format!("[{}]", numbers.join(","))
}

/// Partitions of a topic that are written out; there may be a hundred thousand.
const MOST_ROWS: usize = 100;

impl Data {
    /// As Kafka's JSON, short: without versions, host names and time stamps, and the end of a long list.
    #[must_use]
    pub fn text(&self, names: &Names) -> String {
        match self {
            Self::Nothing => String::new(),
            Self::Controller(id) => format!("{{\"brokerid\":{}}}", number(names, *id)),
            Self::ControllerEpoch(epoch) => epoch.to_string(),
            Self::Broker { incarnation } => format!("{{\"process\":{incarnation}}}"),
            Self::Topic(assigned) => {
                let all = |pick: fn(&Assigned) -> &Vec<NodeId>| {
                    let mut chosen =
                        (0_u32..).zip(assigned.iter().map(pick)).filter(|(_, list)| !list.is_empty());
                    let row = |(ix, list): (u32, &Vec<NodeId>)| format!("\"{ix}\":{}", ids(names, list));
                    let mut rows: Vec<String> = chosen.by_ref().take(MOST_ROWS).map(row).collect();
                    rows.extend(chosen.next().map(|_| "…".to_owned()));
                    rows.join(",")
                };
                let moving = |name: &str, rows: String| {
                    if rows.is_empty() { String::new() } else { format!(",\"{name}\":{{{rows}}}") }
                };
                format!(
                    "{{\"partitions\":{{{}}}{}{}}}",
                    all(|a| &a.replicas),
                    moving("adding_replicas", all(|a| &a.adding)),
                    moving("removing_replicas", all(|a| &a.removing)),
                )
            }
            Self::State(state) => format!(
                "{{\"leader\":{},\"isr\":{},\"leader_epoch\":{},\"controller_epoch\":{}}}",
                state.leader.map_or_else(|| "-1".to_owned(), |id| number(names, id)),
                ids(names, &state.isr),
                state.leader_epoch.0,
                state.controller_epoch,
            ),
            Self::Configs(configs) => {
                let rows: Vec<String> = configs.iter().map(|(k, v)| format!("\"{k}\":\"{v}\"")).collect();
                format!("{{\"config\":{{{}}}}}", rows.join(","))
            }
            Self::Changed(topic) => format!("{{\"entity_path\":\"topics/{}\"}}", names.topic(*topic)),
            Self::ProducerIds { broker, first, last } => {
                let broker = number(names, *broker);
                format!("{{\"broker\":{broker},\"block_start\":{first},\"block_end\":{last}}}")
            }
        }
    }
}
