//! Commands while the inspector is open: its cursor, and the way from a thing to what it names.

use crate::ui::app::command::Command;
use crate::ui::app::state::State;
use crate::ui::app::tank::Pane;
use crate::ui::facts;

/// Carries out what concerns the inspector; false: the command is for the tank.
pub(super) fn run(state: &mut State, command: Command) -> bool {
    let lang = state.lang();
    let Some(tank) = state.tank_mut() else { return false };
    let rows = tank.cursor() + 2;
    let list = || facts::selected(tank, rows, lang).map(|(facts, _)| facts.list).unwrap_or_default();
    match command {
        Command::Down => {
            let last = list().len().saturating_sub(1);
            tank.put_cursor((tank.cursor() + 1).min(last));
        }
        Command::Up => tank.put_cursor(tank.cursor().saturating_sub(1)),
        // A ladder's row is jumped to; on the scrubber Enter plays.
        Command::Enter if tank.scene_name() == "ladder" || tank.pane == Pane::Scrubber => {
            super::tank::run(state, Command::Open);
        }
        Command::Enter => {
            let row = list().get(tank.cursor()).cloned();
            match row.and_then(|row| facts::leads_to(tank, &row, lang)) {
                Some(id) => tank.inspect_further(id),
                None => tank.inspecting = false,
            }
        }
        _ => return false,
    }
    true
}
