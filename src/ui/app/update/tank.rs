//! Commands in a lesson or the sandbox.

use super::{film, go_home};
use crate::course::player::{Acted, Moved, News, Phase};
use crate::course::progress::{Answer, Given};
use crate::lab::{Action, Side, Unit};
use crate::text::t;
use crate::ui::app::command::{Command, Context};
use crate::ui::app::key::{Code, Key};
use crate::ui::app::line::CommandLine;
use crate::ui::app::menu::Menu;
use crate::ui::app::message::Effect;
use crate::ui::app::play::Play;
use crate::ui::app::state::{Ask, Overlay, Screen, State};
use crate::ui::app::tank::{Pane, Tank};
use crate::ui::app::work::Work;

pub(super) fn run(state: &mut State, command: Command) -> Vec<Effect> {
    let compares = state.tank().is_some_and(|tank| matches!(tank.play, Play::Futures(_)));
    match command {
        Command::Break | Command::Prompt | Command::Fork if compares => {
            let text = t(state.lang(), "branch.only_looked_at").to_owned();
            state.say(text, false);
        }
        Command::PreviousBeat if compares => compare_no_more(state),
        Command::Branches if compares => {
            compare_no_more(state);
            state.overlays.push(Overlay::Branches { row: 0 });
        }
        Command::Quit => go_home(state),
        Command::NextBeat => next_beat(state),
        Command::Break => open_menu(state),
        Command::Prompt => state.overlays.push(Overlay::Line(CommandLine::default())),
        Command::Events => state.overlays.push(Overlay::Events { back: 0 }),
        Command::Branches => state.overlays.push(Overlay::Branches { row: 0 }),
        Command::Why => why(state),
        Command::Fork => fork(state),
        Command::Hint => hint(state),
        Command::Choose => choose(state, None),
        Command::Close => close(state),
        _ => {
            let film = film(state);
            if let Some(tank) = state.tank_mut() {
                move_in_time(tank, command, film);
                look(tank, command);
                answer_rows(tank, command);
            }
        }
    }
    Vec::new()
}

fn move_in_time(tank: &mut Tank, command: Command, film: bool) {
    let scrubs = tank.pane == Pane::Scrubber;
    match command {
        Command::NextHop if scrubs => scrub(tank, true),
        Command::PreviousHop if scrubs => scrub(tank, false),
        Command::NextHop => {
            let beat = tank.play.player().map(crate::course::player::Player::beat);
            tank.next_hop(film);
            if tank.play.player().map(crate::course::player::Player::beat) != beat {
                tank.begin_beat(film);
            }
        }
        Command::PreviousHop => back(tank, Unit::Hop),
        Command::PreviousEvent => back(tank, Unit::Event),
        Command::NextEvent => {
            tank.film.playing = false;
            tank.finish();
            tank.play.forward(Unit::Event);
            tank.snap();
        }
        Command::PreviousBeat => {
            tank.film.playing = false;
            if let Some(player) = tank.play.player_mut() {
                player.previous_beat();
            }
            tank.snap();
        }
        Command::Open if !scrubs => {}
        Command::PlayPause | Command::Open => {
            tank.film.playing = !tank.film.playing;
            if tank.film.playing && !tank.film.is_moving() {
                tank.tick(0, film);
            }
        }
        Command::Faster => tank.film.speed = tank.film.speed.faster(),
        Command::Slower => tank.film.speed = tank.film.speed.slower(),
        Command::ToStart => jump(tank, |play| match play {
            Play::Lesson(player) => player.to_start(),
            Play::Sandbox(lab) => lab.seek(0),
            Play::Futures(futures) => futures.pair.seek(0),
        }),
        Command::ToEnd => jump(tank, |play| match play {
            Play::Lesson(player) => player.to_end(),
            Play::Sandbox(lab) => lab.seek(lab.end()),
            Play::Futures(futures) => futures.pair.seek(futures.pair.end()),
        }),
        _ => {}
    }
}

fn back(tank: &mut Tank, unit: Unit) {
    tank.film.playing = false;
    tank.play.back(unit);
    tank.snap();
}

fn jump(tank: &mut Tank, to: impl FnOnce(&mut Play)) {
    tank.film.playing = false;
    to(&mut tank.play);
    tank.snap();
}

/// To another moment, from the scrubber.
pub(super) fn seek(state: &mut State, to: impl FnOnce(&mut Play)) -> Vec<Effect> {
    if let Some(tank) = state.tank_mut() {
        tank.finish();
        jump(tank, to);
    }
    Vec::new()
}

fn look(tank: &mut Tank, command: Command) {
    match command {
        Command::SelectNext => tank.select(true),
        Command::SelectPrevious => tank.select(false),
        Command::Open if tank.pane == Pane::Scrubber => {}
        Command::Open if tank.selected.is_none() => tank.select(true),
        Command::Open if tank.scene_name() == "ladder" && tank.inspecting => {
            if let Some(event) = tank.selected_event() {
                tank.inspecting = false;
                let side = tank.side;
                jump(tank, |play| play.jump_on(side, event));
            }
        }
        Command::Open => tank.inspecting = !tank.inspecting,
        Command::ToggleQuiet => {
            tank.quiet_too = !tank.quiet_too;
            tank.tell();
        }
        Command::More => tank.more = !tank.more,
        Command::Ladder if tank.scene_name() != "ladder" => other_scene(tank, Some("ladder")),
        Command::Ladder => {
            let own = tank.play.player().is_some_and(|player| player.scene().name == "ladder");
            other_scene(tank, own.then_some("cluster"));
        }
        Command::OtherSide if tank.beside.is_some() => {
            tank.side = if tank.side == Side::Left { Side::Right } else { Side::Left };
            tank.selected = None;
            tank.inspecting = false;
        }
        Command::Difference => {
            let event = tank.tale.difference.as_ref().and_then(|found| {
                let (side, told) = match (&found.left, &found.right) {
                    (Some(told), _) if told.line.at.unsigned_abs() == found.at => (Side::Left, told),
                    (_, Some(told)) => (Side::Right, told),
                    (Some(told), None) => (Side::Left, told),
                    (None, None) => return None,
                };
                Some((side, u64::try_from(told.line.event).unwrap_or(0)))
            });
            if let Some((side, event)) = event {
                jump(tank, |play| play.jump_on(side, event));
            }
        }
        Command::OtherScene => {
            let program = tank.play.player().is_some_and(|player| player.code().is_some());
            let fitting = crate::scene::fitting(tank.film.shown(), program);
            let at = fitting.iter().position(|name| *name == tank.scene_name());
            tank.scene = fitting.get(at.map_or(0, |at| (at + 1) % fitting.len())).copied();
        }
        _ => {}
    }
}

/// The person looks at another scene, or at the lesson's own again.
fn other_scene(tank: &mut Tank, scene: Option<&'static str>) {
    tank.scene = scene;
    tank.selected = None;
    tank.inspecting = false;
    tank.tell();
}

/// With the focus on the scrubber, left and right jump: from beat to beat, or by a twentieth of a sandbox's history.
fn scrub(tank: &mut Tank, forward: bool) {
    const PARTS: u64 = 20;
    jump(tank, |play| match play {
        Play::Lesson(player) => {
            let beat = player.beat();
            player.jump_to_beat(if forward { beat + 1 } else { beat.saturating_sub(1) });
        }
        Play::Sandbox(_) | Play::Futures(_) => {
            let (at, end) = play.progress();
            let part = end.div_ceil(PARTS);
            play.jump(if forward { (at + part).min(end) } else { at.saturating_sub(part) });
        }
    });
}

fn answer_rows(tank: &mut Tank, command: Command) {
    let choices =
        tank.play.player().and_then(|p| p.question(crate::text::Lang::En)).map_or(0, |q| q.choices.len());
    let rows = if tank.prompt.picked.is_some() { 3 } else { choices };
    match command {
        Command::ChoiceDown => tank.prompt.row = (tank.prompt.row + 1).min(rows.saturating_sub(1)),
        Command::ChoiceUp => tank.prompt.row = tank.prompt.row.saturating_sub(1),
        Command::SkipPrompt if tank.prompt.picked.is_some() => {
            tank.prompt = crate::ui::app::tank::Prompt::default()
        }
        Command::SkipPrompt => {
            if let Some(player) = tank.play.player_mut() {
                player.skip_question();
            }
            tank.snap();
        }
        _ => {}
    }
}

/// One layer closes: the selection, the text for the curious, the other scene; then home.
fn close(state: &mut State) {
    let Some(tank) = state.tank_mut() else { return };
    if tank.inspecting {
        tank.inspect_back();
    } else if tank.selected.is_some() || tank.pane == Pane::Scrubber {
        tank.selected = None;
        tank.pane = Pane::Stage;
    } else if tank.more {
        tank.more = false;
    } else if matches!(tank.play, Play::Futures(_)) {
        compare_no_more(state);
    } else if tank.scene.is_some() {
        tank.scene = None;
    } else {
        go_home(state);
    }
}

/// Back from two branches to the one that was played.
fn compare_no_more(state: &mut State) {
    if let Some(tank) = state.tank_mut()
        && tank.play.compare_no_more()
    {
        tank.film.playing = false;
        tank.selected = None;
        tank.snap();
    }
}

/// Puts the present branch and another one of the list side by side, from the moment at which they part.
pub(super) fn compare(state: &mut State, row: usize) {
    let lang = state.lang();
    let Some(tank) = state.tank_mut() else { return };
    tank.film.playing = false;
    tank.finish();
    if tank.play.compare(row) {
        tank.selected = None;
        tank.inspecting = false;
        tank.snap();
    } else {
        let text = t(lang, "branch.choose_another").to_owned();
        state.say(text, false);
    }
}

/// Space: to the end of the run, or the next beat. Nothing passes an open prompt or an unreached goal.
fn next_beat(state: &mut State) {
    let film = film(state);
    let Some(tank) = state.tank_mut() else { return };
    tank.finish();
    let Some(player) = tank.play.player_mut() else {
        tank.film.playing = false;
        tank.play.forward(Unit::Hop);
        tank.snap();
        return;
    };
    if player.is_running() {
        return tank.skip(film);
    }
    let finished = player.finished();
    match player.go_on() {
        Moved::Entered => tank.begin_beat(film),
        Moved::Apart => ask(state, Ask::Apart),
        Moved::Nothing if finished => go_home(state),
        Moved::Goal => {
            tank.snap();
            let text = t(state.lang(), "app.goal_first").to_owned();
            state.say(text, false);
        }
        Moved::Prompt => {
            tank.snap();
            let text = t(state.lang(), "app.answer_first").to_owned();
            state.say(text, false);
        }
        Moved::Ended | Moved::Stepped | Moved::Line | Moved::Nothing => {
            tank.film.playing = false;
            tank.snap();
        }
    }
}

/// Why the selected thing is as it is; without one, why the last thing happened.
fn why(state: &mut State) {
    let Some(tank) = state.tank_mut() else { return };
    tank.film.playing = false;
    tank.finish();
    let side = tank.side;
    let why = Box::new(tank.play.lab_of(side).why(&tank.subject()));
    state.overlays.push(Overlay::Why { why, side, row: 0 });
}

fn ask(state: &mut State, ask: Ask) {
    state.overlays.push(Overlay::Question { ask, row: 0 });
}

fn open_menu(state: &mut State) {
    let Some(tank) = state.tank_mut() else { return };
    tank.film.playing = false;
    tank.finish();
    let menu = Menu::of(tank);
    state.overlays.push(Overlay::Break(menu));
}

fn fork(state: &mut State) {
    let Some(tank) = state.tank_mut() else { return };
    tank.film.playing = false;
    tank.play.fork();
    tank.snap();
    let text = t(state.lang(), "branch.begun").to_owned();
    state.say(text, false);
}

/// A hint; when all are out, the reference path is played.
fn hint(state: &mut State) {
    let (lang, film) = (state.lang(), film(state));
    let Some(tank) = state.tank_mut() else { return };
    let Some(player) = tank.play.player_mut() else { return };
    if player.phase() == Phase::Acting && player.hints_are_out() {
        player.play_for_me();
        tank.begin_beat(film);
    } else {
        tank.hint = player.hint(lang);
    }
}

/// A choice is made, then a confidence; both by digit, or by row and Enter (Enter alone = middle).
pub(super) fn choose(state: &mut State, digit: Option<usize>) {
    let (lang, film) = (state.lang(), film(state));
    let Some(tank) = state.tank_mut() else { return };
    let Some(player) = tank.play.player_mut() else { return };
    let choices = player.question(lang).map_or(0, |q| q.choices.len());
    match tank.prompt.picked {
        None => {
            let choice = digit.unwrap_or(tank.prompt.row + 1);
            if (1..=choices).contains(&choice) {
                tank.prompt.picked = Some(choice);
                tank.prompt.row = 1;
            }
        }
        Some(choice) => {
            let sure = digit.unwrap_or(tank.prompt.row + 1).clamp(1, 3);
            let given = Given::Choice(u16::try_from(choice).unwrap_or(0));
            let sure = u8::try_from(sure).unwrap_or(2);
            if let Some((future, of)) = player.foreseen() {
                tank.set_to_work(Work::Foresee { future, of, given, sure }, film);
            }
        }
    }
}

/// Digits: a choice in a prompt, a broker elsewhere.
pub(super) fn press_digit(state: &mut State, context: Context, key: Key) -> Vec<Effect> {
    let Code::Char(c) = key.code else { return Vec::new() };
    let Some(digit) = c.to_digit(10).filter(|d| *d > 0) else { return Vec::new() };
    let digit = digit as usize;
    match context {
        Context::Prompt => choose(state, Some(digit)),
        Context::Tank | Context::Inspector => {
            if let Some(tank) = state.tank_mut() {
                let id = tank.film.shown().brokers.get(digit - 1).map(|b| b.id.clone());
                if id.is_some() {
                    tank.pane = Pane::Stage;
                    tank.selected = id;
                }
            }
        }
        _ => {}
    }
    Vec::new()
}

/// Carries out an action of the learner; asks first if it would leave the script.
pub(super) fn act(state: &mut State, action: &Action) -> Result<(), String> {
    let (lang, film) = (state.lang(), film(state));
    let Some(tank) = state.tank_mut() else { return Ok(()) };
    tank.film.playing = false;
    tank.finish();
    match tank.play.act(action) {
        // What cannot be done at all is said at once; only what would work is worth the question.
        Ok(Acted::WouldLeave) => match tank.play.lab().clone().act(action) {
            Ok(_) => ask(state, Ask::LeaveScript(Box::new(action.clone()))),
            Err(error) => return Err(error.message.get(lang).to_owned()),
        },
        Ok(Acted::GoalReached) => tank.begin_beat(film),
        Ok(Acted::OnScript | Acted::OffScript) => {
            tank.snap();
            tank.film.playing = film;
        }
        Err(error) => return Err(error.message.get(lang).to_owned()),
    }
    Ok(())
}

/// The action is done although it leaves the script.
pub(super) fn leave_script(state: &mut State, action: &Action) {
    let (lang, film) = (state.lang(), film(state));
    let Some(tank) = state.tank_mut() else { return };
    let Some(player) = tank.play.player_mut() else { return };
    match player.leave_script(action) {
        Ok(_) => {
            tank.snap();
            tank.film.playing = film;
        }
        Err(error) => {
            let text = error.message.get(lang).to_owned();
            state.say(text, true);
        }
    }
}

/// The tank is not as the lesson needs it: back to the beat before, or on without the lesson.
pub(super) fn settle_apart(state: &mut State, alone: bool) {
    let Some(tank) = state.tank_mut() else { return };
    if alone {
        let lab = tank.play.lab().clone();
        tank.play = Play::Sandbox(Box::new(lab));
    } else if let Some(player) = tank.play.player_mut() {
        player.previous_beat();
    }
    tank.snap();
}

/// Progress follows what the player reports.
pub(super) fn keep_progress(state: &mut State) -> Vec<Effect> {
    let Screen::Tank(tank) = &mut state.screen else { return Vec::new() };
    if tank.work.is_some() {
        return Vec::new();
    }
    let Some(player) = tank.play.player_mut() else { return Vec::new() };
    let lesson = player.lesson().clone();
    let news = player.take_news();
    if news.is_empty() {
        return Vec::new();
    }
    for item in news {
        match item {
            News::Entered { beat, last } => {
                state.progress.enter(&lesson.id, &beat, last, |id| lesson.beat(id));
            }
            News::Answered { beat, feedback } => state.progress.answers.push(Answer {
                lesson: lesson.id.clone(),
                beat,
                choice: feedback.given,
                right: feedback.right,
                sure: feedback.sure,
                misconceptions: feedback.misconception.into_iter().collect(),
                day: state.settings.today.clone(),
            }),
        }
    }
    vec![Effect::SaveProgress(Box::new(state.progress.clone()))]
}

/// A scenario file was read: open it in the sandbox, where it was left.
pub(super) fn file_read(state: &mut State, path: &str, text: Result<String, String>) -> Vec<Effect> {
    let lang = state.lang();
    let why = |e: crate::lab::ScenarioError| e.message.get(lang).to_owned();
    match text.and_then(|text| crate::lab::Scenario::parse(&text).map_err(why)) {
        Ok(scenario) => state.open_replayed(&scenario, path, scenario.title.is_some()),
        Err(why) => {
            let text = crate::text::tf(lang, "file.not_read", &[("path", &path), ("why", &why)]);
            state.say(text, true);
        }
    }
    Vec::new()
}
