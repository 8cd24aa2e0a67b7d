//! Figures that are said in parts by one text and whole by the other.

use super::super::agree::same_moment;
use super::super::quantity::{Currency, Kind, Quantity, Zone};
use super::super::unit::Unit;
use super::{Item, Pairing, both};
use crate::check::finding::Code;

/// Feet and inches stand so close together, in bytes.
const LARGEST_GAP: usize = 5;

impl Pairing<'_> {
    /// Figures that are said as several, or several as one.
    pub(super) fn meet_in_parts(&mut self) {
        self.runs_of_digits();
        self.sums();
        self.conversions_in_brackets();
        self.conversions_added();
        self.times_in_zones();
        self.times_in_numbers();
        self.same_age();
    }

    /// "His wife, also 31" is of the same age.
    fn same_age(&mut self) {
        const WORDS: [&str; 4] = ["동갑", "같은 나이", "ровесни", "сверстни"];
        let (source, target) = self.texts;
        let says = WORDS.iter().any(|word| target.contains(word));
        for item in self.source.iter_mut().filter(|item| says && !item.met) {
            let range = &item.quantity.range;
            let before = source.get(..range.start).unwrap_or_default();
            item.met = before.ends_with("also ");
        }
    }

    /// The groups of a telephone number look like thousands in Russian.
    fn runs_of_digits(&mut self) {
        let digits = |text: &str, quantity: &Quantity| -> String {
            let words = text.get(quantity.range.clone()).unwrap_or_default();
            words.chars().filter(char::is_ascii_digit).collect()
        };
        for target in self.target.iter_mut().filter(|target| !target.met) {
            let wanted = digits(self.texts.1, &target.quantity);
            if wanted.len() <= 3 {
                continue;
            }
            for index in 1..self.source.len() {
                let Some([first, second]) = self.source.get_mut(index - 1..=index) else {
                    continue;
                };
                let gap = second
                    .quantity
                    .range
                    .start
                    .checked_sub(first.quantity.range.end);
                let both =
                    digits(self.texts.0, &first.quantity) + &digits(self.texts.0, &second.quantity);
                if gap == Some(1) && both == wanted {
                    first.met = true;
                    second.met = true;
                    target.met = true;
                }
            }
        }
    }

    /// "6ft 2in" is 188 centimetres, and 90 minutes are "1시간 30분".
    fn sums(&mut self) {
        meet_sums(&mut self.source, &mut self.target);
        meet_sums(&mut self.target, &mut self.source);
    }

    /// "45 miles (72 kilometres)" may be said once.
    fn conversions_in_brackets(&mut self) {
        for index in 1..self.source.len() {
            let Some((before, after)) = self.source.split_at_mut_checked(index) else {
                continue;
            };
            let (Some(first), Some(second)) = (before.last_mut(), after.first_mut()) else {
                continue;
            };
            let (Kind::Measure(one), Kind::Measure(other)) =
                (first.quantity.kind, second.quantity.kind)
            else {
                continue;
            };
            let gap = self
                .texts
                .0
                .get(first.quantity.range.end..second.quantity.range.start);
            let is_changed = self.target.iter().any(|target| {
                !target.met
                    && [first.quantity.kind, second.quantity.kind].contains(&target.quantity.kind)
            });
            let is_bracket = !is_changed
                && gap.is_some_and(|gap| gap.len() <= 4 && gap.contains(['(', '/', '[']));
            if is_bracket
                && one != other
                && one.family() == other.family()
                && (first.met || second.met)
            {
                first.met = true;
                second.met = true;
            }
        }
    }

    /// "100마일(160㎞)": a paper may convert for its readers.
    fn conversions_added(&mut self) {
        for index in 1..self.target.len() {
            let Some([first, second]) = self.target.get_mut(index - 1..=index) else {
                continue;
            };
            let (Kind::Measure(one), Kind::Measure(other)) =
                (first.quantity.kind, second.quantity.kind)
            else {
                continue;
            };
            let gap = first.quantity.range.end..second.quantity.range.start;
            let opens = self
                .texts
                .1
                .get(gap)
                .is_some_and(|gap| gap.trim_start().starts_with('('));
            let same = one.same(first.quantity.value, other, second.quantity.value);
            second.met |= opens && first.met && one != other && same;
        }
    }

    /// Papers in Korea write the day of the month for a weekday of the last few days, and so do
    /// some in Russia, with the month. Editors know the date; a model makes one up. So it has to
    /// stand in the source, beside the weekday: "Tuesday, October 7".
    pub(super) fn days_as_dates(&mut self) {
        let is_free = |item: &Item, kind: Kind| !item.met && item.quantity.kind == kind;
        let days: Vec<usize> = (0..self.source.len())
            .filter(|at| {
                let item = self.source.get(*at);
                item.is_some_and(|item| is_free(item, Kind::Weekday) && item.quantity.firm)
            })
            .collect();
        for at in days {
            let is_dated = self.is_dated(at);
            let target = self.target.iter_mut().find(|target| {
                let is_day =
                    is_free(target, Kind::Day) || is_free(target, Kind::Measure(Unit::Day));
                is_day && matches!(target.quantity.value.whole(), Some(1..=31))
            });
            let Some(source) = self.source.get_mut(at) else {
                continue;
            };
            source.met |= is_dated;
            let Some(target) = target.filter(|_| !is_dated) else {
                continue;
            };
            source.met = true;
            target.met = true;
            let end = target.quantity.range.end;
            self.findings.push(both(
                Code::Time,
                &source.quantity,
                &target.quantity,
                self.texts,
            ));
            let month = self.target.iter_mut().find(|month| {
                is_free(month, Kind::Month) && month.quantity.range.start.abs_diff(end) <= 2
            });
            if let Some(month) = month {
                month.met = true;
            }
        }
    }

    /// Whether a date that is in the translation too stands beside a figure of the source.
    fn is_dated(&self, at: usize) -> bool {
        /// "Wednesday (the 24th of September", "September 24, a Wednesday", in bytes.
        const NEAR: usize = 18;
        let Some(weekday) = self.source.get(at).map(|item| &item.quantity.range) else {
            return false;
        };
        self.source.iter().any(|item| {
            let range = &item.quantity.range;
            let gap = if range.start >= weekday.end {
                range.start - weekday.end
            } else {
                weekday.start.saturating_sub(range.end)
            };
            item.met && item.quantity.kind == Kind::Day && gap <= NEAR
        })
    }

    /// A time may be told in another zone, if it is the same moment.
    fn times_in_zones(&mut self) {
        let zones = |items: &[Item]| -> Vec<Zone> {
            let zone = |item: &Item| match item.quantity.kind {
                Kind::Zone(zone) => Some(zone),
                _ => None,
            };
            items.iter().filter_map(zone).collect()
        };
        let (from, to) = (zones(&self.source), zones(&self.target));
        let ([from], [to]) = (from.as_slice(), to.as_slice()) else {
            return;
        };
        let mut moved = false;
        for source in self.source.iter_mut().filter(|source| !source.met) {
            let target = self.target.iter_mut().find(|target| {
                !target.met && same_moment((&source.quantity, *from), (&target.quantity, *to))
            });
            if let Some(target) = target {
                target.met = true;
                source.met = true;
                moved = true;
            }
        }
        let zones = self.source.iter_mut().chain(self.target.iter_mut());
        for zone in zones.filter(|item| moved && matches!(item.quantity.kind, Kind::Zone(_))) {
            zone.met = true;
        }
    }

    /// "3:45" may be three minutes and 45 seconds, and "06.38" two numbers.
    fn times_in_numbers(&mut self) {
        for source in self.source.iter_mut().filter(|source| !source.met) {
            let (Kind::Clock(_), Some(minutes)) =
                (source.quantity.kind, source.quantity.value.whole())
            else {
                continue;
            };
            let parts = [minutes / 60, minutes % 60];
            let met = |part: u64, target: &Item| {
                !matches!(
                    target.quantity.kind,
                    Kind::Month | Kind::Weekday | Kind::Clock(_)
                ) && target.quantity.value.whole() == Some(part)
            };
            let all = parts
                .iter()
                .all(|part| self.target.iter().any(|target| met(*part, target)));
            if all && minutes % 60 != 0 {
                source.met = true;
                for target in &mut self.target {
                    target.met |= parts.iter().any(|part| met(*part, target));
                }
            }
        }
    }
}

/// Pairs two measures that add up with one that is as much.
fn meet_sums(parts: &mut [Item], wholes: &mut [Item]) {
    for index in 1..parts.len() {
        let Some([first, second]) = parts.get_mut(index - 1..=index) else {
            continue;
        };
        let Kind::Measure(large) = first.quantity.kind else {
            continue;
        };
        let gap = second
            .quantity
            .range
            .start
            .saturating_sub(first.quantity.range.end);
        let small = smaller(large, second.quantity.kind);
        let Some(small) = small.filter(|_| gap <= LARGEST_GAP && !(first.met && second.met)) else {
            continue;
        };
        let sum = large
            .in_base(first.quantity.value)
            .zip(small.in_base(second.quantity.value))
            .and_then(|(large, small)| large.plus(small));
        let whole = wholes.iter_mut().find(|whole| match whole.quantity.kind {
            Kind::Measure(unit) if unit.family() == large.family() => unit
                .in_base(whole.quantity.value)
                .zip(sum)
                .is_some_and(|(value, sum)| value.is_near(sum)),
            _ => false,
        });
        if let Some(whole) = whole {
            whole.met = true;
            first.met = true;
            second.met = true;
        }
    }
}

/// The unit that a large one is followed by: inches after feet, pounds after stones.
fn smaller(large: Unit, small: Kind) -> Option<Unit> {
    match (large, small) {
        (Unit::Foot, Kind::Measure(Unit::Inch) | Kind::Number) => Some(Unit::Inch),
        (Unit::Stone, Kind::Measure(Unit::Pound) | Kind::Money(Currency::Pound) | Kind::Number) => {
            Some(Unit::Pound)
        }
        (Unit::Hour, Kind::Measure(Unit::Minute)) => Some(Unit::Minute),
        (Unit::Minute, Kind::Measure(Unit::Second)) => Some(Unit::Second),
        (Unit::Year, Kind::Measure(Unit::Month)) => Some(Unit::Month),
        (Unit::Month, Kind::Measure(small @ (Unit::Week | Unit::Day))) => Some(small),
        (Unit::Week, Kind::Measure(Unit::Day)) => Some(Unit::Day),
        (Unit::Day, Kind::Measure(Unit::Hour)) => Some(Unit::Hour),
        _ => None,
    }
}
