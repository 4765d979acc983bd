//! Whether some spoken tokens are one particular date, in any of the ways English has for it. Knows no other numbers.

use crate::date::{Date, MONTHS};

const SMALL: [&str; 20] = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
];
const ORDINALS: [&str; 20] = [
    "zeroth",
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
    "tenth",
    "eleventh",
    "twelfth",
    "thirteenth",
    "fourteenth",
    "fifteenth",
    "sixteenth",
    "seventeenth",
    "eighteenth",
    "nineteenth",
];
const LARGE: [(&str, u32); 6] =
    [("twenty", 20), ("twentieth", 20), ("thirty", 30), ("thirtieth", 30), ("hundred", 100), ("thousand", 1000)];

/// Whether `tokens` (lowercase, no punctuation) say exactly this date.
pub(super) fn says_date<T: AsRef<str>>(tokens: &[T], date: Date) -> bool {
    let (year, month, day) = date.parts();
    let mut months = 0;
    let mut numbers = Vec::new();
    for token in tokens {
        let token = token.as_ref();
        if token == MONTHS[month as usize - 1].to_lowercase() {
            months += 1;
        } else if let Some(number) = value(token) {
            numbers.push(number);
        } else if !["the", "of", "and"].contains(&token) {
            return false;
        }
    }
    let days = ways_below_hundred(day);
    let years = ways_of_year(year);
    months == 1 && days.iter().any(|day| years.iter().any(|year| [day.as_slice(), year].concat() == numbers))
}

fn value(token: &str) -> Option<u32> {
    let digits = ["st", "nd", "rd", "th"].iter().find_map(|end| token.strip_suffix(end)).unwrap_or(token);
    if !digits.is_empty() && digits.len() <= 4 && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return digits.parse().ok();
    }
    let place = |words: &[&str]| words.iter().position(|&word| word == token).map(|index| index as u32);
    let other = || (token == "oh").then_some(0);
    place(&SMALL)
        .or_else(|| place(&ORDINALS))
        .or_else(|| LARGE.iter().find(|(word, _)| *word == token).map(|(_, n)| *n))
        .or_else(other)
}

/// 27 is one number, or twenty and seven.
fn ways_below_hundred(number: u32) -> Vec<Vec<u32>> {
    let mut ways = vec![vec![number]];
    if number > 20 && !number.is_multiple_of(10) {
        ways.push(vec![number / 10 * 10, number % 10]);
    }
    ways
}

/// 2027 is one number, twenty twenty-seven, or two thousand (and) twenty-seven.
fn ways_of_year(year: u32) -> Vec<Vec<u32>> {
    let (century, rest) = (year / 100, year % 100);
    let mut endings = if rest == 0 { vec![vec![]] } else { ways_below_hundred(rest) };
    let mut ways = vec![vec![year]];
    if century.is_multiple_of(10) {
        ways.extend(endings.iter().map(|end| [&[century / 10, 1000], end.as_slice()].concat()));
    }
    match rest {
        0 => endings = vec![vec![100]],
        1..10 => endings = vec![vec![0, rest]],
        _ => {}
    }
    for century in ways_below_hundred(century) {
        ways.extend(endings.iter().map(|end| [century.as_slice(), end].concat()));
    }
    ways
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_known_in_every_usual_form_and_no_other_date_passes() {
        let says = |text: &str, date: &str| says_date(&text.split(' ').collect::<Vec<_>>(), Date::parse(date).unwrap());
        for text in [
            "march 15 2027",
            "march 15th 2027",
            "march fifteenth twenty twenty seven",
            "the fifteenth of march two thousand and twenty seven",
            "march fifteen 20 27",
        ] {
            assert!(says(text, "2027-03-15"), "{text}");
            for other in ["2027-03-16", "2027-04-15", "2028-03-15", "2027-03-05"] {
                assert!(!says(text, other), "{text} is not {other}");
            }
        }
        assert!(says("march twenty first twenty thirty", "2030-03-21"));
        assert!(says("may 2 twenty one hundred", "2100-05-02"));
        for text in ["", "march", "march 15", "march 15 2027 2028", "march march 15 2027", "not march 15 2027"] {
            assert!(!says(text, "2027-03-15"), "{text}");
        }
    }
}
