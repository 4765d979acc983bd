#!/usr/bin/env python3
"""Golden data for speech synthesis, from the published qwen-tts package (12 Hz models).

usage: tts.py FOLDER [tts|tts_equal]     writes FOLDER/tts and FOLDER/tts_equal

`tts` follows the rule of the large models (the predictor is narrower than the talker, a projection lies between),
`tts_equal` that of the small ones (same width, no projection, no instructions). Folders and tensors are laid out as
released: language model in bfloat16, codec in float32. Runs are greedy, in float32, on one CPU thread.
"""

import contextlib
import io
import os
import shutil
import sys

import torch
import transformers
import transformers.models.mimi.modeling_mimi as mimi
from transformers.masking_utils import create_sliding_window_causal_mask

with contextlib.redirect_stdout(io.StringIO()):
    from qwen_tts import Qwen3TTSModel
    from qwen_tts.core.models import Qwen3TTSConfig, Qwen3TTSForConditionalGeneration
    from qwen_tts.core.models.modeling_qwen3_tts import mel_spectrogram
    from qwen_tts.core.tokenizer_12hz.configuration_qwen3_tts_tokenizer_v2 import Qwen3TTSTokenizerV2Config
    from qwen_tts.core.tokenizer_12hz.modeling_qwen3_tts_tokenizer_v2 import Qwen3TTSTokenizerV2Model

from tiny import SENTENCES, Golden, fill, save_weights, settle, tone, write_json, write_tokenizer

SEED = 41
RATE = 24000
BOOKS = 16
CODES = 16
STEPS = 6
REFERENCE = {False: 38000, True: 20000}   # samples of the reference voice; with the shorter one the text is longer
WINDOW = 42
TEXT = "Hello world, this is a test."
SAID = "The quick brown fox jumps over the lazy dog."
GERMAN = "Größe ändert sich nicht."
SPECIAL = ["<|endoftext|>", "<|im_start|>", "<|im_end|>", "<tts_pad>", "<tts_text_bos>", "<tts_text_eod>"]


def language_model(kind, ids, texts, equal):
    hidden, narrow = (16, 16) if equal else (16, 12)
    first = CODES
    custom = kind == "custom_voice"
    languages = {"english": first + 7, "chinese": first + 8, "german": first + 9}
    talker = dict(
        attention_bias=False, codec_bos_id=first + 1, codec_eos_token_id=first + 2, codec_nothink_id=first + 4,
        codec_pad_id=first, codec_think_bos_id=first + 5, codec_think_eos_id=first + 6, codec_think_id=first + 3,
        codec_language_id=languages | ({"sichuan_dialect": first + 10} if custom else {}), head_dim=8, hidden_act="silu",
        hidden_size=hidden, intermediate_size=40, max_position_embeddings=4096, num_attention_heads=4,
        num_code_groups=BOOKS, num_hidden_layers=2, num_key_value_heads=2, rms_norm_eps=1e-6, rope_theta=1000000,
        rope_scaling=dict(interleaved=True, mrope_section=[2, 1, 1], rope_type="default", type="default"),
        spk_id={"ryan": first + 20, "eric": first + 21} if custom else {},
        spk_is_dialect={"ryan": False, "eric": "sichuan_dialect"} if custom else {},
        text_hidden_size=20, text_vocab_size=texts, vocab_size=CODES + 1024,
        code_predictor_config=dict(
            head_dim=8, hidden_act="silu", hidden_size=narrow, intermediate_size=28, max_position_embeddings=4096,
            num_attention_heads=4, num_code_groups=BOOKS, num_hidden_layers=2, num_key_value_heads=2, rms_norm_eps=1e-6,
            rope_theta=1000000, vocab_size=CODES,
        ),
    )
    speaker = dict(
        enc_dim=hidden, sample_rate=RATE, enc_channels=[8, 8, 8, 8, 24], enc_kernel_sizes=[5, 3, 3, 3, 1],
        enc_dilations=[1, 2, 3, 4, 1], enc_attention_channels=8, enc_res2net_scale=4, enc_se_channels=8, mel_dim=128,
    )
    return dict(
        architectures=["Qwen3TTSForConditionalGeneration"], model_type="qwen3_tts", im_end_token_id=ids["<|im_end|>"],
        im_start_token_id=ids["<|im_start|>"], speaker_encoder_config=speaker, talker_config=talker,
        tokenizer_type="qwen3_tts_tokenizer_12hz", tts_bos_token_id=ids["<tts_text_bos>"],
        tts_eos_token_id=ids["<tts_text_eod>"], tts_pad_token_id=ids["<tts_pad>"],
        tts_model_size="0b6" if equal else "1b7", tts_model_type=kind, transformers_version="4.57.3",
    )


def codec():
    encoder = dict(
        audio_channels=1, codebook_dim=6, codebook_size=CODES, compress=2, dilation_growth_rate=2, head_dim=4,
        hidden_act="gelu", hidden_size=8, intermediate_size=20, kernel_size=7, last_kernel_size=3,
        layer_scale_initial_scale=0.01, max_position_embeddings=8000, norm_eps=1e-5, num_attention_heads=2, num_filters=2,
        num_hidden_layers=2, num_key_value_heads=2, num_quantizers=BOOKS + 1, num_residual_layers=1,
        num_semantic_quantizers=1, pad_mode="constant", residual_kernel_size=3, rope_theta=10000.0, sampling_rate=RATE,
        sliding_window=WINDOW, trim_right_ratio=1.0, upsample_groups=8, upsampling_ratios=[8, 6, 5, 4],
        use_causal_conv=True, use_conv_shortcut=False, vector_quantization_hidden_dimension=6,
    )
    decoder = dict(
        attention_bias=False, attention_dropout=0.0, codebook_dim=16, codebook_size=CODES, decoder_dim=16, head_dim=8,
        hidden_act="silu", hidden_size=12, intermediate_size=20, latent_dim=12, layer_scale_initial_scale=0.01,
        max_position_embeddings=8000, num_attention_heads=4, num_hidden_layers=2, num_key_value_heads=4,
        num_quantizers=BOOKS, num_semantic_quantizers=1, rms_norm_eps=1e-5, rope_theta=10000, sliding_window=6,
        upsample_rates=[8, 5, 4, 3], upsampling_ratios=[2, 2],
    )
    return dict(
        architectures=["Qwen3TTSTokenizerV2Model"], model_type="qwen3_tts_tokenizer_12hz", decode_upsample_rate=1920,
        decoder_config=decoder, encode_downsample_rate=1920, encoder_config=encoder, encoder_valid_num_quantizers=BOOKS,
        input_sample_rate=RATE, output_sample_rate=RATE, transformers_version="4.57.3",
    )


# What the waveform stack's weights are multiplied with.
CALM = 0.6


def fill_codec(model, seed):
    """Seeded weights of the codec: fitting sizes for its tables, scales and activations, and a voice-like loudness."""
    fill(model, seed, gain=1.0, rounded=False)
    source = torch.Generator().manual_seed(seed + 1000)
    everything = [*model.named_parameters(), *model.named_buffers()]
    for name, values in sorted(everything, key=lambda pair: pair[0]):
        if name.endswith("cluster_usage"):
            values.copy_(0.5 + torch.rand(values.shape, generator=source))
        elif name.endswith(("embed_sum", "embedding_sum")):
            values.copy_(torch.randn(values.shape, generator=source))
        elif name.endswith((".alpha", ".beta")):
            values.copy_(0.3 * torch.randn(values.shape, generator=source))
        elif name.endswith((".scale", ".gamma")):
            values.copy_(0.5 + 0.1 * torch.randn(values.shape, generator=source))
        elif name.startswith("decoder.decoder.") and values.ndim > 1:
            # The waveform stack is long: at full size it would blow its own rounding up.
            values *= CALM
    last, loudness = model.decoder.decoder[-1], []
    hook = last.register_forward_hook(lambda _m, _a, wave: loudness.append(float(wave.pow(2).mean().sqrt())))
    model.decoder(torch.randint(0, CODES, (1, BOOKS, 24), generator=source))
    hook.remove()
    last.conv.weight *= 0.1 / loudness[0]
    last.conv.bias *= 0.1 / loudness[0]


def build(folder, kind, equal, end_gain):
    """Writes one checkpoint folder as released."""
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(f"{folder}/speech_tokenizer")
    # Whole words become tokens, so that the texts are shorter than the reference recording in one case, longer in another.
    ids, texts = write_tokenizer(folder, 368, SPECIAL, sentences=[TEXT, SAID] * 3 + SENTENCES[:1] * 9 + [GERMAN])
    config, tokenizer = language_model(kind, ids, texts, equal), codec()
    model = Qwen3TTSForConditionalGeneration(Qwen3TTSConfig(**{k: v for k, v in config.items() if k != "model_type"}))
    fill(model, SEED + equal)
    head = model.talker.codec_head.weight[config["talker_config"]["codec_eos_token_id"]]
    head.copy_((head * end_gain).bfloat16().float())
    save_weights(f"{folder}/model.safetensors", model.state_dict())
    write_json(f"{folder}/config.json", config)
    sound = Qwen3TTSTokenizerV2Model(Qwen3TTSTokenizerV2Config(**{k: v for k, v in tokenizer.items() if k != "model_type"}))
    fill_codec(sound.eval(), SEED + 10 + equal)
    save_weights(f"{folder}/speech_tokenizer/model.safetensors", sound.state_dict(), torch.float32)
    write_json(f"{folder}/speech_tokenizer/config.json", tokenizer)
    write_json(f"{folder}/generation_config.json", dict(
        do_sample=True, max_new_tokens=8192, repetition_penalty=1.05, subtalker_dosample=True, subtalker_temperature=0.9,
        subtalker_top_k=50, subtalker_top_p=1.0, temperature=0.9, top_k=50, top_p=1.0,
    ))
    write_json(f"{folder}/preprocessor_config.json", dict(padding_side="left", processor_class="Qwen3TTSProcessor"))
    write_json(f"{folder}/speech_tokenizer/preprocessor_config.json", dict(
        chunk_length_s=None, feature_extractor_type="EncodecFeatureExtractor", feature_size=1, overlap=None,
        padding_side="right", padding_value=0.0, return_attention_mask=True, sampling_rate=RATE,
    ))
    return Qwen3TTSModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")


def watch_language_model(golden, model, calls):
    """The talker and the predictor, call by call, for the first `calls` frames."""
    talker = model.model.talker

    def few(name, limit, pick):
        def chosen(output):
            return pick(output) if golden.calls[name] < limit else None
        return chosen

    def add(name, module, limit, pick, inputs=()):
        golden.watch(name, module, few(name, limit, pick), inputs)

    add("talker.forward.logits", talker, calls, lambda o: o.logits, ["inputs_embeds"])
    add("talker.model", talker.model, calls, lambda o: o.last_hidden_state, ["inputs_embeds"])
    for at, layer in enumerate(talker.model.layers):
        add(f"talker.layers.{at}", layer, calls, lambda o: o[0])
    predictor = talker.code_predictor
    add("cp.logits", predictor, (calls - 1) * (BOOKS - 1), lambda o: o.logits)
    for at, layer in enumerate(predictor.model.layers):
        add(f"cp.layers.{at}", layer, (calls - 1) * (BOOKS - 1), lambda o: o[0])


def watch_codec_decoder(golden, model):
    decoder = model.model.speech_tokenizer.model.decoder
    golden.watch("dec.pre_conv", decoder.pre_conv)
    golden.watch("dec.pre_transformer", decoder.pre_transformer, lambda o: o.last_hidden_state)
    for at, block in enumerate(decoder.upsample):
        for part, layer in enumerate(block):
            golden.watch(f"dec.upsample.{at}.{part}", layer)
    for at, block in enumerate(decoder.decoder):
        if at != 5:    # the last activation alone: large, and seen through the convolution after it
            golden.watch(f"dec.decoder.{at}", block)


def watch_reference_stages(golden, model, codec_layers):
    encoder, speaker = model.model.speech_tokenizer.model.encoder, model.model.speaker_encoder
    for at in codec_layers:
        golden.watch(f"enc.conv.{at}", encoder.encoder.layers[at])
    golden.watch("enc.transformer", encoder.encoder_transformer, lambda o: o[0])
    golden.watch("enc.downsample", encoder.downsample)
    for at, block in enumerate(speaker.blocks):
        golden.watch(f"spk.blocks.{at}", block)
    golden.watch("spk.mfa", speaker.mfa)
    golden.watch("spk.asp", speaker.asp)
    golden.watch("spk.out", speaker)


def speak(golden, case, model, request, talk, frames_in_detail=0, codec_in_detail=False):
    """One greedy run through the package's front door."""
    inner, caught = model.model, {}
    generate, generate_talker = inner.generate, inner.talker.generate

    def outer(*args, **named):
        caught["ids"] = named["input_ids"]
        caught["codes"] = generate(*args, **named)
        return caught["codes"]

    def prompt(*args, **named):
        for name in ("inputs_embeds", "attention_mask", "trailing_text_hidden", "tts_pad_embed"):
            golden.put(f"prompt.{name}", named[name])
        return generate_talker(*args, **named)

    inner.generate, inner.talker.generate = outer, prompt
    if frames_in_detail:
        watch_language_model(golden, model, frames_in_detail)
    if codec_in_detail:
        watch_codec_decoder(golden, model)
    waves, _rate = talk(do_sample=False, subtalker_dosample=False, max_new_tokens=STEPS)
    golden.unwatch()
    inner.generate, inner.talker.generate = generate, generate_talker
    codes = caught["codes"][0][0]
    golden.put("out.codes.0", codes)
    golden.put("out.wav.0", waves[0])
    golden.put("in.text_ids.0", caught["ids"][0])
    golden.write(case, request=request | dict(max_new_tokens=STEPS), ended=len(codes) < STEPS - 1)
    return len(codes)


def voices(model, sound):
    """The two prompts of the reference voice: its vector alone, and vector, text and codes."""
    alone = model.create_voice_clone_prompt((sound, RATE), None, True)
    return alone, [model.create_voice_clone_prompt((sound, RATE), SAID, False)[0]]


CLONES = {
    # name: (text, language, in context, text given at once)
    "xvec_en": (TEXT, "English", False, False),
    "xvec_en_nonstream": (TEXT, "English", False, True),
    "xvec_german": (GERMAN, "German", False, False),
    "icl_en": (TEXT, "English", True, False),
    "icl_en_nonstream": (TEXT, "English", True, True),
    "icl_auto_longtext": (TEXT * 3, None, True, False),
}


def cloner(model, prompts, case):
    text, language, in_context, at_once = CLONES[case]
    return lambda **how: model.generate_voice_clone(
        text, language, voice_clone_prompt=prompts[in_context], non_streaming_mode=at_once, **how
    )


EQUAL_CLONES = ("xvec_en", "icl_en", "icl_auto_longtext")


def end_gain(model):
    """How much the end-of-speech row must grow for greedy decoding to end a case by itself, after three frames or more."""
    talker = model.model.talker
    row = talker.codec_head.weight[talker.config.codec_eos_token_id]
    start, prompts = row.clone(), voices(model, tone(REFERENCE[False], RATE))
    for step in range(32):
        row.copy_((start * (1 + step / 4)).bfloat16().float())
        for case in CLONES:
            frames = []
            inner, generate = model.model, model.model.generate

            def stop(*args, **named):
                frames.append(len(generate(*args, **named)[0][0]))
                raise StopIteration

            inner.generate = stop
            with contextlib.suppress(StopIteration):
                cloner(model, prompts, case)(do_sample=False, subtalker_dosample=False, max_new_tokens=STEPS)
            inner.generate = generate
            if 2 < frames[0] < STEPS - 1:
                return 1 + step / 4
    raise SystemExit("no case ends by itself")


def clone_cases(golden, model, equal):
    sound = tone(REFERENCE[equal], RATE)
    watch_reference_stages(golden, model, () if equal else (9, 10, 12, 14))
    golden.put("audio", sound)
    golden.put("mel", mel_spectrogram(torch.from_numpy(sound)[None], 1024, 128, RATE, 256, 1024, 0, 12000))
    told = model.create_voice_clone_prompt((sound, RATE), SAID, False)[0]
    golden.unwatch()
    golden.put("ref_codes", told.ref_code)
    golden.put("spk_emb", told.ref_spk_embedding)
    golden.write("clone_prompt", request=dict(model="base", reference_text=SAID))
    prompts, frames = voices(model, sound), {}
    in_detail = {"icl_en": 2} if equal else {"xvec_en": 3}
    for case in EQUAL_CLONES if equal else CLONES:
        text, language, in_context, at_once = CLONES[case]
        request = dict(
            model="base", text=text, language=language, reference_text=SAID if in_context else None, non_streaming=at_once
        )
        stages = case == "xvec_en" and not equal
        frames[case] = speak(golden, case, model, request, cloner(model, prompts, case), in_detail.get(case, 0), stages)
    return frames


def codec_cases(golden, model):
    """The codec alone: the window of the encoder's attention, and a whole decode longer than the decoder's window."""
    encoder, decoder = model.model.speech_tokenizer.model.encoder, model.model.speech_tokenizer.model.decoder
    sound = torch.from_numpy(tone(48000, RATE, 170.0))[None, None]
    full = encoder.encode(sound, return_dict=True).audio_codes
    plain = mimi.create_causal_mask
    mimi.create_causal_mask = create_sliding_window_causal_mask
    windowed = encoder.encode(sound, return_dict=True).audio_codes
    mimi.create_causal_mask = plain
    golden.put("audio", sound)
    golden.put("codes_full_causal", full)
    golden.put("codes_windowed", windowed)
    apart = float((full[:, :BOOKS] != windowed[:, :BOOKS]).float().mean())
    golden.write("encoder_window", window=WINDOW, positions=50, share_of_codes_that_differ=apart)
    codes = torch.randint(0, CODES, (1, BOOKS, 36), generator=torch.Generator().manual_seed(SEED))
    golden.put("codes", codes)
    golden.put("wav_whole", decoder(codes))
    golden.write("codec_decode")
    return apart


def make(folder, equal):
    shutil.rmtree(folder, ignore_errors=True)
    gain = 1.0 if equal else end_gain(build(f"{folder}/base", "base", equal, 1.0))
    golden = Golden(folder)
    model = build(f"{folder}/base", "base", equal, gain)
    frames = clone_cases(golden, model, equal)
    apart = None if equal else codec_cases(golden, model)
    custom = build(f"{folder}/custom_voice", "custom_voice", equal, gain)
    for name, speaker, language, instruct, at_once in (
        ("custom_ryan_instruct", "Ryan", "English", "Very happy.", True), ("custom_eric_auto", "eric", "Auto", None, False)
    ):
        request = dict(
            model="custom_voice", text=TEXT, language=language, speaker=speaker, instruct=instruct, non_streaming=at_once
        )
        frames[name] = speak(golden, name, custom, request, lambda **how: custom.generate_custom_voice(
            TEXT, speaker, language, instruct, non_streaming_mode=at_once, **how
        ))
    if not equal:
        design = build(f"{folder}/voice_design", "voice_design", equal, gain)
        instruct = "A calm old man."
        request = dict(model="voice_design", text=TEXT, language="Chinese", instruct=instruct, non_streaming=True)
        frames["design"] = speak(
            golden, "design", design, request,
            lambda **how: design.generate_voice_design(TEXT, instruct, "Chinese", **how),
        )
    golden.close(
        seed=SEED + equal, end_gain=gain, frames=frames, max_new_tokens=STEPS, encoder_window=WINDOW,
        share_of_codes_that_differ_with_window=apart, torch=torch.__version__, transformers=transformers.__version__,
    )
    print(os.path.basename(folder), frames, gain, apart)


if __name__ == "__main__":
    settle(SEED)
    for chosen in sys.argv[2:] or ("tts", "tts_equal"):
        make(os.path.join(sys.argv[1], chosen), chosen == "tts_equal")
