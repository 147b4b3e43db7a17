//! The engine with toy processes: a client that asks, a server that answers.

use super::{
    Body, CloseWhy, Conn, Cx, Envelope, Fault, Lane, Loss, LossWhy, Micros, Node, NodeId, Note, RuleAction,
    Tier, World,
};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Talk {
    Ask(u32),
    Tell(u32),
}

impl Body for Talk {
    fn api(&self) -> &'static str {
        "Talk"
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Seen {
    Answer(u32),
    Closed(&'static str),
    Woke,
}

#[derive(Clone, Default)]
struct Toy {
    served: u32,
    kept: u32,
}

impl Node for Toy {
    type Body = Talk;
    type Timer = u8;
    type Note = Seen;
    type Command = (NodeId, u32);
    type Shared = ();

    fn start(&mut self, cx: &mut Cx<'_, Self>) {
        cx.set_clock(0, Micros::secs(1));
    }
    fn crash(&mut self, _: Loss) {
        self.served = 0;
    }
    fn on_message(&mut self, cx: &mut Cx<'_, Self>, m: &Envelope<Talk>) {
        match m.body {
            Talk::Ask(n) => {
                self.served += 1;
                self.kept += 1;
                cx.answer(m.conn, m.id, false, Talk::Tell(n));
            }
            Talk::Tell(n) => cx.note(Seen::Answer(n)),
        }
    }
    fn on_timer(&mut self, cx: &mut Cx<'_, Self>, _: u8) {
        cx.note(Seen::Woke);
    }
    fn on_closed(&mut self, cx: &mut Cx<'_, Self>, _: Conn, why: CloseWhy) {
        cx.note(Seen::Closed(why.name()));
    }
    fn on_command(&mut self, cx: &mut Cx<'_, Self>, (to, n): (NodeId, u32)) {
        for ask in 0..n {
            cx.send(to, Lane(0), false, Talk::Ask(ask));
        }
    }
}

const CLIENT: NodeId = NodeId(0);
const SERVER: NodeId = NodeId(1);

fn tank() -> World<Toy> {
    let mut world = World::new(7, ());
    world.add(Toy::default(), Tier::Client);
    world.add(Toy::default(), Tier::Server);
    world.begin_input(0);
    world.start(CLIENT);
    world.start(SERVER);
    world
}

fn ask(world: &mut World<Toy>, n: u32) {
    world.begin_input(1);
    world.command(CLIENT, (SERVER, n));
}

/// Runs to the end and gives what the client saw, with the virtual ms.
fn run(world: &mut World<Toy>) -> Vec<(u64, Seen)> {
    let mut seen = Vec::new();
    while world.step().is_some() {
        for rec in world.notes() {
            if let (Some(CLIENT), Note::Domain(note)) = (rec.node, &rec.note) {
                seen.push((rec.at.as_ms(), note.clone()));
            }
        }
    }
    seen
}

fn losses(world: &mut World<Toy>) -> Vec<LossWhy> {
    let mut found = Vec::new();
    while world.step().is_some() {
        found.extend(world.notes().iter().filter_map(|rec| match rec.note {
            Note::MessageLost { why, .. } => Some(why),
            _ => None,
        }));
    }
    found
}

#[test]
fn answers_come_after_two_delays_in_the_order_of_asking() {
    let mut world = tank();
    ask(&mut world, 3);
    let answers: Vec<_> = (0..3).map(|n| (10, Seen::Answer(n))).collect();
    assert_eq!(run(&mut world), [answers, vec![(1000, Seen::Woke)]].concat());
}

#[test]
fn a_dropped_message_takes_the_rest_of_its_direction_with_it() {
    let mut world = tank();
    world.begin_input(1);
    let action = RuleAction::Drop;
    world.fault(Fault::Rule { from: Some(CLIENT), to: Some(SERVER), api: None, answer: None, action });
    ask(&mut world, 2);
    assert_eq!(losses(&mut world), [LossWhy::Rule, LossWhy::Broken]);
    assert!(world.rules().is_empty(), "a rule is used once");
}

#[test]
fn a_cut_holds_what_is_on_the_link_and_healing_delivers_it_in_order() {
    let mut world = tank();
    world.begin_input(1);
    world.fault(Fault::Cut { a: SERVER, b: None });
    ask(&mut world, 2);
    for _ in 0..2 {
        world.step();
    }
    assert!(world.flights().all(|flight| flight.held));
    world.begin_input(2);
    world.fault(Fault::Heal { a: Some(SERVER), b: None });
    let seen = run(&mut world);
    assert_eq!(seen[..2], [(15, Seen::Answer(0)), (15, Seen::Answer(1))]);
}

#[test]
fn a_crash_resets_connections_and_loses_what_is_volatile_and_a_power_loss_is_silent() {
    for (loss, told) in [(Loss::Process, true), (Loss::Power, false)] {
        let mut world = tank();
        ask(&mut world, 1);
        world.step();
        world.begin_input(2);
        assert!(world.crash(SERVER, loss));
        assert_eq!((world.node(SERVER).served, world.node(SERVER).kept), (0, 1));
        let closed = run(&mut world).iter().any(|(_, seen)| *seen == Seen::Closed("reset"));
        assert_eq!(closed, told, "{loss:?}");
    }
}

#[test]
fn nobody_listens_on_a_process_that_is_down() {
    let mut world = tank();
    world.begin_input(1);
    world.crash(SERVER, Loss::Process);
    ask(&mut world, 1);
    let seen = run(&mut world);
    assert_eq!(seen[0], (10, Seen::Closed("refused")));
}

#[test]
fn a_paused_process_gets_everything_later_in_its_old_order() {
    let mut world = tank();
    ask(&mut world, 2);
    world.begin_input(2);
    world.pause(SERVER);
    while world.next_at().is_some_and(|at| at < Micros::secs(3)) && world.step().is_some() {}
    assert_eq!(world.node(SERVER).kept, 0);
    world.begin_input(3);
    world.resume(SERVER);
    let seen = run(&mut world);
    assert_eq!(world.node(SERVER).kept, 2);
    assert!(matches!(seen[..], [(_, Seen::Answer(0)), (_, Seen::Answer(1))]), "{seen:?}");
}

#[test]
fn a_clone_is_a_checkpoint_and_equal_inputs_give_equal_digests() {
    let mut world = tank();
    ask(&mut world, 5);
    for _ in 0..4 {
        world.step();
    }
    let mut copy = world.clone();
    assert_eq!(run(&mut world), run(&mut copy));
    assert_eq!(world.digest(), copy.digest());
}

#[test]
fn a_slow_link_and_a_duplicate() {
    let mut world = tank();
    world.begin_input(1);
    world.fault(Fault::Delay { from: SERVER, to: CLIENT, delay: Micros::ms(100) });
    let action = RuleAction::Duplicate;
    world.fault(Fault::Rule { from: Some(CLIENT), to: None, api: Some("Talk"), answer: Some(false), action });
    ask(&mut world, 1);
    let seen = run(&mut world);
    assert_eq!(seen[..2], [(105, Seen::Answer(0)), (105, Seen::Answer(0))]);
    assert_eq!(world.node(SERVER).kept, 2);
}

#[test]
fn what_a_sender_has_given_up_comes_when_it_is_released() {
    let mut world = tank();
    world.begin_input(1);
    let action = RuleAction::HoldOne;
    world.fault(Fault::Rule { from: Some(CLIENT), to: Some(SERVER), api: None, answer: None, action });
    ask(&mut world, 1);
    run(&mut world);
    assert!(world.rules().is_empty() && world.node(SERVER).kept == 0, "one message is kept back");
    assert!(world.flights().all(|flight| flight.held));
    world.begin_input(2);
    world.fault(Fault::Release { from: CLIENT, to: SERVER });
    run(&mut world);
    assert_eq!((world.node(SERVER).kept, world.flights().count()), (1, 0));
}
