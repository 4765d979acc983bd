//! Languages that a voice can be dubbed into: the tag that the record holds and the English name that the owner reads
//! aloud. Knows no region, script or dialect, and not which model speaks what.

use std::fmt;

use crate::Refusal;

/// Longest tag that is looked at, in bytes; BCP 47 asks for 35.
const TAG_MOST_BYTES: usize = 35;

/// A language by its primary BCP 47 tag. Ordered by that tag.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language {
    /// Place in the table.
    place: u8,
}

impl Language {
    /// By its primary tag as the record writes it: `de`, and neither `DE` nor `de-AT`.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let place = LANGUAGES.binary_search_by(|(known, _)| (*known).cmp(tag)).ok()?;
        Some(Self { place: u8::try_from(place).ok()? })
    }

    /// As somebody types it: spaces around it and capital letters do not matter.
    ///
    /// # Errors
    /// [`Refusal::LanguageUnknown`].
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        Self::of_tag(&text.trim().to_ascii_lowercase())
            .ok_or_else(|| Refusal::LanguageUnknown { language: shortened(text) })
    }

    /// Every language that can be named, in the order of their tags.
    pub fn every() -> impl Iterator<Item = Self> {
        (0..LANGUAGES.len()).filter_map(|place| u8::try_from(place).ok()).map(|place| Self { place })
    }

    /// Its primary BCP 47 tag, such as `de`.
    #[must_use]
    pub fn tag(self) -> &'static str {
        LANGUAGES[usize::from(self.place)].0
    }

    /// Its English name, such as `German`.
    #[must_use]
    pub fn english(self) -> &'static str {
        LANGUAGES[usize::from(self.place)].1
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.english())
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Language({})", self.tag())
    }
}

/// The primary tag of any BCP 47 tag, in lowercase letters: `en` of `en-GB`. Whatever is no such tag has one that no
/// consent names.
pub(crate) fn primary(tag: &str) -> String {
    let first = tag.split(['-', '_']).next().unwrap_or_default();
    first.chars().take(TAG_MOST_BYTES).collect::<String>().to_ascii_lowercase()
}

/// What a language is called in a sentence: by its English name, or by its tag where it has none here.
pub(crate) fn called(tag: &str) -> String {
    Language::of_tag(&primary(tag)).map_or_else(|| format!("{:?}", shortened(tag)), |language| language.to_string())
}

fn shortened(tag: &str) -> String {
    tag.trim().chars().filter(|c| !c.is_control()).take(TAG_MOST_BYTES).collect()
}

/// Sorted by tag. A name that was once published must stay as it is: receipts hold the sentence that it was read in.
/// Names are plain words that can be read aloud; none is a word that could turn a consent around.
#[rustfmt::skip]
const LANGUAGES: [(&str, &str); 112] = [
    ("af", "Afrikaans"), ("am", "Amharic"), ("ar", "Arabic"), ("as", "Assamese"), ("az", "Azerbaijani"),
    ("be", "Belarusian"), ("bg", "Bulgarian"), ("bn", "Bengali"), ("bo", "Tibetan"), ("br", "Breton"),
    ("bs", "Bosnian"), ("ca", "Catalan"), ("ceb", "Cebuano"), ("co", "Corsican"), ("cs", "Czech"), ("cy", "Welsh"),
    ("da", "Danish"), ("de", "German"), ("el", "Greek"), ("en", "English"), ("eo", "Esperanto"), ("es", "Spanish"),
    ("et", "Estonian"), ("eu", "Basque"), ("fa", "Persian"), ("fi", "Finnish"), ("fil", "Filipino"), ("fo", "Faroese"),
    ("fr", "French"), ("fy", "Frisian"), ("ga", "Irish"), ("gd", "Scottish Gaelic"), ("gl", "Galician"),
    ("gu", "Gujarati"), ("ha", "Hausa"), ("haw", "Hawaiian"), ("he", "Hebrew"), ("hi", "Hindi"), ("hr", "Croatian"),
    ("ht", "Haitian Creole"), ("hu", "Hungarian"), ("hy", "Armenian"), ("id", "Indonesian"), ("ig", "Igbo"),
    ("is", "Icelandic"), ("it", "Italian"), ("ja", "Japanese"), ("jv", "Javanese"), ("ka", "Georgian"),
    ("kk", "Kazakh"), ("km", "Khmer"), ("kn", "Kannada"), ("ko", "Korean"), ("ku", "Kurdish"), ("ky", "Kyrgyz"),
    ("la", "Latin"), ("lb", "Luxembourgish"), ("ln", "Lingala"), ("lo", "Lao"), ("lt", "Lithuanian"),
    ("lv", "Latvian"), ("mg", "Malagasy"), ("mi", "Maori"), ("mk", "Macedonian"), ("ml", "Malayalam"),
    ("mn", "Mongolian"), ("mr", "Marathi"), ("ms", "Malay"), ("mt", "Maltese"), ("my", "Burmese"),
    ("nb", "Norwegian"), ("ne", "Nepali"), ("nl", "Dutch"), ("nn", "Nynorsk Norwegian"),
    ("oc", "Occitan"), ("pa", "Punjabi"), ("pl", "Polish"), ("ps", "Pashto"), ("pt", "Portuguese"),
    ("ro", "Romanian"), ("ru", "Russian"), ("sa", "Sanskrit"), ("sd", "Sindhi"), ("si", "Sinhala"), ("sk", "Slovak"),
    ("sl", "Slovenian"), ("sn", "Shona"), ("so", "Somali"), ("sq", "Albanian"), ("sr", "Serbian"),
    ("su", "Sundanese"), ("sv", "Swedish"), ("sw", "Swahili"), ("ta", "Tamil"), ("te", "Telugu"), ("tg", "Tajik"),
    ("th", "Thai"), ("tk", "Turkmen"), ("tl", "Tagalog"), ("tr", "Turkish"), ("tt", "Tatar"), ("ug", "Uyghur"),
    ("uk", "Ukrainian"), ("ur", "Urdu"), ("uz", "Uzbek"), ("vi", "Vietnamese"), ("xh", "Xhosa"), ("yi", "Yiddish"),
    ("yo", "Yoruba"), ("yue", "Cantonese"), ("zh", "Chinese"), ("zu", "Zulu"),
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_table_is_sorted_and_says_each_language_once() {
        assert!(LANGUAGES.is_sorted_by(|(a, _), (b, _)| a < b), "sorted by tag");
        let names: BTreeSet<&str> = LANGUAGES.iter().map(|(_, name)| *name).collect();
        assert_eq!(names.len(), LANGUAGES.len(), "a name stands for one language");
        for language in Language::every() {
            let (tag, name) = (language.tag(), language.english());
            assert_eq!(Language::of_tag(tag), Some(language));
            assert!((2..=3).contains(&tag.len()) && tag.chars().all(|c| c.is_ascii_lowercase()), "{tag}");
            assert!(
                name.split(' ').all(|word| word.len() > 2 && word.chars().all(|c| c.is_ascii_alphabetic())),
                "{name}"
            );
        }
        assert_eq!(Language::every().count(), LANGUAGES.len());
    }

    #[test]
    fn only_a_primary_tag_is_a_language() {
        assert_eq!(Language::parse(" DE ").unwrap().english(), "German");
        for other in ["", "german", "de-AT", "de_AT", "d", "xx", "auto", "und", "de\0", "d\u{435}"] {
            assert_eq!(Language::parse(other).unwrap_err().code(), "language_unknown", "{other:?}");
            assert_eq!(Language::of_tag(other), None);
        }
        assert_eq!(Language::of_tag("DE"), None, "the record has one form only");
        let Refusal::LanguageUnknown { language } = Language::parse(&"x".repeat(9000)).unwrap_err() else {
            panic!("another refusal")
        };
        assert_eq!(language.len(), TAG_MOST_BYTES);
    }

    #[test]
    fn a_primary_tag_is_what_stands_first() {
        for (tag, main) in
            [("en-GB", "en"), ("EN_us", "en"), ("zh-Hant-TW", "zh"), ("", ""), ("-de", ""), ("auto", "auto")]
        {
            assert_eq!(primary(tag), main, "{tag}");
        }
        assert_eq!((called("de-AT"), called("tlh")), ("German".to_owned(), "\"tlh\"".to_owned()));
    }
}
