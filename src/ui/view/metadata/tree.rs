//! ZooKeeper: znodes at the left, sessions and caches of the brokers below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{bar, put, put_right};
use super::super::stage::Frame;
use super::{CARD, Card, NARROW_CARD, card_rows, heading, places};
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
        Life::Up if area.width < NARROW => tf(lang, "meta.zookeeper_short", &known),
        Life::Up => tf(lang, "meta.zookeeper", &known),
        Life::Down | Life::Frozen => tf(lang, "meta.zookeeper_down", &known),
    };
    let role = match scene.life {
        Life::Down | Life::Frozen => Role::Dropped,
        Life::Up if frame.marked("z1") => Role::Focus,
        Life::Up => Role::Text,
    };
    if area.height > COMPACT {
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &title, frame.style(role));
    }
    let cards = card_rows(area.height);
    let mut y = if area.height > COMPACT {
        whole(
            frame,
            buffer,
            Rect { y: area.y + 1, height: area.height.saturating_sub(cards + 2), ..area },
            scene,
        )
    } else {
        digest(frame, buffer, area, scene)
    };
    if area.bottom().saturating_sub(y) > cards {
        heading(frame, buffer, area, y, t(lang, "meta.sessions"));
        y += 1;
    }
    let row = Rect { y, height: cards.min(area.bottom().saturating_sub(y)), ..area };
    for (place, broker) in places(row, brokers.len(), 26).into_iter().zip(brokers) {
        card(frame, buffer, place, broker, scene.life == Life::Up);
    }
}

/// In fewer cells less is said.
const NARROW: u16 = 60;
/// In so few rows the tree is told in four lines.
const COMPACT: u16 = 9;

/// As many znodes as fit; gives the row behind them.
fn whole(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Tree) -> u16 {
    let shown = usize::from(area.height);
    let mut y = area.y;
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
    y
}

/// What counts in a race: who controls, in which epoch, who is there, how much there is to read.
fn digest(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Tree) -> u16 {
    let lang = frame.lang();
    let fresh = |path: &str| scene.lines.iter().any(|line| line.path.starts_with(path) && line.fresh);
    let ids = scene.lines.iter().filter_map(|line| line.path.strip_prefix("/brokers/ids/"));
    let ids = ids.collect::<Vec<_>>().join(" ");
    let lines = [
        ("/controller", scene.controller.clone().unwrap_or_else(|| t(lang, "meta.free").to_owned())),
        ("/controller_epoch", scene.controller_epoch.to_string()),
        ("/brokers/ids", ids),
        ("/brokers/topics", tf(lang, "meta.topics", &[("n", &scene.partitions)])),
    ];
    let mut y = area.y;
    let down = scene.life != Life::Up;
    if down {
        let title = tf(lang, "meta.zookeeper_gone", &[]);
        y += 1;
        put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &title, frame.style(Role::Dropped));
    }
    for (path, data) in lines.into_iter().skip(usize::from(down)) {
        let role = if fresh(path) && path != "/brokers/topics" { Role::Focus } else { Role::Muted };
        let role = if path == "/controller" && scene.controller.is_none() { Role::Dropped } else { role };
        let branch = if y == area.y { "┌─" } else { "├─" };
        put(buffer, area.x + 1, y, 2, branch, frame.style(Role::Faint));
        let taken = put(buffer, area.x + 3, y, area.width.saturating_sub(4), path, frame.style(Role::Text));
        let room = area.width.saturating_sub(taken + 5);
        put(buffer, area.x + 4 + taken, y, room, &truncate(&data, room.into(), "…"), frame.style(role));
        y += 1;
    }
    y
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
    let narrow = place.width < NARROW_CARD;
    let (first, role) = match broker.life {
        Life::Down => (format!("✗ {}", t(lang, "caption.down")), Role::Dropped),
        Life::Frozen => (format!("░ {}", t(lang, "caption.frozen")), Role::Warning),
        Life::Up if narrow && broker.behind == 0 => (t(lang, "meta.same").to_owned(), Role::InSync),
        Life::Up if narrow => (format!("◌ {}", broker.behind), Role::OutOfSync),
        Life::Up if broker.behind == 0 => (t(lang, "meta.agrees").to_owned(), Role::InSync),
        Life::Up => (tf(lang, "meta.differs", &[("n", &broker.behind)]), Role::OutOfSync),
    };
    frame.stands(place, &broker.id);
    Card {
        title: if narrow {
            format!("{}{star}", broker.id)
        } else {
            format!("{}{star} {epoch}", broker.id).trim_end().to_owned()
        },
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
            let key = if narrow { "meta.uncounted_short" } else { "meta.uncounted" };
            put(buffer, x, y, room, t(lang, key), frame.style(Role::Warning));
        }
        Some((left, whole)) => {
            let text = format!("{}s ", left / 1_000_000);
            let taken = put(buffer, x, y, room, &text, frame.style(Role::Muted));
            let (done, rest) = (frame.style(Role::InSync), frame.style(Role::Faint));
            bar(buffer, (x + taken, y), room.saturating_sub(taken), left, whole, done, rest);
        }
        None => {
            let key = if narrow { "meta.no_session_short" } else { "meta.no_session" };
            put(buffer, x, y, room, t(lang, key), frame.style(Role::Warning));
        }
    }
}
