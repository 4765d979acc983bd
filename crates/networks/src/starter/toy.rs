//! Small random checkpoints in the real format, for tests that need a network's form and not its skill.

use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize};
use sha2::{Digest, Sha256};

use crate::draw;

struct Toy {
    tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)>,
    scale: f32,
}

impl Toy {
    fn put(&mut self, name: String, shape: &[usize], around: f32, spread: f32) {
        let seed = name.bytes().fold(7u64, |seed, byte| draw::mix(seed ^ u64::from(byte)));
        let count = shape.iter().product::<usize>() as u64;
        let bytes = (0..count)
            .flat_map(|n| {
                let value = (around + spread * draw::noise(seed, n)) * self.scale;
                half::f16::from_f32(value.clamp(-6e4, 6e4)).to_le_bytes()
            })
            .collect();
        self.tensors.push((name, Dtype::F16, shape.to_vec(), bytes));
    }

    fn linear(&mut self, name: &str, outputs: usize, inputs: usize, bias: bool) {
        self.put(format!("{name}.weight"), &[outputs, inputs], 0.0, (inputs as f32).powf(-0.5));
        if bias {
            self.put(format!("{name}.bias"), &[outputs], 0.0, 0.1);
        }
    }

    fn norm(&mut self, name: &str, width: usize, bias: bool) {
        self.put(format!("{name}.weight"), &[width], 1.0, 0.1);
        if bias {
            self.put(format!("{name}.bias"), &[width], 0.0, 0.1);
        }
    }

    fn block(&mut self, name: &str, width: usize, taps: usize, expand: usize) {
        self.put(format!("{name}.conv.weight"), &[width, 1, taps], 0.0, 0.5);
        self.put(format!("{name}.conv.bias"), &[width], 0.0, 0.1);
        self.norm(&format!("{name}.norm"), width, true);
        self.linear(&format!("{name}.up"), width * expand, width, true);
        self.linear(&format!("{name}.down"), width, width * expand, true);
        self.put(format!("{name}.scale"), &[width], 0.3, 0.1);
    }

    fn finish(self) -> Vec<u8> {
        let views = self
            .tensors
            .iter()
            .map(|(name, dtype, shape, bytes)| (name.clone(), TensorView::new(*dtype, shape.clone(), bytes).unwrap()));
        serialize(views, None).unwrap()
    }
}

/// A voice of a few ten thousand weights and its description.
pub(super) fn voice() -> (Vec<u8>, String) {
    voice_scaled(1.0)
}

/// The same with every weight multiplied.
pub(super) fn voice_scaled(scale: f32) -> (Vec<u8>, String) {
    let (books, codes, latent, width, fine) = (4, 32, 16, 24, 20);
    let mut toy = Toy { tensors: Vec::new(), scale };
    toy.put("tables".into(), &[books, codes, latent], 0.0, 0.5);
    toy.linear("decoder.inward", width, latent, true);
    for k in 0..2 {
        toy.block(&format!("decoder.coarse.{k}"), width, 4, 3);
        toy.block(&format!("decoder.blocks.{k}"), fine, 5, 2);
    }
    toy.linear("decoder.spread", 8 * fine, width, true);
    toy.linear("decoder.outward", 90, fine, true);
    toy.linear("decoder.direct", 720, latent, true);
    let (phones, text, slot, wide, heads, hidden) = (text::Phone::COUNT + 1, 28, 12, 32, 2, 48);
    toy.put("talker.phone.weight".into(), &[phones, text], 0.0, 1.0);
    toy.linear("talker.style", text, 4, false);
    for k in 0..2 {
        toy.block(&format!("talker.text.{k}"), text, 5, 2);
    }
    toy.linear("talker.length.0", 128, text, true);
    toy.put("talker.length.2.weight".into(), &[1, 128], 0.0, 0.02);
    toy.put("talker.length.2.bias".into(), &[1], -2.5, 0.0);
    toy.linear("talker.slot", slot, text, true);
    toy.linear("talker.place", slot, 4, false);
    toy.linear("talker.track", wide, 4 * slot, true);
    toy.linear("talker.voice", wide, 4, false);
    toy.linear("talker.previous", wide, latent, false);
    toy.put("talker.begin".into(), &[wide], 0.0, 1.0);
    for k in 0..2 {
        let name = |part: &str| format!("talker.layers.{k}.{part}");
        toy.norm(&name("before"), wide, false);
        toy.linear(&name("query_key_value"), 3 * wide, wide, false);
        toy.norm(&name("query_norm"), wide / heads, false);
        toy.norm(&name("key_norm"), wide / heads, false);
        toy.linear(&name("join"), wide, wide, false);
        toy.norm(&name("between"), wide, false);
        toy.linear(&name("gate_up"), 2 * hidden, wide, false);
        toy.linear(&name("down"), wide, hidden, false);
    }
    toy.norm("talker.last", wide, false);
    toy.linear("talker.namer.hidden", wide, wide, true);
    toy.linear("talker.namer.partial", wide, latent, false);
    toy.put("talker.namer.book".into(), &[books, wide], 0.0, 0.5);
    toy.norm("talker.namer.norms.0", wide, false);
    toy.linear("talker.namer.ups.0", 40, wide, true);
    toy.linear("talker.namer.downs.0", wide, 40, true);
    toy.norm("talker.namer.last", wide, false);
    toy.put("talker.namer.point".into(), &[books, latent, wide], 0.0, 0.2);
    toy.put("talker.namer.offset".into(), &[books, codes], 0.0, 0.1);
    reference(&mut toy);
    let calibration = (0..2 * 40 * books as u64).flat_map(|n| ((draw::word(3, n) % codes as u64) as i32).to_le_bytes());
    toy.tensors.push(("calibration.codes".into(), Dtype::I32, vec![2, 40, books], calibration.collect()));
    let names: Vec<String> = ["<pad>"]
        .into_iter()
        .chain(text::Phone::all().map(text::Phone::symbol))
        .map(|symbol| format!("\"{symbol}\""))
        .collect();
    let preset = |id: &str, base: usize, pitch: f32| {
        let mut vector = vec![0.0; 32];
        vector[base] = 1.0;
        vector[4] = pitch;
        format!("{{\"id\":\"{}\",\"name\":\"{id}\",\"description\":\"\",\"vector\":{vector:?}}}", id.to_lowercase())
    };
    let weights = toy.finish();
    let config = format!(
        r#"{{"format":"starter-voice-1","language":"en","rate_hz":16000,"hop":160,"frames_per_block":8,"bands":80,
        "noise_bands":8,"fft":1024,"phones":[{}],"base_voices":["a","b"],"styles":4,
        "codec":{{"books":4,"codes":{codes},"latent":{latent},"width":{width},"fine_width":{fine},"coarse_blocks":2,
        "coarse_kernel":4,"fine_blocks":2,"fine_kernel":5,"pitch_scale":0.25}},
        "talker":{{"text_width":{text},"text_blocks":2,"text_kernel":5,"slots":4,"slot_width":{slot},"width":32,
        "heads":2,"hidden":{hidden},"layers":2,"window":16,"namer_hidden":40,"namer_depth":1,
        "shortest_seconds":0.02,"longest_seconds":0.6}},
        "reference":{{"width":24,"scales":[0.1,0.4,0.1],"most_seconds":15,"tract_limits":[0.8,1.28]}},
        "sampling":{{"heat_first":0.4,"heat_rest":0.3,"top":20}},
        "sharpen":{{"amount":0.15,"low_order":2,"high_order":40}},
        "presets":[{},{}],"weights_sha256":"{}"}}"#,
        names.join(","),
        preset("Alder", 0, 4.6),
        preset("Birch", 1, 5.2),
        digest(&weights),
    );
    (weights, config)
}

/// Digest of weights as a description names it.
pub(super) fn digest(weights: &[u8]) -> String {
    Sha256::digest(weights).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn reference(toy: &mut Toy) {
    let width = 24;
    toy.put("reference.inward.weight".into(), &[width, 80, 5], 0.0, 0.05);
    toy.put("reference.inward.bias".into(), &[width], 0.0, 0.1);
    for k in 0..3 {
        toy.put(format!("reference.convs.{k}.weight"), &[width, width, 3], 0.0, 0.1);
        toy.put(format!("reference.convs.{k}.bias"), &[width], 0.0, 0.1);
        toy.norm(&format!("reference.norms.{k}"), width, true);
    }
    toy.linear("reference.attend", width, width, true);
    toy.linear("reference.hidden", width, 2 * width, true);
    toy.linear("reference.base", 3, width, true);
    toy.linear("reference.guess", 3, width, true);
}
