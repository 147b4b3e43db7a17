//! Two labs side by side: one stage in two halves on one clock, each headed by the one setting in which they differ.
//!
//! A picture that does not fit in half the stage is shown one side at a time.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::{Class, Layout};
use super::paint::{cell, fill, muted, pill, put, put_right};
use super::spots::Spots;
use super::stage::{self, Frame};
use crate::lab::{Side, Told};
use crate::text::{t, tf, truncate, width};
use crate::ui::app::{Play, State, Tank};
use crate::ui::theme::{Role, Surface};

/// Cells that half a picture needs.
fn least(scene: &str) -> u16 {
    match scene {
        "ladder" => 34,
        "log" => 40,
        "group" | "lifecycle" | "zk-kraft" => 38,
        _ => 74,
    }
}

/// Draws both sides in the stage.
pub(super) fn draw(state: &State, tank: &Tank, buffer: &mut Buffer, layout: &Layout, spots: &Spots) {
    let stage = layout.stage;
    let note = Rect { y: stage.bottom().saturating_sub(1), height: 1, ..stage };
    let head = Rect { height: 1, ..stage };
    let body = Rect { y: stage.y + 1, height: stage.height.saturating_sub(2), ..stage };
    difference(state, tank, buffer, note);
    let half = (stage.width - 1) / 2;
    if half < least(tank.scene_name()) {
        tabs(state, tank, buffer, head);
        let frame = Frame { state, tank, class: layout.class, side: tank.side, spots };
        one(&frame, buffer, body);
        return;
    }
    for (side, x) in [(Side::Left, stage.x), (Side::Right, stage.x + half + 1)] {
        let place = Rect { x, width: half, ..body };
        title(state, tank, buffer, Rect { x, width: half, ..head }, side);
        // Half an L stage is as wide as an M one.
        one(&Frame { state, tank, class: layout.class.min(Class::M), side, spots }, buffer, place);
    }
    for y in stage.y..note.y {
        cell(buffer, stage.x + half, y, "┆", state.settings.theme.style(Role::Muted));
    }
}

fn one(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect) {
    stage::scene(frame, buffer, area, frame.tank.scene_name(), None);
}

/// `enable.idempotence=false`.
fn setting(state: &State, tank: &Tank, side: Side) -> String {
    if let Play::Futures(futures) = &tank.play {
        let number = futures.numbers[usize::from(side == Side::Right)];
        let name = tf(state.lang(), "branch.name", &[("n", &number)]);
        return match deeds(tank, side) {
            deeds if deeds.is_empty() => name,
            deeds => format!("{name} · {deeds}"),
        };
    }
    let Some(compare) = tank.play.player().and_then(|player| player.lesson().compare.as_ref()) else {
        return String::new();
    };
    let value = &compare.values[usize::from(side == Side::Right)];
    format!("{}={value}", compare.key)
}

/// What was done on a branch since the two part.
fn deeds(tank: &Tank, side: Side) -> String {
    let Play::Futures(futures) = &tank.play else { return String::new() };
    let done = futures.pair.lab(side).journal().iter().filter(|input| input.after >= futures.fork);
    done.map(|input| input.action.to_string()).collect::<Vec<_>>().join(", ")
}

/// The header of one half; the side that has the selection is marked.
fn title(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect, side: Side) {
    let theme = state.settings.theme;
    let text = truncate(&setting(state, tank, side), usize::from(area.width.saturating_sub(4)), "…");
    let cells = u16::try_from(width(&text)).unwrap_or(0);
    let x = area.x + area.width.saturating_sub(cells) / 2;
    let active = tank.side == side;
    put(buffer, x, area.y, cells, &text, theme.style(if active { Role::Focus } else { Role::Muted }));
    if active {
        put(buffer, x.saturating_sub(2), area.y, 1, "▸", theme.style(Role::PositionA));
    }
}

/// Both headers in one row, the side that is seen marked.
fn tabs(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    fill(buffer, area, theme, Surface::Panel);
    let mut x = area.x + 1;
    for (side, key) in [(Side::Left, "compare.left"), (Side::Right, "compare.right")] {
        let active = tank.side == side;
        let name = t(lang, key);
        let text = format!("{}{name} {}", if active { "▸ " } else { "  " }, setting(state, tank, side));
        let style = theme.style(if active { Role::Focus } else { Role::Muted });
        x += put(buffer, x, area.y, area.right().saturating_sub(x), &text, style) + 2;
    }
    let right = area.right().saturating_sub(1);
    let said = put_right(buffer, right, area.y, t(lang, "compare.other"), muted(theme));
    pill(buffer, right.saturating_sub(said + 4), area.y, 3, "s", theme);
}

/// The first moment at which the two differ, in words, with the key that goes there.
fn difference(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let Some(found) = &tank.tale.difference else {
        put(buffer, area.x + 1, area.y, area.width, t(lang, "compare.same"), muted(theme));
        return;
    };
    let at = format!("{}.{:03}s", found.at / 1_000_000, found.at / 1000 % 1000);
    let words = |told: &Option<Box<Told>>| match told {
        Some(told) => said(state, told),
        None => t(lang, "compare.nothing").to_owned(),
    };
    let (left, right) = (words(&found.left), words(&found.right));
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("at", &at), ("node", &found.node), ("left", &left), ("right", &right)];
    let text = format!("↔ {}", tf(lang, "compare.differs", &values));
    let room = area.width.saturating_sub(7);
    put(buffer, area.x + 1, area.y, room, &truncate(&text, room.into(), "…"), theme.style(Role::Warning));
    pill(buffer, area.right().saturating_sub(5), area.y, 3, "d", theme);
}

/// What one side did there, short.
fn said(state: &State, told: &Told) -> String {
    let labels: Vec<&str> = told.records.iter().map(|(label, _)| label.as_str()).collect();
    if let Some(message) = &told.message {
        let key = if message.answers.is_some() { "ladder.answer" } else { "ladder.request" };
        let text = tf(state.lang(), key, &[("api", &message.api), ("label", &message.label)]);
        return format!("{} → {}", text.trim_end(), message.to);
    }
    super::ladder::tag(state.lang(), told, &labels.join(" "))
}
