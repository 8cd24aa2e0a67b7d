//! Units of measure, and how they convert.

use super::decimal::Decimal;

/// Units that news measures in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs, reason = "their names say what they are")]
pub enum Unit {
    Millimetre,
    Centimetre,
    Metre,
    Kilometre,
    Inch,
    Foot,
    Yard,
    Mile,
    NauticalMile,
    Gram,
    Kilogram,
    Tonne,
    Ounce,
    Pound,
    Stone,
    SquareMetre,
    SquareKilometre,
    SquareFoot,
    SquareMile,
    Hectare,
    Acre,
    Litre,
    Gallon,
    Barrel,
    KilometreAnHour,
    MileAnHour,
    Knot,
    MetreASecond,
    Degree,
    Celsius,
    Fahrenheit,
    Watt,
    Kilowatt,
    Megawatt,
    Gigawatt,
    Second,
    Minute,
    Hour,
    Day,
    Week,
    Month,
    Year,
}

/// What can be converted into each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// In metres.
    Length,
    /// In kilograms.
    Mass,
    /// In square metres.
    Area,
    /// In litres.
    Volume,
    /// In metres an hour.
    Speed,
    /// Not by a factor.
    Temperature,
    /// In watts.
    Power,
    /// In hours.
    Duration,
}

impl Unit {
    /// The family and the factor to its base, as a mantissa and a power of ten.
    fn measure(self) -> (Family, u128, i16) {
        use Family::{Area, Duration, Length, Mass, Power, Speed, Temperature, Volume};
        match self {
            Self::Millimetre => (Length, 1, -3),
            Self::Centimetre => (Length, 1, -2),
            Self::Metre => (Length, 1, 0),
            Self::Kilometre => (Length, 1, 3),
            Self::Inch => (Length, 254, -4),
            Self::Foot => (Length, 3048, -4),
            Self::Yard => (Length, 9144, -4),
            Self::Mile => (Length, 1_609_344, -3),
            Self::NauticalMile => (Length, 1852, 0),
            Self::Gram => (Mass, 1, -3),
            Self::Kilogram => (Mass, 1, 0),
            Self::Tonne => (Mass, 1, 3),
            Self::Ounce => (Mass, 2835, -5),
            Self::Pound => (Mass, 453_592, -6),
            Self::Stone => (Mass, 635_029, -5),
            Self::SquareMetre => (Area, 1, 0),
            Self::SquareKilometre => (Area, 1, 6),
            Self::SquareFoot => (Area, 92_903, -6),
            Self::SquareMile => (Area, 2_589_988, 0),
            Self::Hectare => (Area, 1, 4),
            Self::Acre => (Area, 4_046_856, -3),
            Self::Litre => (Volume, 1, 0),
            Self::Gallon => (Volume, 378_541, -5),
            Self::Barrel => (Volume, 158_987, -3),
            Self::KilometreAnHour => (Speed, 1, 3),
            Self::MileAnHour => (Speed, 1_609_344, -3),
            Self::Knot => (Speed, 1852, 0),
            Self::MetreASecond => (Speed, 36, 2),
            Self::Degree | Self::Celsius | Self::Fahrenheit => (Temperature, 1, 0),
            Self::Watt => (Power, 1, 0),
            Self::Kilowatt => (Power, 1, 3),
            Self::Megawatt => (Power, 1, 6),
            Self::Gigawatt => (Power, 1, 9),
            Self::Second => (Duration, 277_778, -9),
            Self::Minute => (Duration, 166_667, -7),
            Self::Hour => (Duration, 1, 0),
            Self::Day => (Duration, 24, 0),
            Self::Week => (Duration, 168, 0),
            Self::Month => (Duration, 730, 0),
            Self::Year => (Duration, 8766, 0),
        }
    }

    /// What it measures.
    pub fn family(self) -> Family {
        self.measure().0
    }

    /// A value in the base unit of the family; `None` where that takes too many digits, and for
    /// temperatures.
    pub fn in_base(self, value: Decimal) -> Option<Decimal> {
        let (family, mantissa, exponent) = self.measure();
        if family == Family::Temperature {
            return None;
        }
        value.times(Decimal::new(mantissa, exponent))
    }

    /// Whether two measures are the same within a twentieth.
    pub fn same(self, value: Decimal, other: Self, other_value: Decimal) -> bool {
        if self.family() != other.family() {
            return false;
        }
        match (self, other) {
            (Self::Fahrenheit, Self::Celsius | Self::Degree) => {
                is_fahrenheit_of(value, other_value)
            }
            (Self::Celsius | Self::Degree, Self::Fahrenheit) => {
                is_fahrenheit_of(other_value, value)
            }
            _ => match (self.in_base(value), other.in_base(other_value)) {
                (Some(mine), Some(theirs)) => mine.is_near(theirs),
                _ => value == other_value,
            },
        }
    }
}

/// Compared five-fold, so that the ninths stay whole: 5 F is 9 C and 160.
fn is_fahrenheit_of(fahrenheit: Decimal, celsius: Decimal) -> bool {
    let five = fahrenheit.times(Decimal::from(5));
    let nine = celsius
        .times(Decimal::from(9))
        .and_then(|nine| nine.plus(Decimal::from(160)));
    matches!((five, nine), (Some(five), Some(nine)) if five.is_near(nine))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_convert() {
        for (value, unit, other, into) in [
            (10, Unit::Mile, 16, Unit::Kilometre),
            (20, Unit::Foot, 6, Unit::Metre),
            (300, Unit::Kilometre, 190, Unit::Mile),
            (100, Unit::Acre, 40, Unit::Hectare),
            (86, Unit::Fahrenheit, 30, Unit::Celsius),
            (150, Unit::Pound, 68, Unit::Kilogram),
            (60, Unit::MileAnHour, 97, Unit::KilometreAnHour),
            (2, Unit::Week, 14, Unit::Day),
        ] {
            let (value, other) = (Decimal::from(value), Decimal::from(other));
            assert!(unit.same(value, into, other), "{value} {unit:?}");
            assert!(into.same(other, unit, value), "{other} {into:?}");
        }
    }

    #[test]
    fn what_only_looks_converted_is_told_apart() {
        for (value, unit, other, into) in [
            (10, Unit::Mile, 10, Unit::Kilometre),
            (10, Unit::Mile, 160, Unit::Kilometre),
            (86, Unit::Fahrenheit, 86, Unit::Celsius),
            (10, Unit::Kilometre, 10, Unit::Kilogram),
        ] {
            let (value, other) = (Decimal::from(value), Decimal::from(other));
            assert!(!unit.same(value, into, other), "{value} {unit:?}");
        }
    }
}
