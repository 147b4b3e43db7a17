//! What is read and drawn: narration, prompt, recap, scrubber. All of it follows the playhead.

use super::{CodeAt, Kind, Links, Narration, Phase, Player, Question, ScrubberBeat, What};
use crate::course::lesson::{Code, Pace, SceneSpec, Step};
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
        let told = beat.then.as_ref().filter(|_| ended).or(self.line_says()).or(beat.say.as_ref());
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

    /// What is said from the line on that the beat's program has come to.
    fn line_says(&self) -> Option<&Prose> {
        let beat = self.beat();
        let mut behind = self.behind().rev().take_while(|mark| mark.beat == beat);
        behind.find_map(|mark| match mark.what {
            What::Line(line) => self.current().lines.get(line)?.say.as_ref(),
            _ => None,
        })
    }

    /// The program in the picture, and where it stands; none if the lesson has no such sample.
    pub fn code(&self) -> Option<CodeAt<'_>> {
        let all = &self.lesson.code;
        let named = self.scene().params.get("code").and_then(toml::Value::as_str);
        let index = match named {
            Some(name) => all.iter().position(|code| code.id == name)?,
            None if all.len() == 1 => 0,
            None => return None,
        };
        let code = all.get(index)?;
        let come_to = self.behind().rev().find_map(|mark| {
            let What::Line(line) = mark.what else { return None };
            let line = self.lesson.beats.get(mark.beat)?.lines.get(line)?;
            (line.code == index).then_some((line.lines, mark.at))
        });
        let inside = come_to.and_then(|(_, since)| self.runs_inside(code, since));
        Some(CodeAt {
            file: &code.file,
            client: &code.client,
            text: &code.text,
            at: come_to.map(|(lines, _)| lines),
            inside,
        })
    }

    /// What runs inside the present line just now, if it was begun after that event.
    fn runs_inside(&self, code: &Code, since: u64) -> Option<(u32, u32)> {
        let now = i64::try_from(self.lab.now()).unwrap_or(i64::MAX);
        let since = i64::try_from(since).unwrap_or(i64::MAX);
        let recent = self.lab().recent(64);
        let news = recent.iter().rev().take_while(|line| line.at >= now && line.event > since);
        let ours = |line: &&crate::lab::Line| {
            line.node.as_deref() == Some(code.client.as_str())
                || line.field("client").as_deref() == Some(code.client.as_str())
        };
        news.filter(ours)
            .find_map(|line| code.jumps.iter().find(|jump| jump.note == line.note))
            .map(|jump| jump.lines)
    }

    /// How many lines of a program the beat at the playhead runs.
    pub fn lines(&self) -> usize {
        self.current().lines.len()
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

    /// Where the messages that a ladder shows begin, as an event: with the beat called `from`, else with the present beat, or the last
    /// one before it in which something happened.
    pub fn span(&self, from: Option<&str>) -> u64 {
        let named = from.and_then(|name| self.lesson.beat(name)).and_then(|beat| self.began(beat));
        let end = self.lab.end();
        let happened = (0..=self.beat()).rev().filter_map(|beat| self.began(beat)).find(|mark| mark.at < end);
        named.or(happened).map_or(0, |mark| mark.at)
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
                Step::Act(action, _) => FAULTS.contains(&action.verb()),
                Step::Wait(_) | Step::WaitUntil(_) | Step::Line(_) => false,
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
