use std::sync::Arc;

use super::*;
use crate::course::progress::Given;
use crate::course::{Course, load};
use crate::lab::scenario::Scenario;
use crate::lab::{Action, Unit};
use crate::text::Lang;

/// The complete small lesson of the manual: send, guess, crash, recap.
fn small() -> Arc<Lesson> {
    let manual = include_str!("../../../lessons/README.md");
    let (_, rest) = manual.split_once("```toml\n").unwrap();
    Arc::new(load("README.md", rest.split_once("```").unwrap().0).unwrap())
}

fn changed(from: &str, to: &str) -> Arc<Lesson> {
    let manual = include_str!("../../../lessons/README.md");
    let (_, rest) = manual.split_once("```toml\n").unwrap();
    let text = rest.split_once("```").unwrap().0;
    assert!(text.contains(from));
    Arc::new(
        load("README.md", &text.replacen(from, to, 1)).unwrap_or_else(|problems| panic!("{problems:#?}")),
    )
}

fn action(line: &str) -> Action {
    line.parse().unwrap()
}

/// Everything that a learner can see of a moment.
fn seen(player: &Player) -> (u64, u64, u64, usize, Phase, Narration) {
    let lab = player.lab();
    (lab.event(), lab.now(), lab.digest(), player.beat(), player.phase(), player.narration(Lang::Ko))
}

/// Plays to the end, as a learner who steps by `unit` would.
fn play(player: &mut Player, unit: Option<Unit>) -> Vec<(u64, u64, u64)> {
    let mut ends = Vec::new();
    for _ in 0..200_000 {
        match player.phase() {
            Phase::Asking => {
                player.answer(Given::Choice(1), 2).unwrap();
            }
            Phase::Acting => {
                player.play_for_me();
            }
            Phase::Running => {
                let moved = match unit {
                    Some(unit) => player.forward(unit),
                    None => player.go_on(),
                };
                if moved == Moved::Ended {
                    ends.push((player.lab().event(), player.lab().now(), player.lab().digest()));
                }
            }
            Phase::Rest if player.finished() => return ends,
            Phase::Rest => assert_eq!(player.go_on(), Moved::Entered),
            Phase::OffScript => panic!("left the script"),
        }
    }
    panic!("the lesson does not end");
}

#[test]
fn a_lesson_ends_the_same_however_it_is_stepped() {
    let mut leaps = Player::new(small()).unwrap();
    let expected = play(&mut leaps, None);
    assert_eq!(expected.len(), 2);
    assert_eq!(leaps.trouble(), None);
    for unit in [Unit::Event, Unit::Moment, Unit::Hop] {
        let mut steps = Player::new(small()).unwrap();
        assert_eq!(play(&mut steps, Some(unit)), expected, "{unit:?}");
    }
}

#[test]
fn back_and_on_again_shows_the_same() {
    let mut player = Player::new(small()).unwrap();
    play(&mut player, None);
    for unit in [Unit::Hop, Unit::Event] {
        let mut way = vec![seen(&player)];
        while player.back(unit) != Moved::Nothing {
            way.push(seen(&player));
        }
        assert_eq!((player.lab().event(), player.beat(), player.phase()), (0, 0, Phase::Running));
        assert!(way.len() > 8);
        player.to_end();
        assert_eq!(seen(&player), way[0]);
        // From every place on the way back, on to the end by the same unit.
        for start in (0..way.len()).step_by(way.len() / 7 + 1) {
            for _ in 0..start {
                player.back(unit);
            }
            assert_eq!(seen(&player), way[start]);
            for _ in 0..100_000 {
                if player.forward(unit) == Moved::Nothing {
                    break;
                }
            }
            assert_eq!(seen(&player), way[0], "{unit:?} from {start}");
            player.to_end();
        }
    }
}

#[test]
fn nothing_moves_past_a_prompt_and_the_answer_stays() {
    let mut player = Player::new(small()).unwrap();
    assert_eq!((player.go_on(), player.go_on()), (Moved::Ended, Moved::Entered));
    assert_eq!(player.phase(), Phase::Asking);
    let question = player.question(Lang::En).unwrap();
    assert_eq!((question.kind, question.choices.len()), (AnswerKind::Choice, 3));
    for unit in [Unit::Event, Unit::Hop] {
        assert_eq!(player.forward(unit), Moved::Prompt);
    }
    assert_eq!((player.go_on(), player.skip_to_end()), (Moved::Prompt, Moved::Prompt));
    assert!(player.answer(Given::Choice(9), 2).is_none());
    assert!(player.answer(Given::Text("b2".into()), 2).is_none());

    let event = player.lab().event();
    let feedback = player.answer(Given::Choice(2), 3).unwrap().clone();
    assert_eq!((feedback.right, feedback.sure, feedback.truth.clone()), (false, 3, Given::Choice(1)));
    assert_eq!(feedback.misconception.as_deref(), Some("M19"));
    assert_eq!(feedback.text.en, "Length is not compared: it is b2.");
    assert_eq!(feedback.text.ko, "길이를 겨루지 않고 b2를 고릅니다.");
    assert_eq!(player.lab().event(), event, "the future was thrown away");
    assert_eq!(player.phase(), Phase::Rest);

    assert_eq!(player.go_on(), Moved::Entered);
    assert_eq!(player.feedback(), None);
    assert_eq!(player.guess(), Some(&feedback));
    assert_eq!(player.back(Unit::Hop), Moved::Entered);
    assert_eq!((player.phase(), player.feedback()), (Phase::Rest, Some(&feedback)));
    assert_eq!(player.back(Unit::Hop), Moved::Entered);
    assert_eq!(player.beat(), 0);
    assert_eq!(player.forward(Unit::Hop), Moved::Entered);
    assert_eq!((player.phase(), player.feedback()), (Phase::Rest, Some(&feedback)));
    let answered = player.take_news().into_iter().filter(|news| matches!(news, News::Answered { .. }));
    assert_eq!(answered.count(), 1);
}

#[test]
fn a_prompt_can_be_skipped() {
    let mut player = Player::new(small()).unwrap();
    player.go_on();
    player.go_on();
    player.skip_question();
    let feedback = player.feedback().unwrap();
    assert_eq!((feedback.given.clone(), feedback.sure, feedback.right), (Given::Skipped, 0, false));
    assert_eq!(player.phase(), Phase::Rest);
}

#[test]
fn an_act_waits_for_its_goal_and_what_is_not_allowed_asks_to_leave() {
    let mut player = Player::resume(small(), "crash").unwrap();
    assert_eq!(player.phase(), Phase::Acting);
    assert_eq!(player.go_on(), Moved::Goal);
    assert_eq!(player.forward(Unit::Hop), Moved::Stepped);
    assert_eq!(player.hint(Lang::En).as_deref(), Some("Select b1, then press `x`."));
    assert!(player.hints_are_out());
    assert_eq!(player.act(&action("crash b2")).unwrap(), Acted::WouldLeave);
    assert!(player.lab().is_running("b2").unwrap());
    assert_eq!(player.act(&action("crash b1")).unwrap(), Acted::GoalReached);
    assert_eq!(player.phase(), Phase::Running);
    assert_eq!(player.narration(Lang::En).head, "✗ Crash b1");
    assert_eq!(player.go_on(), Moved::Ended);
    assert_eq!(player.trouble(), None);
    assert_eq!(player.narration(Lang::En).body, "b2 leads now, in epoch 1.");
    assert_eq!(player.narration(Lang::Ko).body, "b2가 에폭 1의 리더입니다.");
}

#[test]
fn leaving_the_script_keeps_its_future_and_one_step_leads_back() {
    let mut player = Player::new(small()).unwrap();
    player.go_on();
    let at = seen(&player);
    assert!(player.leave_script(&action("resume b1")).is_err());
    assert_eq!(player.lab().branches().len(), 1, "no branch for what cannot be done");
    assert_eq!(player.leave_script(&action("crash b3")).unwrap(), Acted::OffScript);
    assert_eq!((player.phase(), player.beat()), (Phase::OffScript, 0));
    player.forward(Unit::Hop);
    assert_eq!(player.act(&action("crash b2")).unwrap(), Acted::OffScript);
    assert!(player.scrubber()[0].fork);
    assert_eq!(player.previous_beat(), Moved::Stepped);
    assert_eq!(seen(&player), at);
    let ends = play(&mut player, None);
    let mut straight = Player::new(small()).unwrap();
    assert_eq!(play(&mut straight, None)[1..], ends[..]);

    // Acting in the past makes a branch too, and the script's end stays where it was.
    let end = player.lab().end();
    player.jump_to_beat(0);
    assert_eq!(player.act(&action("crash b3")).unwrap(), Acted::WouldLeave);
    player.leave_script(&action("crash b3")).unwrap();
    assert!(player.off_script());
    player.return_to_script();
    assert_eq!((player.lab().event(), player.lab().end()), (0, end));
}

#[test]
fn a_lesson_is_resumed_where_it_would_have_been() {
    let lesson = small();
    let mut straight = Player::new(lesson.clone()).unwrap();
    for beat in 0..lesson.beats.len() {
        let resumed = Player::resume(lesson.clone(), &lesson.beats[beat].id).unwrap();
        assert_eq!(seen(&resumed), seen(&straight), "{}", lesson.beats[beat].id);
        if beat + 1 < lesson.beats.len() {
            straight.play_reference();
            straight.enter(beat + 1);
        }
    }
    let unknown = Player::resume(lesson, "no-such-beat").unwrap();
    assert_eq!((unknown.beat(), unknown.lab().event()), (0, 0));
}

#[test]
fn jumps_and_beats_back_and_forth_meet_the_marks() {
    let mut player = Player::new(small()).unwrap();
    play(&mut player, None);
    assert_eq!((player.beat(), player.remember(Lang::En).len()), (3, 3));
    assert_eq!(player.links().challenge.as_deref(), Some("C18"));
    assert_eq!(player.previous_beat(), Moved::Entered);
    assert_eq!((player.beat(), player.phase()), (2, Phase::Acting));
    assert_eq!((player.previous_beat(), player.beat()), (Moved::Entered, 1));
    assert_eq!((player.previous_beat(), player.beat()), (Moved::Entered, 0));
    assert_eq!((player.previous_beat(), player.lab().event()), (Moved::Entered, 0));
    for beat in 1..4 {
        while player.go_on() != Moved::Entered {}
        assert_eq!(player.beat(), beat);
    }
    player.jump(1);
    assert_eq!((player.beat(), player.lab().event()), (0, 1));
    player.to_end();
    assert_eq!((player.beat(), player.finished()), (3, true));
    assert_eq!(player.go_on(), Moved::Nothing);
}

#[test]
fn a_run_without_end_is_bounded_and_said_so() {
    let until = "until = [\"acked('paid')\"]";
    let mut player =
        Player::new(changed(until, "until = [\"leo('orders-0') == 99\"]\nbudget = \"5s\"")).unwrap();
    assert_eq!(player.go_on(), Moved::Ended);
    assert_eq!(player.trouble(), Some(Trouble::Stuck));
    assert!((5_000_000..6_000_000).contains(&player.lab().now()), "{}", player.lab().now());
    let mut steps = Player::new(player.lesson().clone()).unwrap();
    while steps.phase() == Phase::Running {
        steps.forward(Unit::Hop);
    }
    assert_eq!(steps.trouble(), Some(Trouble::Stuck));
}

#[test]
fn a_beat_that_needs_what_is_not_there_does_not_begin() {
    let needs = "id = \"crash\"\nkind = \"act\"\n";
    let mut player = Player::new(changed(needs, &format!("{needs}needs = [\"!up('b3')\"]\n"))).unwrap();
    player.go_on();
    player.go_on();
    player.skip_question();
    assert_eq!(player.next_fits(), Some(Trouble::Needs));
    assert_eq!(player.go_on(), Moved::Apart);
    assert_eq!(player.beat(), 1);
}

#[test]
fn numbers_and_points_are_judged_by_the_state() {
    let choices = {
        let manual = include_str!("../../../lessons/README.md");
        let at = manual.find("choice = [\n").unwrap();
        let end = manual[at..].find("]\n").unwrap() + at + 2;
        manual[at..end].to_owned()
    };
    for (kind, value, right, wrong) in
        [("number", "leo('orders-0') + 1000", "1 002", "1003"), ("point", "leader('orders-0')", "b2", "b3")]
    {
        let written = format!(
            "answer = \"{kind}\"\nvalue = \"{value}\"\nwhy = {{ ko = \"{{leader('orders-0')|을}}\", en = \"x\" }}\n"
        );
        for (given, expected) in [(right, true), (wrong, false)] {
            let mut player = Player::resume(changed(&choices, &written), "guess").unwrap();
            let feedback = player.answer(Given::Text(given.into()), 1).unwrap();
            assert_eq!((feedback.right, feedback.text.ko.as_str()), (expected, "b2를"), "{kind} {given}");
        }
    }
}

#[test]
fn the_tour_can_be_played_by_hand() {
    let mut player = Player::new(Course::embedded().open("tour").unwrap()).unwrap();
    let mut beats = Vec::new();
    while !player.finished() {
        match player.phase() {
            Phase::Running => assert_eq!(player.go_on(), Moved::Ended),
            Phase::Rest => assert_eq!(player.go_on(), Moved::Entered),
            Phase::Asking => assert!(player.answer(Given::Choice(2), 2).unwrap().right),
            Phase::Acting if player.current().id == "kill" => {
                assert_eq!(player.act(&action("crash b3")).unwrap(), Acted::GoalReached);
            }
            Phase::Acting => assert_eq!(player.act(&action("start b3")).unwrap(), Acted::GoalReached),
            Phase::OffScript => panic!("left the script"),
        }
        assert_eq!(player.trouble(), None, "{}", player.current().id);
    }
    for news in player.take_news() {
        if let News::Entered { beat, .. } = news {
            beats.push(beat);
        }
    }
    let all: Vec<&str> = player.lesson().beats.iter().map(|beat| beat.id.as_str()).collect();
    assert_eq!(beats, all);
}

/// A small generator, so that the test is the same everywhere.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn wish(player: &mut Player, dice: &mut Dice) {
    let units = [Unit::Event, Unit::Moment, Unit::Hop];
    let unit = units[dice.roll(3) as usize];
    let lines = [
        "crash b1",
        "crash b2",
        "start b1",
        "start b2",
        "pause b3",
        "resume b3",
        "produce p --key x",
        "cut b1",
    ];
    let deed = action(lines[dice.roll(lines.len() as u64) as usize]);
    match dice.roll(16) {
        0..=3 => drop(player.forward(unit)),
        4..=5 => drop(player.back(unit)),
        6 => drop(player.go_on()),
        7 => drop(player.previous_beat()),
        8 => drop(player.answer(Given::Choice(dice.roll(5) as u16), 2).cloned()),
        9 => player.skip_question(),
        10 => drop(player.act(&deed)),
        11 => drop(player.leave_script(&deed)),
        12 => player.jump(dice.roll(400)),
        13 => drop(player.jump_to_beat(dice.roll(5) as usize)),
        14 => drop(player.hint(Lang::Ko)),
        _ => {
            let branches = player.lab().branches();
            player.switch(branches[dice.roll(branches.len() as u64) as usize].id);
        }
    }
}

#[test]
fn whatever_a_learner_wishes_the_script_is_never_written_over() {
    for seed in 0..6 {
        let (mut player, mut dice) = (Player::new(small()).unwrap(), Dice(seed));
        for _ in 0..120 {
            wish(&mut player, &mut dice);
            assert!(player.narration(Lang::En).head.len() < 200);
            assert_eq!(player.scrubber().len(), 4);
            assert_eq!(player.off_script(), player.phase() == Phase::OffScript);
        }
        player.return_to_script();
        player.to_end();
        play(&mut player, None);
        // Whatever was done elsewhere, on the script there is the script and the one act that it allows.
        let done: Vec<String> = player.lab().journal().iter().map(|input| input.action.to_string()).collect();
        assert_eq!(done, ["produce p --key user_2 --id paid", "crash b1"], "seed {seed}");
        let replayed = Scenario::record(player.lab()).replay().unwrap();
        assert_eq!(replayed.lab.digest(), player.lab().digest(), "seed {seed}");
        assert_eq!(player.lab().broken_laws(), [], "seed {seed}");
    }
}

/// Two labs that differ in `acks`: what is shown, spoken of and asserted, by side.
const TWO_LABS: &str = r#"
format = 1
id = "two-acks"
number = "97"
title = { ko = "둘", en = "Two" }
[compare]
of = "p"
key = "acks"
values = ["1", "all"]
[cluster]
brokers = 3
[[cluster.topic]]
name = "orders"
replicas = [[1, 2, 3]]
[[cluster.producer]]
id = "p"
topics = ["orders"]
[[beat]]
id = "send"
kind = "run"
scene = "cluster"
do = ["produce p --id a"]
until = ["acked('a')"]
say = { ko = "● 왼쪽 {config('p', 'acks')}", en = "● left {config('p', 'acks')}" }
expect = ["acked('a')", { lab = "right", now = "!acked('a')" }]
[[beat]]
id = "guess"
kind = "predict"
of = "both"
ask = { ko = "누가 늦을까요?", en = "Who is later?" }
choice = [
  { when = "left.acked_at('a') < right.acked_at('a')", ko = "오른쪽", en = "right", why = { ko = "네.", en = "Yes." } },
  { when = "left.acked_at('a') >= right.acked_at('a')", ko = "왼쪽", en = "left", why = { ko = "아니요.", en = "No." } },
]
[[beat]]
id = "both"
kind = "compare"
say = { ko = "● {left.config('p', 'acks')}, {right.config('p', 'acks')}", en = "● {left.config('p', 'acks')}, {right.config('p', 'acks')}" }
expect = ["acked('a')", "left.leo('orders-0') == right.leo('orders-0')"]
[[beat]]
id = "crash"
kind = "act"
side = "right"
goal = ["!up('b1')"]
do = ["crash b1"]
until = [{ lab = "both", now = "leader('orders-0') == 'b2'" }]
say = { ko = "✗ {config('p', 'acks')}", en = "✗ {config('p', 'acks')}" }
expect = ["leader('orders-0') == 'b2'", { lab = "left", ever = "leader('orders-0') == 'b1'" }]
[[beat]]
id = "recap"
kind = "recap"
remember = { ko = ["하나", "둘", "셋"], en = ["one", "two", "three"] }
"#;

fn two_labs() -> Player {
    Player::new(Arc::new(load("97-two-acks.toml", TWO_LABS).unwrap())).unwrap()
}

#[test]
fn a_lesson_of_two_labs_speaks_of_the_side_it_shows() {
    let mut player = two_labs();
    player.go_on();
    assert_eq!((player.phase(), player.trouble()), (Phase::Rest, None));
    assert_eq!(player.narration(Lang::En).head, "● left 1");
    player.go_on();
    let feedback = player.answer(Given::Choice(1), 3).unwrap();
    assert!(feedback.right);
    player.go_on();
    assert_eq!((player.kind(), player.side()), (Kind::Compare, crate::lab::Sides::Both));
    player.go_on();
    assert_eq!(player.trouble(), None);
    assert_eq!(player.narration(Lang::En).head, "● 1, all");
    player.go_on();
    assert_eq!(player.narration(Lang::En).head, "✗ all");
    assert_eq!(player.act(&action("crash b1")), Ok(Acted::GoalReached));
    player.go_on();
    assert_eq!((player.phase(), player.trouble()), (Phase::Rest, None));
}

#[test]
fn two_labs_go_back_and_forth_together() {
    let mut played = two_labs();
    let ends = play(&mut played, None);
    for unit in [Unit::Hop, Unit::Instant] {
        let mut stepped = two_labs();
        assert_eq!(play(&mut stepped, Some(unit)), ends, "{unit:?}");
        let place =
            |player: &Player| (player.labs().event(), player.labs().now(), player.beat(), player.phase());
        let end = place(&stepped);
        let mut places = vec![end];
        while stepped.back(unit) != Moved::Nothing {
            places.push(place(&stepped));
        }
        assert_eq!(place(&stepped).0, 0);
        assert!(places.windows(2).all(|pair| pair[1].1 <= pair[0].1), "{places:?}");
        stepped.to_end();
        assert_eq!(place(&stepped), end);
    }
    // Off script both are left, and both come back.
    played.jump_to_beat(0);
    played.leave_script(&action("crash b2")).unwrap();
    let both = |player: &Player, id: &str| {
        use crate::lab::Side::{Left, Right};
        [Left, Right].map(|side| player.labs().lab(side).is_running(id))
    };
    assert_eq!(both(&played, "b2"), [Some(false); 2]);
    played.return_to_script();
    assert_eq!(both(&played, "b2"), [Some(true); 2]);
}

#[test]
fn a_lesson_of_two_labs_is_checked() {
    let course = Course::from_files([("9-more/97-two-acks.toml".to_owned(), TWO_LABS.to_owned())]);
    let report = crate::course::check(&course, None);
    assert!(report.is_clean(), "{}", report.text(Lang::En, false));
    let wrong = TWO_LABS.replace("\"acked('a')\", \"left.leo", "\"acked_at('a') == 1\", \"left.leo");
    let course = Course::from_files([("9-more/97-two-acks.toml".to_owned(), wrong)]);
    let report = crate::course::check(&course, None);
    let details: Vec<&str> = report.failures[0].details.iter().map(|text| text.en.as_str()).collect();
    assert_eq!(details.iter().filter(|line| line.ends_with("lab:")).count(), 2, "{details:?}");
}

/// The small lesson with a program: its first beat runs two statements.
fn with_a_program() -> Arc<Lesson> {
    let manual = include_str!("../../../lessons/README.md");
    let (_, rest) = manual.split_once("```toml\n").unwrap();
    let text = rest.split_once("```").unwrap().0;
    let program = "[[code]]\nid = \"one\"\nfile = \"one.py\"\nclient = \"p\"\ntext = '''\ndef f(err, msg):\n    pass\n\
                   p.produce('orders')\np.flush()\n'''\non = [{ note = \"CallbackRun\", at = 1, to = 2 }]\n\n[[beat]]";
    let text = text.replacen("[[beat]]", program, 1).replacen(
        "do = [\"produce p --key user_2 --id paid\"]",
        "lines = [{ at = 3, do = [\"produce p --key user_2 --id paid\"], say = { ko = \"● 셋\", en = \"● Three\" } }, \
         { at = 4, do = [\"flush p\"], until = [\"acked('paid')\"] }]",
        1,
    );
    Arc::new(load("small", &text).unwrap_or_else(|problems| panic!("{problems:#?}")))
}

fn stands(player: &Player) -> (Option<u32>, Option<u32>) {
    let code = player.code().unwrap();
    (code.at.map(|(line, _)| line), code.inside.map(|(line, _)| line))
}

#[test]
fn a_program_stops_at_each_of_its_lines_and_goes_back_over_them() {
    let mut player = Player::new(with_a_program()).unwrap();
    assert_eq!(stands(&player), (None, None));
    assert_eq!(player.forward(Unit::Hop), Moved::Line);
    assert_eq!(stands(&player), (Some(3), None));
    assert_eq!(player.narration(Lang::En).head, "● Three");
    let leo = |player: &Player| player.lab().view().brokers[0].replicas[0].log_end;
    let before = leo(&player);
    let produces = player.lab().view().messages.iter().filter(|m| m.api == "Produce").count();
    assert_eq!(produces, 0, "produce() has only put it into a queue");
    assert_eq!(player.forward(Unit::Hop), Moved::Line);
    assert_eq!(stands(&player), (Some(4), None), "flush() is called; nothing has happened yet");
    assert_eq!(leo(&player), before);
    let mut ended = Moved::Nothing;
    for _ in 0..20 {
        ended = player.forward(Unit::Hop);
        if ended == Moved::Ended {
            break;
        }
    }
    assert_eq!(ended, Moved::Ended);
    assert_eq!(stands(&player), (Some(4), Some(1)), "the callback runs inside flush()");
    let end = seen(&player);
    let mut met = Vec::new();
    while player.back(Unit::Event) != Moved::Nothing {
        met.push(stands(&player).0);
    }
    met.dedup();
    assert_eq!(met, [Some(4), Some(3), None]);
    for _ in 0..200 {
        if player.phase() == Phase::Rest {
            break;
        }
        player.forward(Unit::Event);
    }
    assert_eq!((seen(&player), stands(&player)), (end, (Some(4), Some(1))));
}

#[test]
fn a_program_ends_the_same_however_it_is_stepped() {
    let mut leaps = Player::new(with_a_program()).unwrap();
    let expected = play(&mut leaps, None);
    for unit in [Unit::Event, Unit::Moment, Unit::Hop, Unit::Instant] {
        let mut steps = Player::new(with_a_program()).unwrap();
        assert_eq!(play(&mut steps, Some(unit)), expected, "{unit:?}");
    }
}
