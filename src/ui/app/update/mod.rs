//! One message in, the state changed, effects out. Keys become commands; each area answers its own.

mod home;
mod inspect;
mod mouse;
mod overlay;
mod tank;
mod typing;

use super::command::{self, Command, Context};
use super::hangul;
use super::key::{Code, Key};
use super::message::{Effect, Message};
use super::state::{Motion, Overlay, Screen, State};
use crate::text::t;
use crate::ui::theme::{Background, ThemeName};

/// Changes the state. Same state and same messages give the same state and effects.
pub fn update(state: &mut State, message: Message) -> Vec<Effect> {
    let mut effects = match message {
        Message::Key(key) => press(state, key),
        Message::Mouse(gesture, spot) => mouse::point(state, gesture, spot),
        Message::Paste(text) => {
            typing::paste(state, &text);
            Vec::new()
        }
        Message::Resize(width, height) => {
            state.size = (width, height);
            Vec::new()
        }
        Message::Tick(ms) => {
            tick(state, ms);
            Vec::new()
        }
        Message::Background(background) => {
            follow_background(state, background);
            Vec::new()
        }
        Message::FileRead { path, text } => tank::file_read(state, &path, text),
        Message::FileWritten { path, result } => {
            let key = if result.is_ok() { "file.written" } else { "file.not_written" };
            let why = result.err().unwrap_or_default();
            let text = crate::text::tf(state.lang(), key, &[("path", &path), ("why", &why)]);
            state.say(text, !why.is_empty());
            Vec::new()
        }
        Message::Notice(text) => {
            state.say(text, true);
            Vec::new()
        }
        Message::Quit(code) => vec![Effect::Quit(code)],
    };
    if let Some(tank) = state.tank_mut().filter(|tank| tank.work.is_none()) {
        tank.tell();
    }
    effects.extend(tank::keep_progress(state));
    effects
}

fn film(state: &State) -> bool {
    state.settings.motion == Motion::Full
}

fn tick(state: &mut State, ms: u64) {
    state.clock += ms;
    let film = film(state);
    if let Some(tank) = state.tank_mut() {
        tank.tick(ms, film);
    }
    if let Some(toast) = &mut state.toast {
        toast.left = toast.left.saturating_sub(ms);
        if toast.left == 0 {
            state.toast = None;
        }
    }
}

fn follow_background(state: &mut State, background: Background) {
    if state.settings.theme_follows {
        state.settings.theme.name = match background {
            Background::Dark => ThemeName::Dark,
            Background::Light => ThemeName::Light,
        };
    }
}

/// A key: text fields first, then the keymap; Hangul is mapped back to the keys that made it.
fn press(state: &mut State, key: Key) -> Vec<Effect> {
    if key == Key::ctrl('c') {
        return vec![Effect::Quit(0)];
    }
    if state.is_typing() {
        return match command::command(Context::Everywhere, key) {
            Some(command) => run(state, Context::Everywhere, command),
            None => typing::press(state, key),
        };
    }
    if let Code::Char(c) = key.code {
        let letters = hangul::letters(c);
        if !letters.is_empty() && !key.ctrl {
            tell_hangul(state, c);
            return letters
                .chars()
                .flat_map(|letter| press_plain(state, Key::char(letter.to_ascii_lowercase())))
                .collect();
        }
    }
    press_plain(state, key)
}

fn tell_hangul(state: &mut State, c: char) {
    let is_hangul = matches!(u32::from(c), 0x3131..=0x3163 | 0xAC00..=0xD7A3);
    if is_hangul && !state.hangul_told {
        state.hangul_told = true;
        let text = t(state.lang(), "app.hangul").to_owned();
        state.say(text, false);
    }
}

fn press_plain(state: &mut State, key: Key) -> Vec<Effect> {
    let key = match key.code {
        Code::Char(c) if !key.ctrl => Key { code: Code::Char(c.to_ascii_lowercase()), ..key },
        _ => key,
    };
    if state.is_working() {
        return press_at_work(state, key);
    }
    let context = state.context();
    if let Some(effects) = overlay::press_letter(state, context, key) {
        return effects;
    }
    match command::command(context, key) {
        Some(command) => run(state, context, command),
        None => tank::press_digit(state, context, key),
    }
}

/// While something long is played: it can be left, and what concerns the program works.
fn press_at_work(state: &mut State, key: Key) -> Vec<Effect> {
    if key.code == Code::Esc || key == Key::char('q') {
        let stays = state.tank_mut().is_some_and(super::tank::Tank::stop_work);
        if !stays {
            go_home(state);
        }
        return Vec::new();
    }
    match command::command(Context::Everywhere, key) {
        Some(Command::Help) | None => Vec::new(),
        Some(command) => run(state, Context::Everywhere, command),
    }
}

/// Carries out a command.
fn run(state: &mut State, context: Context, command: Command) -> Vec<Effect> {
    match command {
        Command::QuitNow => return vec![Effect::Quit(0)],
        Command::Redraw => return vec![Effect::Redraw],
        Command::Mouse => {
            state.settings.mouse = !state.settings.mouse;
            let key = if state.settings.mouse { "app.mouse_on" } else { "app.mouse_off" };
            let text = crate::text::strings::lookup(state.lang(), key).unwrap_or_default().to_owned();
            state.say(text, false);
            return vec![Effect::Mouse(state.settings.mouse)];
        }
        Command::Suspend => return vec![Effect::Suspend],
        Command::Language => {
            let lang = state.lang().other();
            state.settings.lang = lang;
            state.settings.lang_chosen = true;
            state.progress.lang = Some(lang);
            return vec![Effect::SaveProgress(Box::new(state.progress.clone()))];
        }
        Command::Theme => {
            let at = ThemeName::ALL.iter().position(|name| *name == state.settings.theme.name).unwrap_or(0);
            state.settings.theme.name = ThemeName::ALL[(at + 1) % ThemeName::ALL.len()];
            state.settings.theme_follows = false;
        }
        Command::Help if context != Context::Help => state.overlays.push(Overlay::Help { scroll: 0 }),
        Command::Help => {
            state.overlays.pop();
        }
        _ => {
            return match context {
                Context::Help | Context::List | Context::Question => overlay::run(state, command),
                Context::Home => home::run(state, command),
                Context::Inspector if inspect::run(state, command) => Vec::new(),
                Context::Tank | Context::Inspector | Context::Prompt | Context::Everywhere => {
                    tank::run(state, command)
                }
            };
        }
    }
    Vec::new()
}

/// Leaves what is open and shows Home.
fn go_home(state: &mut State) {
    let home = super::home::Home::new(&state.course, &state.progress);
    state.screen = Screen::Home(home);
    state.overlays.clear();
}
