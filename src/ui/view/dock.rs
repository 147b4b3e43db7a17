//! The prompt of a predict beat, docked beside what it asks about: question, choices, confidence, then the judgement.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::paint::{cell, fill, muted, pill, put, rich};
use super::spots::Spots;
use crate::course::player::{Feedback, Question};
use crate::course::progress::Given;
use crate::text::{Rich, t, width, wrap, wrap_plain};
use crate::ui::app::{Spot, State, Tank};
use crate::ui::theme::{Role, Surface};

/// Rows that the prompt wants in this width; at 80 columns it takes the lower half.
#[must_use]
pub fn rows(state: &State, width: u16) -> u16 {
    let Some(tank) = state.tank() else { return 0 };
    let Some(question) = tank.play.player().and_then(|player| player.question(state.lang())) else {
        return 0;
    };
    let cells = usize::from(width.saturating_sub(9)).max(8);
    let ask = wrap(&Rich::parse(&question.ask), usize::from(width.saturating_sub(6)).max(8)).len();
    let choices: usize = question.choices.iter().map(|choice| wrap(&Rich::parse(choice), cells).len()).sum();
    let feedback = tank.play.player().and_then(|p| p.feedback()).map_or(2, |feedback| {
        2 + wrap_plain(feedback.text.get(state.lang()), usize::from(width.saturating_sub(6)).max(8)).len()
    });
    u16::try_from(1 + ask + 1 + choices + feedback + 1).unwrap_or(u16::MAX)
}

struct Dock<'a> {
    state: &'a State,
    tank: &'a Tank,
    question: Question,
    feedback: Option<&'a Feedback>,
    spots: &'a Spots,
}

/// Draws the prompt over an area, or nothing if none is open or answered at the playhead.
pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, spots: &Spots) {
    let Some(tank) = state.tank() else { return };
    let Some(player) = tank.play.player() else { return };
    let Some(question) = player.question(state.lang()) else { return };
    let theme = state.settings.theme;
    fill(buffer, area, theme, Surface::Selected);
    let edge = theme.style(Role::Warning);
    let side = area.width < 60;
    if side {
        for y in area.top()..area.bottom() {
            cell(buffer, area.x, y, "▌", edge);
        }
    } else {
        for x in area.left()..area.right() {
            cell(buffer, x, area.y, "━", edge);
        }
    }
    let dock = Dock { state, tank, question, feedback: player.feedback(), spots };
    let title = format!(" ◆ {} ", t(state.lang(), "predict.title"));
    let y = if side { area.y + 1 } else { area.y };
    put(buffer, area.x + 3, y, area.width.saturating_sub(4), &title, edge);
    let below = y + if side { 2 } else { 1 };
    let body = Rect {
        x: area.x + 3,
        y: below,
        width: area.width.saturating_sub(5),
        height: area.bottom().saturating_sub(below),
    };
    dock.body(buffer, body);
}

impl Dock<'_> {
    fn body(&self, buffer: &mut Buffer, area: Rect) {
        let theme = self.state.settings.theme;
        let bottom = area.bottom().saturating_sub(1);
        let mut y = area.y;
        for line in wrap(&Rich::parse(&self.question.ask), area.width.into()) {
            if y < bottom {
                rich(buffer, area.x, y, area.width, &line, theme.style(Role::Focus), theme);
                y += 1;
            }
        }
        if usize::from(area.height) > self.question.choices.len() + 5 {
            y += 1;
        }
        for ix in 0..self.question.choices.len() {
            y = self.choice(buffer, Rect { y, height: bottom.saturating_sub(y), ..area }, ix);
        }
        match self.feedback {
            Some(feedback) => self.judgement(buffer, area, y, feedback),
            None if self.tank.prompt.picked.is_some() => self.confidence(buffer, area, y),
            None => {}
        }
        self.keys(buffer, Rect { y: bottom, height: 1, ..area });
    }

    /// One choice; gives the row below it.
    fn choice(&self, buffer: &mut Buffer, area: Rect, ix: usize) -> u16 {
        let theme = self.state.settings.theme;
        let picked = self.tank.prompt.picked == Some(ix + 1);
        let cursor =
            self.feedback.is_none() && self.tank.prompt.picked.is_none() && self.tank.prompt.row == ix;
        let (mark, role) = self.mark(ix);
        let style = if picked || cursor || role == Role::Focus {
            theme.style(Role::Focus)
        } else {
            theme.style(Role::Text)
        };
        let room = area.width.saturating_sub(6);
        let lines = wrap(&Rich::parse(&self.question.choices[ix]), room.max(8).into());
        for (n, (y, line)) in (area.y..area.bottom()).zip(&lines).enumerate() {
            if self.feedback.is_none() && self.tank.prompt.picked.is_none() {
                self.spots.mark(Rect { y, height: 1, ..area }, Spot::Answer(ix + 1));
            }
            if n == 0 {
                let arrow = if cursor || picked { "▸" } else { " " };
                put(buffer, area.x, y, 1, arrow, theme.style(Role::Leader));
                put(buffer, area.x + 1, y, 2, &(ix + 1).to_string(), theme.style(Role::Focus));
                put(buffer, area.right().saturating_sub(2), y, 2, mark, theme.style(role));
            }
            rich(buffer, area.x + 3, y, room, line, style, theme);
        }
        area.bottom().min(area.y + u16::try_from(lines.len()).unwrap_or(u16::MAX))
    }

    /// ✓ for what the model does, ✗ for the others, once judged.
    fn mark(&self, ix: usize) -> (&'static str, Role) {
        let number = u16::try_from(ix + 1).unwrap_or(0);
        match self.feedback {
            Some(feedback) if feedback.truth == Given::Choice(number) => ("✓", Role::InSync),
            Some(feedback) if feedback.given == Given::Choice(number) => ("✗", Role::Focus),
            Some(_) => ("✗", Role::Muted),
            None => (" ", Role::Muted),
        }
    }

    /// How sure: 1 to 3, side by side where they fit, else below each other.
    fn confidence(&self, buffer: &mut Buffer, area: Rect, y: u16) {
        let (theme, lang) = (self.state.settings.theme, self.state.lang());
        let bottom = area.bottom().saturating_sub(1);
        if y + 1 >= bottom {
            return;
        }
        let asked =
            put(buffer, area.x, y + 1, area.width, t(lang, "dock.how_sure"), theme.style(Role::Focus));
        let beside = area.width >= 60;
        let (mut x, mut row) = if beside { (area.x + asked + 2, y + 1) } else { (area.x, y + 2) };
        for (n, key) in ["dock.low", "dock.middle", "dock.high"].iter().enumerate() {
            if row >= bottom {
                return;
            }
            let role = if self.tank.prompt.row == n { Role::Focus } else { Role::Muted };
            let room = |x: u16| area.right().saturating_sub(x);
            let at = x + pill(buffer, x, row, room(x), &(n + 1).to_string(), theme) + 1;
            let text = crate::text::strings::lookup(lang, key).unwrap_or_default();
            let end = at + put(buffer, at, row, room(at), text, theme.style(role));
            self.spots.mark(Rect::new(x, row, end.saturating_sub(x), 1), Spot::Answer(n + 1));
            if beside {
                x = end + 2;
            } else {
                row += 1;
            }
        }
    }

    fn judgement(&self, buffer: &mut Buffer, area: Rect, y: u16, feedback: &Feedback) {
        let (theme, lang) = (self.state.settings.theme, self.state.lang());
        let text = match feedback.given {
            Given::Skipped => t(lang, "predict.skipped"),
            _ => feedback.text.get(lang),
        };
        let top = y + u16::from(y + 3 < area.bottom());
        let bottom = area.bottom().saturating_sub(1);
        for (y, line) in (top..bottom).zip(wrap(&Rich::parse(text), area.width.into())) {
            rich(buffer, area.x, y, area.width, &line, theme.style(Role::Text), theme);
        }
    }

    fn keys(&self, buffer: &mut Buffer, area: Rect) {
        let (theme, lang) = (self.state.settings.theme, self.state.lang());
        let hints: &[(&str, &'static str)] = match (self.feedback, self.tank.prompt.picked) {
            (Some(_), _) => &[("Space", "key.watch"), ("←", "key.back")],
            (None, Some(_)) => &[("Enter", "dock.enter_middle"), ("Esc", "key.back")],
            (None, None) => &[("↑ ↓", "key.choose"), ("Esc", "key.skip")],
        };
        let mut x = area.x;
        if self.feedback.is_none() && self.tank.prompt.picked.is_none() {
            for n in 1..=self.question.choices.len() {
                x += pill(buffer, x, area.y, area.right().saturating_sub(x), &n.to_string(), theme);
            }
            x += 1;
        }
        for (key, text) in hints {
            let word = crate::text::strings::lookup(lang, text).unwrap_or_default();
            if usize::from(area.right().saturating_sub(x)) < width(key) + 3 + width(word) {
                break;
            }
            x += pill(buffer, x, area.y, area.right().saturating_sub(x), key, theme) + 1;
            x += put(buffer, x, area.y, area.right().saturating_sub(x), word, muted(theme)) + 2;
        }
    }
}
