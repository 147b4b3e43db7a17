//! The stage: the scene, its companion where there is room, and what is docked beside it.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::layout::{Class, Layout};
use super::spots::Spots;
use super::{
    cluster, code, compare, dock, group, inspector, ladder, lanes, lifecycle, log, metadata, narration,
    partitioner, txn,
};
use crate::course::player::CodeAt;
use crate::lab::{Line, Side, Told};
use crate::scene::{self, Moment, Params, Program, Scene};
use crate::text::{Lang, strings::lookup};
use crate::ui::app::{Spot, State, Tank};
use crate::ui::theme::Role;

/// What a scene needs to know of the frame.
pub(super) struct Frame<'a> {
    pub state: &'a State,
    pub tank: &'a Tank,
    pub class: Class,
    /// Which of two labs is drawn; left where there is only one.
    pub side: Side,
    /// What is drawn where, for the mouse.
    pub spots: &'a Spots,
}

impl Frame<'_> {
    pub fn style(&self, role: Role) -> ratatui::style::Style {
        self.state.settings.theme.style(role)
    }

    pub fn selected(&self, id: &str) -> bool {
        self.tank.side == self.side && self.tank.selected.as_deref() == Some(id)
    }

    /// Selected, or pointed at by the lesson.
    pub fn marked(&self, id: &str) -> bool {
        let player = self.tank.play.player();
        self.selected(id) || player.is_some_and(|player| player.focus().contains(&id))
    }

    /// An element stands in this area.
    pub fn stands(&self, area: Rect, id: &str) {
        self.spots.mark(area, Spot::Element(self.side, id.to_owned()));
    }

    pub const fn lang(&self) -> Lang {
        self.state.settings.lang
    }
}

pub(super) fn draw(state: &State, tank: &Tank, buffer: &mut Buffer, layout: &Layout, spots: &Spots) {
    let frame = Frame { state, tank, class: layout.class, side: Side::Left, spots };
    let asks = tank.play.player().is_some_and(|player| player.question(state.lang()).is_some());
    let (mut main, companion) = areas(tank, layout);
    if asks && !layout.column && SHRINKING.contains(&tank.scene_name()) {
        main.height = dock_area(state, layout).y.saturating_sub(main.y);
    }
    if tank.beside.is_some() {
        compare::draw(state, tank, buffer, layout, spots);
    } else {
        scene(&frame, buffer, main, tank.scene_name(), None);
    }
    if let Some(area) = companion {
        rule(&frame, buffer, area);
        let other = if tank.scene_name() == "cluster" { "log" } else { "cluster" };
        let about = if other == "log" { partition_in_question(tank) } else { None };
        scene(&frame, buffer, Rect { y: area.y + 1, height: area.height - 1, ..area }, other, about);
    }
    narration::draw(state, tank, buffer, layout);
    if asks {
        let area = dock_area(state, layout);
        spots.mark(area, Spot::Narration);
        dock::draw(state, buffer, area, spots);
    }
    if tank.inspecting {
        let area = inspector_area(layout);
        spots.mark(area, Spot::Narration);
        inspector::draw(state, buffer, area, spots);
    }
}

/// At L a scene that needs less than the stage leaves room for a second one on the same clock.
fn areas(tank: &Tank, layout: &Layout) -> (Rect, Option<Rect>) {
    if layout.class < Class::L || tank.beside.is_some() {
        return (layout.stage, None);
    }
    let stage = layout.stage;
    let rows = match build(tank, tank.scene_name(), None, (Side::Left, 4)) {
        Scene::Log(log) => u16::try_from(log.rows.len()).unwrap_or(1) * 6 + 12,
        Scene::Cluster(cluster) => cluster::rows(&cluster),
        Scene::Partitioner(scene) => partitioner::rows(&scene),
        Scene::Txn(scene) => txn::rows(&scene),
        Scene::Code(scene) => code::rows(&scene),
        Scene::Ladder(_) => stage.height,
        Scene::Lanes(scene) => lanes::rows(&scene),
        Scene::Group(scene) => group::rows(&scene),
        Scene::Metadata(scene) => metadata::rows(&scene),
        Scene::Lifecycle(scene) => lifecycle::rows(&scene),
    };
    // A companion with fewer rows than this says nothing.
    let rows = rows.clamp(stage.height / 3, stage.height.saturating_sub(LEAST_COMPANION));
    let lower = Rect { y: stage.y + rows, height: stage.height.saturating_sub(rows), ..stage };
    (Rect { height: rows, ..stage }, Some(lower))
}

/// Rows of the smallest companion pane, its rule included.
const LEAST_COMPANION: u16 = 17;

/// The line between a scene and its companion.
fn rule(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect) {
    for x in area.left() + 1..area.right().saturating_sub(1) {
        super::paint::cell(buffer, x, area.y, "─", frame.style(Role::Faint));
    }
}

/// The partition that the cluster's picture is about.
fn partition_in_question(tank: &Tank) -> Option<String> {
    match build(tank, "cluster", None, (Side::Left, 4)) {
        Scene::Cluster(cluster) => cluster.bus,
        _ => None,
    }
}

/// Scenes that draw themselves smaller above a prompt; of the others it covers the lower part.
const SHRINKING: &[&str] = &["lanes", "zk-kraft"];

/// S: the lower part; M and L: the narration column, so that the picture stays whole.
fn dock_area(state: &State, layout: &Layout) -> Rect {
    if layout.column {
        return layout.narration;
    }
    let whole = layout.stage.height + layout.narration.height;
    let rows = dock::rows(state, layout.stage.width).clamp(9, whole.saturating_sub(2));
    let bottom = layout.narration.bottom();
    Rect { x: layout.stage.x, y: bottom - rows, width: layout.stage.width, height: rows }
}

/// S: the right half; M and L: the narration column.
fn inspector_area(layout: &Layout) -> Rect {
    if layout.column {
        return layout.narration;
    }
    let width = 40.min(layout.stage.width);
    Rect { x: layout.stage.right() - width, width, ..layout.stage }
}

/// A callback is seen when the answer that it is for has arrived in the picture.
fn program<'a>(tank: &Tank, at: CodeAt<'a>) -> Program<'a> {
    let inside = at.inside.filter(|_| !tank.film.is_moving());
    Program { file: at.file, client: at.client, text: at.text, at: at.at, inside }
}

/// The picture `name` of what is shown; `about`: of this partition only, whatever the lesson asks for.
fn build(tank: &Tank, name: &str, about: Option<String>, (side, lanes): (Side, usize)) -> Scene {
    let player = tank.play.player();
    let params = match about {
        Some(partition) => Params { partition: Some(partition), ..Params::default() },
        None => player.map(|player| Params::read(&player.scene().params)).unwrap_or_default(),
    };
    let focus = player.map(crate::course::player::Player::focus).unwrap_or_default();
    let film = tank.film_of(side);
    let moment = Moment {
        view: film.shown(),
        before: film.before(),
        lost: film.lost(),
        now: film.now(),
        focus: &focus,
        selected: tank.selected.as_deref().filter(|_| tank.side == side),
        quiet_too: tank.quiet_too,
        program: player.and_then(crate::course::player::Player::code).map(|at| program(tank, at)),
        story: tank.tale.of(side),
        since: tank.since(&params),
        lanes,
    };
    scene::build(name, &params, &moment)
}

pub(super) fn scene(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect, name: &str, about: Option<String>) {
    match build(frame.tank, name, about, (frame.side, ladder::capacity(area))) {
        Scene::Ladder(scene) => ladder::draw(frame, buffer, area, &scene, differs(frame)),
        Scene::Cluster(scene) => cluster::draw(frame, buffer, area, &scene),
        Scene::Log(scene) => log::draw(frame, buffer, area, &scene),
        Scene::Partitioner(scene) => partitioner::draw(frame, buffer, area, &scene),
        Scene::Txn(scene) => txn::draw(frame, buffer, area, &scene),
        Scene::Code(scene) => code::draw(frame, buffer, area, &scene),
        Scene::Lanes(scene) => lanes::draw(frame, buffer, area, &scene),
        Scene::Group(scene) => group::draw(frame, buffer, area, &scene),
        Scene::Metadata(scene) => metadata::draw(frame, buffer, area, &scene),
        Scene::Lifecycle(scene) => lifecycle::draw(frame, buffer, area, &scene),
    }
}

/// The whole cluster in the lower part of a scene, if it fits there.
pub(super) fn small_cluster(frame: &Frame<'_>, buffer: &mut Buffer, area: Rect) {
    let Scene::Cluster(scene) = build(frame.tank, "cluster", None, (frame.side, 4)) else { return };
    // As on a small screen: a header, five rows a broker.
    let needed = u16::try_from(scene.brokers.len()).unwrap_or(u16::MAX).saturating_mul(5).saturating_add(2);
    if needed > area.height {
        return;
    }
    rule(frame, buffer, area);
    let small =
        Frame { state: frame.state, tank: frame.tank, class: Class::S, side: frame.side, spots: frame.spots };
    cluster::draw(&small, buffer, Rect { y: area.y + 1, height: area.height - 1, ..area }, &scene);
}

/// What the side that is drawn does first that the other does not.
fn differs<'a>(frame: &Frame<'a>) -> Option<&'a Told> {
    let found = frame.tank.tale.difference.as_ref().filter(|_| frame.tank.beside.is_some())?;
    let told = if frame.side == Side::Left { &found.left } else { &found.right };
    told.as_deref()
}

/// The picture in words.
pub(super) fn caption(state: &State, tank: &Tank) -> String {
    let told = |side| scene::caption(&build(tank, tank.scene_name(), None, (side, 8)), state.lang());
    match tank.beside {
        None => told(Side::Left),
        Some(_) => format!("{}\n\n{}", told(Side::Left), told(Side::Right)),
    }
}

/// A note in the learner's words: glyph, colour, text. None: not worth a line.
pub(in crate::ui) fn say(lang: Lang, line: &Line) -> Option<(&'static str, Role, String)> {
    tell(lang, line, |line| !is_internal(line))
}

/// The same, of Kafka's own topics too: a chain of causes leads through them.
pub(super) fn say_any(lang: Lang, line: &Line) -> Option<(&'static str, Role, String)> {
    tell(lang, line, |_| true)
}

fn tell(lang: Lang, line: &Line, news: impl Fn(&Line) -> bool) -> Option<(&'static str, Role, String)> {
    let (glyph, role) = match line.note {
        "MessageSent" if line.field("quiet")? == "false" => {
            if line.field("answer")? == "-" {
                ("▸", Role::Request)
            } else {
                ("◂", Role::Response)
            }
        }
        "MessageLost"
        | "RequestTimedOut"
        | "NodeCrashed"
        | "LinkCut"
        | "LeaderLost"
        | "RecordFailed"
        | "SessionExpired"
        | "BrokerFenced"
        | "ControllerResigned"
        | "ZkSessionExpired"
        | "ControlRefused"
        | "RegistrationRefused" => ("✗", Role::Dropped),
        "ControllerElected" => ("★", Role::Leader),
        "QuorumStateChanged" | "VoteGranted" | "PreVoteGranted" | "VoterAdded" | "VoterRemoved" => {
            ("◆", Role::Control)
        }
        "MetadataTruncated" => ("◌", Role::OutOfSync),
        "SnapshotTaken" => ("◆", Role::Muted),
        "Appended" if news(line) => ("◆", Role::Committed),
        "HighWatermarkMoved" if news(line) => ("▲", Role::Focus),
        "LeaderElected" if news(line) => ("★", Role::Leader),
        "IsrShrunk" if news(line) => ("◌", Role::OutOfSync),
        "IsrExpanded" if news(line) => ("◉", Role::InSync),
        "NodeStarted" | "NodeResumed" | "LinkHealed" | "BrokerUnfenced" => ("◉", Role::InSync),
        "NodePaused" | "NodeStopped" => ("░", Role::Warning),
        "Delivered" | "Worked" | "OffsetReset" | "OffsetCommitted" | "PartitionAssigned"
        | "PartitionRevoked" => ("▸", Role::PositionA),
        "Rebootstrapped" => ("◌", Role::Warning),
        "LeaderLearned" => ("★", Role::Response),
        "RecordsAcquired" => ("▸", Role::PositionA),
        "RecordsReleased" if line.field("why")? == "acknowledged" => ("✓", Role::InSync),
        "RecordsReleased" => ("◌", Role::OutOfSync),
        "SharesRestored" => ("◆", Role::Control),
        "ShareStartMoved" => ("▲", Role::Focus),
        "RecordAcked" => ("✓", Role::InSync),
        "CallbackRun" if line.field("waited")? == "true" => ("◂", Role::Response),
        "OffsetExpired" | "TopicDeleted" => ("◌", Role::OutOfSync),
        "SegmentDeleted" | "LogStartMoved" | "LogCompacted" | "Truncated" if news(line) => {
            ("◌", Role::OutOfSync)
        }
        "SegmentRolled" if news(line) => ("◆", Role::Muted),
        "CommitRefused" | "AcknowledgeRefused" | "ShareStoreFailed" | "AppendRefused"
        | "DuplicateAnswered" | "ClientError" | "AdminRefused" => ("⚠", Role::Warning),
        "GroupStateChanged" | "GroupEpochRaised" | "MemberReconciled" => ("◆", Role::Control),
        "TransactionBegun" | "TransactionStateChanged" => ("◆", Role::Control),
        "MarkerWritten" | "PartitionAddedToTransaction" if news(line) => ("◆", Role::Control),
        "LastStableOffsetMoved" if news(line) => ("▲", Role::Focus),
        "TransactionTimedOut" | "ProducerFenced" | "PartitionLost" => ("✗", Role::Dropped),
        _ => return None,
    };
    let unsupported = line.note == "ClientError" && line.field("error")? == "UNSUPPORTED_VERSION";
    let key = if unsupported { "ClientUnsupported" } else { line.note };
    let template = lookup(lang, &format!("event.{key}"))?;
    let pieces = crate::text::template::parse(template).ok()?;
    let text = crate::text::template::render(&pieces, lang, |slot| line.field(&slot.expression));
    Some((glyph, role, text))
}

/// Kafka's own topics are not news.
fn is_internal(line: &Line) -> bool {
    let about = line.field("replica").or_else(|| line.field("partition")).unwrap_or_default();
    about.contains("__")
}
