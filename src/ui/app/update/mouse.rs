//! What follows from the mouse: a click selects, a click on what is selected opens it, the wheel moves as the arrow keys do.

use super::{press, run, tank, typing};
use crate::lab::Side;
use crate::ui::app::command::{Command, Context};
use crate::ui::app::key::{Code, Key};
use crate::ui::app::message::Effect;
use crate::ui::app::mouse::{Gesture, Spot};
use crate::ui::app::state::{Overlay, Screen, State};
use crate::ui::app::tank::Pane;

/// Does what pointing at something means; nothing where there is nothing.
pub(super) fn point(state: &mut State, gesture: Gesture, spot: Option<Spot>) -> Vec<Effect> {
    if state.is_working() {
        return Vec::new();
    }
    match (gesture, spot) {
        (Gesture::Click, Some(spot)) => click(state, spot),
        (Gesture::Click, None) => Vec::new(),
        (Gesture::WheelUp, spot) => wheel(state, spot.as_ref(), false),
        (Gesture::WheelDown, spot) => wheel(state, spot.as_ref(), true),
    }
}

fn click(state: &mut State, spot: Spot) -> Vec<Effect> {
    match spot {
        Spot::Key(key) => press(state, key),
        Spot::Row(row) => row_of_list(state, row),
        Spot::Answer(choice) => {
            tank::choose(state, Some(choice));
            Vec::new()
        }
        Spot::Element(side, id) => element(state, side, id),
        Spot::Beat(beat) => tank::seek(state, |play| play.to_beat(beat)),
        Spot::Event(event) => tank::seek(state, |play| play.jump(event)),
        Spot::Scrubber | Spot::Stage | Spot::Narration => Vec::new(),
    }
}

/// A thing of the picture is selected; if it is already, it is opened.
fn element(state: &mut State, side: Side, id: String) -> Vec<Effect> {
    let Some(tank) = state.tank_mut() else { return Vec::new() };
    let again = tank.side == side && tank.selected.as_deref() == Some(id.as_str());
    if again {
        return run(state, Context::Tank, Command::Open);
    }
    tank.pane = Pane::Stage;
    tank.side = side;
    tank.selected = Some(id);
    Vec::new()
}

/// A row of what has the keys.
fn row_of_list(state: &mut State, row: usize) -> Vec<Effect> {
    let context = state.context();
    let at = match state.overlays.last_mut() {
        Some(Overlay::Break(menu)) => &mut menu.row,
        Some(Overlay::Branches { row } | Overlay::Why { row, .. } | Overlay::Question { row, .. }) => row,
        Some(Overlay::Find(find)) => &mut find.row,
        Some(_) => return Vec::new(),
        None => match &mut state.screen {
            Screen::Home(home) => &mut home.row,
            Screen::Tank(tank) if tank.cursor() != row => {
                tank.put_cursor(row);
                return Vec::new();
            }
            Screen::Tank(_) => return run(state, context, Command::Enter),
        },
    };
    if *at != row {
        *at = row;
        return Vec::new();
    }
    if state.is_typing() {
        press(state, Key::plain(Code::Enter))
    } else {
        run(state, context, Command::Enter)
    }
}

/// The wheel: lists move by a row; over the scrubber time goes by a hop; over the picture the selection moves where there are rows.
fn wheel(state: &mut State, spot: Option<&Spot>, down: bool) -> Vec<Effect> {
    let context = state.context();
    let two = |on, back| if down { on } else { back };
    match (context, spot) {
        (
            Context::Tank | Context::Inspector | Context::Prompt,
            Some(Spot::Scrubber | Spot::Beat(_) | Spot::Event(_)),
        ) => run(state, context, two(Command::NextHop, Command::PreviousHop)),
        (Context::Tank, Some(Spot::Stage | Spot::Element(..))) => {
            let rows = state
                .tank()
                .is_some_and(|tank| tank.scene_name() == "ladder" || tank.film.shown().summary.is_some());
            if rows {
                run(state, context, two(Command::SelectNext, Command::SelectPrevious))
            } else {
                Vec::new()
            }
        }
        (Context::Prompt, _) => run(state, context, two(Command::ChoiceDown, Command::ChoiceUp)),
        (Context::Tank | Context::Everywhere, _) => Vec::new(),
        (Context::List, _) if state.is_typing() => {
            let code = if down { Code::Down } else { Code::Up };
            typing::press(state, Key::plain(code))
        }
        (Context::Home | Context::List | Context::Question | Context::Help | Context::Inspector, _) => {
            run(state, context, two(Command::Down, Command::Up))
        }
    }
}
