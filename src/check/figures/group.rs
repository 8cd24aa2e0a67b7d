//! Figures that belong together: the ends of a range, the sides of a score, a day and its month.

use super::decimal::Decimal;
use super::quantity::{Half, Kind, Other, Quantity};
use super::read::Found;
use super::text::Text;

/// What stands between the ends of a range, or between amounts that share a unit.
const LINKS: [&str; 22] = [
    "-", "–", "—", "~", "∼", "〜", " - ", " – ", " — ", " to ", " and ", " or ", "에서 ", "에서",
    " 내지 ", " до ", " и ", " или ", "-to-", "−", ", ", "‑",
];
/// Scores are not higher.
const HIGHEST_SCORE: u64 = 200;

/// Tells figures what they have in common with the next.
pub(super) fn relate(text: &Text<'_>, found: &mut [Found]) {
    // From the end, so that the unit of "10, 20 and 30 miles" reaches the first.
    for index in (1..found.len()).rev() {
        let Some((before, after)) = found.split_at_mut_checked(index) else {
            continue;
        };
        let (Some(first), Some(second)) = (before.last_mut(), after.first_mut()) else {
            continue;
        };
        if first.quantity.range.end > second.quantity.range.start {
            continue;
        }
        let gap = text.between(first.quantity.range.end..second.quantity.range.start);
        date(&mut first.quantity, &mut second.quantity, gap);
        if gap == " in " && first.quantity.value == Decimal::from(1) {
            // "1 in 5" is every fifth.
            first.quantity.firm = false;
        }
        if LINKS.contains(&gap) {
            share(first, second, gap);
            if gap != ", " {
                hours(&mut first.quantity, &mut second.quantity);
            }
        }
        score(&mut first.quantity, &mut second.quantity, gap);
    }
}

/// "March 5", "the 5th of March", "5 марта", "3월 5일".
fn date(first: &mut Quantity, second: &mut Quantity, gap: &str) {
    let is_day = |quantity: &Quantity| {
        let may_be = match quantity.kind {
            Kind::Number | Kind::Ordinal => true,
            Kind::Measure(unit) => unit == super::unit::Unit::Day,
            _ => false,
        };
        may_be && matches!(quantity.value.whole(), Some(1..=31))
    };
    let close = matches!(gap, "" | " " | "\u{a0}" | ". " | " the " | " of " | "-");
    if first.kind == Kind::Month && close && is_day(second) {
        second.kind = Kind::Day;
    } else if second.kind == Kind::Month && close && is_day(first) {
        first.kind = Kind::Day;
    }
}

/// The ends of a range share unit and scale: "$10–15 million", "10-15 миль".
fn share(first: &mut Found, second: &mut Found, gap: &str) {
    if second.scale > first.scale
        && first.scale == 0
        && gap != ", "
        && first.quantity.other.is_none()
    {
        let shifted = first.quantity.value.shifted(second.scale);
        first.quantity.other = Some(Other::Value(shifted));
    }
    let takes = |kind: Kind| matches!(kind, Kind::Money(_) | Kind::Percent | Kind::Measure(_));
    let (one, other) = (first.quantity.kind, second.quantity.kind);
    // "In 2013, 75 per cent" is no list.
    let is_list = gap == ", ";
    let is_year = matches!(first.quantity.value.whole(), Some(1000..2200));
    let apart = is_list && (is_year || matches!(other, Kind::Measure(_)));
    if one == Kind::Number && takes(other) && !apart {
        first.quantity.kind = other;
    } else if other == Kind::Number
        && matches!(one, Kind::Money(_))
        && matches!(gap, "-" | "–" | " to ")
    {
        second.quantity.kind = one;
    }
}

/// "From 6 to 8 p.m.", "с 6 утра до 8".
fn hours(first: &mut Quantity, second: &mut Quantity) {
    let is_clock = |quantity: &Quantity| matches!(quantity.kind, Kind::Clock(_));
    let hour = match (is_clock(first), is_clock(second)) {
        (true, false) => second,
        (false, true) => first,
        _ => return,
    };
    if hour.kind == Kind::Number
        && hour.firm
        && hour.other.is_none()
        && let Some(value @ 1..=24) = hour.value.whole()
    {
        hour.kind = Kind::Clock(Half::Unknown);
        hour.value = Decimal::from(value * 60);
    }
}

/// "3-1", "3:1", "3대 1".
fn score(first: &mut Quantity, second: &mut Quantity, gap: &str) {
    let is_side = |quantity: &Quantity| {
        quantity.kind == Kind::Number
            && quantity.firm
            && quantity
                .value
                .whole()
                .is_some_and(|value| value < HIGHEST_SCORE)
    };
    let joins = matches!(
        gap,
        "-" | "–" | ":" | " : " | "대" | "대 " | " 대 " | "—" | "‑"
    );
    if joins && (is_side(first) || first.kind == Kind::Score) && is_side(second) {
        first.kind = Kind::Score;
        second.kind = Kind::Score;
    }
}
