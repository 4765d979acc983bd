//! Names and shapes of the speaking models: talker, code predictor, speaker encoder, and the codec in its own folder.

use super::config::{Codec, Count, Decoder, Encoder, Speaker, Tts};
use super::{Tensors, text};

/// Tensors of `qwen3_tts`; the speaker encoder belongs to the base models only.
pub(super) fn talker(config: &Tts, with_speaker_encoder: bool) -> Tensors {
    let mut all = Tensors::default();
    let (talker, predictor) = (&config.talker_config, &config.talker_config.code_predictor_config);
    let (hidden, text) = (talker.core.hidden_size.get(), talker.text_hidden_size.get());
    let inner = predictor.core.hidden_size.get();
    text::core(&mut all, "talker.model.", &talker.core);
    all.add("talker.model.codec_embedding.weight", &[talker.vocab_size.get(), hidden]);
    all.add("talker.model.text_embedding.weight", &[talker.text_vocab_size.get(), text]);
    all.linear("talker.text_projection.linear_fc1", text, text);
    all.linear("talker.text_projection.linear_fc2", hidden, text);
    all.add("talker.codec_head.weight", &[talker.vocab_size.get(), hidden]);
    text::core(&mut all, "talker.code_predictor.model.", &predictor.core);
    for book in 0..talker.num_code_groups.get() - 1 {
        let codes = predictor.vocab_size.get();
        all.add(&format!("talker.code_predictor.model.codec_embedding.{book}.weight"), &[codes, hidden]);
        all.add(&format!("talker.code_predictor.lm_head.{book}.weight"), &[codes, inner]);
    }
    if inner != hidden {
        all.linear("talker.code_predictor.small_to_mtp_projection", inner, hidden);
    }
    if with_speaker_encoder {
        speaker(&mut all, &config.speaker_encoder_config);
    }
    all
}

/// ECAPA-TDNN: a first block, three with squeeze and excitation, aggregation, statistics, one last layer.
fn speaker(all: &mut Tensors, config: &Speaker) {
    let [first, one, two, three, wide] = config.enc_channels.map(super::config::Width::get);
    let kernels = config.enc_kernel_sizes.map(Count::get);
    let (scale, squeezed) = (config.enc_res2net_scale.get(), config.enc_se_channels.get());
    let attention = config.enc_attention_channels.get();
    all.convolution("speaker_encoder.blocks.0.conv", first, config.mel_dim.get(), kernels[0]);
    let mut inputs = first;
    for (number, outputs) in [one, two, three].into_iter().enumerate() {
        let at = format!("speaker_encoder.blocks.{}.", number + 1);
        all.convolution(&format!("{at}tdnn1.conv"), outputs, inputs, 1);
        for piece in 0..scale - 1 {
            let name = format!("{at}res2net_block.blocks.{piece}.conv");
            all.convolution(&name, outputs / scale, outputs / scale, kernels[number + 1]);
        }
        all.convolution(&format!("{at}tdnn2.conv"), outputs, outputs, 1);
        all.convolution(&format!("{at}se_block.conv1"), squeezed, outputs, 1);
        all.convolution(&format!("{at}se_block.conv2"), outputs, squeezed, 1);
        inputs = outputs;
    }
    all.convolution("speaker_encoder.mfa.conv", wide, one + two + three, kernels[4]);
    all.convolution("speaker_encoder.asp.tdnn.conv", attention, 3 * wide, 1);
    all.convolution("speaker_encoder.asp.conv", wide, attention, 1);
    all.convolution("speaker_encoder.fc", config.enc_dim.get(), 2 * wide, 1);
}

/// Tensors of the codec.
pub(super) fn codec(config: &Codec) -> Tensors {
    let mut all = Tensors::default();
    encoder(&mut all, &config.encoder_config);
    decoder(&mut all, &config.decoder_config);
    all
}

fn encoder(all: &mut Tensors, config: &Encoder) {
    let (hidden, head) = (config.hidden_size.get(), config.head_dim.get());
    let mut width = config.num_filters.get();
    // The numbering counts activations too, which have no tensors.
    let mut layer = 0;
    let at = |layer: usize| format!("encoder.encoder.layers.{layer}.");
    all.convolution(&format!("{}conv", at(0)), width, config.audio_channels.get(), config.kernel_size.get());
    for ratio in config.upsampling_ratios.iter().rev() {
        for _ in 0..config.num_residual_layers.get() {
            layer += 1;
            let inner = (width / config.compress.get()).max(1);
            all.convolution(&format!("{}block.1.conv", at(layer)), inner, width, config.residual_kernel_size.get());
            all.convolution(&format!("{}block.3.conv", at(layer)), width, inner, 1);
        }
        layer += 2;
        let wider = width.saturating_mul(2);
        all.convolution(&format!("{}conv", at(layer)), wider, width, 2 * ratio.get());
        width = wider;
    }
    all.convolution(&format!("{}conv", at(layer + 2)), hidden, width, config.last_kernel_size.get());
    let (queries, keys) = (config.num_attention_heads.get() * head, config.num_key_value_heads.get() * head);
    let feed = config.intermediate_size.get();
    for number in 0..config.num_hidden_layers.get() {
        let at = format!("encoder.encoder_transformer.layers.{number}.");
        for (name, outputs) in [("q", queries), ("k", keys), ("v", keys)] {
            all.add(&format!("{at}self_attn.{name}_proj.weight"), &[outputs, hidden]);
        }
        all.add(&format!("{at}self_attn.o_proj.weight"), &[hidden, queries]);
        all.add(&format!("{at}mlp.fc1.weight"), &[feed, hidden]);
        all.add(&format!("{at}mlp.fc2.weight"), &[hidden, feed]);
        all.norm(&format!("{at}input_layernorm"), hidden);
        all.norm(&format!("{at}post_attention_layernorm"), hidden);
        all.add(&format!("{at}self_attn_layer_scale.scale"), &[hidden]);
        all.add(&format!("{at}mlp_layer_scale.scale"), &[hidden]);
    }
    // From 25 to 12.5 frames a second.
    all.add("encoder.downsample.conv.weight", &[hidden, hidden, 4]);
    let (vectors, codes) = (config.vector_quantization_hidden_dimension.get(), config.codebook_size.get());
    let semantic = config.num_semantic_quantizers.get();
    for (name, levels) in [("semantic", semantic), ("acoustic", config.num_quantizers.get().saturating_sub(semantic))] {
        let at = format!("encoder.quantizer.{name}_residual_vector_quantizer.");
        for level in 0..levels {
            let book = format!("{at}layers.{level}.codebook.");
            all.unread(&format!("{book}initialized"), &[1]);
            all.add(&format!("{book}cluster_usage"), &[codes]);
            all.add(&format!("{book}embed_sum"), &[codes, config.codebook_dim.get()]);
        }
        if vectors != hidden {
            all.add(&format!("{at}input_proj.weight"), &[vectors, hidden, 1]);
            all.unread(&format!("{at}output_proj.weight"), &[hidden, vectors, 1]);
        }
    }
}

fn decoder(all: &mut Tensors, config: &Decoder) {
    let (hidden, feed, head) = (config.hidden_size.get(), config.intermediate_size.get(), config.head_dim.get());
    let (queries, keys) = (config.num_attention_heads.get() * head, config.num_key_value_heads.get() * head);
    let latent = config.latent_dim.get();
    for number in 0..config.num_hidden_layers.get() {
        let at = format!("decoder.pre_transformer.layers.{number}.");
        for (name, outputs) in [("q", queries), ("k", keys), ("v", keys)] {
            all.add(&format!("{at}self_attn.{name}_proj.weight"), &[outputs, hidden]);
        }
        all.add(&format!("{at}self_attn.o_proj.weight"), &[hidden, queries]);
        all.add(&format!("{at}mlp.gate_proj.weight"), &[feed, hidden]);
        all.add(&format!("{at}mlp.up_proj.weight"), &[feed, hidden]);
        all.add(&format!("{at}mlp.down_proj.weight"), &[hidden, feed]);
        for name in [
            "input_layernorm.weight",
            "post_attention_layernorm.weight",
            "self_attn_layer_scale.scale",
            "mlp_layer_scale.scale",
        ] {
            all.add(&format!("{at}{name}"), &[hidden]);
        }
    }
    all.add("decoder.pre_transformer.norm.weight", &[hidden]);
    all.linear("decoder.pre_transformer.input_proj", hidden, latent);
    all.linear("decoder.pre_transformer.output_proj", latent, hidden);
    let (wide, codes) = (config.codebook_dim.get(), config.codebook_size.get());
    let narrow = wide / 2;
    for (name, levels) in [("first", 1), ("rest", config.num_quantizers.get() - 1)] {
        let at = format!("decoder.quantizer.rvq_{name}.");
        all.unread(&format!("{at}input_proj.weight"), &[narrow, wide, 1]);
        all.add(&format!("{at}output_proj.weight"), &[wide, narrow, 1]);
        for level in 0..levels {
            all.add(&format!("{at}vq.layers.{level}._codebook.cluster_usage"), &[codes]);
            all.add(&format!("{at}vq.layers.{level}._codebook.embedding_sum"), &[codes, narrow]);
        }
    }
    all.convolution("decoder.pre_conv.conv", latent, wide, 3);
    for (number, ratio) in config.upsampling_ratios.iter().enumerate() {
        let at = format!("decoder.upsample.{number}.");
        all.convolution(&format!("{at}0.conv"), latent, latent, ratio.get());
        all.convolution(&format!("{at}1.dwconv.conv"), latent, 1, 7);
        all.norm(&format!("{at}1.norm"), latent);
        all.linear(&format!("{at}1.pwconv1"), 4 * latent, latent);
        all.linear(&format!("{at}1.pwconv2"), latent, 4 * latent);
        all.add(&format!("{at}1.gamma"), &[latent]);
    }
    let mut width = config.decoder_dim.get();
    all.convolution("decoder.decoder.0.conv", width, latent, 7);
    let snake = |all: &mut Tensors, at: &str, width: usize| {
        all.add(&format!("{at}.alpha"), &[width]);
        all.add(&format!("{at}.beta"), &[width]);
    };
    for (number, rate) in config.upsample_rates.iter().enumerate() {
        let at = format!("decoder.decoder.{}.block.", number + 1);
        let narrower = (width / 2).max(1);
        snake(all, &format!("{at}0"), width);
        // Transposed: inputs come first.
        all.add(&format!("{at}1.conv.weight"), &[width, narrower, 2 * rate.get()]);
        all.add(&format!("{at}1.conv.bias"), &[narrower]);
        for unit in 2..5 {
            snake(all, &format!("{at}{unit}.act1"), narrower);
            all.convolution(&format!("{at}{unit}.conv1.conv"), narrower, narrower, 7);
            snake(all, &format!("{at}{unit}.act2"), narrower);
            all.convolution(&format!("{at}{unit}.conv2.conv"), narrower, narrower, 1);
        }
        width = narrower;
    }
    let last = config.upsample_rates.len() + 1;
    snake(all, &format!("decoder.decoder.{last}"), width);
    all.convolution(&format!("decoder.decoder.{}.conv", last + 1), 1, width, 7);
}
