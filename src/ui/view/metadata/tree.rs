//! ZooKeeper: znodes at the left, sessions and caches of the brokers below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{bar, put, put_right};
use super::super::stage::Frame;
use super::{CARD, Card, heading, places};
use crate::scene::{Follower, Life, Tree, Znode};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Tree, brokers: &[Follower]) {
    let lang = frame.lang();
    let known = [
        ("controller", &scene.controller.as_deref().unwrap_or("·") as &dyn std::fmt::Display),
        ("epoch", &scene.controller_epoch),
    ];
    let title = match scene.life {
        Life::Up => tf(lang, "meta.zookeeper", &known),
        Life::Down | Life::Frozen => tf(lang, "meta.zookeeper_down", &known),
    };
    let role = match scene.life {
        Life::Down | Life::Frozen => Role::Dropped,
        Life::Up if frame.marked("z1") => Role::Focus,
        Life::Up => Role::Text,
    };
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &title, frame.style(role));
    let cards = CARD + 1;
    let room = area.height.saturating_sub(cards + 2);
    let shown = usize::from(room);
    let mut y = area.y + 1;
    for (n, line) in scene.lines.iter().enumerate() {
        if n + 1 == shown && scene.lines.len() > shown {
            let more = format!("+{}", scene.lines.len() - n);
            put(buffer, area.x + 3, y, 12, &more, frame.style(Role::Muted));
            y += 1;
            break;
        }
        znode(frame, buffer, Rect { y, height: 1, ..area }, line);
        y += 1;
    }
    heading(frame, buffer, area, y, t(lang, "meta.sessions"));
    let row = Rect { y: y + 1, height: CARD.min(area.bottom().saturating_sub(y + 1)), ..area };
    for (place, broker) in places(row, brokers.len(), 26).into_iter().zip(brokers) {
        card(frame, buffer, place, broker, scene.life == Life::Up);
    }
}

fn znode(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, line: &Znode) {
    let indent = 1 + 2 * line.depth;
    let room = area.width.saturating_sub(indent + 1);
    let role = match () {
        () if line.fresh || frame.marked(&line.path) => Role::Focus,
        () => Role::Text,
    };
    let name = truncate(&line.name, usize::from(room / 2), "…");
    let mut x = area.x + indent;
    x += put(buffer, x, area.y, room, &format!("{name} "), frame.style(role));
    let owner = line.owner.as_ref().map(|owner| tf(frame.lang(), "meta.ephemeral", &[("owner", owner)]));
    let tail = owner.unwrap_or_default();
    let cells = u16::try_from(width(&tail)).unwrap_or(0);
    let data = truncate(&line.data, usize::from(area.right().saturating_sub(x + cells + 3)), "…");
    put(buffer, x, area.y, room, &data, frame.style(if line.fresh { Role::Focus } else { Role::Muted }));
    put_right(buffer, area.right().saturating_sub(1), area.y, &tail, frame.style(Role::Warning));
}

/// A broker; `counted`: ZooKeeper runs, so that sessions come to an end.
fn card(frame: &Frame<'_>, buffer: &mut Buffer, place: Rect, broker: &Follower, counted: bool) {
    let lang = frame.lang();
    let star = if broker.controls { " ★" } else { "" };
    let heard = broker.seen_epoch.filter(|_| broker.life != Life::Down);
    let epoch = heard.map(|epoch| tf(lang, "meta.epoch", &[("epoch", &epoch)])).unwrap_or_default();
    let (first, role) = match broker.life {
        Life::Down => (format!("✗ {}", t(lang, "caption.down")), Role::Dropped),
        Life::Frozen => (format!("░ {}", t(lang, "caption.frozen")), Role::Warning),
        Life::Up if broker.behind == 0 => (t(lang, "meta.agrees").to_owned(), Role::InSync),
        Life::Up => (tf(lang, "meta.differs", &[("n", &broker.behind)]), Role::OutOfSync),
    };
    Card {
        title: format!("{}{star} {epoch}", broker.id).trim_end().to_owned(),
        life: broker.life,
        heavy: broker.controls,
        marked: frame.marked(&broker.id),
        lines: [(&first, role), ("", Role::Muted)],
    }
    .draw(frame, buffer, place);
    if place.height < CARD {
        return;
    }
    let (x, y) = (place.x + 2, place.y + 2);
    let room = place.width.saturating_sub(4);
    match broker.session {
        Some(_) if !counted => {
            put(buffer, x, y, room, t(lang, "meta.uncounted"), frame.style(Role::Warning));
        }
        Some((left, whole)) => {
            let text = format!("{}s ", left / 1_000_000);
            let taken = put(buffer, x, y, room, &text, frame.style(Role::Muted));
            let (done, rest) = (frame.style(Role::InSync), frame.style(Role::Faint));
            bar(buffer, (x + taken, y), room.saturating_sub(taken), left, whole, done, rest);
        }
        None => {
            put(buffer, x, y, room, t(lang, "meta.no_session"), frame.style(Role::Warning));
        }
    }
}
