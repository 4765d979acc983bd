//! Written English to speakable English: numbers, abbreviations, symbols and addresses in words. Knows no voice; what it
//! cannot read it leaves out or leaves as it is, and it never fails.

pub(crate) mod abbreviation;
mod clean;
mod link;
mod number;
mod quantity;
pub(crate) mod roman;
mod speech;
mod spell;
mod unit;

use abbreviation::Follows;
use quantity::{Around, Quantity};
use speech::{Speech, Token, tokens};

/// Most groups of digits that one telephone number has.
const MOST_GROUPS: usize = 8;

/// What a voice should say for a text.
///
/// The result holds words, single spaces, and the marks `, . ; : ? !` right after words; no digits, quotes, brackets or
/// symbols. Letters to be spelled stand alone as capitals ("F B I"), and the article is a small `a`. Words of other
/// scripts stay as they are.
pub fn normalise(text: &str) -> String {
    read_aloud(text, false)
}

/// The same for a heading: a numeral at its start counts chapters, as in "IV. The Sea".
pub(crate) fn normalise_heading(text: &str) -> String {
    read_aloud(text, true)
}

fn read_aloud(text: &str, heading: bool) -> String {
    let text = clean::clean(text);
    let tokens = tokens(&text);
    let mut reading = Reading { shouting: is_shouting(&tokens), tokens, heading, speech: Speech::default() };
    let mut at = 0;
    while at < reading.tokens.len() {
        at += reading.read(at).max(1);
    }
    reading.speech.finish()
}

/// Whether all of a text is in capitals, so that capitals mean nothing.
fn is_shouting(tokens: &[Token<'_>]) -> bool {
    let words = tokens.iter().filter(|token| token.core.chars().filter(|char| char.is_uppercase()).count() > 1).count();
    words >= 2 && !tokens.iter().any(|token| token.core.chars().any(char::is_lowercase))
}

struct Reading<'a> {
    tokens: Vec<Token<'a>>,
    shouting: bool,
    heading: bool,
    speech: Speech,
}

impl<'a> Reading<'a> {
    /// Says the token at this place, and those that belong to it. Returns how many.
    fn read(&mut self, at: usize) -> usize {
        let token = self.tokens[at];
        self.speech.lead(token.lead);
        if token.core.is_empty() {
            self.trail(at, false);
            return 1;
        }
        if let Some(count) = self.read_several(at) {
            return count;
        }
        if let Some(drop_stop) = self.read_abbreviation(at) {
            self.trail(at, drop_stop);
            return 1;
        }
        self.read_word(at);
        self.trail(at, false);
        1
    }

    /// The core of the token so many places on, if nothing but a space lies between.
    fn next(&self, at: usize, ahead: usize) -> &'a str {
        let joined = (at..at + ahead).all(|at| self.tokens.get(at).is_some_and(|token| token.trail.is_empty()));
        match self.tokens.get(at + ahead) {
            Some(token) if joined && token.lead.is_empty() => token.core,
            _ => "",
        }
    }

    /// The core before, if nothing but a space lies between.
    fn before(&self, at: usize) -> &'a str {
        match at.checked_sub(1).map(|at| self.tokens[at]) {
            Some(before) if before.trail.is_empty() && self.tokens[at].lead.is_empty() => before.core,
            _ => "",
        }
    }

    /// The next core whatever lies between.
    fn following(&self, at: usize) -> &'a str {
        self.tokens.get(at + 1).map_or("", |token| token.core)
    }

    fn trail(&mut self, at: usize, drop_stop: bool) {
        let trail = self.tokens[at].trail;
        let trail = if drop_stop { trail.strip_prefix('.').unwrap_or(trail) } else { trail };
        let following = self.following(at);
        let ends = following.is_empty() || following.starts_with(char::is_uppercase);
        self.speech.trail(trail, ends);
    }

    /// Numbers and names that several words make up: "5 km", "March 5, 2024", "Henry VIII".
    fn read_several(&mut self, at: usize) -> Option<usize> {
        if let Some(count) = self.read_telephone(at).or_else(|| self.read_date(at)) {
            return Some(count);
        }
        let core = self.tokens[at].core;
        let next = self.next(at, 1);
        let before = self.before(at);
        if let Some(numeral) = self.numeral(at, before) {
            self.speech.words(&numeral);
            self.trail(at, self.heading && at == 0 && self.tokens.len() == 1);
            return Some(1);
        }
        let half = quantity::day_half(next).or_else(|| {
            // "5 p. m." is rare; "5 P.M." has its last full stop in the trail.
            (self.tokens[at].trail.is_empty()).then(|| quantity::day_half(next)).flatten()
        });
        if let Some(half) = half
            && let Some(time) = quantity::clock(core, true).or_else(|| Some(Quantity::parse(core)?.plain()))
            && core.bytes().all(|byte| byte.is_ascii_digit() || byte == b':')
        {
            self.speech.words(&format!("{time} {half}"));
            let stop = next.contains('.') && !self.may_end(at + 1);
            self.trail(at + 1, stop);
            return Some(2);
        }
        let amount = Quantity::parse(core).filter(|amount| !amount.has_suffix());
        if let Some(amount) = amount {
            let said = amount.with_magnitude(next).or_else(|| {
                let following = self.tokens.get(at + 1)?;
                // "5 in." is a measure, "5 in" is not; and the like.
                let unit = unit::find_apart(next).or_else(|| {
                    if following.trail.starts_with('.') && next == "in" { unit::find(next) } else { None }
                })?;
                Some(amount.with(unit))
            });
            if let Some(said) = said {
                self.speech.words(&said);
                let stop = !self.may_end(at + 1) && unit::find(next).is_some();
                self.trail(at + 1, stop);
                return Some(2);
            }
            if next.contains('/')
                && core.bytes().all(|byte| byte.is_ascii_digit())
                && let Some((top, bottom)) = next.split_once('/')
                && let (Ok(above), Ok(below)) = (top.parse::<u32>(), bottom.parse::<u32>())
                && (1..below).contains(&above)
            {
                let part = number::fraction(top, bottom).replacen("one half", "a half", 1);
                self.speech.words(&format!("{} and {part}", amount.plain()));
                self.trail(at + 1, false);
                return Some(2);
            }
        }
        None
    }

    /// Whether a full stop after an abbreviation here can end a sentence too.
    fn may_end(&self, at: usize) -> bool {
        let following = self.following(at);
        following.is_empty() || following.starts_with(char::is_uppercase)
    }

    fn numeral(&self, at: usize, before: &str) -> Option<String> {
        let token = self.tokens[at];
        let (core, ending) = match token.core.strip_suffix("'s") {
            Some(core) => (core, "'s"),
            None => (token.core, ""),
        };
        let value = u128::from(roman::value(core)?);
        let capitals = core.starts_with(|char: char| char.is_ascii_uppercase());
        let starts_heading = self.heading && at == 0 && (!token.trail.is_empty() || self.tokens.len() == 1);
        if (roman::counts_parts(before) && (capitals || value > 1)) || (starts_heading && capitals) {
            return Some(number::cardinal(value) + ending);
        }
        if !capitals {
            return None;
        }
        if roman::numbers_rulers(before) {
            // "Charles I" is a king, "Charles I saw" is not.
            let sure = core.len() > 1 || core == "V" || core == "X" || !token.trail.is_empty();
            let after = self.next(at, 1);
            let sure = sure || !ending.is_empty() || matches!(after, "" | "of" | "was" | "and" | "had");
            return (sure && value < 100).then(|| format!("the {}{ending}", number::ordinal(&value.to_string())));
        }
        let named = before.starts_with(char::is_uppercase);
        ((named || self.tokens.len() == 1) && roman::is_unmistakable(core)).then(|| number::cardinal(value) + ending)
    }

    fn read_telephone(&mut self, at: usize) -> Option<usize> {
        let is_part = |token: &Token<'_>| {
            token.core.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'+' | b'-'))
                && token.core.bytes().any(|byte| byte.is_ascii_digit())
        };
        if !is_part(&self.tokens[at]) || self.tokens[at].core.len() > 5 {
            return None;
        }
        let mut count = 1;
        while count < MOST_GROUPS
            && let Some(token) = self.tokens.get(at + count)
            && matches!(self.tokens[at + count - 1].trail, "" | ")")
            && matches!(token.lead, "" | "(")
            && is_part(token)
        {
            count += 1;
        }
        let group = &self.tokens[at..at + count];
        let digits: usize = group.iter().map(|token| token.core.bytes().filter(u8::is_ascii_digit).count()).sum();
        let marked =
            group[0].core.starts_with('+') || group.iter().any(|token| quantity::telephone(token.core).is_some());
        if count < 2 || digits < 7 || !marked {
            return None;
        }
        let said: Vec<String> = group.iter().flat_map(|token| token.core.split('-')).map(number::one_by_one).collect();
        self.speech.words(&said.join(", "));
        self.trail(at + count - 1, false);
        Some(count)
    }

    /// "March 5, 2024", "5 March 2024", "the 5th of March", "March 2024".
    fn read_date(&mut self, at: usize) -> Option<usize> {
        let token = self.tokens[at];
        let day_of = |core: &str| {
            let digits = core.trim_end_matches(|char: char| char.is_ascii_lowercase());
            let day: u32 = digits.parse().ok()?;
            let ending = &core[digits.len()..];
            ((1..=31).contains(&day) && matches!(ending, "" | "st" | "nd" | "rd" | "th"))
                .then(|| number::ordinal(&day.to_string()))
        };
        let is_year = |core: &str| core.len() == 4 && core.bytes().all(|byte| byte.is_ascii_digit());
        let said = |year: &str| number::year(year.parse().unwrap_or(0));
        if let Some(month) = abbreviation::month(token.core)
            && matches!(token.trail, "" | ".")
            && let Some(number) = self.tokens.get(at + 1).filter(|token| token.lead.is_empty())
        {
            if is_year(number.core) {
                self.speech.words(&format!("{month} {}", said(number.core)));
                self.trail(at + 1, false);
                return Some(2);
            }
            let day = match number.core.split_once('-') {
                Some((from, to)) => format!("{} to {}", day_of(from)?, day_of(to)?),
                None => day_of(number.core)?,
            };
            if unit::find_apart(self.next(at + 1, 1)).is_some() {
                return None;
            }
            self.speech.words(&format!("{month} {day}"));
            return Some(self.read_year(at + 1, at));
        }
        if let Some(day) = day_of(token.core)
            && token.trail.is_empty()
            && let Some(month) = abbreviation::month(self.next(at, 1))
        {
            // "5 May" is a day, "5 May be" is not English; "the" may already have been said.
            let the = if self.before(at).eq_ignore_ascii_case("the") { "" } else { "the " };
            self.speech.words(&format!("{the}{day} of {month}"));
            return Some(self.read_year(at + 1, at));
        }
        None
    }

    /// After the day and month that end at `last`: the year, if one follows. Returns the tokens read since `first`.
    fn read_year(&mut self, last: usize, first: usize) -> usize {
        let year = self.tokens.get(last + 1).filter(|token| {
            token.lead.is_empty() && token.core.len() == 4 && token.core.bytes().all(|byte| byte.is_ascii_digit())
        });
        match (self.tokens[last].trail, year) {
            ("" | "," | "." | ".,", Some(year)) => {
                self.speech.words(&format!(", {}", number::year(year.core.parse().unwrap_or(0))));
                self.trail(last + 1, false);
                last + 2 - first
            }
            (trail, _) => {
                let abbreviated = abbreviation::find(self.tokens[last].core).is_some() && trail.starts_with('.');
                self.trail(last, abbreviated && !self.may_end(last));
                last + 1 - first
            }
        }
    }

    /// Says an abbreviation; `Some(true)` where its full stop does not end the sentence.
    fn read_abbreviation(&mut self, at: usize) -> Option<bool> {
        let token = self.tokens[at];
        let core = token.core;
        let stopped = token.trail.starts_with('.');
        let following = self.following(at);
        let capital_follows = following.starts_with(char::is_uppercase);
        if core == "et" && self.next(at, 1) == "al" {
            self.speech.words("and");
            return Some(false);
        }
        if core == "al" && self.before(at) == "et" {
            self.speech.words("others");
            return Some(!self.may_end(at));
        }
        let found =
            if stopped || core.contains('.') { abbreviation::find(core) } else { abbreviation::find_bare(core) };
        let Some((spoken, follows)) = found else { return self.read_initials(at) };
        let small = core.to_ascii_lowercase();
        let before_capital = self.before(at).starts_with(|char: char| char.is_uppercase() || char.is_ascii_digit());
        let spoken = match small.as_str() {
            "st" | "dr" if before_capital && (!capital_follows || token.trail.len() > 1) => {
                if small == "st" {
                    "Street"
                } else {
                    "Drive"
                }
            }
            "st" | "ft" | "mt" if !capital_follows => return None,
            _ => spoken,
        };
        match follows {
            Follows::Name if capital_follows && spoken != "Street" && spoken != "Drive" => {
                self.speech.words(spoken);
                Some(true)
            }
            Follows::Name => {
                if !matches!(small.as_str(), "mr" | "mrs" | "ms" | "dr" | "prof" | "st") {
                    return None;
                }
                self.speech.words(spoken);
                Some(!self.may_end(at))
            }
            Follows::Number => {
                let counts = following.starts_with(|char: char| char.is_ascii_digit()) || {
                    roman::value(following).is_some() && following.starts_with(|char: char| char.is_ascii_uppercase())
                };
                if !stopped || !(counts || abbreviation::month(core).is_some()) {
                    return None;
                }
                self.speech.words(spoken);
                Some(counts || !self.may_end(at))
            }
            Follows::Anything => {
                self.speech.words(spoken);
                Some(!self.may_end(at))
            }
            Follows::More => {
                self.speech.words(spoken);
                Some(true)
            }
        }
    }

    /// "U.S.", "J. R. R.", "Ph.D."
    fn read_initials(&mut self, at: usize) -> Option<bool> {
        let token = self.tokens[at];
        if abbreviation::is_initials(token.core) {
            self.speech.words(&spell::with_spaces(token.core));
            return Some(self.tokens.get(at + 1).is_some());
        }
        match token.core {
            "Ph.D" | "PhD" => self.speech.words("P H D"),
            _ => {
                let mut letters = token.core.chars();
                let single = letters.next().is_some_and(char::is_uppercase) && letters.next().is_none();
                if !single || !token.trail.starts_with('.') || !self.is_initial(at) {
                    return None;
                }
                self.speech.words(token.core);
            }
        }
        Some(self.tokens.get(at + 1).is_some())
    }

    /// A capital with a full stop is an initial where a name goes on after it or before it; "I." often is a word.
    fn is_initial(&self, at: usize) -> bool {
        let after = self.following(at).starts_with(char::is_uppercase);
        let before = at.checked_sub(1).is_some_and(|at| {
            let before = self.tokens[at].core;
            before.starts_with(char::is_uppercase)
        });
        after && (before || self.tokens[at].core != "I")
    }

    fn read_word(&mut self, at: usize) {
        let core = self.tokens[at].core;
        let before = self.before(at).to_lowercase();
        let after = self.next(at, 1).to_lowercase();
        let around = Around { before: &before, after: &after };
        if core == "A" && !self.shouting && !self.is_letter(at, &before) {
            self.speech.words("a");
        } else if let Some(said) = link::say(core) {
            self.speech.words(&said);
        } else if let Some(said) = quantity::say(core, around) {
            self.speech.words(&said);
        } else {
            self.speech.compound(core, self.shouting, around);
        }
    }

    /// Whether a lone "A" is the letter: "vitamin A", "plan A.", but "A dog".
    fn is_letter(&self, at: usize, before: &str) -> bool {
        const NAMED: &[&str] = &[
            "vitamin",
            "grade",
            "plan",
            "type",
            "class",
            "group",
            "hepatitis",
            "section",
            "part",
            "point",
            "appendix",
            "exhibit",
            "figure",
            "table",
            "team",
            "level",
            "model",
            "letter",
            "option",
            "side",
            "block",
            "letters",
        ];
        NAMED.contains(&before) || !self.tokens[at].trail.is_empty() || self.tokens.len() == 1
    }
}

#[cfg(test)]
mod tests;
