//! One lesson on its reference path.

use std::ops::Range;
use std::sync::Arc;

use super::budget::{What, too_long};
use super::{Elements, Failure, Report, explain};
use crate::course::catalog::Course;
use crate::course::diagnostic::{Diagnostic, did_you_mean};
use crate::course::lesson::{Beat, Lesson, Placed, Predict};
use crate::course::player::{Kind, Player, Truth, TruthError};
use crate::course::progress::Given;
use crate::course::prose::{Prose, Template};
use crate::lab::{Claim, Expr, Sides, laws};
use crate::text::{Lang, Text};

/// Plays a lesson and adds what was found to the report.
pub(super) fn play(
    lesson: Arc<Lesson>,
    course: &Course,
    elements: Option<&Elements<'_>>,
    long: bool,
    report: &mut Report,
) {
    links(&lesson, course, report);
    let player = match Player::new(lesson.clone()) {
        Ok(player) => player,
        Err(error) => {
            let message = Text::new(
                format!("실험실을 켤 수 없습니다: {error}"),
                format!("the lab cannot be booted: {error}"),
            );
            report.fail(&lesson.id, Diagnostic::new(&lesson.source, 0..0, message));
            return;
        }
    };
    let mut checker = Checker { lesson: &lesson, player, elements, report, pending: Vec::new() };
    for index in 0..lesson.beats.len() {
        if lesson.is_long(index) && !long {
            checker.report.passed_over += 1;
        } else {
            checker.beat(index);
        }
    }
    checker.laws();
}

/// The lesson and beat that a recap asks again must exist.
fn links(lesson: &Lesson, course: &Course, report: &mut Report) {
    let words = lesson.beats.iter().filter_map(|beat| beat.recap.as_ref()?.retrieve.as_ref());
    for word in words {
        let text = word.get_ref();
        let Some((id, beat)) = text.split_once('/') else { continue };
        let entry = course.entries().find(|entry| entry.id == id);
        let there = entry.filter(|entry| entry.source.is_some());
        let found = there.is_none_or(|entry| {
            entry.beats.iter().any(|(slug, kind)| slug == beat && *kind == Kind::Predict)
        });
        let alone = course.written().count() == 1; // a single file cannot know the others
        if (entry.is_none() && !alone) || !found {
            let message = Text::new(
                format!("`{text}`: 그런 예측 장면은 없습니다"),
                format!("`{text}`: there is no such predict beat"),
            );
            report.fail(&lesson.id, Diagnostic::new(&lesson.source, word.span(), message));
        }
    }
}

struct Checker<'a> {
    lesson: &'a Lesson,
    player: Player,
    elements: Option<&'a Elements<'a>>,
    report: &'a mut Report,
    /// Prompts whose beat is still to be played: the prompt's beat, and its truth.
    pending: Vec<(usize, Given)>,
}

impl Checker<'_> {
    fn beat(&mut self, index: usize) {
        let lesson = self.lesson;
        let beat = &lesson.beats[index];
        self.report.beats += 1;
        if index > 0 {
            for placed in &beat.needs {
                self.holds(placed, ("필요한 조건이 맞지 않습니다", "what the beat needs does not hold"));
            }
            self.player.enter(index);
        }
        let shown_at_start = self.shown();
        if let Some(predict) = &beat.predict {
            self.prompt(index, predict);
        }
        self.texts_at_start(beat);
        let played = self.player.play_reference();
        for (line, error) in &played.refused {
            let at = beat.run.doing[*line].at.clone();
            let said = &error.message;
            let message = Text::new(format!("거절됨: {}", said.ko), format!("refused: {}", said.en));
            self.fail(at, message, Vec::new());
        }
        if let Some(line) = played.stuck {
            self.stuck(beat, line);
        }
        if played.missed {
            for placed in beat.act.iter().flat_map(|act| &act.goal) {
                let said = ("`do`를 마쳐도 목표가 맞지 않습니다", "the goal does not hold after `do`");
                self.holds(placed, said);
            }
        }
        for placed in &beat.expect {
            self.report.expectations += 1;
            self.holds(placed, ("기대한 것이 맞지 않습니다", "what is expected does not hold"));
        }
        self.compare_predictions(index);
        self.texts_at_end(beat);
        self.scene(beat, shown_at_start);
    }

    fn holds(&mut self, placed: &Placed<Claim>, message: (&str, &str)) {
        let lab = self.player.labs();
        let (held, mut details) = match lab.holds(&placed.it) {
            Ok(held) => (held, Vec::new()),
            Err(error) => (false, vec![Text::new(error.to_string(), error.to_string())]),
        };
        if !held {
            details.extend(explain::parts(&placed.it, lab, &self.lesson.names));
            self.fail(placed.at.clone(), Text::new(message.0, message.1), details);
        }
    }

    /// A wait that used up its budget.
    fn stuck(&mut self, beat: &Beat, line: Option<usize>) {
        let lab = self.player.labs();
        let message = Text::new(
            format!("끝나지 않습니다. 가상 시간 {}초까지 기다렸습니다", beat.run.budget.0 / 1_000_000),
            format!("it never ends; {} s of virtual time were allowed", beat.run.budget.0 / 1_000_000),
        );
        let (at, details) = match (line, &beat.run.until) {
            (Some(line), _) => (beat.run.doing[line].at.clone(), Vec::new()),
            (None, crate::course::lesson::Until::Holds(list)) => {
                let open = list.iter().find(|placed| !lab.holds(&placed.it).unwrap_or(false));
                let parts = open.map(|placed| explain::parts(&placed.it, lab, &self.lesson.names));
                (open.map_or(beat.at.clone(), |placed| placed.at.clone()), parts.unwrap_or_default())
            }
            (None, _) => (beat.at.clone(), Vec::new()),
        };
        let event = lab.event();
        let fix = Text::new(
            "조건을 고치거나, 더 걸리는 일이면 budget = \"10m\"처럼 늘리세요",
            "correct the condition or, if it takes longer, write budget = \"10m\"",
        );
        let problem = Diagnostic::new(&self.lesson.source, at, message).fix(fix);
        self.push(problem, Some(event), details);
    }

    fn prompt(&mut self, index: usize, predict: &Predict) {
        let truth = self.player.truth();
        self.report.predictions += 1;
        match truth {
            Ok(truth) => {
                self.prompt_texts(predict, &truth);
                self.pending.push((index, truth.given));
            }
            Err(error) => {
                let message = Text::new(
                    match &error {
                        TruthError::None => "그 미래에 참인 답이 없습니다".to_owned(),
                        TruthError::Several(_) => "그 미래에 참인 답이 여럿입니다".to_owned(),
                        TruthError::Eval(error) => error.to_string(),
                    },
                    error.to_string(),
                );
                let details = self.future_says(predict);
                self.fail(predict.at.clone(), message, details);
            }
        }
    }

    /// What the choices of a prompt say of its future, part by part.
    fn future_says(&self, predict: &Predict) -> Vec<Text> {
        let future = self.player.future(predict);
        let mut details = Vec::new();
        for choice in &predict.choices {
            let state = (future.labs(), predict.side.first());
            explain::explain(&choice.when.it, state, &self.lesson.names, &mut details);
        }
        details
    }

    fn compare_predictions(&mut self, index: usize) {
        let lesson = self.lesson;
        let of = |at: usize| lesson.beats[at].predict.as_ref();
        let (due, later) = std::mem::take(&mut self.pending)
            .into_iter()
            .partition::<Vec<_>, _>(|(at, _)| of(*at).is_some_and(|predict| predict.of == index));
        self.pending = later;
        for (at, foreseen) in due {
            let Some(predict) = of(at) else { continue };
            let played = self.player.judge(predict);
            if played.as_ref() != Ok(&foreseen) {
                let said = match &played {
                    Ok(given) => format!("{given:?}"),
                    Err(error) => error.to_string(),
                };
                let message = Text::new(
                    format!("예측한 미래({foreseen:?})와 실제로 일어난 일({said})이 다릅니다"),
                    format!("the future foreseen ({foreseen:?}) is not what was played ({said})"),
                );
                self.fail(predict.at.clone(), message, Vec::new());
            }
        }
    }

    fn prompt_texts(&mut self, predict: &Predict, truth: &Truth) {
        let now = self.player.clone();
        self.measure(What::Ask, &predict.ask, &now, true);
        for choice in &predict.choices {
            self.measure(What::Choice, &choice.text, &now, true);
            self.measure(What::Why, &choice.why, &truth.future, true);
        }
        if let Some(why) = &predict.why {
            self.measure(What::Why, why, &truth.future, true);
        }
    }

    fn texts_at_start(&mut self, beat: &Beat) {
        let now = self.player.clone();
        let waits = beat.kind == Kind::Act;
        if let Some(say) = &beat.say {
            self.measure(What::Narration, say, &now, waits);
        }
        if let Some(act) = &beat.act {
            for hint in &act.hints {
                self.measure(What::Hint, hint, &now, true);
            }
            if let Some(invite) = &act.invite {
                self.measure(What::Invite, invite, &now, true);
            }
        }
    }

    fn texts_at_end(&mut self, beat: &Beat) {
        let now = self.player.clone();
        // While a run goes on a value may still be missing; at its end none may.
        let runs = beat.kind != Kind::Act;
        for say in beat.lines.iter().filter_map(|line| line.say.as_ref()) {
            self.measure(What::Narration, say, &now, true);
        }
        let texts = [
            (What::Narration, beat.say.as_ref().filter(|_| runs)),
            (What::Narration, beat.then.as_ref()),
            (What::More, beat.more.as_ref()),
            (What::Mark, beat.mark.as_ref()),
        ];
        for (what, prose) in texts {
            if let Some(prose) = prose {
                self.measure(what, prose, &now, true);
            }
        }
        if let Some(recap) = &beat.recap {
            for lang in Lang::ALL {
                for line in recap.remember.templates(lang) {
                    self.measure_one(What::Remember, line, lang, &now, true);
                }
            }
        }
    }

    fn measure(&mut self, what: What, prose: &Prose, state: &Player, complete: bool) {
        for lang in Lang::ALL {
            self.measure_one(what, prose.template(lang), lang, state, complete);
        }
    }

    /// Measures a text as it reads in this state; `complete` = no value may be missing.
    fn measure_one(&mut self, what: What, text: &Template, lang: Lang, state: &Player, complete: bool) {
        let missing = text.questions().find(|(expr, _)| state.value(expr).is_none());
        if let Some((expr, at)) = missing.filter(|_| complete) {
            let message = Text::new("이 값은 여기에 없습니다", "this value is absent here");
            let mut details = Vec::new();
            explain::explain(expr, (state.labs(), state.side().first()), &self.lesson.names, &mut details);
            self.fail(at.clone(), message, details);
        }
        let value = |expr: &Expr| state.value(expr);
        if let Some(message) = too_long(what, lang, &text.render(lang, value)) {
            self.fail(text.at.clone(), message, Vec::new());
        }
    }

    /// The elements that the beat's scene shows now.
    fn shown(&self) -> Option<Vec<String>> {
        let elements = self.elements?;
        elements(self.player.scene(), &self.player.lab().view())
    }

    /// What the beat points at must be in its scene when it begins or when it ends.
    fn scene(&mut self, beat: &Beat, at_start: Option<Vec<String>>) {
        if self.elements.is_none() {
            return;
        }
        let (Some(mut shown), Some(at_end)) = (at_start, self.shown()) else {
            let name = &beat.scene.name;
            let message = Text::new(
                format!("`{name}`: 그런 그림은 없습니다"),
                format!("`{name}`: there is no such scene"),
            );
            self.fail(beat.at.clone(), message, Vec::new());
            return;
        };
        shown.extend(at_end);
        for word in &beat.focus {
            let element = word.get_ref();
            if !shown.contains(element) {
                let scene = &beat.scene.name;
                let message = Text::new(
                    format!("그림 {scene}에 `{element}`는 없습니다").replace("`는", "` 요소는"),
                    format!("the scene {scene} has no element `{element}`"),
                );
                let advice = did_you_mean(element, shown.iter().map(String::as_str));
                let problem = Diagnostic::new(&self.lesson.source, word.span(), message);
                let problem = Diagnostic { fix: advice, ..problem };
                self.push(problem, None, Vec::new());
            }
        }
    }

    /// The model's laws, watched from the first event on.
    fn laws(&mut self) {
        let sides = if self.player.labs().is_pair() { Sides::Both } else { Sides::Left };
        let labs = sides.each().map(|side| self.player.labs().lab(side));
        let tell = |violation| Text::new(laws::tell(violation, Lang::Ko), laws::tell(violation, Lang::En));
        let broken: Vec<Text> = labs.flat_map(crate::lab::Lab::broken_laws).map(tell).collect();
        for message in broken {
            self.fail(0..0, message, Vec::new());
        }
    }

    fn fail(&mut self, at: Range<usize>, message: Text, details: Vec<Text>) {
        let event = self.player.labs().event();
        self.push(Diagnostic::new(&self.lesson.source, at, message), Some(event), details);
    }

    fn push(&mut self, problem: Diagnostic, event: Option<u64>, details: Vec<Text>) {
        let beat = self.player.current().id.clone();
        let of = self.lesson.id.clone();
        let failure = Failure { problem, of, beat: Some(beat), event, details };
        // A text that is shown twice is measured twice; it is wrong once.
        let known = |earlier: &Failure| earlier.problem == failure.problem && earlier.beat == failure.beat;
        if !self.report.failures.iter().any(known) {
            self.report.failures.push(failure);
        }
    }
}
