#!/usr/bin/env python3
"""Second opinion on speech recognition: the published qwen-asr package reads what asr.py wrote.

usage: asr_released.py FOLDER     after `asr.py FOLDER`

It proves that the checkpoints lie on disk as the released ones do, adds what only this package defines (answer parsing,
repeats, words for alignment) and keeps its encoder output where it differs from transformers 5 (`released.safetensors`).
"""

import json
import os
import sys
import types

import numpy as np
import torch
import transformers
from safetensors.torch import load_file

from tiny import Golden, settle, write_json

# Only Japanese needs this package; no case here is Japanese.
sys.modules.setdefault("nagisa", types.ModuleType("nagisa"))
from qwen_asr.core.transformers_backend import Qwen3ASRConfig, Qwen3ASRForConditionalGeneration  # noqa: E402
from qwen_asr.inference.qwen3_forced_aligner import Qwen3ForceAlignProcessor  # noqa: E402
from qwen_asr.inference.utils import detect_and_fix_repetitions, parse_asr_output, split_audio_into_chunks  # noqa: E402

ANSWERS = [
    ("language English<asr_text>Hello there.", None), ("language German<asr_text> Guten Tag! ", None),
    ("language None<asr_text>", None), ("language None<asr_text>hm", None), ("", None), ("   ", None),
    ("no tag at all", None), ("language Chinese\n<asr_text>你好", None), ("LANGUAGE english<asr_text>x", None),
    ("language English<asr_text>a<asr_text>b", None), ("English<asr_text>text", None), ("language <asr_text>text", None),
    ("language English<asr_text>not parsed", "German"), ("Guten Tag.", "German"), ("language German", None),
    ("language English,German<asr_text>mixed", None), ("language English<asr_text>line one\nline two\n", None),
    ("language English<asr_text>" + "no " * 40 + "end", None), ("language English<asr_text>" + "a" * 50, None),
    ("language ENGLISH<asr_text>shout", None), ("\nlanguage French\nmore<asr_text>oui", None),
]
REPEATS = [
    "a" * 20, "a" * 21, "ab" * 19, "ab" * 20, "ab" * 21, "x" + "ab" * 30 + "y", "ha" * 25 + " and " + "ho" * 25, "ok",
    "哈" * 30, "today is " * 20 + "monday", "a" * 25 + "b" * 25, "the cat sat on the mat " * 25, "12" * 10, "    " * 30 + "x",
    "abcdefghijklmnopqrst" * 20 + "!", "abcdefghijklmnopqrstu" * 20 + "!", "aab" * 22 + "aa",
]
SCRIPTS = [
    ("The quick, brown fox isn't lazy - is it?", "English"), ("Hello,world", "English"), ("  two   spaces\tand\nlines ", "English"),
    ("don't 'quote' rock'n'roll o’clock", "English"), ("3.14 and 1,000 or 50%", "English"), ("e-mail co-op x_y", "English"),
    ("Größe, Äpfel; Straße!", "German"), ("Gro\u0308\u00dfe", "German"), ("她说：今天很好！", "Chinese"), ("我用 iPhone15 打电话", "Chinese"),
    ("AI时代2026年", "Chinese"), ("Привет, мир!", "Russian"), ("¿Qué tal? ¡Muy bien!", "Spanish"), ("l'été d'où", "French"),
    ("", "English"), ("...!?", "English"), ("🙂 ok 🙂", "English"), ("½ ² Ⅷ ٣", "English"), ("㐀𠀀豈", "Chinese"), ("naïve—dash", "English"),
]


def load(folder):
    config = Qwen3ASRConfig.from_pretrained(folder)
    model, report = Qwen3ASRForConditionalGeneration.from_pretrained(
        folder, config=config, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
    )
    assert not report["unexpected_keys"] and not report["mismatched_keys"], report
    assert set(report["missing_keys"]) <= {"thinker.lm_head.weight"}, report
    return model.eval()


def compare(folder, head_at):
    """Runs every case of asr.py through the package; where the whole is one window both must agree."""
    model, facts = load(folder), {}
    told = json.load(open(f"{folder}/golden/golden.json", encoding="utf-8"))
    kept = Golden(folder)
    for name in told["cases"]:
        case = load_file(f"{folder}/golden/{name}.safetensors")
        mel, ids = case["mel"].T[None], case["prompt.ids"][None]
        mask = torch.ones(1, mel.shape[2], dtype=torch.long)
        out = model.thinker.audio_tower(mel[0], feature_lens=torch.tensor([mel.shape[2]])).last_hidden_state
        logits = model.thinker(
            input_ids=ids, attention_mask=torch.ones_like(ids), input_features=mel, feature_attention_mask=mask
        ).logits[0]
        expected = case["step.logits"][:1] if head_at == "last" else case["logits"]
        found = logits[-1:] if head_at == "last" else logits[case["prompt.timestamps"]]
        apart = float((out - case["enc.out"]).abs().max())
        alike = mel.shape[2] >= 100 and len(case["enc.windows"]) == 1
        assert not alike or apart < 1e-4, (name, apart)
        assert not alike or torch.equal(found.argmax(-1), expected.argmax(-1))
        facts[name] = dict(
            encoder_apart=apart, logits_apart=float((found - expected).abs().max()), windows=len(case["enc.windows"]),
            frames=mel.shape[2], must_agree=alike,
        )
        if mel.shape[2] < 100:
            kept.put(f"{name}/enc.out", out)
            kept.put(f"{name}/logits", found)
    kept.write("released")
    entry = kept.cases["released"] | dict(
        about="qwen-asr pads a last chunk only up to the longest chunk of the recording, so recordings below 100 frames "
        "see no zero frames after their end; transformers 5 always pads to 100 frames",
        comparison=facts, transformers=transformers.__version__,
    )
    told["released"] = entry
    write_json(f"{folder}/golden/golden.json", told)
    return facts


def main(target):
    recognizer, aligner = os.path.join(target, "asr"), os.path.join(target, "aligner")
    for folder, head_at in ((recognizer, "last"), (aligner, "timestamps")):
        for name, facts in compare(folder, head_at).items():
            print(os.path.basename(folder), name, facts)
    write_json(f"{recognizer}/golden/answers.json", [
        dict(answer=answer, forced=forced, language=(parsed := parse_asr_output(answer, forced))[0], text=parsed[1])
        for answer, forced in ANSWERS
    ])
    write_json(f"{recognizer}/golden/repeats.json", [dict(text=t, mended=detect_and_fix_repetitions(t)) for t in REPEATS])
    words = Qwen3ForceAlignProcessor.__new__(Qwen3ForceAlignProcessor)
    write_json(f"{aligner}/golden/words.json", [
        dict(text=text, language=language, words=words.encode_timestamp(text, language)[0]) for text, language in SCRIPTS
    ])
    for entry in json.load(open(f"{aligner}/golden/repair.json")):
        raw = np.array(entry["classes"], dtype=np.float32) * 80
        assert words.fix_timestamp(raw) == entry["repaired_ms"], entry
    # Where a long recording is cut: noise whose quiet places are known.
    rate, cuts = 1000, []
    for seconds, limit, expand, quiet in (
        (10, 4, 1.0, [3.5, 7.25]), (10, 4, 1.0, []), (9, 3, 0.5, [2.9, 5.2, 5.9]), (4, 4, 1.0, [2]), (4.3, 4, 0.2, [4.1])
    ):
        wave = 0.5 + 0.25 * np.sin(np.arange(int(seconds * rate)) * 0.37)
        for place in quiet:
            wave[int(place * rate) - 60 : int(place * rate) + 60] *= 0.01
        parts = split_audio_into_chunks(wave.astype(np.float32), rate, limit, expand)
        cuts.append(dict(
            seconds=seconds, rate=rate, limit_seconds=limit, search_seconds=expand, quiet_seconds=quiet,
            starts=[round(at * rate) for _part, at in parts], lengths=[len(part) for part, _at in parts],
        ))
    write_json(f"{recognizer}/golden/cuts.json", cuts)


if __name__ == "__main__":
    settle(1)
    main(sys.argv[1])
