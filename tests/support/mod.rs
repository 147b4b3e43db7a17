//! The program without a terminal: keys in, rows of text out.
#![allow(dead_code)] // every test file uses its own part

pub mod labs;
pub mod looks;

use std::sync::Arc;

use kafkarium::course::Course;
use kafkarium::course::progress::Progress;
use kafkarium::text::{Lang, width};
use kafkarium::ui::app::key::{Code, Key};
use kafkarium::ui::app::{Effect, Message, Motion, Settings, State, update};
use kafkarium::ui::theme::{Depth, GlyphSet, Theme, ThemeName};
use kafkarium::ui::view;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

/// The three sizes that pictures are made for.
pub const SIZES: [(u16, u16); 3] = [(80, 24), (120, 36), (200, 55)];

/// Home, nothing moving.
pub fn home(lang: Lang, size: (u16, u16)) -> State {
    let settings = Settings {
        lang,
        lang_chosen: false,
        theme: Theme::new(ThemeName::Dark, Depth::Rgb),
        theme_follows: false,
        glyphs: GlyphSet::Unicode,
        motion: Motion::None,
        mouse: false,
        today: "2026-11-22".to_owned(),
    };
    State::new(settings, Arc::new(Course::embedded()), Progress::default(), size)
}

/// Home of a course of which little is written: its pictures do not change with every new lesson.
pub fn young_home(lang: Lang, size: (u16, u16)) -> State {
    let mut state = home(lang, size);
    let mut course = Course::embedded();
    for entry in course.parts.iter_mut().flat_map(|part| &mut part.entries) {
        if !["tour", "topic", "partition", "offset"].contains(&entry.id.as_str()) {
            (entry.source, entry.beats) = (None, Vec::new());
        }
    }
    course.scenarios.retain(|scenario| scenario.id == "committed-survives");
    state.course = Arc::new(course);
    state
}

/// A lesson at rest after a beat, counted from 1.
pub fn lesson(id: &str, beat: usize, lang: Lang, size: (u16, u16)) -> State {
    let mut state = home(lang, size);
    let lesson = state.course.open(id).unwrap_or_else(|error| panic!("{id}: {}", error.message().en));
    state.show_beat(lesson, beat - 1, false).unwrap();
    state
}

/// A lesson of `tests/scenes` at rest after the beat of that name.
pub fn picture(file: &str, slug: &str, lang: Lang, size: (u16, u16)) -> State {
    let path = format!("{}/tests/scenes/{file}.toml", env!("CARGO_MANIFEST_DIR"));
    let lesson = kafkarium::course::load(&path, &std::fs::read_to_string(&path).unwrap()).unwrap();
    let beat = lesson.beat(slug).unwrap();
    let mut state = home(lang, size);
    state.show_beat(Arc::new(lesson), beat, false).unwrap();
    state
}

/// The number of a lesson's beat, from 1.
pub fn beat(id: &str, slug: &str) -> usize {
    let course = Course::embedded();
    course.find(id).unwrap().beats.iter().position(|(beat, _)| beat == slug).unwrap() + 1
}

/// A key by its name: `Space`, `Enter`, `→`, `x`, `F2`, `Ctrl-P`.
pub fn key(name: &str) -> Key {
    let code = match name {
        "Space" => Code::Char(' '),
        "Enter" => Code::Enter,
        "Esc" => Code::Esc,
        "Tab" => Code::Tab,
        "Shift-Tab" => Code::BackTab,
        "Backspace" => Code::Backspace,
        "Delete" => Code::Delete,
        "↑" => Code::Up,
        "↓" => Code::Down,
        "←" => Code::Left,
        "→" => Code::Right,
        "Home" => Code::Home,
        "End" => Code::End,
        "PgUp" => Code::PageUp,
        "PgDn" => Code::PageDown,
        "Ctrl-P" => return Key::ctrl('p'),
        "Ctrl-C" => return Key::ctrl('c'),
        _ => match name.strip_prefix('F').and_then(|n| n.parse().ok()) {
            Some(n) => Code::F(n),
            None => {
                let mut chars = name.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) => Code::Char(c),
                    _ => panic!("no key is called {name}"),
                }
            }
        },
    };
    Key::plain(code)
}

/// Presses keys, named and separated by spaces.
pub fn press(state: &mut State, keys: &str) -> Vec<Effect> {
    keys.split_whitespace().flat_map(|name| update(state, Message::Key(key(name)))).collect()
}

/// After these keys.
pub fn after(mut state: State, keys: &str) -> State {
    press(&mut state, keys);
    state
}

/// With the inspector open on an element.
pub fn inspect(mut state: State, id: &str) -> State {
    for _ in 0..200 {
        press(&mut state, "Tab");
        if state.tank().and_then(|tank| tank.selected.as_deref()) == Some(id) {
            press(&mut state, "Enter");
            return state;
        }
    }
    panic!("{id} cannot be selected");
}

/// Types text, character by character.
pub fn type_text(state: &mut State, text: &str) {
    for c in text.chars() {
        update(state, Message::Key(Key::char(c)));
    }
}

/// Lets display time pass until nothing moves; at most a minute of it.
pub fn settle(state: &mut State) {
    for _ in 0..750 {
        if !state.wants_tick() {
            return;
        }
        update(state, Message::Tick(80));
    }
    panic!("something still moves after a minute");
}

/// The cells of a frame.
pub fn frame(state: &State) -> Buffer {
    let (width, height) = state.size;
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    let area = buffer.area;
    view::draw(state, &mut buffer, area);
    buffer
}

/// Rows of a frame; every one is exactly as wide as the terminal and holds no half of a wide character.
pub fn rows(buffer: &Buffer) -> Vec<String> {
    (0..buffer.area.height)
        .map(|y| {
            let mut row = String::new();
            let mut x = 0;
            while x < buffer.area.width {
                let symbol = buffer[(x, y)].symbol();
                let cells = u16::try_from(width(symbol)).unwrap();
                assert!(cells > 0, "an empty cell at {x},{y} after {row:?}");
                row.push_str(symbol);
                x += cells;
            }
            assert_eq!(width(&row), usize::from(buffer.area.width), "row {y} hangs over the edge: {row:?}");
            row
        })
        .collect()
}

/// The text of a frame.
pub fn text(state: &State) -> String {
    let rows: Vec<String> = rows(&frame(state)).iter().map(|row| row.trim_end().to_owned()).collect();
    rows.join("\n")
}
