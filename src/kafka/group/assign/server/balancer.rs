//! Which reader of a topic has the least, which the most (`MemberAssignmentBalancer`).
//!
//! Readers stand in a row by load. A range of equally loaded ones grows from the left, one partition a round;
//! another shrinks from the right.

/// A member, by its place in the order of visits.
pub(super) type Who = usize;

pub(super) struct Balancer {
    row: Vec<Who>,
    /// The difference between the last and the first of the row at the beginning.
    spread: usize,
    least_end: usize,
    least_load: i64,
    next_least: usize,
    most_start: usize,
    most_end: usize,
    most_load: i64,
    /// One behind the next of the most loaded range.
    next_most: usize,
}

impl Balancer {
    /// None: nobody reads the topic.
    pub fn new(readers: &[Who], sizes: &[usize]) -> Option<Self> {
        let mut row = readers.to_vec();
        row.sort_by_key(|who| (sizes[*who], *who));
        let (least, most) = (sizes[*row.first()?], sizes[*row.last()?]);
        let load = |size: usize| i64::try_from(size).unwrap_or(i64::MAX);
        let end = row.len();
        Some(Self {
            row,
            spread: most - least,
            least_end: 0,
            least_load: load(least) - 1,
            next_least: 0,
            most_start: end,
            most_end: end,
            most_load: load(most) + 1,
            next_most: end,
        })
    }

    /// Whether there was nothing to even out at the beginning.
    pub const fn is_even(&self) -> bool {
        self.spread <= 1
    }

    /// Whether both ranges have come as close as they can.
    pub const fn is_level(&self) -> bool {
        self.most_load - self.least_load <= 1
    }

    /// Who gets the next partition.
    pub fn least_loaded(&mut self, sizes: &[usize]) -> Who {
        if self.next_least >= self.least_end {
            self.least_load += 1;
            while self.row.get(self.least_end).is_some_and(|who| self.least_load == load(sizes, *who)) {
                self.least_end += 1;
            }
            self.next_least = 0;
        }
        self.next_least += 1;
        self.row[self.next_least - 1]
    }

    /// Who gives up a partition next; none if nobody is left who could.
    pub fn most_loaded(&mut self, sizes: &[usize]) -> Option<Who> {
        if self.next_most <= self.most_start {
            if self.most_end <= self.most_start && self.most_start > 0 {
                self.most_load = load(sizes, self.row[self.most_start - 1]);
            } else {
                self.most_load -= 1;
            }
            while self.most_start > 0 && load(sizes, self.row[self.most_start - 1]) == self.most_load {
                self.most_start -= 1;
            }
            self.next_most = self.most_end;
        }
        self.next_most = self.next_most.checked_sub(1)?;
        Some(self.row[self.next_most])
    }

    /// The one just named has nothing to give up: it leaves the range.
    pub fn exclude_most_loaded(&mut self) {
        self.most_end -= 1;
        self.row.swap(self.next_most, self.most_end);
    }
}

fn load(sizes: &[usize], who: Who) -> i64 {
    i64::try_from(sizes[who]).unwrap_or(i64::MAX)
}
