#!/usr/bin/env python3
"""Golden data for speech recognition and forced alignment, from the native `qwen3_asr` of transformers 5.

usage: asr.py FOLDER     writes FOLDER/asr and FOLDER/aligner

The checkpoints are random and tiny, but lie on disk as the released ones do (names `thinker.*`, nested config.json).
Runs are greedy, in float32, on one CPU thread, with the encoder's attention windowed.
"""

import os
import shutil
import sys

import numpy as np
import torch
import transformers
from transformers import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration, Qwen3ASRForTokenClassification
from transformers.models.qwen3_asr.feature_extraction_qwen3_asr import Qwen3ASRFeatureExtractor
from transformers.models.qwen3_asr.processing_qwen3_asr import Qwen3ASRProcessor, _fix_timestamps

from tiny import Golden, fill, save_weights, settle, tone, write_json, write_tokenizer

SEED = 23
RATE = 16000
STEPS = 12
SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|audio_start|>", "<|audio_end|>", "<|audio_pad|>",
]
PLAIN = ["<asr_text>", "<timestamp>"]
SEGMENT_MS = 80

ENCODER = dict(
    num_mel_bins=128, encoder_layers=2, encoder_attention_heads=4, encoder_ffn_dim=48, d_model=32, output_dim=40,
    downsample_hidden_size=6, n_window=50, activation_function="gelu", scale_embedding=False,
)
TEXT = dict(
    hidden_size=40, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    head_dim=16, hidden_act="silu", max_position_embeddings=4096, rms_norm_eps=1e-6, attention_bias=False,
)
THETA = 1000000.0


def released_config(ids, vocabulary, window, tied, classes=None):
    """config.json as the released checkpoints nest it."""
    text = TEXT | dict(
        model_type="qwen3_asr_text", vocab_size=vocabulary, rope_theta=THETA, tie_word_embeddings=tied,
        rope_scaling=dict(
            interleaved=True, mrope_interleaved=True, mrope_section=[3, 3, 2], rope_type="default", type="default"
        ),
    )
    audio = ENCODER | dict(
        model_type="qwen3_asr_audio_encoder", n_window_infer=window, conv_chunksize=500, max_source_positions=1500
    )
    thinker = dict(
        audio_config=audio, text_config=text, audio_token_id=ids["<|audio_pad|>"],
        audio_start_token_id=ids["<|audio_start|>"], audio_end_token_id=ids["<|audio_end|>"], dtype="bfloat16",
        model_type="qwen3_asr", tie_word_embeddings=tied,
    )
    whole = dict(
        architectures=["Qwen3ASRForConditionalGeneration"], model_type="qwen3_asr", thinker_config=thinker,
        transformers_version="4.57.6",
    )
    if classes is None:
        whole["support_languages"] = ["Chinese", "English", "German"]
    else:
        thinker.update(model_type="qwen3_forced_aligner", classify_num=classes)
        whole.update(timestamp_token_id=ids["<timestamp>"], timestamp_segment_time=SEGMENT_MS)
    return whole


def native_config(ids, vocabulary, window, tied, classes=None):
    """The same model in the words of transformers 5."""
    text = TEXT | dict(
        model_type="qwen3", vocab_size=vocabulary, tie_word_embeddings=tied,
        rope_parameters=dict(rope_theta=THETA, rope_type="default"),
    )
    more = {} if classes is None else dict(num_labels=classes)
    config = Qwen3ASRConfig(
        audio_config=ENCODER | dict(model_type="qwen3_asr_encoder", n_window_infer=window), text_config=text,
        audio_token_id=ids["<|audio_pad|>"], timestamp_token_id=ids["<timestamp>"],
        pad_token_id=ids["<|im_end|>"], eos_token_id=[ids["<|endoftext|>"], ids["<|im_end|>"]],
        tie_word_embeddings=tied, token_classification_bias=False, **more,
    )
    config._attn_implementation = "eager"
    return config


def released_name(name):
    """transformers 5 renamed the modules; the released files keep the old names."""
    for new, old in (
        ("model.audio_tower.", "thinker.audio_tower."),
        ("model.multi_modal_projector.linear_1.", "thinker.audio_tower.proj1."),
        ("model.multi_modal_projector.linear_2.", "thinker.audio_tower.proj2."),
        ("model.language_model.", "thinker.model."),
        ("lm_head.", "thinker.lm_head."),
        ("score.", "thinker.lm_head."),
    ):
        if name.startswith(new):
            return old + name[len(new):]
    raise ValueError(f"no released name for {name}")


def store(folder, model, config):
    save_weights(f"{folder}/model.safetensors", {released_name(n): v for n, v in model.state_dict().items()})
    write_json(f"{folder}/config.json", config)
    write_json(f"{folder}/preprocessor_config.json", dict(
        chunk_length=30, dither=0.0, feature_extractor_type="WhisperFeatureExtractor", feature_size=128, hop_length=160,
        n_fft=400, n_samples=480000, nb_max_frames=3000, padding_side="right", padding_value=0.0,
        processor_class="Qwen3ASRProcessor", return_attention_mask=True, sampling_rate=RATE,
    ))


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)


def prepare(folder):
    extra = dict(
        audio_token="<|audio_pad|>", audio_bos_token="<|audio_start|>", audio_eos_token="<|audio_end|>",
    )
    ids, count = write_tokenizer(folder, 352, SPECIAL, PLAIN, extra)
    tokens = transformers.AutoTokenizer.from_pretrained(folder, tokenizer_type="qwen2")
    assert [tokens.convert_tokens_to_ids(t) for t in ids] == list(ids.values())
    return ids, -(-count // 16) * 16, tokens


def listen(golden, audio):
    """The front end: features with the frames of the recording (at least half a second), then padded to chunks."""
    features = Qwen3ASRFeatureExtractor()(audio, sampling_rate=RATE, padding=True, return_attention_mask=True)
    frames = int(features["attention_mask"].sum())
    golden.put("audio", audio)
    golden.put("mel", features["input_features"][0, :, :frames].T)
    length = int(Qwen3ASRProcessor._get_audio_token_length(None, torch.tensor(frames)))
    return dict(input_features=features["input_features"], input_features_mask=features["attention_mask"]), frames, length


def watch(golden, inner):
    tower, text = inner.audio_tower, inner.language_model
    first = lambda output: output[0] if isinstance(output, tuple) else output
    golden.watch("enc.conv2d3", tower.conv2d3, torch.nn.functional.gelu, numbered=False)
    golden.watch("enc.conv_out", tower.conv_out, numbered=False)
    for at, layer in enumerate(tower.layers):
        golden.watch(f"enc.layers.{at}", layer, first, numbered=False)
    golden.watch("enc.ln_post", tower.ln_post, numbered=False)
    golden.watch("enc.out", inner.multi_modal_projector, numbered=False)
    for at, layer in enumerate(text.layers):
        golden.watch(f"text.layers.{at}", layer, lambda output: first(output)[0], numbered=False)
    golden.watch("text.norm", text.norm, lambda output: output[0], numbered=False)
    # What the text model is given: embeddings of the ids with the audio put in at the pads.
    golden.enter("prompt.embeds", text, lambda _args, named: named["inputs_embeds"][0])
    # The input of the first layer: convolution output plus positions, padding dropped.
    golden.enter("enc.tokens", tower.layers[0], lambda args, _named: args[0])


def windows(length, window):
    whole = window // 100 * 13
    return torch.tensor([whole] * (length // whole) + ([length % whole] if length % whole else []))


def recognition(folder):
    fresh(folder)
    ids, vocabulary, tokens = prepare(folder)
    window = 200
    config = native_config(ids, vocabulary, window, tied=True)
    model = Qwen3ASRForConditionalGeneration(config).eval()
    fill(model, SEED)
    ends = [ids["<|endoftext|>"], ids["<|im_end|>"]]
    cases = {
        # name: (samples, context, forced language)
        "padded": (4800, "", None),                      # 0.3 s: zero-padded to half a second, 50 frames
        "below_chunk": (9999, "Größe 37", "German"),     # 62 frames, less than one chunk; context and language
        "one_chunk": (16000, "Vouch, Fuchs", None),      # exactly 100 frames
        "windows": (33777, "", None),                    # 211 frames: windows of 26 and 2 tokens
    }

    def prompt(length, context, language):
        text = f"<|im_start|>system\n{context}<|im_end|>\n<|im_start|>user\n<|audio_start|>" + "<|audio_pad|>" * length
        text += "<|audio_end|><|im_end|>\n<|im_start|>assistant\n"
        return text + (f"language {language}<asr_text>" if language else "")

    def run(golden, samples, context, language):
        features, frames, length = listen(golden, tone(samples, RATE))
        written = prompt(length, context, language)
        input_ids = tokens(written, add_special_tokens=False, return_tensors="pt").input_ids
        watch(golden, model.model)
        before = model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids), **features)
        golden.unwatch()
        answer = model.generate(
            input_ids=input_ids, attention_mask=torch.ones_like(input_ids), **features, do_sample=False,
            max_new_tokens=STEPS, eos_token_id=ends, pad_token_id=ends[1], output_logits=True,
            return_dict_in_generate=True,
        )
        logits = torch.cat(answer.logits)
        assert torch.allclose(logits[0], before.logits[0, -1], atol=1e-4)
        out = answer.sequences[0, input_ids.shape[1]:]
        golden.put("enc.windows", windows(length, window))
        assert int(golden.tensors["enc.windows"].sum()) == length == golden.tensors["enc.out"].shape[0]
        golden.put("prompt.ids", input_ids[0])
        golden.put("step.logits", logits)
        golden.put("out.ids", out)
        best = logits.topk(2).values
        return dict(
            frames=frames, audio_tokens=length, prompt=written.replace("<|audio_pad|>" * length, "<|audio_pad|>"),
            context=context, language=language, text=tokens.decode(out, skip_special_tokens=True),
            ended=int(out[-1]) in ends, margin=float((best[:, 0] - best[:, 1]).min()),
        )

    # The row of <|im_end|> grows until greedy decoding ends some case by itself, as a trained model does.
    row = model.model.language_model.embed_tokens.weight[ids["<|im_end|>"]]
    start, scratch = row.clone(), Golden(folder)
    for gain in np.arange(1.0, 4.0, 0.125):
        row.copy_((start * float(gain)).bfloat16().float())
        facts = {}
        for name, case in cases.items():
            facts[name] = run(scratch, *case)
            facts[name]["steps"] = len(scratch.tensors["out.ids"])
            scratch.tensors = {}
        if any(f["ended"] and 3 < f["steps"] < STEPS for f in facts.values()):
            break
    store(folder, model, released_config(ids, vocabulary, window, tied=True))
    write_json(f"{folder}/generation_config.json", dict(do_sample=False, eos_token_id=ends, pad_token_id=ends[1]))
    golden = Golden(folder)
    for name, case in cases.items():
        facts = run(golden, *case)
        golden.write(name, **facts)
    golden.close(
        seed=SEED, end_gain=float(gain), window_frames=window, vocabulary=vocabulary, tokens=ids,
        torch=torch.__version__, transformers=transformers.__version__,
    )
    return {n: {k: c[k] for k in ("frames", "audio_tokens", "text", "ended", "margin")} for n, c in golden.cases.items()}


REPAIR = [
    [0, 1, 2, 3, 4, 5], [5], [5, 5, 5, 5], [0, 2, 9, 4, 5, 6], [0, 2, 9, 8, 4, 5, 6], [0, 2, 30, 29, 28, 10, 11, 12],
    [9, 1, 2, 3], [9, 8, 1, 2, 3, 4], [9, 8, 7, 1, 2, 3, 4, 5], [1, 2, 3, 0], [1, 2, 3, 0, 0], [1, 2, 3, 4, 5, 0, 0, 0],
    [5, 4, 3, 2, 1, 0], [3, 3, 1, 1, 2, 2], [0, 10, 5, 6, 7, 20, 8, 9, 40, 41, 3, 42], [4999, 0, 4999, 0, 4999],
    [0, 100, 1, 1, 101, 2, 2, 2, 102, 3], [10, 0, 11, 0, 12, 0, 13, 0], [2, 1], [0, 0, 7, 7, 3, 3, 3, 8, 8, 1, 1, 1, 1, 9],
]


def alignment(folder):
    fresh(folder)
    ids, vocabulary, tokens = prepare(folder)
    window, classes = 200, 64
    model = Qwen3ASRForTokenClassification(native_config(ids, vocabulary, window, tied=False, classes=classes)).eval()
    fill(model, SEED + 1)
    store(folder, model, released_config(ids, vocabulary, window, tied=False, classes=classes))
    golden = Golden(folder)
    split = Qwen3ASRProcessor.split_words_for_alignment
    cases = {
        "english": (8642, "The quick, brown fox isn't lazy - is it?", "English"),     # 54 frames
        "german": (33777, "Der Hund ändert die Größe nicht; 37 Füchse!", "German"),    # 211 frames, two windows
        "chinese": (16000, "她说今天很好 OK。", "Chinese"),                               # exactly 100 frames
    }
    for name, (samples, text, language) in cases.items():
        words = split(None, text, language)
        features, frames, length = listen(golden, tone(samples, RATE, 150.0))
        written = "<|audio_start|>" + "<|audio_pad|>" * length + "<|audio_end|>"
        written += "".join(word + "<timestamp><timestamp>" for word in words)
        input_ids = tokens(written, add_special_tokens=False, return_tensors="pt").input_ids
        watch(golden, model.model)
        logits = model(input_ids=input_ids, attention_mask=torch.ones_like(input_ids), **features).logits[0]
        golden.unwatch()
        at = (input_ids[0] == ids["<timestamp>"]).nonzero()[:, 0]
        picked = logits[at]
        found = picked.argmax(-1)
        raw = found * SEGMENT_MS
        golden.put("enc.windows", windows(length, window))
        golden.put("prompt.ids", input_ids[0])
        golden.put("prompt.timestamps", at)
        golden.put("logits", picked)
        golden.put("out.classes", found)
        golden.put("out.raw_ms", raw)
        golden.put("out.repaired_ms", torch.tensor(_fix_timestamps(raw.float().numpy())))
        best = picked.topk(2).values
        golden.write(
            name, frames=frames, audio_tokens=length, text=text, language=language, words=words,
            margin=float((best[:, 0] - best[:, 1]).min()),
        )
    source = np.random.RandomState(SEED)
    sequences = REPAIR + [list(map(int, source.randint(0, 40, size))) for size in (6, 9, 16, 24, 40)]
    sequences += [list(map(int, np.sort(source.randint(0, 90, 30)) + source.randint(-9, 9, 30).clip(0))) for _ in range(4)]
    write_json(f"{folder}/golden/repair.json", [
        dict(classes=one, repaired_ms=_fix_timestamps(np.array(one, dtype=np.float32) * SEGMENT_MS)) for one in sequences
    ])
    golden.close(
        seed=SEED + 1, window_frames=window, classes=classes, segment_ms=SEGMENT_MS, vocabulary=vocabulary, tokens=ids,
        torch=torch.__version__, transformers=transformers.__version__,
    )
    return {n: {k: c[k] for k in ("frames", "audio_tokens", "words", "margin")} for n, c in golden.cases.items()}


if __name__ == "__main__":
    settle(SEED)
    target = sys.argv[1]
    for name, make in (("asr", recognition), ("aligner", alignment)):
        for case, facts in make(os.path.join(target, name)).items():
            print(name, case, facts)
