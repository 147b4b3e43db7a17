//! The cluster scene in cells: cards, clients, and the wires between them.
//!
//! ```text
//!  producers   left gutter    brokers              right gutter  consumers
//!  ╭ app-1 ╮╌╌╌╌╌╌┬╌╌╌╌╌╌┌ b1 ──────────────────┐╌┬╌╌┬╌╌╌╭ c1 ──╮
//!  ╰───────╯      ╎      └──────────────────────┘ ╎  ╎   ╰──────╯
//!                 ╎      ┌ b2 ──────────────────┐╌┤  ╎
//!            producers'                       fetch bus  consumers'
//! ```

mod cards;
mod heat;
mod place;
mod route;
mod wires;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{muted, put, put_right};
use super::stage::Frame;
use crate::scene::Cluster;
use crate::text::{t, truncate};
use crate::ui::theme::Role;
use place::Places;

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Cluster) {
    if let Some(heat) = &scene.heat {
        return heat::draw(frame, buffer, area, heat, &scene.controllers);
    }
    let places = Places::of(frame.class, area, scene);
    heads(frame, buffer, &places, scene);
    wires::edges(frame, buffer, &places, scene);
    for (card, place) in scene.brokers.iter().zip(&places.brokers) {
        cards::broker(frame, buffer, *place, card);
    }
    for (client, place) in scene.producers.iter().zip(&places.producers) {
        cards::client(frame, buffer, *place, client);
    }
    for (client, place) in scene.consumers.iter().zip(&places.consumers) {
        cards::client(frame, buffer, *place, client);
    }
    for (chip, place) in scene.controllers.iter().zip(&places.controllers) {
        cards::chip(frame, buffer, *place, chip);
    }
    if let Some((y, id)) = &places.wall {
        wires::wall(frame, buffer, area, &places, *y, id);
    }
    wires::packets(frame, buffer, &places, scene);
}

/// Rows that the picture wants when there is room: offsets and marks with every strip.
pub(super) fn rows(scene: &Cluster) -> u16 {
    if let Some(heat) = &scene.heat {
        return u16::try_from(heat.strips.len()).unwrap_or(u16::MAX).saturating_add(5);
    }
    let strips = scene.brokers.iter().map(|card| card.strips.len()).max().unwrap_or(1);
    let strips = u16::try_from(strips).unwrap_or(1).max(1);
    let brokers = u16::try_from(scene.brokers.len()).unwrap_or(1);
    // A strip has three rows; a box two borders, a note and the gap below it; above all the titles, below the controllers.
    brokers * (3 * strips + 4) + 2
}

/// The row of titles.
fn heads(frame: &Frame<'_>, buffer: &mut Buffer, places: &Places, scene: &Cluster) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let y = places.area.y;
    put(buffer, places.area.x + 1, y, 22, t(lang, "scene.producers"), muted(theme));
    let x = places.brokers_x;
    let room = places.consumers_x.saturating_sub(x + 1);
    let at = put(buffer, x, y, room, t(lang, "scene.cluster"), muted(theme)) + 1;
    let title = truncate(&scene.title, room.saturating_sub(at).into(), "…");
    put(buffer, x + at, y, room.saturating_sub(at), &title, frame.style(Role::Text));
    if scene.consumers.is_empty() {
        return;
    }
    put_right(buffer, places.area.right().saturating_sub(1), y, t(lang, "scene.consumers"), muted(theme));
}
