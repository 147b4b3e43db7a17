//! Finding a place of the course by words: `두 번`, `read twice`, `session.timeout.ms`.
//!
//! Every word must stand somewhere in the texts of a beat or a scenario, in either language; spaces within do not count, so that
//! `두번` finds `두 번`. A word of the headline counts more than one of the narration, that more than one of what only the curious open.
//!
//! Not modelled: word forms, synonyms, typing errors.

use super::catalog::{Course, Entry};
use super::scenarios::ScenarioEntry;
use crate::text::{Lang, Text};

/// Where a hit leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A beat of a lesson: lesson id, beat id.
    Beat(String, String),
    /// A failure scenario.
    Scenario(String),
}

/// A place and its texts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Where it leads.
    pub place: Place,
    /// `13`, or nothing.
    pub number: String,
    /// The headline.
    pub head: Text,
    /// Headline, narration, the rest: lower case, without spaces, both languages.
    hay: [String; 3],
}

impl Candidate {
    /// How well it answers these words, the better the more; 0: not at all. Words come from [`words`].
    #[must_use]
    pub fn score(&self, words: &[String]) -> usize {
        let mut sum = 0;
        for word in words {
            let Some(at) = self.hay.iter().position(|hay| hay.contains(word.as_str())) else { return 0 };
            sum += [5, 2, 1].get(at).copied().unwrap_or(1);
        }
        sum
    }
}

/// What was typed, as words to look for.
#[must_use]
pub fn words(typed: &str) -> Vec<String> {
    typed.split_whitespace().map(str::to_lowercase).collect()
}

/// Every place of a course, in its order; scenarios last.
#[must_use]
pub fn candidates(course: &Course) -> Vec<Candidate> {
    let beats = course.written().flat_map(lesson);
    beats.chain(course.scenarios.iter().map(scenario)).collect()
}

/// The best places first; at most so many.
#[must_use]
pub fn find<'a>(all: &'a [Candidate], typed: &str, most: usize) -> Vec<&'a Candidate> {
    let words = words(typed);
    let mut found: Vec<(usize, &Candidate)> =
        all.iter().map(|one| (one.score(&words), one)).filter(|(score, _)| *score > 0).collect();
    found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
    found.into_iter().take(most).map(|(_, one)| one).collect()
}

fn lesson(entry: &Entry) -> Vec<Candidate> {
    let table = entry.source.as_ref().and_then(|source| source.text.parse::<toml::Table>().ok());
    let beats = table.as_ref().and_then(|table| table.get("beat")?.as_array());
    let candidate = |beat: &toml::Value| {
        let id = beat.get("id")?.as_str()?;
        let told = ["then", "ask", "say"].iter().find_map(|field| beat.get(field));
        let first = told.map_or_else(|| entry.title.clone(), |told| headline(told, &entry.title));
        let mut heads = format!("{} {} ", entry.title.get(Lang::Ko), entry.title.get(Lang::En));
        let mut narration = String::new();
        let mut rest = String::new();
        for field in ["say", "then", "ask"] {
            gather(beat.get(field), &mut narration);
        }
        for field in ["more", "mark", "remember", "choice", "do", "kind"] {
            gather(beat.get(field), &mut rest);
        }
        for text in [first.get(Lang::Ko), first.get(Lang::En)] {
            heads.push_str(text);
        }
        Some(Candidate {
            place: Place::Beat(entry.id.clone(), id.to_owned()),
            number: entry.number.clone(),
            head: first,
            hay: [heads, narration, rest].map(|text| plain(&text)),
        })
    };
    beats.into_iter().flatten().filter_map(candidate).collect()
}

fn scenario(entry: &ScenarioEntry) -> Candidate {
    let table = entry.source.text.parse::<toml::Table>().ok();
    let mut tells = String::new();
    gather(table.as_ref().and_then(|table| table.get("tells")), &mut tells);
    let heads = format!("{} {}", entry.title.get(Lang::Ko), entry.title.get(Lang::En));
    Candidate {
        place: Place::Scenario(entry.id.clone()),
        number: String::new(),
        head: entry.title.clone(),
        hay: [heads, tells, entry.id.clone()].map(|text| plain(&text)),
    }
}

/// First line in both languages; a value that is known only while it runs is three dots.
fn headline(told: &toml::Value, title: &Text) -> Text {
    let line = |lang: &str| {
        let text = told.get(lang)?.as_str()?.trim_start().lines().next()?;
        Some(without_values(text))
    };
    match line("ko").zip(line("en")) {
        Some((ko, en)) => Text::new(ko, en),
        None => title.clone(),
    }
}

fn without_values(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        plain.push_str(before);
        plain.push('…');
        rest = after.split_once('}').map_or("", |(_, tail)| tail);
    }
    plain.push_str(rest);
    plain.trim_end_matches('\\').trim().to_owned()
}

/// All strings of a value, one behind the other.
fn gather(value: Option<&toml::Value>, into: &mut String) {
    match value {
        Some(toml::Value::String(text)) => {
            into.push_str(text);
            into.push('\n');
        }
        Some(toml::Value::Array(values)) => values.iter().for_each(|value| gather(Some(value), into)),
        Some(toml::Value::Table(table)) => table.values().for_each(|value| gather(Some(value), into)),
        _ => {}
    }
}

fn plain(text: &str) -> String {
    text.to_lowercase().chars().filter(|c| !c.is_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(typed: &str) -> Vec<Place> {
        let all = candidates(&Course::embedded());
        find(&all, typed, 6).into_iter().map(|one| one.place.clone()).collect()
    }

    #[test]
    fn who_reads_a_record_twice_comes_to_the_crash_before_the_commit() {
        let wanted = Place::Beat("consumer-lifecycle".into(), "again".into());
        for typed in ["두 번 처리", "두번 읽", "중복 처리", "read twice", "worked TWICE"] {
            assert!(places(typed).contains(&wanted), "{typed}: {:?}", places(typed));
        }
    }

    #[test]
    fn every_word_must_be_there_and_headlines_come_first() {
        assert!(places("두 번 xyzzy").is_empty());
        assert!(places("").is_empty());
        assert!(places("f07").contains(&Place::Scenario("f07-followers-stall".into())));
        assert_eq!(without_values("✗ {n}초 동안 {leader('a')|이}"), "✗ …초 동안 …");
    }
}
