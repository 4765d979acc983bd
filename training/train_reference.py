"""Trains the reference encoder on spoilt recordings of pseudo-speakers.

    python training/train_reference.py --work DIR --minutes 8 [--seed 0]
"""
import argparse
import copy
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import vocoder as v
from base_data import load
from pseudo_speakers import BASE_VOICES, BREATH, TEMPO, TRACT, draw, render, spoil
from reference import SCALES, Reference
from train_codec import save

BATCH, FRAMES, CUT, RATE, MAKE = 24, 300, 340, 1e-3, 3


def example(rng, items):
    """-> (picture, base voice number, the three true numbers)."""
    item = items[rng.integers(len(items))]
    vector = draw(rng, item.voice)
    start = int(rng.integers(max(1, len(item.voiced) - CUT)))
    piece = copy.copy(item)
    for track in ("log_hz", "voiced", "envelope", "aperiodicity"):
        setattr(piece, track, getattr(item, track)[start:start + CUT])
    wave = spoil(rng, render(piece, vector, int(rng.integers(1 << 30))))
    picture = v.log_mel(v.level(wave))
    if len(picture) < FRAMES:
        picture = np.tile(picture, (-(-FRAMES // len(picture)), 1))
    start = rng.integers(len(picture) - FRAMES + 1)
    return picture[start:start + FRAMES], BASE_VOICES.index(item.voice), vector[[TRACT, BREATH, TEMPO]]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--minutes", type=float, default=8)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    rng = np.random.default_rng(given.seed)
    items = load(given.work / "base", BASE_VOICES)
    model, mean, step, store = Reference(), None, 0, []
    optimiser = torch.optim.AdamW(model.parameters(), RATE, weight_decay=0.02)
    began = time.time()
    while (minutes := (time.time() - began) / 60) < given.minutes:
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / 50) * max(0.02, min(1.0, 2 * (1 - minutes / given.minutes)))
        store.extend(example(rng, items) for _ in range(MAKE if len(store) >= BATCH * 8 else BATCH * 8))
        store = store[-6000:]           # synthesis is slow, training is not: examples are used several times
        chosen = [store[i] for i in rng.integers(len(store), size=BATCH)]
        picture = torch.from_numpy(np.stack([c[0] for c in chosen])) + 0.3 * torch.randn(BATCH, 1, 1)
        base, guess = model(picture)
        true = torch.from_numpy(np.stack([c[2] for c in chosen]))
        right = torch.tensor([c[1] for c in chosen])
        parts = [F.cross_entropy(base, right, label_smoothing=0.05), *((guess - true).abs() / SCALES).mean(0)]
        loss = 0.5 * parts[0] + sum(parts[1:])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        now = np.array([float(p.detach()) for p in parts] + [float((base.argmax(1) == right).float().mean())])
        mean = now if mean is None else mean * 0.97 + now * 0.03
        step += 1
        if step % 100 == 0:
            print(step, f"{minutes:.1f} min; base, tract, breath, tempo, right:", mean.round(3), len(store), flush=True)
            save(given.work / "reference.pt", model=model.state_dict())
    save(given.work / "reference.pt", model=model.state_dict())


if __name__ == "__main__":
    main()
