"""Makes the scored recordings with the Python voice: presets, and clones of speakers that training never saw.

    python training/sample.py --model models/starter --work DIR --out DIR [--sentences 20] [--people DIR_OF_WAVS]

Writes WAV files and `manifest.json` for evaluate.py: [{"wav", "text", "speaker", "reference", "group"}].
"""
import argparse
import json
import time
from pathlib import Path

import numpy as np
import soundfile
import torch

import vocoder as v
from base_data import load
from export import read
from pseudo_speakers import draw, render
from sentences import HELD_OUT
from voice import PRESETS, phones_of


def strangers(items, count, seed=4242):
    """Unseen stand-in speakers: one reference of about 10 s and one vector each, of held-out utterances."""
    rng, out = np.random.default_rng(seed), []
    voices = ("slt", "rms", "awb", "slt", "rms", "awb", "slt", "rms")
    for k in range(count):
        pool = [i for i in items if i.voice == voices[k % len(voices)]]
        vector = draw(rng, voices[k % len(voices)])
        pieces = [render(pool[rng.integers(len(pool))], vector, k) for _ in range(3)]
        out.append((f"stranger{k}", np.concatenate(pieces)[: 12 * v.RATE]))
    return out


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--model", type=Path, required=True)
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--sentences", type=int, default=20)
    arguments.add_argument("--clones", type=int, default=4)
    arguments.add_argument("--clone-sentences", type=int, default=5)
    arguments.add_argument("--people", type=Path, help="a folder of recordings, one person each, to clone as well")
    arguments.add_argument("--heat", type=float, nargs=2)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    given.out.mkdir(parents=True, exist_ok=True)
    voice, described = read(given.model)
    heat = given.heat or (described["sampling"]["heat_first"], described["sampling"]["heat_rest"])
    manifest, spent, made = [], 0.0, 0.0

    def say(name, text, vector, speaker, reference, group, seed):
        nonlocal spent, made
        began = time.process_time()
        wave = voice.speak(phones_of(text), vector, seed, heat=tuple(heat))
        spent, made = spent + time.process_time() - began, made + len(wave) / v.RATE
        soundfile.write(given.out / f"{name}.wav", wave, v.RATE)
        manifest.append(dict(wav=f"{name}.wav", text=text, speaker=speaker, reference=reference, group=group))

    for preset in described["presets"]:
        vector = np.array(preset["vector"], np.float32)
        for k, text in enumerate(HELD_OUT[: given.sentences]):
            say(f"{preset['id']}_{k:02d}", text, vector, preset["id"], None, "preset", k)
    people = strangers(load(given.work / "held" / "base"), given.clones)
    if given.people:
        from scipy.signal import resample_poly
        for path in sorted(given.people.iterdir()):
            wave, rate = soundfile.read(path)
            wave = wave.mean(1) if wave.ndim > 1 else wave
            people.append((f"person_{path.stem}", resample_poly(wave, v.RATE, rate).astype(np.float32)[: 12 * v.RATE]))
    for n, (speaker, reference) in enumerate(people):
        vector = voice.clone(reference)
        soundfile.write(given.out / f"{speaker}_reference.wav", np.clip(reference, -1, 1), v.RATE)
        group = "person" if speaker.startswith("person") else "clone"
        for k in range(given.clone_sentences):
            text = HELD_OUT[(n * given.clone_sentences + k) % len(HELD_OUT)]
            say(f"{speaker}_{k:02d}", text, vector, speaker, f"{speaker}_reference.wav", group, 100 * n + k)
    (given.out / "manifest.json").write_text(json.dumps(manifest, indent=1))
    print(f"{len(manifest)} recordings, {made:.0f} s of audio, {spent / made:.2f} s of processor a second in Python")


if __name__ == "__main__":
    main()
