use super::*;

const TOPIC: TopicId = TopicId(0);

fn p(index: u32) -> Partition {
    Partition { topic: TOPIC, index }
}

fn state(replicas: &[u32], isr: &[u32], leader: Option<u32>) -> PartitionState {
    let ids = |list: &[u32]| list.iter().map(|id| NodeId(*id)).collect();
    let leader = leader.map(NodeId);
    PartitionState { replicas: ids(replicas), isr: ids(isr), leader, ..PartitionState::default() }
}

fn image(partitions: u32) -> Image {
    let mut image = Image::empty();
    image.apply(Offset(0), &MetadataRecord::Topic { topic: TOPIC, configs: Vec::new() });
    for index in 0..partitions {
        let first = index % 10;
        let replicas = [first, (first + 1) % 10, (first + 2) % 10];
        let whole = state(&replicas, &replicas, Some(first));
        image.apply(Offset(1), &MetadataRecord::Partition(p(index), whole));
    }
    image
}

/// The same by looking at everything.
fn counted(image: &Image) -> (usize, usize, usize, Vec<(usize, usize, usize)>) {
    let count = |what: &dyn Fn(&PartitionState) -> bool| image.partitions().filter(|(_, s)| what(s)).count();
    let of = |b: u32| {
        let b = NodeId(b);
        let on = count(&|s| s.replicas.contains(&b));
        (on, count(&|s| s.leader == Some(b)), count(&|s| s.isr.contains(&b)))
    };
    let under = count(&|s| s.isr.len() < s.replicas.len());
    let displaced = count(&PartitionState::is_displaced);
    (count(&|s| s.leader.is_none()), under, displaced, (0..11).map(of).collect())
}

fn kept(image: &Image) -> (usize, usize, usize, Vec<(usize, usize, usize)>) {
    let of = |b: u32| {
        let holding = image.holding(NodeId(b)).cloned().unwrap_or_default();
        (holding.replicas.len(), image.leaders_on(NodeId(b)), holding.in_sync as usize)
    };
    let (leaderless, under) = (image.leaderless().len(), image.under_replicated().len());
    (leaderless, under, image.displaced().len(), (0..11).map(of).collect())
}

#[test]
fn counts_follow_every_record() {
    let mut image = image(300);
    assert_eq!(kept(&image), counted(&image));
    for (index, next) in [
        (3, state(&[3, 4, 5], &[4, 5], Some(4))),
        (4, state(&[4, 5, 6], &[], None)),
        (5, state(&[5, 6, 7, 10], &[5, 6, 7], Some(5))),
        (5, state(&[6, 7, 10], &[6, 7, 10], Some(6))),
        (4, state(&[4, 5, 6], &[6], Some(6))),
        (300, state(&[1, 2], &[1, 2], Some(1))),
    ] {
        image.apply(Offset(2), &MetadataRecord::Partition(p(index), next));
        assert_eq!(kept(&image), counted(&image), "after partition {index}");
    }
    assert_eq!(image.partitions_on(NodeId(10)).map(|(p, _)| p).collect::<Vec<_>>(), [p(5)]);
    image.apply(Offset(3), &MetadataRecord::RemoveTopic(TOPIC));
    assert_eq!(kept(&image), counted(&image));
}

#[test]
fn a_record_copies_one_block_of_a_hundred_thousand_entries() {
    let before = image(100_000);
    let mut after = before.clone();
    for index in [64, 70, 127] {
        let fenced = state(&[0, 1, 2], &[1, 2], Some(1));
        after.apply(Offset(2), &MetadataRecord::Partition(p(index), fenced));
    }
    let entries = |image: &Image| image.topics.get(&TOPIC).unwrap().partitions.clone();
    assert_eq!(entries(&after).copied_since(&entries(&before)), 1);
    let changed: Vec<u32> = after.changed_since(&before).iter().map(|(p, _)| p.index).collect();
    assert_eq!(changed, [64, 70, 127]);
    assert_eq!((before.under_replicated().len(), after.under_replicated().len()), (0, 3));
}
