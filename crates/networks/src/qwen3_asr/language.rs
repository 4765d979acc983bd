//! The languages by the names that the model was trained with. It knows no text.

/// BCP 47 language and the model's name for it.
const LANGUAGES: [(&str, &str); 30] = [
    ("ar", "Arabic"),
    ("cs", "Czech"),
    ("da", "Danish"),
    ("de", "German"),
    ("el", "Greek"),
    ("en", "English"),
    ("es", "Spanish"),
    ("fa", "Persian"),
    ("fi", "Finnish"),
    ("fil", "Filipino"),
    ("fr", "French"),
    ("hi", "Hindi"),
    ("hu", "Hungarian"),
    ("id", "Indonesian"),
    ("it", "Italian"),
    ("ja", "Japanese"),
    ("ko", "Korean"),
    ("mk", "Macedonian"),
    ("ms", "Malay"),
    ("nl", "Dutch"),
    ("pl", "Polish"),
    ("pt", "Portuguese"),
    ("ro", "Romanian"),
    ("ru", "Russian"),
    ("sv", "Swedish"),
    ("th", "Thai"),
    ("tr", "Turkish"),
    ("vi", "Vietnamese"),
    ("yue", "Cantonese"),
    ("zh", "Chinese"),
];

/// What the aligner was trained with.
const ALIGNED: [&str; 11] = ["de", "en", "es", "fr", "it", "ja", "ko", "pt", "ru", "yue", "zh"];

/// All languages that can be heard, BCP 47.
pub fn languages() -> impl Iterator<Item = &'static str> {
    LANGUAGES.iter().map(|(code, _)| *code)
}

/// Whether the aligner was trained with this BCP 47 language.
pub fn is_aligned(code: &str) -> bool {
    ALIGNED.contains(&primary(code).as_str())
}

/// The model's name of a BCP 47 language such as `de`, `pt-BR` or `zh-Hant`; its own names are taken too.
pub(super) fn name_of(language: &str) -> Option<&'static str> {
    let code = primary(language);
    let found = LANGUAGES.iter().find(|(known, name)| *known == code || name.eq_ignore_ascii_case(language));
    found.map(|(_, name)| *name)
}

/// BCP 47 language of a name that the model said; a dialect that has no code keeps its name, in lower case.
pub(super) fn code_of(name: &str) -> String {
    let found = LANGUAGES.iter().find(|(_, known)| known.eq_ignore_ascii_case(name));
    found.map_or_else(|| name.to_lowercase(), |(code, _)| (*code).to_owned())
}

fn primary(language: &str) -> String {
    let lower = language.to_ascii_lowercase();
    // Cantonese has two spellings in BCP 47.
    if lower == "zh-yue" || lower == "zh-hk" {
        return "yue".into();
    }
    lower.split(['-', '_']).next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_names_meet() {
        assert_eq!(name_of("pt-BR"), Some("Portuguese"));
        assert_eq!(name_of("zh-yue"), Some("Cantonese"));
        assert_eq!(name_of("german"), Some("German"));
        assert_eq!(name_of("tlh"), None);
        assert_eq!(code_of("german"), "de");
        assert_eq!(code_of("Sichuan"), "sichuan");
        assert!(languages().all(|code| name_of(code).map(code_of).as_deref() == Some(code)));
        assert!(is_aligned("zh-Hans") && !is_aligned("tr"));
    }
}
