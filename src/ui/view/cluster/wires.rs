//! Edges and what travels on them. One router owns the gutters, so labels never meet a border.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{cell, fill, put};
use super::super::stage::Frame;
use super::cards;
use super::place::{Places, Thing};
use super::route::{self, Cell, Wires, bend, bent};
use crate::scene::{Badge, Card, Cluster, Fate, Packet};
use crate::text::{tf, width};
use crate::ui::app::Motion;
use crate::ui::theme::{Role, Surface};

/// Row of a box on which wires end: the first inner one for requests, the one below for answers.
fn port(area: Rect, answer: bool) -> u16 {
    let row = area.y + 1 + u16::from(answer);
    row.min(area.bottom().saturating_sub(2).max(area.y))
}

/// The way of a message, from sender to receiver.
fn way(places: &Places, scene: &Cluster, packet: &Packet) -> Option<Vec<Cell>> {
    let (from, to) = (places.find(scene, &packet.from)?, places.find(scene, &packet.to)?);
    let answer = packet.answer;
    Some(match (from, to) {
        ((Thing::Producer, p), (Thing::Broker, b)) => {
            bend((p.right(), port(p, answer)), places.left_trunk, (b.x.saturating_sub(1), port(b, answer)))
        }
        ((Thing::Broker, b), (Thing::Producer, p)) => {
            bend((b.x.saturating_sub(1), port(b, answer)), places.left_trunk, (p.right(), port(p, answer)))
        }
        ((Thing::Consumer, c), (Thing::Broker, b)) => {
            bend((c.x.saturating_sub(1), port(c, answer)), places.right_trunk, (b.right(), port(b, answer)))
        }
        ((Thing::Broker, b), (Thing::Consumer, c)) => {
            bend((b.right(), port(b, answer)), places.right_trunk, (c.x.saturating_sub(1), port(c, answer)))
        }
        ((Thing::Broker, a), (Thing::Broker, b)) => {
            let row = |id: &str, r: Rect| {
                let card = scene.brokers.iter().find(|card| card.id == id);
                let partition = scene.bus.as_deref().unwrap_or_default();
                let strip = card.and_then(|card| cards::strip_row(r, card, partition));
                strip.unwrap_or(r.y + r.height / 2)
            };
            let (from, to) = (row(&packet.from, a), row(&packet.to, b));
            bent((a.right(), from), &[(places.bus, from), (places.bus, to), (b.right(), to)])
        }
        ((Thing::Broker, b), (Thing::Controller, k)) => {
            bend((b.x.saturating_sub(1), b.bottom() - 1), places.control, (k.x.saturating_sub(1), k.y))
        }
        ((Thing::Controller, k), (Thing::Broker, b)) => {
            bend((k.x.saturating_sub(1), k.y), places.control, (b.x.saturating_sub(1), b.bottom() - 1))
        }
        _ => return None,
    })
}

/// Whether anything gets to a broker.
const fn reaches(card: &Card) -> bool {
    !matches!(card.badge, Badge::Dead(_)) && !card.isolated
}

/// Faint wires: every producer and consumer to every broker that stands, along their trunks; the fetch bus.
pub(super) fn edges(frame: &Frame<'_>, buffer: &mut Buffer, places: &Places, scene: &Cluster) {
    let mut wires = Wires::default();
    let cards = scene.brokers.iter().zip(&places.brokers);
    let standing: Vec<Rect> = cards.filter(|(card, _)| reaches(card)).map(|(_, place)| *place).collect();
    for broker in &standing {
        for producer in &places.producers {
            let from = (producer.right(), port(*producer, false));
            wires.add(&bend(from, places.left_trunk, (broker.x.saturating_sub(1), port(*broker, false))));
        }
        for consumer in &places.consumers {
            let from = (consumer.x.saturating_sub(1), port(*consumer, false));
            wires.add(&bend(from, places.right_trunk, (broker.right(), port(*broker, false))));
        }
    }
    wires.draw(buffer, frame.style(Role::Faint));
    for (_, place) in scene.brokers.iter().zip(&places.brokers).filter(|(card, _)| card.isolated) {
        cell(buffer, place.x.saturating_sub(1), port(*place, false), "✗", frame.style(Role::Dropped));
    }
    if let Some(first) = places.brokers.first() {
        bus(frame, buffer, places, scene, first.right());
    }
}

/// The fetch bus of one partition: an arrow head at its leader, a tap at each follower.
fn bus(frame: &Frame<'_>, buffer: &mut Buffer, places: &Places, scene: &Cluster, right: u16) {
    let Some(partition) = &scene.bus else { return };
    let style = frame.style(Role::Follower);
    let mut taps = Vec::new();
    for (card, place) in scene.brokers.iter().zip(&places.brokers) {
        if let Some(strip) = card.strips.iter().find(|s| s.partition == *partition) {
            let row = cards::strip_row(*place, card, partition).unwrap_or(place.y + place.height / 2);
            taps.push((row, strip.leads, strip.dead || card.isolated));
        }
    }
    let (Some(first), Some(last)) = (taps.first(), taps.last()) else { return };
    if taps.len() < 2 {
        return;
    }
    for y in first.0..=last.0 {
        cell(buffer, places.bus, y, "│", style);
    }
    let ends = [first.0, last.0];
    for (y, leads, dead) in &taps {
        let head = if *leads {
            "◂"
        } else if *dead {
            "✗"
        } else {
            "─"
        };
        let role = if *dead { Role::Dropped } else { Role::Follower };
        cell(buffer, right, *y, head, frame.style(role));
        let corner = match ends {
            [top, _] if top == *y => "┐",
            [_, bottom] if bottom == *y => "┘",
            _ => "┤",
        };
        cell(buffer, places.bus, *y, corner, style);
    }
}

/// The wall of a cut: a zigzag from edge to edge with its label in the broker column.
pub(super) fn wall(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, places: &Places, y: u16, id: &str) {
    let style = frame.style(Role::Dropped);
    fill(buffer, Rect { y, height: 1, ..area }, frame.state.settings.theme, Surface::Stage);
    for x in area.left()..area.right() {
        cell(buffer, x, y, if x % 2 == 0 { "╱" } else { "╲" }, style);
    }
    let text = tf(frame.lang(), "card.wall", &[("id", &id)]);
    put(buffer, places.brokers_x + 4, y, 40, &format!(" {text} "), frame.style(Role::Focus));
}

/// Packets, oldest below.
pub(super) fn packets(frame: &Frame<'_>, buffer: &mut Buffer, places: &Places, scene: &Cluster) {
    let mut labels: Vec<Rect> = Vec::new();
    for packet in &scene.packets {
        if let Some(path) = way(places, scene, packet) {
            one(frame, buffer, &path, packet, &mut labels, (places, scene));
        }
    }
}

fn one(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    path: &[Cell],
    packet: &Packet,
    labels: &mut Vec<Rect>,
    (places, scene): (&Places, &Cluster),
) {
    let part = match (frame.state.settings.motion, packet.fate) {
        (Motion::Full, _) | (_, Fate::Lost(_)) => packet.part,
        _ => 500,
    };
    let at = route::place(path, part);
    let (dot, role) = look(scene, packet);
    let style = if frame.selected(&packet.id) { frame.style(Role::Focus) } else { frame.style(role) };
    let lost = matches!(packet.fate, Fate::Lost(_));
    route::trail(buffer, path, if lost { at.saturating_sub(4) } else { 0 }..at, style);
    let (x, y) = path[at];
    frame.stands(Rect::new(x.saturating_sub(1), y, 3, 1), &packet.id);
    let next = path.get(at + 1).or_else(|| path.get(at)).copied().unwrap_or((x, y));
    match packet.fate {
        Fate::Lost(_) => {
            splinters(buffer, path, (x, y), style);
            cell(buffer, x, y, "✗", style);
        }
        Fate::Held => {
            cell(buffer, x, y, "●", style);
            cell(buffer, next.0, next.1, "✗", frame.style(Role::Dropped));
        }
        Fate::Travels => {
            cell(buffer, x, y, dot, style);
            let arrow = match (next.0.cmp(&x), next.1.cmp(&y)) {
                (std::cmp::Ordering::Greater, _) => Some("▸"),
                (std::cmp::Ordering::Less, _) => Some("◂"),
                (_, std::cmp::Ordering::Greater) => Some("▾"),
                (_, std::cmp::Ordering::Less) => Some("▴"),
                _ => None,
            };
            if let Some(arrow) = arrow.filter(|_| next != (x, y)) {
                cell(buffer, next.0, next.1, arrow, style);
            }
        }
    }
    label(buffer, path, packet, labels, places, style);
}

/// Head and colour of a packet: questions are full, answers hollow; records for a reader have its group's colour.
fn look(scene: &Cluster, packet: &Packet) -> (&'static str, Role) {
    let reader = scene.consumers.iter().find(|c| c.id == packet.to);
    let follower = scene.brokers.iter().any(|b| b.id == packet.to);
    let records = packet.answer && !packet.quiet && packet.api == "Fetch";
    match packet.fate {
        Fate::Lost(_) => ("✗", Role::Dropped),
        _ if records && follower => ("●", Role::InSync),
        _ => match reader {
            Some(reader) if records => ("●", Role::position(reader.lane)),
            _ if packet.answer => ("○", Role::Response),
            _ => ("●", Role::Request),
        },
    }
}

/// What is left around a cross, on the way only.
fn splinters(buffer: &mut Buffer, path: &[Cell], (x, y): Cell, style: ratatui::style::Style) {
    for (at, glyph) in [(x.wrapping_sub(2), "·"), (x.wrapping_sub(1), "'"), (x + 1, "'"), (x + 2, "·")] {
        if path.contains(&(at, y)) {
            cell(buffer, at, y, glyph, style);
        }
    }
}

/// What is written at a packet: what it carries if that fits, else its number, never half of either.
fn words(packet: &Packet, room: u16) -> String {
    let name = if packet.answer && packet.api == "Produce" { "ACK" } else { packet.api };
    let carried = format!("{name} {}", packet.label);
    let tries = [
        (!packet.label.is_empty()).then_some(carried),
        Some(format!("{name}{}", packet.id)),
        Some(packet.id.clone()),
    ];
    tries.into_iter().flatten().find(|text| width(text) <= room.into()).unwrap_or_default()
}

/// The packet's name in a free place of the left gutter: above its row, else below.
fn label(
    buffer: &mut Buffer,
    path: &[Cell],
    packet: &Packet,
    labels: &mut Vec<Rect>,
    places: &Places,
    style: ratatui::style::Style,
) {
    let left = places.producers.first().map_or(places.area.x, |p| p.right());
    let room = places.brokers_x.saturating_sub(left);
    let in_left = path.iter().any(|(x, _)| *x >= left && *x < places.brokers_x)
        && path.iter().all(|(x, _)| *x < places.brokers_x);
    if !in_left || room < 5 || places.control == path[path.len() / 2].0 {
        return;
    }
    let text = words(packet, room);
    let cells = u16::try_from(width(&text)).unwrap_or(0);
    let y = path[0].1.min(path[path.len() - 1].1);
    let tried =
        if packet.answer { [y + 1, y + 2, y.saturating_sub(1)] } else { [y.saturating_sub(1), y + 1, y + 2] };
    for row in tried {
        let place = Rect { x: left + (room - cells.min(room)) / 2, y: row, width: cells, height: 1 };
        let free = row > places.area.y && !labels.iter().any(|other| other.intersects(place));
        if free {
            put(buffer, place.x, row, cells, &text, style);
            labels.push(place);
            return;
        }
    }
}
