//! Which figure of the output stands for which of the source, and what is left over.

mod parts;

use crate::check::finding::{Code, Finding};

use super::agree::{Agreement, compare};
use super::quantity::{Kind, Quantity};

/// A figure, and whether it has its counterpart.
struct Item {
    quantity: Quantity,
    met: bool,
}

/// Aligns the figures of a text with those of its translation, and says what does not agree.
pub(super) fn align(
    source: Vec<Quantity>,
    target: Vec<Quantity>,
    texts: (&str, &str),
) -> Vec<Finding> {
    let items = |quantities: Vec<Quantity>| -> Vec<Item> {
        let new = |quantity| Item {
            quantity,
            met: false,
        };
        quantities.into_iter().map(new).collect()
    };
    let mut pairing = Pairing {
        source: items(source),
        target: items(target),
        texts,
        findings: Vec::new(),
    };
    pairing.meet(|source, target| {
        source.kind == target.kind && compare(source, target) == Agreement::Full
    });
    let agree = |source: &Quantity, target: &Quantity| compare(source, target) == Agreement::Full;
    pairing.meet(|source, target| source.firm == target.firm && agree(source, target));
    pairing.meet(agree);
    pairing.meet_converted();
    pairing.days_as_dates();
    pairing.meet_again();
    pairing.meet_in_parts();
    pairing.other_units();
    pairing.changed();
    pairing.changed_words();
    pairing.left_over();
    pairing.findings.sort_by_key(|finding| {
        let at = |range: &Option<std::ops::Range<usize>>| {
            range.as_ref().map_or(usize::MAX, |range| range.start)
        };
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

    /// Measures may be converted, but into no unit that the source has: "45 miles (72 km)" is not
    /// 46 miles.
    fn meet_converted(&mut self) {
        let given: Vec<Kind> = self.source.iter().map(|item| item.quantity.kind).collect();
        for source in self.source.iter_mut().filter(|source| !source.met) {
            let target = self.target.iter_mut().find(|target| {
                !target.met
                    && !given.contains(&target.quantity.kind)
                    && compare(&source.quantity, &target.quantity) == Agreement::Converted
            });
            if let Some(target) = target {
                target.met = true;
                source.met = true;
            }
        }
    }

    /// What is said twice in one text may be said once in the other, but not where that other says
    /// something else of its kind once too often.
    fn meet_again(&mut self) {
        let agree = |source: &Item, target: &Item| {
            compare(&source.quantity, &target.quantity) == Agreement::Full
        };
        let firm_again = |items: &[Item], others: &[Item], is_source: bool| -> Vec<u8> {
            let again = |item: &&Item| {
                !item.met
                    && item.quantity.firm
                    && others.iter().any(|other| {
                        other.met
                            && if is_source {
                                agree(item, other)
                            } else {
                                agree(other, item)
                            }
                    })
            };
            let again = items.iter().filter(again);
            again.map(|item| class(item.quantity.kind)).collect()
        };
        let mut lost = firm_again(&self.source, &self.target, true);
        let times = self.source.iter().filter(|item| !item.met);
        let times = times.map(|item| class(item.quantity.kind));
        lost.extend(times.filter(|class| *class != COUNTS));
        let gained = firm_again(&self.target, &self.source, false);
        let swapped = |item: &Item| {
            let class = class(item.quantity.kind);
            item.quantity.firm && lost.contains(&class) && gained.contains(&class)
        };
        let sources = self.source.iter_mut();
        for source in sources.filter(|source| !source.met && !swapped(source)) {
            let mut targets = self.target.iter();
            source.met = targets.any(|target| target.met && agree(source, target));
        }
        let targets = self.target.iter_mut();
        for target in targets.filter(|target| !target.met && !swapped(target)) {
            let mut sources = self.source.iter();
            target.met = sources.any(|source| source.met && agree(source, target));
        }
    }

    /// The right value with the wrong currency or unit.
    fn other_units(&mut self) {
        for only_free in [true, false] {
            for source in self.source.iter_mut().filter(|source| !source.met) {
                let other = |target: &&mut Item| {
                    compare(&source.quantity, &target.quantity) == Agreement::OtherUnit
                };
                let Some(target) = self
                    .target
                    .iter_mut()
                    .filter(|target| !(only_free && target.met))
                    .find(other)
                else {
                    continue;
                };
                source.met = true;
                target.met = true;
                if !source.quantity.firm {
                    continue;
                }
                self.findings.push(both(
                    Code::Unit,
                    &source.quantity,
                    &target.quantity,
                    self.texts,
                ));
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
                !source.met
                    && source.quantity.firm == firm
                    && (firm || is_worth_telling(&source.quantity))
            };
            for source in self.source.iter_mut().filter(changed) {
                let like = |target: &&mut Item| {
                    !target.met
                        && (target.quantity.firm || is_zone(&target.quantity))
                        && (firm || is_stray(&target.quantity))
                        && stage.holds(&source.quantity, &target.quantity)
                };
                if let Some(target) = self.target.iter_mut().find(like) {
                    source.met = true;
                    target.met = true;
                    let code = code(source.quantity.kind);
                    self.findings
                        .push(both(code, &source.quantity, &target.quantity, self.texts));
                }
            }
        }
    }

    /// "Two" that became "three", where both are in words and nothing else is left.
    fn changed_words(&mut self) {
        let is_word = |item: &&mut Item| {
            let quantity = &item.quantity;
            let is_small = quantity.kind == Kind::Number
                && matches!(quantity.value.whole(), Some(2 | 3))
                && quantity.other.is_none();
            let is_fraction = matches!(quantity.kind, Kind::Fraction(_));
            !item.met && !quantity.firm && (is_small || is_fraction)
        };
        let sources: Vec<_> = self.source.iter_mut().filter(is_word).collect();
        let targets: Vec<_> = self.target.iter_mut().filter(is_word).collect();
        let (Ok([source]), Ok([target])) = (
            <[&mut Item; 1]>::try_from(sources),
            <[&mut Item; 1]>::try_from(targets),
        ) else {
            return;
        };
        let is_fraction = |item: &Item| matches!(item.quantity.kind, Kind::Fraction(_));
        if is_fraction(source) == is_fraction(target) {
            source.met = true;
            target.met = true;
            let finding = both(
                Code::Figures,
                &source.quantity,
                &target.quantity,
                self.texts,
            );
            self.findings.push(finding);
        }
    }

    fn left_over(&mut self) {
        for source in self
            .source
            .iter()
            .filter(|source| !source.met && source.quantity.firm)
        {
            let range = source.quantity.range.clone();
            let words = self.texts.0.get(range.clone()).unwrap_or_default();
            let note = format!("the output lacks “{}”", words.trim());
            self.findings
                .push(Finding::lost(code(source.quantity.kind), range, note));
        }
        for target in self
            .target
            .iter()
            .filter(|target| !target.met && is_stray(&target.quantity))
        {
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

fn is_zone(quantity: &Quantity) -> bool {
    matches!(quantity.kind, Kind::Zone(_))
}

/// Whether a number in words is more than an article: "four", "fifth".
fn is_worth_telling(quantity: &Quantity) -> bool {
    class(quantity.kind) != COUNTS || quantity.value.whole().is_some_and(|value| value > 3)
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

/// The class of all that is not of the calendar.
const COUNTS: u8 = 0;

/// Kinds that may stand in each other's place.
fn class(kind: Kind) -> u8 {
    match kind {
        Kind::Month => 1,
        Kind::Weekday => 2,
        Kind::Clock(_) => 3,
        Kind::Zone(_) => 4,
        _ => COUNTS,
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
    let largest = match quantity.kind {
        Kind::Number | Kind::Ordinal | Kind::Measure(_) => 2,
        // "Every dollar" is one.
        Kind::Money(_) => 1,
        _ => return quantity.firm,
    };
    let is_small = quantity.value.whole().is_some_and(|value| value <= largest);
    quantity.firm && !is_small
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
