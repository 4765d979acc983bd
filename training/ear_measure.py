"""Measures the ear and its rules: on people (../shared/speech, never trained on) and on voices it has not heard.

    python training/ear_measure.py EAR_DIR SPEECH_DIR LEXICON_DIR WORDS.txt [people|voices|speakers ...]
"""
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

import numpy as np
import soundfile
import torch
from scipy.signal import resample_poly

import ear
import ear_data
import ear_rules as rules
import flite
from ear_train import collapse, edits
from lexicon import Letters

CONDITIONS = ("clean", "noise 15 dB", "room", "telephone")


class Words:
    def __init__(self, folder, vocabulary):
        folder = Path(folder)
        self.table = dict(l.split(" ") for l in zlib.decompress((folder / "lexicon.bin").read_bytes()).decode().splitlines())
        self.letters = Letters((folder / "letters.bin").read_bytes())
        self.names = Path(vocabulary).read_text().split()
        self.vocabulary = [self.of(w) for w in self.names]

    def of(self, word):
        return rules.phone_numbers(word, self.table, self.letters)

    def all(self, text):
        return [self.of(w) for w in re.sub(r"[^a-z' ]", " ", text.lower().replace("-", " ")).split() if w.strip("'")]


def read(path):
    x, rate = soundfile.read(path)
    x = x.mean(1) if x.ndim > 1 else x
    if rate != ear.RATE:
        g = math.gcd(rate, ear.RATE)
        x = resample_poly(x, ear.RATE // g, rate // g)
    return x.astype(np.float32)


def condition(x, name, seed):
    rng = np.random.default_rng(seed)
    x = x / (x.std() + 1e-6)
    if name == "noise 15 dB":
        n = np.cumsum(rng.normal(0, 1, len(x)))
        n = n - ear_data.filtered(n, np.ones(400) / 400)
        return (x + 0.5 ** 0.5 * 10 ** (-15 / 20) * (n / n.std() + rng.normal(0, 1, len(x)))).astype(np.float32)
    if name == "room":
        t = np.arange(8000) / ear.RATE
        h = rng.normal(0, 1, 8000) * np.exp(-6.9 * t / 0.45)
        h[:60] = 0
        h = h / np.linalg.norm(h) * 10 ** (-3 / 20)
        h[0] = 1
        return (ear_data.filtered(x, h) + 0.01 * rng.normal(0, 1, len(x))).astype(np.float32)
    if name == "telephone":
        s = np.fft.rfft(x)
        f = np.fft.rfftfreq(len(x), 1 / ear.RATE)
        s *= 1 / (1 + (250 / np.maximum(f, 1)) ** 6) / (1 + (f / 3600) ** 12)
        return (np.fft.irfft(s, len(x)) + 0.01 * rng.normal(0, 1, len(x))).astype(np.float32)
    return (x + 0.003 * rng.normal(0, 1, len(x))).astype(np.float32)


def equal_error(same, other):
    same, other = np.sort(same), np.sort(other)
    at = np.sort(np.concatenate([same, other]))
    missed = np.searchsorted(same, at) / len(same)
    let_in = 1 - np.searchsorted(other, at) / len(other)
    i = int(np.argmin(np.abs(missed - let_in)))
    return (missed[i] + let_in[i]) / 2, float(at[i])


def people_clips(folder):
    for x in json.loads((Path(folder) / "manifest.json").read_text()):
        if x["lang"] == "en":
            yield x["speaker"], Path(folder) / x["file"], x["text"]


def show(name, rows, keys=("z",)):
    rows = list(rows)
    z = np.array([r["z"] for r in rows])
    print(f"  {name}: n {len(z)}, z quantiles 0/5/50/95/100 " + " ".join(f"{v:.1f}" for v in np.quantile(z, [0, .05, .5, .95, 1])), end="")
    return z


def sentence_table(real, wrong):
    show("genuine", real)
    print(f", first {np.mean([r['beaten'] == rules.SENTENCE_DECOYS for r in real]):.3f}")
    show("wrong", wrong)
    print(f", first {np.mean([r['beaten'] == rules.SENTENCE_DECOYS for r in wrong]):.3f}")
    for t in (3, 3.5, 4, 4.5, 5, 6):
        ok = lambda r: r["beaten"] == rules.SENTENCE_DECOYS and r["z"] >= t
        print(f"    z >= {t}: genuine {np.mean([ok(r) for r in real]):.3f}, wrong {np.mean([ok(r) for r in wrong]):.4f}")


def words_table(by_wrong):
    for k, rows in by_wrong.items():
        show(f"{k} wrong words", rows)
        n = len(rows)
        print(f", slots right mean {np.mean([r['slots'] for r in rows]):.2f}; pass z>=4 and slots>= 6/5/4/3: "
              + " ".join(f"{sum(r['z'] >= 4 and r['slots'] >= s for r in rows) / n:.3f}" for s in (6, 5, 4, 3))
              + "; z>=3: " + " ".join(f"{sum(r['z'] >= 3 and r['slots'] >= s for r in rows) / n:.3f}" for s in (6, 5, 4, 3)))


def word_trials(lp, claim, vocabulary, rng, out, spare=None):
    out.setdefault(0, []).append(rules.words_evidence(lp, claim, vocabulary, int(rng.integers(1 << 30))))
    for k in (1, 2, 3, 6):
        said = list(claim)
        free = [i for i in (spare or range(len(vocabulary))) if i not in claim]
        for slot in rng.choice(6, k, replace=False):
            said[slot] = free.pop(int(rng.integers(len(free))))
        out.setdefault(k, []).append(rules.words_evidence(lp, said, vocabulary, int(rng.integers(1 << 30))))


def people(e, words, folder):
    clips = [(s, read(p), words.all(t), str(p)) for s, p, t in people_clips(folder)]
    wrong_phones = total = 0
    genuine, wrong, long_genuine = [], [], []
    by_condition = {}
    for j, name in enumerate(CONDITIONS):
        for i, (_, x, said, _) in enumerate(clips):
            lp = e.log_probs(condition(x, name, 1000 * j + i))
            if name == "clean":
                flat = sum(said, [])
                wrong_phones += edits(collapse(lp), flat)
                total += len(flat)
            mine = rules.sentence_evidence(lp, said, i)
            genuine.append(mine)
            by_condition.setdefault(name, []).append(mine["beaten"] == rules.SENTENCE_DECOYS and mine["z"] >= 4)
            if len(said) >= 10:
                long_genuine.append(mine)
            for k, other in enumerate(clips):
                if k != i and len(other[2]) >= 10 and sum(map(len, other[2])) < 0.8 * len(lp) and (k + i + j) % (3 if j == 0 else 9) == 0:
                    r = rules.sentence_evidence(lp, other[2], 7 * i + k)
                    if math.isfinite(r["z"]):
                        wrong.append(r)
    print(f"people: phone error {wrong_phones / total:.3f} on {len(clips)} clips of {len({c[0] for c in clips})} people")
    print("sentences, all"); sentence_table(genuine, wrong)
    print("sentences of 10 words or more"); sentence_table(long_genuine, wrong)
    print("  by condition, z>=4:", {k: f"{np.mean(v):.2f}" for k, v in by_condition.items()})


def people_words(e, words, folder, rounds=30):
    """Six words cut out of one person's running speech, against a vocabulary as far apart as ours."""
    clips = [(s, read(p), words.all(t), str(p)) for s, p, t in people_clips(folder)]
    rng = np.random.default_rng(5)
    bank = {}
    for s, x, said, _ in clips:
        spans = rules.align(e.log_probs(x), sum(said, []))
        at = 0
        for w in said:
            part = spans[at: at + len(w)]
            at += len(w)
            if 6 <= len(w) <= 12:
                a, b = max(0, part[0][0] - 2) * 480, min(len(x), (part[-1][1] + 3) * 480)
                y = x[a:b].copy()
                fade = np.linspace(0, 1, 320)
                y[:320] *= fade; y[-320:] *= fade[::-1]
                if all(edits(w, v) >= 4 for v, _ in bank.get(s, [])):
                    bank.setdefault(s, []).append((w, y))
    enough = [s for s in bank if len(bank[s]) >= 6]
    print("  words of >= 6 phones by person:", {s: len(v) for s, v in bank.items()})
    out = {}
    print(end="", flush=True)
    for _ in range(rounds):
        s = enough[int(rng.integers(len(enough)))]
        picks = [bank[s][i] for i in rng.choice(len(bank[s]), 6, replace=False)]
        vocabulary = [w for w, _ in picks]
        for v in rng.permutation(len(words.vocabulary)):
            v = words.vocabulary[v]
            if all(edits(v, w) >= 4 for w in vocabulary[:6]):
                vocabulary.append(v)
        gap = np.zeros(3200, np.float32)
        y = np.concatenate([gap] + [z for _, p in picks for z in (p, gap)])
        y = y + rng.normal(0, 1, len(y)).astype(np.float32) * y.std() * 0.01
        word_trials(e.log_probs(y), list(range(6)), vocabulary, rng, out, spare=range(6, len(vocabulary)))
    print(f"six words cut from running speech of {len(enough)} people"); words_table(out)


def sayings(words, rng):
    names = ["Anna Smith", "Peter Walker", "Maria Evans", "Thomas Young", "Linda Clark", "Paul Baker"]
    purposes = ["narrating my own audiobook", "reading letters to my family", "a demonstration of this program", "a podcast about gardening"]
    pick = lambda of: of[int(rng.integers(len(of)))]
    sentence = (f"I, {pick(names)}, allow {pick(names)} to make a computer voice from my recordings, for {pick(purposes)}, "
                f"until {pick(ear_data.MONTHS)} the {pick(ear_data.ORDINALS)}. I can stop this at any time. Today's words are")
    return sentence, list(rng.choice(len(words.names), 6, replace=False))


OTHER_TEXT = ["The quick brown fox jumps over the lazy dog while seven wizards quietly brew a bitter potion in the old stone tower by the sea.",
              "I do not agree to anything today, please stop recording me, and give my microphone back to the studio before the evening train leaves.",
              "It was a bright cold day in spring and all the clocks in the village were striking when the captain finally came home from his long voyage.",
              "Please call Stella and ask her to bring these things with her from the store, six spoons of fresh snow peas and five thick slabs of blue cheese.",
              "When the sunlight strikes raindrops in the air, they act as a prism and form a rainbow, which is a division of white light into many colours."]


def speak(voice, text, folder):
    path = os.path.join(folder, "v.wav")
    kind, name = voice.split(":")
    if kind == "flite":
        return flite.speak(name, text)[0]
    subprocess.run(["espeak-ng", "-v", name, "-s", "150", "-w", path, text], check=True)
    return read(path)


def made(teacher, text):
    """A teacher's utterance as `ear_data.revoice` takes it."""
    _, phones, tracks = flite.speak(teacher, text)
    f0, envelope, rough = flite.parameters(tracks)
    voiced = f0 > 0
    log_f0 = np.interp(np.arange(len(f0)), np.flatnonzero(voiced), np.log(f0[voiced]))
    return dict(log_f0=log_f0.astype(np.float32), mean=float(np.log(f0[voiced]).mean()), voiced=voiced, envelope=envelope.astype(np.float32),
                rough=rough.astype(np.float32), end=np.array([t for _, t in phones], np.float32))


VOICES = ["flite:slt", "flite:rms", "flite:awb", "flite:kal16", "espeak:en-us+m7", "espeak:en-us+f4", "espeak:en-gb+f5", "espeak:en-us+m8", "pseudo"]


def voices(e, words, names, rounds=4):
    with tempfile.TemporaryDirectory() as folder:
        summary = {}
        genuine, wrong, out = [], [], {}
        for v, voice in enumerate(names):
            rng = np.random.default_rng(90 + VOICES.index(voice))
            g, o = [], {}
            for r in range(rounds):
                sentence, claim = sayings(words, rng)
                word_text = ", ".join(words.names[i] for i in claim) + "."
                say = lambda text: speak(voice, text, folder)
                if voice == "pseudo":
                    teacher = ("slt", "rms", "awb")[r % 3]
                    who = ear_data.person(rng, {"slt": 5.1, "rms": 4.6, "awb": 4.8}[teacher])
                    def say(text):
                        return ear_data.revoice(rng, made(teacher, text), who)[0]
                cond = CONDITIONS[r % 4]
                x = condition(say(sentence), cond, r)
                said = words.all(sentence)
                lp = e.log_probs(x)
                g.append(rules.sentence_evidence(lp, said, r))
                other = OTHER_TEXT[r % len(OTHER_TEXT)]
                wrong.append(rules.sentence_evidence(e.log_probs(condition(say(other), cond, r)), said, r))
                wrong.append(rules.sentence_evidence(lp, words.all(other), r))
                word_trials(e.log_probs(condition(say(word_text), cond, r + 50)), claim, words.vocabulary, rng, o)
            genuine += g
            for k in o:
                out.setdefault(k, []).extend(o[k])
            summary[voice] = (np.mean([x["beaten"] == 128 and x["z"] >= 4 for x in g]), np.mean([x["slots"] for x in o[0]]), np.mean([x["z"] >= 4 and x["slots"] >= 5 for x in o[0]]))
            print(f"  {voice}: sentence {summary[voice][0]:.2f}, slots {summary[voice][1]:.2f}, words accepted (5) {summary[voice][2]:.2f}", flush=True)
        print("voices: the consent sentence"); sentence_table(genuine, wrong)
        print("voices: six words of the vocabulary"); words_table(out)


def speaker_trials(e, recordings):
    """Every recording against every other: {(same person?): [strictest threshold that would still accept]}."""
    prints = [(who, e.embedding(rules.speech(x)), [e.embedding(w) for w in rules.windows(x)]) for who, x in recordings]
    out = {True: [], False: [], "windows": {True: [], False: []}}
    for i, (a, statement, _) in enumerate(prints):
        for j, (b, _, sample) in enumerate(prints):
            if i != j:
                scores = [float(statement @ w) for w in sample]
                out[a == b].append(rules.strictest(scores))
                out["windows"][a == b] += scores
    return out


def speakers(e, folder):
    people = {}
    for x in json.loads((Path(folder) / "manifest.json").read_text()):
        if x["seconds"] >= 3.5:
            people.setdefault(x["speaker"], []).append(read(Path(folder) / x["file"]))
    everything = {True: [], False: []}
    for name in CONDITIONS:
        recordings = []
        for who, waves in people.items():
            # One recording in one room. A person with one clip gives its two halves.
            parts = waves if len(waves) > 1 else np.array_split(waves[0], 2)
            recordings += [(who, condition(w, name, 3)) for w in parts if len(rules.speech(w)) >= 2.5 * ear.RATE]
        out = speaker_trials(e, recordings)
        for k in (True, False):
            everything[k] += out[k]
        rate, at = equal_error(np.array(out[True]), np.array(out[False]))
        w = equal_error(np.array(out["windows"][True]), np.array(out["windows"][False]))
        print(f"  people, {name}: {len(people)} people, {len(recordings)} recordings; windows {len(out['windows'][True])}/{len(out['windows'][False])} equal error {w[0]:.3f} at {w[1]:.2f}; "
              f"recordings {len(out[True])}/{len(out[False])} equal error {rate:.3f} at {at:.2f}; same p5/p25/p50 "
              + "/".join(f"{v:.2f}" for v in np.quantile(out[True], [.05, .25, .5])) + ", other p50/p95/p99/max " + "/".join(f"{v:.2f}" for v in np.quantile(out[False], [.5, .95, .99, 1])), flush=True)
    for t in np.arange(0.2, 0.9, 0.05):
        print(f"    least {t:.2f}: same refused {np.mean(np.array(everything[True]) < t):.3f}, other accepted {np.mean(np.array(everything[False]) >= t):.3f}")
    # Pseudo-speakers never used in training.
    rng = np.random.default_rng(77)
    recordings = []
    for k in range(24):
        teacher = ("slt", "rms", "awb")[k % 3]
        who = None
        for text in (OTHER_TEXT[k % 5], OTHER_TEXT[(k + 2) % 5]):
            item = made(teacher, text)
            who = who or ear_data.person(rng, item["mean"])
            recordings.append((k, condition(ear_data.revoice(rng, item, who)[0], "clean", k)))
    out = speaker_trials(e, recordings)
    print(f"  pseudo-speakers: recordings {len(out[True])}/{len(out[False])} equal error " + "%.3f at %.2f" % equal_error(np.array(out[True]), np.array(out[False])))


def main(folder, speech, lexicon, vocabulary, *parts):
    torch.set_num_threads(1)
    e, _ = ear.restore(folder)
    words = Words(lexicon, vocabulary)
    if not parts or "people" in parts:
        people(e, words, speech)
    if not parts or "words" in parts:
        people_words(e, words, speech)
    if not parts or "voices" in parts:
        voices(e, words, VOICES)
    for part in parts:
        if ":" in part or part == "pseudo":
            voices(e, words, [part])
    if not parts or "speakers" in parts:
        speakers(e, speech)


if __name__ == "__main__":
    main(*sys.argv[1:])
