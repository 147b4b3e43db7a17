//! Scenes in states that few lessons need have: of the course, and lessons of `tests/scenes`, at three sizes in both languages.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // these are tests, with helpers

mod support;

use kafkarium::text::Lang;
use kafkarium::ui::app::State;
use support::looks::{self, Screen};
use support::{after, beat, inspect, lesson, picture};

fn of_lesson(id: &'static str, slug: &str, lang: Lang, size: (u16, u16)) -> State {
    lesson(id, beat(id, slug), lang, size)
}

const PICTURES: &[Screen] = &[
    ("partitioner-empty", |lang, size| picture("91-partitioner", "empty", lang, size)),
    ("partitioner-keys", |lang, size| picture("91-partitioner", "keys", lang, size)),
    ("partitioner-no-keys", |lang, size| picture("91-partitioner", "no-keys", lang, size)),
    ("partitioner-inspector", |lang, size| {
        inspect(picture("91-partitioner", "no-keys", lang, size), "py-app")
    }),
    ("code-queued", |lang, size| picture("92-code", "produce", lang, size)),
    ("code-travels", |lang, size| picture("92-code", "travels", lang, size)),
    ("code-pending", |lang, size| picture("92-code", "poll", lang, size)),
    ("code-callback", |lang, size| picture("92-code", "flush", lang, size)),
    ("code-consumer", |lang, size| picture("92-code", "read", lang, size)),
    ("lanes-sent", |lang, size| picture("93-lanes", "sent", lang, size)),
    ("lanes-worked", |lang, size| picture("93-lanes", "worked", lang, size)),
    ("lanes-inspector", |lang, size| inspect(picture("93-lanes", "worked", lang, size), "p2")),
    ("group-rebalancing", |lang, size| picture("94-group", "rebalancing", lang, size)),
    ("group-crashed", |lang, size| picture("94-group", "crashed", lang, size)),
    ("group-both", |lang, size| picture("94-group", "both", lang, size)),
    ("group-frozen", |lang, size| picture("94-group", "frozen", lang, size)),
    ("lifecycle-poll", |lang, size| of_lesson("consumer-lifecycle", "poll", lang, size)),
    ("lifecycle-crash", |lang, size| of_lesson("consumer-lifecycle", "crash", lang, size)),
    ("ladder-past", |lang, size| after(picture("two-labs", "side", lang, size), "← ← ← ←")),
    ("ladder-row", |lang, size| after(picture("two-labs", "side", lang, size), "Tab ↑ ↑ Enter")),
    ("ladder-why", |lang, size| after(picture("two-labs", "side", lang, size), "d w")),
    ("compare-ladder", |lang, size| picture("two-labs", "side", lang, size)),
    ("compare-cluster", |lang, size| picture("two-labs", "clusters", lang, size)),
    ("compare-log", |lang, size| picture("two-labs", "logs", lang, size)),
    ("quorum-two-leaders", |lang, size| of_lesson("kraft", "isolated", lang, size)),
    ("quorum-none", |lang, size| of_lesson("kraft", "no-quorum", lang, size)),
    ("quorum-snapshot", |lang, size| of_lesson("kraft", "snapshot", lang, size)),
    ("zookeeper-push", |lang, size| of_lesson("zookeeper", "push", lang, size)),
    ("zookeeper-tree", |lang, size| of_lesson("zookeeper", "tree", lang, size)),
    ("zookeeper-stale", |lang, size| of_lesson("zookeeper", "stale", lang, size)),
    ("race-controller", |lang, size| of_lesson("failover-race", "controller", lang, size)),
    ("heat-calm", |lang, size| picture("95-heat", "calm", lang, size)),
    ("heat-gone", |lang, size| picture("95-heat", "gone", lang, size)),
    ("heat-broker", |lang, size| after(picture("95-heat", "gone", lang, size), "Tab Enter ↓ ↓ ↓ ↓ ↓ ↓")),
    ("lanes-prompt", |lang, size| of_lesson("delivery-guarantees", "guess-answer", lang, size)),
    ("compare-order", |lang, size| picture("two-labs", "overtaken", lang, size)),
];

#[test]
fn every_picture_looks_as_it_was_looked_at() {
    looks::each(PICTURES, |name, said| insta::assert_snapshot!(name, said));
}

#[test]
fn every_picture_fits_any_size() {
    looks::fits_any_size(PICTURES);
}

#[test]
fn no_picture_speaks_by_colour_alone() {
    looks::says_nothing_by_colour_alone(PICTURES);
}

#[test]
fn the_glyph_sets_change_no_picture() {
    looks::keeps_its_layout_in_every_glyph_set(PICTURES);
}
