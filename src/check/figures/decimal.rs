//! Exact numbers: what figures are compared as.

use std::fmt;

/// A number that is not negative: a whole mantissa times a power of ten. Always in lowest terms,
/// so that equal numbers are equal values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Decimal {
    mantissa: u128,
    exponent: i16,
}

impl Decimal {
    /// Nothing.
    pub const ZERO: Self = Self {
        mantissa: 0,
        exponent: 0,
    };

    /// `mantissa` times ten to the power of `exponent`.
    pub fn new(mantissa: u128, exponent: i16) -> Self {
        let (mut mantissa, mut exponent) = (mantissa, exponent);
        if mantissa == 0 {
            return Self::ZERO;
        }
        while mantissa.is_multiple_of(10) {
            mantissa /= 10;
            exponent = exponent.saturating_add(1);
        }
        Self { mantissa, exponent }
    }

    /// Reads ASCII digits with at most one full stop among them; `None` for anything else and for
    /// more digits than a mantissa holds.
    pub fn parse(digits: &str) -> Option<Self> {
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let exponent = i16::try_from(fraction.len()).ok()?;
        let mut mantissa: u128 = 0;
        for c in whole.chars().chain(fraction.chars()) {
            mantissa = mantissa
                .checked_mul(10)?
                .checked_add(u128::from(c.to_digit(10)?))?;
        }
        Some(Self::new(mantissa, -exponent))
    }

    /// The number times ten to the power of `power`.
    #[must_use]
    pub fn shifted(self, power: i16) -> Self {
        Self::new(self.mantissa, self.exponent.saturating_add(power))
    }

    /// The product, unless it has more digits than a mantissa holds.
    pub fn times(self, other: Self) -> Option<Self> {
        Some(Self::new(
            self.mantissa.checked_mul(other.mantissa)?,
            self.exponent.checked_add(other.exponent)?,
        ))
    }

    /// The sum, unless it has more digits than a mantissa holds.
    pub fn plus(self, other: Self) -> Option<Self> {
        let (mine, theirs, exponent) = self.aligned(other)?;
        Some(Self::new(mine.checked_add(theirs)?, exponent))
    }

    /// The number where it is whole and small enough.
    pub fn whole(self) -> Option<u64> {
        let scale = 10_u128.checked_pow(u32::try_from(self.exponent).ok()?)?;
        u64::try_from(self.mantissa.checked_mul(scale)?).ok()
    }

    /// Whether the smaller of two numbers is at least nineteen twentieths of the larger.
    pub fn is_near(self, other: Self) -> bool {
        let near = || {
            let (mine, theirs, _) = self.aligned(other)?;
            let (low, high) = (mine.min(theirs), mine.max(theirs));
            Some(low.checked_mul(20)? >= high.checked_mul(19)?)
        };
        near().unwrap_or(self == other)
    }

    /// Whether one is the other times a power of ten.
    pub fn has_digits_of(self, other: Self) -> bool {
        self.mantissa == other.mantissa
    }

    /// Both mantissas to the same exponent.
    fn aligned(self, other: Self) -> Option<(u128, u128, i16)> {
        let exponent = match (self.mantissa, other.mantissa) {
            (0, _) => other.exponent,
            (_, 0) => self.exponent,
            _ => self.exponent.min(other.exponent),
        };
        let raised = |number: Self| {
            if number.mantissa == 0 {
                return Some(0);
            }
            let by = u32::try_from(number.exponent.checked_sub(exponent)?).ok()?;
            number.mantissa.checked_mul(10_u128.checked_pow(by)?)
        };
        Some((raised(self)?, raised(other)?, exponent))
    }
}

impl From<u64> for Decimal {
    fn from(whole: u64) -> Self {
        Self::new(u128::from(whole), 0)
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.mantissa.to_string();
        if let Ok(zeros) = usize::try_from(self.exponent) {
            return write!(f, "{digits}{}", "0".repeat(zeros));
        }
        let places = usize::from(self.exponent.unsigned_abs());
        let padded = format!("{digits:0>width$}", width = places + 1);
        let (whole, fraction) = padded
            .split_at_checked(padded.len() - places)
            .unwrap_or((&padded, ""));
        write!(f, "{whole}.{fraction}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decimal(text: &str) -> Decimal {
        Decimal::parse(text).unwrap()
    }

    #[test]
    fn equal_numbers_are_equal_values() {
        assert_eq!(decimal("1.50"), decimal("1.5"));
        assert_eq!(decimal("0.0"), Decimal::ZERO);
        assert_eq!(decimal("1.5").shifted(6), decimal("1500000"));
        assert_ne!(decimal("1500000"), decimal("15000000"));
        assert!(decimal("150").has_digits_of(decimal("15000")));
        assert_eq!(Decimal::parse(""), Some(Decimal::ZERO));
        assert_eq!(Decimal::parse("1,5"), None);
        assert_eq!(Decimal::parse(&"9".repeat(60)), None);
    }

    #[test]
    fn sums_and_products_are_exact_or_nothing() {
        assert_eq!(decimal("0.1").plus(decimal("0.2")), Some(decimal("0.3")));
        assert_eq!(
            decimal("1.609344").times(decimal("10")),
            Some(decimal("16.09344"))
        );
        assert_eq!(Decimal::ZERO.plus(decimal("7")), Some(decimal("7")));
        let large = Decimal::new(u128::MAX, 0);
        assert_eq!(large.times(large), None);
        assert_eq!(large.shifted(90).plus(decimal("0.1")), None);
    }

    #[test]
    fn near_is_within_a_twentieth() {
        assert!(decimal("100").is_near(decimal("95")));
        assert!(decimal("95").is_near(decimal("100")));
        assert!(!decimal("94.9").is_near(decimal("100")));
        assert!(!decimal("1").is_near(Decimal::ZERO));
    }

    #[test]
    fn numbers_print_plainly() {
        for text in ["0", "7", "1500000", "0.05", "12.25"] {
            assert_eq!(decimal(text).to_string(), text);
        }
        assert_eq!(decimal("1200").whole(), Some(1200));
        assert_eq!(decimal("1.2").whole(), None);
    }
}
