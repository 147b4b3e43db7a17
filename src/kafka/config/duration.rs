//! Lengths of time as ISO 8601 writes them, `P1DT2H30M4.5S`, as `java.time.Duration` reads them.

use crate::engine::Micros;

/// The span that a text like `PT1H` means; none if it means none, or one below zero.
#[must_use]
pub fn iso_duration(text: &str) -> Option<Micros> {
    let upper = text.to_ascii_uppercase();
    let rest = upper.strip_prefix('P')?;
    let (days, clock) = match rest.split_once('T') {
        Some((_, "")) => return None,
        Some((days, clock)) => (days, clock),
        None => (rest, ""),
    };
    if days.is_empty() && clock.is_empty() {
        return None;
    }
    let days = if days.is_empty() { 0 } else { days.strip_suffix('D')?.parse::<u64>().ok()? };
    let mut total = days.checked_mul(86_400_000_000)?;
    let mut clock = clock;
    for (unit, micros) in [('H', 3_600_000_000_u64), ('M', 60_000_000)] {
        if let Some((count, rest)) = clock.split_once(unit) {
            total = total.checked_add(count.parse::<u64>().ok()?.checked_mul(micros)?)?;
            clock = rest;
        }
    }
    if !clock.is_empty() {
        let (whole, part) =
            clock.strip_suffix('S')?.split_once('.').unwrap_or((clock.strip_suffix('S')?, ""));
        let digits = part.len() <= 9 && part.bytes().all(|b| b.is_ascii_digit());
        let fraction: u64 = if digits { format!("{part:0<9}").parse().ok()? } else { return None };
        total = total.checked_add(whole.parse::<u64>().ok()?.checked_mul(1_000_000)?)?;
        total = total.checked_add(fraction / 1000)?;
    }
    Some(Micros(total))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_java_reads_them() {
        for (text, wanted) in [
            ("PT1H", Some(3_600_000_000)),
            ("P1DT2H30M4.5S", Some(95_404_500_000)),
            ("pt0s", Some(0)),
            ("P2D", Some(172_800_000_000)),
            ("PT0.000001S", Some(1)),
            ("PT", None),
            ("P", None),
            ("PT-1H", None),
            ("1H", None),
            ("PT1H2H", None),
            ("PT5M1H", None),
        ] {
            assert_eq!(iso_duration(text).map(|span| span.0), wanted, "{text}");
        }
    }
}
