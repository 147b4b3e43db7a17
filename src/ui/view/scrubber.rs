//! The scrubber: every beat of the lesson, what happened in it, where the playhead stands.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{cell, put, put_right};
use super::spots::Spots;
use crate::course::player::{Kind, Phase, ScrubberBeat};
use crate::text::{tf, width};
use crate::ui::app::{Pane, Spot, State, Tank};
use crate::ui::theme::Role;

pub(super) fn draw(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect, spots: &Spots) {
    spots.mark(area, Spot::Scrubber);
    let (theme, lang) = (state.settings.theme, state.lang());
    let Some(player) = tank.play.player() else {
        return sandbox(state, tank, buffer, area, spots);
    };
    let beats = player.scrubber();
    let at = player.beat();
    let focused = tank.pane == Pane::Scrubber;
    let count = format!("{}/{}", at + 1, beats.len());
    let mut x = area.x + 1;
    x += put(buffer, x, area.y, 8, &count, theme.style(Role::Focus)) + 1;
    let branches = tank.play.lab().branches();
    let right = if branches.len() > 1 {
        let n = branches.iter().position(|b| b.current).unwrap_or(0) + 1;
        let text = format!("┳ {}", tf(lang, "title.branch", &[("n", &n), ("total", &branches.len())]));
        area.right().saturating_sub(
            1 + put_right(buffer, area.right().saturating_sub(1), area.y, &text, theme.style(Role::Control))
                + 1,
        )
    } else {
        area.right().saturating_sub(1)
    };
    let cells = right.saturating_sub(x);
    if cells < 4 || beats.is_empty() {
        return;
    }
    let total = u64::try_from(beats.len()).unwrap_or(1);
    let place = |n: u64| x + u16::try_from(u64::from(cells - 1) * n / total).unwrap_or(0);
    let rest = u64::from(player.phase() == Phase::Rest);
    let head = place(u64::try_from(at).unwrap_or(0) + rest);
    for col in x..x + cells {
        let past = col < head;
        let (glyph, role) = if past { ("━", Role::Leader) } else { ("─", Role::Muted) };
        cell(buffer, col, area.y, glyph, theme.style(role));
    }
    for (n, beat) in (0..).zip(&beats) {
        let past = n < u64::try_from(at).unwrap_or(0);
        mark(state, buffer, (place(n), area.y), beat, past);
        let wide = place(n + 1).saturating_sub(place(n)).max(1);
        spots.mark(Rect { x: place(n), width: wide, ..area }, Spot::Beat(usize::try_from(n).unwrap_or(0)));
    }
    cell(buffer, head, area.y, "┃", theme.style(Role::Focus));
    if focused {
        cell(buffer, area.x, area.y, "▸", theme.style(Role::PositionA));
        cell(buffer, head, area.y, "┃", theme.fill(Role::PositionA));
    }
}

fn mark(state: &State, buffer: &mut Buffer, (x, y): (u16, u16), beat: &ScrubberBeat, past: bool) {
    let theme = state.settings.theme;
    let role = if past { Role::Leader } else { Role::Muted };
    let (glyph, role) = match beat.kind {
        _ if beat.fork => ("┳", Role::Control),
        Kind::Predict => ("◆", role),
        Kind::Act | Kind::Run if beat.fault => ("✗", if past { Role::Dropped } else { role }),
        _ if beat.new_scene => ("●", role),
        _ => return,
    };
    cell(buffer, x, y, glyph, theme.style(role));
}

/// A sandbox has no beats: a line with the playhead between the first and the furthest event.
fn sandbox(state: &State, tank: &Tank, buffer: &mut Buffer, area: Rect, spots: &Spots) {
    let theme = state.settings.theme;
    let (at, end) = tank.play.progress();
    let label = format!("#{at}");
    let x = area.x + 1 + put(buffer, area.x + 1, area.y, 12, &label, theme.style(Role::Focus)) + 1;
    let cells = area.right().saturating_sub(x + 1);
    if cells < 4 || width(&label) == 0 {
        return;
    }
    let head = u64::from(cells - 1) * at / end.max(1);
    for n in 0..cells {
        let (glyph, role) = if u64::from(n) < head { ("━", Role::Leader) } else { ("─", Role::Muted) };
        cell(buffer, x + n, area.y, glyph, theme.style(role));
        let event = end * u64::from(n) / u64::from(cells - 1);
        spots.mark(Rect { x: x + n, width: 1, ..area }, Spot::Event(event));
    }
    cell(buffer, x + u16::try_from(head).unwrap_or(0), area.y, "┃", theme.style(Role::Focus));
}
