//! What a learner sees, as text: every screen at three sizes in both languages, and nothing broken at any other size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // these are tests, with helpers

mod support;

use kafkarium::text::Lang;
use kafkarium::ui::app::State;
use proptest::prelude::*;
use support::looks::{self, Screen};
use support::{after, beat, frame, home, inspect, lesson, press, rows, text, type_text, young_home};

fn at(id: &'static str, slug: &str, lang: Lang, size: (u16, u16)) -> State {
    lesson(id, beat(id, slug), lang, size)
}

const SCREENS: &[Screen] = &[
    ("home", young_home),
    ("home-part", |lang, size| after(young_home(lang, size), "↓ ↓ Enter")),
    ("home-scenarios", |lang, size| after(young_home(lang, size), "↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↓ ↑ Enter")),
    ("scenario", |lang, size| {
        let mut state = home(lang, size);
        state.open_scenario("committed-survives");
        after(state, "→ → → →")
    }),
    ("cluster", |lang, size| at("tour", "look", lang, size)),
    ("cluster-copied", |lang, size| at("tour", "arrive", lang, size)),
    ("cluster-under-way", |lang, size| after(at("tour", "look", lang, size), "Space Backspace → → →")),
    ("cluster-dead", |lang, size| {
        let mut state = at("tour", "kill", lang, size);
        type_line(&mut state, "crash b3");
        state
    }),
    ("cluster-cut", |lang, size| {
        let mut state = home(lang, size);
        press(&mut state, "s");
        type_line(&mut state, "cut b3");
        state
    }),
    ("log-topic", |lang, size| at("topic", "logs", lang, size)),
    ("log", |lang, size| at("offset", "marks", lang, size)),
    ("predict", |lang, size| at("tour", "guess", lang, size)),
    ("predict-confidence", |lang, size| after(at("tour", "guess", lang, size), "1")),
    ("predict-judged", |lang, size| after(at("tour", "guess", lang, size), "1 3")),
    ("act", |lang, size| at("tour", "kill", lang, size)),
    ("inspector-broker", |lang, size| inspect(at("tour", "arrive", lang, size), "b3")),
    ("inspector-replica", |lang, size| inspect(at("tour", "arrive", lang, size), "b3/orders-2")),
    ("help", |lang, size| after(at("tour", "arrive", lang, size), "?")),
    ("break", |lang, size| after(inspect(at("tour", "arrive", lang, size), "b3"), "x")),
    ("prompt-line", |lang, size| {
        let mut state = after(at("tour", "arrive", lang, size), ":");
        type_text(&mut state, "cr");
        state
    }),
    ("events", |lang, size| after(at("tour", "arrive", lang, size), "e")),
    ("log-rewound", |lang, size| at("offset", "move", lang, size)),
    ("recap", |lang, size| {
        let last = kafkarium::course::Course::embedded().find("tour").unwrap().beats.len();
        lesson("tour", last, lang, size)
    }),
];

fn type_line(state: &mut State, line: &str) {
    press(state, ":");
    type_text(state, line);
    press(state, "Enter");
}

#[test]
fn every_screen_looks_as_it_was_looked_at() {
    looks::each(SCREENS, |name, said| insta::assert_snapshot!(name, said));
}

#[test]
fn a_window_that_is_too_small_says_so() {
    for lang in Lang::ALL {
        for size in [(79, 24), (44, 12), (20, 3)] {
            let said = text(&home(lang, size));
            insta::assert_snapshot!(format!("small-{}-{}x{}", lang.code(), size.0, size.1), said);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]
    #[test]
    fn home_fits_any_size(width in 0u16..=220, height in 0u16..=60, korean: bool) {
        let lang = if korean { Lang::Ko } else { Lang::En };
        prop_assert_eq!(rows(&frame(&home(lang, (width, height)))).len(), usize::from(height));
    }
}

#[test]
fn every_screen_fits_any_size() {
    looks::fits_any_size(SCREENS);
}

#[test]
fn nothing_is_said_by_colour_alone() {
    looks::says_nothing_by_colour_alone(SCREENS);
}

#[test]
fn the_glyph_sets_change_no_layout() {
    looks::keeps_its_layout_in_every_glyph_set(SCREENS);
}
