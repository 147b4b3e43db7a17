//! When two states count as one: equal portraits, with times counted from now and messages numbered as they occur.

use std::hash::{Hash, Hasher};

use crate::kafka::World;

/// A state by its hash. 128 bits: among a million states two different ones have the same with a chance of 10⁻²⁷.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Likeness(u64, u64);

impl Likeness {
    /// Of a world.
    #[must_use]
    pub fn of(world: &World) -> Self {
        let mut text = String::new();
        let _ = world.portray(&mut text); // a String takes everything
        let mut both = Both::default();
        both.write(normal(&text, world.now().0).as_bytes());
        both.likeness()
    }

    /// Of anything that can be hashed: what its hash leaves out does not count.
    pub(super) fn of_hash(state: &impl Hash) -> Self {
        let mut both = Both::default();
        state.hash(&mut both);
        both.likeness()
    }
}

/// The same text with times relative to `now`, and each message number replaced by its rank of first occurrence.
fn normal(text: &str, now: u64) -> String {
    let mut ranks: std::collections::BTreeMap<u64, usize> = std::collections::BTreeMap::new();
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(open) = rest.find('(') {
        let (head, tail) = rest.split_at(open + 1);
        out.push_str(head);
        let digits = tail.bytes().take_while(u8::is_ascii_digit).count();
        let number = tail[..digits].parse::<u64>().ok();
        rest = &tail[digits..];
        match number {
            Some(time) if head.ends_with("Micros(") && time != u64::MAX => {
                let relative = i128::from(time) - i128::from(now);
                out.push_str(&relative.to_string());
            }
            Some(id) if head.ends_with("MsgId(") => {
                let next = ranks.len();
                out.push_str(&ranks.entry(id).or_insert(next).to_string());
            }
            _ => out.push_str(&tail[..digits]),
        }
    }
    out.push_str(rest);
    out
}

/// FNV-1a and a multiplicative hash side by side: pinned, so that counts are the same on every machine.
struct Both(u64, u64);

impl Default for Both {
    fn default() -> Self {
        Self(0xCBF2_9CE4_8422_2325, 0x9E37_79B9_7F4A_7C15)
    }
}

impl Both {
    const fn likeness(&self) -> Likeness {
        Likeness(self.0, self.1)
    }
}

impl Hasher for Both {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3);
            self.1 = (self.1.rotate_left(5) ^ u64::from(*byte)).wrapping_mul(0x517C_C1B7_2722_0A95);
        }
    }

    fn finish(&self) -> u64 {
        self.0 ^ self.1
    }
}

#[cfg(test)]
mod tests {
    use super::normal;

    #[test]
    fn times_count_from_now_and_messages_as_they_occur() {
        let early = normal("at Micros(1500) MsgId(7) then MsgId(9), MsgId(7) NodeId(3)", 1000);
        let late = normal("at Micros(2500) MsgId(20) then MsgId(31), MsgId(20) NodeId(3)", 2000);
        assert_eq!(early, "at Micros(500) MsgId(0) then MsgId(1), MsgId(0) NodeId(3)");
        assert_eq!(early, late);
    }
}
