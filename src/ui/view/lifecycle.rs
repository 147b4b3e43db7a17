//! The life of a consumer: its steps above, the messages of the moment, then what is in its memory, and the clocks below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Class;
use super::paint::{Frame as Edge, bar, boxed, cell, muted, put, put_right};
use super::stage::Frame;
use super::strip::Strip;
use crate::lab::view::ProcessView;
use crate::scene::{Clock, Fate, Lifecycle, Packet, Place, STEPS, Step, Works};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::Role;

/// Rows for messages.
const MESSAGES: u16 = 3;

/// Rows that the picture takes where there is room.
pub(super) fn rows(scene: &Lifecycle) -> u16 {
    let count = |n: usize| u16::try_from(n).unwrap_or(u16::MAX);
    14 + MESSAGES + count(scene.places.len().max(1) + scene.works.len()) + count(scene.clocks.len())
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Lifecycle) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    if scene.id.is_empty() {
        put(buffer, area.x + 1, area.y, area.width, t(lang, "lifescene.none"), muted(theme));
        return;
    }
    let gap = u16::from(frame.class > Class::S);
    let mut y = area.y;
    heading(frame, buffer, Rect { y, height: 1, ..area }, scene);
    y += 1 + gap;
    y += steps(frame, buffer, Rect { y, ..area }, scene) + gap;
    y = rule(frame, buffer, area, y, t(lang, "lifescene.messages"));
    messages(frame, buffer, Rect { y, height: MESSAGES, ..area }, scene);
    y += MESSAGES + gap;
    let memory = if scene.shares { t(lang, "lifescene.locked") } else { t(lang, "lifescene.memory") };
    y = rule(frame, buffer, area, y, memory);
    if scene.places.is_empty() {
        put(buffer, area.x + 1, y, area.width, t(lang, "lifescene.nothing"), muted(theme));
        y += 1;
    }
    let clocks = u16::try_from(scene.clocks.len()).unwrap_or(0) + 1;
    let room = area.bottom().saturating_sub(y + clocks);
    for (n, at) in scene.places.iter().enumerate() {
        if n + 1 > usize::from(room.max(1)) {
            break;
        }
        place(frame, buffer, Rect { y, height: 1, ..area }, (scene, at));
        y += 1;
    }
    for one in &scene.works {
        if area.bottom() > y + clocks {
            works(frame, buffer, Rect { y, height: 1, ..area }, scene, one);
            y += 1;
        }
    }
    y += gap;
    y = rule(frame, buffer, area, y, t(lang, "lifescene.clocks"));
    if scene.clocks.is_empty() {
        put(buffer, area.x + 1, y, area.width, t(lang, "lifescene.no_clock"), muted(theme));
    }
    let names = scene.clocks.iter().map(|clock| width(clock.name)).max().unwrap_or(0).max(24);
    for one in &scene.clocks {
        if y < area.bottom() {
            clock(frame, buffer, Rect { y, height: 1, ..area }, (one, names));
            y += 1;
        }
    }
}

/// A heading with a line; gives the row below.
fn rule(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, y: u16, title: &str) -> u16 {
    if y >= area.bottom() {
        return y;
    }
    let text = format!("── {title} ");
    let at = put(buffer, area.x + 1, y, area.width, &text, muted(frame.state.settings.theme));
    for x in area.x + 1 + at..area.right().saturating_sub(1) {
        cell(buffer, x, y, "─", frame.style(Role::Faint));
    }
    y + 1
}

fn heading(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Lifecycle) {
    let lang = frame.lang();
    let values: [(&str, &dyn std::fmt::Display); 4] = [
        ("id", &scene.id),
        ("group", &scene.group),
        ("generation", &scene.generation),
        ("coordinator", &scene.coordinator.as_deref().unwrap_or("·")),
    ];
    let key = match () {
        () if scene.generation >= 0 && scene.modern => "lifescene.heading_epoch",
        () if scene.generation >= 0 => "lifescene.heading",
        () if scene.counted && matches!(scene.process, ProcessView::Down(_)) => "lifescene.heading_counted",
        () => "lifescene.heading_outside",
    };
    let mut text = tf(lang, key, &values);
    let (word, role) = match scene.process {
        ProcessView::Down(_) => (Some(t(lang, "groupscene.down")), Role::Dead),
        ProcessView::Paused(_) => (Some(t(lang, "groupscene.paused")), Role::Warning),
        ProcessView::Running if scene.hung => (Some(t(lang, "lifescene.hung")), Role::Warning),
        ProcessView::Running if !scene.counted && !scene.places.is_empty() => {
            (Some(t(lang, "groupscene.zombie")), Role::Dropped)
        }
        ProcessView::Running if scene.next.is_some() => {
            let role = if scene.focused { Role::Focus } else { Role::Muted };
            (Some(t(lang, "lifescene.between")), role)
        }
        ProcessView::Running => (None, if scene.focused { Role::Focus } else { Role::Muted }),
    };
    for more in word.into_iter().chain(scene.error.as_deref()) {
        text = format!("{text} · {more}");
    }
    let room = area.width.saturating_sub(2);
    put(buffer, area.x + 1, area.y, room, &truncate(&text, room.into(), "…"), frame.style(role));
}

/// What a step is called: Kafka's own names stay.
fn name(frame: &Frame<'_>, scene: &Lifecycle, step: Step) -> &'static str {
    match step {
        Step::Process => t(frame.lang(), "lifescene.process"),
        Step::Join if scene.modern => "Heartbeat",
        _ => step.name(),
    }
}

/// The steps as boxes, the loop below; in a line where there is no room. Gives the rows it took.
fn steps(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Lifecycle) -> u16 {
    let names: usize = STEPS.iter().map(|step| width(name(frame, scene, *step))).sum();
    let whole =
        |edges: usize| u16::try_from(names + edges * STEPS.len() + 2 * (STEPS.len() - 1)).unwrap_or(u16::MAX);
    let room = area.width.saturating_sub(1);
    let edges: u16 = if whole(4) <= room { 4 } else { 2 };
    if whole(edges.into()) > room {
        let mut x = area.x + 1;
        for step in STEPS {
            let now = scene.step == Some(step);
            let role = if now { Role::Leader } else { Role::Muted };
            let text = format!("{}{}", if now { "●" } else { "○" }, name(frame, scene, step));
            x += put(buffer, x, area.y, area.right().saturating_sub(x), &text, frame.style(role)) + 1;
        }
        return 1;
    }
    let mut x = area.x + 1;
    let mut middles = Vec::new();
    for (n, step) in STEPS.into_iter().enumerate() {
        let now = scene.step == Some(step);
        let role = if now { Role::Leader } else { Role::Muted };
        if n > 0 {
            let lit = now || (scene.next == Some(step) && step != Step::Poll);
            let (arrow, role) = if lit { ("━▸", Role::Leader) } else { ("╌▸", Role::Faint) };
            put(buffer, x, area.y + 1, 2, arrow, frame.style(role));
            x += 2;
        }
        let text = name(frame, scene, step);
        let cells = u16::try_from(width(text)).unwrap_or(0) + edges;
        let edge = if now { Edge::Heavy } else { Edge::Round };
        let place = Rect { x, y: area.y, width: cells, height: 3 };
        boxed(buffer, place, edge, "", frame.style(role), frame.style(role));
        put(buffer, x + edges / 2, area.y + 1, cells - edges, text, frame.style(role));
        middles.push(x + cells / 2);
        x += cells;
    }
    if let (Some(to), Some(from)) = (middles.get(2), middles.get(4)) {
        let lit = scene.next == Some(Step::Poll);
        let style = frame.style(if lit { Role::Leader } else { Role::Faint });
        for x in *to..*from {
            cell(buffer, x, area.y + 3, if lit { "━" } else { "╌" }, style);
        }
        cell(buffer, *to, area.y + 3, "▲", style);
        cell(buffer, *from, area.y + 3, "╯", style);
    }
    4
}

/// The latest messages of the moment, one a row: who sends what to whom, how far it has come.
fn messages(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Lifecycle) {
    let skipped = scene.messages.len().saturating_sub(usize::from(area.height));
    for (y, packet) in (area.y..area.bottom()).zip(scene.messages.iter().skip(skipped)) {
        message(frame, buffer, Rect { y, height: 1, ..area }, packet);
    }
    if scene.messages.is_empty() {
        put(
            buffer,
            area.x + 1,
            area.y,
            area.width,
            t(frame.lang(), "lifescene.silence"),
            muted(frame.state.settings.theme),
        );
    }
}

fn message(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, packet: &Packet) {
    const WAY: u16 = 14;
    let role = match packet.fate {
        Fate::Lost(_) => Role::Dropped,
        _ if packet.answer => Role::Response,
        _ => Role::Request,
    };
    let style = frame.style(role);
    put(buffer, area.x + 1, area.y, 5, &packet.from, frame.style(Role::Text));
    let left = area.x + 7;
    let head = u16::try_from(packet.part.min(1000) * u64::from(WAY - 2) / 1000).unwrap_or(0);
    for n in 0..WAY {
        cell(buffer, left + n, area.y, if n < head { "━" } else { "╌" }, style);
    }
    let glyph = match packet.fate {
        Fate::Lost(_) => "✗",
        _ if packet.answer => "○",
        _ => "●",
    };
    cell(buffer, left + head, area.y, glyph, style);
    cell(buffer, left + head + 1, area.y, "▸", style);
    let x = left + WAY + 1;
    let to = put(buffer, x, area.y, 6, &packet.to, frame.style(Role::Text));
    let key = if packet.answer { "ladder.answer" } else { "ladder.request" };
    let text = tf(frame.lang(), key, &[("api", &packet.api), ("label", &packet.label)]);
    let x = x + to + 2;
    let room = area.right().saturating_sub(x + 1);
    put(buffer, x, area.y, room, &truncate(text.trim_end(), room.into(), "…"), style);
}

/// `orders-0  committed 3  position 5  in hand d e  fetched f`.
fn place(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, (scene, at): (&Lifecycle, &Place)) {
    let lang = frame.lang();
    let number = |n: i64| if n < 0 { "·".to_owned() } else { n.to_string() };
    let role = if frame.marked(&at.partition) { Role::Focus } else { Role::Text };
    let mut x = area.x + 1;
    x += put(buffer, x, area.y, 11, &truncate(&at.partition, 10, "…"), frame.style(role)).max(10) + 1;
    let room = |x: u16| area.right().saturating_sub(x + 1);
    // A share group has neither: what a member may work on it has a lock for.
    if !scene.shares {
        let committed = tf(lang, "lifescene.committed", &[("n", &number(at.committed))]);
        let position = tf(lang, "lifescene.position", &[("n", &number(at.position))]);
        x += put(buffer, x, area.y, room(x), &committed, frame.style(Role::Committed)) + 2;
        x += put(buffer, x, area.y, room(x), &position, frame.style(Role::PositionA)) + 2;
    }
    for (key, labels, role) in
        [("lifescene.hand", &at.in_hand, Role::Warning), ("lifescene.fetched", &at.prefetched, Role::Muted)]
    {
        if !labels.is_empty() {
            let shown: Vec<&str> = labels.iter().take(6).map(String::as_str).collect();
            let more = if labels.len() > shown.len() {
                format!(" +{}", labels.len() - shown.len())
            } else {
                String::new()
            };
            let list = format!("{}{more}", shown.join(" "));
            let text = match key {
                "lifescene.hand" => tf(lang, "lifescene.hand", &[("records", &list)]),
                _ => tf(lang, "lifescene.fetched", &[("records", &list)]),
            };
            x +=
                put(buffer, x, area.y, room(x), &truncate(&text, room(x).into(), "…"), frame.style(role)) + 2;
        }
    }
}

/// The log once more, each record as far as the group's work on it has come, with a bar at the committed offset.
fn works(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Lifecycle, at: &Works) {
    const NAMES: u16 = 12;
    let lang = frame.lang();
    let name = if scene.works.len() > 1 {
        at.partition.clone()
    } else {
        tf(lang, "lifescene.works", &[("group", &scene.group)])
    };
    put(
        buffer,
        area.x + 1,
        area.y,
        NAMES,
        &truncate(&name, NAMES.into(), "…"),
        muted(frame.state.settings.theme),
    );
    let list = |labels: &[String]| match labels {
        [.., _, _, _, _, _, _, _] => tf(lang, "lifescene.many", &[("n", &labels.len())]),
        few => few.join(" "),
    };
    let twice = (!at.twice.is_empty()).then(|| tf(lang, "lifescene.twice", &[("records", &list(&at.twice))]));
    let skipped =
        (!at.skipped.is_empty()).then(|| tf(lang, "lifescene.skipped", &[("records", &list(&at.skipped))]));
    let told = twice.into_iter().chain(skipped).collect::<Vec<_>>().join(" · ");
    let tail = put_right(buffer, area.right().saturating_sub(1), area.y, &told, frame.style(Role::Dropped));
    let (start, committed, end) = at.log;
    let strip = Strip {
        tiles: &at.tiles,
        start,
        high_watermark: committed,
        end,
        odd: false,
        dead: false,
        hw_moved: false,
        tile: if at.tiles.iter().all(|tile| width(&tile.label) < 2) { 3 } else { 4 },
        theme: frame.state.settings.theme,
    };
    let left = area.x + NAMES + 2;
    strip.draw(buffer, left, area.y, area.right().saturating_sub(left + tail + 2), 1);
}

/// A clock as a bar that runs down, with what is left in words.
/// One clock; its name has as many cells as the longest.
fn clock(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, (clock, names): (&Clock, usize)) {
    let names = u16::try_from(names).unwrap_or(24);
    let seconds = |micros: u64| format!("{}.{}", micros / 1_000_000, micros / 100_000 % 10);
    let low = clock.left * 5 < clock.whole;
    let role = if low { Role::Warning } else { Role::InSync };
    let narrow = area.width < 60;
    put(buffer, area.x + 1, area.y, 4, &clock.holder, frame.style(Role::Text));
    put(
        buffer,
        area.x + 5,
        area.y,
        if narrow { 20 } else { names },
        clock.name,
        muted(frame.state.settings.theme),
    );
    let text = format!("{} / {}s", seconds(clock.left), clock.whole / 1_000_000);
    let right = area.right().saturating_sub(1);
    let taken = put_right(buffer, right, area.y, &text, frame.style(role));
    if narrow {
        return;
    }
    let x = area.x + names + 6;
    let cells = right.saturating_sub(x + taken.max(14) + 1);
    bar(buffer, (x, area.y), cells, clock.left, clock.whole, frame.style(role), frame.style(Role::Faint));
}
