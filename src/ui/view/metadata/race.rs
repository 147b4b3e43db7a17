//! The race to the next controller: four steps as bars to one scale, the time that metadata stands still, what it costs, what the times
//! rest on.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{cell, put, put_right};
use super::super::stage::Frame;
use super::heading;
use crate::lab::Side;
use crate::lab::view::TermsView;
use crate::scene::{Failover, Lap, Progress};
use crate::text::{t, tf, truncate, width};
use crate::ui::theme::Role;

/// Rows of the whole picture.
pub(super) const ROWS: u16 = 8;
/// From so many cells on, everything is said in full.
const WIDE: u16 = 70;
/// Cells of the longest bar.
const LONGEST_BAR: u16 = 44;
/// Cells of a time at the right.
const TIMES: u16 = 10;

/// Words of the steps: with ZooKeeper, with KRaft.
const STEPS: [(&str, &str); 4] = [
    ("race.session", "race.fetch_timeout"),
    ("race.election", "race.vote"),
    ("race.load_all", "race.load"),
    ("race.push", "race.fetch"),
];

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, race: &Failover) {
    let lang = frame.lang();
    let title = tf(lang, "race.heading", &[("lost", &race.lost)]);
    heading(frame, buffer, area, area.y, &title);
    let words: Vec<&str> =
        STEPS.iter().map(|(zk, kraft)| t(lang, if race.in_zookeeper() { zk } else { kraft })).collect();
    let scale = longest(frame, race);
    for (y, (lap, word)) in (area.y + 1..area.bottom()).zip(race.laps.iter().zip(words)) {
        bar(frame, buffer, Rect { y, height: 1, ..area }, (lap, word), scale);
    }
    let mut y = area.y + 5;
    if y < area.bottom() {
        stalled(frame, buffer, Rect { y, height: 1, ..area }, race);
    }
    for text in [costs(frame, area, race), terms(frame, area, race)] {
        y += 1;
        if y < area.bottom() {
            let room = area.width.saturating_sub(2);
            let text = truncate(&text, room.into(), "…");
            put(buffer, area.x + 1, y, room, &text, frame.style(Role::Muted));
        }
    }
}

/// The longest step of what is on screen, of the other side too.
fn longest(frame: &Frame<'_>, race: &Failover) -> u64 {
    let side = if frame.side == Side::Left { Side::Right } else { Side::Left };
    let film = frame.tank.beside.is_some().then(|| frame.tank.film_of(side));
    let other = film.and_then(|film| Failover::build(film.shown().failover.as_ref()?, film.now()));
    race.longest().max(other.map_or(0, |other| other.longest())).max(1)
}

/// `✓ session expires ━━━━━━━━━━   18000 ms`.
fn bar(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, (lap, word): (&Lap, &str), scale: u64) {
    let (glyph, role) = match lap.progress {
        Progress::Done => ("✓", Role::InSync),
        Progress::Running => ("▸", Role::Warning),
        Progress::Waiting => ("·", Role::Muted),
    };
    cell(buffer, area.x + 1, area.y, glyph, frame.style(role));
    let names = if area.width < WIDE { 16 } else { 20 };
    let told = if lap.progress == Progress::Waiting { Role::Muted } else { Role::Text };
    put(buffer, area.x + 3, area.y, names, word, frame.style(told));
    let left = area.x + 3 + names;
    let right = area.right().saturating_sub(1);
    let room = right.saturating_sub(left + TIMES).min(LONGEST_BAR);
    let mut filled = u16::try_from(u64::from(room) * lap.takes / scale).unwrap_or(room).min(room);
    if lap.takes > 0 {
        filled = filled.max(1);
    }
    for x in left..left + filled {
        cell(buffer, x, area.y, "━", frame.style(role));
    }
    // What is still to come has no length yet.
    if lap.progress != Progress::Done {
        for x in (left + filled..left + room).take(4) {
            cell(buffer, x, area.y, "┄", frame.style(Role::Faint));
        }
    }
    if lap.progress != Progress::Waiting {
        put_right(buffer, right, area.y, &milliseconds(lap.takes), frame.style(told));
    }
}

fn milliseconds(us: u64) -> String {
    if us > 0 && us < 1000 { "< 1 ms".to_owned() } else { format!("{} ms", us / 1000) }
}

/// `metadata stalled   20.106 s`, until a controller can act.
fn stalled(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, race: &Failover) {
    let lang = frame.lang();
    let right = area.right().saturating_sub(1);
    let time = format!("{}.{:03} s", race.stalled / 1_000_000, race.stalled / 1000 % 1000);
    let taken = put_right(buffer, right, area.y, &time, frame.style(Role::Focus));
    let (glyph, role, text) = match (&race.next, race.acts) {
        (Some(next), true) => ("✓", Role::InSync, tf(lang, "race.acts", &[("next", next)])),
        _ => ("▸", Role::Dropped, t(lang, "race.stalled").to_owned()),
    };
    cell(buffer, area.x + 1, area.y, glyph, frame.style(role));
    let room = right.saturating_sub(area.x + 4 + taken);
    put(buffer, area.x + 3, area.y, room, &truncate(&text, room.into(), "…"), frame.style(Role::Focus));
}

/// Messages and state, and what they are counted from.
fn costs(frame: &Frame<'_>, area: Rect, race: &Failover) -> String {
    let [requests, entries, znodes, records] =
        [race.costs.requests, race.costs.entries, race.costs.znodes, race.costs.records].map(short);
    let values: [(&str, &dyn std::fmt::Display); 4] =
        [("requests", &requests), ("entries", &entries), ("znodes", &znodes), ("records", &records)];
    let keys = if race.in_zookeeper() {
        ["race.costs_zookeeper", "race.costs_zookeeper_short"]
    } else {
        ["race.costs_kraft", "race.costs_kraft_short"]
    };
    fitting(frame, area, keys, &values)
}

/// Settings of this cluster, and what the model assumes.
fn terms(frame: &Frame<'_>, area: Rect, race: &Failover) -> String {
    let seconds = |us: u64| {
        if us.is_multiple_of(1_000_000) {
            (us / 1_000_000).to_string()
        } else {
            format!("{}.{}", us / 1_000_000, us / 100_000 % 10)
        }
    };
    match race.terms {
        TermsView::ZooKeeper { session, request, in_flight, apply } => {
            let (session, request) = (seconds(session), request / 1000);
            let values: [(&str, &dyn std::fmt::Display); 4] =
                [("session", &session), ("request", &request), ("in_flight", &in_flight), ("apply", &apply)];
            fitting(frame, area, ["race.terms_zookeeper", "race.terms_zookeeper_short"], &values)
        }
        TermsView::Quorum { fetch, apply } => {
            let fetch = seconds(fetch);
            let values: [(&str, &dyn std::fmt::Display); 2] = [("fetch", &fetch), ("apply", &apply)];
            fitting(frame, area, ["race.terms_kraft", "race.terms_kraft_short"], &values)
        }
    }
}

/// The long text if it fits, else the short one.
fn fitting(
    frame: &Frame<'_>,
    area: Rect,
    [long, short]: [&'static str; 2],
    values: &[(&str, &dyn std::fmt::Display)],
) -> String {
    let text = tf(frame.lang(), long, values);
    if width(&text) + 2 <= usize::from(area.width) { text } else { tf(frame.lang(), short, values) }
}

/// `123456` as `123k`.
fn short(n: u64) -> String {
    match n {
        0..10_000 => n.to_string(),
        10_000..10_000_000 => format!("{}k", n / 1000),
        _ => format!("{}M", n / 1_000_000),
    }
}
