//! Messages as they are drawn: from where to where, how far, and what becomes of them.

use super::Moment;
use crate::lab::view::{LossWhy, MessageView};

/// What becomes of a packet in this picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It travels.
    Travels,
    /// It waits at a cut.
    Held,
    /// It was lost here; its cross stays until the next step.
    Lost(LossWhy),
}

/// A message in the picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// `#17`.
    pub id: String,
    /// Sender.
    pub from: String,
    /// Receiver.
    pub to: String,
    /// It answers a request.
    pub answer: bool,
    /// Request name.
    pub api: &'static str,
    /// What it carries, short.
    pub label: String,
    /// How far it has come, in thousandths of its way.
    pub part: u64,
    /// What becomes of it.
    pub fate: Fate,
    /// Polling traffic.
    pub quiet: bool,
}

/// How far along its way a message is lost by a rule.
const LOST_AT: u64 = 550;
/// Where a held message waits.
const HELD_AT: u64 = 550;

fn packet(message: &MessageView, part: u64, fate: Fate) -> Packet {
    Packet {
        id: format!("#{}", message.id),
        from: message.from.clone(),
        to: message.to.clone(),
        answer: message.answers.is_some(),
        api: message.api,
        label: message.label.clone(),
        part,
        fate,
        quiet: message.quiet,
    }
}

/// The packets of a moment, in order of sending.
#[must_use]
pub fn packets(moment: &Moment<'_>) -> Vec<Packet> {
    let lost = moment.lost.iter().map(|lost| {
        let part = match lost.why {
            LossWhy::Rule | LossWhy::Broken | LossWhy::Crash => LOST_AT,
            LossWhy::Closed | LossWhy::Down => 950,
        };
        packet(&lost.message, part, Fate::Lost(lost.why))
    });
    let travelling = moment.view.messages.iter().map(|message| {
        if message.held {
            return packet(message, HELD_AT, Fate::Held);
        }
        let span = message.due.saturating_sub(message.sent_at).max(1);
        let gone = moment.now.saturating_sub(message.sent_at).min(span);
        packet(message, gone * 1000 / span, Fate::Travels)
    });
    lost.chain(travelling).filter(|packet| moment.quiet_too || !packet.quiet).collect()
}
