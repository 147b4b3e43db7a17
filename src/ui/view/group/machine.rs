//! The states that a group can have, the present one lit.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use crate::scene::GroupScene;
use crate::text::{t, width};
use crate::ui::theme::Role;
use crate::ui::view::layout::Class;
use crate::ui::view::paint::{Frame as Edge, boxed, cell, muted, put};
use crate::ui::view::stage::Frame;

/// Cells that the boxes of the longest machine take.
const BOXES: u16 = 82;

/// Boxes where there is room, else a line.
const fn boxes(class: Class, width: u16) -> bool {
    matches!(class, Class::M | Class::L) && width >= BOXES
}

/// Rows that the machine takes.
pub(super) fn rows(frame: &Frame<'_>, area: Rect) -> u16 {
    if boxes(frame.class, area.width) && area.height >= 24 { 4 } else { 1 }
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &GroupScene) {
    if area.height < 4 {
        return line(frame, buffer, area, scene);
    }
    let mut x = area.x + 1;
    let mut middles = Vec::new();
    for (n, name) in scene.machine.iter().enumerate() {
        let now = *name == scene.state;
        if n > 0 {
            let role = if now { Role::Leader } else { Role::Faint };
            let arrow = match (now, *name) {
                (_, "Dead") => "  ",
                (true, _) => "━▸",
                (false, _) => "╌▸",
            };
            put(buffer, x, area.y + 1, 2, arrow, frame.style(role));
            x += 2;
        }
        let cells = u16::try_from(width(name)).unwrap_or(0) + 4;
        let (edge, role) = if now { (Edge::Heavy, Role::Leader) } else { (Edge::Round, Role::Muted) };
        let place = Rect { x, y: area.y, width: cells, height: 3 };
        boxed(buffer, place, edge, "", frame.style(role), frame.style(role));
        put(buffer, x + 2, area.y + 1, cells - 4, name, frame.style(role));
        middles.push(x + cells / 2);
        x += cells;
    }
    way_back(frame, buffer, area.y + 3, &middles, scene);
}

/// A stable group begins anew: from `Stable` back to the second state.
fn way_back(frame: &Frame<'_>, buffer: &mut Buffer, y: u16, middles: &[u16], scene: &GroupScene) {
    let stable = scene.machine.iter().position(|name| *name == "Stable");
    let (Some(to), Some(from)) = (middles.get(1), stable.and_then(|n| middles.get(n))) else { return };
    if stable == Some(1) {
        return; // a share group has no rebalance
    }
    let style = frame.style(Role::Faint);
    for x in *to..*from {
        cell(buffer, x, y, "╌", style);
    }
    cell(buffer, *to, y, "▲", style);
    cell(buffer, *from, y, "╯", style);
    let words = t(frame.lang(), "groupscene.again");
    let cells = u16::try_from(width(words)).unwrap_or(0) + 2;
    if to + cells + 2 < *from {
        let x = to + (from - to - cells) / 2;
        put(buffer, x, y, cells, &format!(" {words} "), muted(frame.state.settings.theme));
    }
}

/// `○ Empty  ● Stable`: the present one filled, in shape as in colour.
fn line(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &GroupScene) {
    let mut x = area.x + 1;
    for name in scene.machine {
        let now = *name == scene.state;
        let role = if now { Role::Leader } else { Role::Muted };
        let room = area.right().saturating_sub(x);
        x += put(buffer, x, area.y, room, if now { "●" } else { "○" }, frame.style(role)) + 1;
        x += put(buffer, x, area.y, area.right().saturating_sub(x), name, frame.style(role)) + 2;
    }
}
