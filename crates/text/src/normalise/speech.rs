//! Cuts a text into tokens, and gathers what is to be said with its pauses.

use crate::normalise::quantity::{Around, Quantity};
use crate::normalise::{quantity, spell, unit};

/// A word with the marks before and after it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Token<'a> {
    pub(super) lead: &'a str,
    pub(super) core: &'a str,
    pub(super) trail: &'a str,
}

/// Parts of a word with hyphens that stay together.
const MOST_PARTS: usize = 8;

/// Words that begin with an apostrophe of their own.
const ELIDED: &[&str] = &["'tis", "'twas", "'em", "'til", "'cause", "'bout", "'twere", "'twould", "'gainst", "'neath"];

/// The tokens of a clean text, one for each run without white space.
pub(super) fn tokens(text: &str) -> Vec<Token<'_>> {
    text.split_whitespace().map(token).collect()
}

fn token(run: &str) -> Token<'_> {
    let is_lead = |char: char| {
        matches!(char, '"' | '\'' | '`' | '(' | '[' | '{' | '<' | '>' | '*' | '_' | '¿' | '¡')
            || matches!(char, ',' | ';' | ':' | '!' | '?' | '…' | '|' | ')' | ']' | '}' | '.' | '-' | '/' | '\\')
    };
    let mut start = run.find(|char| !is_lead(char)).unwrap_or(run.len());
    if start == run.len() {
        // Nothing but marks: they all come after nothing.
        return Token { lead: "", core: "", trail: run };
    }
    // A mark that belongs to a number: "-5", ".5", "-.5".
    if run[start..].starts_with(|char: char| char.is_ascii_digit() || char == '$' || char == '£' || char == '€') {
        for sign in ["-.", "-", "."] {
            if run[..start].ends_with(sign) {
                start -= sign.len();
                break;
            }
        }
    }
    let (lead, rest) = run.split_at(start);
    let is_trail = |char: char| {
        matches!(char, '"' | '\'' | '`' | ')' | ']' | '}' | '>' | '*' | '_' | '(' | '[' | '{' | '<' | '-' | '/' | '\\')
            || matches!(char, '.' | ',' | ';' | ':' | '!' | '?' | '…' | '|')
    };
    let end =
        rest.rfind(|char| !is_trail(char)).map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
    let (core, trail) = rest.split_at(end);
    if lead.ends_with('\'') && ELIDED.iter().any(|word| word[1..].eq_ignore_ascii_case(core)) {
        let (lead, _) = run.split_at(start - 1);
        return Token { lead, core: &run[start - 1..start + end], trail };
    }
    Token { lead, core, trail }
}

/// What has been said so far.
#[derive(Debug, Default)]
pub(super) struct Speech {
    out: String,
}

impl Speech {
    /// Words as they are, with spaces; marks inside must follow words.
    pub(super) fn words(&mut self, words: &str) {
        for word in words.split(' ').filter(|word| !word.is_empty()) {
            let (mark, word) = match word.strip_prefix(',') {
                Some(rest) => (Some(','), rest),
                None => (None, word),
            };
            if let Some(mark) = mark {
                self.pause(mark);
            }
            if word.is_empty() {
                continue;
            }
            if !self.out.is_empty() {
                self.out.push(' ');
            }
            self.out.push_str(word);
        }
    }

    /// A mark after the last word; of several marks the strongest stays.
    pub(super) fn pause(&mut self, mark: char) {
        const STRENGTH: &str = ",;:.!?";
        let strength = |mark: char| STRENGTH.find(mark);
        match self.out.chars().next_back() {
            None => {}
            Some(last) => match (strength(last), strength(mark)) {
                (Some(old), Some(new)) if new > old => {
                    self.out.pop();
                    self.out.push(mark);
                }
                (None, Some(_)) => self.out.push(mark),
                _ => {}
            },
        }
    }

    /// The marks before a word.
    pub(super) fn lead(&mut self, lead: &str) {
        for char in lead.chars() {
            match char {
                '(' | '[' | '{' | ')' | ']' | '}' | '|' | '…' => self.pause(','),
                _ => self.pause(char),
            }
        }
    }

    /// The marks after a word. `ends`: a sentence may end here, so three dots are a full stop.
    pub(super) fn trail(&mut self, trail: &str, ends: bool) {
        for char in trail.chars() {
            match char {
                '(' | '[' | '{' | ')' | ']' | '}' | '|' => self.pause(','),
                '…' => self.pause(if ends { '.' } else { ',' }),
                _ => self.pause(char),
            }
        }
    }

    /// A word with other characters inside: hyphens, slashes, signs, missing spaces.
    pub(super) fn compound(&mut self, core: &str, shouting: bool, around: Around<'_>) {
        match core.to_ascii_lowercase().as_str() {
            "w/" => return self.words("with"),
            "w/o" => return self.words("without"),
            "c/o" => return self.words("care of"),
            "n/a" => return self.words("not applicable"),
            "he/she" | "s/he" => return self.words("he or she"),
            "his/her" => return self.words("his or her"),
            "him/her" => return self.words("him or her"),
            _ => {}
        }
        let (core, power) = match (core.strip_suffix("^2"), core.strip_suffix("^3")) {
            (Some(base), _) => (base, "squared"),
            (_, Some(base)) => (base, "cubed"),
            _ => (core, ""),
        };
        let ampersand = core.contains('&');
        let mut rest = core;
        let mut last_sign = None;
        let mut parts = 0;
        while !rest.is_empty() {
            let is_part =
                |char: char| char.is_alphanumeric() || matches!(char, '\'' | '\u{0300}'..='\u{036F}') || is_mark(char);
            let end = rest.find(|char| !is_part(char)).unwrap_or(rest.len());
            let (piece, tail) = rest.split_at(end);
            if !piece.is_empty() {
                parts += 1;
                if ampersand && piece.len() <= 3 && piece.bytes().all(|byte| byte.is_ascii_uppercase()) {
                    self.words(&spell::with_spaces(piece));
                } else if last_sign != Some('-') || parts > MOST_PARTS || !self.hyphenated(piece, shouting) {
                    self.piece(piece, shouting, around);
                }
            }
            let mut chars = tail.chars();
            let Some(sign) = chars.next() else { break };
            rest = chars.as_str();
            self.sign(sign, piece, rest);
            last_sign = Some(sign);
        }
        // "word²" is a footnote, "x²" is not.
        if core.chars().count() <= 2 {
            self.words(power);
        }
    }

    /// A part after a hyphen. Returns whether it was said: "5-km" is singular, "well-known" stays one word.
    fn hyphenated(&mut self, piece: &str, shouting: bool) -> bool {
        let after_number = self.out.ends_with(char::is_alphabetic) && unit::find(piece).is_some();
        if after_number && let Some((one, _)) = unit::find_apart(piece) {
            self.words(one);
            return true;
        }
        let is_word = |text: &str| text.chars().all(|char| char.is_alphabetic() || char == '\'');
        let last = self.out.rsplit(' ').next().unwrap_or_default();
        let joins = is_word(piece)
            && last.chars().all(|char| char.is_alphabetic() || matches!(char, '\'' | '-'))
            && last.chars().count() > 1
            && !self.out.ends_with('-');
        let said = spell::word(piece, shouting);
        if joins && piece.chars().count() > 1 && !said.contains(' ') {
            self.out.push('-');
            self.out.push_str(said.trim_matches('\''));
            return true;
        }
        false
    }

    fn piece(&mut self, piece: &str, shouting: bool, around: Around<'_>) {
        let piece = piece.trim_matches('\'');
        let elided = piece.len() > 1 && ELIDED.iter().any(|word| word[1..].eq_ignore_ascii_case(piece));
        let said = if let Some(name) = greek(piece) {
            name.to_owned()
        } else if elided {
            format!("'{}", piece.to_lowercase())
        } else if piece.bytes().any(|byte| byte.is_ascii_digit()) {
            let alone = Around { before: around.before, after: "" };
            let number = Quantity::parse(piece).and_then(|number| number.say(alone));
            number.or_else(|| quantity::say(piece, alone)).unwrap_or_else(|| spell::mixed(piece, shouting))
        } else {
            spell::word(piece, shouting)
        };
        self.words(&said);
    }

    /// A character between two parts of a word.
    fn sign(&mut self, sign: char, before: &str, after: &str) {
        let between = !before.is_empty() && !after.is_empty();
        match sign {
            '&' => self.words("and"),
            '+' => self.words("plus"),
            '=' => self.words("equals"),
            '@' => self.words("at"),
            '%' => self.words("percent"),
            '÷' => self.words("divided by"),
            '×' => self.words("times"),
            '°' => self.words("degrees"),
            '§' => self.words("section"),
            '#' if after.starts_with(char::is_alphabetic) => self.words("hashtag"),
            '#' if after.is_empty() && !before.is_empty() => self.words("sharp"),
            '$' => self.words("dollar"),
            '€' => self.words("euro"),
            '£' => self.words("pound"),
            '.' if between && after.starts_with(char::is_uppercase) && before.chars().count() > 1 => self.pause('.'),
            '.' if between => self.words("dot"),
            ',' | ';' | ':' | '?' | '!' if between => self.pause(sign),
            '…' | '(' | ')' | '[' | ']' | '|' if between => self.pause(','),
            _ => {}
        }
    }

    /// Everything that was said.
    pub(super) fn finish(self) -> String {
        self.out
    }
}

/// Accents and vowel signs that belong to the letter before, in any script.
fn is_mark(char: char) -> bool {
    unicode_normalization::char::is_combining_mark(char)
}

/// A Greek letter that stands alone, as in formulas.
fn greek(piece: &str) -> Option<&'static str> {
    Some(match piece {
        "α" => "alpha",
        "β" => "beta",
        "γ" | "Γ" => "gamma",
        "δ" | "Δ" => "delta",
        "ε" => "epsilon",
        "θ" | "Θ" => "theta",
        "λ" | "Λ" => "lambda",
        "μ" => "mu",
        "π" | "Π" => "pi",
        "ρ" => "rho",
        "σ" | "Σ" => "sigma",
        "τ" => "tau",
        "φ" | "Φ" => "phi",
        "χ" => "chi",
        "ψ" | "Ψ" => "psi",
        "ω" | "Ω" => "omega",
        _ => return None,
    })
}
