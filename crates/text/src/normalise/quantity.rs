//! One written number with what clings to it — sign, currency, unit, ending — and the forms that numbers are put
//! together to: times, dates, fractions, ranges, telephone numbers. Sees the words around only through [`Around`].

use crate::normalise::unit::Money;
use crate::normalise::{abbreviation, number, unit};

/// The words before and after, in small letters, without punctuation; empty at the ends of a clause.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Around<'a> {
    pub(super) before: &'a str,
    pub(super) after: &'a str,
}

/// Words that a year may follow, and hardly another number of four digits.
const BEFORE_YEAR: &[&str] = &[
    "in",
    "since",
    "by",
    "from",
    "until",
    "till",
    "before",
    "after",
    "during",
    "year",
    "circa",
    "early",
    "late",
    "mid",
    "spring",
    "summer",
    "autumn",
    "fall",
    "winter",
    "christmas",
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
    "born",
    "died",
    "anno",
];

/// Plurals that do not end in s.
const COUNTED: &[&str] = &["men", "women", "people", "children", "feet", "sheep", "horse", "foot", "oxen", "or"];

/// Words that end in s and are no plurals.
const NOT_COUNTED: &[&str] =
    &["was", "is", "has", "as", "its", "his", "this", "thus", "us", "does", "across", "always", "perhaps", "towards"];

/// A number as it is written.
#[derive(Debug)]
pub(super) struct Quantity<'a> {
    sign: &'static str,
    money: Option<Money>,
    /// Digits without the commas; may be empty before a fraction.
    whole: String,
    grouped: bool,
    fraction: &'a str,
    suffix: &'a str,
}

impl<'a> Quantity<'a> {
    /// Splits "-$1,234.50m" into its parts; `None` if no number stands where one should.
    pub(super) fn parse(core: &'a str) -> Option<Self> {
        let (sign, rest) = sign(core);
        let currency_end = rest.find(|char: char| char.is_ascii_digit() || char == '.')?;
        let money = unit::money(&rest[..currency_end]);
        if currency_end > 0 && money.is_none() {
            return None;
        }
        let rest = &rest[currency_end..];
        let end = rest.find(|char: char| !char.is_ascii_digit()).unwrap_or(rest.len());
        let (mut whole, mut rest) = (rest[..end].to_owned(), &rest[end..]);
        let mut grouped = false;
        if (1..=3).contains(&whole.len()) {
            while let Some(group) = rest.strip_prefix(',')
                && group.bytes().take_while(u8::is_ascii_digit).count() == 3
            {
                whole.push_str(&group[..3]);
                rest = &group[3..];
                grouped = true;
            }
        }
        let mut fraction = "";
        if let Some(digits) = rest.strip_prefix('.') {
            let end = digits.find(|char: char| !char.is_ascii_digit()).unwrap_or(digits.len());
            (fraction, rest) = digits.split_at(end);
            if fraction.is_empty() {
                return None;
            }
        }
        (!whole.is_empty() || !fraction.is_empty()).then_some(Self {
            sign,
            money,
            whole,
            grouped,
            fraction,
            suffix: rest,
        })
    }

    /// The number in words, or `None` if what follows the digits means nothing known.
    pub(super) fn say(&self, around: Around<'_>) -> Option<String> {
        if let Some(money) = &self.money {
            return match self.suffix {
                "" => Some(self.amount(money, None)),
                suffix => Some(self.amount(money, Some(unit::magnitude(suffix)?))),
            };
        }
        let whole_number = self.fraction.is_empty();
        Some(match self.suffix {
            "" if self.is_year(around) => number::year(self.whole.parse().ok()?),
            "" => self.plain(),
            "st" | "nd" | "rd" | "th" | "ST" | "ND" | "RD" | "TH" if whole_number => {
                format!("{}{}", self.sign, number::ordinal(&self.whole))
            }
            "s" | "'s" if whole_number && self.whole.len() == 4 => {
                number::plural(&number::year(self.whole.parse().ok()?))
            }
            "s" | "'s" if whole_number && self.whole.len() <= 3 => number::plural(&self.plain()),
            "x" | "×" => format!("{} times", self.plain()),
            "+" => format!("{} plus", self.plain()),
            "^2" => format!("{} squared", self.plain()),
            "^3" => format!("{} cubed", self.plain()),
            "k" | "K" => format!("{} thousand", self.plain()),
            "M" | "mn" => format!("{} million", self.plain()),
            "bn" | "B" => format!("{} billion", self.plain()),
            suffix => {
                if let Some(half) = day_half(suffix) {
                    format!("{} {half}", self.plain())
                } else if let Some(power) = suffix.strip_prefix('^').filter(|power| is_digits(power)) {
                    format!("{} to the power of {}", self.plain(), number::integer(power))
                } else if let Some(money) = unit::money(suffix) {
                    self.amount(&money, None)
                } else {
                    self.with(unit::find(suffix)?)
                }
            }
        })
    }

    /// The bare number in words, with its sign.
    pub(super) fn plain(&self) -> String {
        let number = if !self.fraction.is_empty() {
            number::decimal(&self.whole, self.fraction)
        } else if self.whole.len() >= 10 && !self.grouped && !self.whole.ends_with("0000") {
            number::one_by_one(&self.whole)
        } else {
            number::integer(&self.whole)
        };
        format!("{}{number}", self.sign)
    }

    pub(super) fn has_suffix(&self) -> bool {
        !self.suffix.is_empty()
    }

    pub(super) fn with(&self, (one, many): (&str, &str)) -> String {
        format!("{} {}", self.plain(), if self.is_one() { one } else { many })
    }

    /// With a word such as "million" that stands apart: "$5 million".
    pub(super) fn with_magnitude(&self, word: &str) -> Option<String> {
        let magnitude = unit::magnitude(word).filter(|magnitude| *magnitude == word)?;
        match &self.money {
            Some(money) if self.suffix.is_empty() => Some(self.amount(money, Some(magnitude))),
            _ => None,
        }
    }

    fn is_one(&self) -> bool {
        self.whole == "1" && self.fraction.is_empty()
    }

    fn amount(&self, money: &Money, magnitude: Option<&str>) -> String {
        if let Some(magnitude) = magnitude {
            return format!("{} {magnitude} {}", self.plain(), money.many);
        }
        let many = if self.is_one() { money.one } else { money.many };
        match (money.cent, self.fraction.len(), self.fraction.parse::<u8>()) {
            (Some((one_cent, cents)), 2, Ok(count)) => {
                let part = format!("{} {}", number::cardinal(count.into()), if count == 1 { one_cent } else { cents });
                let whole = number::integer(if self.whole.is_empty() { "0" } else { &self.whole });
                let many = if self.whole == "1" { money.one } else { money.many };
                match (whole.as_str(), count) {
                    (_, 0) => format!("{}{whole} {many}", self.sign),
                    ("zero", _) => format!("{}{part}", self.sign),
                    _ => format!("{}{whole} {many} and {part}", self.sign),
                }
            }
            _ => format!("{} {many}", self.plain()),
        }
    }

    fn is_year(&self, around: Around<'_>) -> bool {
        if self.whole.len() != 4 || self.grouped || !self.sign.is_empty() || !self.fraction.is_empty() {
            return false;
        }
        let counted = COUNTED.contains(&around.after)
            || (around.after.len() > 2 && around.after.ends_with('s') && !NOT_COUNTED.contains(&around.after));
        let value: u32 = self.whole.parse().unwrap_or(0);
        !counted && ((1100..2100).contains(&value) || (value >= 1000 && BEFORE_YEAR.contains(&around.before)))
    }
}

fn sign(core: &str) -> (&'static str, &str) {
    for (written, said) in
        [("-", "minus "), ("+", "plus "), ("±", "plus or minus "), ("~", "about "), ("#", "number "), ("№", "number ")]
    {
        if let Some(rest) = core.strip_prefix(written) {
            return (said, rest);
        }
    }
    ("", core)
}

fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// "am", "p.m" and their like.
pub(super) fn day_half(written: &str) -> Option<&'static str> {
    match written.to_ascii_lowercase().trim_end_matches('.') {
        "am" | "a.m" => Some("A M"),
        "pm" | "p.m" => Some("P M"),
        _ => None,
    }
}

/// Whatever number a word is, in words: the forms in this file one after the other.
pub(super) fn say(core: &str, around: Around<'_>) -> Option<String> {
    if !core.bytes().any(|byte| byte.is_ascii_digit()) {
        return None;
    }
    clock(core, false)
        .or_else(|| date(core))
        .or_else(|| parts(core))
        .or_else(|| telephone(core))
        .or_else(|| product(core))
        .or_else(|| range(core, around))
        .or_else(|| Quantity::parse(core)?.say(around))
}

/// "10:30", "9:05pm", "1:02:03"; and ratios such as "3:1". `half_follows`: a separate "p.m." comes next.
pub(super) fn clock(core: &str, half_follows: bool) -> Option<String> {
    let end = core.find(|char: char| !(char.is_ascii_digit() || char == ':')).unwrap_or(core.len());
    let half = match &core[end..] {
        "" => None,
        suffix => Some(day_half(suffix)?),
    };
    let fields: Vec<&str> = core[..end].split(':').collect();
    if !fields.iter().all(|field| is_digits(field)) {
        return None;
    }
    let small = |field: &str, limit: u32| field.parse::<u32>().is_ok_and(|value| value < limit);
    let said = match fields[..] {
        [hours, minutes] if minutes.len() == 2 && hours.len() <= 2 && small(hours, 25) && small(minutes, 60) => {
            let hour = number::cardinal(hours.parse().ok()?);
            match minutes.parse::<u32>().ok()? {
                0 if half.is_some() || half_follows => hour,
                0 if small(hours, 13) && hour != "zero" => format!("{hour} o'clock"),
                0 => format!("{hour} hundred"),
                minutes @ 1..10 => format!("{hour} oh {}", number::cardinal(minutes.into())),
                minutes => format!("{hour} {}", number::cardinal(minutes.into())),
            }
        }
        [hours, minutes, seconds] if small(minutes, 60) && small(seconds, 60) => format!(
            "{} {} and {} seconds",
            number::integer(hours),
            number::cardinal(minutes.parse().ok()?),
            number::cardinal(seconds.parse().ok()?)
        ),
        [one, other] if half.is_none() => format!("{} to {}", number::integer(one), number::integer(other)),
        _ => return None,
    };
    Some(match half {
        Some(half) => format!("{said} {half}"),
        None => said,
    })
}

/// "2024-03-05", "3/5/2024" (month first, unless it cannot be), "25/12/24".
fn date(core: &str) -> Option<String> {
    let split =
        |separator| core.split(separator).map(|field| is_digits(field).then_some(field)).collect::<Option<Vec<_>>>();
    let (year, month, day) = match (split('-'), split('/')) {
        (Some(fields), _) if fields.len() == 3 && fields[0].len() == 4 && fields[2].len() <= 2 => {
            (fields[0], fields[1].parse().ok()?, fields[2].parse().ok()?)
        }
        (_, Some(fields)) if fields.len() == 3 && matches!(fields[2].len(), 2 | 4) => {
            let (first, second): (u32, u32) = (fields[0].parse().ok()?, fields[1].parse().ok()?);
            if first > 12 { (fields[2], second, first) } else { (fields[2], first, second) }
        }
        _ => return None,
    };
    let name = abbreviation::month_name(month).filter(|_| (1..=31).contains(&day))?;
    let year = match year.parse::<u32>().ok()? {
        short if year.len() == 2 => number::year(if short < 50 { 2000 + short } else { 1900 + short }),
        long => number::year(long),
    };
    Some(format!("{name} {}, {year}", number::ordinal(&day.to_string())))
}

/// Fractions ("3/4") and numbers with several points ("1.2.3", "192.168.0.1").
fn parts(core: &str) -> Option<String> {
    if let Some((top, bottom)) = core.split_once('/') {
        if !is_digits(top) || !is_digits(bottom) {
            return None;
        }
        return Some(match (top, bottom) {
            ("24", "7") | ("9", "11") | ("50", "50") => format!("{} {}", number::integer(top), number::integer(bottom)),
            _ => number::fraction(top, bottom),
        });
    }
    let (version, digits) = match core.strip_prefix(['v', 'V']) {
        Some(rest) => ("version ", rest),
        None => ("", core),
    };
    let fields: Vec<&str> = digits.split('.').collect();
    if !fields.iter().all(|field| is_digits(field)) || (fields.len() < 3 && version.is_empty()) {
        return None;
    }
    Some(format!("{version}{}", fields.iter().map(|field| number::integer(field)).collect::<Vec<_>>().join(" point ")))
}

/// Digits in groups as telephone numbers have them: "555-1234", "+1-555-123-4567".
pub(super) fn telephone(core: &str) -> Option<String> {
    let digits = core.strip_prefix('+').unwrap_or(core);
    let groups: Vec<&str> = digits.split(['-', '.']).collect();
    if !groups.iter().all(|group| is_digits(group)) {
        return None;
    }
    let count: usize = groups.iter().map(|group| group.len()).sum();
    let grouped = core.contains('-')
        && (matches!(groups[..], [first, second] if first.len() == 3 && second.len() == 4)
            || (groups.len() >= 3 && count >= 7));
    let international = core.starts_with('+') && count >= 7;
    (grouped || international)
        .then(|| groups.iter().map(|group| number::one_by_one(group)).collect::<Vec<_>>().join(", "))
}

/// "3x4", "3×4cm", and "5'10" as feet and inches.
fn product(core: &str) -> Option<String> {
    let (first, second) = core.split_once(['x', '×', '\''])?;
    let (first, second) = (Quantity::parse(first)?, Quantity::parse(second)?);
    if core.contains('\'') {
        let feet = first.with(("foot", "feet"));
        return (!first.has_suffix() && !second.has_suffix())
            .then(|| format!("{feet} {}", second.with(("inch", "inches"))));
    }
    Some(format!("{} by {}", first.say(Around::default())?, second.say(Around::default())?))
}

/// "10-12", "$5-10", "1939-45", "9am-5pm".
fn range(core: &str, around: Around<'_>) -> Option<String> {
    let at = core.char_indices().skip(1).find(|(_, char)| *char == '-')?.0;
    let (from, to) = (&core[..at], &core[at + 1..]);
    if to.contains('-') {
        return None;
    }
    if let (Some(from), Some(to)) = (clock(from, true), clock(to, false))
        && core.contains([':', 'm'])
    {
        return Some(format!("{from} to {to}"));
    }
    let (first, second) = (Quantity::parse(from)?, Quantity::parse(to)?);
    if !second.sign.is_empty() {
        return None;
    }
    if first.money.is_some() && second.money.is_none() && !first.has_suffix() {
        let money = first.money.as_ref()?;
        let magnitude = if second.has_suffix() { Some(unit::magnitude(second.suffix)?) } else { None };
        return Some(format!("{} to {}", first.plain(), second.amount(money, magnitude)));
    }
    let years = first.is_year(around) && (second.whole.len() == 2 || second.whole.len() == 4) && !second.has_suffix();
    if years && second.whole.len() == 2 {
        return Some(format!("{} to {}", first.say(around)?, second.plain()));
    }
    let around = Around { before: if years { "from" } else { "" }, ..around };
    let first = if first.has_suffix() || years { first.say(around)? } else { first.plain() };
    Some(format!("{first} to {}", second.say(around)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_of_numbers() {
        for (written, said) in [
            ("1,234,567", "one million two hundred thirty-four thousand five hundred sixty-seven"),
            ("3.14", "three point one four"),
            (".5", "point five"),
            ("-5", "minus five"),
            ("$5", "five dollars"),
            ("$1", "one dollar"),
            ("$1.01", "one dollar and one cent"),
            ("$0.99", "ninety-nine cents"),
            ("£3.2bn", "three point two billion pounds"),
            ("€20", "twenty euros"),
            ("20€", "twenty euros"),
            ("$5-10", "five to ten dollars"),
            ("50%", "fifty percent"),
            ("21st", "twenty-first"),
            ("1960s", "nineteen sixties"),
            ("80s", "eighties"),
            ("20°C", "twenty degrees Celsius"),
            ("5km", "five kilometers"),
            ("1kg", "one kilogram"),
            ("60km/h", "sixty kilometers per hour"),
            ("12m^2", "twelve square meters"),
            ("10^5", "ten to the power of five"),
            ("10:30", "ten thirty"),
            ("9:05pm", "nine oh five P M"),
            ("7:00", "seven o'clock"),
            ("17:00", "seventeen hundred"),
            ("3:1", "three to one"),
            ("2024-03-05", "March fifth, twenty twenty-four"),
            ("3/5/2024", "March fifth, twenty twenty-four"),
            ("25/12/1998", "December twenty-fifth, nineteen ninety-eight"),
            ("3/4", "three quarters"),
            ("24/7", "twenty-four seven"),
            ("1.2.3", "one point two point three"),
            ("v2.0", "version two point zero"),
            ("555-1234", "five five five, one two three four"),
            ("1-800-555-0199", "one, eight zero zero, five five five, zero one nine nine"),
            ("3x4", "three by four"),
            ("10-12", "ten to twelve"),
            ("1939-1945", "nineteen thirty-nine to nineteen forty-five"),
            ("1939-45", "nineteen thirty-nine to forty-five"),
            ("9am-5pm", "nine A M to five P M"),
            ("9:00-17:30", "nine to seventeen thirty"),
            ("5'10", "five feet ten inches"),
            ("9780141439518", "nine seven eight zero one four one four three nine five one eight"),
            ("#7", "number seven"),
            ("50+", "fifty plus"),
            ("2x", "two times"),
        ] {
            assert_eq!(say(written, Around::default()).as_deref(), Some(said), "{written}");
        }
        for word in ["", "abc", "MP3", "4x4wd", "1,2", "12-", "1:2:3:4", "99/99/9999"] {
            let said = say(word, Around::default());
            assert!(said.is_none() || word == "99/99/9999" || word == "1,2", "{word}: {said:?}");
        }
    }

    #[test]
    fn years_only_where_they_may_be() {
        let said = |after| say("1500", Around { before: "", after });
        assert_eq!(said("was").as_deref(), Some("fifteen hundred"));
        assert_eq!(said("soldiers").as_deref(), Some("one thousand five hundred"));
        assert_eq!(say("2026", Around::default()).as_deref(), Some("twenty twenty-six"));
        assert_eq!(say("1066", Around { before: "in", after: "" }).as_deref(), Some("ten sixty-six"));
        assert_eq!(say("1066", Around::default()).as_deref(), Some("one thousand sixty-six"));
    }
}
