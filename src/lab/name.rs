//! What ids look like.

/// Whether this is an id: `[a-z][a-z0-9_-]*`.
#[must_use]
pub fn is_id(text: &str) -> bool {
    let tail = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
    text.starts_with(|c: char| c.is_ascii_lowercase()) && text.chars().all(tail) && text.len() <= 64
}

/// Whether this may be a topic: an id that may also hold dots, and does not end like a partition (`orders-0`).
#[must_use]
pub fn is_topic(text: &str) -> bool {
    let numbered = text.rsplit_once('-').is_some_and(|(_, n)| is_number(n));
    is_id(&text.replace('.', "-")) && !numbered
}

/// Whether this may be a partition: a topic, Kafka's own ones too, `-` and a number.
#[must_use]
pub fn is_partition(text: &str) -> bool {
    text.rsplit_once('-')
        .is_some_and(|(topic, n)| is_number(n) && is_topic(topic.strip_prefix("__").unwrap_or(topic)))
}

fn is_number(text: &str) -> bool {
    text.parse::<u32>().is_ok() && !text.starts_with('+')
}

/// The candidate that differs least from `word`, if any is near.
#[must_use]
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| {
            *distance <= (candidate.chars().count().max(word.chars().count()) / 3).max(1)
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_topics_and_partitions_are_told_apart() {
        for (text, id, topic, partition) in [
            ("orders", true, true, false),
            ("orders-0", true, false, true),
            ("orders.dlq", false, true, false),
            ("__consumer_offsets-7", false, false, true),
            ("B1", false, false, false),
            ("1a", false, false, false),
            ("", false, false, false),
            ("한글", false, false, false),
            ("a-b_c", true, true, false),
        ] {
            assert_eq!((is_id(text), is_topic(text), is_partition(text)), (id, topic, partition), "{text}");
        }
    }

    #[test]
    fn the_nearest_word_is_offered_only_if_it_is_near() {
        let words = ["produce", "pause", "poll"];
        assert_eq!(nearest("prodcue", words), Some("produce"));
        assert_eq!(nearest("pol", words), Some("poll"));
        assert_eq!(nearest("heal", words), None);
    }
}
