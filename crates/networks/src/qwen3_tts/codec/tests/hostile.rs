//! What comes from outside and is not what it should be.

use safetensors::tensor::{TensorView, serialize};
use serde_json::{Value, json};

use super::*;

/// The published sizes.
pub(super) fn released() -> Config {
    let mut sizes: Value =
        serde_json::from_slice(&fs::read(format!("{FIXTURES}/{TOKENIZER}/config.json")).unwrap()).unwrap();
    let encoder = json!({
        "num_filters": 64, "hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8,
        "num_key_value_heads": 8, "head_dim": 64, "intermediate_size": 2048, "sliding_window": 250,
        "num_quantizers": 32, "codebook_size": 2048, "codebook_dim": 256,
    });
    let decoder = json!({
        "latent_dim": 1024, "codebook_dim": 512, "codebook_size": 2048, "decoder_dim": 1536, "hidden_size": 512,
        "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 16, "num_key_value_heads": 16,
        "head_dim": 64, "sliding_window": 72,
    });
    for (part, values) in [("encoder_config", encoder), ("decoder_config", decoder)] {
        for (name, value) in values.as_object().unwrap() {
            sizes[part][name] = value.clone();
        }
    }
    Config::parse(&serde_json::to_vec(&sizes).unwrap()).unwrap()
}

fn parse_with(part: &str, name: &str, value: Value) -> Result<Config, crate::weights::LoadError> {
    let mut sizes: Value =
        serde_json::from_slice(&fs::read(format!("{FIXTURES}/{TOKENIZER}/config.json")).unwrap()).unwrap();
    match part {
        "" => sizes[name] = value,
        part => sizes[part][name] = value,
    }
    Config::parse(&serde_json::to_vec(&sizes).unwrap())
}

#[test]
fn sizes_out_of_bounds_are_refused() {
    let cases = [
        ("", "input_sample_rate", json!(16_000)),
        ("", "decode_upsample_rate", json!(1919)),
        ("", "encode_downsample_rate", json!(960)),
        ("", "encoder_valid_num_quantizers", json!(0)),
        ("", "encoder_valid_num_quantizers", json!(64)),
        ("decoder_config", "num_quantizers", json!(1)),
        ("decoder_config", "upsample_rates", json!([])),
        ("decoder_config", "upsample_rates", json!([0])),
        ("decoder_config", "upsample_rates", json!(vec![16; 8])),
        ("decoder_config", "upsampling_ratios", json!(vec![16; 8])),
        ("decoder_config", "decoder_dim", json!(50)),
        ("decoder_config", "decoder_dim", json!(u64::MAX)),
        ("decoder_config", "head_dim", json!(7)),
        ("decoder_config", "num_key_value_heads", json!(3)),
        ("decoder_config", "sliding_window", json!(0)),
        ("decoder_config", "rope_theta", json!(0)),
        ("decoder_config", "rms_norm_eps", json!(-1)),
        ("decoder_config", "hidden_act", json!("gelu")),
        ("decoder_config", "codebook_size", json!(70_000)),
        ("encoder_config", "upsampling_ratios", json!([8, 6, 5, 5])),
        ("encoder_config", "num_residual_layers", json!(2)),
        ("encoder_config", "use_conv_shortcut", json!(true)),
        ("encoder_config", "compress", json!(3)),
        ("encoder_config", "num_filters", json!(0)),
        ("encoder_config", "pad_mode", json!("reflect")),
        ("encoder_config", "head_dim", json!(-8)),
    ];
    for (part, name, value) in cases {
        let error = parse_with(part, name, value.clone()).expect_err(&format!("{part}.{name} = {value}"));
        assert_eq!(error.code(), "checkpoint_config", "{part}.{name} = {value}");
    }
    assert!(Config::parse(&vec![b' '; 2 << 20]).is_err());
    released();
}

#[test]
fn weights_that_do_not_fit_are_refused() {
    for (part, name, value) in [
        ("decoder_config", "latent_dim", json!(48)),
        ("decoder_config", "decoder_dim", json!(64)),
        ("decoder_config", "num_hidden_layers", json!(3)),
    ] {
        let config = parse_with(part, name, value).unwrap();
        let code = Decoder::load(&checkpoint(), &config, Precision::Single).err().unwrap().code();
        assert!(["tensor_shape", "tensor_missing"].contains(&code), "{name}");
    }
    for (name, value) in [("hidden_size", 48), ("codebook_dim", 4), ("kernel_size", 5)] {
        let config = parse_with("encoder_config", name, json!(value)).unwrap();
        assert_eq!(Encoder::load(&checkpoint(), &config).err().unwrap().code(), "tensor_shape", "{name}");
    }
}

#[test]
fn a_snake_beyond_all_bounds_is_refused() {
    let bytes = fs::read(format!("{FIXTURES}/{TOKENIZER}/model.safetensors")).unwrap();
    let tensors = SafeTensors::deserialize(&bytes).unwrap();
    let name = "decoder.decoder.1.block.0.alpha";
    let huge: Vec<u8> = tensors.tensor(name).unwrap().data().chunks(4).flat_map(|_| 100f32.to_le_bytes()).collect();
    let parts = tensors.tensors().into_iter().map(|(tensor, view)| {
        let data = if tensor == name { &huge[..] } else { view.data() };
        (tensor, TensorView::new(view.dtype(), view.shape().to_vec(), data).unwrap())
    });
    let path = std::env::temp_dir().join(format!("codec-snake-{}.safetensors", std::process::id()));
    fs::write(&path, serialize(parts, None).unwrap()).unwrap();
    let damaged = Checkpoint::open(vec![File::open(&path).unwrap()]).unwrap();
    fs::remove_file(path).unwrap();
    let error = Decoder::load(&damaged, &config(), Precision::Single).err().unwrap();
    assert_eq!(error.to_string(), format!("tensor \"{name}\" holds the logarithm of nothing finite"));
}

#[test]
fn a_refused_call_changes_no_state() {
    let (decoder, crew) = (decoder(), Crew::alone());
    let (fine, size) = (random_codes(3, 1), config().decoder_config.codebook_size as u16);
    let mut other = decoder.config().clone();
    other.sliding_window += 1;
    let mut wrong = fine.clone();
    wrong[20] = size;
    let mut endless = decoder.state();
    endless.position = super::state::LONGEST;
    for (mut bad, codes, code) in [
        (decoder.state(), &wrong[..], "codec_code"),
        (decoder.state(), &fine[..17], "codec_frames"),
        (decoder.state(), &vec![0; 9000 * CODES][..], "codec_frames"),
        (endless, &fine[..], "codec_frames"),
        (State::new(&other), &fine[..], "codec_state"),
    ] {
        let mut state = decoder.state();
        let error = decoder.decode(&crew, &mut [(&mut state, &fine[..]), (&mut bad, codes)]).unwrap_err();
        assert_eq!(error.code, code);
        assert!(state == decoder.state());
    }
    assert!(decoder.decode(&crew, &mut []).unwrap().is_empty());
    assert_eq!(decoder.decode(&crew, &mut [(&mut decoder.state(), &[])]).unwrap(), [Vec::<f32>::new()]);
}

#[test]
fn recordings_that_cannot_be_are_refused() {
    let (encoder, crew) = (encoder(), Crew::alone());
    let code = |audio: &[f32]| encoder.encode(&crew, audio).unwrap_err().code;
    assert_eq!(code(&[]), "reference_length");
    assert_eq!(code(&vec![0.0; 60 * 24_000 + 1]), "reference_length");
    assert_eq!(code(&[0.0, f32::NAN]), "reference_sound");
    // Loud beyond reason: either codes or a fault, no panic.
    let _ = encoder.encode(&crew, &[f32::MAX; 2000]);
    let _ = encoder.encode_watched(&crew, &[0.1; 2000], Some(0), &mut unwatched).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_damaged_state_is_refused(frames in 0usize..9, at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<prop::sample::Index>()) {
        let decoder = decoder();
        let mut state = decoder.state();
        decoder.decode(&Crew::alone(), &mut [(&mut state, &random_codes(frames, 3))]).unwrap();
        let bytes = state.to_bytes();
        let mut damaged = bytes.clone();
        damaged[at.index(bytes.len())] ^= flip;
        prop_assert!(State::from_bytes(decoder.config(), &damaged).is_err());
        prop_assert!(State::from_bytes(decoder.config(), &bytes[..cut.index(bytes.len())]).is_err());
        let mut other = decoder.config().clone();
        other.num_hidden_layers += 1;
        prop_assert!(State::from_bytes(&other, &bytes).is_err());
    }
}
