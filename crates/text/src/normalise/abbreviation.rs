//! Abbreviations of English running text: what they stand for, and whether their full stop can end a sentence.

/// What follows an abbreviation, and so whether a sentence can end with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Follows {
    /// A name: "Dr. Watson". Never the end of a sentence.
    Name,
    /// A number, or it is no abbreviation: "No. 5".
    Number,
    /// Anything; the sentence goes on unless a capital follows: "etc."
    Anything,
    /// Anything, and the sentence goes on: "e.g."
    More,
}

/// Written without the last full stop and in small letters.
const TABLE: &[(&str, &str, Follows)] = &[
    ("mr", "Mister", Follows::Name),
    ("mrs", "Missus", Follows::Name),
    ("ms", "Miz", Follows::Name),
    ("messrs", "Messieurs", Follows::Name),
    ("mme", "Madame", Follows::Name),
    ("mlle", "Mademoiselle", Follows::Name),
    ("prof", "Professor", Follows::Name),
    ("rev", "Reverend", Follows::Name),
    ("revd", "Reverend", Follows::Name),
    ("hon", "Honorable", Follows::Name),
    ("gen", "General", Follows::Name),
    ("col", "Colonel", Follows::Name),
    ("maj", "Major", Follows::Name),
    ("capt", "Captain", Follows::Name),
    ("cmdr", "Commander", Follows::Name),
    ("lt", "Lieutenant", Follows::Name),
    ("sgt", "Sergeant", Follows::Name),
    ("cpl", "Corporal", Follows::Name),
    ("pvt", "Private", Follows::Name),
    ("adm", "Admiral", Follows::Name),
    ("gov", "Governor", Follows::Name),
    ("sen", "Senator", Follows::Name),
    ("rep", "Representative", Follows::Name),
    ("pres", "President", Follows::Name),
    ("supt", "Superintendent", Follows::Name),
    ("fr", "Father", Follows::Name),
    ("mt", "Mount", Follows::Name),
    ("dr", "Doctor", Follows::Name),
    ("st", "Saint", Follows::Name),
    ("ft", "Fort", Follows::Name),
    ("no", "number", Follows::Number),
    ("nos", "numbers", Follows::Number),
    ("p", "page", Follows::Number),
    ("pp", "pages", Follows::Number),
    ("vol", "volume", Follows::Number),
    ("vols", "volumes", Follows::Number),
    ("ch", "chapter", Follows::Number),
    ("chap", "chapter", Follows::Number),
    ("sec", "section", Follows::Number),
    ("fig", "figure", Follows::Number),
    ("figs", "figures", Follows::Number),
    ("art", "article", Follows::Number),
    ("op", "opus", Follows::Number),
    ("tel", "telephone", Follows::Number),
    ("ca", "circa", Follows::Number),
    ("c", "circa", Follows::Number),
    ("est", "established", Follows::Number),
    ("jan", "January", Follows::Number),
    ("feb", "February", Follows::Number),
    ("mar", "March", Follows::Number),
    ("apr", "April", Follows::Number),
    ("jun", "June", Follows::Number),
    ("jul", "July", Follows::Number),
    ("aug", "August", Follows::Number),
    ("sep", "September", Follows::Number),
    ("sept", "September", Follows::Number),
    ("oct", "October", Follows::Number),
    ("nov", "November", Follows::Number),
    ("dec", "December", Follows::Number),
    ("etc", "et cetera", Follows::Anything),
    ("jr", "Junior", Follows::Anything),
    ("sr", "Senior", Follows::Anything),
    ("esq", "Esquire", Follows::Anything),
    ("inc", "Incorporated", Follows::Anything),
    ("ltd", "Limited", Follows::Anything),
    ("corp", "Corporation", Follows::Anything),
    ("co", "Company", Follows::Anything),
    ("bros", "Brothers", Follows::Anything),
    ("dept", "department", Follows::Anything),
    ("govt", "government", Follows::Anything),
    ("approx", "approximately", Follows::More),
    ("ave", "Avenue", Follows::Anything),
    ("blvd", "Boulevard", Follows::Anything),
    ("rd", "Road", Follows::Anything),
    ("mon", "Monday", Follows::Anything),
    ("tue", "Tuesday", Follows::Anything),
    ("tues", "Tuesday", Follows::Anything),
    ("thu", "Thursday", Follows::Anything),
    ("thur", "Thursday", Follows::Anything),
    ("thurs", "Thursday", Follows::Anything),
    ("fri", "Friday", Follows::Anything),
    ("e.g", "for example", Follows::More),
    ("eg", "for example", Follows::More),
    ("i.e", "that is", Follows::More),
    ("ie", "that is", Follows::More),
    ("viz", "namely", Follows::More),
    ("cf", "compare", Follows::More),
    ("vs", "versus", Follows::More),
    ("a.m", "A M", Follows::Anything),
    ("p.m", "P M", Follows::Anything),
    ("et al", "and others", Follows::Anything),
];

/// Those that are also written without the full stop.
const BARE: &[&str] = &["mr", "mrs", "ms", "dr", "prof", "vs", "etc", "st", "jr", "sr", "mme", "mlle", "lt"];

/// What is written so with a full stop, or `None` if it is a plain word.
pub(crate) fn find(core: &str) -> Option<(&'static str, Follows)> {
    if core.len() > 6 || !core.is_ascii() {
        return None;
    }
    let small = core.to_ascii_lowercase();
    let (_, spoken, follows) = TABLE.iter().find(|(written, ..)| *written == small)?;
    let capital = core.starts_with(|char: char| char.is_ascii_uppercase());
    // "col." may be a small word and "mar." is not March, but "no." and "etc." are the same either way.
    let needs_capital = match follows {
        Follows::Name => true,
        Follows::Number => spoken.starts_with(|char: char| char.is_ascii_uppercase()),
        Follows::Anything => spoken.starts_with(|char: char| char.is_ascii_uppercase()) && !small.contains('.'),
        Follows::More => false,
    };
    (capital || !needs_capital).then_some((spoken, *follows))
}

/// The same for a word without the full stop.
pub(super) fn find_bare(core: &str) -> Option<(&'static str, Follows)> {
    let known = BARE.contains(&core.to_ascii_lowercase().as_str());
    // "ST" or "MS" in capitals are letters, "Ms" and "vs" are words.
    let shouted = core.len() > 1 && core.bytes().all(|byte| byte.is_ascii_uppercase());
    if known && !shouted { find(core) } else { None }
}

/// Whether this is letters with full stops between them, as "U.S", "e.g" or "J.R.R".
pub(crate) fn is_initials(core: &str) -> bool {
    let mut parts = core.split('.');
    core.contains('.')
        && parts.all(|part| {
            let mut letters = part.chars();
            letters.next().is_some_and(char::is_alphabetic) && letters.next().is_none()
        })
}

/// The number of a month by its whole English name or its abbreviation, 1 to 12.
pub(super) fn month(word: &str) -> Option<&'static str> {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let whole = MONTHS.iter().find(|month| {
        **month == word || (month.len() == word.len() && word.len() > 3 && month.to_ascii_uppercase() == word)
    });
    whole.copied().or_else(|| {
        let (spoken, follows) = find(word)?;
        MONTHS.iter().find(|month| **month == spoken && follows == Follows::Number).copied()
    })
}

/// The month with this number, from 1.
pub(super) fn month_name(number: u32) -> Option<&'static str> {
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
        .get((number as usize).checked_sub(1)?)
        .and_then(|short| month(short))
}
