//! Back-offs: how long a client waits before it tries again.

use crate::engine::Micros;
use crate::kafka::config::Configs;
use crate::kafka::{Cx, Timer};

/// One thing that is tried again: retry.backoff.ms, twice as long after each failure, at most
/// retry.backoff.max.ms.
#[derive(Clone, Debug)]
pub(super) struct Backoff {
    timer: u32,
    failures: u32,
    until: Micros,
}

impl Backoff {
    const fn new(timer: u32) -> Self {
        Self { timer, failures: 0, until: Micros::ZERO }
    }

    /// Whether it may be tried now; if not, the consumer is woken when it may.
    pub fn ready(&self, cx: &mut Cx<'_>) -> bool {
        let (now, timer) = (cx.now(), Timer::Backoff(self.timer));
        if now < self.until && !cx.timer_armed(timer) {
            cx.set_timer(timer, self.until.since(now));
        }
        now >= self.until
    }

    /// It failed.
    pub fn fail(&mut self, cx: &Cx<'_>, configs: &Configs) {
        self.until = cx.now() + delay(configs, self.failures);
        self.failures += 1;
    }

    /// It went well, but is not done again before the shortest back-off.
    pub fn rest(&mut self, cx: &Cx<'_>, configs: &Configs) {
        self.failures = 0;
        self.until = cx.now() + delay(configs, 0);
    }

    /// It went well.
    pub const fn reset(&mut self) {
        self.failures = 0;
        self.until = Micros::ZERO;
    }
}

/// The wait after so many failures before this one.
pub(super) fn delay(configs: &Configs, failures: u32) -> Micros {
    let (first, most) = (configs.ms("retry.backoff.ms"), configs.ms("retry.backoff.max.ms"));
    Micros(first.0.saturating_mul(1 << failures.min(20))).min(most.max(first))
}

/// Everything a consumer tries again.
#[derive(Clone, Debug)]
pub(super) struct Backoffs {
    pub metadata: Backoff,
    pub coordinator: Backoff,
    pub join: Backoff,
    pub committed: Backoff,
    pub lookup: Backoff,
    pub commit: Backoff,
}

impl Default for Backoffs {
    fn default() -> Self {
        Self {
            metadata: Backoff::new(0),
            coordinator: Backoff::new(1),
            join: Backoff::new(2),
            committed: Backoff::new(3),
            lookup: Backoff::new(4),
            commit: Backoff::new(5),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kafka::config::{Family, Scope};

    #[test]
    fn waits_double_up_to_the_most() {
        let configs = Configs::new(Scope::Consumer, Family::Java);
        let waits: Vec<u64> = (0..6).map(|failures| delay(&configs, failures).as_ms()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
    }
}
