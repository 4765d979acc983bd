"""Trains the codec on the teachers' own parameters. Resumes from its checkpoint; stop it at any time.

    python training/train_codec.py --work DIR --minutes 20 [--seed 0]
"""
import argparse
import os
import time
from pathlib import Path

import numpy as np
import torch

import vocoder as v
from base_data import load
from codec import WEIGHTS, Codec, losses, pack
from pseudo_speakers import BASE_VOICES, stretch

BATCH, LENGTH, WARM, RATE = 32, 96, 150, 1.5e-3


def crop(rng, items):
    """A random stretch of LENGTH frames at a random tempo, and its mask."""
    item = items[rng.integers(len(items))]
    frames = pack(item.log_hz, item.mean_log_hz, item.voiced, item.envelope, item.aperiodicity)
    if rng.random() < 0.6:
        frames, voiced = stretch(float(rng.uniform(-0.2, 0.2)), frames, (frames[:, 1] > 0).astype(np.float32))
        frames[:, 1] = voiced * 2 - 1
    count = len(frames)
    if count >= LENGTH:
        start = rng.integers(count - LENGTH + 1)
        return frames[start:start + LENGTH], np.ones(LENGTH, np.float32)
    mask = (np.arange(LENGTH) < count).astype(np.float32)
    return np.concatenate([frames, np.repeat(frames[-1:], LENGTH - count, 0)]), mask


def save(path, **state):
    part = path.with_suffix(".part")
    torch.save(state, part)
    os.replace(part, path)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--minutes", type=float, default=20)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    items = load(given.work / "base", BASE_VOICES)
    print(len(items), "utterances", round(sum(len(i.voiced) for i in items) / 360000, 2), "h", flush=True)
    codec = Codec()
    optimiser = torch.optim.AdamW(codec.parameters(), RATE, betas=(0.9, 0.97), weight_decay=0.01)
    path, step, spent = given.work / "codec.pt", 0, 0.0
    if path.exists():
        state = torch.load(path, weights_only=True)
        codec.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        step, spent = state["step"], state["minutes"]
        print("resumed at step", step, flush=True)
    rng = np.random.default_rng((given.seed, step))
    if step == 0:
        blocks = np.concatenate([crop(rng, items)[0].reshape(LENGTH // v.FRAMES, -1) for _ in range(1500)])
        codec.start(torch.from_numpy(blocks))
    began, saved, mean, heard = time.time(), time.time(), None, []
    while True:
        minutes = spent + (time.time() - began) / 60
        if minutes >= given.minutes:
            break
        rate = RATE * min(1, step / 50) * max(0.02, min(1.0, (given.minutes - minutes) / (0.6 * given.minutes)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        pairs = [crop(rng, items) for _ in range(BATCH)]
        true = torch.from_numpy(np.stack([p[0] for p in pairs]))
        mask = torch.from_numpy(np.stack([p[1] for p in pairs]))
        latent = codec.encode(true)
        if step < WARM:
            commit = (latent.pow(2).mean() - 1).abs() * 0.5
            coded = latent + 0.02 * torch.randn_like(latent)
            if step >= WARM - 100:
                heard.append(latent.detach().reshape(-1, latent.shape[-1]))
            if step == WARM - 1:
                codec.quantiser.fit(torch.cat(heard))
        else:
            coded, codes, commit = codec.quantiser(latent, learn=True)
        made = codec.decoder(coded)
        parts = losses(made, true, mask)
        loss = sum(w * p for w, p in zip(WEIGHTS, parts)) + 0.1 * commit
        loss.backward()
        torch.nn.utils.clip_grad_norm_(codec.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        now = np.array([float(p.detach()) for p in (*parts, commit)])
        mean = now if mean is None else mean * 0.97 + now * 0.03
        step += 1
        if step % 50 == 0:
            print(step, f"{minutes:.1f} min, {step / max(minutes - spent, 0.01) / 60:.2f} steps a second since start", mean.round(4), flush=True)
        if time.time() - saved > 120:
            saved = time.time()
            save(path, model=codec.state_dict(), optimiser=optimiser.state_dict(), step=step, minutes=minutes)
    save(path, model=codec.state_dict(), optimiser=optimiser.state_dict(), step=step, minutes=given.minutes)
    print("done", step, "steps", flush=True)


if __name__ == "__main__":
    main()
