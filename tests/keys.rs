//! What keys do on the real lessons: sentences of keys, and ten thousand without sense.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // these are tests, with helpers

mod support;

use kafkarium::course::player::{Kind, Phase};
use kafkarium::lab::view::ProcessView;
use kafkarium::text::Lang;
use kafkarium::ui::app::{Code, Effect, Gesture, Key, Message, Motion, Overlay, Screen, State, update};
use support::{beat, frame, home, key, lesson, press, rows, settle, text, type_text};

const SIZE: (u16, u16) = (120, 36);

fn tour(slug: &str) -> State {
    lesson("tour", beat("tour", slug), Lang::En, SIZE)
}

/// The index of the beat at the playhead, from 1.
fn beat_now(state: &State) -> usize {
    state.tank().unwrap().play.player().unwrap().beat() + 1
}

fn phase(state: &State) -> Phase {
    state.tank().unwrap().play.phase()
}

fn now(state: &State) -> u64 {
    state.tank().unwrap().film.shown().now
}

fn up(state: &State, broker: &str) -> bool {
    let view = state.tank().unwrap().film.shown();
    view.brokers.iter().find(|b| b.id == broker).unwrap().process == ProcessView::Running
}

/// The inspector's cursor walks its list, Enter goes on to what a row names, Esc comes back the same way.
#[test]
fn the_inspector_leads_from_a_broker_to_a_partition_and_back() {
    let mut state = support::inspect(tour("arrive"), "b3");
    let selected = |state: &State| state.tank().unwrap().selected.clone().unwrap_or_default();
    for _ in 0..40 {
        press(&mut state, "Enter");
        if selected(&state) != "b3" || !state.tank().unwrap().inspecting {
            break;
        }
    }
    // The first row names nothing: Enter closes.
    assert!(!state.tank().unwrap().inspecting);
    press(&mut state, "Enter");
    for _ in 0..40 {
        if text(&state).contains("▸orders-") {
            break;
        }
        press(&mut state, "↓");
    }
    press(&mut state, "Enter");
    assert!(selected(&state).starts_with("orders-"), "{}", selected(&state));
    for _ in 0..40 {
        if text(&state).contains("▸b3 ") {
            break;
        }
        press(&mut state, "↓");
    }
    press(&mut state, "Enter");
    assert!(selected(&state).starts_with("b3/orders-"), "{}", selected(&state));
    press(&mut state, "Esc");
    assert!(selected(&state).starts_with("orders-"));
    press(&mut state, "Esc");
    assert_eq!(selected(&state), "b3");
    assert!(text(&state).contains("▸orders-"), "the cursor is where it was");
    press(&mut state, "Esc");
    assert!(!state.tank().unwrap().inspecting);
    assert_eq!(selected(&state), "b3");
}

/// At 80x24 a list that is longer than the pane scrolls to its end and no further.
#[test]
fn the_inspector_scrolls_to_the_last_row() {
    let state = lesson("tour", beat("tour", "arrive"), Lang::En, (80, 24));
    let mut state = support::inspect(state, "b3/orders-2");
    let first = text(&state);
    for _ in 0..60 {
        press(&mut state, "j");
    }
    let last = text(&state);
    press(&mut state, "j");
    assert_eq!(text(&state), last);
    for _ in 0..61 {
        press(&mut state, "k");
    }
    assert_eq!(text(&state), first);
}

#[test]
fn enter_alone_opens_the_first_lesson_and_space_walks_to_its_prompt() {
    let mut state = home(Lang::Ko, SIZE);
    press(&mut state, "Enter");
    assert_eq!(beat_now(&state), 1);
    for _ in 0..40 {
        if phase(&state) == Phase::Asking {
            break;
        }
        press(&mut state, "Space");
    }
    assert_eq!(phase(&state), Phase::Asking);
    assert_eq!(beat_now(&state), beat("tour", "guess"));
    let before = now(&state);
    press(&mut state, "Space → PgDn End");
    assert_eq!((phase(&state), now(&state)), (Phase::Asking, before), "nothing moves past an open prompt");
}

#[test]
fn an_answer_is_judged_at_once_and_kept() {
    let mut state = tour("guess");
    press(&mut state, "1 2");
    let player = state.tank().unwrap().play.player().unwrap();
    assert!(player.feedback().is_some());
    assert_eq!(phase(&state), Phase::Rest);
    assert_eq!(state.progress.answers.len(), 1);
    assert_eq!((state.progress.answers[0].beat.as_str(), state.progress.answers[0].sure), ("guess", 2));
}

#[test]
fn a_skipped_prompt_is_kept_as_skipped() {
    let mut state = tour("guess");
    press(&mut state, "Esc");
    assert_eq!(phase(&state), Phase::Rest);
    assert_eq!(state.progress.answers[0].sure, 0);
}

#[test]
fn a_broker_is_crashed_by_key_in_the_break_it_moment() {
    let mut state = tour("kill");
    assert_eq!(phase(&state), Phase::Acting);
    press(&mut state, "Space");
    assert!(up(&state, "b3"), "nothing moves past a goal that is not reached");
    select(&mut state, "b3");
    press(&mut state, "x k");
    settle(&mut state);
    assert!(!up(&state, "b3"));
    assert_ne!(phase(&state), Phase::Acting);
}

#[test]
fn the_prompt_line_does_the_same_as_the_key() {
    let mut by_key = tour("kill");
    select(&mut by_key, "b3");
    press(&mut by_key, "x k");
    let mut by_name = tour("kill");
    press(&mut by_name, ":");
    type_text(&mut by_name, "crash b3");
    press(&mut by_name, "Enter");
    let digest = |state: &State| state.tank().unwrap().play.lab().digest();
    assert_eq!(digest(&by_key), digest(&by_name));
}

#[test]
fn what_the_lesson_did_not_plan_is_asked_about_first() {
    let mut state = tour("arrive");
    press(&mut state, ":");
    type_text(&mut state, "crash b1");
    press(&mut state, "Enter");
    assert!(matches!(state.overlays.last(), Some(Overlay::Question { .. })), "{:?}", state.overlays);
    assert!(up(&state, "b1"));
    press(&mut state, "Enter");
    assert!(up(&state, "b1"), "the safe answer is preselected");
}

#[test]
fn a_mistake_at_the_prompt_is_answered_and_nothing_happens() {
    let mut state = tour("arrive");
    for wrong in ["crash b9", "explode", "produce", "wait", "두 잔", "\u{7}!"] {
        press(&mut state, ":");
        type_text(&mut state, wrong);
        press(&mut state, "Enter");
        let Some(Overlay::Line(line)) = state.overlays.last() else { panic!("{wrong} was taken") };
        assert!(line.error.is_some(), "{wrong}");
        press(&mut state, "Esc");
        assert!(state.overlays.is_empty());
    }
}

#[test]
fn back_and_on_again_gives_the_same_picture() {
    let mut state = tour("arrive");
    let there = text(&state);
    for steps in 1..6 {
        press(&mut state, &"← ".repeat(steps));
        assert_ne!(text(&state), there);
        press(&mut state, &"→ ".repeat(steps));
        settle(&mut state);
        let tank = state.tank().unwrap();
        assert_eq!(tank.film.shown().now, 19_000.max(tank.film.shown().now));
    }
    press(&mut state, "Home");
    assert_eq!(now(&state), 0);
}

#[test]
fn hops_take_their_time_and_a_key_finishes_them() {
    let mut state = tour("look");
    state.settings.motion = Motion::Full;
    press(&mut state, "Space p Home");
    assert!(!state.wants_tick(), "at rest nothing ticks");
    press(&mut state, "→");
    if state.wants_tick() {
        update(&mut state, Message::Tick(80));
    }
    press(&mut state, "← ← ←");
    assert!(!state.wants_tick(), "stepping back snaps");
}

#[test]
fn the_language_changes_in_the_middle_of_everything() {
    for keys in ["", "?", "x", ":", "e", "b"] {
        let mut state = tour("arrive");
        press(&mut state, keys);
        let english = text(&state);
        press(&mut state, "F2");
        assert_eq!(state.lang(), Lang::Ko);
        assert_ne!(text(&state), english, "{keys}");
        press(&mut state, "F2");
        assert_eq!(text(&state), english, "{keys}");
    }
}

#[test]
fn the_hangul_input_method_drives_the_keys() {
    // With two-set Hangul, x is ㅌ and k is ㅏ; typed together they arrive as one syllable.
    let mut state = tour("kill");
    select(&mut state, "b3");
    update(&mut state, Message::Key(Key::char('타')));
    settle(&mut state);
    assert!(!up(&state, "b3"));
    assert!(state.toast.is_some() || state.hangul_told);
}

#[test]
fn a_fork_keeps_the_old_future() {
    let mut state = home(Lang::En, SIZE);
    press(&mut state, "s");
    for line in ["produce app-1 --key a", "wait 1s"] {
        press(&mut state, ":");
        type_text(&mut state, line);
        press(&mut state, "Enter");
    }
    let branches = |state: &State| state.tank().unwrap().play.lab().branches().len();
    assert_eq!(branches(&state), 1);
    press(&mut state, "Esc Home f");
    assert_eq!(branches(&state), 2);
}

#[test]
fn every_layer_closes_with_escape_and_q_leads_out() {
    let mut state = tour("arrive");
    for keys in ["?", "x", ":", "e", "b", "F1"] {
        press(&mut state, keys);
        assert_eq!(state.overlays.len(), 1, "{keys}");
        press(&mut state, "Esc");
        assert!(state.overlays.is_empty(), "{keys}");
    }
    press(&mut state, "q");
    assert!(matches!(state.screen, Screen::Home(_)));
    assert!(press(&mut state, "q").contains(&Effect::Quit(0)));
    assert_eq!(press(&mut tour("look"), "Ctrl-C"), [Effect::Quit(0)]);
}

#[test]
fn the_tour_can_be_walked_to_its_end_by_keys_alone() {
    let mut state = tour("look");
    for _ in 0..200 {
        let player = state.tank().unwrap().play.player().unwrap();
        if player.kind() == Kind::Recap {
            return;
        }
        match phase(&state) {
            Phase::Asking => press(&mut state, "2 3"),
            Phase::Acting => press(&mut state, "i i i i"),
            _ => press(&mut state, "Space"),
        };
        settle(&mut state);
    }
    panic!("the tour has no end: beat {}", beat_now(&state));
}

#[test]
fn ten_thousand_keys_without_sense_break_nothing() {
    let names = [
        "Space",
        "Enter",
        "Esc",
        "Tab",
        "Shift-Tab",
        "Backspace",
        "Delete",
        "↑",
        "↓",
        "←",
        "→",
        "Home",
        "End",
        "PgUp",
        "PgDn",
        "F1",
        "F2",
        "F4",
        "Ctrl-P",
    ];
    let letters: Vec<char> = "abcdefhijklmnopqrstuvwxyz0123456789:?/[]+-=.,'\"ㅌㅏ타한@~".chars().collect();
    let mut state = home(Lang::Ko, (80, 24));
    let mut n: u64 = 20_261_122;
    for count in 0..10_000 {
        n = n.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let pick = (n >> 33) as usize;
        let pressed = match pick % 3 {
            0 => key(names[pick / 3 % names.len()]),
            _ => Key::plain(Code::Char(letters[pick / 3 % letters.len()])),
        };
        update(&mut state, Message::Key(pressed));
        if count % 7 == 0 {
            update(&mut state, Message::Tick(80));
        }
        if count % 50 == 0 {
            state.size = ((pick % 221) as u16, (pick / 221 % 61) as u16);
            rows(&frame(&state));
        }
        if let Screen::Tank(tank) = &state.screen {
            assert!(tank.play.lab().broken_laws().is_empty(), "{:?}", tank.play.lab().broken_laws());
        }
    }
}

/// Selects an element with Tab.
fn select(state: &mut State, id: &str) {
    for _ in 0..100 {
        press(state, "Tab");
        if state.tank().unwrap().selected.as_deref() == Some(id) {
            return;
        }
    }
    panic!("{id} cannot be selected");
}

/// The mouse at the first place where a text is drawn.
fn point(state: &mut State, gesture: Gesture, text: &str) {
    let rows = rows(&frame(state));
    let (y, row) = rows.iter().enumerate().find(|(_, row)| row.contains(text)).unwrap();
    let x = kafkarium::text::width(row.split(text).next().unwrap());
    let (x, y) = (u16::try_from(x).unwrap(), u16::try_from(y).unwrap());
    let spot = kafkarium::ui::view::spot(state, x, y);
    update(state, Message::Mouse(gesture, spot));
}

#[test]
fn a_click_selects_and_a_second_one_opens() {
    let mut state = home(Lang::En, SIZE);
    point(&mut state, Gesture::Click, "Core concepts");
    let Screen::Home(home) = &state.screen else { panic!("home") };
    assert_ne!(home.row, 0);
    point(&mut state, Gesture::Click, "Core concepts");
    assert!(text(&state).contains("04 "), "the part opens");

    let mut state = tour("send");
    settle(&mut state);
    point(&mut state, Gesture::Click, "b2 ");
    assert_eq!(state.tank().unwrap().selected.as_deref(), Some("b2"));
    assert!(!state.tank().unwrap().inspecting);
    point(&mut state, Gesture::Click, "b2 ");
    assert!(state.tank().unwrap().inspecting);
}

#[test]
fn hints_of_the_key_bar_are_buttons_and_what_lies_over_the_picture_covers_it() {
    let mut state = tour("send");
    settle(&mut state);
    point(&mut state, Gesture::Click, "break it");
    assert!(matches!(state.overlays.last(), Some(Overlay::Break(_))));
    let selected = state.tank().unwrap().selected.clone();
    point(&mut state, Gesture::Click, "consumers");
    assert_eq!(state.tank().unwrap().selected, selected);
    point(&mut state, Gesture::WheelDown, "consumers");
    assert!(matches!(state.overlays.last(), Some(Overlay::Break(menu)) if menu.row == 1));
}

#[test]
fn two_branches_stand_side_by_side_until_one_goes_back() {
    let mut state = tour("send");
    settle(&mut state);
    press(&mut state, "f");
    type_text(&mut state, ":");
    type_text(&mut state, "crash b2");
    press(&mut state, "Enter");
    settle(&mut state);
    press(&mut state, "p");
    let event = state.tank().unwrap().play.lab().event();
    press(&mut state, "b =");
    assert!(state.tank().unwrap().beside.is_some(), "{}", text(&state));
    assert!(text(&state).contains("crash b2"), "{}", text(&state));
    press(&mut state, "x");
    assert!(state.overlays.is_empty(), "nothing is changed here");
    press(&mut state, "d → → [");
    press(&mut state, "Esc");
    assert!(state.tank().unwrap().beside.is_none());
    assert_eq!(state.tank().unwrap().play.lab().event(), event);
}
