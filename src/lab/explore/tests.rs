use super::{Profile, Way, explore};
use crate::kafka::mutant::{self, Mutant};

fn limited(most: u32) -> impl FnMut() -> bool {
    let mut left = most;
    move || {
        left = left.saturating_sub(1);
        left > 0
    }
}

#[test]
fn a_defect_that_needs_a_crash_is_found_with_one_deed() {
    let found = mutant::with(Some(Mutant::KeepsLeaderEpoch), || {
        explore(Profile::Replication, &mut limited(2_000)).expect("it boots")
    });
    let broken = found.broken.expect("two leaders in one epoch");
    let Way::Scenario(scenario) = &broken.way else { panic!("{:?}", broken.way) };
    assert_eq!((broken.violation.law.id, found.depth), ("data.11", 1));
    assert_eq!(scenario.script.len(), 3, "{}", scenario.print());
    let again = mutant::with(Some(Mutant::KeepsLeaderEpoch), || scenario.replay().map(|it| it.is_good()));
    assert_eq!(again.ok(), Some(true), "the way there is the way there");
}

#[test]
fn without_a_defect_nothing_is_found_and_the_same_is_explored_each_time() {
    let run = || explore(Profile::Replication, &mut limited(300)).expect("it boots");
    let (one, two) = (run(), run());
    assert!(one.broken.is_none(), "{:?}", one.broken.map(|b| b.violation.to_string()));
    assert!(!one.finished);
    assert_eq!((one.states, one.paths, one.events), (two.states, two.paths, two.events));
}

#[test]
fn the_smallest_quorums_are_explored_to_the_end() {
    for (profile, states, events) in [(Profile::Kraft, 3278, 4417), (Profile::Votes, 2036, 2346)] {
        let report = explore(profile, &mut limited(100_000)).expect("there is nothing to boot");
        assert!(report.broken.is_none(), "{profile}: {:?}", report.broken.map(|b| b.violation.to_string()));
        assert_eq!((report.finished, report.states, report.events), (true, states, events), "{profile}");
    }
}

#[test]
fn a_defect_of_a_voter_is_found_by_its_law() {
    let defects = [
        (Mutant::VotesTwice, Profile::Votes, "control.24"),
        (Mutant::VotesForAnyone, Profile::Loss, "control.26"),
        (Mutant::OverlooksFork, Profile::Kraft, "control.26"),
        (Mutant::CommitsOldEpochs, Profile::Kraft, "control.27"),
        (Mutant::CommitsAlone, Profile::Kraft, "control.29"),
    ];
    let found = defects.map(|(defect, profile, _)| {
        let report = mutant::with(Some(defect), || explore(profile, &mut limited(100_000)));
        let broken = report.expect("there is nothing to boot").broken;
        (defect, profile, broken.map_or("none", |broken| broken.violation.law.id))
    });
    assert_eq!(found, defects);
}
