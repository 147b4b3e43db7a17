//! Edges and what travels on them. One router owns the gutters, so labels never meet a border.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{cell, fill, put};
use super::super::stage::Frame;
use super::cards;
use super::place::{Places, Thing};
use crate::scene::{Cluster, Fate, Packet};
use crate::text::{tf, truncate, width};
use crate::ui::app::Motion;
use crate::ui::theme::{Role, Surface};

type Cell = (u16, u16);

/// Row of a box on which wires end: the first inner one for requests, the one below for answers.
fn port(area: Rect, answer: bool) -> u16 {
    let row = area.y + 1 + u16::from(answer);
    row.min(area.bottom().saturating_sub(2).max(area.y))
}

/// From a to b along a trunk column, without the cells of the boxes themselves.
fn bend(from: Cell, trunk: u16, to: Cell) -> Vec<Cell> {
    let mut path = Vec::new();
    let mut walk = |(x0, y0): Cell, (x1, y1): Cell| {
        let (dx, dy) = (i32::from(x1) - i32::from(x0), i32::from(y1) - i32::from(y0));
        for step in 0..dx.abs().max(dy.abs()) {
            let x = i32::from(x0) + step * dx.signum();
            let y = i32::from(y0) + step * dy.signum();
            path.push((u16::try_from(x).unwrap_or(0), u16::try_from(y).unwrap_or(0)));
        }
    };
    walk(from, (trunk, from.1));
    walk((trunk, from.1), (trunk, to.1));
    walk((trunk, to.1), to);
    path.push(to);
    path
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
            bend((a.right(), row(&packet.from, a)), places.bus, (b.right(), row(&packet.to, b)))
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

/// Faint wires: every producer and consumer to every broker that stands, along their trunks; the fetch bus.
pub(super) fn edges(frame: &Frame<'_>, buffer: &mut Buffer, places: &Places, scene: &Cluster) {
    let style = frame.style(Role::Faint);
    let rows = |areas: &[Rect]| -> Vec<u16> { areas.iter().map(|r| port(*r, false)).collect() };
    let brokers = rows(&places.brokers);
    if brokers.is_empty() {
        return;
    }
    let producers = rows(&places.producers);
    if !producers.is_empty() {
        let left = places.producers[0].right();
        trunk(buffer, places.left_trunk, (left, &producers), (places.brokers_x, &brokers), style);
    }
    let consumers = rows(&places.consumers);
    let right = places.brokers[0].right();
    if !consumers.is_empty() {
        trunk(buffer, places.right_trunk, (right, &brokers), (places.consumers_x, &consumers), style);
    }
    bus(frame, buffer, places, scene, right);
}

fn trunk(
    buffer: &mut Buffer,
    column: u16,
    (left, left_rows): (u16, &[u16]),
    (right, right_rows): (u16, &[u16]),
    style: ratatui::style::Style,
) {
    let all = || left_rows.iter().chain(right_rows);
    let (Some(top), Some(bottom)) = (all().min(), all().max()) else { return };
    for y in *top..=*bottom {
        cell(buffer, column, y, "╎", style);
    }
    for y in left_rows {
        for x in left..=column {
            cell(buffer, x, *y, "╌", style);
        }
    }
    for y in right_rows {
        for x in column..right {
            cell(buffer, x, *y, "╌", style);
        }
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
            one(frame, buffer, &path, packet, &mut labels, places);
        }
    }
}

fn one(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    path: &[Cell],
    packet: &Packet,
    labels: &mut Vec<Rect>,
    places: &Places,
) {
    let last = path.len().saturating_sub(1);
    let part = match (frame.state.settings.motion, packet.fate) {
        (Motion::Full, _) | (_, Fate::Lost(_)) => packet.part,
        _ => 500,
    };
    let at = usize::try_from(part).unwrap_or(0) * last / 1000;
    let role = match packet.fate {
        Fate::Lost(_) => Role::Dropped,
        _ if packet.answer => Role::Response,
        _ => Role::Request,
    };
    let style = if frame.selected(&packet.id) { frame.style(Role::Focus) } else { frame.style(role) };
    let trail = if matches!(packet.fate, Fate::Lost(_)) { at.saturating_sub(4) } else { 0 };
    for (x, y) in &path[trail..at] {
        let up = path.iter().any(|(px, py)| px == x && (py == &(y + 1) || y.checked_sub(1) == Some(*py)));
        let level = path.iter().any(|(px, py)| py == y && (*px == x + 1 || x.checked_sub(1) == Some(*px)));
        cell(buffer, *x, *y, if up && !level { "┃" } else { "━" }, style);
    }
    let (x, y) = path[at];
    let next = path.get(at + 1).or_else(|| path.get(at)).copied().unwrap_or((x, y));
    match packet.fate {
        Fate::Lost(_) => {
            cell(buffer, x, y, "✗", style);
        }
        Fate::Held => {
            cell(buffer, x, y, "●", style);
            cell(buffer, next.0, next.1, "✗", frame.style(Role::Dropped));
        }
        Fate::Travels => {
            cell(buffer, x, y, if packet.answer { "○" } else { "●" }, style);
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
    let name = if packet.answer && packet.api == "Produce" { "ACK" } else { packet.api };
    let text = truncate(&format!("{name}{}", packet.id), room.into(), "");
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
