//! Qwen3-TTS against its published package (tests/reference/tts.py or `make_tiny_reference.py`): every layer of talker and code predictor, the speaker encoder's stages, the
//! codes and the sound of each case.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry::{Occupied, Vacant};
use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use networks::checkpoint::Checkpoint;
use networks::kernel::{Crew, Precision};
use networks::qwen3_tts::codec::{self, Decoder, Encoder};
use networks::qwen3_tts::{
    Config, Descriptions, Generation, Network, Reference, Script, Speaker, SpeakerEncoder, Watch, picture,
};

use serde::Deserialize;

use super::Report;
use super::golden::Golden;

/// How far numbers may be from the reference's, relative to their size.
const BETWEEN: f32 = 5e-5;
/// How far the sound may be, where full scale is 1.
const SOUND: f32 = 1e-5;
/// Largest difference of a picture: near silence the logarithm magnifies what the reference's own transform loses.
const PICTURE: f32 = 5e-4;

/// One recorded run: what the reference was asked.
#[derive(Debug, Clone, Deserialize)]
struct Request {
    /// The checkpoint's folder.
    model: String,
    text: Option<String>,
    language: Option<String>,
    speaker: Option<String>,
    instruct: Option<String>,
    /// The words of the recording, where speech goes on from it.
    reference_text: Option<String>,
    #[serde(default)]
    non_streaming: bool,
    /// Tokens that the reference draws, the last for nothing.
    #[serde(default = "tokens")]
    max_new_tokens: usize,
}

fn tokens() -> usize {
    24
}

/// `golden.json` beside the recordings.
#[derive(Debug, Deserialize)]
struct Index {
    cases: BTreeMap<String, Entry>,
}

#[derive(Debug, Deserialize)]
struct Entry {
    request: Option<Request>,
}

/// What `make_tiny_reference.py` asks, which does not write it down.
const SCRIPT: &str = r#"{
  "xvec_en": {"model": "base", "text": "T", "language": "English"},
  "xvec_en_nonstream": {"model": "base", "text": "T", "language": "English", "non_streaming": true},
  "icl_en": {"model": "base", "text": "T", "language": "English", "reference_text": "R"},
  "icl_en_nonstream": {"model": "base", "text": "T", "language": "English", "reference_text": "R", "non_streaming": true},
  "icl_auto_longtext": {"model": "base", "text": "TTT", "reference_text": "R"},
  "custom_ryan_instruct": {"model": "custom_voice", "text": "T", "language": "English", "speaker": "Ryan",
    "instruct": "Very happy.", "non_streaming": true},
  "custom_eric_auto": {"model": "custom_voice", "text": "T", "language": "Auto", "speaker": "eric"},
  "design": {"model": "voice_design", "text": "T", "language": "Chinese", "instruct": "A calm old man.",
    "non_streaming": true}
}"#;

/// What was recorded of the reference's voice.
struct Voice {
    vector: Vec<f32>,
    codes: Vec<u16>,
}

/// A model's folder.
struct Model {
    network: Network,
    decoder: Decoder,
    crew: Crew,
}

/// Whether a folder has the script's cases.
pub fn here(folder: &Path) -> bool {
    folder.join("golden/xvec_en.safetensors").is_file() && folder.join("base/config.json").is_file()
}

/// Every case and the recording's own.
pub fn compare(folder: &Path, report: &mut Report) -> Result<()> {
    let requests = requests(folder)?;
    let voice = voice(folder, report)?;
    let mut models = BTreeMap::new();
    for (name, request) in requests {
        let model = match models.entry(request.model.clone()) {
            Occupied(entry) => entry.into_mut(),
            Vacant(entry) => entry.insert(open(&folder.join(&request.model))?),
        };
        let golden = Golden::open(&folder.join("golden").join(&name).with_extension("safetensors"))?;
        run(&name, &request, model, &voice, &golden, report).context(name)?;
    }
    Ok(())
}

/// What was asked for, case by case.
fn requests(folder: &Path) -> Result<Vec<(String, Request)>> {
    let index: Index = serde_json::from_slice(&fs::read(folder.join("golden/golden.json"))?)?;
    let written = index.cases.iter().filter_map(|(name, entry)| Some((name.clone(), entry.request.clone()?)));
    let written: Vec<_> = written.filter(|(_, request)| request.text.is_some()).collect();
    if !written.is_empty() {
        return Ok(written);
    }
    let script =
        SCRIPT.replace("TTT", &"T".repeat(3)).replace("\"R\"", "\"The quick brown fox jumps over the lazy dog.\"");
    let mut asked: BTreeMap<String, Request> = serde_json::from_str(&script)?;
    for request in asked.values_mut() {
        request.text = request.text.take().map(|text| "Hello world, this is a test.".repeat(text.len()));
    }
    Ok(asked.into_iter().filter(|(name, _)| index.cases.contains_key(name)).collect())
}

fn open(folder: &Path) -> Result<Model> {
    let read = |name: &str| fs::read(folder.join(name)).with_context(|| folder.join(name).display().to_string());
    let (config, generation) = (read("config.json")?, read("generation_config.json")?);
    let (vocab, merges, tokenizer) = (read("vocab.json")?, read("merges.txt")?, read("tokenizer_config.json")?);
    let descriptions = Descriptions {
        config: &config,
        generation: &generation,
        vocab: &vocab,
        merges: &merges,
        tokenizer: &tokenizer,
    };
    let greedy = Generation::parse(&generation)?.greedy();
    let checkpoint = checkpoint(&folder.join("model.safetensors"))?;
    let network = Network::with(checkpoint, greedy, &descriptions, Precision::Single)?;
    let codec = codec::Config::parse(&read("speech_tokenizer/config.json")?)?;
    let weights = self::checkpoint(&folder.join("speech_tokenizer/model.safetensors"))?;
    Ok(Model { network, decoder: Decoder::load(&weights, &codec, Precision::Single)?, crew: Crew::new(2) })
}

fn checkpoint(path: &Path) -> Result<Checkpoint> {
    let file = File::open(path).with_context(|| path.display().to_string())?;
    Ok(Checkpoint::open(vec![file])?)
}

/// The recording as the reference heard it: picture, speaker vector and codes.
fn voice(folder: &Path, report: &mut Report) -> Result<Voice> {
    const CASE: &str = "clone_prompt";
    let golden = Golden::open(&folder.join("golden").join(CASE).with_extension("safetensors"))?;
    let base = folder.join("base");
    let config = Config::parse(&fs::read(base.join("config.json"))?)?;
    let encoder = SpeakerEncoder::load(&checkpoint(&base.join("model.safetensors"))?, &config)?;
    let (audio, _) = golden.numbers("audio")?;
    let crew = Crew::new(2);
    let mut seen = Seen::default();
    let mel = golden.turned("mel")?;
    let found = picture(&audio, config.speaker_encoder_config.mel_dim);
    report.near(CASE, "mel", &found, &mel, PICTURE);
    // What follows is compared on the reference's own numbers, so that one difference shows once.
    let vector = encoder.watched(&crew, &mel, &mut seen).context("the recording is too short")?;
    for (name, calls) in &seen.0 {
        let wanted = match name.as_str() {
            "spk.out" => golden.numbers("spk.out/000")?.0,
            _ => golden.turned(&format!("{name}/000"))?,
        };
        report.near(CASE, name, &calls[0], &wanted, BETWEEN);
    }
    report.near(CASE, "speaker vector", &vector, &golden.numbers("spk_emb")?.0, BETWEEN);
    let codec = codec::Config::parse(&fs::read(base.join("speech_tokenizer/config.json"))?)?;
    let ear = Encoder::load(&checkpoint(&base.join("speech_tokenizer/model.safetensors"))?, &codec)?;
    let wanted = codes(&golden.integers("ref_codes")?)?;
    // The reference's plain attention sees everything before.
    let mut stages = Stages::default();
    let found = ear.encode_watched(&crew, &audio, None, &mut |name, rows, _| stages.see(name, rows))?;
    stages.compare(CASE, &golden, report)?;
    report.equal(CASE, "codes of the recording", &found, &wanted);
    Ok(Voice { vector: golden.numbers("spk_emb")?.0, codes: wanted })
}

fn codes(numbers: &[i64]) -> Result<Vec<u16>> {
    numbers.iter().map(|&code| u16::try_from(code).context("a code that is none")).collect()
}

fn run(
    case: &str,
    request: &Request,
    model: &Model,
    voice: &Voice,
    golden: &Golden,
    report: &mut Report,
) -> Result<()> {
    let script = Script {
        text: request.text.as_deref().unwrap_or_default(),
        language: request.language.as_deref(),
        speaker: match &request.speaker {
            Some(name) => Speaker::Named(name),
            None if request.model == "base" => Speaker::Vector(&voice.vector),
            None => Speaker::Nobody,
        },
        reference: request.reference_text.as_deref().map(|text| Reference { text, codes: &voice.codes }),
        style: request.instruct.as_deref(),
        text_first: request.non_streaming,
    };
    let mut seen = Seen::default();
    let found = model.network.watched(&model.crew, &script, 0, request.max_new_tokens, &mut seen)?;
    for (name, calls) in &seen.0 {
        let (mut numbers, mut wanted) = (Vec::new(), Vec::new());
        for (call, found) in calls.iter().enumerate() {
            let key = if name.starts_with("prompt.") { name.clone() } else { format!("{name}/{call:03}") };
            // Not every call is recorded.
            if golden.has(&key) {
                // Where the reference has rows for every position, the last ones speak.
                let (all, _) = golden.numbers(&key)?;
                wanted.extend_from_slice(&all[all.len().saturating_sub(found.len())..]);
                numbers.extend_from_slice(found);
            }
        }
        if !wanted.is_empty() {
            report.near(case, name, &numbers, &wanted, BETWEEN);
        }
    }
    let wanted = codes(&golden.integers("out.codes.0")?)?;
    report.equal(case, "codes", &found, &wanted);
    let before: &[u16] = if request.reference_text.is_some() { &voice.codes } else { &[] };
    let all = [before, &wanted].concat();
    let mut stages = Stages::default();
    let sound = model
        .decoder
        .decode_watched(&model.crew, &mut [(&mut model.decoder.state(), &all)], &mut |name, rows, _| {
            stages.see(name, rows);
        })?
        .remove(0);
    stages.compare(case, golden, report)?;
    // The reference's own cut, rounding and all.
    let cut = (before.len() as f64 / all.len() as f64 * sound.len() as f64) as usize;
    report.close(case, "sound", &sound[cut..], &golden.numbers("out.wav.0")?.0, SOUND);
    Ok(())
}

/// What comes out of the codec's stages, passes joined in order of time.
#[derive(Default)]
struct Stages(BTreeMap<String, Vec<f32>>);

impl Stages {
    fn see(&mut self, name: &str, rows: &[f32]) {
        self.0.entry(name.to_owned()).or_default().extend_from_slice(rows);
    }

    fn compare(&self, case: &str, golden: &Golden, report: &mut Report) -> Result<()> {
        for (name, found) in &self.0 {
            let key = format!("{name}/000");
            if golden.has(&key) {
                // Transformers keep time first, convolutions channels.
                let wanted =
                    if name.ends_with("transformer") { golden.numbers(&key)?.0 } else { golden.turned(&key)? };
                report.near(case, name, found, &wanted, BETWEEN);
            }
        }
        Ok(())
    }
}

/// Everything that was seen, by name and call.
#[derive(Default)]
struct Seen(BTreeMap<String, Vec<Vec<f32>>>);

impl Watch for Seen {
    fn see(&mut self, name: &str, numbers: &[f32]) {
        self.0.entry(name.to_owned()).or_default().push(numbers.to_vec());
    }
}
