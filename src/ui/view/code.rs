//! The code scene: a program at the left with its running line, at the right what that line sets off.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::Class;
use super::paint::{Frame as Edge, bar, boxed, cell, fill, muted, put, put_right};
use super::stage::{self, Frame};
use super::strip::Strip;
use crate::scene::{Code, Fate, Job, LogRow, Packet, Polled, Queued, Telling, say};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::{Role, Surface};

/// Cells of the program: marker, number, text.
const PROGRAM: u16 = 40;
/// Rows that what is set off needs.
const LEAST: u16 = 17;

/// Rows that the picture needs.
pub(super) fn rows(scene: &Code) -> u16 {
    u16::try_from(scene.lines.len() + 2).unwrap_or(u16::MAX).max(LEAST + 1)
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code) {
    let upper = if frame.class == Class::M { rows(scene).min(area.height) } else { area.height };
    let below = area.height - upper;
    let top = Rect { height: upper, ..area };
    program(frame, buffer, Rect { x: area.x + 1, width: PROGRAM, ..top }, scene);
    let left = area.x + PROGRAM + 2;
    let right = Rect { x: left, width: area.right().saturating_sub(left + 1), ..top };
    set_off(frame, buffer, right, scene);
    // Where there is room the whole cluster stands below, on the same clock.
    if below > 2 {
        let lower = Rect { y: area.y + upper, height: below, ..area };
        stage::small_cluster(frame, buffer, lower);
    }
}

// ---- the program ----

fn program(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code) {
    let theme = frame.state.settings.theme;
    let title = format!("{} · {}", scene.file, scene.client);
    let at = put(buffer, area.x, area.y, area.width, &title, frame.style(Role::Text));
    let family = format!(" ({})", scene.family);
    put(buffer, area.x + at, area.y, area.width.saturating_sub(at), &family, muted(theme));
    let total = u16::try_from(scene.lines.len()).unwrap_or(u16::MAX);
    let room = area.height.saturating_sub(2).max(1).min(total.max(1));
    let pane = Rect { y: area.y + 1, height: room, ..area };
    fill(buffer, pane, theme, Surface::Panel);
    let first = first_line(scene, room, total);
    for (y, n) in (pane.y..).zip(first..first + room) {
        let index = usize::from(n);
        let Some(text) = scene.lines.get(index) else { break };
        line(frame, buffer, Rect { y, height: 1, ..pane }, scene, u32::from(n) + 1, text);
    }
    if first > 0 {
        put_right(buffer, pane.right(), pane.y, "▲", muted(theme));
    }
    if first + room < total {
        put_right(buffer, pane.right(), pane.bottom().saturating_sub(1), "▼", muted(theme));
    }
}

/// The first line in view, from 0: the running one is in view, with a few behind it.
fn first_line(scene: &Code, room: u16, total: u16) -> u16 {
    let range = scene.inside.or(scene.at).unwrap_or((1, 1));
    let last = u16::try_from(range.1).unwrap_or(1);
    (last + 2).saturating_sub(room).min(total.saturating_sub(room))
}

fn line(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code, number: u32, text: &str) {
    let theme = frame.state.settings.theme;
    let within = |range: Option<(u32, u32)>| range.is_some_and(|(a, b)| (a..=b).contains(&number));
    let (inside, at) = (within(scene.inside), within(scene.at));
    let running = inside || (at && scene.inside.is_none());
    if running {
        fill(buffer, area, theme, Surface::Selected);
    }
    // The marker stands at the end of a statement; while a callback runs a hollow one keeps the place.
    let last = |range: Option<(u32, u32)>| range.is_some_and(|(_, b)| b == number);
    let first = |range: Option<(u32, u32)>| range.is_some_and(|(a, _)| a == number);
    let (glyph, role) = match () {
        () if inside && first(scene.inside) => ("▸", Role::Response),
        () if at && last(scene.at) && scene.inside.is_some() => ("◌", Role::Request),
        () if running && last(scene.at) => ("▸", Role::Request),
        () if scene.light.contains(&number) => ("◆", Role::Leader),
        () => (" ", Role::Muted),
    };
    cell(buffer, area.x, area.y, glyph, frame.style(role));
    let digits = match () {
        () if running => frame.style(Role::Focus),
        () if scene.light.contains(&number) => frame.style(Role::Leader),
        () => muted(theme),
    };
    put_right(buffer, area.x + 4, area.y, &number.to_string(), digits);
    let mut x = area.x + 5;
    for (kind, piece) in tokens(text) {
        let role = match kind {
            Token::Text => Role::Text,
            Token::Quoted => Role::Response,
            Token::Keyword => Role::Control,
            Token::Comment => Role::Muted,
        };
        x += put(buffer, x, area.y, area.right().saturating_sub(x), piece, frame.style(role));
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Token {
    Text,
    Quoted,
    Keyword,
    Comment,
}

const KEYWORDS: &[&str] = &[
    "and", "as", "break", "class", "continue", "def", "elif", "else", "except", "False", "finally", "for",
    "from", "if", "import", "in", "is", "None", "not", "or", "pass", "raise", "return", "True", "try",
    "while", "with", "yield",
];

/// A line of Python in pieces of one colour each.
fn tokens(line: &str) -> Vec<(Token, &str)> {
    let mut pieces = Vec::new();
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let cells = match c {
            '#' => (Token::Comment, rest.len()),
            '\'' | '"' => {
                let end = rest[1..].find(c).map_or(rest.len(), |end| end + 2);
                (Token::Quoted, end)
            }
            c if c.is_alphabetic() || c == '_' => {
                let end = rest.find(|c: char| !(c.is_alphanumeric() || c == '_')).unwrap_or(rest.len());
                let word = &rest[..end];
                (if KEYWORDS.contains(&word) { Token::Keyword } else { Token::Text }, end)
            }
            _ => {
                let stops = |c: char| c == '#' || c == '\'' || c == '"' || c == '_' || c.is_alphabetic();
                (Token::Text, rest.find(stops).unwrap_or(rest.len()))
            }
        };
        let (piece, tail) = rest.split_at(cells.1.max(c.len_utf8()));
        pieces.push((cells.0, piece));
        rest = tail;
    }
    pieces
}

// ---- what it sets off ----

fn set_off(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let heading = match scene.at {
        Some((_, line)) => tf(lang, "code.set_off", &[("line", &line)]),
        None => t(lang, "code.nothing_yet").to_owned(),
    };
    put(buffer, area.x, area.y, area.width, &heading, muted(theme));
    let memory = Rect { y: area.y + 1, height: 6.min(area.height.saturating_sub(1)), ..area };
    match &scene.job {
        Job::Producer { queue, done, settings } => {
            producer(frame, buffer, memory, scene, queue, *done);
            if queue.is_empty() {
                settled(frame, buffer, memory, settings);
            }
        }
        Job::Consumer(reader) => consumer(frame, buffer, memory, scene, reader),
        Job::Nobody => {}
    }
    let most = area.height.saturating_sub(1 + 6 + 3 + 2 + 2).max(1);
    let shown = scene.logs.len().min(usize::from(most)).max(1);
    let broker = u16::try_from(shown).unwrap_or(1) + 2;
    let way = Rect { y: memory.bottom(), height: 3, ..area };
    let log = Rect { y: way.bottom(), height: broker, ..area };
    packets(frame, buffer, way, scene);
    logs(frame, buffer, log, scene, shown);
    for (y, telling) in (log.bottom()..area.bottom()).zip(&scene.telling) {
        let role = match telling {
            Telling::Off | Telling::Error(_) => Role::Warning,
            Telling::Queued(_) | Telling::Pending(_) | Telling::ToWork(_) => Role::Uncommitted,
            Telling::Blocked(_) => Role::Warning,
            Telling::Callback(..) => Role::Response,
            Telling::Travels(_) => Role::Request,
            Telling::Calm => Role::InSync,
        };
        let text = truncate(&say(telling, lang), usize::from(area.width), "…");
        put(buffer, area.x, y, area.width, &text, frame.style(role));
    }
}

/// The box of the client's memory; its inside.
fn memory(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code, title: &str) -> Rect {
    let edge = if frame.marked(&scene.client) { Edge::Heavy } else { Edge::Round };
    boxed(buffer, area, edge, title, frame.style(Role::Request), frame.style(Role::Request));
    Rect {
        x: area.x + 2,
        y: area.y + 1,
        width: area.width.saturating_sub(4),
        height: area.height.saturating_sub(2),
    }
}

fn producer(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    area: Rect,
    scene: &Code,
    queue: &[Queued],
    done: (u64, u64),
) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let title = tf(lang, "code.queue", &[("client", &scene.client)]);
    let inner = memory(frame, buffer, area, scene, &title);
    for (y, batch) in (inner.y..inner.y + 2).zip(queue) {
        let name = format!("{}  ", batch.partition);
        let mut x = inner.x + put(buffer, inner.x, y, inner.width, &name, frame.style(Role::Text));
        for label in &batch.labels {
            let text = format!("[{label}]");
            let cells = u16::try_from(width(&text)).unwrap_or(u16::MAX);
            if x.saturating_add(cells) + 1 > inner.right() {
                cell(buffer, x, y, "…", muted(theme));
                break;
            }
            x += put(buffer, x, y, cells, &text, theme.fill(Role::Request));
        }
    }
    let third = inner.y + 2;
    match queue.first() {
        None => {
            put(buffer, inner.x, inner.y, inner.width, t(lang, "code.empty"), muted(theme));
        }
        Some(batch) if batch.again => {
            put(buffer, inner.x, third, inner.width, t(lang, "code.again"), frame.style(Role::Warning));
        }
        Some(batch) => {
            let ms = |micros: u64| micros / 1000;
            let words = [("waited", ms(batch.linger.0)), ("whole", ms(batch.linger.1))];
            let [waited, whole] = &words;
            let text = tf(lang, "code.linger", &[(waited.0, &waited.1), (whole.0, &whole.1)]);
            let at = put(buffer, inner.x, third, inner.width, &text, frame.style(Role::Text)) + 2;
            let cells = inner.width.saturating_sub(at).min(12);
            let styles = (frame.style(Role::Request), frame.style(Role::Faint));
            let (part, whole) = (batch.linger.0, batch.linger.1.max(1));
            bar(buffer, (inner.x + at, third), cells, part, whole, styles.0, styles.1);
        }
    }
    let text = tf(lang, "code.done", &[("acked", &done.0), ("failed", &done.1)]);
    put(buffer, inner.x, inner.y + 3, inner.width, &text, muted(theme));
}

/// The settings that decide how it sends, where no batch takes their place.
fn settled(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, [idempotence, acks, most]: &[String; 3]) {
    let (x, room) = (area.x + 2, area.width.saturating_sub(4));
    let second = tf(frame.lang(), "code.limits", &[("acks", acks), ("most", most)]);
    for (y, text) in (area.y + 2..).zip([format!("enable.idempotence={idempotence}"), second]) {
        put(buffer, x, y, room, &text, frame.style(Role::Text));
    }
}

fn consumer(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code, reader: &Polled) {
    let (theme, lang) = (frame.state.settings.theme, frame.lang());
    let title = tf(lang, "code.reader", &[("client", &scene.client), ("group", &reader.group)]);
    let inner = memory(frame, buffer, area, scene, &title);
    let number = |n: i64| if n < 0 { "·".to_owned() } else { n.to_string() };
    let mut lines: Vec<(String, Role)> = reader
        .places
        .iter()
        .take(2)
        .map(|(partition, position, committed)| {
            let values: [(&str, &dyn std::fmt::Display); 3] = [
                ("partition", partition),
                ("position", &number(*position)),
                ("committed", &number(*committed)),
            ];
            (tf(lang, "code.place", &values), Role::Text)
        })
        .collect();
    if let Some(record) = &reader.working {
        lines.push((tf(lang, "code.working", &[("record", record)]), Role::Focus));
    } else if reader.buffered > 0 {
        lines.push((tf(lang, "code.buffer", &[("n", &reader.buffered)]), Role::Uncommitted));
    }
    let elsewhere = reader.elsewhere.iter().take(2).map(|(partition, owner)| {
        (tf(lang, "code.elsewhere", &[("partition", partition), ("owner", owner)]), Role::PositionB)
    });
    lines.extend(elsewhere);
    if reader.runs {
        let records = reader.received.join(" ");
        let text = tf(lang, "code.received", &[("polls", &reader.polls), ("records", &records)]);
        lines.push((text, Role::Muted));
    }
    for (y, (text, role)) in (inner.y..inner.bottom()).zip(&lines) {
        let text = truncate(text, usize::from(inner.width), "…");
        put(buffer, inner.x, y, inner.width, &text, theme.style(*role));
    }
}

/// Down go requests, up come answers; how far they are is how far they are.
fn packets(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code) {
    let column = area.x + 6;
    for y in area.top()..area.bottom() {
        cell(buffer, column, y, "╎", frame.style(Role::Faint));
    }
    let mut taken: Vec<u16> = Vec::new();
    let loud: Vec<&Packet> = scene.packets.iter().filter(|packet| !packet.quiet).collect();
    for packet in loud.iter().take(usize::from(area.height)) {
        let up = packet.to == scene.client;
        let part = if up { 1000 - packet.part.min(1000) } else { packet.part.min(1000) };
        let step = u16::try_from(part * u64::from(area.height) / 1001).unwrap_or(0);
        let rows = (0..area.height).map(|n| area.y + (step + n) % area.height.max(1));
        let Some(y) = rows.into_iter().find(|y| !taken.contains(y)) else { break };
        taken.push(y);
        let (glyph, role) = match packet.fate {
            Fate::Lost(_) => ("✗", Role::Dropped),
            Fate::Held => ("◌", Role::Warning),
            _ if packet.answer => ("○", Role::Response),
            _ => ("●", Role::Request),
        };
        let other = if up { &packet.from } else { &packet.to };
        let arrow = if up { "←" } else { "→" };
        let text = format!("{}{} {arrow} {other}", packet.api, packet.id);
        let text = if packet.label.is_empty() { text } else { format!("{text} · {}", packet.label) };
        let held = packet.fate == Fate::Held;
        let text = if held { format!("{text} · {}", t(frame.lang(), "code.cut")) } else { text };
        cell(buffer, column, y, glyph, frame.style(role));
        let style = if frame.marked(&packet.id) { frame.style(Role::Focus) } else { frame.style(role) };
        let room = area.right().saturating_sub(column + 2);
        put(buffer, column + 2, y, room, &truncate(&text, usize::from(room), "…"), style);
    }
}

/// The leaders' logs in one box.
fn logs(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, scene: &Code, shown: usize) {
    let theme = frame.state.settings.theme;
    let mut leaders: Vec<&str> = scene.logs.iter().filter_map(|row| row.leader.as_deref()).collect();
    leaders.dedup();
    let alone = scene.logs.iter().all(|row| row.leader == scene.logs.first().and_then(|l| l.leader.clone()));
    let title = leaders.iter().map(|id| format!("{id} ★")).collect::<Vec<_>>().join(" ");
    let offline = leaders.is_empty();
    let edge = match () {
        () if offline => Edge::Dashed,
        () if leaders.iter().any(|id| frame.marked(id)) => Edge::Heavy,
        () => Edge::Square,
    };
    let role = if offline { Role::Dead } else { Role::Leader };
    boxed(buffer, area, edge, &title, frame.style(role), frame.style(role));
    for (y, row) in (area.y + 1..).zip(scene.logs.iter().take(shown)) {
        let name = match &row.leader {
            Some(leader) if !alone => format!("{} {leader}", row.id),
            _ => row.id.clone(),
        };
        strip(
            frame,
            buffer,
            Rect { x: area.x + 2, y, width: area.width.saturating_sub(4), height: 1 },
            row,
            &name,
        );
    }
    if scene.logs.len() > shown {
        let text = format!(" +{} ", scene.logs.len() - shown);
        put_right(buffer, area.right().saturating_sub(2), area.bottom() - 1, &text, muted(theme));
    }
}

fn strip(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, row: &LogRow, name: &str) {
    let style = if frame.marked(&row.id) { frame.style(Role::Focus) } else { frame.style(Role::Text) };
    let at = put(buffer, area.x, area.y, area.width, name, style) + 2;
    let strip = Strip {
        tiles: &row.tiles,
        start: row.start,
        high_watermark: row.high_watermark,
        end: row.end,
        odd: row.odd,
        dead: row.leader.is_none(),
        hw_moved: false,
        tile: if row.tiles.iter().all(|tile| width(&tile.label) < 2) { 3 } else { 4 },
        theme: frame.state.settings.theme,
    };
    strip.draw(buffer, area.x + at, area.y, area.width.saturating_sub(at), 1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_falls_into_pieces_that_make_the_line_again() {
        for line in [
            "p.produce('orders',",
            "    if msg is None: # later",
            "'unclosed",
            "x = 1_000 + \"a'b\"",
            "",
            "값 = '가'",
        ] {
            let whole: String = tokens(line).iter().map(|(_, piece)| *piece).collect();
            assert_eq!(whole, line);
        }
        let kinds: Vec<Token> = tokens("def f('a'): # b").iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds.first(), Some(&Token::Keyword));
        assert!(kinds.contains(&Token::Quoted) && kinds.ends_with(&[Token::Comment]));
    }
}
