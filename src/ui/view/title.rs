//! The title bar: where am I, virtual time, speed, language.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{fill, muted, pill, put, put_right};
use crate::text::{Lang, t, tf, truncate};
use crate::ui::app::{Play, Screen, State, Tank};
use crate::ui::theme::{Role, Surface};

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect) {
    let (theme, lang) = (state.settings.theme, state.lang());
    fill(buffer, area, theme, Surface::Panel);
    let mut x = area.x + 1;
    x += put(buffer, x, area.y, 2, "◉", theme.style(Role::Leader)) + 1;
    x += put(buffer, x, area.y, 10, t(lang, "title.app"), theme.style(Role::Focus)) + 2;
    match &state.screen {
        Screen::Home(_) => {
            put(
                buffer,
                x,
                area.y,
                area.right().saturating_sub(x + 24),
                t(lang, "title.tagline"),
                muted(theme),
            );
            let right = area.right().saturating_sub(1);
            let other = match lang {
                Lang::Ko => "한국어 / English",
                Lang::En => "English / 한국어",
            };
            let at = put_right(buffer, right, area.y, other, theme.style(Role::Text));
            pill(buffer, right.saturating_sub(at + 5), area.y, 4, "F2", theme);
        }
        Screen::Tank(tank) => {
            let clock = clock(state, tank);
            let right = area.right().saturating_sub(1);
            let taken = put_right(buffer, right, area.y, &clock, theme.style(Role::Text));
            let room = right.saturating_sub(taken + 2).saturating_sub(x);
            put(
                buffer,
                x,
                area.y,
                room,
                &truncate(&place(state, tank), room.into(), "…"),
                theme.style(Role::Focus),
            );
        }
    }
}

/// `05 토픽`, or the sandbox; the branch if it is not the script's.
fn place(state: &State, tank: &Tank) -> String {
    let lang = state.lang();
    let mut text = match &tank.play {
        Play::Lesson(player) => {
            let lesson = player.lesson();
            let part = state.course.parts.iter().find(|p| p.entries.iter().any(|e| e.id == lesson.id));
            let part = part.map_or(String::new(), |p| format!("{} {} › ", p.number, p.title.get(lang)));
            format!("{part}{} {}", lesson.number, lesson.title.get(lang))
        }
        Play::Futures(futures) => {
            let [one, two] = futures.numbers;
            return tf(lang, "branch.pair", &[("one", &one), ("two", &two)]);
        }
        Play::Sandbox(_) => match &tank.about {
            Some(about) => format!("{} › {}", t(lang, "home.scenarios"), about.title.get(lang)),
            None => t(lang, "home.sandbox").to_owned(),
        },
    };
    let lab = tank.play.lab();
    let branches = lab.branches();
    if branches.len() > 1 {
        let at = branches.iter().position(|b| b.current).unwrap_or(0) + 1;
        text.push_str(" · ");
        text.push_str(&tf(lang, "title.branch", &[("n", &at), ("total", &branches.len())]));
    }
    text
}

/// `t 1.259s  ▸×1  KO`.
fn clock(state: &State, tank: &Tank) -> String {
    let now = tank.film.now();
    let (at, end) = tank.play.progress();
    let past = if at < end { format!("{}  ", t(state.lang(), "title.in_the_past")) } else { String::new() };
    let run = if tank.film.playing { "▸" } else { "║" };
    let run = if run == "║" { " " } else { run };
    let lang = match state.lang() {
        Lang::Ko => "KO",
        Lang::En => "EN",
    };
    format!("{past}t {}.{:03}s  {run}{}  {lang}", now / 1_000_000, now / 1000 % 1000, tank.film.speed)
}
