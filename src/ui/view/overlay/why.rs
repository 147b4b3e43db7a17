//! Why: what it comes to, then the chain from the effect back to the action that began it, a line a link.

use std::fmt::Display;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::super::paint::{fill, muted, put, put_right, rich};
use super::super::spots::Spots;
use super::super::stage;
use super::window;
use crate::lab::{Cause, Reason, Told, Verdict};
use crate::text::{Lang, Rich, t, tf, truncate, wrap};
use crate::ui::app::{Spot, State};
use crate::ui::theme::{Role, Surface};

pub(super) fn draw(state: &State, buffer: &mut Buffer, area: Rect, why: &Reason, row: usize, spots: &Spots) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let width = 96.min(area.width);
    let head = wrap(&Rich::parse(&verdict(lang, &why.verdict)), usize::from(width.saturating_sub(6)).max(8));
    let height = u16::try_from(why.chain.len() + head.len() + 4).unwrap_or(u16::MAX);
    let inner = window(state, buffer, area, (width, height), &format!("? {}", t(lang, "why.title")));
    let mut y = inner.y;
    for line in &head {
        rich(buffer, inner.x, y, inner.width, line, theme.style(Role::Focus), theme);
        y += 1;
    }
    y += 1;
    let rows = usize::from(inner.bottom().saturating_sub(y + 1));
    let first = (row + 1).saturating_sub(rows);
    for (ix, cause) in why.chain.iter().enumerate().skip(first).take(rows) {
        spots.mark(Rect { y, height: 1, ..inner }, Spot::Row(ix));
        if ix == row {
            fill(buffer, Rect { y, height: 1, ..inner }, theme, Surface::Selected);
            put(buffer, inner.x, y, 1, "▸", theme.style(Role::PositionA));
        }
        link(state, buffer, Rect { y, height: 1, ..inner }, cause, ix == 0);
        y += 1;
    }
    let last = inner.bottom().saturating_sub(1);
    let key = if why.chain.is_empty() { "why.nothing" } else { "why.jump" };
    put(buffer, inner.x, last, inner.width, t(lang, key), muted(theme));
}

/// When, who, what.
fn link(state: &State, buffer: &mut Buffer, area: Rect, cause: &Cause, effect: bool) {
    let (theme, lang) = (state.settings.theme, state.lang());
    let micros = cause.at.unsigned_abs();
    let time = format!("{}.{:03}", micros / 1_000_000, micros / 1000 % 1000);
    put_right(buffer, area.x + 10, area.y, &time, muted(theme));
    let (glyph, role, text) = said(lang, cause);
    put(buffer, area.x + 12, area.y, 2, if effect { glyph } else { "↑" }, theme.style(role));
    let room = area.width.saturating_sub(15);
    let style = theme.style(if effect { Role::Focus } else { Role::Text });
    put(buffer, area.x + 14, area.y, room, &truncate(&text, room.into(), "…"), style);
}

fn said(lang: Lang, cause: &Cause) -> (&'static str, Role, String) {
    if let Some(action) = &cause.action {
        return ("◆", Role::Control, tf(lang, "why.action", &[("action", action)]));
    }
    let Some(told) = &cause.told else { return ("·", Role::Muted, String::new()) };
    if let Some(text) = message(lang, told) {
        return ("▸", Role::Request, text);
    }
    stage::say_any(lang, &told.line).unwrap_or_else(|| {
        let labels: Vec<&str> = told.records.iter().map(|(label, _)| label.as_str()).collect();
        let text = super::super::ladder::tag(lang, told, &labels.join(" "));
        let who = told.line.node.as_deref().unwrap_or_default();
        ("◆", Role::Text, format!("{who} {text}"))
    })
}

/// `app-1 → b1 Produce g`.
fn message(lang: Lang, told: &Told) -> Option<String> {
    let message = told.message.as_deref()?;
    let key = if message.answers.is_some() { "why.answer" } else { "why.request" };
    let values: [(&str, &dyn Display); 4] =
        [("from", &message.from), ("to", &message.to), ("api", &message.api), ("label", &message.label)];
    Some(tf(lang, key, &values).trim_end().to_owned())
}

/// The answer in one sentence.
fn verdict(lang: Lang, verdict: &Verdict) -> String {
    match verdict {
        Verdict::Happened => t(lang, "why.happened").to_owned(),
        Verdict::Unknown => t(lang, "why.unknown").to_owned(),
        Verdict::Stored { record, replica, offset } => {
            tf(lang, "why.stored", &[("record", record), ("replica", replica), ("offset", offset)])
        }
        Verdict::Twice { record, offsets } => {
            tf(lang, "why.twice", &[("record", record), ("first", &offsets.0), ("second", &offsets.1)])
        }
        Verdict::Invisible { record, offset, high_watermark, behind } => {
            let who = behind.join(", ");
            let key = if behind.is_empty() { "why.invisible_next" } else { "why.invisible" };
            let values: [(&str, &dyn Display); 4] =
                [("record", record), ("offset", offset), ("hw", high_watermark), ("behind", &who)];
            tf(lang, key, &values)
        }
        Verdict::Undecided { record, offset, last_stable } => {
            tf(lang, "why.undecided", &[("record", record), ("offset", offset), ("lso", last_stable)])
        }
        Verdict::Truncated { record, replica, to } => {
            tf(lang, "why.truncated", &[("record", record), ("replica", replica), ("to", to)])
        }
        Verdict::NotStored { record } => tf(lang, "why.not_stored", &[("record", record)]),
    }
}
