//! The laws of the model in words.

use crate::kafka::laws::{Law, Violation};
use crate::kafka::mutant::Mutant;
use crate::text::strings::lookup;
use crate::text::{Lang, tf};

/// What a law says, in one clause.
#[must_use]
pub fn name(law: &Law, lang: Lang) -> &'static str {
    lookup(lang, &format!("law.{}", law.id)).unwrap_or(law.id)
}

/// What allows an exception from a law.
#[must_use]
pub fn exception(law: &Law, lang: Lang) -> &'static str {
    lookup(lang, &format!("law.exception.{}", law.exception.name())).unwrap_or_default()
}

/// When a law is looked at.
#[must_use]
pub fn scope(law: &Law, lang: Lang) -> &'static str {
    lookup(lang, &format!("law.scope.{}", law.scope.name())).unwrap_or_default()
}

/// What a defect does.
#[must_use]
pub fn defect(mutant: Mutant, lang: Lang) -> &'static str {
    lookup(lang, &format!("mutant.{}", mutant.name())).unwrap_or_else(|| mutant.name())
}

/// A law that did not hold: its number, what it says, who broke it. What was seen is in English.
#[must_use]
pub fn tell(violation: &Violation, lang: Lang) -> String {
    let Violation { law, subject, seen, .. } = violation;
    tf(lang, "law.told", &[("id", &law.id), ("name", &name(law, lang)), ("subject", subject), ("seen", seen)])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::laws::LAWS;
    use crate::text::strings;
    use std::collections::BTreeSet;

    #[test]
    fn every_law_and_every_defect_has_its_words_and_no_words_are_left_over() {
        let mut wanted = BTreeSet::from(["law.told".to_owned()]);
        for law in LAWS {
            wanted.insert(format!("law.{}", law.id));
            wanted.insert(format!("law.scope.{}", law.scope.name()));
            wanted.insert(format!("law.exception.{}", law.exception.name()));
        }
        wanted.extend(Mutant::ALL.iter().map(|mutant| format!("mutant.{}", mutant.name())));
        let keys = strings::all().keys().filter(|key| key.starts_with("law.") || key.starts_with("mutant."));
        assert_eq!(keys.cloned().collect::<BTreeSet<_>>(), wanted);
    }

    #[test]
    fn every_defect_proves_one_law() {
        let mut proving: Vec<Mutant> = LAWS.iter().map(|law| law.mutant).collect();
        proving.sort_unstable();
        assert_eq!(
            proving,
            Mutant::ALL.iter().copied().collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        );
    }
}
