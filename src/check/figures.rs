//! Are the figures of the source still there, and no others?
//!
//! Languages write figures differently (1.5 million, 150만, 1,5 млн; 6:38 p.m., 18시 38분). Each
//! is read into a [`Quantity`] with an exact value, and the quantities of both texts are aligned.
//! What idiom dissolves ("one of them", "both", "for the first time") may be lost and may appear;
//! digits may not, and neither may a currency, a unit, a weekday or an hour.
//!
//! Measured on 957 professional news translations a language: 0.94 % are flagged in Korean, 0.84 %
//! in Russian. Read one by one, all but two are errors of the translators (a lost score, a weekday that
//! became another, $3.6bn that became $36bn); one of those two has the date for a weekday. Of errors planted into
//! these translations, share found in percent:
//!
//! | Planted | Korean | Russian |
//! |---|---|---|
//! | one digit changed | 99.3 | 99.7 |
//! | ten times as much, or a tenth | 99.7 | 100 |
//! | another scale word (만 for 억, млн for млрд) | 100 | 100 |
//! | a figure dropped | 97.3 | 99.3 |
//! | another currency, or no percent sign | 100 | 100 |
//! | another month, weekday or hour | 100 | 100 |
//!
//! What is dropped and not found is one of two measures that say the same: "45 miles (72 km)".

mod after;
mod agree;
mod align;
mod calendar;
mod clock;
mod decimal;
mod english;
mod group;
mod korean;
mod lexicon;
mod literal;
mod quantity;
mod read;
mod russian;
mod sum;
mod text;
mod unit;

#[cfg(test)]
mod tests;

use crate::check::finding::Finding;
use crate::job::Lang;

pub use decimal::Decimal;
pub use quantity::{Currency, Half, Kind, Quantity, Zone};
pub use read::quantities;
pub use unit::{Family, Unit};

/// What is wrong with the figures of a translation from English.
///
/// Codes: `Figures` for one that is missing or changed, `FigureAdded` for one that the source does
/// not have, `Unit` for a lost or changed currency or unit, `Time` for a date, weekday, time of
/// day or zone. In the order of the source; ranges are bytes.
pub fn check(source: &str, target: &str, lang: Lang) -> Vec<Finding> {
    let wanted = quantities(source, Lang::En);
    let given = quantities(target, lang);
    if wanted.is_empty() && given.is_empty() {
        return Vec::new();
    }
    align::align(wanted, given, (source, target))
}

/// The figures of a text as they stand, without thousands separators: runs of digits with full
/// stops and colons inside them.
pub fn plain(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut current = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let inside = !current.is_empty()
            && matches!(c, ',' | '.' | ':')
            && characters.peek().is_some_and(char::is_ascii_digit);
        if c.is_ascii_digit() || (inside && c != ',') {
            current.push(c);
        } else if !inside && !current.is_empty() {
            found.push(std::mem::take(&mut current));
        }
    }
    found.extend((!current.is_empty()).then_some(current));
    found
}
