//! The timeline: a row a partition, time to the right, who processes it, and when nobody does.
//!
//! A stretch that is shorter than a cell keeps its cell if it is one in which nobody, or more than one, processed.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::colour;
use crate::lab::view::GroupMark;
use crate::scene::{Run, Stretch, Timeline, TimelineMark, Track, TrackRow};
use crate::text::{Lang, t, tf, truncate, width};
use crate::ui::theme::Role;
use crate::ui::view::paint::{cell, muted, put, put_right};
use crate::ui::view::stage::Frame;

/// Cells for a partition's name.
const NAMES: u16 = 11;
/// Cells for what the lesson calls a group, where several stand below each other.
const TITLES: u16 = 16;
/// Cells for the time that a row was stopped, and as many again for the time that two processed it.
const TOTALS: u16 = 7;

/// Rows that the timeline needs, without its legend.
pub(super) fn wanted(timeline: &Timeline) -> u16 {
    let rows: usize = timeline.tracks.iter().map(|track| track.rows.len().max(1) + 2).sum();
    u16::try_from(rows).unwrap_or(u16::MAX).saturating_add(2)
}

/// The time axis in cells.
struct Scale<'a> {
    timeline: &'a Timeline,
    left: u16,
    cells: u16,
}

impl Scale<'_> {
    fn span(&self) -> u64 {
        (self.timeline.to - self.timeline.from).max(1)
    }

    /// The cell in which an instant lies.
    fn column(&self, at: u64) -> u16 {
        let past = at.saturating_sub(self.timeline.from).min(self.span());
        let cell = u128::from(past) * u128::from(self.cells) / u128::from(self.span());
        self.left + u16::try_from(cell).unwrap_or(u16::MAX).min(self.cells.saturating_sub(1))
    }

    /// The instants that a cell stands for.
    fn instants(&self, n: u16) -> (u64, u64) {
        let at = |n: u16| {
            let part = u128::from(self.span()) * u128::from(n) / u128::from(self.cells.max(1));
            self.timeline.from + u64::try_from(part).unwrap_or(u64::MAX)
        };
        (at(n), at(n + 1))
    }
}

pub(super) fn draw(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, timeline: &Timeline) {
    let several = timeline.tracks.len() > 1 || timeline.tracks.iter().any(|track| track.title.is_some());
    let titles = if several && area.width >= 60 { TITLES } else { 0 };
    let names = if area.width < 60 { NAMES - 2 } else { NAMES };
    let left = area.x + 1 + titles + names;
    let doubled = timeline.tracks.iter().flat_map(|track| &track.rows).any(|row| row.doubled > 0);
    let totals = if doubled { 2 * TOTALS } else { TOTALS };
    let cells = area.right().saturating_sub(left + totals + 1);
    let scale = Scale { timeline, left, cells };
    let rows: u16 = wanted(timeline).saturating_sub(2 * u16::from(!timeline.tracks.is_empty()));
    let mut y = area.y;
    let spare = area.height.saturating_sub(rows + 1);
    if spare > 0 && area.width >= 60 {
        heading(frame, buffer, Rect { y, height: 1, ..area });
        y += 1;
    }
    for (n, track) in timeline.tracks.iter().enumerate() {
        let gap = u16::from(n > 0 && spare > u16::try_from(timeline.tracks.len()).unwrap_or(u16::MAX));
        y += gap;
        let height = area.bottom().saturating_sub(y + 1);
        y += self::track(frame, buffer, Rect { y, height, ..area }, track, &scale, titles);
    }
    axis(frame, buffer, area, y, &scale);
    y += 1;
    if y < area.bottom() {
        legend(frame, buffer, Rect { y, height: 1, ..area }, timeline);
    }
}

fn heading(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect) {
    let title = format!("── {} ", t(frame.lang(), "groupscene.timeline"));
    let at = put(buffer, area.x + 1, area.y, area.width, &title, muted(frame.state.settings.theme));
    let right = area.right().saturating_sub(1);
    let stopped = t(frame.lang(), "groupscene.stopped_time");
    let cells = u16::try_from(width(stopped)).unwrap_or(0) + 1;
    for x in area.x + 1 + at..right.saturating_sub(cells) {
        cell(buffer, x, area.y, "─", frame.style(Role::Faint));
    }
    put_right(buffer, right, area.y, stopped, muted(frame.state.settings.theme));
}

/// A group: what happened, its states, a row a partition. Gives the rows it took.
fn track(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    area: Rect,
    track: &Track,
    scale: &Scale<'_>,
    titles: u16,
) -> u16 {
    let theme = frame.state.settings.theme;
    let mut y = area.y;
    let rows = u16::try_from(track.rows.len().max(1)).unwrap_or(u16::MAX);
    let marks = area.height > rows;
    let states = area.height > rows + 1;
    if marks {
        self::marks(frame, buffer, Rect { y, height: 1, ..area }, track, scale);
        y += 1;
    }
    if titles > 0 {
        title(frame, buffer, Rect { y, width: titles, ..area }, track);
    }
    if states {
        let role = if frame.selected(&track.group) || track.focused { Role::Focus } else { Role::Muted };
        let room = scale.left.saturating_sub(area.x + 2 + titles);
        let name = truncate(&track.group, room.into(), "…");
        put(buffer, area.x + 1 + titles, y, room, &name, frame.style(role));
        for stretch in &track.states {
            state(frame, buffer, y, stretch, track, scale);
        }
        y += 1;
    }
    if track.rows.is_empty() {
        put(buffer, scale.left, y, scale.cells, t(frame.lang(), "groupscene.nothing_yet"), muted(theme));
        return y + 1 - area.y;
    }
    for (n, row) in track.rows.iter().enumerate() {
        if y >= area.bottom() {
            let more = format!("+{}", track.rows.len() - n);
            put(buffer, area.x + 1 + titles, y.saturating_sub(1), 6, &more, muted(theme));
            break;
        }
        self::row(frame, buffer, Rect { y, height: 1, ..area }, row, track, scale, titles);
        y += 1;
    }
    y - area.y
}

/// What the lesson calls the group, over two rows.
fn title(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, track: &Track) {
    let lang = frame.lang();
    let text = track.title.as_ref().map_or(track.group.as_str(), |title| title.get(lang));
    for (n, (y, line)) in (area.y..).zip(text.lines().take(2)).enumerate() {
        let style = if n == 0 { frame.style(Role::Text) } else { muted(frame.state.settings.theme) };
        let room = area.width.saturating_sub(2);
        put(buffer, area.x + 1, y, room, &truncate(line, room.into(), "…"), style);
    }
}

/// What happened, over its column; where two would touch, the later one keeps only its mark.
fn marks(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, track: &Track, scale: &Scale<'_>) {
    let mut free = scale.left;
    for mark in &track.marks {
        let x = scale.column(mark.at);
        if x < free {
            continue;
        }
        let (glyph, role, words) = say(frame.lang(), mark);
        cell(buffer, x, area.y, glyph, frame.style(role));
        let next = track.marks.iter().map(|m| scale.column(m.at)).find(|at| *at > x).unwrap_or(u16::MAX);
        let end = (scale.left + scale.cells).min(next);
        let cells = u16::try_from(width(&words)).unwrap_or(u16::MAX);
        let short = mark_name(mark);
        let short_cells = u16::try_from(width(short)).unwrap_or(u16::MAX);
        let (text, cells) = if x + 1 + cells < end { (words.as_str(), cells) } else { (short, short_cells) };
        let room = (scale.left + scale.cells).saturating_sub(x + 1);
        let before = u16::try_from(width(&words)).unwrap_or(u16::MAX);
        if x + 1 + before >= scale.left + scale.cells && x > free.saturating_add(before) {
            // At the right end the words stand before their mark.
            put(buffer, x - before - 1, area.y, before, &words, frame.style(role));
            free = x + 2;
            continue;
        }
        let taken = put(buffer, x + 1, area.y, room, text, frame.style(role));
        free = x + 1 + taken.min(cells) + 1;
    }
}

fn mark_name(mark: &TimelineMark) -> &str {
    match &mark.what {
        GroupMark::Joined(id)
        | GroupMark::Left(id, _)
        | GroupMark::Started(id)
        | GroupMark::Crashed(id)
        | GroupMark::Stopped(id)
        | GroupMark::Paused(id)
        | GroupMark::Resumed(id)
        | GroupMark::Coordinator(id) => id,
        GroupMark::State(name, _) => name,
    }
}

/// A mark's glyph, colour and words.
fn say(lang: Lang, mark: &TimelineMark) -> (&'static str, Role, String) {
    let id = mark_name(mark);
    let words = |key: &'static str| tf(lang, key, &[("id", &id)]);
    match &mark.what {
        GroupMark::Joined(_) | GroupMark::Started(_) => ("▼", Role::InSync, words("groupscene.joined")),
        GroupMark::Left(_, "poll-interval") => ("✗", Role::Dropped, words("groupscene.left_poll")),
        GroupMark::Left(_, "replaced") => ("▼", Role::Control, words("groupscene.left_replaced")),
        GroupMark::Left(..) => ("✗", Role::Dropped, words("groupscene.left_expired")),
        GroupMark::Crashed(_) => ("✗", Role::Dropped, words("groupscene.crashed")),
        GroupMark::Stopped(_) => ("▲", Role::Warning, words("groupscene.closed")),
        GroupMark::Paused(_) => ("░", Role::Warning, words("groupscene.stands")),
        GroupMark::Resumed(_) => ("▸", Role::InSync, words("groupscene.goes_on")),
        GroupMark::Coordinator(_) => ("★", Role::Control, words("groupscene.coordinator_moved")),
        GroupMark::State(..) => ("◆", Role::Control, id.to_owned()),
    }
}

/// The group itself: a line where it is stable, dashes while it rebalances.
fn state(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    y: u16,
    stretch: &Stretch,
    track: &Track,
    scale: &Scale<'_>,
) {
    let (from, to) = (scale.column(stretch.from), scale.column(stretch.to));
    let (glyph, role) = match stretch.state {
        "Stable" => ("─", Role::InSync),
        "Empty" | "Dead" => return,
        _ => ("╌", Role::Warning),
    };
    for x in from..=to {
        cell(buffer, x, y, glyph, frame.style(role));
    }
    let key = if track.protocol == "classic" { "groupscene.generation" } else { "groupscene.epoch" };
    let text = tf(frame.lang(), key, &[("n", &stretch.generation)]);
    let cells = u16::try_from(width(&text)).unwrap_or(u16::MAX);
    if stretch.state == "Stable" && from + cells + 1 < to {
        put(buffer, from + 1, y, cells, &text, frame.style(role));
    }
}

/// What a cell of a row stands for.
#[derive(Clone, PartialEq, Eq)]
enum Slot {
    /// Not yet, or before anybody had it.
    Blank,
    /// Nobody processes it.
    Stopped,
    /// Several do.
    Doubled,
    /// These do; several in a share group.
    Owned(Vec<usize>),
}

fn row(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    area: Rect,
    row: &TrackRow,
    track: &Track,
    scale: &Scale<'_>,
    titles: u16,
) {
    let y = area.y;
    let marked = frame.selected(&row.partition) || row.focused;
    let role = if marked { Role::Focus } else { Role::Text };
    let x = area.x + 1 + titles;
    let room = scale.left.saturating_sub(x + 1);
    put(buffer, x, y, room, &truncate(&row.partition, room.into(), "…"), frame.style(role));
    let share = track.protocol == "share";
    let slots: Vec<Slot> = (0..scale.cells).map(|n| slot(row, scale, n, share)).collect();
    let mut n = 0;
    while let Some(slot) = slots.get(n) {
        let length = slots[n..].iter().take_while(|other| *other == slot).count();
        let at = scale.left + u16::try_from(n).unwrap_or(u16::MAX);
        stretch(frame, buffer, (at, y), u16::try_from(length).unwrap_or(u16::MAX), slot, track);
        n += length;
    }
    let right = area.right().saturating_sub(1);
    let role = if row.stopped == 0 { Role::InSync } else { Role::Warning };
    let text = if row.stopped == 0 { "0".to_owned() } else { lasted(row.stopped) };
    put_right(buffer, right, y, &text, frame.style(role));
    if row.doubled > 0 {
        let text = format!("!{}", lasted(row.doubled));
        put_right(buffer, right.saturating_sub(TOTALS), y, &text, frame.style(Role::Dropped));
    }
}

/// What happened within a cell: what is wrong wins over what is right.
fn slot(row: &TrackRow, scale: &Scale<'_>, n: u16, share: bool) -> Slot {
    let (from, to) = scale.instants(n);
    let within = |run: &&Run| run.from < to && run.to > from;
    let mut found: Vec<&Run> = row.runs.iter().filter(within).collect();
    found.sort_by_key(|run| (run.to.min(to) - run.from.max(from), run.from));
    let wrong = found.iter().find(|run| run.who.len() > 1 && !share);
    match (wrong, found.iter().find(|run| run.who.is_empty()), found.last()) {
        (Some(_), ..) => Slot::Doubled,
        (None, Some(_), _) => Slot::Stopped,
        (None, None, Some(run)) => Slot::Owned(run.who.clone()),
        (None, None, None) => Slot::Blank,
    }
}

/// Cells of one kind; one that is owned begins with its owner's name.
fn stretch(
    frame: &Frame<'_>,
    buffer: &mut Buffer,
    (x, y): (u16, u16),
    cells: u16,
    slot: &Slot,
    track: &Track,
) {
    let (glyph, role) = match slot {
        Slot::Blank => return,
        Slot::Stopped => ("░", Role::Warning),
        Slot::Doubled => ("!", Role::Dropped),
        Slot::Owned(who) => ("━", colour(who.first().copied().unwrap_or(0))),
    };
    for n in 0..cells {
        cell(buffer, x + n, y, glyph, frame.style(role));
    }
    if let Slot::Owned(who) = slot {
        let names: Vec<&str> = who.iter().filter_map(|n| track.names.get(*n)).map(String::as_str).collect();
        let text = names.join(" ");
        if u16::try_from(width(&text)).unwrap_or(u16::MAX) < cells {
            put(buffer, x, y, cells, &text, frame.style(role));
        }
    }
}

/// `2.230s`, `210ms`, `45.2s`, `1m05s`.
fn lasted(micros: u64) -> String {
    match micros {
        0..1_000 => "<1ms".to_owned(),
        1_000..1_000_000 => format!("{}ms", micros / 1_000),
        1_000_000..10_000_000 => format!("{}.{:03}s", micros / 1_000_000, micros / 1_000 % 1_000),
        10_000_000..60_000_000 => format!("{}.{}s", micros / 1_000_000, micros / 100_000 % 10),
        _ => format!("{}m{:02}s", micros / 60_000_000, micros / 1_000_000 % 60),
    }
}

/// Both ends of the axis and the present.
fn axis(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, y: u16, scale: &Scale<'_>) {
    if y >= area.bottom() || scale.cells < 8 {
        return;
    }
    let seconds = |at: u64| match at % 1_000_000 {
        0 => format!("{}s", at / 1_000_000),
        rest => format!("{}.{}s", at / 1_000_000, rest / 100_000),
    };
    let theme = frame.state.settings.theme;
    let end = scale.left + scale.cells;
    let from = put(buffer, scale.left, y, scale.cells, &seconds(scale.timeline.from), muted(theme));
    let present = scale.column(scale.timeline.now);
    let text = seconds(scale.timeline.to);
    let to = u16::try_from(width(&text)).unwrap_or(0);
    if present + 1 < end.saturating_sub(to + 1) {
        put_right(buffer, end, y, &text, muted(theme));
    }
    let now = seconds(scale.timeline.now);
    let cells = u16::try_from(width(&now)).unwrap_or(0);
    let style = frame.style(Role::Focus);
    cell(buffer, present, y, "▲", style);
    if present + 2 + cells < end.saturating_sub(to + 1) {
        put(buffer, present + 2, y, cells, &now, style);
    } else if present >= scale.left + from + cells + 2 {
        put_right(buffer, present - 1, y, &now, style);
    }
}

fn legend(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, timeline: &Timeline) {
    let lang = frame.lang();
    let doubled = timeline.tracks.iter().flat_map(|track| &track.rows).any(|row| row.doubled > 0);
    let mut entries = vec![
        ("━", Role::Text, t(lang, "groupscene.legend_works")),
        ("░", Role::Warning, t(lang, "groupscene.legend_stopped")),
        ("╌", Role::Warning, t(lang, "groupscene.legend_rebalance")),
    ];
    if doubled {
        entries.insert(2, ("!", Role::Dropped, t(lang, "groupscene.legend_doubled")));
    }
    let mut x = area.x + 1;
    for (glyph, role, words) in entries {
        let cells = u16::try_from(width(words)).unwrap_or(0);
        if x + cells + 3 > area.right() {
            return;
        }
        cell(buffer, x, area.y, glyph, frame.style(role));
        x += 2 + put(buffer, x + 2, area.y, cells, words, muted(frame.state.settings.theme)) + 2;
    }
}
