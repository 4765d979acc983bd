"""Parts shared by the scripts of this folder: a tiny byte-level tokenizer, seeded weights, a test tone, golden files.

Everything here is a pure function of its arguments: two runs give the same bytes.
"""

import hashlib
import json
import math
import os

import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, trainers

# The split of the Qwen2 tokenizer family: contractions, words, single digits, punctuation, line ends, blanks.
SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)

# Own sentences; their common pairs become the merges. `assistant`, `user` and `system` must each be one token,
# because the prompt layouts count them.
SENTENCES = [
    "system\nuser\nassistant\n",
    "assistant\nuser assistant\nlanguage English language German language Chinese language None",
    "The quick brown fox jumps over the lazy dog while we're waiting for the other one, isn't it?",
    "Der schnelle braune Fuchs springt über den faulen Hund, während die Größe sich nicht ändert.",
    "她说今天的天气很好，我们一起去公园吧。",
    "Hello world, this is a test of the voice. It's what they'll say, and I'm sure you've heard it.",
]


def settle(seed):
    """One thread, deterministic kernels, one seed."""
    torch.manual_seed(seed)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.set_grad_enabled(False)


def write_tokenizer(folder, size, special, plain=(), extra=None, sentences=None):
    """Writes vocab.json, merges.txt and tokenizer_config.json as the released checkpoints lay them out.

    `special` and `plain` are added after the vocabulary in this order; `plain` ones survive decoding without
    special tokens. Returns the ids of the added tokens and the number of all ids.
    """
    bpe = Tokenizer(models.BPE())
    bpe.normalizer = normalizers.NFC()
    byte_level = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    bpe.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(SPLIT), "isolated"), byte_level])
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    bpe.train_from_iterator(
        sentences or SENTENCES * 3 + SENTENCES[:2] * 9,
        trainers.BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False),
    )
    bpe.model.save(folder)
    first = bpe.get_vocab_size()
    ids = {token: first + at for at, token in enumerate([*special, *plain])}
    added = {
        str(number): dict(
            content=token, lstrip=False, normalized=False, rstrip=False, single_word=False, special=token in special
        )
        for token, number in ids.items()
    }
    config = dict(
        add_bos_token=False,
        add_prefix_space=False,
        added_tokens_decoder=added,
        additional_special_tokens=[token for token in special if token != "<|endoftext|>"],
        bos_token=None,
        clean_up_tokenization_spaces=False,
        eos_token="<|im_end|>",
        errors="replace",
        model_max_length=131072,
        pad_token="<|endoftext|>",
        split_special_tokens=False,
        tokenizer_class="Qwen2Tokenizer",
        unk_token=None,
    )
    write_json(f"{folder}/tokenizer_config.json", config | (extra or {}))
    return ids, first + len(ids)


def fill(module, seed, gain=1.6, rounded=True):
    """Gives every parameter random numbers of a sensible size: nothing is zero, nothing is one, no term cancels.

    With `rounded` the numbers are rounded to bfloat16, so a checkpoint stored in bfloat16 holds exactly what the run computed with.
    """
    source = torch.Generator().manual_seed(seed)
    for name, values in sorted(module.named_parameters(), key=lambda pair: pair[0]):
        noise = torch.randn(values.shape, generator=source)
        if values.ndim == 1 and "norm" in name and name.endswith("weight") or name.endswith("ln_post.weight"):
            noise = 1 + 0.2 * noise
        elif values.ndim == 1:
            noise = 0.1 * noise
        elif "embed" not in name:
            noise = noise * (gain / math.sqrt(values[0].numel()))
        values.copy_(noise.bfloat16().float() if rounded else noise)


def tone(seconds_or_samples, rate, pitch=130.0):
    """A vowel-like tone with a wandering pitch, a beat and a little hiss, in float32 within [-1, 1]."""
    samples = seconds_or_samples if isinstance(seconds_or_samples, int) else int(seconds_or_samples * rate)
    at = np.arange(samples) / rate
    phase = 2 * np.pi * np.cumsum(pitch + 35 * np.sin(2 * np.pi * 0.8 * at)) / rate
    voice = sum(np.cos(n * phase + n * n) / (n + 1) for n in range(1, 14))
    hiss = np.random.RandomState(5).standard_normal(samples) * 0.02
    loud = 0.55 + 0.45 * np.sin(2 * np.pi * 2.7 * at + 0.5)
    return ((voice * loud) * 0.2 + hiss).clip(-1, 1).astype(np.float32)


def write_json(path, value):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(value, file, indent=1, ensure_ascii=False)
        file.write("\n")


def save_weights(path, tensors, dtype=torch.bfloat16):
    save_file({name: value.detach().to(dtype).contiguous().clone() for name, value in tensors.items()}, path, {"format": "pt"})


class Golden:
    """Collects tensors of one case and writes `golden/<case>.safetensors`; `close` writes `golden/golden.json`."""

    def __init__(self, folder):
        self.folder = os.path.join(folder, "golden")
        os.makedirs(self.folder, exist_ok=True)
        self.tensors, self.cases, self.hooks, self.calls = {}, {}, [], {}

    def put(self, name, value):
        if isinstance(value, (tuple, list)):
            value = value[0]
        if isinstance(value, np.ndarray):
            value = torch.from_numpy(value)
        kind = torch.float32 if value.is_floating_point() else value.dtype
        self.tensors[name] = value.detach().to(kind).cpu().contiguous().clone()

    def watch(self, name, module, pick=lambda output: output, inputs=(), numbered=True):
        """Records what `module` returns; with `numbered` every call gets its own name `<name>/<call>`."""

        def record(_module, _args, named, output):
            call = self.calls[name] = self.calls.get(name, -1) + 1
            if not numbered and call:
                return
            key = f"{name}/{call:03d}" if numbered else name
            value = pick(output)
            if value is not None:
                self.put(key, value)
            for which in inputs:
                if torch.is_tensor(named.get(which)):
                    self.put(f"{key}/in.{which}", named[which])

        self.hooks.append(module.register_forward_hook(record, with_kwargs=True))

    def enter(self, name, module, pick):
        """Records what `module` is given, at its first call."""

        def record(_module, args, named):
            if name not in self.tensors:
                self.put(name, pick(args, named))

        self.hooks.append(module.register_forward_pre_hook(record, with_kwargs=True))

    def unwatch(self):
        for hook in self.hooks:
            hook.remove()
        self.hooks, self.calls = [], {}

    def write(self, case, **facts):
        path = os.path.join(self.folder, f"{case}.safetensors")
        save_file(dict(self.tensors), path)
        shapes = {name: list(value.shape) for name, value in self.tensors.items()}
        digest = hashlib.sha256(open(path, "rb").read()).hexdigest()
        self.cases[case] = dict(file=f"{case}.safetensors", tensors=shapes, sha256=digest) | facts
        self.tensors = {}

    def close(self, **report):
        write_json(os.path.join(self.folder, "golden.json"), dict(report=report, cases=self.cases))
