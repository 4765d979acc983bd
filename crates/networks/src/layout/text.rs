//! Names and shapes of the models that read: the decoder that all families share, the text model, the recogniser and the
//! aligner.

use super::Tensors;
use super::config::{Audio, Core, Text, Thinker};

/// `{prefix}layers.N.…` and `{prefix}norm.weight`.
pub(super) fn core(all: &mut Tensors, prefix: &str, config: &Core) {
    let (hidden, feed, head) = (config.hidden_size.get(), config.intermediate_size.get(), config.head_dim.get());
    let (queries, keys) = (config.num_attention_heads.get() * head, config.num_key_value_heads.get() * head);
    for number in 0..config.num_hidden_layers.get() {
        let at = format!("{prefix}layers.{number}.");
        for (name, shape) in [
            ("self_attn.q_proj", [queries, hidden]),
            ("self_attn.k_proj", [keys, hidden]),
            ("self_attn.v_proj", [keys, hidden]),
            ("self_attn.o_proj", [hidden, queries]),
            ("mlp.gate_proj", [feed, hidden]),
            ("mlp.up_proj", [feed, hidden]),
            ("mlp.down_proj", [hidden, feed]),
        ] {
            all.add(&format!("{at}{name}.weight"), &shape);
        }
        for (name, width) in [
            ("self_attn.q_norm", head),
            ("self_attn.k_norm", head),
            ("input_layernorm", hidden),
            ("post_attention_layernorm", hidden),
        ] {
            all.add(&format!("{at}{name}.weight"), &[width]);
        }
    }
    all.add(&format!("{prefix}norm.weight"), &[hidden]);
}

/// Tensors of `qwen3`.
pub(super) fn model(config: &Text) -> Tensors {
    let mut all = Tensors::default();
    let shape = [config.vocab_size.get(), config.core.hidden_size.get()];
    all.add("model.embed_tokens.weight", &shape);
    core(&mut all, "model.", &config.core);
    head(&mut all, "lm_head.weight", &shape, config.tie_word_embeddings.unwrap_or(false));
    all
}

/// Tensors of `qwen3_asr`; of the aligner, where the head tells times and not words.
pub(super) fn thinker(config: &Thinker, aligner: bool) -> Tensors {
    let mut all = Tensors::default();
    audio(&mut all, &config.audio_config);
    let text = &config.text_config;
    let (vocabulary, hidden) = (text.vocab_size.get(), text.core.hidden_size.get());
    all.add("thinker.model.embed_tokens.weight", &[vocabulary, hidden]);
    core(&mut all, "thinker.model.", &text.core);
    let classes = config.classify_num.filter(|_| aligner).map(super::config::Width::get);
    let tied = text.tie_word_embeddings.or(config.tie_word_embeddings).unwrap_or(true);
    head(&mut all, "thinker.lm_head.weight", &[classes.unwrap_or(vocabulary), hidden], tied && classes.is_none());
    all
}

/// A head that is the embedding once more may be stored or not.
fn head(all: &mut Tensors, name: &str, shape: &[usize], tied: bool) {
    if tied { all.optional(name, shape) } else { all.add(name, shape) }
}

fn audio(all: &mut Tensors, config: &Audio) {
    let (width, feed) = (config.d_model.get(), config.encoder_ffn_dim.get());
    let (middle, outputs) = (config.downsample_hidden_size.get(), config.output_dim.get());
    for number in 0..config.encoder_layers.get() {
        let at = format!("thinker.audio_tower.layers.{number}.");
        for name in ["q_proj", "k_proj", "v_proj", "out_proj"] {
            all.linear(&format!("{at}self_attn.{name}"), width, width);
        }
        all.norm(&format!("{at}self_attn_layer_norm"), width);
        all.linear(&format!("{at}fc1"), feed, width);
        all.linear(&format!("{at}fc2"), width, feed);
        all.norm(&format!("{at}final_layer_norm"), width);
    }
    all.norm("thinker.audio_tower.ln_post", width);
    for (number, inputs) in [(1, 1), (2, middle), (3, middle)] {
        all.add(&format!("thinker.audio_tower.conv2d{number}.weight"), &[middle, inputs, 3, 3]);
        all.add(&format!("thinker.audio_tower.conv2d{number}.bias"), &[middle]);
    }
    // Three convolutions halve the bands three times, and round up.
    let bands = config.num_mel_bins.get().div_ceil(2).div_ceil(2).div_ceil(2);
    all.add("thinker.audio_tower.conv_out.weight", &[width, middle * bands]);
    all.linear("thinker.audio_tower.proj1", width, width);
    all.linear("thinker.audio_tower.proj2", outputs, width);
}
