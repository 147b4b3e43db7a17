//! Code samples, and the lines of them that beats run.

use toml::Spanned;

use super::Loader;
use crate::course::diagnostic::did_you_mean;
use crate::course::format::{BeatFile, CodeFile, LessonFile, LineFile};
use crate::course::lesson::{Code, CodeLine, Jump, Placed, SceneSpec, Step};
use crate::text::sanitize::sanitize;
use crate::text::{Text, strings, width};

/// Cells that a line of a sample may take: what fits beside the picture at 80 columns.
const COLUMNS: usize = 35;

impl Loader {
    pub(super) fn samples(&mut self, file: &LessonFile) -> Option<Vec<Code>> {
        let before = self.problems.len();
        let mut all: Vec<Code> = Vec::new();
        for written in &file.code {
            let code = written.get_ref();
            self.slug(&code.id);
            let id = code.id.get_ref();
            if all.iter().any(|earlier| earlier.id == *id) {
                self.problem(
                    code.id.span(),
                    Text::new(
                        format!("코드 id `{id}`: 이미 쓰였습니다"),
                        format!("the code id `{id}` is already taken"),
                    ),
                );
            }
            let sample = self.sample(code);
            all.push(sample);
        }
        (self.problems.len() == before).then_some(all)
    }

    fn sample(&mut self, code: &CodeFile) -> Code {
        let client = code.client.get_ref();
        if self.names.role(client).is_none() {
            let near = self.names.nearest(client);
            let problem = self.problem(
                code.client.span(),
                Text::new(
                    format!("`{client}`: 그런 클라이언트는 없습니다"),
                    format!("`{client}`: there is no such client"),
                ),
            );
            problem.fix =
                near.map(|near| Text::new(format!("`{near}` 말인가요?"), format!("did you mean `{near}`?")));
        }
        self.characters(&code.text);
        let text = sanitize(code.text.get_ref().trim_end());
        let lines = text.lines().count();
        for (n, line) in (1..).zip(text.lines()).filter(|(_, line)| width(line) > COLUMNS) {
            let cells = width(line);
            self.problem(
                code.text.span(),
                Text::new(
                    format!("{n}번째 줄이 {cells}칸입니다. {COLUMNS}칸까지 됩니다"),
                    format!("line {n} takes {cells} cells of {COLUMNS}"),
                ),
            );
        }
        let mut jumps = Vec::new();
        for written in &code.on {
            let jump = written.get_ref();
            let note = jump.note.get_ref();
            if strings::lookup(crate::text::Lang::En, &format!("event.{note}")).is_none() {
                let known = strings::all().keys().filter_map(|key| key.strip_prefix("event."));
                let fix = did_you_mean(note, known.collect::<Vec<_>>());
                let problem = self.problem(
                    jump.note.span(),
                    Text::new(
                        format!("`{note}`: 그런 사건은 없습니다"),
                        format!("`{note}`: there is no such note"),
                    ),
                );
                problem.fix = fix;
            }
            if let Some(lines) = self.range(&jump.at, jump.to.as_ref(), lines) {
                jumps.push(Jump { note: note.clone(), lines });
            }
        }
        Code {
            id: code.id.get_ref().clone(),
            file: code.file.get_ref().clone(),
            client: client.clone(),
            text,
            jumps,
        }
    }

    /// Lines that a sample has.
    fn range(&mut self, at: &Spanned<u32>, to: Option<&Spanned<u32>>, lines: usize) -> Option<(u32, u32)> {
        let first = *at.get_ref();
        let last = to.map_or(first, |to| *to.get_ref());
        let most = u32::try_from(lines).unwrap_or(u32::MAX);
        if first >= 1 && first <= last && last <= most {
            return Some((first, last));
        }
        let place = to.filter(|_| (1..=most).contains(&first)).unwrap_or(at).span();
        self.problem(
            place,
            Text::new(
                format!("코드에 그런 줄은 없습니다. 줄은 1부터 {most}까지입니다"),
                format!("the sample has no such line; its lines are 1 to {most}"),
            ),
        );
        None
    }

    /// The statements that a beat runs.
    pub(super) fn code_lines(
        &mut self,
        file: &LessonFile,
        beat: &BeatFile,
        scene: Option<&SceneSpec>,
    ) -> Vec<CodeLine> {
        let Some(written) = &beat.lines else { return Vec::new() };
        let named = scene.and_then(|scene| scene.params.get("code")).and_then(toml::Value::as_str);
        let index = match named {
            Some(name) => file.code.iter().position(|code| code.get_ref().id.get_ref() == name),
            None if file.code.len() == 1 => Some(0),
            None => None,
        };
        let Some((code, sample)) = index.and_then(|ix| Some((ix, file.code.get(ix)?))) else {
            let problem = self.problem(
                written.span(),
                Text::new(
                    "어느 코드의 줄인지 알 수 없습니다",
                    "it is not said which code sample these lines are of",
                ),
            );
            problem.fix = Some(Text::new(
                "[[code]]를 쓰고 params = { code = \"…\" }로 고르세요",
                "write a [[code]] and choose it with params = { code = \"…\" }",
            ));
            return Vec::new();
        };
        let count = sample.get_ref().text.get_ref().trim_end().lines().count();
        let mut all = Vec::new();
        for line in written.get_ref() {
            let line = line.get_ref();
            let say = self.prose(line.say.as_ref());
            if let Some(lines) = self.range(&line.at, line.to.as_ref(), count) {
                all.push(CodeLine { code, lines, say });
            }
        }
        all
    }

    /// The script of a beat's lines: each is come to, then does what it does, then waits.
    pub(super) fn line_steps(&mut self, beat: &BeatFile, doing: &mut Vec<Placed<Step>>) {
        for (ix, line) in beat.lines.iter().flat_map(|lines| lines.get_ref()).enumerate() {
            let at = line.span();
            let text = format!("line {}", line.get_ref().at.get_ref());
            doing.push(Placed { it: Step::Line(ix), at: at.clone(), text });
            self.line_script(line.get_ref(), &at, doing);
        }
    }

    fn line_script(&mut self, line: &LineFile, at: &std::ops::Range<usize>, doing: &mut Vec<Placed<Step>>) {
        for input in line.doing.iter().flat_map(|list| list.get_ref()) {
            doing.extend(self.step(input));
        }
        for wait in self.assertions(line.until.as_ref()) {
            let it = Step::WaitUntil(wait.it);
            doing.push(Placed { it, at: wait.at, text: wait.text });
        }
        if let Some(length) = line.lasts.as_ref().and_then(|word| self.length(word)) {
            doing.push(Placed { it: Step::Wait(length), at: at.clone(), text: String::new() });
        }
    }
}
