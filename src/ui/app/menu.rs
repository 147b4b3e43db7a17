//! The break menu: what can be done to the selected thing, as actions.

use super::tank::Tank;
use crate::lab::Action;
use crate::lab::view::{ProcessView, TankView};

/// One line of the menu.
#[derive(Clone, Debug, PartialEq)]
pub struct MenuItem {
    /// Its letter.
    pub key: char,
    /// Its text's key in the interface strings.
    pub text: &'static str,
    /// What it does.
    pub action: Action,
}

/// The open menu.
#[derive(Clone, Debug, PartialEq)]
pub struct Menu {
    /// What it is about; none = the whole tank.
    pub target: Option<String>,
    /// Its lines.
    pub items: Vec<MenuItem>,
    /// The selected line.
    pub row: usize,
}

impl Menu {
    /// The menu for what is selected.
    #[must_use]
    pub fn of(tank: &Tank) -> Self {
        let view = tank.film_of(tank.side).shown();
        let target = tank.selected.clone();
        let mut list = List::default();
        match target.as_deref() {
            Some(id) if id.starts_with('#') => list.message(view, id),
            Some(id) => list.thing(view, id.rsplit_once('/').map_or(id, |(broker, _)| broker), id),
            None => list.everything(view),
        }
        if !view.cuts.is_empty() || !view.rules.is_empty() {
            list.add('u', "break.clear", "clear-faults");
        }
        Self { target, items: list.items, row: 0 }
    }
}

#[derive(Default)]
struct List {
    items: Vec<MenuItem>,
}

impl List {
    /// Adds a line; a letter that is taken gives way to the next digit.
    fn add(&mut self, key: char, text: &'static str, action: &str) {
        let Ok(action) = action.parse::<Action>() else { return };
        let taken = |key: char| self.items.iter().any(|item| item.key == key);
        let key = if taken(key) { ('1'..='9').find(|digit| !taken(*digit)).unwrap_or(key) } else { key };
        self.items.push(MenuItem { key, text, action });
    }

    fn thing(&mut self, view: &TankView, id: &str, selected: &str) {
        if let Some(broker) = view.brokers.iter().find(|b| b.id == id) {
            self.process(id, broker.process);
            self.server(view, id, broker.process);
        } else if let Some(controller) = view.controllers.iter().find(|c| c.id == id) {
            self.process(id, controller.process);
            self.link(view, id);
            self.voter(view, id);
        } else if let Some(producer) = view.producers.iter().find(|p| p.id == id) {
            self.producer(view, id, producer.process);
        } else if let Some(consumer) = view.consumers.iter().find(|c| c.id == id) {
            self.client(view, id, consumer.process);
        } else if let Some(group) = view.groups.iter().find(|g| g.id == id) {
            for consumer in view.consumers.iter().filter(|c| c.group == group.id) {
                self.client(view, &consumer.id, consumer.process);
            }
        } else if let Some(partition) =
            view.topics.iter().flat_map(|t| &t.partitions).find(|p| p.id == selected)
        {
            if let Some(leader) = &partition.leader {
                self.add('k', "break.crash_leader", &format!("crash {leader}"));
            } else {
                self.add('e', "break.elect_unclean", &format!("elect-unclean {}", partition.id));
            }
            self.add('l', "break.elect_preferred", &format!("elect-preferred {}", partition.id));
            self.add('f', "break.fail_append", &format!("fail-next-append {}", partition.id));
            if partition.moving {
                self.add('c', "break.cancel_reassign", &format!("cancel-reassign {}", partition.id));
            }
            if let Some((topic, _)) = partition.id.rsplit_once('-') {
                self.add('t', "break.delete_topic", &format!("delete-topic {topic}"));
            }
        }
    }

    /// Where there is somebody to vote against: in or out of the quorum.
    fn voter(&mut self, view: &TankView, id: &str) {
        let voters = view.quorum.as_ref().map(|quorum| quorum.voters.as_slice()).unwrap_or_default();
        match voters.iter().find(|voter| voter.id == id) {
            Some(voter) if voters.len() > 1 && voter.votes => {
                self.add('v', "break.remove_voter", &format!("remove-voter {id}"));
            }
            Some(voter) if !voter.votes => self.add('v', "break.add_voter", &format!("add-voter {id}")),
            _ => {}
        }
    }

    /// Crash, start, pause, resume: what fits.
    fn process(&mut self, id: &str, process: ProcessView) {
        match process {
            ProcessView::Running => {
                self.add('k', "break.crash", &format!("crash {id}"));
                self.add('p', "break.pause", &format!("pause {id}"));
            }
            ProcessView::Paused(_) => {
                self.add('p', "break.resume", &format!("resume {id}"));
                self.add('k', "break.crash", &format!("crash {id}"));
            }
            ProcessView::Down(_) => self.add('k', "break.start", &format!("start {id}")),
        }
    }

    fn server(&mut self, view: &TankView, id: &str, process: ProcessView) {
        self.link(view, id);
        if process == ProcessView::Running {
            self.add('s', "break.shutdown", &format!("shutdown {id}"));
            self.add('w', "break.power", &format!("crash {id} --power"));
        }
        for producer in &view.producers {
            self.add('d', "break.drop_answer", &format!("drop-next {id} {}", producer.id));
        }
    }

    fn link(&mut self, view: &TankView, id: &str) {
        let cut = view.cuts.iter().any(|(a, b)| a == id || b.as_deref() == Some(id));
        if cut {
            self.add('n', "break.heal", &format!("heal {id}"));
        } else {
            self.add('n', "break.cut", &format!("cut {id}"));
        }
    }

    fn client(&mut self, view: &TankView, id: &str, process: ProcessView) {
        self.process(id, process);
        if process == ProcessView::Running {
            self.add('s', "break.stop", &format!("stop {id}"));
        }
        self.link(view, id);
    }

    fn producer(&mut self, view: &TankView, id: &str, process: ProcessView) {
        if process == ProcessView::Running {
            self.add('r', "break.produce", &format!("produce {id}"));
            self.add('d', "break.drop_ack", &format!("drop-next-ack {id}"));
        }
        self.client(view, id, process);
    }

    /// About a message: its link.
    fn message(&mut self, view: &TankView, id: &str) {
        let Some(message) = view.messages.iter().find(|m| format!("#{}", m.id) == id) else { return };
        let (from, to) = (&message.from, &message.to);
        self.add('d', "break.drop_next", &format!("drop-next {from} {to}"));
        self.add('b', "break.drop_back", &format!("drop-next {to} {from}"));
        self.add('n', "break.cut_link", &format!("cut {from} {to}"));
        self.add('r', "break.reset", &format!("reset {from} {to}"));
        self.add('s', "break.slow", &format!("delay {from} {to} 200ms"));
    }

    /// Nothing is selected: one line a broker, and the next answer to a producer.
    fn everything(&mut self, view: &TankView) {
        for broker in &view.brokers {
            match broker.process {
                ProcessView::Running => self.add('1', "break.crash", &format!("crash {}", broker.id)),
                ProcessView::Paused(_) => self.add('1', "break.resume", &format!("resume {}", broker.id)),
                ProcessView::Down(_) => self.add('1', "break.start", &format!("start {}", broker.id)),
            }
        }
        for producer in &view.producers {
            self.add('d', "break.drop_ack", &format!("drop-next-ack {}", producer.id));
        }
        for consumer in &view.consumers {
            match consumer.process {
                ProcessView::Running => self.add('s', "break.stop", &format!("stop {}", consumer.id)),
                ProcessView::Paused(_) => self.add('s', "break.resume", &format!("resume {}", consumer.id)),
                ProcessView::Down(_) => self.add('s', "break.start", &format!("start {}", consumer.id)),
            }
        }
    }
}
