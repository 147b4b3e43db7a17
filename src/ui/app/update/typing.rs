//! Keys while a text field is open: the `:` prompt, the search on Home.

use super::tank;
use crate::course::find::Place;
use crate::lab::{Action, Completion, Scenario, complete};
use crate::ui::app::find::Find;
use crate::ui::app::key::{Code, Key};
use crate::ui::app::line::CommandLine;
use crate::ui::app::message::Effect;
use crate::ui::app::state::{Overlay, State};

/// Pasted text goes into the text field only; elsewhere it is dropped, never run as keys.
pub(super) fn paste(state: &mut State, text: &str) {
    match state.overlays.last_mut() {
        Some(Overlay::Line(line)) => line.insert(text),
        Some(Overlay::Find(find)) => {
            find.line.insert(text);
            find.row = 0;
        }
        _ => {}
    }
}

pub(super) fn press(state: &mut State, key: Key) -> Vec<Effect> {
    if let Some(Overlay::Find(find)) = state.overlays.last_mut() {
        if search(find, key) {
            return Vec::new();
        }
        let hit = find.hits().get(find.row).map(|hit| hit.place.clone());
        match (key.code, hit) {
            (Code::Enter, Some(Place::Beat(lesson, beat))) => state.open_lesson(&lesson, Some(&beat)),
            (Code::Enter, Some(Place::Scenario(id))) => state.open_scenario(&id),
            (Code::Esc, _) => drop(state.overlays.pop()),
            _ => {}
        }
        return Vec::new();
    }
    let Some(Overlay::Line(line)) = state.overlays.last_mut() else { return Vec::new() };
    match key.code {
        Code::Esc => {
            state.overlays.pop();
        }
        Code::Enter => return enter(state),
        Code::Tab => pick(state, 1),
        Code::BackTab => pick(state, -1),
        Code::Down => pick(state, 1),
        Code::Up => pick(state, -1),
        Code::Backspace if line.text().is_empty() => {
            state.overlays.pop();
        }
        Code::Backspace => line.delete_back(),
        Code::Delete => line.delete_forward(),
        Code::Left => line.left(),
        Code::Right => line.right(),
        Code::Home => line.home(),
        Code::End => line.end(),
        Code::Char(c) if !key.ctrl && !key.alt => line.insert(c.encode_utf8(&mut [0; 4])),
        _ => {}
    }
    Vec::new()
}

/// A key of the search; false: one that opens or closes.
fn search(find: &mut Find, key: Key) -> bool {
    let (last, row) = (find.hits().len().saturating_sub(1), find.row);
    match key.code {
        Code::Down | Code::Tab => find.row = (row + 1).min(last),
        Code::Up | Code::BackTab => find.row = row.saturating_sub(1),
        Code::Left => find.line.left(),
        Code::Right => find.line.right(),
        Code::Home => find.line.home(),
        Code::End => find.line.end(),
        Code::Enter | Code::Esc => return false,
        code => {
            match code {
                Code::Backspace => find.line.delete_back(),
                Code::Delete => find.line.delete_forward(),
                Code::Char(c) if !key.ctrl && !key.alt => find.line.insert(c.encode_utf8(&mut [0; 4])),
                _ => return true,
            }
            find.row = 0;
        }
    }
    true
}

/// What may stand at the caret.
pub(super) fn completions(state: &State, line: &CommandLine) -> Vec<Completion> {
    let Some(tank) = state.tank() else { return Vec::new() };
    complete(line.text(), line.caret(), &tank.play.lab().vocabulary())
}

/// Tab takes the next completion.
fn pick(state: &mut State, by: isize) {
    let Some(Overlay::Line(line)) = state.overlays.last() else { return };
    let stem = CommandLine::clone(line);
    let found = completions(state, &stem);
    let Some(Overlay::Line(line)) = state.overlays.last_mut() else { return };
    if found.is_empty() {
        return;
    }
    let count = isize::try_from(found.len()).unwrap_or(1);
    let at = line
        .picked
        .and_then(|p| isize::try_from(p).ok())
        .map_or(if by > 0 { 0 } else { count - 1 }, |p| (p + by).rem_euclid(count));
    let at = usize::try_from(at).unwrap_or(0);
    if let Some(one) = found.get(at) {
        let rest = line.text().get(line.caret()..).unwrap_or_default().to_owned();
        let head = line.text().get(..one.from).unwrap_or_default().to_owned();
        let space = if found.len() == 1 && !rest.starts_with(' ') { " " } else { "" };
        line.set(&format!("{head}{}{space}{rest}", one.word));
        if found.len() > 1 {
            line.picked = Some(at);
        }
    }
}

fn enter(state: &mut State) -> Vec<Effect> {
    let lang = state.lang();
    let Some(Overlay::Line(line)) = state.overlays.last() else { return Vec::new() };
    let text = line.text().trim().to_owned();
    if text.is_empty() {
        state.overlays.pop();
        return Vec::new();
    }
    match text.split_once(char::is_whitespace) {
        Some(("save", path)) => {
            let path = path.trim().to_owned();
            let text = state.tank().map(|tank| Scenario::record(tank.play.lab()).print());
            state.overlays.pop();
            return text.map(|text| Effect::WriteFile { path, text }).into_iter().collect();
        }
        Some(("load", path)) => {
            let path = path.trim().to_owned();
            state.overlays.pop();
            return vec![Effect::ReadFile { path }];
        }
        _ => {}
    }
    let done = match text.parse::<Action>() {
        Ok(action) => tank::act(state, &action),
        Err(error) => Err(error.message.get(lang).to_owned()),
    };
    match done {
        // A question may have been put on top of the prompt: it stays, the prompt goes.
        Ok(()) => state.overlays.retain(|overlay| !matches!(overlay, Overlay::Line(_))),
        Err(why) => {
            if let Some(Overlay::Line(line)) = state.overlays.last_mut() {
                line.error = Some(why);
            }
        }
    }
    Vec::new()
}
