//! Help: every key that works here, by purpose, and how to read the picture. Made from the command registry.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{muted, pill, put};
use super::window;
use crate::text::{Lang, strings::lookup, t, width};
use crate::ui::app::State;
use crate::ui::app::command::{self, Command, Context, Group};
use crate::ui::theme::{Role, Theme};

/// One line of help.
enum Line {
    Title(String),
    Keys(Vec<String>, String),
    Glyph(&'static str, Role, String),
    Gap,
}

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, scroll: usize) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let context = below(state);
    let lines = lines(context, lang);
    let wide = area.width >= 100;
    let size = (if wide { 104 } else { 74 }.min(area.width), area.height.saturating_sub(2));
    let inner = window(state, buffer, area, size, &format!("? {}", t(lang, "overlay.help")));
    if wide {
        let half = inner.width / 2;
        let rows = usize::from(inner.height);
        let first = scroll.min(lines.len().saturating_sub(rows * 2));
        column(buffer, Rect { width: half - 2, ..inner }, lines.iter().skip(first), theme);
        let right = Rect { x: inner.x + half, width: inner.width - half, ..inner };
        column(buffer, right, lines.iter().skip(first + rows), theme);
    } else {
        let first = scroll.min(lines.len().saturating_sub(inner.height.into()));
        column(buffer, inner, lines.iter().skip(first), theme);
    }
}

/// What lies under help: its keys are explained.
fn below(state: &State) -> Context {
    let mut under = state.clone();
    under.overlays.retain(|overlay| !matches!(overlay, crate::ui::app::Overlay::Help { .. }));
    under.context()
}

fn lines(context: Context, lang: Lang) -> Vec<Line> {
    let mut lines = Vec::new();
    for group in Group::ALL {
        let mut rows: Vec<Line> = Vec::new();
        for command in Command::ALL.iter().filter(|c| c.group() == *group) {
            let keys = command::keys(context, *command);
            if !keys.is_empty() {
                let text = lookup(lang, &format!("cmd.{}", command.name())).unwrap_or_default();
                rows.push(Line::Keys(keys.iter().map(ToString::to_string).collect(), text.to_owned()));
            }
        }
        if !rows.is_empty() {
            let title = lookup(lang, &format!("cmdgroup.{}", group.name())).unwrap_or_default();
            lines.push(Line::Title(title.to_owned()));
            lines.extend(rows);
            lines.push(Line::Gap);
        }
    }
    if matches!(context, Context::Tank | Context::Inspector | Context::Prompt) {
        lines.push(Line::Title(t(lang, "overlay.reading").to_owned()));
        for (glyph, role, key) in LEGEND {
            lines.push(Line::Glyph(glyph, *role, lookup(lang, key).unwrap_or_default().to_owned()));
        }
    }
    lines
}

/// Signs of the pictures and what they mean.
const LEGEND: &[(&str, Role, &str)] = &[
    ("▐a▌", Role::Committed, "legend.committed"),
    ("(a)", Role::Uncommitted, "legend.uncommitted"),
    ("!a!", Role::Dropped, "legend.duplicate"),
    ("━●▸", Role::Request, "legend.request"),
    ("◂○━", Role::Response, "legend.response"),
    ("─✗", Role::Dropped, "legend.lost"),
    ("★", Role::Leader, "legend.leader"),
    ("☆", Role::Follower, "legend.follower"),
    ("◉", Role::InSync, "legend.in_sync"),
    ("◌", Role::OutOfSync, "legend.out_of_sync"),
];

fn column<'a>(buffer: &mut Buffer, area: Rect, lines: impl Iterator<Item = &'a Line>, theme: Theme) {
    const KEYS: u16 = 24;
    for (y, line) in (area.y..area.bottom()).zip(lines) {
        match line {
            Line::Title(text) => {
                put(buffer, area.x, y, area.width, text, theme.style(Role::Leader));
            }
            Line::Keys(keys, text) => {
                let mut x = area.x + 1;
                let limit = area.x + KEYS;
                for key in keys {
                    let cells = u16::try_from(width(key)).unwrap_or(0) + 2;
                    if x + cells <= limit {
                        x += pill(buffer, x, y, cells, key, theme) + 1;
                    }
                }
                put(buffer, limit + 1, y, area.width.saturating_sub(KEYS + 1), text, theme.style(Role::Text));
            }
            Line::Glyph(glyph, role, text) => {
                put(buffer, area.x + 1, y, 8, glyph, theme.style(*role));
                put(buffer, area.x + KEYS + 1, y, area.width.saturating_sub(KEYS + 1), text, muted(theme));
            }
            Line::Gap => {}
        }
    }
}
