//! Commands of what lies over the picture: help, lists, questions.

use super::tank;
use crate::ui::app::command::{Command, Context};
use crate::ui::app::key::{Code, Key};
use crate::ui::app::message::Effect;
use crate::ui::app::state::{Ask, Overlay, State};

pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    match command {
        Command::Close => {
            state.overlays.pop();
        }
        Command::Down => rows(state, 1),
        Command::Up => rows(state, -1),
        Command::Enter => enter(state),
        Command::Compare => {
            if let Some(Overlay::Branches { row }) = state.overlays.last() {
                let row = *row;
                state.overlays.pop();
                tank::compare(state, row);
            }
        }
        _ => {}
    }
    Vec::new()
}

fn moved(row: usize, by: isize, len: usize) -> usize {
    row.saturating_add_signed(by).min(len.saturating_sub(1))
}

fn rows(state: &mut State, by: isize) {
    let branches = state.tank().map_or(0, |tank| tank.play.lab().branches().len());
    match state.overlays.last_mut() {
        Some(Overlay::Help { scroll }) => *scroll = moved(*scroll, by, 200),
        Some(Overlay::Break(menu)) => menu.row = moved(menu.row, by, menu.items.len()),
        Some(Overlay::Branches { row }) => *row = moved(*row, by, branches),
        Some(Overlay::Events { back }) => *back = moved(*back, -by, 500),
        Some(Overlay::Why { why, row, .. }) => *row = moved(*row, by, why.chain.len()),
        Some(Overlay::Question { ask, row }) => *row = moved(*row, by, ask.answers().len()),
        Some(Overlay::Line(_) | Overlay::Find(_)) | None => {}
    }
}

fn enter(state: &mut State) {
    match state.overlays.pop() {
        Some(Overlay::Break(menu)) => {
            if let Some(item) = menu.items.get(menu.row) {
                act(state, &item.action);
            }
        }
        Some(Overlay::Branches { row }) => {
            if let Some(tank) = state.tank_mut()
                && let Some(branch) = tank.play.lab().branches().get(row).map(|b| b.id)
            {
                tank.play.switch(branch);
                tank.snap();
            }
        }
        Some(Overlay::Why { why, side, row }) => {
            let event = why.chain.get(row).and_then(|cause| u64::try_from(cause.event).ok());
            if let (Some(tank), Some(event)) = (state.tank_mut(), event) {
                tank.film.playing = false;
                tank.play.jump_on(side, event);
                tank.snap();
            }
        }
        Some(Overlay::Question { ask, row }) => answer(state, ask, row),
        _ => {}
    }
}

fn act(state: &mut State, action: &crate::lab::Action) {
    if let Err(why) = tank::act(state, action) {
        state.say(why, true);
    }
}

fn answer(state: &mut State, ask: Ask, row: usize) {
    match (ask, row) {
        (Ask::LeaveScript(action), 1) => tank::leave_script(state, &action),
        (Ask::Apart, row) => tank::settle_apart(state, row == 1),
        _ => {}
    }
}

/// Letters of a menu act at once; digits answer a question.
pub(super) fn press_letter(state: &mut State, context: Context, key: Key) -> Option<Vec<Effect>> {
    let Code::Char(c) = key.code else { return None };
    match (context, state.overlays.last()?) {
        (Context::List, Overlay::Break(menu)) => {
            let item = menu.items.iter().find(|item| item.key == c)?.clone();
            state.overlays.pop();
            act(state, &item.action);
            Some(Vec::new())
        }
        (Context::Question, Overlay::Question { ask, .. }) => {
            let row = c.to_digit(10)?.checked_sub(1)? as usize;
            let ask = ask.clone();
            (row < ask.answers().len()).then(|| {
                state.overlays.pop();
                answer(state, ask, row);
                Vec::new()
            })
        }
        _ => None,
    }
}
