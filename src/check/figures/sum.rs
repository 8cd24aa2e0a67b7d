//! Adding up a number that is written in words.

use super::decimal::Decimal;
use super::quantity::Kind;

/// A number that several words, or digits and words, say together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Numeral {
    pub value: Decimal,
    /// A number, an ordinal or a fraction.
    pub kind: Kind,
    /// Where it ends, in bytes.
    pub end: usize,
    /// The power of ten of its last scale word; 0 where there is none.
    pub scale: i16,
    pub firm: bool,
}

/// The words so far.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sum {
    total: Decimal,
    /// What is below the next scale word.
    section: u64,
    last_scale: i16,
    pub any: bool,
    /// Whether a number was said, and not only a scale: "two hundred", but not "hundred".
    pub counted: bool,
}

impl Sum {
    pub(super) fn new() -> Self {
        Self {
            total: Decimal::ZERO,
            section: 0,
            last_scale: i16::MAX,
            any: false,
            counted: false,
        }
    }

    /// Adds a number below a thousand, where it can follow: "twenty, five", but not "five, six".
    pub(super) fn add(&mut self, number: u64) -> bool {
        let below = self.section % 100;
        let fits = match number {
            0 => !self.any,
            1..10 => below == 0 || (below >= 20 && below.is_multiple_of(10)),
            10..100 => below == 0 && (self.section > 0 || !self.any || self.last_scale < i16::MAX),
            _ => self.section == 0,
        };
        if fits {
            self.section += number;
            self.any = true;
            self.counted = true;
        }
        fits
    }

    /// Multiplies what was said by a hundred, or everything since the last scale by a larger
    /// power; `false` where that cannot follow.
    pub(super) fn scale(&mut self, power: i16) -> bool {
        if power == 2 {
            let fits = self.section < 100;
            if fits {
                self.section = self.section.max(1) * 100;
                self.any = true;
            }
            return fits;
        }
        if power >= self.last_scale {
            return false;
        }
        let part = Decimal::from(self.section.max(1)).shifted(power);
        let Some(total) = self.total.plus(part) else {
            return false;
        };
        self.total = total;
        self.section = 0;
        self.last_scale = power;
        self.any = true;
        true
    }

    /// Whether "and" may follow: "two hundred and five".
    pub(super) fn is_round(&self) -> bool {
        self.any
            && self.section.is_multiple_of(100)
            && (self.section > 0 || self.last_scale < i16::MAX)
    }

    /// Whether an ordinal may follow: not the second of "one second".
    pub(super) fn may_end_in(&self, number: u64) -> bool {
        number != 2 || !self.any || self.section >= 20 || self.is_round()
    }

    pub(super) fn value(&self) -> Decimal {
        let section = Decimal::from(self.section);
        self.total.plus(section).unwrap_or(self.total)
    }

    /// The power of the last scale word; 0 where it was no scale word.
    pub(super) fn last_scale(&self) -> i16 {
        match self.last_scale {
            i16::MAX => 0,
            power if self.section == 0 => power,
            _ => 0,
        }
    }
}
