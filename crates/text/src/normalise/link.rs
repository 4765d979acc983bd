//! Web and mail addresses as a person would dictate them.

use crate::normalise::{number, spell};

/// Endings that make a dotted word an address even without `www` or `https`.
const DOMAINS: &[&str] = &[
    "com", "org", "net", "edu", "gov", "io", "co", "uk", "de", "fr", "eu", "info", "app", "dev", "ai", "tv", "me",
    "us", "ca", "au", "ch", "at", "nl", "int", "mil", "biz",
];

/// Letters after which a longer address is not worth hearing.
const LONGEST_PATH: usize = 60;

/// The address in words, or `None` if it is none.
pub(super) fn say(core: &str) -> Option<String> {
    let small = core.to_ascii_lowercase();
    let bare = small
        .strip_prefix("https://")
        .or_else(|| small.strip_prefix("http://"))
        .or_else(|| small.strip_prefix("ftp://"))
        .or_else(|| small.strip_prefix("mailto:"));
    let address = bare.unwrap_or(&small).trim_end_matches('/');
    let host = address.split(['/', '?', '#']).next()?;
    if bare.is_none() && !small.starts_with("www.") && !is_host(host.rsplit('@').next()?) {
        return None;
    }
    if address.is_empty() {
        return None;
    }
    // Query strings and long paths are for machines.
    let short = if address.len() > LONGEST_PATH { host } else { address.split(['?', '#']).next()? };
    let mut words: Vec<String> = Vec::new();
    let mut run = String::new();
    for char in short.chars().take(4 * LONGEST_PATH).chain([' ']) {
        if char.is_alphanumeric() {
            run.push(char);
            continue;
        }
        if !run.is_empty() {
            words.push(match run.as_str() {
                "www" => "W W W".into(),
                "html" | "php" | "htm" | "pdf" => spell::with_spaces(&run),
                _ if run.bytes().any(|byte| byte.is_ascii_digit()) => dictate(&run),
                _ => run.clone(),
            });
            run.clear();
        }
        match char {
            '.' => words.push("dot".into()),
            '/' => words.push("slash".into()),
            '@' => words.push("at".into()),
            '-' => words.push("dash".into()),
            '_' => words.push("underscore".into()),
            '+' => words.push("plus".into()),
            ':' => words.push("colon".into()),
            _ => {}
        }
    }
    Some(words.join(" "))
}

fn dictate(run: &str) -> String {
    if run.bytes().all(|byte| byte.is_ascii_digit()) { number::one_by_one(run) } else { spell::mixed(run, false) }
}

fn is_host(host: &str) -> bool {
    let Some((name, ending)) = host.rsplit_once('.') else { return false };
    !name.is_empty()
        && DOMAINS.contains(&ending)
        && name.len() > 1
        && name.chars().any(char::is_alphabetic)
        && name.chars().all(|char| char.is_alphanumeric() || matches!(char, '.' | '-'))
        // "U.S" and "e.g" are no hosts.
        && name.split('.').all(|part| part.len() > 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (written, said) in [
            ("https://example.com/", "example dot com"),
            ("www.Example.org/my-page", "W W W dot example dot org slash my dash page"),
            ("ann.lee@example.com", "ann dot lee at example dot com"),
            ("example.com", "example dot com"),
        ] {
            assert_eq!(say(written).as_deref(), Some(said), "{written}");
        }
        for word in ["hello", "e.g", "U.S", "end.Start", "a/b", "3.14", ""] {
            assert_eq!(say(word), None, "{word}");
        }
    }
}
