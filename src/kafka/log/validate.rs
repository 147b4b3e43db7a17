//! What a client's batch must fulfil before its sequence is looked at (`LogValidator`).

use crate::engine::Micros;
use crate::kafka::{Batch, ErrorCode, Offset};

/// The settings of a topic that a batch meets.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// `cleanup.policy` contains `compact`: every record needs a key.
    pub compacted: bool,
    /// `max.message.bytes`.
    pub max_bytes: u64,
    /// `segment.bytes`.
    pub segment_bytes: u64,
    /// `message.timestamp.type` is `LogAppendTime`.
    pub append_time: bool,
    /// `message.timestamp.before.max.ms`.
    pub before_max: Micros,
    /// `message.timestamp.after.max.ms`.
    pub after_max: Micros,
}

impl Rules {
    /// The batch as it may be appended: with `LogAppendTime` its timestamps are the broker's.
    ///
    /// # Errors
    /// `INVALID_RECORD`: no record, an offset that a client may not give, a null key in a compacted topic. `MESSAGE_TOO_LARGE`,
    /// `INVALID_TIMESTAMP`, `RECORD_LIST_TOO_LARGE`: what they say. Nothing is appended then.
    pub fn admit(&self, batch: &Batch, now: Micros) -> Result<Batch, ErrorCode> {
        if batch.base != Offset(0) || batch.records.is_empty() {
            return Err(ErrorCode::InvalidRecord);
        }
        if batch.size() > self.max_bytes {
            return Err(ErrorCode::MessageTooLarge);
        }
        if self.compacted && batch.records.iter().any(|record| record.key.is_none()) {
            return Err(ErrorCode::InvalidRecord);
        }
        let too_far = |at: Micros| now.since(at) > self.before_max || at.since(now) > self.after_max;
        if !self.append_time && batch.records.iter().any(|record| too_far(record.timestamp)) {
            return Err(ErrorCode::InvalidTimestamp);
        }
        if batch.size() > self.segment_bytes {
            return Err(ErrorCode::RecordListTooLarge);
        }
        let mut admitted = batch.clone();
        if self.append_time {
            let stamped =
                |record: &crate::kafka::Record| crate::kafka::Record { timestamp: now, ..record.clone() };
            admitted.records = batch.records.iter().map(stamped).collect();
        }
        Ok(admitted)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::{Record, RecordId};

    const RULES: Rules = Rules {
        compacted: false,
        max_bytes: 1000,
        segment_bytes: 500,
        append_time: false,
        before_max: Micros::secs(10),
        after_max: Micros::secs(1),
    };

    fn batch(key: Option<&str>, bytes: usize, at: u64) -> Batch {
        let (key, value) = (key.map(|key| key.as_bytes().into()), Some(vec![0_u8; bytes].into()));
        let record = Record { id: RecordId(0), key, value, timestamp: Micros::secs(at), internal: None };
        Batch::unplaced(None, vec![record])
    }

    #[test]
    fn each_rule_has_its_error() {
        let now = Micros::secs(100);
        let compacted = Rules { compacted: true, ..RULES };
        for (rules, batch, error) in [
            (RULES, Batch { base: Offset(3), ..batch(None, 1, 100) }, Some(ErrorCode::InvalidRecord)),
            (RULES, Batch::unplaced(None, Vec::new()), Some(ErrorCode::InvalidRecord)),
            (RULES, batch(None, 1000, 100), Some(ErrorCode::MessageTooLarge)),
            (RULES, batch(None, 600, 100), Some(ErrorCode::RecordListTooLarge)),
            (RULES, batch(None, 1, 89), Some(ErrorCode::InvalidTimestamp)),
            (RULES, batch(None, 1, 90), None),
            (RULES, batch(None, 1, 101), None),
            (RULES, batch(None, 1, 102), Some(ErrorCode::InvalidTimestamp)),
            (compacted, batch(None, 1, 100), Some(ErrorCode::InvalidRecord)),
            (compacted, batch(Some(""), 1, 100), None),
        ] {
            assert_eq!(rules.admit(&batch, now).err(), error, "{batch:?}");
        }
        let own = Rules { append_time: true, ..RULES }.admit(&batch(None, 1, 5), now).unwrap();
        assert_eq!(own.max_timestamp(), now);
    }
}
