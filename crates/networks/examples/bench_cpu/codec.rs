//! The codec's decoder at the released sizes: a chunk of frames of every stream, and its random weights.

use networks::checkpoint::Checkpoint;
use networks::kernel::{Crew, Precision};
use networks::qwen3_tts::codec::{Config, Decoder, State};

use super::weights::Tensor;
use super::{Piece, Sizes, WORDS};

/// What the released `speech_tokenizer/config.json` says, as far as it is read.
const CONFIG: &str = r#"{
    "encoder_valid_num_quantizers": 16, "input_sample_rate": 24000, "output_sample_rate": 24000,
    "decode_upsample_rate": 1920, "encode_downsample_rate": 1920,
    "encoder_config": {
        "num_filters": 64, "kernel_size": 7, "residual_kernel_size": 3, "last_kernel_size": 3, "num_residual_layers": 1,
        "compress": 2, "upsampling_ratios": [8, 6, 5, 4], "hidden_size": 512, "intermediate_size": 2048,
        "num_hidden_layers": 8, "num_attention_heads": 8, "num_key_value_heads": 8, "head_dim": 64, "norm_eps": 1e-5,
        "rope_theta": 10000.0, "sliding_window": 250, "num_quantizers": 32, "num_semantic_quantizers": 1,
        "codebook_size": 2048, "codebook_dim": 256, "hidden_act": "gelu", "pad_mode": "constant",
        "use_causal_conv": true, "use_conv_shortcut": false
    },
    "decoder_config": {
        "latent_dim": 1024, "codebook_dim": 512, "codebook_size": 2048, "decoder_dim": 1536, "hidden_size": 512,
        "intermediate_size": 1024, "num_hidden_layers": 8, "num_attention_heads": 16, "num_key_value_heads": 16,
        "head_dim": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000, "sliding_window": 72, "num_quantizers": 16,
        "num_semantic_quantizers": 1, "upsample_rates": [8, 5, 4, 3], "upsampling_ratios": [2, 2], "hidden_act": "silu"
    }
}"#;
/// Codes of a frame.
const CODES: usize = 16;
/// Frames that every stream has heard before a timed chunk.
const HEARD: usize = 24;

/// The same codes as on the other side.
fn codes(stream: usize, frames: std::ops::Range<usize>) -> Vec<u16> {
    let code = |at: usize| (at / CODES * 37 + at % CODES * 53 + stream * 101 + 7) % WORDS;
    (frames.start * CODES..frames.end * CODES).map(|at| code(at) as u16).collect()
}

/// The next frames of every stream, from the middle of what it says.
pub struct Codec {
    decoder: Decoder,
    precision: Precision,
    /// As the streams are before the chunk.
    heard: Vec<State>,
    /// What the chunk begins with.
    states: Vec<State>,
    codes: Vec<Vec<u16>>,
}

impl Codec {
    pub fn load(file: &Checkpoint, precision: Precision, sizes: Sizes, crew: &Crew) -> Self {
        let decoder = Decoder::load(file, &Config::parse(CONFIG.as_bytes()).unwrap(), precision).unwrap();
        let mut heard: Vec<State> = (0..8).map(|_| decoder.state()).collect();
        for (stream, state) in heard.iter_mut().enumerate() {
            decoder.decode(crew, &mut [(state, &codes(stream, sizes.frames..sizes.frames + HEARD))]).unwrap();
        }
        let codes = (0..8).map(|stream| codes(stream, 0..sizes.frames)).collect();
        Self { decoder, precision, heard, states: Vec::new(), codes }
    }
}

impl Piece for Codec {
    /// Quantised convolutions of PyTorch's are not dynamic: they want a calibration.
    const OTHERS: &'static [&'static str] = &["single", "brain"];

    fn prepare(&mut self, batch: usize) {
        self.states = self.heard[..batch].to_vec();
    }

    fn run(&mut self, crew: &Crew, _: usize) -> Vec<f32> {
        let streams = self.states.iter_mut().zip(&self.codes).map(|(state, codes)| (state, &codes[..]));
        self.decoder.decode(crew, &mut streams.collect::<Vec<_>>()).unwrap().concat()
    }

    /// From the first frame on: the other side has no past.
    fn show(&mut self, crew: &Crew, batch: usize) -> Vec<f32> {
        self.states = (0..batch).map(|_| self.decoder.state()).collect();
        self.run(crew, batch)
    }

    fn bytes(&self) -> usize {
        let config = self.decoder.config();
        // The vectors of the codes are not read as a whole.
        let vectors = 4 * config.num_quantizers * config.codebook_size * config.codebook_dim / 2;
        config.bytes(self.precision) as usize - vectors
    }

    fn macs(&self) -> usize {
        self.decoder.config().macs_per_frame() as usize * self.codes[0].len() / CODES
    }
}

/// The tensors of `decoder.…` that are read, with numbers that neither grow nor fade from one layer to the next.
pub fn tensors() -> Vec<Tensor> {
    let mut all: Vec<Tensor> = Vec::new();
    let mut add = |name: String, shape: &[usize], middle: f32, size: f32| {
        all.push((format!("decoder.{name}"), shape.to_vec(), (middle, size)));
    };
    // What keeps the size of its rows, where so many numbers are summed.
    let keep = |summed: usize| (3.0 / summed as f32).sqrt();
    // Snakes add to what goes through them.
    let calm = |summed: usize| 0.6 * keep(summed);
    for level in 0..CODES {
        let at = match level {
            0 => "quantizer.rvq_first.vq.layers.0._codebook".to_owned(),
            _ => format!("quantizer.rvq_rest.vq.layers.{}._codebook", level - 1),
        };
        add(format!("{at}.embedding_sum"), &[WORDS, 256], 0.0, 1.0);
        add(format!("{at}.cluster_usage"), &[WORDS], 1.0, 0.25);
    }
    for kind in ["first", "rest"] {
        add(format!("quantizer.rvq_{kind}.output_proj.weight"), &[512, 256, 1], 0.0, keep(256));
    }
    add("pre_conv.conv.weight".to_owned(), &[1024, 512, 3], 0.0, keep(512 * 3));
    add("pre_conv.conv.bias".to_owned(), &[1024], 0.0, 0.1);
    for (name, outputs, inputs) in [("input", 512, 1024), ("output", 1024, 512)] {
        add(format!("pre_transformer.{name}_proj.weight"), &[outputs, inputs], 0.0, keep(inputs));
        add(format!("pre_transformer.{name}_proj.bias"), &[outputs], 0.0, 0.1);
    }
    for layer in 0..8 {
        let at = format!("pre_transformer.layers.{layer}.");
        for (name, outputs, inputs) in [
            ("self_attn.q_proj", 1024, 512),
            ("self_attn.k_proj", 1024, 512),
            ("self_attn.v_proj", 1024, 512),
            ("self_attn.o_proj", 512, 1024),
            ("mlp.gate_proj", 1024, 512),
            ("mlp.up_proj", 1024, 512),
            ("mlp.down_proj", 512, 1024),
        ] {
            add(format!("{at}{name}.weight"), &[outputs, inputs], 0.0, keep(inputs));
        }
        for name in ["input_layernorm.weight", "post_attention_layernorm.weight"] {
            add(format!("{at}{name}"), &[512], 1.0, 0.25);
        }
        for name in ["self_attn_layer_scale.scale", "mlp_layer_scale.scale"] {
            add(format!("{at}{name}"), &[512], 0.3, 0.1);
        }
    }
    add("pre_transformer.norm.weight".to_owned(), &[512], 1.0, 0.25);
    for number in 0..2 {
        let at = format!("upsample.{number}.");
        for (name, shape, middle, size) in [
            ("0.conv.weight", &[1024, 1024, 2][..], 0.0, keep(1024)),
            ("0.conv.bias", &[1024], 0.0, 0.1),
            ("1.dwconv.conv.weight", &[1024, 1, 7], 0.0, keep(7)),
            ("1.dwconv.conv.bias", &[1024], 0.0, 0.1),
            ("1.norm.weight", &[1024], 1.0, 0.25),
            ("1.norm.bias", &[1024], 0.0, 0.1),
            ("1.pwconv1.weight", &[4096, 1024], 0.0, keep(1024)),
            ("1.pwconv1.bias", &[4096], 0.0, 0.1),
            ("1.pwconv2.weight", &[1024, 4096], 0.0, keep(4096)),
            ("1.pwconv2.bias", &[1024], 0.0, 0.1),
            ("1.gamma", &[1024], 0.3, 0.1),
        ] {
            add(format!("{at}{name}"), shape, middle, size);
        }
    }
    let mut convolution = |name: &str, shape: &[usize], outputs: usize, summed: usize| {
        add(format!("decoder.{name}.conv.weight"), shape, 0.0, calm(summed));
        add(format!("decoder.{name}.conv.bias"), &[outputs], 0.0, 0.1);
    };
    convolution("0", &[1536, 1024, 7], 1536, 7 * 1024);
    convolution("6", &[1, 96, 7], 1, 7 * 96);
    for (stage, factor) in [(1, 8), (2, 5), (3, 4), (4, 3)] {
        let width = 1536 >> stage;
        let up = [2 * width, width, 2 * factor];
        convolution(&format!("{stage}.block.1"), &up, width, 4 * width);
        for unit in 2..5 {
            convolution(&format!("{stage}.block.{unit}.conv1"), &[width, width, 7], width, 7 * width);
            convolution(&format!("{stage}.block.{unit}.conv2"), &[width, width, 1], width, width);
        }
    }
    let mut snake = |name: String, width: usize| {
        for part in ["alpha", "beta"] {
            add(format!("decoder.{name}.{part}"), &[width], 0.0, 0.1);
        }
    };
    for stage in 1..5 {
        let width = 1536 >> stage;
        snake(format!("{stage}.block.0"), 2 * width);
        for unit in 2..5 {
            for number in 1..3 {
                snake(format!("{stage}.block.{unit}.act{number}"), width);
            }
        }
    }
    snake("5".to_owned(), 96);
    all
}
