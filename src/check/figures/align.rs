//! Which figure of the output stands for which of the source, and what is left over.

use crate::check::finding::{Code, Finding};

use super::agree::{Agreement, compare, same_moment};
use super::quantity::{Kind, Quantity, Zone};
use super::unit::{Family, Unit};

/// A figure, and whether it has its counterpart.
struct Item {
    quantity: Quantity,
    met: bool,
}

/// Aligns the figures of a text with those of its translation, and says what does not agree.
///
/// `mentions` says whether the output speaks of a kind anywhere: the currency of "10 or 20 million
/// dollars" stands once for both.
pub(super) fn align(
    source: Vec<Quantity>,
    target: Vec<Quantity>,
    texts: (&str, &str),
    mentions: impl Fn(Kind) -> bool,
) -> Vec<Finding> {
    let items = |quantities: Vec<Quantity>| -> Vec<Item> {
        let new = |quantity| Item { quantity, met: false };
        quantities.into_iter().map(new).collect()
    };
    let mut pairing = Pairing {
        source: items(source),
        target: items(target),
        texts,
        findings: Vec::new(),
    };
    pairing.meet(|source, target| source.kind == target.kind && compare(source, target) == Agreement::Full);
    pairing.meet(|source, target| compare(source, target) == Agreement::Full);
    pairing.meet_again();
    pairing.meet_in_parts();
    pairing.other_units(&mentions);
    pairing.changed();
    pairing.left_over();
    pairing.findings.sort_by_key(|finding| {
        let at = |range: &Option<std::ops::Range<usize>>| range.as_ref().map_or(usize::MAX, |range| range.start);
        (at(&finding.source), at(&finding.target))
    });
    pairing.findings
}

struct Pairing<'a> {
    source: Vec<Item>,
    target: Vec<Item>,
    texts: (&'a str, &'a str),
    findings: Vec<Finding>,
}

impl Pairing<'_> {
    /// Pairs what agrees, each figure once.
    fn meet(&mut self, agree: impl Fn(&Quantity, &Quantity) -> bool) {
        for source in self.source.iter_mut().filter(|source| !source.met) {
            let target = self
                .target
                .iter_mut()
                .find(|target| !target.met && agree(&source.quantity, &target.quantity));
            if let Some(target) = target {
                target.met = true;
                source.met = true;
            }
        }
    }

    /// What is said twice in one text may be said once in the other.
    fn meet_again(&mut self) {
        let agree = |source: &Item, target: &Item| compare(&source.quantity, &target.quantity) == Agreement::Full;
        for source in self.source.iter_mut().filter(|source| !source.met) {
            source.met = self.target.iter().any(|target| target.met && agree(source, target));
        }
        for target in self.target.iter_mut().filter(|target| !target.met) {
            target.met = self.source.iter().any(|source| source.met && agree(source, target));
        }
    }

    /// Figures that are said as several, or several as one.
    fn meet_in_parts(&mut self) {
        self.runs_of_digits();
        self.feet_and_inches();
        self.conversions_in_brackets();
        self.times_in_zones();
        self.times_in_numbers();
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
                let gap = second.quantity.range.start.checked_sub(first.quantity.range.end);
                let both = digits(self.texts.0, &first.quantity) + &digits(self.texts.0, &second.quantity);
                if gap == Some(1) && both == wanted {
                    first.met = true;
                    second.met = true;
                    target.met = true;
                }
            }
        }
    }

    /// "6ft 2in" is 188 centimetres.
    fn feet_and_inches(&mut self) {
        let mut rest = self.source.as_mut_slice();
        while let [first, more @ ..] = rest {
            if let Some(second) = more.first_mut()
                && let (Kind::Measure(large), small) = (first.quantity.kind, second.quantity.kind)
                && !(first.met && second.met)
                && let Some(small) = smaller(large, small)
                && second.quantity.range.start.saturating_sub(first.quantity.range.end) <= 5
                && let Some(sum) = large
                    .in_base(first.quantity.value)
                    .zip(small.in_base(second.quantity.value))
                    .and_then(|(large, small)| large.plus(small))
            {
                let target = self.target.iter_mut().find(|target| match target.quantity.kind {
                    Kind::Measure(unit) if unit.family() == large.family() => {
                        unit.in_base(target.quantity.value).is_some_and(|value| value.is_near(sum))
                    }
                    _ => false,
                });
                if let Some(target) = target {
                    target.met = true;
                    first.met = true;
                    second.met = true;
                }
            }
            rest = more;
        }
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
            let (Kind::Measure(one), Kind::Measure(other)) = (first.quantity.kind, second.quantity.kind) else {
                continue;
            };
            let gap = self.texts.0.get(first.quantity.range.end..second.quantity.range.start);
            let is_bracket = gap.is_some_and(|gap| gap.len() <= 4 && gap.contains(['(', '/', '[']));
            if is_bracket && one != other && one.family() == other.family() && (first.met || second.met) {
                first.met = true;
                second.met = true;
            }
        }
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
            let (Kind::Clock(_), Some(minutes)) = (source.quantity.kind, source.quantity.value.whole()) else {
                continue;
            };
            let parts = [minutes / 60, minutes % 60];
            let met = |part: u64, target: &Item| {
                !matches!(target.quantity.kind, Kind::Month | Kind::Weekday | Kind::Clock(_))
                    && target.quantity.value.whole() == Some(part)
            };
            let all = parts.iter().all(|part| self.target.iter().any(|target| met(*part, target)));
            if all && minutes % 60 != 0 {
                source.met = true;
                for target in &mut self.target {
                    target.met |= parts.iter().any(|part| met(*part, target));
                }
            }
        }
    }

    /// The right value with the wrong currency or unit.
    fn other_units(&mut self, mentions: &impl Fn(Kind) -> bool) {
        for only_free in [true, false] {
            for source in self.source.iter_mut().filter(|source| !source.met) {
                let other = |target: &&mut Item| compare(&source.quantity, &target.quantity) == Agreement::OtherUnit;
                let Some(target) = self.target.iter_mut().filter(|target| !(only_free && target.met)).find(other) else {
                    continue;
                };
                source.met = true;
                target.met = true;
                let lost = !matches!(target.quantity.kind, Kind::Money(_) | Kind::Percent | Kind::Points | Kind::Measure(_));
                if !source.quantity.firm || (lost && mentions(source.quantity.kind)) {
                    continue;
                }
                self.findings.push(both(Code::Unit, &source.quantity, &target.quantity, self.texts));
            }
        }
    }

    /// What has no counterpart, with what seems to stand in its place.
    ///
    /// Numbers in words that may be lost may not be changed: they come last.
    fn changed(&mut self) {
        use Likeness::{Class, Digits, Kind};
        for (stage, firm) in [(Digits, true), (Kind, true), (Class, true), (Kind, false)] {
            let changed = |source: &&mut Item| {
                !source.met && source.quantity.firm == firm && (firm || is_worth_telling(&source.quantity))
            };
            for source in self.source.iter_mut().filter(changed) {
                let like = |target: &&mut Item| {
                    !target.met
                        && target.quantity.firm
                        && (firm || is_stray(&target.quantity))
                        && stage.holds(&source.quantity, &target.quantity)
                };
                if let Some(target) = self.target.iter_mut().find(like) {
                    source.met = true;
                    target.met = true;
                    let code = code(source.quantity.kind);
                    self.findings.push(both(code, &source.quantity, &target.quantity, self.texts));
                }
            }
        }
    }

    fn left_over(&mut self) {
        for source in self.source.iter().filter(|source| !source.met && source.quantity.firm) {
            let range = source.quantity.range.clone();
            let words = self.texts.0.get(range.clone()).unwrap_or_default();
            let note = format!("the output lacks “{}”", words.trim());
            self.findings.push(Finding::lost(code(source.quantity.kind), range, note));
        }
        for target in self.target.iter().filter(|target| !target.met && is_stray(&target.quantity)) {
            let code = match code(target.quantity.kind) {
                Code::Figures => Code::FigureAdded,
                code => code,
            };
            let range = target.quantity.range.clone();
            let words = self.texts.1.get(range.clone()).unwrap_or_default();
            let note = format!("the source does not have “{}”", words.trim());
            self.findings.push(Finding::stray(code, range, note));
        }
    }
}

/// Whether a number in words is more than an article: "four", "fifth".
fn is_worth_telling(quantity: &Quantity) -> bool {
    quantity.value.whole().is_some_and(|value| value > 3)
}

/// How much a figure looks as if it stood in another's place.
#[derive(Debug, Clone, Copy)]
enum Likeness {
    /// The same digits at another power of ten.
    Digits,
    /// The same kind.
    Kind,
    /// A kind that is written in the same way.
    Class,
}

impl Likeness {
    fn holds(self, source: &Quantity, target: &Quantity) -> bool {
        let class = class(source.kind) == class(target.kind);
        match self {
            Self::Digits => class && source.value.has_digits_of(target.value),
            Self::Kind => source.kind == target.kind,
            Self::Class => class,
        }
    }
}

/// Kinds that may stand in each other's place.
fn class(kind: Kind) -> u8 {
    match kind {
        Kind::Month => 1,
        Kind::Weekday => 2,
        Kind::Clock(_) => 3,
        Kind::Zone(_) => 4,
        _ => 0,
    }
}

fn code(kind: Kind) -> Code {
    match kind {
        Kind::Month | Kind::Weekday | Kind::Clock(_) | Kind::Zone(_) | Kind::Day => Code::Time,
        _ => Code::Figures,
    }
}

/// Whether a figure without a counterpart is one that somebody made up: not "1명" for "a man" and
/// "2차전" for "the return match".
fn is_stray(quantity: &Quantity) -> bool {
    let small = quantity.value.whole().is_some_and(|value| value <= 2);
    let is_count = matches!(quantity.kind, Kind::Number | Kind::Ordinal | Kind::Measure(_));
    quantity.firm && !(small && is_count)
}

fn both(code: Code, source: &Quantity, target: &Quantity, texts: (&str, &str)) -> Finding {
    let words = |text: &str, quantity: &Quantity| {
        let words = text.get(quantity.range.clone()).unwrap_or_default();
        words.trim().to_owned()
    };
    Finding {
        code,
        source: Some(source.range.clone()),
        target: Some(target.range.clone()),
        note: format!(
            "the source has “{}”, the output “{}”",
            words(texts.0, source),
            words(texts.1, target)
        ),
    }
}

/// The unit that a large one is followed by: inches after feet, pounds after stones.
fn smaller(large: Unit, small: Kind) -> Option<Unit> {
    match (large, small) {
        (Unit::Foot, Kind::Measure(Unit::Inch) | Kind::Number) => Some(Unit::Inch),
        (Unit::Stone, Kind::Measure(Unit::Pound) | Kind::Money(super::quantity::Currency::Pound) | Kind::Number) => Some(Unit::Pound),
        (Unit::Hour, Kind::Measure(Unit::Minute)) => Some(Unit::Minute),
        (Unit::Minute, Kind::Measure(Unit::Second)) => Some(Unit::Second),
        (large, Kind::Measure(small)) if large.family() == Family::Duration && small.family() == Family::Duration => Some(small),
        _ => None,
    }
}
