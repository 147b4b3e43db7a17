//! A small tank made by hand, and what scenes make of it.

use super::*;
use crate::lab::view::*;
use crate::text::Lang;

fn record(offset: i64, label: &str) -> RecordView {
    RecordView {
        offset,
        record: label.into(),
        label: label.into(),
        key: Some("user_1".into()),
        ..Default::default()
    }
}

fn replica(partition: &str, leads: bool, labels: &str, hw: i64) -> ReplicaView {
    let records: Vec<RecordView> =
        labels.chars().enumerate().map(|(n, c)| record(n as i64, &c.to_string())).collect();
    ReplicaView {
        partition: partition.into(),
        is_leader: leads,
        in_sync: true,
        leader_epoch: 4,
        high_watermark: hw,
        log_end: records.len() as i64,
        segments: vec![SegmentView {
            end: records.len() as i64,
            bytes: 412,
            active: true,
            ..Default::default()
        }],
        records,
        last_fetch: (!leads).then_some(1_247_000),
        ..Default::default()
    }
}

fn message(
    id: u64,
    from: &str,
    to: &str,
    api: &'static str,
    answers: Option<u64>,
    label: &str,
) -> MessageView {
    MessageView {
        id,
        from: from.into(),
        to: to.into(),
        api,
        answers,
        quiet: false,
        sent_at: 1_256_500,
        due: 1_261_500,
        dies_at: None,
        held: false,
        label: label.into(),
        fields: vec![("acks".into(), "all".into()), ("orders-0".into(), label.into())],
    }
}

fn partition(id: &str, leader: &str) -> PartitionView {
    let all = || vec!["b1".to_owned(), "b2".to_owned(), "b3".to_owned()];
    PartitionView {
        id: id.into(),
        leader: Some(leader.into()),
        leader_epoch: 4,
        replicas: all(),
        isr: all(),
        min_isr: 2,
        elected: None,
    }
}

fn consumer(id: &str, group: &str, positions: [i64; 2]) -> ConsumerView {
    let assigned = positions.iter().enumerate();
    ConsumerView {
        id: id.into(),
        group: group.into(),
        client: "java".into(),
        generation: 1,
        assigned: assigned
            .map(|(n, at)| PositionView { partition: format!("orders-{n}"), position: *at })
            .collect(),
        ..Default::default()
    }
}

fn group(id: &str, consumer: &str, committed: [i64; 2], lags: [i64; 2]) -> GroupView {
    GroupView {
        id: id.into(),
        coordinator: Some("b2".into()),
        state: "Stable".into(),
        generation: 1,
        members: vec![consumer.into()],
        committed: (0..2).map(|n| (format!("orders-{n}"), committed[n], lags[n])).collect(),
        owners: (0..2).map(|n| (format!("orders-{n}"), consumer.to_owned())).collect(),
    }
}

/// Three brokers, two partitions, two producers, two groups, a request and an answer on their way.
pub(crate) fn tank() -> TankView {
    let broker = |id: &str| BrokerView {
        id: id.into(),
        replicas: vec![
            replica("orders-0", id == "b1", if id == "b1" { "abcde" } else { "abcd" }, 4),
            replica("orders-1", id == "b2", "klm", 3),
        ],
        waiting_fetches: u32::from(id == "b1") * 2,
        ..Default::default()
    };
    let producer = |id: &str| ProducerView {
        id: id.into(),
        client: "java".into(),
        topics: vec!["orders".into()],
        acked: 6,
        configs: vec![("acks".into(), "all".into())],
        ..Default::default()
    };
    let mut app = producer("app-1");
    app.in_flight = vec![BatchView {
        msg: Some(7),
        partition: "orders-0".into(),
        records: vec!["f".into()],
        sequence: Some(4),
        attempt: 1,
        deadline: 31_000_000,
    }];
    TankView {
        now: 1_259_000,
        event: 512,
        brokers: ["b1", "b2", "b3"].map(broker).to_vec(),
        controllers: vec![ControllerView {
            id: "k1".into(),
            active: true,
            epoch: 1,
            log_end: 42,
            ..Default::default()
        }],
        producers: vec![app, producer("app-2")],
        consumers: vec![consumer("c1", "pay", [4, 3]), consumer("c2", "stats", [1, 0])],
        groups: vec![group("pay", "c1", [4, 2], [0, 1]), group("stats", "c2", [1, 0], [3, 3])],
        topics: vec![TopicView {
            id: "orders".into(),
            partitions: vec![partition("orders-0", "b1"), partition("orders-1", "b2")],
            configs: vec![("retention.ms".into(), "604800000".into())],
        }],
        messages: vec![
            message(7, "app-1", "b1", "Produce", None, "f"),
            message(6, "b1", "app-1", "Produce", Some(5), "@4"),
            message(9, "b1", "c1", "Fetch", Some(8), "d"),
            message(11, "b1", "b3", "Fetch", Some(10), "e"),
        ],
        ..Default::default()
    }
}

/// The same with `b3` cut off.
pub(crate) fn cut() -> TankView {
    let mut view = tank();
    view.cuts = vec![("b2".into(), None)];
    for replica in &mut view.brokers[1].replicas {
        replica.in_sync = false;
    }
    view
}

/// The same with `b1` down and `b2` in its place.
pub(crate) fn dead() -> TankView {
    let mut view = tank();
    view.brokers[0].process = ProcessView::Down(200_000);
    view.brokers[0].fenced = true;
    view.topics[0].partitions[0].leader = Some("b2".into());
    view.brokers[1].replicas[0].is_leader = true;
    view.brokers[0].replicas.iter_mut().for_each(|r| r.in_sync = false);
    view.messages.clear();
    view
}

#[test]
fn the_selection_decides_which_partition_it_is_about() {
    let view = tank();
    let focus = ["b2".to_owned(), "orders-0.hw".to_owned()];
    let look = |selected| Look { focus: &focus, selected };
    assert_eq!(main_partition(&view, &look(None)), Some("orders-0"));
    assert_eq!(main_partition(&view, &look(Some("b3/orders-1@2"))), Some("orders-1"));
    assert_eq!(main_partition(&view, &Look { focus: &focus[..1], selected: None }), Some("orders-1"));
}

#[test]
fn records_beyond_the_high_watermark_are_open() {
    let view = tank();
    let cluster = Cluster::new(&Moment::still(&view), &Look::default());
    let kinds: Vec<TileKind> = cluster.brokers[0].strips[0].tiles.iter().map(|t| t.kind).collect();
    assert_eq!(kinds[3..], [TileKind::Committed, TileKind::Open]);
    assert_eq!(cluster.brokers[0].leads, Some(true));
    assert_eq!(cluster.bus.unwrap().followers, [("b2", false), ("b3", false)]);
}

#[test]
fn a_packet_is_where_its_time_has_brought_it() {
    let view = tank();
    let mut moment = Moment::still(&view);
    moment.now = 1_261_500;
    let cluster = Cluster::new(&moment, &Look::default());
    assert_eq!(cluster.packets[0].done, (5000, 5000));
    assert_eq!(cluster.packets[0].kind, PacketKind::Request);
    assert_eq!(cluster.packets[2].kind, PacketKind::Records(0));
    assert_eq!(cluster.packets[3].kind, PacketKind::Copies);
}

#[test]
fn who_is_cut_off_stands_behind_the_wall() {
    let view = cut();
    let cluster = Cluster::new(&Moment::still(&view), &Look::default());
    let order: Vec<&str> = cluster.brokers.iter().map(|s| s.broker.id.as_str()).collect();
    assert_eq!(order, ["b1", "b3", "b2"]);
    assert_eq!(cluster.wall.unwrap().isolated, ["b2"]);
    assert!(cluster.links.iter().any(|l| l.to == "b2" && l.cut));
}

#[test]
fn a_group_that_goes_back_leaves_a_trail() {
    let before = tank();
    let mut view = tank();
    view.consumers[0].assigned[0].position = 1;
    let moment = Moment { before: Some(&before), ..Moment::still(&view) };
    let params: Params = toml::from_str("partition = 'orders-0'").unwrap();
    let log = Log::new(&params, &moment, &Look::default());
    let flag = &log.parts[0].flags[0];
    assert_eq!((flag.position, flag.rewound_from, flag.committed), (Some(1), Some(4), Some(4)));
}

#[test]
fn what_is_not_drawn_falls_back_to_its_parent() {
    let view = tank();
    let ids = elements("cluster", &Params::new(), &view);
    for id in
        ["b1", "b2/orders-0", "b1/orders-0@4", "orders-0.hw", "pay.lag", "c1.position", "#7", "k1", "app-1"]
    {
        assert!(ids.iter().any(|e| e == id), "{id}");
        assert_eq!(resolve(id, &ids), Some(id));
    }
    assert_eq!(resolve("b2/orders-0@99", &ids), Some("b2/orders-0"));
    assert_eq!(resolve("b1/none-0", &ids), Some("b1"));
    assert_eq!(resolve("nobody", &ids), None);
}

#[test]
fn every_scene_says_what_it_shows_in_both_languages() {
    for view in [tank(), cut(), dead()] {
        for name in SCENES {
            for lang in Lang::ALL {
                let said =
                    caption(&scene(name, &Params::new(), &Moment::still(&view), &Look::default()), lang);
                assert!(said.contains("orders-0"), "{said}");
                assert!(!said.contains("caption."), "{said}");
            }
        }
    }
}
