//! Whether two figures say the same.

use super::decimal::Decimal;
use super::quantity::{Currency, Half, Kind, Other, Quantity, Zone};
use super::unit::{Family, Unit};

/// How far a figure of the output says what one of the source says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Agreement {
    /// In all.
    Full,
    /// In another unit, within a twentieth.
    Converted,
    /// The value is the same, the currency or unit is not.
    OtherUnit,
    /// Not at all.
    None,
}

const NOON: u64 = 12 * 60;
const DAY: i64 = 24 * 60;

/// Compares a figure of the source with one of the output.
pub(super) fn compare(source: &Quantity, target: &Quantity) -> Agreement {
    use Kind::{Fraction, Month, Weekday, Zone};
    let full = |same: bool| {
        if same {
            Agreement::Full
        } else {
            Agreement::None
        }
    };
    match (source.kind, target.kind) {
        (Month, Month) | (Weekday, Weekday) => full(source.value == target.value),
        (Zone(mine), Zone(theirs)) => full(same_zone(mine, theirs)),
        // The attacks of 9/11.
        (Kind::Number, Month) => full(!source.firm && source.value == target.value),
        (Month | Weekday | Zone(_), _) | (_, Month | Weekday | Zone(_)) => Agreement::None,
        (Fraction(_), _) | (_, Fraction(_)) => full(same_share(source, target)),
        _ => match (clock(source), clock(target)) {
            (Some(mine), Some(theirs)) => full(
                same_time(mine, theirs)
                    || (is_bare(source) && is_bare(target) && source.value == target.value),
            ),
            _ if is_clock(source) || is_clock(target) => Agreement::None,
            _ => values(source, target),
        },
    }
}

fn is_clock(quantity: &Quantity) -> bool {
    matches!(quantity.kind, Kind::Clock(_))
}

/// Whether a time is only another reading.
fn is_bare(quantity: &Quantity) -> bool {
    !is_clock(quantity)
}

/// The time a figure may be, and whether its half of the day is known.
fn clock(quantity: &Quantity) -> Option<(u64, Half)> {
    match (quantity.kind, quantity.other) {
        (Kind::Clock(half), _) => Some((quantity.value.whole()?, half)),
        (_, Some(Other::Clock(minutes))) => {
            let half = if minutes > NOON + 59 {
                Half::Known
            } else {
                Half::Unknown
            };
            Some((minutes, half))
        }
        _ => None,
    }
}

fn same_time((mine, my_half): (u64, Half), (theirs, their_half): (u64, Half)) -> bool {
    match (my_half, their_half) {
        (Half::Known, Half::Known) => mine == theirs,
        _ => mine % NOON == theirs % NOON,
    }
}

/// Whether times of two zones are the same moment, in winter or in summer.
pub(super) fn same_moment(source: (&Quantity, Zone), target: (&Quantity, Zone)) -> bool {
    let minutes = |quantity: &Quantity| {
        let (minutes, half) = clock(quantity)?;
        let minutes = i64::try_from(minutes).ok()?;
        Some((minutes, half))
    };
    let (Some((mine, my_half)), Some((theirs, their_half))) =
        (minutes(source.0), minutes(target.0))
    else {
        return false;
    };
    let (Some(my_offsets), Some(their_offsets)) = (source.1.offsets(), target.1.offsets()) else {
        return false;
    };
    let turn = if my_half == Half::Known && their_half == Half::Known {
        DAY
    } else {
        DAY / 2
    };
    source.1 != target.1
        && my_offsets
            .iter()
            .zip(their_offsets)
            .any(|(mine_ahead, theirs_ahead)| {
                let difference = (mine - mine_ahead) - (theirs - theirs_ahead);
                difference.rem_euclid(turn) == 0
            })
}

fn same_zone(source: Zone, target: Zone) -> bool {
    // "Local time" where the paper says whose is vague, not wrong.
    source == target || target == Zone::Local
}

/// Halves, thirds and their percentages; and a quarter of an hour is 15 minutes.
fn same_share(source: &Quantity, target: &Quantity) -> bool {
    if let (Kind::Fraction(parts), Kind::Measure(unit)) = (source.kind, target.kind)
        && let Some(whole) = match unit {
            Unit::Minute => Some(60),
            Unit::Hour => Some(24),
            Unit::Month => Some(12),
            _ => None,
        }
        && target.value.times(Decimal::from(parts)) == source.value.times(Decimal::from(whole))
    {
        return true;
    }
    if let (Kind::Ordinal, Kind::Fraction(parts)) = (source.kind, target.kind) {
        // "A tenth" reads as a place.
        return !source.firm
            && source.value == Decimal::from(parts)
            && target.value == Decimal::from(1);
    }
    let parts = |quantity: &Quantity| match quantity.kind {
        Kind::Fraction(parts) => Some((quantity.value, Decimal::from(parts))),
        Kind::Percent => Some((quantity.value, Decimal::from(100))),
        Kind::Number | Kind::Measure(_) => Some((quantity.value, Decimal::from(1))),
        _ => None,
    };
    let (Some((mine, my_parts)), Some((theirs, their_parts))) = (parts(source), parts(target))
    else {
        return false;
    };
    match (mine.times(their_parts), theirs.times(my_parts)) {
        // A third is 33 percent.
        (Some(left), Some(right)) => left.is_near(right),
        _ => false,
    }
}

fn values(source: &Quantity, target: &Quantity) -> Agreement {
    let same = source.values().any(|mine| {
        target
            .values()
            .any(|theirs| same_value(source, mine, target, theirs))
    });
    let is_points = match (source.kind, target.kind) {
        (Kind::BasisPoints, Kind::Points) => source.value.shifted(-2) == target.value,
        (Kind::Points, Kind::BasisPoints) => target.value.shifted(-2) == source.value,
        _ => false,
    };
    if is_points {
        return Agreement::Full;
    }
    let converted = || match (measure(source.kind), measure(target.kind)) {
        (Some(mine), Some(theirs)) => {
            mine != theirs
                && source
                    .values()
                    .any(|value| target.values().any(|other| mine.same(value, theirs, other)))
        }
        _ => false,
    };
    match (same, same_unit(source.kind, target.kind)) {
        (true, true) => Agreement::Full,
        _ if converted() => Agreement::Converted,
        (true, false) => Agreement::OtherUnit,
        (false, _) => Agreement::None,
    }
}

/// "The 1980s" may be the eighties.
fn same_value(source: &Quantity, mine: Decimal, target: &Quantity, theirs: Decimal) -> bool {
    if mine == theirs {
        return true;
    }
    let is_decade = source.kind == Kind::Decade || target.kind == Kind::Decade;
    match (mine.whole(), theirs.whole()) {
        (Some(mine), Some(theirs)) => {
            is_decade
                && mine.max(theirs) > 1000
                && mine.min(theirs) < 100
                && mine % 100 == theirs % 100
        }
        _ => false,
    }
}

/// The unit of a measure; pounds may weigh.
fn measure(kind: Kind) -> Option<Unit> {
    match kind {
        Kind::Measure(unit) => Some(unit),
        Kind::Money(Currency::Pound) => Some(Unit::Pound),
        _ => None,
    }
}

/// Whether a figure of one kind may be said as one of another.
fn same_unit(source: Kind, target: Kind) -> bool {
    use Kind::{BasisPoints, Day, Measure, Money, Percent, Points};
    match (source, target) {
        (Money(mine), Money(theirs)) => mine.may_be(theirs),
        (Measure(mine), Measure(theirs)) => {
            mine == theirs
                || (mine.family() == Family::Temperature
                    && theirs.family() == Family::Temperature
                    && (mine == Unit::Degree || theirs == Unit::Degree))
        }
        (Money(Currency::Pound), Measure(unit)) | (Measure(unit), Money(Currency::Pound)) => {
            unit == Unit::Pound
        }
        (Percent, Percent) | (Points, Points) | (BasisPoints, BasisPoints) => true,
        (Day, Measure(unit)) | (Measure(unit), Day) => unit == Unit::Day,
        (Measure(_), Money(_) | Percent | Points | BasisPoints)
        | (Money(_) | Percent | Points | BasisPoints, _) => false,
        // Years of age, hours, days and degrees are said with few words or none.
        (Measure(unit), _) => matches!(unit.family(), Family::Duration | Family::Temperature),
        _ => true,
    }
}
