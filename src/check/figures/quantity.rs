//! What a figure says, whatever the language that says it.

use std::ops::Range;

use super::decimal::Decimal;
use super::unit::Unit;

/// A figure of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quantity {
    /// What the value counts or names.
    pub kind: Kind,
    /// The value: of a month or weekday its place (January and Monday are 1), of a clock time the
    /// minutes since midnight, of a fraction its numerator; 0 for a zone.
    pub value: Decimal,
    /// Where it stands, in bytes, with its scale and unit.
    pub range: Range<usize>,
    /// Whether a translation has to say it, and a source to have said it. What is written in
    /// words that idiom dissolves ("one of them", "both", "for the first time") is not firm.
    pub firm: bool,
    /// Another reading of the same characters.
    pub(super) other: Option<Other>,
}

/// Another reading of a figure's characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Other {
    /// "1,234" in Russian is 1.234 or 1234, "5m" in English 5 million or 5 metres.
    Value(Decimal),
    /// "18.38" and "18 часов" in Russian may be times: minutes since midnight.
    Clock(u64),
}

/// What a value counts or names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A count, a year, part of a name. The ends of a range and the two sides of a score are a
    /// figure each.
    Number,
    /// A place in an order.
    Ordinal,
    /// An amount of money.
    Money(Currency),
    /// A share of a hundred.
    Percent,
    /// A difference between shares of a hundred.
    Points,
    /// A hundredth of [`Kind::Points`].
    BasisPoints,
    /// A share; what is in it is the denominator.
    Fraction(u64),
    /// The 1980s, or somebody's eighties.
    Decade,
    /// One side of a score.
    Score,
    /// With a unit of measure.
    Measure(Unit),
    /// A day of a month.
    Day,
    /// A month's name.
    Month,
    /// A weekday's name.
    Weekday,
    /// A time of day, and whether the half of the day is known.
    Clock(Half),
    /// A time zone.
    Zone(Zone),
}

/// Whether it is known which half of the day a time is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Half {
    /// "18:38" and "6:38 p.m.".
    Known,
    /// "6:38".
    Unknown,
}

/// Currencies, those of one name together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Currency {
    /// American, or of no country that is named.
    Dollar,
    /// Canadian.
    CanadianDollar,
    /// Australian.
    AustralianDollar,
    /// Of New Zealand.
    NewZealandDollar,
    /// Of Hong Kong.
    HongKongDollar,
    /// Of Singapore.
    SingaporeDollar,
    /// Of Taiwan.
    TaiwanDollar,
    /// The hundredth of a dollar or euro.
    Cent,
    /// Of any country.
    Pound,
    /// The hundredth of a pound.
    Penny,
    /// The euro.
    Euro,
    /// South or North Korean.
    Won,
    /// Japanese.
    Yen,
    /// Chinese.
    Yuan,
    /// Russian or Belarusian.
    Rouble,
    /// Indian, Pakistani and others.
    Rupee,
    /// Indonesian.
    Rupiah,
    /// What Russian calls rupees and rupiahs alike.
    AnyRupee,
    /// Swiss and others.
    Franc,
    /// Mexican and others.
    Peso,
    /// Swedish, Norwegian, Danish, Czech.
    Crown,
    /// Turkish.
    Lira,
    /// Ukrainian.
    Hryvnia,
    /// Of the Gulf.
    Dirham,
    /// Saudi, Iranian, Brazilian.
    Rial,
    /// South African.
    Rand,
}

/// Time zones, summer time and standard time together where papers do not tell them apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Zone {
    /// GMT and UTC.
    Greenwich,
    /// British summer time.
    British,
    /// Of the American east.
    Eastern,
    /// Of the American middle.
    Central,
    /// Of the American mountains.
    Mountain,
    /// Of the American west.
    Pacific,
    /// Of Korea.
    Korea,
    /// Of Japan.
    Japan,
    /// Of Moscow.
    Moscow,
    /// Of Central Europe.
    Europe,
    /// Of India.
    India,
    /// Of Australia's east.
    Sydney,
    /// Of wherever it happens.
    Local,
}

impl Currency {
    /// Whether one amount may be said in another of these words: "$" in Ottawa is a Canadian dollar.
    pub(super) fn may_be(self, other: Self) -> bool {
        self == other
            || (self == Self::Dollar && other.is_dollar())
            || (other == Self::AnyRupee && matches!(self, Self::Rupee | Self::Rupiah))
    }

    fn is_dollar(self) -> bool {
        matches!(
            self,
            Self::CanadianDollar
                | Self::AustralianDollar
                | Self::NewZealandDollar
                | Self::HongKongDollar
                | Self::SingaporeDollar
                | Self::TaiwanDollar
        )
    }

    /// The currency of this name in a country, by a word that names the country.
    pub(super) fn of(self, country: &str) -> Self {
        const COUNTRIES: [(&str, Currency); 19] = [
            ("canadian", Currency::CanadianDollar),
            ("australian", Currency::AustralianDollar),
            ("zealand", Currency::NewZealandDollar),
            ("kong", Currency::HongKongDollar),
            ("singapore", Currency::SingaporeDollar),
            ("taiwan", Currency::TaiwanDollar),
            ("캐나다", Currency::CanadianDollar),
            ("호주", Currency::AustralianDollar),
            ("뉴질랜드", Currency::NewZealandDollar),
            ("홍콩", Currency::HongKongDollar),
            ("싱가포르", Currency::SingaporeDollar),
            ("대만", Currency::TaiwanDollar),
            ("канадск", Currency::CanadianDollar),
            ("австралийск", Currency::AustralianDollar),
            ("новозеландск", Currency::NewZealandDollar),
            ("гонконгск", Currency::HongKongDollar),
            ("сингапурск", Currency::SingaporeDollar),
            ("тайваньск", Currency::TaiwanDollar),
            ("тайваня", Currency::TaiwanDollar),
        ];
        let found = COUNTRIES.iter().find(|(name, _)| country.starts_with(name));
        found
            .filter(|_| self == Self::Dollar)
            .map_or(self, |(_, currency)| *currency)
    }
}

impl Zone {
    /// Minutes ahead of Greenwich in winter and in summer; `None` where it is not known.
    pub fn offsets(self) -> Option<[i64; 2]> {
        const HOUR: i64 = 60;
        let [winter, summer] = match self {
            Self::Greenwich => [0, 0],
            Self::British => [1, 1],
            Self::Eastern => [-5, -4],
            Self::Central => [-6, -5],
            Self::Mountain => [-7, -6],
            Self::Pacific => [-8, -7],
            Self::Korea | Self::Japan => [9, 9],
            Self::Moscow => [3, 3],
            Self::Europe => [1, 2],
            Self::Sydney => [10, 11],
            Self::India => return Some([330, 330]),
            Self::Local => return None,
        };
        Some([winter * HOUR, summer * HOUR])
    }
}

impl Quantity {
    /// The value and the other value, if there is one.
    pub(super) fn values(&self) -> impl Iterator<Item = Decimal> + use<> {
        let other = match self.other {
            Some(Other::Value(value)) => Some(value),
            _ => None,
        };
        [Some(self.value), other].into_iter().flatten()
    }
}
