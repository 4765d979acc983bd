//! What the talker is given before its first frame: a track of text and a track of codes, position by position
//! (Qwen3-TTS technical report, 2026). It knows no weights; a layout is numbers of rows in tables.

use super::config::{Config, Dialect, Kind};
use speech::Fault;

/// Most bytes of the text of one utterance.
pub(super) const MOST_TEXT: usize = 8192;
/// Most bytes of a description or an instruction.
const MOST_STYLE: usize = 2048;
/// Most frames of a reference: a minute.
pub(super) const MOST_REFERENCE: usize = 750;

/// Whose voice.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Speaker<'a> {
    /// Nobody's: words describe it, or chance decides.
    Nobody,
    /// One of the checkpoint's own, by name.
    Named(&'a str),
    /// A speaker vector `(hidden)`.
    Vector(&'a [f32]),
}

/// A recording that speech goes on from: what is said in it, and its codes `(frames, groups)`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Reference<'a> {
    /// The words.
    pub text: &'a str,
    /// The frames, one after another.
    pub codes: &'a [u16],
}

/// Everything that a prompt is made from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Script<'a> {
    /// What to say.
    pub text: &'a str,
    /// A language of the checkpoint by BCP 47 or by its own name; `None` leaves it to the model.
    pub language: Option<&'a str>,
    /// Whose voice.
    pub speaker: Speaker<'a>,
    /// The recording to go on from.
    pub reference: Option<Reference<'a>>,
    /// The manner, in words: an instruction or, for VoiceDesign, a description of the voice.
    pub style: Option<&'a str>,
    /// Whether all of the text is read before the first frame; otherwise one token goes in with every frame.
    pub text_first: bool,
}

/// The code track at one position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Code {
    /// Nothing.
    None,
    /// A row of the talker's own table.
    Id(usize),
    /// The speaker vector.
    Speaker,
    /// Frame so-and-so of the reference.
    Frame(usize),
}

/// A prompt as rows of tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// For each position: the text's token and the code.
    pub rows: Vec<(u32, Code)>,
    /// Tokens that go in with the frames, one each; after them, padding.
    pub trailing: Vec<u32>,
}

/// Names of the ten languages by their codes.
const LANGUAGES: [(&str, &str); 10] = [
    ("zh", "chinese"),
    ("en", "english"),
    ("de", "german"),
    ("it", "italian"),
    ("pt", "portuguese"),
    ("es", "spanish"),
    ("ja", "japanese"),
    ("ko", "korean"),
    ("fr", "french"),
    ("ru", "russian"),
];

/// The checkpoint's own name of a language: `None` where the model is to find out (`auto`, `und`, nothing).
pub(super) fn language<'a>(config: &'a Config, asked: &str) -> Result<Option<&'a str>, Fault> {
    let known = &config.talker_config.codec_language_id;
    let asked = asked.to_lowercase();
    if ["", "auto", "und", "mul"].contains(&asked.as_str()) {
        return Ok(None);
    }
    let main = asked.split(['-', '_']).next().unwrap_or_default();
    let name = LANGUAGES.iter().find(|(code, _)| *code == main).map_or(asked.as_str(), |(_, name)| name);
    match known.get_key_value(name) {
        Some((name, _)) => Ok(Some(name)),
        None => Err(Fault::new("language_not_spoken", format!("this model does not speak \"{asked}\""))),
    }
}

/// The languages of a checkpoint, by BCP 47 where they have a code.
pub(super) fn languages(config: &Config) -> Vec<String> {
    let names = config.talker_config.codec_language_id.keys();
    names
        .map(|name| {
            LANGUAGES.iter().find(|(_, known)| known == name).map_or(name.as_str(), |(code, _)| code).to_owned()
        })
        .collect()
}

/// Lays a prompt out. `tokens` turns text into token ids and knows no marks, so that no text can speak in them.
pub(super) fn lay(config: &Config, script: &Script<'_>, tokens: &dyn Fn(&str) -> Vec<u32>) -> Result<Layout, Fault> {
    let talker = &config.talker_config;
    let (open, close) = (config.im_start_token_id, config.im_end_token_id);
    // Who speaks and a line break are two tokens; the text follows. Its own line breaks at the beginning would melt into
    // that one.
    let turn = |text: &str| {
        let mut role = tokens(&format!("assistant\n{}", text.trim()));
        let body = role.split_off(role.len().min(2));
        (role, body)
    };
    if script.text.len() > MOST_TEXT {
        return Err(Fault::new("text_too_long", "the text is too long for one utterance; split it"));
    }
    let (role, said) = turn(script.text);
    if said.is_empty() || !script.text.chars().any(char::is_alphanumeric) {
        return Err(Fault::new("empty_text", "there is nothing in the text that can be spoken"));
    }
    let named = match script.speaker {
        Speaker::Named(name) => Some(named(config, name)?),
        Speaker::Vector(_) | Speaker::Nobody => None,
    };
    let language = match (script.language.map(|asked| self::language(config, asked)).transpose()?.flatten(), named) {
        (None | Some("chinese"), Some((_, Some(dialect)))) => Some(dialect),
        (language, _) => language,
    };
    let (pad, begin, end) = (config.tts_pad_token_id, config.tts_bos_token_id, config.tts_eos_token_id);
    let mut rows = Vec::new();
    if let Some(style) = style(config, script.style)? {
        let words = tokens(&format!("user\n{}", style.trim()));
        let ids = std::iter::once(open).chain(words).chain([close]).chain(tokens("\n"));
        rows.extend(ids.map(|id| (id, Code::None)));
    }
    rows.extend(std::iter::once(open).chain(role).map(|id| (id, Code::None)));

    let mut control = match language {
        Some(name) => vec![
            talker.codec_think_id,
            talker.codec_think_bos_id,
            talker.codec_language_id.get(name).copied().unwrap_or(talker.codec_nothink_id),
            talker.codec_think_eos_id,
        ],
        None => vec![talker.codec_nothink_id, talker.codec_think_bos_id, talker.codec_think_eos_id],
    }
    .into_iter()
    .map(Code::Id)
    .collect::<Vec<_>>();
    match (script.speaker, named) {
        (Speaker::Vector(_), _) => control.push(Code::Speaker),
        (_, Some((id, _))) => control.push(Code::Id(id)),
        _ => {}
    }
    rows.extend(control.into_iter().map(|code| (pad, code)));
    rows.push((begin, Code::Id(talker.codec_pad_id)));

    let start = Code::Id(talker.codec_bos_id);
    let silent = Code::Id(talker.codec_pad_id);
    let mut trailing = Vec::new();
    match script.reference {
        Some(reference) => {
            let (_, heard) = turn(reference.text);
            let text: Vec<u32> = heard.into_iter().chain(said).chain([end]).collect();
            let frames = frames(config, reference.codes)?;
            let codes = std::iter::once(start).chain((0..frames).map(Code::Frame));
            if script.text_first {
                rows.extend(text.iter().map(|&id| (id, silent)));
                rows.extend(codes.map(|code| (pad, code)));
            } else {
                let lane = text.iter().copied().chain(std::iter::repeat(pad));
                rows.extend(lane.zip(codes));
                trailing.extend(text.into_iter().skip(frames + 1));
            }
        }
        None if script.text_first => {
            rows.extend(said.iter().chain([&end]).map(|&id| (id, silent)));
            rows.push((pad, start));
        }
        None => {
            rows.push((said[0], start));
            trailing.extend(said[1..].iter().chain([&end]));
        }
    }
    if rows.len() > talker.max_position_embeddings / 2 {
        return Err(Fault::new("text_too_long", "the text is too long for this model; split it"));
    }
    Ok(Layout { rows, trailing })
}

/// Number and dialect of one of the checkpoint's own voices.
fn named<'a>(config: &'a Config, name: &str) -> Result<(usize, Option<&'a str>), Fault> {
    let name = name.to_lowercase();
    let talker = &config.talker_config;
    let Some(&id) = talker.spk_id.get(&name) else {
        return Err(Fault::new("unknown_preset", format!("this model has no voice called \"{name}\"")));
    };
    let dialect = match talker.spk_is_dialect.get(&name) {
        Some(Dialect::Name(dialect)) => Some(dialect.as_str()),
        Some(Dialect::Known(_)) | None => None,
    };
    Ok((id, dialect))
}

/// The words about the manner that this checkpoint follows.
fn style<'a>(config: &Config, asked: Option<&'a str>) -> Result<Option<&'a str>, Fault> {
    let asked = asked.filter(|words| !words.trim().is_empty());
    if config.tts_model_type == Kind::VoiceDesign && asked.is_none() {
        return Err(Fault::new("no_description", "a designed voice has to be described in words"));
    }
    match asked {
        Some(words) if words.len() > MOST_STYLE => {
            Err(Fault::new("description_too_long", "the description of the voice or its manner is too long"))
        }
        _ => Ok(asked.filter(|_| config.follows_style())),
    }
}

/// Frames of a reference whose codes are all in the tables.
fn frames(config: &Config, codes: &[u16]) -> Result<usize, Fault> {
    let talker = &config.talker_config;
    let groups = talker.num_code_groups;
    let bad = |what| Err(Fault::new("bad_prompt", what));
    if codes.is_empty() || !codes.len().is_multiple_of(groups) || codes.len() / groups > MOST_REFERENCE {
        return bad("the stored reference of this voice has a length that cannot be; prepare it again");
    }
    let most = talker.code_predictor_config.vocab_size.min(talker.vocab_size);
    if codes.iter().any(|&code| usize::from(code) >= most) {
        return bad("the stored reference of this voice has codes that this model does not know; prepare it again");
    }
    Ok(codes.len() / groups)
}
