"""Word errors by an outside recogniser (CMU PocketSphinx, its own English model), open and told what to expect.

open:   the package's general trigram model.
primed: a trigram trained on the spot on 400 decoy sentences plus the expected one, so that the recogniser expects the
        words but can hear others. Near 0 for clear speech, near 1 for other words.
"""
import functools
import math
import random
import re
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np

from sentences import FRAMES, HELD_OUT


def plain_words(text):
    return re.findall(r"[a-z']+", text.lower().replace("-", " "))


def word_errors(wanted, heard):
    """Levenshtein over words / wanted; splitting or joining a word costs nothing."""
    def distance(a, b):
        row = list(range(len(b) + 1))
        for i, x in enumerate(a, 1):
            corner, row[0] = row[0], i
            for j, y in enumerate(b, 1):
                corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (x != y))
        return row[-1]

    def joined(words, other):
        out, i = [], 0
        while i < len(words):
            if i + 1 < len(words) and words[i] + words[i + 1] in other:
                out.append(words[i] + words[i + 1])
                i += 2
            else:
                out.append(words[i])
                i += 1
        return out
    best = min(distance(wanted, heard), distance(joined(wanted, set(heard)), joined(heard, set(wanted))))
    return best / max(1, len(wanted))


@functools.lru_cache
def _decoys():
    r = random.Random(77)
    lines = [plain_words(FRAMES[k % len(FRAMES)](r)) for k in range(400)]
    return lines + [plain_words(s) for s in HELD_OUT]


def _arpa(lines, keep):
    """A Katz-less trigram in ARPA form: absolute discounting with back-off, over the words in `keep`."""
    counts = [Counter(), Counter(), Counter()]
    for line in lines:
        words = ["<s>"] + [w for w in line if w in keep] + ["</s>"]
        for n in range(3):
            for i in range(len(words) - n):
                counts[n][tuple(words[i:i + n + 1])] += 1
    discount = 0.6
    total = sum(c for g, c in counts[0].items() if g != ("<s>",))
    prob = [{g: (c / total if g != ("<s>",) else 1e-9) for g, c in counts[0].items()}, {}, {}]
    back = [{}, {}]
    for n in (1, 2):
        groups = defaultdict(list)
        for gram, c in counts[n].items():
            groups[gram[:-1]].append((gram, c))
        for context, rows in groups.items():
            seen = sum(c for _, c in rows)
            left = discount * len(rows) / seen
            lower = sum(prob[n - 1].get(g[1:], 1e-9) for g, _ in rows)
            for gram, c in rows:
                prob[n][gram] = (c - discount) / seen + left * prob[n - 1].get(gram[1:], 1e-9)
            rest = 1 - sum(prob[n][g] for g, _ in rows)
            back[n - 1][context] = max(rest, 1e-6) / max(1 - lower, 1e-6)
    out = ["\\data\\"] + [f"ngram {n + 1}={len(prob[n])}" for n in range(3)]
    for n in range(3):
        out.append(f"\n\\{n + 1}-grams:")
        for gram, p in sorted(prob[n].items()):
            tail = f"\t{math.log10(max(back[n].get(gram, 1.0), 1e-6)):.4f}" if n < 2 else ""
            out.append(f"{math.log10(max(p, 1e-9)):.4f}\t{' '.join(gram)}{tail}")
    return "\n".join(out + ["\n\\end\\\n"])


class Recogniser:
    def __init__(self):
        from pocketsphinx import Config, Decoder, get_model_path
        self.config, self.decoder, self.models = Config, Decoder, Path(get_model_path()) / "en-us"
        self.general = None
        with open(self.models / "cmudict-en-us.dict", encoding="utf-8") as file:
            self.known = {line.split()[0] for line in file}

    def _decode(self, decoder, wave):
        wave = np.asarray(wave, np.float32)
        wave = wave / (np.abs(wave).max() + 1e-6) * 0.5
        wave = np.concatenate([np.zeros(4000, np.float32), wave, np.zeros(4000, np.float32)])
        wave = wave + np.random.default_rng(0).normal(0, 1e-4, len(wave))
        decoder.start_utt()
        decoder.process_raw((wave * 32767).astype(np.int16).tobytes(), full_utt=True)
        decoder.end_utt()
        said = decoder.hyp()
        return plain_words(said.hypstr) if said else []

    def open(self, wave):
        if self.general is None:
            self.general = self.decoder(hmm=str(self.models / "en-us"), lm=str(self.models / "en-us.lm.bin"),
                                        dict=str(self.models / "cmudict-en-us.dict"), loglevel="FATAL")
        return self._decode(self.general, wave)

    def primed(self, wave, text):
        wanted = plain_words(text)
        with tempfile.NamedTemporaryFile("w", suffix=".arpa") as file:
            file.write(_arpa(_decoys() + [wanted] * 3, self.known))
            file.flush()
            decoder = self.decoder(hmm=str(self.models / "en-us"), lm=file.name,
                                   dict=str(self.models / "cmudict-en-us.dict"), loglevel="FATAL")
            return self._decode(decoder, wave)

    def score(self, wave, text):
        """16 kHz samples -> {wer_open, wer_primed, heard}."""
        wanted = plain_words(text)
        heard = self.open(wave)
        return dict(wer_open=word_errors(wanted, heard), wer_primed=word_errors(wanted, self.primed(wave, text)), heard=" ".join(heard))
