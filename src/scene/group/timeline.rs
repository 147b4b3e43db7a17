//! Who processed which partition when: a row a partition on one axis of virtual time, with what happened to the group.

use super::{consumers, protocol};
use crate::lab::Length;
use crate::lab::view::{GroupMark, GroupView, OwnershipView};
use crate::scene::{Moment, Params};
use crate::text::Text;

/// What is shown where the lesson does not say: at most the last minute.
const WINDOW: u64 = 60_000_000;

/// A stretch of time in which the same consumers process a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// From then, µs since t = 0.
    pub from: u64,
    /// Until then; the present for the last.
    pub to: u64,
    /// Who: colours of consumers. Empty: nobody.
    pub who: Vec<usize>,
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrackRow {
    /// `orders-0`.
    pub partition: String,
    /// From the first owner on, within the window.
    pub runs: Vec<Run>,
    /// How long nobody processed it, µs, within the window.
    pub stopped: u64,
    /// How long several did, µs, within the window; always 0 in a share group.
    pub doubled: u64,
    /// The lesson points at it.
    pub focused: bool,
}

/// A stretch of time in which the group is in one state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// From then, µs since t = 0.
    pub from: u64,
    /// Until then.
    pub to: u64,
    /// Kafka's name of the state.
    pub state: &'static str,
    /// Generation, or group epoch.
    pub generation: i32,
}

/// What happened at an instant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineMark {
    /// When.
    pub at: u64,
    /// Colour of the consumer that it is about.
    pub lane: usize,
    /// What, with the consumer's name.
    pub what: GroupMark,
}

/// A group on the time axis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Track {
    /// `pay`.
    pub group: String,
    /// What the lesson calls it: two lines at most.
    pub title: Option<Text>,
    /// How it is coordinated.
    pub protocol: &'static str,
    /// Consumers by colour.
    pub names: Vec<String>,
    /// Partitions.
    pub rows: Vec<TrackRow>,
    /// States of the group.
    pub states: Vec<Stretch>,
    /// What happened.
    pub marks: Vec<TimelineMark>,
    /// The lesson points at it.
    pub focused: bool,
}

/// Groups on one time axis.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    /// Left end of the axis, µs since t = 0.
    pub from: u64,
    /// Right end.
    pub to: u64,
    /// The present.
    pub now: u64,
    /// Groups.
    pub tracks: Vec<Track>,
}

impl Timeline {
    /// Builds the timeline of a moment.
    #[must_use]
    pub fn build(params: &Params, moment: &Moment<'_>) -> Self {
        let view = moment.view;
        let (from, to) = window(params, moment);
        let asked: Vec<(&GroupView, Option<Text>)> = if params.groups.is_empty() {
            super::chosen(params, moment).into_iter().map(|g| (g, None)).collect()
        } else {
            let find = |id: &str| view.groups.iter().find(|g| g.id == id);
            params.groups.iter().filter_map(|(id, title)| Some((find(id)?, title.clone()))).collect()
        };
        let axis = Axis { from, now: moment.now.min(to) };
        let tracks = asked.into_iter().map(|(g, title)| track(params, moment, g, title, axis)).collect();
        Self { from, to, now: axis.now, tracks }
    }
}

/// The axis: the lesson's window up to the present, or from its beginning on; else the whole past, at most the last minute.
fn window(params: &Params, moment: &Moment<'_>) -> (u64, u64) {
    let now = moment.now;
    if let Some(span) = params.window {
        let from = params.from.as_ref().and(moment.since).unwrap_or_else(|| now.saturating_sub(span));
        return if now > from + span { (now - span, now) } else { (from, from + span) };
    }
    let from = moment.since.filter(|_| params.from.is_some());
    let from = from.unwrap_or_else(|| now.saturating_sub(WINDOW)).min(now);
    (from, from + round(now - from))
}

/// The next length of time that reads well: 1, 2, 5, 10, 20, 30 s, minutes, and so on.
fn round(span: u64) -> u64 {
    const STEPS: [u64; 14] = [1, 2, 5, 10, 20, 30, 60, 120, 180, 300, 600, 1200, 1800, 3600];
    let found = STEPS.iter().map(|seconds| seconds * 1_000_000).find(|step| *step >= span);
    found.unwrap_or(span)
}

#[derive(Clone, Copy)]
struct Axis {
    from: u64,
    now: u64,
}

fn track(params: &Params, moment: &Moment<'_>, group: &GroupView, title: Option<Text>, axis: Axis) -> Track {
    let consumers = consumers(moment.view, &group.id);
    let names: Vec<String> = consumers.iter().map(|c| c.id.clone()).collect();
    let protocol = protocol(group, &consumers);
    let lane = |id: &str| names.iter().position(|name| name == id);
    let pointed = |id: &str| moment.focus.iter().any(|f| f.split('.').next() == Some(id));
    let rows = group.ownership.iter().filter(|row| params.shows(&row.partition)).map(|row| {
        let runs = runs(row, axis, lane);
        let length = |runs: &mut dyn Iterator<Item = &Run>| runs.map(|run| run.to - run.from).sum();
        TrackRow {
            partition: row.partition.clone(),
            stopped: length(&mut runs.iter().filter(|run| run.who.is_empty())),
            doubled: length(&mut runs.iter().filter(|run| run.who.len() > 1 && protocol != "share")),
            focused: pointed(&row.partition),
            runs,
        }
    });
    Track {
        group: group.id.clone(),
        title,
        protocol,
        rows: rows.collect(),
        states: states(group, axis),
        marks: marks(group, axis, lane),
        focused: pointed(&group.id),
        names,
    }
}

/// Cuts time at every beginning and end of a span; between two cuts the owners are the same.
fn runs(row: &OwnershipView, axis: Axis, lane: impl Fn(&str) -> Option<usize>) -> Vec<Run> {
    let Some(first) = row.spans.iter().map(|span| span.from).min() else { return Vec::new() };
    let begin = first.max(axis.from);
    let end = |to: Option<u64>| to.unwrap_or(axis.now).min(axis.now);
    let mut cuts: Vec<u64> = row.spans.iter().flat_map(|span| [span.from, end(span.to)]).collect();
    cuts.extend([begin, axis.now]);
    cuts.retain(|cut| (begin..=axis.now).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();
    let mut runs: Vec<Run> = Vec::new();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let there = row.spans.iter().filter(|span| span.from <= from && end(span.to) >= to);
        let mut who: Vec<usize> = there.filter_map(|span| lane(&span.consumer)).collect();
        who.sort_unstable();
        who.dedup();
        match runs.last_mut().filter(|last| last.who == who) {
            Some(last) => last.to = to,
            None => runs.push(Run { from, to, who }),
        }
    }
    runs
}

/// The group's states within the window. What it was before the first mark that is kept is not known.
fn states(group: &GroupView, axis: Axis) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for mark in &group.marks {
        let GroupMark::State(state, generation) = mark.what else { continue };
        if let Some(last) = all.last_mut() {
            last.to = mark.at;
        }
        all.push(Stretch { from: mark.at, to: axis.now, state, generation });
    }
    all.retain(|stretch| stretch.to >= axis.from && stretch.from <= axis.now);
    for stretch in &mut all {
        stretch.from = stretch.from.max(axis.from);
        stretch.to = stretch.to.min(axis.now);
    }
    all
}

/// What a person sees happen: who comes, goes, stands still. That a closed consumer left says nothing new.
fn marks(group: &GroupView, axis: Axis, lane: impl Fn(&str) -> Option<usize>) -> Vec<TimelineMark> {
    let who = |what: &GroupMark| match what {
        GroupMark::Left(_, "left") => None,
        GroupMark::Joined(id)
        | GroupMark::Left(id, _)
        | GroupMark::Crashed(id)
        | GroupMark::Stopped(id)
        | GroupMark::Paused(id)
        | GroupMark::Resumed(id) => lane(id),
        GroupMark::Coordinator(_) => Some(0),
        GroupMark::State(..) | GroupMark::Started(_) => None,
    };
    let seen = group.marks.iter().filter(|mark| (axis.from..=axis.now).contains(&mark.at) && mark.at > 0);
    seen.filter_map(|m| Some(TimelineMark { at: m.at, lane: who(&m.what)?, what: m.what.clone() })).collect()
}

/// Groups of a lesson's table: names, or names with a title.
pub(in crate::scene) fn groups(table: &toml::Table) -> Vec<(String, Option<Text>)> {
    let one = |value: &toml::Value| {
        if let Some(id) = value.as_str() {
            return Some((id.to_owned(), None));
        }
        let text = |key: &str| value.get(key).and_then(toml::Value::as_str);
        let title = text("ko").zip(text("en")).map(|(ko, en)| Text::new(ko, en));
        Some((text("id")?.to_owned(), title))
    };
    let alone = table.get("group").and_then(one);
    let several = table.get("groups").and_then(toml::Value::as_array).into_iter().flatten();
    alone.into_iter().chain(several.filter_map(one)).collect()
}

/// A length of time of a lesson's table, µs.
pub(in crate::scene) fn length(table: &toml::Table, key: &str) -> Option<u64> {
    let written = table.get(key)?.as_str()?.parse::<Length>().ok()?;
    Some(written.0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lab::view::SpanView;

    fn span(consumer: &str, from: u64, to: Option<u64>) -> SpanView {
        SpanView { consumer: consumer.to_owned(), from, to, ended: to.map(|_| "revoked") }
    }

    fn cut(spans: Vec<SpanView>, from: u64, now: u64) -> Vec<(u64, u64, Vec<usize>)> {
        let row = OwnershipView { partition: "orders-0".to_owned(), spans };
        let lane = |id: &str| ["c1", "c2"].iter().position(|name| *name == id);
        runs(&row, Axis { from, now }, lane).into_iter().map(|run| (run.from, run.to, run.who)).collect()
    }

    #[test]
    fn gaps_and_double_owners_are_runs_of_their_own() {
        let spans = vec![span("c1", 10, Some(40)), span("c2", 60, None), span("c1", 80, Some(90))];
        let told = [
            (10, 40, vec![0]),
            (40, 60, vec![]),
            (60, 80, vec![1]),
            (80, 90, vec![0, 1]),
            (90, 100, vec![1]),
        ];
        assert_eq!(cut(spans, 0, 100), told);
    }

    #[test]
    fn the_window_begins_with_whoever_is_there() {
        let spans = vec![span("c1", 10, Some(40)), span("c2", 60, None)];
        assert_eq!(cut(spans.clone(), 30, 50), [(30, 40, vec![0]), (40, 50, vec![])]);
        assert_eq!(cut(spans, 5, 9), []);
    }

    #[test]
    fn an_axis_reads_well() {
        assert_eq!(
            [0, 1_000_000, 1_000_001, 45_000_000].map(round),
            [1_000_000, 1_000_000, 2_000_000, 60_000_000]
        );
    }
}
