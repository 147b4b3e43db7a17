//! The partitioner scene: the sum from key to partition, box by box, and each producer's batches below.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Class;
use super::paint::{Frame as Edge, boxed, cell, muted, put, put_right};
use super::stage::Frame;
use crate::scene::{Group, Lane, Parcel, Partitioner, Sum, Target};
use crate::text::{strings::lookup, t, tf, truncate, width};
use crate::ui::theme::Role;

/// Columns of the four boxes, with the arrows behind them.
const BOXES: [(u16, u16); 4] = [(1, 15), (18, 12), (32, 14), (48, 7)];
/// Where the partitions stand.
const TARGETS: u16 = 59;

/// Rows that the picture needs.
pub(super) fn rows(scene: &Partitioner) -> u16 {
    let lanes = u16::try_from(scene.lanes.len().clamp(1, 2)).unwrap_or(2);
    let partitions = u16::try_from(scene.targets.len()).unwrap_or(8);
    9 + 3 * lanes + partitions
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Partitioner) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let title = tf(lang, "partition.title", &[("topic", &scene.topic), ("n", &scene.targets.len())]);
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &title, muted(theme));
    let sums = u16::try_from(scene.lanes.len().clamp(1, 2)).unwrap_or(2);
    // Where there is room the parts stand apart.
    let airy = area.height >= rows(scene) + 5;
    let top = area.y + 1 + u16::from(airy);
    for (n, sum) in (0..sums).zip(&scene.sums) {
        boxes(frame, buffer, Rect { y: top + 3 * n, height: 3, ..area }, sum);
    }
    if scene.sums.is_empty() {
        let words = match &scene.keyless {
            Some((label, producer, how)) => {
                let how = way(frame, how);
                let label = format!("{producer} ({label})");
                tf(lang, "partition.without_key", &[("label", &label), ("how", &how)])
            }
            None => t(lang, "partition.no_key_yet").to_owned(),
        };
        put(buffer, area.x + 1, top + 1, TARGETS.saturating_sub(3), &words, frame.style(Role::Text));
    }
    targets(frame, buffer, Rect { y: top, height: 3 * sums, ..area }, scene);
    let mut y = top + 3 * sums;
    conclusion(frame, buffer, Rect { y, height: 1, ..area }, scene);
    y += 1 + 2 * u16::from(airy);
    let below = Rect { y, height: area.bottom().saturating_sub(y), ..area };
    lanes(frame, buffer, below, scene, airy);
}

/// Key, hash, number, remainder.
fn boxes(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, sum: &Sum) {
    let lang = frame.lang();
    let number = sum.unsigned.unwrap_or(sum.value);
    let third = if sum.unsigned.is_some() { "& 7fffffff" } else { t(lang, "partition.number") };
    let texts = [
        (sum.producer.clone(), sum.key.clone(), "key"),
        (sum.hash.to_owned(), format!("{:08x}", sum.value), "hash"),
        (third.to_owned(), number.to_string(), "hash"),
        (format!("% {}", sum.count), sum.partition.to_string(), "partition"),
    ];
    let role = Role::position(sum.lane);
    // Whose record it is stands out; the others show what they would do.
    let value = if sum.sent { Role::Focus } else { Role::Text };
    for ((x, cells), (title, text, part)) in BOXES.into_iter().zip(texts) {
        let place = Rect { x: area.x + x, width: cells, ..area };
        let marked = frame.marked(&format!("{}.{part}", sum.producer)) || frame.marked(&sum.producer);
        let edge = if marked { Edge::Heavy } else { Edge::Square };
        boxed(buffer, place, edge, "", frame.style(role), frame.style(role));
        let title = truncate(&title, usize::from(cells).saturating_sub(4), "…");
        put(buffer, place.x + 1, area.y, cells - 2, &format!(" {title} "), frame.style(role));
        let text = truncate(&text, usize::from(cells) - 4, "…");
        put(buffer, place.x + 2, area.y + 1, cells - 4, &text, frame.style(value));
        let arrow = if part == "partition" { "━━▸" } else { "━▸" };
        put(buffer, place.x + cells, area.y + 1, 3, arrow, frame.style(role));
    }
}

/// The partitions with what is in them; who aims at one is marked at its end.
fn targets(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Partitioner) {
    let theme = frame.state.settings.theme;
    let several = scene.targets.len() > usize::from(area.height);
    let shown = scene.targets.len().min(usize::from(area.height));
    let top = area.y + area.height.saturating_sub(u16::try_from(shown).unwrap_or(0)) / 2;
    let left = area.x + TARGETS;
    let right = area.right().saturating_sub(1);
    for (y, target) in (top..).zip(scene.targets.iter().take(shown)) {
        let index = index(target);
        let role = if frame.marked(&target.id) { Role::Focus } else { Role::Text };
        put(buffer, left, y, 3, &index, frame.style(role));
        let marks = u16::try_from(target.aimed.len()).unwrap_or(0);
        let room = right.saturating_sub(left + 4 + 2 * marks) / 3;
        let skipped = target.labels.len().saturating_sub(usize::from(room));
        let mut x = left + 4;
        if skipped > 0 {
            cell(buffer, x - 1, y, "‹", muted(theme));
        }
        for label in target.labels.iter().skip(skipped) {
            let body = truncate(label, 1, "");
            cell(buffer, x, y, "▐", theme.style(Role::Committed));
            put(buffer, x + 1, y, 1, if body.is_empty() { " " } else { &body }, theme.fill(Role::Committed));
            cell(buffer, x + 2, y, "▌", theme.style(Role::Committed));
            x += 3;
        }
        if target.labels.is_empty() {
            cell(buffer, x + 1, y, "·", frame.style(Role::Faint));
            x += 3;
        }
        for lane in &target.aimed {
            put(buffer, x, y, 2, " ◂", frame.style(Role::position(*lane)));
            x += 2;
        }
    }
    if several {
        let text = format!("+{}", scene.targets.len() - shown);
        put_right(buffer, right, area.bottom().saturating_sub(1), &text, muted(theme));
    }
}

fn index(target: &Target) -> String {
    target.id.rsplit_once('-').map_or_else(|| target.id.clone(), |(_, index)| format!("P{index}"))
}

/// Whether the producers agree about the key.
fn conclusion(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Partitioner) {
    let [first, rest @ ..] = scene.sums.as_slice() else { return };
    if rest.is_empty() {
        return;
    }
    let places: Vec<String> =
        scene.sums.iter().map(|sum| format!("{} → P{}", sum.producer, sum.partition)).collect();
    let differ = rest.iter().any(|sum| sum.partition != first.partition);
    let (name, role) =
        if differ { ("partition.differ", Role::Warning) } else { ("partition.agree", Role::Muted) };
    let text = tf(frame.lang(), name, &[("key", &first.key), ("where", &places.join(" · "))]);
    put(buffer, area.x + 1, area.y, area.width.saturating_sub(2), &text, frame.style(role));
}

/// Producers side by side.
fn lanes(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Partitioner, airy: bool) {
    let most = if frame.class == Class::L { 4 } else { 2 };
    let count = u16::try_from(scene.lanes.len().min(most)).unwrap_or(1).max(1);
    let wide = area.width.saturating_sub(2) / count;
    for (n, lane) in (0..count).zip(&scene.lanes) {
        let column = Rect { x: area.x + 1 + n * wide, width: wide.saturating_sub(2), ..area };
        self::lane(frame, buffer, column, lane, &scene.targets, airy);
    }
}

fn lane(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, lane: &Lane, targets: &[Target], airy: bool) {
    let theme = frame.state.settings.theme;
    let role = Role::position(lane.lane);
    let heading = format!("{} · {} · {}", lane.id, lane.client, lane.hash);
    let style = if frame.marked(&lane.id) { frame.style(Role::Focus) } else { frame.style(role) };
    put(buffer, area.x, area.y, area.width, &heading, style);
    for x in area.left()..area.right() {
        cell(buffer, x, area.y + 1, "─", frame.style(Role::Faint));
    }
    // What is said below the partitions has its place; partitions that find none are left out.
    let mut y = area.y + 2;
    let last = area.bottom().saturating_sub(2);
    for (target, groups) in targets.iter().zip(&lane.rows) {
        if y >= last {
            break;
        }
        put(buffer, area.x, y, 3, &index(target), muted(theme));
        batches(
            frame,
            buffer,
            Rect { x: area.x + 4, y, width: area.width.saturating_sub(4), height: 1 },
            groups,
        );
        y += 1;
    }
    y += u16::from(airy);
    let words = [("requests", requests(frame, lane)), ("", closed(frame, lane)), ("", settings(lane))];
    for (part, text) in words {
        if y >= area.bottom() || text.is_empty() {
            continue;
        }
        let marked = !part.is_empty() && frame.marked(&format!("{}.{part}", lane.id));
        let strong = marked || !part.is_empty();
        let style = if strong { frame.style(Role::Text) } else { muted(theme) };
        put(buffer, area.x, y, area.width, &text, style);
        y += 1;
    }
}

fn requests(frame: &Frame<'_>, lane: &Lane) -> String {
    if lane.records == 0 {
        return t(frame.lang(), "partition.nothing").to_owned();
    }
    let lang = frame.lang();
    let mut text =
        tf(lang, "partition.requests", &[("requests", &lane.requests), ("records", &lane.records)]);
    if let Some(how) = lane.keyless {
        text.push_str(" · ");
        text.push_str(&tf(lang, "partition.keyless", &[("how", &way(frame, how))]));
    }
    text
}

fn closed(frame: &Frame<'_>, lane: &Lane) -> String {
    let lang = frame.lang();
    let why = |why: &str, n: usize| match why {
        "full" => tf(lang, "partition.full", &[("n", &n)]),
        "linger" => tf(lang, "partition.linger", &[("n", &n)]),
        _ => tf(lang, "partition.flush", &[("n", &n)]),
    };
    let words: Vec<String> = lane.closed.iter().map(|(reason, n)| why(reason, *n)).collect();
    if words.is_empty() {
        return String::new();
    }
    tf(lang, "partition.closed", &[("why", &words.join(" · "))])
}

fn settings(lane: &Lane) -> String {
    let words: Vec<String> = lane.settings.iter().map(|(name, value)| format!("{name}={value}")).collect();
    words.join(" ")
}

fn way(frame: &Frame<'_>, how: &str) -> &'static str {
    let key = if how == "key" { "by_key" } else { how };
    lookup(frame.lang(), &format!("partition.{key}")).unwrap_or_default()
}

/// Batches of one producer in one partition: what is one box travelled together. Older ones scroll out at the left.
fn batches(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, groups: &[Group]) {
    let theme = frame.state.settings.theme;
    let texts: Vec<String> = groups.iter().map(|group| body(group, area.width)).collect();
    let cells = |text: &String| u16::try_from(width(text)).unwrap_or(u16::MAX).saturating_add(2);
    let mut first = texts.len();
    let mut room = area.width.saturating_sub(1);
    while let Some(text) = first.checked_sub(1).and_then(|n| texts.get(n))
        && cells(text) <= room
    {
        room -= cells(text);
        first -= 1;
    }
    let mut x = area.x;
    if first > 0 {
        cell(buffer, x, area.y, "‹", muted(theme));
        x += 1;
    }
    if groups.is_empty() {
        cell(buffer, x + 1, area.y, "·", frame.style(Role::Faint));
    }
    for (group, text) in groups.iter().zip(&texts).skip(first) {
        let (left, right, inside, edge) = match group.state {
            Parcel::Stored => ("▐", "▌", theme.fill(Role::Committed), theme.style(Role::Committed)),
            Parcel::Travels => ("▸", "▸", theme.style(Role::Request), theme.style(Role::Request)),
            Parcel::Waits => ("(", ")", theme.style(Role::Uncommitted), theme.style(Role::Uncommitted)),
            Parcel::Failed => ("/", "/", theme.style(Role::Aborted), theme.style(Role::Aborted)),
        };
        cell(buffer, x, area.y, left, edge);
        let at = put(buffer, x + 1, area.y, area.width, text, inside);
        cell(buffer, x + 1 + at, area.y, right, edge);
        x += at + 2;
    }
}

/// `a b c`, or `a..z ×26` where that takes too much room.
fn body(group: &Group, room: u16) -> String {
    let all = group.labels.join(" ");
    if width(&all) + 3 <= usize::from(room) / 2 {
        return all;
    }
    match (group.labels.first(), group.labels.last()) {
        (Some(first), Some(last)) => format!("{first}..{last} ×{}", group.labels.len()),
        _ => all,
    }
}
