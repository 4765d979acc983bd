"""Makes and loads the base recordings: what a teacher said, its phones with times, and its parameters each 10 ms.

    python training/base_data.py --work DIR --hours 3 [--voices slt,rms,awb] [--seed 0] [--keep-waves]
"""
import argparse
import json
import os
import time
from pathlib import Path

import numpy as np

import flite
import vocoder as v
from sentences import sentence

PHONES = ("<pad>", "pau", "aa", "ae", "ah", "ao", "aw", "ax", "ay", "b", "ch", "d", "dh", "eh", "er", "ey", "f", "g", "hh", "ih", "iy",
          "jh", "k", "l", "m", "n", "ng", "ow", "oy", "p", "r", "s", "sh", "t", "th", "uh", "uw", "v", "w", "y", "z", "zh")
PHONE_ID = {name: number for number, name in enumerate(PHONES)}
SHARD = 200


class Item:
    """One utterance. envelope and aperiodicity are (frames, bands) float32; `ends` are seconds."""
    __slots__ = ("voice", "text", "phones", "ends", "log_hz", "voiced", "envelope", "aperiodicity", "mean_log_hz")

    def __init__(self, voice, text, phones, ends, f0, envelope, aperiodicity):
        heard = np.flatnonzero(f0 > 0)
        self.voice, self.text = voice, text
        self.phones, self.ends = np.asarray(phones, np.int64), np.asarray(ends, np.float32)
        self.voiced = (np.asarray(f0) > 0).astype(np.float32)
        self.log_hz = np.interp(np.arange(len(f0)), heard, np.log(f0[heard])).astype(np.float32)
        self.mean_log_hz = float(np.log(f0[heard]).mean())
        self.envelope = np.asarray(envelope, np.float32)
        self.aperiodicity = np.asarray(aperiodicity, np.float32)


def record(voice, text):
    """-> (f0, envelope, aperiodicity, phone ids, ends, samples) or None when unusable."""
    samples, phones, tracks = flite.speak(voice, text)
    if not 0.6 * v.RATE < len(samples) < 9 * v.RATE or any(p not in PHONE_ID for p, _ in phones):
        return None
    f0, envelope, rough = flite.parameters(tracks) if tracks else flite.analyse(samples)
    if (f0 > 0).sum() < 10:
        return None
    ids, ends = [PHONE_ID[p] for p, _ in phones], np.maximum.accumulate([e for _, e in phones])
    return f0.astype(np.float32), envelope.astype(np.float16), rough.astype(np.float16), ids, ends, samples


def make(folder, voices, hours, seed, keep_waves=False):
    folder.mkdir(parents=True, exist_ok=True)
    for place, voice in enumerate(voices):
        shard, seconds, number, rows, began = 0, 0.0, 0, [], time.time()
        while seconds < hours * 3600 / len(voices):
            text = sentence(seed * 100_000_000 + place * 10_000_000 + number)
            number += 1
            row = record(voice, text)
            if row is None:
                continue
            rows.append((text, row))
            seconds += len(row[0]) * v.HOP / v.RATE
            if len(rows) == SHARD or seconds >= hours * 3600 / len(voices):
                save(folder / f"{voice}_{seed:02d}_{shard:03d}.npz", voice, rows, keep_waves)
                shard, rows = shard + 1, []
                print(f"{voice} {seconds / 3600:.3f} h, {seconds / (time.time() - began):.1f} times real time", flush=True)


def save(path, voice, rows, keep_waves):
    lengths = lambda k: np.array([len(row[k]) for _, row in rows])
    arrays = dict(voice=voice, text=json.dumps([text for text, _ in rows]), frames=lengths(0), count=lengths(3),
                  f0=np.concatenate([r[0] for _, r in rows]), envelope=np.concatenate([r[1] for _, r in rows]),
                  rough=np.concatenate([r[2] for _, r in rows]), phones=np.concatenate([r[3] for _, r in rows]),
                  ends=np.concatenate([r[4] for _, r in rows]).astype(np.float32))
    if keep_waves:
        arrays.update(samples=lengths(5), wave=np.concatenate([(r[5] * 32767).astype(np.int16) for _, r in rows]))
    part = path.with_name("part_" + path.name)
    np.savez(part, **arrays)
    os.replace(part, path)


def load(folder, voices=None, most_seconds=1e9):
    """-> [Item], in file order; at most `most_seconds` for each voice."""
    items, seconds = [], {}
    for path in sorted(Path(folder).glob("[a-z]*_[0-9][0-9]_*.npz")):
        voice = path.name.split("_")[0]
        if path.name.startswith("part_") or (voices and voice not in voices) or seconds.get(voice, 0) > most_seconds:
            continue
        data = {k: a for k, a in np.load(path).items()}
        frame, phone = np.cumsum(data["frames"]), np.cumsum(data["count"])
        for k, text in enumerate(json.loads(str(data["text"]))):
            a, b = slice(frame[k] - data["frames"][k], frame[k]), slice(phone[k] - data["count"][k], phone[k])
            items.append(Item(voice, text, data["phones"][b], data["ends"][b], data["f0"][a], data["envelope"][a], data["rough"][a]))
        seconds[voice] = seconds.get(voice, 0) + frame[-1] * v.HOP / v.RATE
    return items


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--hours", type=float, default=3.0)
    arguments.add_argument("--voices", default=",".join(flite.TEACHERS))
    arguments.add_argument("--seed", type=int, default=0)
    arguments.add_argument("--keep-waves", action="store_true")
    given = arguments.parse_args()
    make(given.work / "base", given.voices.split(","), given.hours, given.seed, given.keep_waves)


if __name__ == "__main__":
    main()
