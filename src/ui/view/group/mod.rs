//! The group scene: partitions and those who process them above, the coordinator's states in the middle, the timeline below.

mod machine;
mod members;
mod timeline;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Class;
use super::paint::{muted, put};
use super::stage::Frame;
use crate::scene::{GroupScene, Part};
use crate::text::{t, tf, truncate};
use crate::ui::theme::Role;

/// The colour of a consumer: its place among those of its group.
pub(super) const fn colour(lane: usize) -> Role {
    match lane % 4 {
        0 => Role::PositionA,
        1 => Role::PositionB,
        2 => Role::PositionC,
        _ => Role::Follower,
    }
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &GroupScene) {
    if scene.id.is_empty() {
        let text = t(frame.lang(), "groupscene.none");
        put(buffer, area.x + 1, area.y, area.width, text, muted(frame.state.settings.theme));
        return;
    }
    // Half a stage has no room for both.
    if scene.part == Part::Timeline || area.width < 60 {
        return timeline::draw(frame, buffer, area, &scene.timeline);
    }
    let gap = u16::from(frame.class > Class::S);
    let mut y = area.y;
    heading(frame, buffer, Rect { y, height: 1, ..area }, scene);
    y += 1;
    let machine = Rect { y, height: machine::rows(frame, area), ..area };
    machine::draw(frame, buffer, machine, scene);
    y = machine.bottom() + gap;
    let rest = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    if scene.part == Part::Members {
        members::draw(frame, buffer, rest, scene);
        return;
    }
    let below = timeline::wanted(&scene.timeline).min(rest.height.saturating_sub(2));
    let upper = Rect { height: rest.height - below, ..rest };
    let used = members::draw(frame, buffer, upper, scene);
    let y = rest.y + used + if used + below + gap <= rest.height { gap } else { 0 };
    timeline::draw(
        frame,
        buffer,
        Rect { y, height: area.bottom().saturating_sub(y), ..area },
        &scene.timeline,
    );
}

/// Rows that the picture takes where there is room.
pub(super) fn rows(scene: &GroupScene) -> u16 {
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    let lower = timeline::wanted(&scene.timeline);
    match scene.part {
        Part::Timeline => lower,
        _ => 8 + 2 * count(scene.rows.len() + scene.members.len()) + lower,
    }
}

/// `group pay · classic · generation 7 · coordinator b2`.
fn heading(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &GroupScene) {
    let lang = frame.lang();
    let coordinator = match &scene.coordinator {
        Some(id) if scene.coordinator_up => id.clone(),
        Some(id) => tf(lang, "groupscene.coordinator_down", &[("id", id)]),
        None => t(lang, "groupscene.no_coordinator").to_owned(),
    };
    let key = if scene.protocol == "classic" { "groupscene.heading" } else { "groupscene.heading_epoch" };
    let text = tf(
        lang,
        key,
        &[
            ("id", &scene.id),
            ("protocol", &scene.protocol),
            ("generation", &scene.generation),
            ("target", &scene.target_epoch),
            ("coordinator", &coordinator),
        ],
    );
    let text = match &scene.assignor {
        Some(assignor) => format!("{text} · {assignor}"),
        None => text,
    };
    let marked = frame.selected(&scene.id) || scene.focused;
    let role = if marked { Role::Focus } else { Role::Muted };
    let text = truncate(&text, usize::from(area.width.saturating_sub(2)), "…");
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &text, frame.style(role));
}
