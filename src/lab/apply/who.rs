//! Who is meant by an id, and whether they can do anything now.

use super::{Deed, named};
use crate::engine::{NodeId, Process as Life};
use crate::kafka::{Command, OFFSETS_TOPIC, Partition, Process, Role, TopicId};
use crate::lab::error::ActError;
use crate::lab::state::State;

impl State {
    pub(super) fn node(&self, id: &str) -> Result<NodeId, ActError> {
        self.world.shared().find_node(id).ok_or_else(|| unknown(id))
    }

    pub(super) fn topic(&self, name: &str) -> Result<TopicId, ActError> {
        let id = self.world.shared().find_topic(name).filter(|_| name != OFFSETS_TOPIC);
        id.ok_or_else(|| unknown(name))
    }

    pub(super) fn partition(&self, name: &str) -> Result<Partition, ActError> {
        self.world.shared().find_partition(name).ok_or_else(|| unknown(name))
    }

    /// A process that is not down.
    pub(super) fn up(&self, id: &str) -> Result<NodeId, ActError> {
        let node = self.node(id)?;
        if !matches!(self.world.process(node), Life::Down { .. }) {
            return Ok(node);
        }
        Err(ActError::new(
            format!("{} 꺼져 있습니다. start {id}로 켭니다.", named(id, "은")),
            format!("{id} is down; start {id} brings it back."),
        ))
    }

    /// A process that handles what comes.
    pub(super) fn running(&self, id: &str) -> Result<NodeId, ActError> {
        let node = self.up(id)?;
        if self.world.process(node) == Life::Running {
            return Ok(node);
        }
        Err(ActError::new(
            format!("{} 멈춰 있습니다. resume {id}로 움직입니다.", named(id, "은")),
            format!("{id} is paused; resume {id} lets it go on."),
        ))
    }

    pub(super) fn controller(&self) -> Result<NodeId, ActError> {
        let active = |node: &NodeId| match self.world.node(*node) {
            Process::Controller(controller) => {
                controller.is_active() && self.world.process(*node) == Life::Running
            }
            _ => false,
        };
        self.world.shared().of_role(Role::Controller).find(active).ok_or_else(|| {
            ActError::new(
                "지금 움직이는 컨트롤러가 없습니다. 먼저 컨트롤러를 켜세요.",
                "There is no active controller now; start it first.",
            )
        })
    }

    pub(super) fn tell(&self, id: &str, command: Command) -> Result<Deed, ActError> {
        self.running(id).map(|node| Deed::Command(node, command))
    }

    pub(super) fn tell_manual(&self, id: &str, command: Command) -> Result<Deed, ActError> {
        let node = self.running(id)?;
        match self.world.node(node) {
            Process::Consumer(consumer) if consumer.spec().manual => Ok(Deed::Command(node, command)),
            _ => Err(ActError::new(
                format!(
                    "{} 스스로 움직입니다. drive = \"manual\"인 컨슈머에만 쓸 수 있습니다.",
                    named(id, "은")
                ),
                format!("{id} works by itself; this is for consumers with drive = \"manual\"."),
            )),
        }
    }
}

pub(super) fn unknown(id: &str) -> ActError {
    ActError::new(format!("{} 없습니다.", named(id, "은")), format!("There is no {id}."))
}
