"""Scores recordings: word errors by an outside recogniser, and whether a clone is nearer to its own speaker than to others.

    python training/evaluate.py MANIFEST.json [--out scores.json] [--kit DIR]

MANIFEST: [{"wav", "text", "speaker", "reference" (wav or null), "group"}], paths relative to it, any mono rate.
Prints a Markdown table; gates: preset word errors (primed) <= 0.25, clone nearer to its own reference in >= 0.90 of pairs.
`--kit` names a folder with a `speaker.py` whose `Encoder().embed(samples)` is an outside speaker embedding; without it the measure here is used:
the cosine between low-order cepstral means and spreads of voiced frames together with pitch (a rough one; see README).
"""
import argparse
import json
import sys
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

import match as m
import vocoder as v
from recogniser import Recogniser

PITCH_WEIGHT = 12.0


def read(path):
    wave, rate = soundfile.read(path)
    wave = wave.mean(1) if wave.ndim > 1 else wave
    step = np.gcd(int(rate), v.RATE)
    return resample_poly(wave, v.RATE // step, rate // step).astype(np.float32)


def print_of(wave):
    """A plain voice print: cepstra 1..24 of log mel over voiced frames (mean; half weight to spreads) and log pitch."""
    wave = v.level(wave)
    picture, log_hz = v.log_mel(wave), m.pitch(wave)
    voiced = ~np.isnan(log_hz)
    voiced = voiced if voiced.sum() > 10 else np.ones(len(picture), bool)
    cosines = np.stack([np.cos(np.pi * k * (np.arange(v.BANDS) + 0.5) / v.BANDS) for k in range(1, 25)]) / v.BANDS
    cepstra = picture[voiced] @ cosines.T
    hz = np.nanmedian(log_hz) if (~np.isnan(log_hz)).any() else np.log(150)
    return np.concatenate([cepstra.mean(0), 0.5 * cepstra.std(0), [PITCH_WEIGHT * 0.1 * (hz - 5.0)]])


def likeness(prints, mine, other):
    """Cosine after removing the mean print of all references."""
    centre = prints.mean(0)
    a, b = mine - centre, other - centre
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) + 1e-9))


def outside(folder):
    sys.path.insert(0, str(folder))
    import speaker
    return speaker.Encoder().embed


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("manifest", type=Path)
    arguments.add_argument("--out", type=Path)
    arguments.add_argument("--kit", type=Path)
    arguments.add_argument("--no-words", action="store_true")
    given = arguments.parse_args()
    rows = json.loads(given.manifest.read_text())
    folder, recogniser = given.manifest.parent, None if given.no_words else Recogniser()
    embed = outside(given.kit) if given.kit else print_of
    references = {r["speaker"]: embed(read(folder / r["reference"])) for r in rows if r.get("reference")}
    prints = np.stack(list(references.values())) if references else None
    for row in rows:
        wave = read(folder / row["wav"])
        if recogniser:
            row.update(recogniser.score(wave, row["text"]))
        if row.get("reference"):
            mine = embed(wave)
            compare = likeness if not given.kit else lambda _, a, b: float(np.dot(a, b) / (np.linalg.norm(a) * np.linalg.norm(b)))
            row["own"] = compare(prints, mine, references[row["speaker"]])
            row["others"] = {s: compare(prints, mine, p) for s, p in references.items() if s != row["speaker"]}
    table = ["| group | speaker | n | word errors, primed | open | own likeness | others | own wins |", "|---|---|---|---|---|---|---|---|"]
    summary = {}
    for group in dict.fromkeys(r["group"] for r in rows):
        for speaker in [*dict.fromkeys(r["speaker"] for r in rows if r["group"] == group), "all"]:
            some = [r for r in rows if r["group"] == group and speaker in (r["speaker"], "all")]
            mean = lambda key: float(np.mean([r[key] for r in some])) if key in some[0] else float("nan")
            pairs = [r["own"] > o for r in some if "own" in r for o in r["others"].values()]
            others = float(np.mean([o for r in some if "own" in r for o in r["others"].values()])) if pairs else float("nan")
            values = (len(some), mean("wer_primed"), mean("wer_open"), mean("own"), others, float(np.mean(pairs)) if pairs else float("nan"))
            summary[f"{group}/{speaker}"] = dict(zip(("n", "wer_primed", "wer_open", "own", "others", "wins"), values))
            table.append(f"| {group} | {speaker} | " + " | ".join("" if x != x else f"{x:.2f}" if isinstance(x, float) else str(x) for x in values) + " |")
    print("\n".join(table))
    if given.out:
        given.out.write_text(json.dumps(dict(summary=summary, rows=rows), indent=1))


if __name__ == "__main__":
    main()
