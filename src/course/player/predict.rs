//! Prompts: the truth comes from a future that is played and thrown away.

use thiserror::Error;

use super::{AnswerKind, Feedback, Kind, News, Phase, Player, What};
use crate::course::lesson::{Placed, Predict};
use crate::course::progress::Given;
use crate::lab::{EvalError, Expr, Value};
use crate::text::Text;

/// What the model does, as far as a prompt asks.
#[derive(Clone, Debug)]
pub struct Truth {
    /// The number of the choice, or the value.
    pub given: Given,
    /// The future itself, at the end of the beat that the prompt is about.
    pub(in crate::course) future: Box<Player>,
}

/// Why a prompt has no single answer.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TruthError {
    /// No choice is true.
    #[error("none of the choices is true in the future of this prompt")]
    None,
    /// Several choices are true: their numbers.
    #[error("several choices are true in the future of this prompt: {0:?}")]
    Several(Vec<u16>),
    /// A question has no value there.
    #[error(transparent)]
    Eval(#[from] EvalError),
}

impl Player {
    /// Computes the truth of the prompt at the playhead from the state there.
    ///
    /// # Errors
    /// Not exactly one choice is true, or a question cannot be evaluated.
    pub fn truth(&self) -> Result<Truth, TruthError> {
        let Some(predict) = &self.current().predict else { return Err(TruthError::None) };
        self.truth_of(Box::new(self.future(predict)))
    }

    /// The same where that future has been played already.
    fn truth_of(&self, mut future: Box<Self>) -> Result<Truth, TruthError> {
        let Some(predict) = &self.current().predict else { return Err(TruthError::None) };
        future.voice = Some(self.side());
        let given = future.judge(predict)?;
        Ok(Truth { given, future })
    }

    /// The script, played from here to the end of the beat that a prompt is about.
    pub(in crate::course) fn future(&self, predict: &Predict) -> Self {
        let mut future = self.clone();
        loop {
            future.play_reference();
            if future.beat() >= predict.of {
                return future;
            }
            future.enter(future.beat() + 1);
        }
    }

    /// What the choices of a prompt say of the present state.
    pub(in crate::course) fn judge(&self, predict: &Predict) -> Result<Given, TruthError> {
        let side = predict.side.first();
        if let Some(Placed { it, .. }) = &predict.value {
            return Ok(match self.lab.eval(side, it)? {
                Value::Null => Given::Text(String::new()),
                value => Given::Text(value.to_string()),
            });
        }
        let mut right = Vec::new();
        for (number, choice) in (1..).zip(&predict.choices) {
            if self.lab.eval(side, &choice.when.it)?.is_true() {
                right.push(number);
            }
        }
        match right.as_slice() {
            [] => Err(TruthError::None),
            [one] => Ok(Given::Choice(*one)),
            _ => Err(TruthError::Several(right)),
        }
    }

    /// Answers the prompt at the playhead: `sure` is the confidence from 1 to 3. The judgement stays and follows the
    /// playhead. `None` if no prompt is open, or there is no such choice.
    pub fn answer(&mut self, given: Given, sure: u8) -> Option<&Feedback> {
        let mut foreseen = self.foreseen();
        while let Some((future, of)) = &mut foreseen
            && !future.look_ahead(*of)
        {}
        self.answer_by(given, sure, foreseen.map(|(future, _)| future))
    }

    /// The same where the future that the prompt asks about has been played: see [`Player::foreseen`].
    pub fn answer_by(&mut self, given: Given, sure: u8, future: Option<Box<Self>>) -> Option<&Feedback> {
        if self.phase() != Phase::Asking {
            return None;
        }
        let lesson = self.lesson.clone();
        let predict = lesson.beats.get(self.beat())?.predict.as_ref()?;
        let chosen = match (&given, predict.kind) {
            (Given::Choice(n), AnswerKind::Choice) => {
                Some(predict.choices.get(usize::from(n.checked_sub(1)?))?)
            }
            (Given::Text(_), AnswerKind::Number | AnswerKind::Point) => None,
            (Given::Skipped, _) => {
                self.skip_question();
                return self.answers.get(&self.beat());
            }
            _ => return None,
        };
        let truth = future.map_or(Err(TruthError::None), |future| self.truth_of(future));
        let text = match (&truth, chosen) {
            (Ok(truth), Some(choice)) => choice.why.both(|expr| truth.future.value(expr)),
            (Ok(truth), None) => predict.why.as_ref().map(|why| why.both(|expr| truth.future.value(expr)))?,
            // `check` refuses such a lesson; on a learner's own path the state beside the prompt has to do.
            (Err(_), Some(choice)) => choice.why.both(|expr| self.value(expr)),
            (Err(_), None) => Text::default(),
        };
        let truth = truth.map_or(Given::Skipped, |truth| truth.given);
        let feedback = Feedback {
            right: same_answer(&given, &truth),
            misconception: chosen.and_then(|choice| choice.misconception.clone()),
            sure: sure.clamp(1, 3),
            given,
            truth,
            text,
        };
        self.settle(feedback);
        self.answers.get(&self.beat())
    }

    /// Skips the prompt at the playhead.
    pub fn skip_question(&mut self) {
        if self.phase() == Phase::Asking {
            self.settle(Feedback {
                given: Given::Skipped,
                sure: 0,
                right: false,
                truth: Given::Skipped,
                text: Text::default(),
                misconception: None,
            });
        }
    }

    fn settle(&mut self, feedback: Feedback) {
        let beat = self.beat();
        let id = self.current().id.clone();
        let given = match &feedback.given {
            Given::Skipped => "0".to_owned(),
            Given::Choice(number) => number.to_string(),
            Given::Text(text) => text.clone(),
        };
        self.lab.mark(crate::lab::Mark::Answer(id.clone(), given));
        self.news.push(News::Answered { beat: id, feedback: feedback.clone() });
        self.answers.insert(beat, feedback);
        if self.at_front() {
            self.mark(What::Answered);
        }
    }

    /// The answer of the prompt at the playhead, if it was given.
    pub fn feedback(&self) -> Option<&Feedback> {
        self.answers.get(&self.beat()).filter(|_| self.current().kind == Kind::Predict)
    }

    /// The answer to the prompt that asked about this beat: the guess to be drawn beside the fact.
    pub fn guess(&self) -> Option<&Feedback> {
        let here = self.beat();
        let asked =
            |beat: &crate::course::Beat| beat.predict.as_ref().is_some_and(|predict| predict.of == here);
        let prompt = self.lesson.beats.iter().rposition(asked)?;
        self.answers.get(&prompt)
    }

    /// The value of a question at the playhead, as text; none if it is absent.
    pub(in crate::course) fn value(&self, expr: &Expr) -> Option<String> {
        match self.lab.eval(self.side().first(), expr) {
            Ok(Value::Null | Value::Int(-1)) | Err(_) => None,
            Ok(value) => Some(value.to_string()),
        }
    }
}

/// Whether an answer is the truth. Numbers may be written with spaces and commas.
fn same_answer(given: &Given, truth: &Given) -> bool {
    let plain = |text: &str| text.replace([' ', ','], "").to_lowercase();
    match (given, truth) {
        (Given::Skipped, _) | (_, Given::Skipped) => false,
        (Given::Text(given), Given::Text(truth)) => plain(given) == plain(truth),
        (given, truth) => given == truth,
    }
}
