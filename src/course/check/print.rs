//! A report for people and for programs.

use serde::Serialize;

use super::{Failure, Report};
use crate::text::{Lang, Text};

#[derive(Serialize)]
struct ReportJson {
    lessons: usize,
    challenges: usize,
    scenarios: usize,
    beats: usize,
    expectations: usize,
    predictions: usize,
    passed_over: usize,
    failures: Vec<FailureJson>,
}

#[derive(Serialize)]
struct FailureJson {
    file: String,
    line: usize,
    column: usize,
    of: String,
    beat: Option<String>,
    event: Option<u64>,
    message: TextJson,
    details: Vec<TextJson>,
}

#[derive(Serialize)]
struct TextJson {
    ko: String,
    en: String,
}

impl From<&Text> for TextJson {
    fn from(text: &Text) -> Self {
        Self { ko: text.ko.clone(), en: text.en.clone() }
    }
}

impl From<&Failure> for FailureJson {
    fn from(failure: &Failure) -> Self {
        let (line, column) = failure.problem.position();
        Self {
            file: failure.problem.source.name.to_string(),
            line,
            column,
            of: failure.of.clone(),
            beat: failure.beat.clone(),
            event: failure.event,
            message: TextJson::from(&failure.problem.message),
            details: failure.details.iter().map(TextJson::from).collect(),
        }
    }
}

impl Report {
    /// One JSON object without line breaks; keys as in the documentation, in this order.
    pub fn json(&self) -> String {
        let report = ReportJson {
            lessons: self.lessons,
            challenges: self.challenges,
            scenarios: self.scenarios,
            beats: self.beats,
            expectations: self.expectations,
            predictions: self.predictions,
            passed_over: self.passed_over,
            failures: self.failures.iter().map(FailureJson::from).collect(),
        };
        // Strings and numbers always serialize.
        serde_json::to_string(&report).unwrap_or_default()
    }

    /// For people: every failure with an excerpt of its file, then one line of counts.
    pub fn text(&self, lang: Lang, colour: bool) -> String {
        let mut text = String::new();
        for failure in &self.failures {
            text.push_str(&failure.text(lang, colour));
            text.push_str("\n\n");
        }
        let counts = match lang {
            Lang::Ko => format!(
                "수업 {}, 도전 {}, 시나리오 {}, 장면 {}, 조건 {}, 예측 {}: ",
                self.lessons,
                self.challenges,
                self.scenarios,
                self.beats,
                self.expectations,
                self.predictions
            ),
            Lang::En => format!(
                "{} lessons, {} challenges, {} scenarios, {} beats, {} expectations, {} predictions: ",
                self.lessons,
                self.challenges,
                self.scenarios,
                self.beats,
                self.expectations,
                self.predictions
            ),
        };
        text.push_str(&counts);
        text.push_str(&match (lang, self.failures.len()) {
            (Lang::Ko, 0) => "모두 맞습니다".to_owned(),
            (Lang::Ko, n) => format!("{n}개가 맞지 않습니다"),
            (Lang::En, 0) => "all hold".to_owned(),
            (Lang::En, 1) => "1 does not hold".to_owned(),
            (Lang::En, n) => format!("{n} do not hold"),
        });
        if self.passed_over > 0 {
            let n = self.passed_over;
            text.push_str(&match lang {
                Lang::Ko => {
                    format!("\n오래 걸리는 장면 {n}개는 건너뛰었습니다. --long을 붙이면 그것까지 돌립니다")
                }
                Lang::En => format!("\n{n} long beats were passed over; --long plays them, too"),
            });
        }
        text
    }
}

impl Failure {
    /// For people, several lines.
    pub fn text(&self, lang: Lang, colour: bool) -> String {
        let mut text = self.problem.render(lang, colour);
        let place = match (lang, &self.beat, self.event) {
            (Lang::Ko, Some(beat), Some(event)) => format!("수업 {}, 장면 {beat}, 사건 {event}", self.of),
            (Lang::En, Some(beat), Some(event)) => format!("lesson {}, beat {beat}, event {event}", self.of),
            (Lang::Ko, Some(beat), None) => format!("수업 {}, 장면 {beat}", self.of),
            (Lang::En, Some(beat), None) => format!("lesson {}, beat {beat}", self.of),
            (_, None, _) => String::new(),
        };
        if !place.is_empty() {
            text.push_str("\n  ");
            text.push_str(&place);
        }
        for detail in &self.details {
            text.push_str("\n  - ");
            text.push_str(detail.get(lang));
        }
        text
    }
}
