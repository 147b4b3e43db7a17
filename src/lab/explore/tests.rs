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
fn each_defect_of_the_quorum_breaks_its_law() {
    let defects = [
        (Mutant::VotesTwice, "control.24"),
        (Mutant::OverlooksFork, "control.25"),
        (Mutant::VotesForAnyone, "control.26"),
        (Mutant::CommitsOldEpochs, "control.27"),
        (Mutant::CommitsAlone, "control.29"),
    ];
    for (defect, law) in defects {
        let found = mutant::with(Some(defect), || explore(Profile::Kraft, &mut limited(50_000)));
        let found = found.expect("there is nothing to boot");
        let broken = found.broken.unwrap_or_else(|| panic!("{defect:?} breaks nothing in {} states", found.states));
        let steps = broken.way.print();
        assert_eq!(broken.violation.law.id, law, "{defect:?}: {}\n{steps}", broken.violation);
        assert_eq!(steps.lines().count(), usize::try_from(found.depth).expect("it is small"), "{steps}");
    }
}
