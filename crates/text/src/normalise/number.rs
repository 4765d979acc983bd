//! Numbers in words. Knows no context: callers decide whether 1905 is a year.

const ONES: [&str; 20] = [
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
const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES: [&str; 12] = [
    "",
    "thousand",
    "million",
    "billion",
    "trillion",
    "quadrillion",
    "quintillion",
    "sextillion",
    "septillion",
    "octillion",
    "nonillion",
    "decillion",
];

/// Longest digit string that has a name.
const NAMED_DIGITS: usize = 36;

/// "1234" as "one thousand two hundred thirty-four"; digit by digit where it starts with a zero or has no name.
pub(super) fn integer(digits: &str) -> String {
    match digits.parse::<u128>() {
        Ok(value) if digits.len() <= NAMED_DIGITS && (digits.len() == 1 || !digits.starts_with('0')) => cardinal(value),
        _ => one_by_one(digits),
    }
}

/// "205" as "two zero five".
pub(super) fn one_by_one(digits: &str) -> String {
    let words: Vec<&str> =
        digits.bytes().filter(u8::is_ascii_digit).map(|digit| ONES[usize::from(digit - b'0')]).collect();
    words.join(" ")
}

/// A value below ten to the power of 36.
pub(super) fn cardinal(value: u128) -> String {
    if value == 0 {
        return ONES[0].into();
    }
    let mut words: Vec<String> = Vec::new();
    for (place, scale) in SCALES.iter().enumerate().rev() {
        let group = value / 1000_u128.pow(place as u32) % 1000;
        if group > 0 {
            words.push(below_thousand(group as usize));
            if place > 0 {
                words.push((*scale).into());
            }
        }
    }
    words.join(" ")
}

fn below_thousand(value: usize) -> String {
    let rest = value % 100;
    let small = match rest {
        0 => String::new(),
        1..20 => ONES[rest].into(),
        _ if rest.is_multiple_of(10) => TENS[rest / 10].into(),
        _ => format!("{}-{}", TENS[rest / 10], ONES[rest % 10]),
    };
    match (value / 100, small.as_str()) {
        (0, _) => small,
        (hundreds, "") => format!("{} hundred", ONES[hundreds]),
        (hundreds, _) => format!("{} hundred {small}", ONES[hundreds]),
    }
}

/// "21" as "twenty-first".
pub(super) fn ordinal(digits: &str) -> String {
    last_word(&integer(digits), |word| match word {
        "one" => "first".into(),
        "two" => "second".into(),
        "three" => "third".into(),
        "five" => "fifth".into(),
        "eight" => "eighth".into(),
        "nine" => "ninth".into(),
        "twelve" => "twelfth".into(),
        _ => match word.strip_suffix('y') {
            Some(stem) => format!("{stem}ieth"),
            None => format!("{word}th"),
        },
    })
}

/// "twenty" as "twenties", "hundred" as "hundreds".
pub(super) fn plural(words: &str) -> String {
    last_word(words, |word| match word.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if word.ends_with('x') => format!("{word}es"),
        None => format!("{word}s"),
    })
}

/// Changes the last word, which spaces or hyphens may part from the others.
fn last_word(words: &str, change: impl Fn(&str) -> String) -> String {
    let at = words.rfind([' ', '-']).map_or(0, |at| at + 1);
    format!("{}{}", &words[..at], change(&words[at..]))
}

/// "3.14": the whole part as a number, the others digit by digit.
pub(super) fn decimal(whole: &str, fraction: &str) -> String {
    if whole.is_empty() {
        format!("point {}", one_by_one(fraction))
    } else {
        format!("{} point {}", integer(whole), one_by_one(fraction))
    }
}

/// A year as people say it: 1905 "nineteen oh five", 2007 "two thousand seven", 2026 "twenty twenty-six".
pub(super) fn year(value: u32) -> String {
    let (century, rest) = (value / 100, value % 100);
    if !(1000..=9999).contains(&value) || value % 1000 < 10 {
        return cardinal(value.into());
    }
    let century = cardinal(century.into());
    match rest {
        0 => format!("{century} hundred"),
        1..10 => format!("{century} oh {}", ONES[rest as usize]),
        _ => format!("{century} {}", cardinal(rest.into())),
    }
}

/// "3/4" as "three quarters"; "22/7" as "twenty-two over seven".
pub(super) fn fraction(top: &str, bottom: &str) -> String {
    let over = || format!("{} over {}", integer(top), integer(bottom));
    let (Ok(above), Ok(below)) = (top.parse::<u32>(), bottom.parse::<u32>()) else { return over() };
    let part = match below {
        2 => "half".to_owned(),
        4 => "quarter".to_owned(),
        3..=20 | 30 | 32 | 50 | 64 | 100 | 1000 => ordinal(bottom),
        _ => return over(),
    };
    match above {
        1 => format!("one {part}"),
        _ if above >= below || above == 0 => over(),
        _ if below == 2 => over(),
        _ => format!("{} {part}s", integer(top)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cardinals() {
        for (digits, words) in [
            ("0", "zero"),
            ("13", "thirteen"),
            ("40", "forty"),
            ("101", "one hundred one"),
            ("999", "nine hundred ninety-nine"),
            ("1000000", "one million"),
            ("1002003", "one million two thousand three"),
            ("007", "zero zero seven"),
        ] {
            assert_eq!(integer(digits), words);
        }
        assert!(integer(&"9".repeat(36)).starts_with("nine hundred ninety-nine decillion"));
        assert!(integer(&"9".repeat(37)).starts_with("nine nine"));
    }

    #[test]
    fn ordinals_years_fractions() {
        for (digits, words) in
            [("1", "first"), ("12", "twelfth"), ("20", "twentieth"), ("42", "forty-second"), ("100", "one hundredth")]
        {
            assert_eq!(ordinal(digits), words);
        }
        for (value, words) in [
            (1066, "ten sixty-six"),
            (1900, "nineteen hundred"),
            (1905, "nineteen oh five"),
            (2000, "two thousand"),
            (2007, "two thousand seven"),
            (2026, "twenty twenty-six"),
            (987, "nine hundred eighty-seven"),
        ] {
            assert_eq!(year(value), words);
        }
        assert_eq!(fraction("3", "4"), "three quarters");
        assert_eq!(fraction("1", "3"), "one third");
        assert_eq!(fraction("22", "7"), "twenty-two over seven");
        assert_eq!(plural(&year(1960)), "nineteen sixties");
    }
}
