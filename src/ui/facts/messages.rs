//! Messages on their way, and rows of a ladder.

use super::{Facts, seconds};
use crate::lab::Told;
use crate::lab::view::{MessageView, TankView};
use crate::text::{Lang, t};

pub(super) fn message(view: &TankView, message: &MessageView, lang: Lang) -> Facts {
    let kind = if message.answers.is_some() { "inspect.response" } else { "inspect.request" };
    let mut facts = Facts::new(format!("#{} {} · {}", message.id, message.api, t(lang, kind)));
    facts.add("link", format!("{} → {}", message.from, message.to));
    facts.add("sent", seconds(message.sent_at));
    facts.add("arrives", seconds(message.due));
    if let Some(request) = message.answers {
        facts.add("answers", format!("#{request}"));
    }
    if message.held {
        facts.add("state", t(lang, "inspect.held"));
    }
    if message.dies_at.is_some_and(|at| at > view.now) {
        facts.add("state", t(lang, "inspect.will_be_lost"));
    }
    for (name, value) in &message.fields {
        facts.add(name, value);
    }
    facts
}

/// A row of the ladder: a message with its fields, or a note; then what it follows from.
pub(super) fn told(told: &Told, story: &[Told], lang: Lang) -> Facts {
    let line = &told.line;
    let mut facts = match &told.message {
        Some(message) => {
            let kind = if message.answers.is_some() { "inspect.response" } else { "inspect.request" };
            let mut facts = Facts::new(format!("#{} {} · {}", message.id, message.api, t(lang, kind)));
            facts.add("link", format!("{} → {}", message.from, message.to));
            facts.add("sent", seconds(message.sent_at));
            if let Some(request) = message.answers {
                facts.add("answers", format!("#{request}"));
            }
            for (name, value) in &message.fields {
                facts.add(name, value);
            }
            facts
        }
        None => {
            let mut facts = Facts::new(line.note.to_owned());
            facts.add("at", seconds(u64::try_from(line.at).unwrap_or(0)));
            for (name, _) in &line.fields {
                facts.add(name, line.field(name).unwrap_or_default());
            }
            facts
        }
    };
    let fate = told.message.as_ref().and_then(|message| {
        let ends = |t: &&Told| matches!(t.line.note, "MessageArrived" | "MessageLost");
        let id = message.id.to_string();
        story.iter().filter(ends).find(|told| told.line.field("msg").as_ref() == Some(&id))
    });
    if let Some(end) = fate {
        let lost = end.line.note == "MessageLost";
        let at = seconds(u64::try_from(end.line.at).unwrap_or(0));
        facts.add(if lost { "lost" } else { "arrived" }, at);
    }
    facts.heading("cause");
    let cause = story.iter().find(|other| other.line.event == line.parent && line.parent > 0);
    match cause {
        Some(cause) => {
            let text = crate::ui::view::say(lang, &cause.line);
            let text = text.map_or_else(|| cause.line.note.to_owned(), |(_, _, text)| text);
            facts.add(&seconds(u64::try_from(cause.line.at).unwrap_or(0)), text);
        }
        None => facts.add("event", format!("#{}", line.parent)),
    }
    facts.heading("jump_here");
    facts
}
