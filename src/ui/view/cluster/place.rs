//! Where the things of the cluster stand. The same thing stands in the same place in every beat.

use ratatui::layout::Rect;

use super::super::layout::Class;
use crate::scene::{Badge, Client, Cluster};
use crate::text::width;

/// Places of everything.
pub(super) struct Places {
    pub area: Rect,
    pub brokers_x: u16,
    pub consumers_x: u16,
    pub brokers: Vec<Rect>,
    pub producers: Vec<Rect>,
    pub consumers: Vec<Rect>,
    pub controllers: Vec<Rect>,
    /// The wall of a cut: its row and the broker behind it.
    pub wall: Option<(u16, String)>,
    /// Column of the trunk from producers to brokers.
    pub left_trunk: u16,
    /// Column of the fetch bus.
    pub bus: u16,
    /// Column of the trunk from brokers to consumers.
    pub right_trunk: u16,
    /// Column of the wire to the controllers.
    pub control: u16,
}

const PRODUCER: u16 = 13;

/// Consumers are as wide as their titles need, within limits.
fn consumer_width(scene: &Cluster) -> u16 {
    let title = |c: &Client| width(&c.id) + 1 + c.group.as_deref().map_or(0, width);
    let widest = scene.consumers.iter().map(title).max().unwrap_or(0);
    u16::try_from(widest + 6).unwrap_or(u16::MAX).clamp(12, 15)
}

impl Places {
    pub fn of(class: Class, area: Rect, scene: &Cluster) -> Self {
        let consumer = consumer_width(scene);
        let consumers_x = area.right().saturating_sub(consumer + 1);
        let left_gutter = if class == Class::S { 9 } else { 10 };
        let brokers_x = area.x + 1 + PRODUCER + left_gutter;
        let right_gutter = 6;
        let broker_width = consumers_x.saturating_sub(brokers_x + right_gutter);
        let count = u16::try_from(scene.brokers.len()).unwrap_or(1).max(1);
        let isolated = scene.brokers.iter().position(|b| b.isolated);
        let all = scene.brokers.iter().all(|b| b.isolated);
        let walled = isolated.filter(|_| count > 1 && !all);
        // On the smallest stage the wall takes the row of the controllers.
        let chips = u16::from(!scene.controllers.is_empty() && (walled.is_none() || area.height > 17));
        let room = area.height.saturating_sub(1 + chips);
        let wall_rows = u16::from(walled.is_some() && room > count * 5);
        let height = ((room - wall_rows.min(room)) / count).clamp(3, 14);
        let gap = u16::from(class != Class::S && height > 6 && wall_rows == 0);
        let mut brokers = Vec::new();
        let mut wall = None;
        let mut y = area.y + 1;
        for (ix, broker) in scene.brokers.iter().enumerate() {
            let here = walled == Some(ix) && wall_rows == 1;
            if here && ix > 0 {
                wall = Some((y, broker.id.clone()));
                y += 1;
            }
            brokers.push(Rect { x: brokers_x, y, width: broker_width, height: height - gap });
            y += height;
            if here && ix == 0 {
                wall = Some((y, broker.id.clone()));
                y += 1;
            }
        }
        let bottom = area.bottom().saturating_sub(chips);
        brokers.retain(|place| place.bottom() <= bottom);
        let producers = stack(area.x + 1, PRODUCER, scene.producers.len(), &brokers, bottom);
        let consumers = stack(consumers_x, consumer, scene.consumers.len(), &brokers, bottom);
        let chips_count = u16::try_from(scene.controllers.len()).unwrap_or(u16::MAX).max(1);
        let step = (area.right().saturating_sub(brokers_x) / chips_count).min(24);
        let controllers = (0..)
            .zip(scene.controllers.iter().take(if chips > 0 { usize::MAX } else { 0 }))
            .map(|(n, _): (u16, _)| Rect {
                x: brokers_x + n * step,
                y: area.bottom().saturating_sub(1),
                width: step.saturating_sub(1).min(22),
                height: 1,
            })
            .collect();
        let right = brokers_x + broker_width;
        Self {
            area,
            brokers_x,
            consumers_x,
            brokers,
            producers,
            consumers,
            controllers,
            wall,
            left_trunk: area.x + 1 + PRODUCER + left_gutter / 2,
            bus: right + 1,
            right_trunk: right + 3,
            control: brokers_x - 2,
        }
    }

    /// Where a thing stands.
    pub fn find(&self, scene: &Cluster, id: &str) -> Option<(Thing, Rect)> {
        let broker = scene.brokers.iter().position(|b| b.id == id).and_then(|ix| self.brokers.get(ix));
        let producer = scene.producers.iter().position(|p| p.id == id).and_then(|ix| self.producers.get(ix));
        let consumer = scene.consumers.iter().position(|c| c.id == id).and_then(|ix| self.consumers.get(ix));
        let controller =
            scene.controllers.iter().position(|c| c.id == id).and_then(|ix| self.controllers.get(ix));
        broker
            .map(|r| (Thing::Broker, *r))
            .or_else(|| producer.map(|r| (Thing::Producer, *r)))
            .or_else(|| consumer.map(|r| (Thing::Consumer, *r)))
            .or_else(|| controller.map(|r| (Thing::Controller, *r)))
    }
}

/// What stands somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Thing {
    Broker,
    Producer,
    Consumer,
    Controller,
}

/// Boxes below each other, one beside each broker as long as they fit, closer if there are many.
fn stack(x: u16, width: u16, count: usize, brokers: &[Rect], bottom: u16) -> Vec<Rect> {
    let top = brokers.first().map_or(1, |b| b.y);
    let room = bottom.saturating_sub(top);
    let n = u16::try_from(count).unwrap_or(1).max(1);
    let beside = count <= brokers.len();
    let each = (room / n).max(3);
    let tall = brokers.first().map_or(5, |b| b.height).clamp(3, 8);
    (0..n.min(u16::try_from(count).unwrap_or(0)))
        .filter_map(|ix| {
            let y = if beside { brokers.get(usize::from(ix))?.y } else { top + ix * each };
            let height = if beside { tall } else { each.min(tall) };
            (y + height <= bottom).then_some(Rect { x, y, width, height })
        })
        .collect()
}

/// Whether a badge makes a dashed border.
pub(super) const fn is_dashed(badge: Badge) -> bool {
    matches!(badge, Badge::Dead(_) | Badge::OutOfSync | Badge::Fenced)
}
