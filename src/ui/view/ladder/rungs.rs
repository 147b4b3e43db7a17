//! One row of the ladder: an arrow under its label, a sign with a tag, or silence.

use ratatui::buffer::Buffer;

use super::super::paint::{cell, put, put_right};
use super::super::stage::Frame;
use super::Place;
use crate::lab::Line;
use crate::scene::{LadderRow, Rung, Tone, Way};
use crate::text::{Lang, strings::lookup, t, tf, truncate, width};
use crate::ui::theme::Role;

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, place: &Place, y: u16, rung: &Rung) {
    match &rung.row {
        LadderRow::Message { from, to, api, answer, label, way } => {
            let (Some(from), Some(to)) = (place.lanes.get(*from), place.lanes.get(*to)) else { return };
            let role = match way {
                _ if rung.ahead => Role::Faint,
                Way::Lost => Role::Dropped,
                _ if *answer => Role::Response,
                _ => Role::Request,
            };
            let text = said(frame.lang(), api, *answer, label, *way);
            if from == to {
                let role = if rung.ahead { Role::Muted } else { role };
                to_itself(frame, buffer, place, (*from, y), &text, role);
                return;
            }
            arrow(
                frame,
                buffer,
                (*from, *to),
                y,
                *way,
                if rung.ahead { Role::Faint } else { body_role(*answer) },
            );
            let (left, right) = ((*from).min(*to) + 1, (*from).max(*to));
            let text = truncate(&text, usize::from(right.saturating_sub(left)), "…");
            let cells = u16::try_from(width(&text)).unwrap_or(0);
            let x = left + (right - left).saturating_sub(cells) / 2;
            let role = if rung.ahead { Role::Muted } else { role };
            put(buffer, x, y - 1, cells, &text, frame.style(role));
        }
        LadderRow::Local { at, line, records, tone } => {
            let Some(x) = place.lanes.get(*at) else { return };
            local(frame, buffer, place, (*x, y), rung.ahead, &tag(frame.lang(), line, records, *tone), *tone);
        }
        LadderRow::Silence { length, ended_by } => silence(frame, buffer, place, y, *length, *ended_by),
    }
}

const fn body_role(answer: bool) -> Role {
    if answer { Role::Response } else { Role::Request }
}

/// What a message is called: `Produce d s4`, `ACK @5`, `ACK lost`.
fn said(lang: Lang, api: &str, answer: bool, label: &str, way: Way) -> String {
    let key = match (answer, api) {
        (false, _) => "ladder.request",
        (true, "Produce") => "ladder.ack",
        (true, _) => "ladder.answer",
    };
    let text = tf(lang, key, &[("api", &api), ("label", &label)]);
    let text = text.trim_end();
    match way {
        Way::Lost => tf(lang, "ladder.lost", &[("message", &text)]),
        Way::Held => tf(lang, "ladder.held", &[("message", &text)]),
        Way::Travels(_) | Way::Arrived => text.to_owned(),
    }
}

/// The line from one lifeline to the other: done, under way, or crossed out.
fn arrow(frame: &Frame<'_>, buffer: &mut Buffer, (from, to): (u16, u16), y: u16, way: Way, role: Role) {
    let style = frame.style(role);
    let right = to > from;
    let cells = from.abs_diff(to).saturating_sub(1);
    if cells == 0 {
        return;
    }
    let done = match way {
        Way::Arrived => cells,
        Way::Lost | Way::Held => cells * 55 / 100,
        Way::Travels(part) => u16::try_from(u64::from(cells) * part / 1000).unwrap_or(cells),
    };
    let column = |n: u16| if right { from + 1 + n } else { from - 1 - n };
    for n in 0..cells {
        let (glyph, style) = if n < done { ("━", style) } else { ("╌", frame.style(Role::Faint)) };
        cell(buffer, column(n), y, glyph, style);
    }
    let head = if right { "▸" } else { "◂" };
    match way {
        Way::Arrived => cell(buffer, column(cells - 1), y, head, style),
        Way::Travels(_) => cell(buffer, column(done.min(cells - 1)), y, head, style),
        Way::Lost => cell(buffer, column(done), y, "✗", frame.style(Role::Dropped)),
        Way::Held => cell(buffer, column(done), y, "░", frame.style(Role::Warning)),
    }
    let (start, end) = if right { ("├", "┤") } else { ("┤", "├") };
    cell(buffer, from, y, start, style);
    if way == Way::Arrived {
        cell(buffer, to, y, end, style);
    }
}

/// A message that never leaves its process, as a controller's own broker gets it: no arrow, only its name.
fn to_itself(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    place: &Place,
    (x, y): (u16, u16),
    text: &str,
    role: Role,
) {
    cell(buffer, x, y, "●", frame.style(role));
    put(buffer, x + 2, y, place.body.right().saturating_sub(x + 2), text, frame.style(role));
}

/// The tag of a local event: `기록 @3`.
pub(super) fn tag(lang: Lang, line: &Line, records: &str, tone: Tone) -> String {
    let key = if tone == Tone::Twice { "ladder.AppendedTwice" } else { "" };
    let own = format!("ladder.{}", line.note);
    let template = lookup(lang, if key.is_empty() { &own } else { key }).unwrap_or(line.note);
    let Ok(pieces) = crate::text::template::parse(template) else { return line.note.to_owned() };
    let text = crate::text::template::render(&pieces, lang, |slot| match slot.expression.as_str() {
        "records" => Some(records.to_owned()),
        name => line.field(name),
    });
    text.trim().to_owned()
}

fn local(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    place: &Place,
    (x, y): (u16, u16),
    ahead: bool,
    text: &str,
    tone: Tone,
) {
    let theme = frame.state.settings.theme;
    let (glyph, role, filled) = match tone {
        Tone::Good => ("◆", Role::Committed, true),
        Tone::Twice => ("◆", Role::Dropped, true),
        Tone::Known => ("◆", Role::InSync, true),
        Tone::Bad => ("✗", Role::Dropped, false),
        Tone::Late => ("⚠", Role::Warning, false),
        Tone::Moved => ("▲", Role::Focus, false),
        Tone::Order => ("★", Role::Leader, false),
        Tone::Reader => ("▸", Role::PositionA, false),
    };
    let (role, filled) = if ahead { (Role::Muted, false) } else { (role, filled) };
    let style = if filled { theme.fill(role) } else { frame.style(role) };
    let text = if filled { format!(" {text} ") } else { text.to_owned() };
    cell(buffer, x, y, glyph, frame.style(role));
    let room = place.body.right().saturating_sub(x + 2);
    if usize::from(room) >= width(&text) {
        put(buffer, x + 2, y, room, &text, style);
    } else {
        // No room at the right of the last lifeline: the tag stands at its left.
        put_right(
            buffer,
            x.saturating_sub(1),
            y,
            &truncate(&text, usize::from(x.saturating_sub(place.body.x + 10)), "…"),
            style,
        );
    }
}

/// A stretch in which nothing loud happens, and what it waits for.
fn silence(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    place: &Place,
    y: u16,
    length: u64,
    ended_by: Option<&'static str>,
) {
    let lang = frame.lang();
    let (why, setting) = match ended_by {
        Some("RequestTimedOut") => (t(lang, "ladder.silent_timeout"), " (request.timeout.ms)"),
        Some("RequestRetried") => (t(lang, "ladder.silent_backoff"), " (retry.backoff.ms)"),
        Some(
            "BrokerFenced" | "LeaderElected" | "SessionExpired" | "ZkSessionExpired" | "ControllerResigned"
            | "IsrShrunk" | "LeaderLost",
        ) => (t(lang, "ladder.silent_session"), ""),
        _ => (t(lang, "ladder.silent"), ""),
    };
    let span = if length >= 10_000_000 {
        format!("{} s", (length + 500_000) / 1_000_000)
    } else {
        format!("{}.{} s", length / 1_000_000, length / 100_000 % 10)
    };
    let left = place.lanes.first().map_or(place.body.x, |x| *x);
    let room = place.body.right().saturating_sub(left + 1);
    let text = format!("┆ {span} · {why}");
    let whole = format!("{text}{setting}");
    let fits = width(&whole) <= usize::from(room);
    let text = if fits { whole } else { truncate(&text, room.into(), "…") };
    put(buffer, left, y, room, &text, frame.style(Role::Warning));
}
