//! What is read and drawn: narration, prompt, recap, scrubber. All of it follows the playhead.

use super::{Kind, Links, Narration, Phase, Player, Question, ScrubberBeat, What};
use crate::course::lesson::{Pace, SceneSpec, Step};
use crate::course::prose::Prose;
use crate::text::Lang;

/// Verbs that break something.
const FAULTS: [&str; 14] = [
    "crash",
    "pause",
    "shutdown",
    "stop",
    "hang",
    "cut",
    "hold",
    "delay",
    "reset",
    "drop-next",
    "drop-next-ack",
    "duplicate-next",
    "fail-next-append",
    "elect-unclean",
];

impl Player {
    /// The text beside the picture.
    pub fn narration(&self, lang: Lang) -> Narration {
        let beat = self.current();
        let ended = self.behind().next_back().is_some_and(|mark| matches!(mark.what, What::Ended(_)));
        let told = beat.then.as_ref().filter(|_| ended).or(beat.say.as_ref());
        let text = told.map(|prose| self.fill(prose, lang)).unwrap_or_default();
        let (head, body) = text.split_once('\n').unwrap_or((&text, ""));
        let invite = beat.act.as_ref().and_then(|act| act.invite.as_ref());
        let invite = invite.filter(|_| self.phase() == Phase::Acting);
        let fill = |prose: Option<&Prose>| prose.map(|prose| self.fill(prose, lang));
        Narration {
            head: head.to_owned(),
            body: body.trim_end().to_owned(),
            invite: fill(invite),
            more: fill(beat.more.as_ref()),
            mark: fill(beat.mark.as_ref()),
        }
    }

    /// The prompt at the playhead, open or answered ([`Player::feedback`]).
    pub fn question(&self, lang: Lang) -> Option<Question> {
        let predict = self.current().predict.as_ref()?;
        Some(Question {
            ask: self.fill(&predict.ask, lang),
            kind: predict.kind,
            choices: predict.choices.iter().map(|choice| self.fill(&choice.text, lang)).collect(),
        })
    }

    /// The lines of the recap at the playhead; none elsewhere.
    pub fn remember(&self, lang: Lang) -> Vec<String> {
        let recap = self.current().recap.as_ref();
        recap.map(|recap| recap.remember.render(lang, |expr| self.value(expr))).unwrap_or_default()
    }

    /// Where the recap at the playhead leads.
    pub fn links(&self) -> Links {
        let recap = self.current().recap.as_ref();
        let retrieve = recap.and_then(|recap| recap.retrieve.as_ref());
        let retrieve = retrieve.and_then(|word| word.get_ref().split_once('/'));
        Links {
            retrieve: retrieve.map(|(lesson, beat)| (lesson.to_owned(), beat.to_owned())),
            challenge: recap.and_then(|recap| recap.challenge.clone()),
        }
    }

    /// The picture in force at the playhead.
    pub fn scene(&self) -> &SceneSpec {
        &self.current().scene
    }

    /// The elements to look at.
    pub fn focus(&self) -> Vec<&str> {
        self.current().focus().collect()
    }

    /// How the run at the playhead is shown.
    pub fn pace(&self) -> Pace {
        self.current().run.pace
    }

    /// All beats, for the scrubber.
    pub fn scrubber(&self) -> Vec<ScrubberBeat> {
        let forks: Vec<usize> = self.fork_events().map(|at| self.beat_at(at)).collect();
        let beats = self.lesson.beats.iter().enumerate();
        let drawn = beats.map(|(index, beat)| ScrubberBeat {
            kind: beat.kind,
            new_scene: beat.names_scene && index > 0,
            fault: beat.run.doing.iter().any(|placed| match &placed.it {
                Step::Act(action) => FAULTS.contains(&action.verb()),
                Step::Wait(_) | Step::WaitUntil(_) => false,
            }),
            began: self.began(index).map(|mark| mark.at),
            fork: forks.contains(&index),
        });
        drawn.collect()
    }

    /// The beat that an event of the script's branch belongs to.
    fn beat_at(&self, event: u64) -> usize {
        let mut begun = self.marks.iter().filter(|mark| mark.what == What::Began && mark.at <= event);
        begun.next_back().map_or(0, |mark| mark.beat)
    }

    pub(super) fn fill(&self, prose: &Prose, lang: Lang) -> String {
        prose.render(lang, |expr| self.value(expr))
    }

    /// Whether this is the last beat and it is through.
    pub fn finished(&self) -> bool {
        self.beat() + 1 == self.lesson.beats.len() && self.phase() == Phase::Rest
    }

    /// Kind of the beat at the playhead.
    pub fn kind(&self) -> Kind {
        self.current().kind
    }
}
