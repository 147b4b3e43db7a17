//! Beats: the fields their kind has and needs.

use toml::Spanned;

use super::{Loader, fields};
use crate::course::diagnostic::did_you_mean;
use crate::course::format::{BeatFile, ChoiceFile, LessonFile, Str};
use crate::course::lesson::{Act, Beat, Choice, Pace, Placed, Predict, Recap, Run, SceneSpec, Until};
use crate::course::player::{AnswerKind, Kind};
use crate::lab::Sides;
use crate::text::{Text, with_particle};

impl Loader {
    pub(super) fn beats(&mut self, file: &LessonFile) -> Option<Vec<Beat>> {
        let mut beats: Vec<Option<Beat>> = Vec::new();
        let mut kinds = Vec::new();
        let mut scene = None;
        for written in &file.beat {
            let beat = written.get_ref();
            self.slug(&beat.id);
            if file
                .beat
                .iter()
                .take(kinds.len())
                .any(|earlier| earlier.get_ref().id.get_ref() == beat.id.get_ref())
            {
                let id = beat.id.get_ref();
                self.problem(
                    beat.id.span(),
                    Text::new(
                        format!("장면 id `{id}`: 이미 쓰였습니다"),
                        format!("the beat id `{id}` is already taken"),
                    ),
                );
            }
            let kind = self.kind(&beat.kind);
            kinds.push(kind);
            self.scene(beat, &mut scene);
            beats.push(kind.and_then(|kind| self.beat(file, written, kind, scene.clone())));
        }
        self.duties(file, &kinds);
        self.long_ones(file, &kinds);
        beats.into_iter().collect()
    }

    /// A check may pass over long beats, so nothing may build on them but others of their kind and the recap.
    fn long_ones(&mut self, file: &LessonFile, kinds: &[Option<Kind>]) {
        let is_long = |beat: &BeatFile| beat.long.as_ref().is_some_and(|long| *long.get_ref());
        let written = file.beat.iter().map(Spanned::get_ref).zip(kinds);
        let after = written.skip_while(|(beat, _)| !is_long(beat));
        let builds = |(beat, kind): &(&BeatFile, &Option<Kind>)| {
            !is_long(beat) && matches!(kind, Some(Kind::Run | Kind::Act | Kind::Compare))
        };
        for (beat, _) in after.filter(builds) {
            let id = beat.id.get_ref();
            let problem = self.problem(
                beat.id.span(),
                Text::new(
                    format!("`{id}`: long 장면 뒤에는 long 장면과 정리만 올 수 있습니다"),
                    format!("`{id}`: only long beats and the recap may follow a long beat"),
                ),
            );
            problem.fix = Some(Text::new(
                "long 장면을 정리 바로 앞으로 옮기세요",
                "move the long beats to just before the recap",
            ));
        }
    }

    fn kind(&mut self, word: &Str) -> Option<Kind> {
        let text = word.get_ref().as_str();
        let known = Kind::ALL.into_iter().find(|kind| kind.word() == text);
        if known.is_none() && fields::LATER.contains(&text) {
            self.not_yet(word.span(), text);
        } else if known.is_none() {
            let problem = self.problem(
                word.span(),
                Text::new(
                    format!("`{text}`: 그런 장면 종류는 없습니다"),
                    format!("`{text}`: there is no such kind of beat"),
                ),
            );
            problem.fix = did_you_mean(text, Kind::ALL.map(Kind::word));
        }
        known
    }

    /// What every lesson must have.
    fn duties(&mut self, file: &LessonFile, kinds: &[Option<Kind>]) {
        if kinds.contains(&None) {
            return; // a misspelt kind is reported once, not twice
        }
        for kind in [Kind::Predict, Kind::Act, Kind::Recap] {
            if !kinds.contains(&Some(kind)) {
                let word = kind.word();
                let problem = self.problem(
                    file.id.span(),
                    Text::new(
                        format!("이 수업에는 {word} 장면이 없습니다"),
                        format!("this lesson has no {word} beat"),
                    ),
                );
                problem.fix = Some(Text::new(
                    format!("[[beat]]에 kind = \"{word}\"인 장면을 하나 더하세요"),
                    format!("add a [[beat]] with kind = \"{word}\""),
                ));
            }
        }
    }

    fn beat(
        &mut self,
        file: &LessonFile,
        written: &Spanned<BeatFile>,
        kind: Kind,
        scene: Option<SceneSpec>,
    ) -> Option<Beat> {
        let beat = written.get_ref();
        let before = self.problems.len();
        self.only_its_fields(beat, kind);
        let runs = matches!(kind, Kind::Run | Kind::Act | Kind::Compare);
        self.side = self.side_of(file, beat, kind);
        if runs && beat.say.is_none() {
            self.missing(&beat.id, "say", "{ ko = \"…\", en = \"…\" }");
        }
        let expect = self.assertions(beat.expect.as_ref());
        let acts = kind == Kind::Act || inputs(beat).next().is_some();
        if acts && beat.expect.as_ref().is_none_or(|list| list.get_ref().is_empty()) {
            self.missing(&beat.id, "expect", "[\"…\"]");
        }
        let built = Beat {
            id: beat.id.get_ref().clone(),
            kind,
            scene: scene.clone().unwrap_or(SceneSpec { name: String::new(), params: toml::Table::new() }),
            names_scene: beat.scene.is_some(),
            side: self.side,
            focus: beat.focus.as_ref().map(|list| list.get_ref().clone()).unwrap_or_default(),
            needs: self.assertions(beat.needs.as_ref()),
            say: self.prose(beat.say.as_ref()),
            then: self.prose(beat.then.as_ref()),
            more: self.prose(beat.more.as_ref()),
            mark: self.prose(beat.mark.as_ref()),
            lines: if kind == Kind::Run { self.code_lines(file, beat, scene.as_ref()) } else { Vec::new() },
            run: if runs { self.run(beat) } else { Run::default() },
            expect,
            predict: if kind == Kind::Predict { self.predict(file, beat) } else { None },
            act: if kind == Kind::Act { self.act(beat) } else { None },
            recap: if kind == Kind::Recap { self.recap(beat) } else { None },
            at: beat.id.span(),
        };
        (self.problems.len() == before).then_some(built)
    }

    /// Which lab the beat is about: the one it names, else both in a compare and the left one elsewhere.
    fn side_of(&mut self, file: &LessonFile, beat: &BeatFile, kind: Kind) -> Sides {
        let needs = (kind == Kind::Compare).then_some(&beat.kind).or(beat.side.as_ref());
        if let Some(word) = needs.filter(|_| file.compare.is_none()) {
            let text = word.get_ref();
            let problem = self.problem(
                word.span(),
                Text::new(
                    format!("`{text}`: 이 수업에는 실험실이 하나뿐입니다"),
                    format!("`{text}`: this lesson has only one lab"),
                ),
            );
            problem.fix = Some(Text::new(
                "[compare]에 of, key와 값 둘(values)을 적으면 둘이 됩니다",
                "add [compare] with of, key and two values to have two",
            ));
            return Sides::Left;
        }
        let Some(word) = &beat.side else {
            return if kind == Kind::Compare { Sides::Both } else { Sides::Left };
        };
        let found = Sides::WORDS.into_iter().find(|(name, _)| name == word.get_ref());
        if found.is_none() {
            let text = word.get_ref();
            let message = Text::new(
                format!("`{text}`: side는 left, right, both 가운데 하나입니다"),
                format!("`{text}`: side is left, right or both"),
            );
            self.problem(word.span(), message);
        }
        found.map_or(Sides::Left, |(_, sides)| sides)
    }

    /// The scene from this beat on: the one it names, or the one before it, with its own settings if it has any.
    fn scene(&mut self, beat: &BeatFile, scene: &mut Option<SceneSpec>) {
        if let Some(name) = &beat.scene {
            let params = beat.params.as_ref().map(|params| params.get_ref().clone()).unwrap_or_default();
            *scene = Some(SceneSpec { name: name.get_ref().clone(), params });
        } else if let (Some(params), Some(scene)) = (&beat.params, scene.as_mut()) {
            scene.params = params.get_ref().clone();
        }
        if scene.is_none() {
            self.missing(&beat.id, "scene", "\"cluster\"");
        }
    }

    fn only_its_fields(&mut self, beat: &BeatFile, kind: Kind) {
        for (name, at) in fields::given(beat) {
            if !fields::COMMON.contains(&name) && !fields::of(kind).contains(&name) {
                let word = kind.word();
                let it = with_particle(&format!("`{name}`"), "은").unwrap_or_default();
                let homes: Vec<_> =
                    Kind::ALL.into_iter().filter(|k| fields::of(*k).contains(&name)).collect();
                let homes = homes.into_iter().map(Kind::word).collect::<Vec<_>>().join(", ");
                let problem = self.problem(
                    at,
                    Text::new(
                        format!("{it} {word} 장면에 쓸 수 없습니다"),
                        format!("`{name}` does not belong in a {word} beat"),
                    ),
                );
                problem.fix = Some(Text::new(
                    format!("{it} 다음 종류에 씁니다: {homes}"),
                    format!("`{name}` is for beats of kind {homes}"),
                ));
            }
        }
    }

    fn missing(&mut self, id: &Str, field: &str, example: &str) {
        let beat = id.get_ref();
        let it = with_particle(&format!("`{field}`"), "이").unwrap_or_default();
        let problem = self.problem(
            id.span(),
            Text::new(
                format!("장면 `{beat}`에 {it} 없습니다"),
                format!("the beat `{beat}` has no `{field}`"),
            ),
        );
        problem.fix =
            Some(Text::new(format!("{field} = {example}를 더하세요"), format!("add {field} = {example}")));
    }

    fn run(&mut self, beat: &BeatFile) -> Run {
        let mut run = Run::default();
        for line in beat.doing.iter().flat_map(|list| list.get_ref()) {
            run.doing.extend(self.step(line));
        }
        self.line_steps(beat, &mut run.doing);
        match (&beat.until, &beat.lasts) {
            (Some(until), Some(lasts)) => {
                let message =
                    Text::new("until과 for는 함께 쓸 수 없습니다", "until and for cannot stand together");
                let at = lasts.span();
                self.problem(at, message);
                run.until = Until::Holds(self.assertions(Some(until)));
            }
            (Some(until), None) => run.until = Until::Holds(self.assertions(Some(until))),
            (None, Some(lasts)) => run.until = self.length(lasts).map_or(Until::Settled, Until::Elapsed),
            (None, None) => {}
        }
        if let Some(word) = &beat.pace {
            match Pace::WORDS.into_iter().find(|(name, _)| name == word.get_ref()) {
                Some((_, pace)) => run.pace = pace,
                None => {
                    let text = word.get_ref();
                    let message = Text::new(
                        format!("`{text}`: pace는 skip이나 real입니다"),
                        format!("`{text}`: pace is skip or real"),
                    );
                    self.problem(word.span(), message);
                }
            }
        }
        if let Some(length) = beat.budget.as_ref().and_then(|word| self.length(word)) {
            run.budget = length;
        }
        run.long = beat.long.as_ref().is_some_and(|long| *long.get_ref());
        run
    }

    fn predict(&mut self, file: &LessonFile, beat: &BeatFile) -> Option<Predict> {
        let kind = self.answer_kind(beat.answer.as_ref());
        let of = self.later_beat(file, beat);
        if beat.ask.is_none() {
            self.missing(&beat.id, "ask", "{ ko = \"…\", en = \"…\" }");
        }
        let ask = self.prose(beat.ask.as_ref());
        let written = beat.choice.as_ref().map(|list| list.get_ref().as_slice()).unwrap_or_default();
        let choices: Option<Vec<Choice>> = written.iter().map(|choice| self.choice(choice)).collect();
        if kind == Some(AnswerKind::Choice) && !(2..=4).contains(&written.len()) {
            let at = beat.choice.as_ref().map_or(beat.id.span(), Spanned::span);
            self.problem(at, Text::new("choice는 2개에서 4개까지입니다", "there are 2 to 4 choices"));
        }
        let value = beat.value.as_ref().and_then(|word| {
            let it = self.expr(word)?;
            Some(Placed { it, at: word.span(), text: word.get_ref().clone() })
        });
        let why = self.prose(beat.why.as_ref());
        if kind.is_some_and(|kind| kind != AnswerKind::Choice) {
            for (name, absent) in [("value", beat.value.is_none()), ("why", beat.why.is_none())] {
                if absent {
                    self.missing(&beat.id, name, "…");
                }
            }
        }
        Some(Predict {
            side: self.side,
            of: of?,
            ask: ask?,
            kind: kind?,
            choices: choices?,
            value,
            why,
            at: beat.id.span(),
        })
    }

    fn answer_kind(&mut self, word: Option<&Str>) -> Option<AnswerKind> {
        let Some(word) = word else { return Some(AnswerKind::Choice) };
        match word.get_ref().as_str() {
            "number" => Some(AnswerKind::Number),
            "point" => Some(AnswerKind::Point),
            text => {
                let message = Text::new(
                    format!("`{text}`: answer는 number나 point입니다. 고르는 문제에는 쓰지 않습니다"),
                    format!("`{text}`: answer is number or point; for choices it is left out"),
                );
                self.problem(word.span(), message);
                None
            }
        }
    }

    /// The index of the beat whose end decides.
    fn later_beat(&mut self, file: &LessonFile, beat: &BeatFile) -> Option<usize> {
        let Some(of) = &beat.of else {
            self.missing(&beat.id, "of", "\"…\"");
            return None;
        };
        let ids: Vec<&str> = file.beat.iter().map(|beat| beat.get_ref().id.get_ref().as_str()).collect();
        let here = ids.iter().position(|id| id == beat.id.get_ref()).unwrap_or(0);
        let found = ids.iter().position(|id| id == of.get_ref());
        let text = of.get_ref();
        match found {
            Some(there) if there > here => Some(there),
            Some(_) => {
                let message = Text::new(
                    format!("`{text}`: of는 뒤에 오는 장면이어야 합니다"),
                    format!("`{text}`: of must name a later beat"),
                );
                self.problem(of.span(), message);
                None
            }
            None => {
                let later = ids.get(here + 1..).unwrap_or_default().to_vec();
                let problem = self.problem(
                    of.span(),
                    Text::new(
                        format!("`{text}`: 그런 장면은 없습니다"),
                        format!("`{text}`: there is no such beat"),
                    ),
                );
                problem.fix = did_you_mean(text, later);
                None
            }
        }
    }

    fn choice(&mut self, written: &Spanned<ChoiceFile>) -> Option<Choice> {
        let choice = written.get_ref();
        let when = self.expr(&choice.when);
        let text = self.prose_of(written.span(), choice.ko.as_ref(), choice.en.as_ref());
        if choice.why.is_none() {
            let problem = self.problem(
                written.span(),
                Text::new("이 답에 대한 설명(why)이 없습니다", "this choice has no feedback (why)"),
            );
            problem.fix = Some(Text::new(
                "why = { ko = \"…\", en = \"…\" }를 더하세요",
                "add why = { ko = \"…\", en = \"…\" }",
            ));
        }
        let why = self.prose(choice.why.as_ref());
        if let Some(word) = &choice.misconception {
            self.code(word, &["M"], "M10", "오개념", "a misconception");
        }
        Some(Choice {
            when: Placed { it: when?, at: choice.when.span(), text: choice.when.get_ref().clone() },
            text: text?,
            why: why?,
            misconception: choice.misconception.as_ref().map(|word| word.get_ref().clone()),
        })
    }

    fn act(&mut self, beat: &BeatFile) -> Option<Act> {
        if beat.goal.is_none() {
            self.missing(&beat.id, "goal", "[\"…\"]");
        }
        if beat.doing.as_ref().is_none_or(|list| list.get_ref().is_empty()) {
            self.missing(&beat.id, "do", "[\"…\"]");
        }
        let allow = beat.allow.iter().flat_map(|list| list.get_ref());
        let hints = beat.hint.iter().flat_map(|list| list.get_ref());
        Some(Act {
            allow: allow.filter_map(|word| self.pattern(word)).collect(),
            goal: self.assertions(beat.goal.as_ref()),
            hints: hints.filter_map(|text| self.prose(Some(text))).collect(),
            invite: self.prose(beat.invite.as_ref()),
        })
    }

    fn recap(&mut self, beat: &BeatFile) -> Option<Recap> {
        let Some(remember) = &beat.remember else {
            self.missing(&beat.id, "remember", "{ ko = [\"…\"], en = [\"…\"] }");
            return None;
        };
        let remember = self.lines(remember);
        if let Some(word) = &beat.challenge {
            self.code(word, &["C"], "C07", "도전", "a challenge");
        }
        if let Some(word) = beat.retrieve.as_ref().filter(|word| word.get_ref().split('/').count() != 2) {
            let message =
                Text::new("retrieve는 \"수업/장면\"으로 씁니다", "retrieve is written \"lesson/beat\"");
            self.problem(word.span(), message);
        }
        Some(Recap {
            remember: remember?,
            retrieve: beat.retrieve.clone(),
            challenge: beat.challenge.as_ref().map(|word| word.get_ref().clone()),
        })
    }
}

/// Lines of scripts in a beat.
fn inputs(beat: &BeatFile) -> impl Iterator<Item = &Str> {
    let lines = beat.lines.iter().flat_map(|lines| lines.get_ref());
    let in_lines = lines.flat_map(|line| line.get_ref().doing.iter());
    beat.doing.iter().chain(in_lines).flat_map(|list| list.get_ref())
}
