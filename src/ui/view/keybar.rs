//! The key bar: what helps most here, most useful left; cut from the right, `?` stays. Keys come from the command registry.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{fill, muted, pill, put};
use super::spots::Spots;
use crate::course::player::Phase;
use crate::text::{strings::lookup, width};
use crate::ui::app::command::{self, BINDINGS, Command, Context};
use crate::ui::app::key::Key;
use crate::ui::app::{Overlay, Play, Spot, State};
use crate::ui::theme::Surface;

/// A hint: its keys and the key of its word.
type Hint = (String, &'static str);

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, spots: &Spots) {
    let (theme, lang) = (state.settings.theme, state.lang());
    fill(buffer, area, theme, Surface::Panel);
    let help: Hint = ("?".to_owned(), "key.help");
    let cells = |(key, word): &Hint| width(key) + 2 + 1 + width(lookup(lang, word).unwrap_or_default()) + 2;
    let mut room = usize::from(area.width).saturating_sub(1 + cells(&help));
    let mut hints: Vec<Hint> = Vec::new();
    for hint in hints_of(state).into_iter().filter(|(keys, _)| !keys.is_empty()) {
        let wanted = cells(&hint);
        if wanted > room {
            break;
        }
        room -= wanted;
        hints.push(hint);
    }
    hints.push(help);
    let mut x = area.x + 1;
    for (key, word) in hints {
        let whole = u16::try_from(cells(&(key.clone(), word))).unwrap_or(0).saturating_sub(2);
        mark(spots, Rect { x, width: whole, ..area }, &key);
        x += pill(buffer, x, area.y, area.right().saturating_sub(x), &key, theme) + 1;
        x += put(
            buffer,
            x,
            area.y,
            area.right().saturating_sub(x),
            lookup(lang, word).unwrap_or_default(),
            muted(theme),
        ) + 2;
    }
}

/// A hint can be clicked like a button: one of several keys, or anywhere if there is one.
fn mark(spots: &Spots, area: Rect, keys: &str) {
    let known = |name: &str| {
        let bound = BINDINGS.iter().flat_map(|(.., keys)| keys.iter()).find(|key| key.to_string() == name);
        let digit = || name.chars().next().filter(char::is_ascii_digit).map(Key::char);
        bound.copied().or_else(digit)
    };
    let mut x = area.x + 1;
    let several = keys.contains(' ');
    for name in keys.split(' ') {
        let cells = u16::try_from(width(name)).unwrap_or(1);
        let place = if several { Rect { x, width: cells, ..area } } else { area };
        if let Some(key) = known(name) {
            spots.mark(place, Spot::Key(key));
        }
        x += cells + 1;
    }
}

/// First key of each command, joined.
fn keys(context: Context, commands: &[Command]) -> String {
    let first = |command: &Command| command::keys(context, *command).first().map(ToString::to_string);
    commands.iter().filter_map(first).collect::<Vec<_>>().join(" ")
}

fn hints_of(state: &State) -> Vec<Hint> {
    use Command as C;
    let context = state.context();
    let hint = |commands: &[C], word: &'static str| (keys(context, commands), word);
    if let Some(Overlay::Line(_)) = state.overlays.last() {
        return vec![
            ("Tab".into(), "key.choose"),
            ("Enter".into(), "key.command"),
            ("Esc".into(), "key.close"),
        ];
    }
    if let Some(Overlay::Find(_)) = state.overlays.last() {
        return vec![("↑ ↓".into(), "key.choose"), ("Enter".into(), "key.open"), ("Esc".into(), "key.close")];
    }
    match context {
        Context::Home => vec![
            hint(&[C::Up, C::Down], "key.choose"),
            hint(&[C::Enter], "key.open"),
            hint(&[C::Find], "key.find"),
            hint(&[C::Sandbox], "home.sandbox"),
            hint(&[C::Language], "key.language"),
            hint(&[C::Quit], "key.quit"),
        ],
        Context::List if matches!(state.overlays.last(), Some(Overlay::Branches { .. })) => vec![
            hint(&[C::Up, C::Down], "key.choose"),
            hint(&[C::Enter], "key.go_there"),
            hint(&[C::Compare], "key.compare"),
            hint(&[C::Close], "key.close"),
        ],
        Context::Help => vec![hint(&[C::Up, C::Down], "key.scroll"), hint(&[C::Close], "key.close")],
        Context::List if matches!(state.overlays.last(), Some(Overlay::Events { .. })) => {
            vec![hint(&[C::Up, C::Down], "key.scroll"), hint(&[C::Close], "key.close")]
        }
        Context::List | Context::Question => vec![
            hint(&[C::Up, C::Down], "key.choose"),
            hint(&[C::Enter], "key.choose"),
            hint(&[C::Close], "key.close"),
        ],
        Context::Prompt => vec![
            ("1 2 3".into(), "key.choose"),
            hint(&[C::PreviousHop], "key.back"),
            hint(&[C::SkipPrompt], "key.skip"),
            hint(&[C::Language], "key.language"),
        ],
        Context::Inspector => vec![
            hint(&[C::Up, C::Down], "key.scroll"),
            hint(&[C::Enter], "key.open"),
            hint(&[C::SelectNext], "key.select"),
            hint(&[C::PreviousHop, C::NextHop], "key.step"),
            hint(&[C::Break], "key.break_it"),
            hint(&[C::Close], "key.close"),
        ],
        Context::Tank | Context::Everywhere => tank_hints(state, context),
    }
}

fn tank_hints(state: &State, context: Context) -> Vec<Hint> {
    use Command as C;
    let hint = |commands: &[C], word: &'static str| (keys(context, commands), word);
    let Some(tank) = state.tank() else { return Vec::new() };
    let mut hints = vec![hint(&[C::PreviousHop, C::NextHop], "key.step")];
    let lesson = tank.play.player().is_some();
    match tank.play.phase() {
        Phase::Acting => {
            hints.push(hint(&[C::Break], "key.break_it"));
            hints.push(hint(&[C::Hint], "key.hint"));
        }
        _ if lesson => hints.push(hint(&[C::NextBeat], "key.next")),
        _ => {}
    }
    let play = if tank.film.playing { "key.pause" } else { "key.play" };
    hints.push(hint(&[C::PlayPause], play));
    if matches!(tank.play, Play::Futures(_)) {
        hints.push(hint(&[C::Difference], "key.difference"));
        hints.push(hint(&[C::OtherSide], "key.other_side"));
        hints.push(hint(&[C::OtherScene], "key.other_scene"));
        hints.push(hint(&[C::SelectNext], "key.select"));
        hints.push(hint(&[C::Close], "key.back"));
        return hints;
    }
    if tank.play.phase() != Phase::Acting {
        hints.push(hint(&[C::Break], "key.break_it"));
    }
    let has_more = tank.play.player().is_some_and(|p| p.narration(state.lang()).more.is_some());
    if has_more {
        hints.push(hint(&[C::More], "key.more"));
    }
    hints.push(hint(&[C::SelectNext], "key.select"));
    if tank.selected.is_some() {
        hints.push(hint(&[C::Open], "key.inspect"));
    }
    hints.push(hint(&[C::Fork], "key.fork"));
    hints.push(hint(&[C::Prompt], "key.command"));
    hints.push(hint(&[C::Language], "key.language"));
    hints.push(hint(&[C::Quit], "key.home"));
    hints
}
