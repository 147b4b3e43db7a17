//! When two states count as one: equal portraits, with times counted from now and messages numbered as they occur.

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
        hash(&normal(&text, world.now().0))
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
fn hash(text: &str) -> Likeness {
    let (mut a, mut b) = (0xCBF2_9CE4_8422_2325_u64, 0x9E37_79B9_7F4A_7C15_u64);
    for byte in text.bytes() {
        a = (a ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        b = (b.rotate_left(5) ^ u64::from(byte)).wrapping_mul(0x517C_C1B7_2722_0A95);
    }
    Likeness(a, b)
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
