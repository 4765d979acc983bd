"""Trains the talker on the codec's codes of the teachers. Resumes from its checkpoint; stop it at any time.

    python training/train_talker.py --work DIR --minutes 52 [--books 16] [--seed 0]
"""
import argparse
import math
import pickle
import time
from pathlib import Path

import numpy as np
import torch

import vocoder as v
from base_data import load
from codec import Codec, pack
from pseudo_speakers import BASE_VOICES, stretch
from talker import BLOCK_SECONDS, SLOTS, STYLES, Talker, slots
from train_codec import save

BATCH, VARIANTS, RATE, POOL = 20, 3, 2e-3, 12
LENGTH_WEIGHT, GUESS_WEIGHT = 0.5, 1.0


@torch.no_grad()
def coded(codec, items, seed, variants=VARIANTS):
    """Each utterance at several tempos and block offsets -> [(voice, phones, ends, codes)]."""
    rng, out = np.random.default_rng(seed), []
    for item in items:
        plain = pack(item.log_hz, item.mean_log_hz, item.voiced, item.envelope, item.aperiodicity)
        for k in range(variants):
            frames, ends = plain, item.ends.astype(np.float64)
            if k:
                tempo = float(rng.uniform(-0.2, 0.2))
                frames, voiced = stretch(tempo, plain, (plain[:, 1] > 0).astype(np.float32))
                frames[:, 1] = voiced * 2 - 1
                ends = ends * len(frames) / len(plain)
            skip = int(rng.integers(0, v.FRAMES)) if k else 0
            blocks = (len(frames) - skip) // v.FRAMES
            if blocks < 4:
                continue
            codes = codec.quantiser(codec.encode(torch.from_numpy(frames[skip:skip + blocks * v.FRAMES])[None]))[1][0]
            out.append((BASE_VOICES.index(item.voice), item.phones, np.maximum(ends - skip * 0.01, 0.005), codes.numpy().astype(np.int16)))
    return out


def gather(rows, books):
    """[(voice, phones, ends, codes)] -> a padded training batch."""
    size, phones, blocks = len(rows), max(len(r[1]) for r in rows), max(len(r[3]) for r in rows)
    ids, filled, log_seconds = torch.zeros(size, phones, dtype=torch.long), torch.zeros(size, phones), torch.zeros(size, phones)
    codes, real = torch.zeros(size, blocks, books, dtype=torch.long), torch.zeros(size, blocks, dtype=torch.bool)
    index, place = torch.zeros(size, blocks, SLOTS, dtype=torch.long), torch.zeros(size, blocks, SLOTS, 4)
    style = torch.zeros(size, STYLES)
    for k, (voice, names, ends, code) in enumerate(rows):
        ids[k, :len(names)] = torch.from_numpy(names)
        filled[k, :len(names)] = 1
        log_seconds[k, :len(names)] = torch.from_numpy(np.log(np.clip(np.diff(ends, prepend=0.0), 0.01, 1.0))).float()
        codes[k, :len(code)] = torch.from_numpy(code[:, :books].astype(np.int64))
        real[k, :len(code)] = True
        where, how = slots(ends, len(code))
        index[k, :len(code)], place[k, :len(code)] = torch.from_numpy(where), torch.from_numpy(how)
        style[k, voice] = 1.0
    return ids, filled, log_seconds, codes, real, index, place, style


def batches(rows, books, rng):
    """Endless batches of utterances of like length."""
    while True:
        pool = [rows[i] for i in rng.integers(len(rows), size=BATCH * POOL)]
        pool.sort(key=lambda r: len(r[3]))
        for k in rng.permutation(POOL):
            yield gather(pool[k * BATCH:(k + 1) * BATCH], books)


def book_weights(codec, books):
    """A book matters as the size of what it adds; kept between 0.3 and 1."""
    size = codec.quantiser.tables[:books].pow(2).mean((1, 2)).sqrt()
    return torch.clamp(size / size[0], 0.3, 1.0)


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--minutes", type=float, default=60)
    arguments.add_argument("--books", type=int, default=16)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(given.seed)
    codec = Codec()
    codec.load_state_dict(torch.load(given.work / "codec.pt", weights_only=True)["model"])
    codec.eval()
    cache = given.work / "coded.pkl"         # ours, written below; delete it when the codec changes
    if cache.exists():
        rows = pickle.loads(cache.read_bytes())
    else:
        rows = coded(codec, load(given.work / "base", BASE_VOICES), given.seed)
        cache.write_bytes(pickle.dumps(rows))
    held = coded(codec, load(given.work / "held" / "base", BASE_VOICES)[::3], given.seed, 1) if (given.work / "held").exists() else []
    print(len(rows), "rows", round(sum(len(r[3]) for r in rows) * BLOCK_SECONDS / 3600, 2), "h", flush=True)
    talker = Talker(codec.quantiser.tables, given.books)
    weights = book_weights(codec, given.books)
    print("parameters", sum(p.numel() for p in talker.parameters()), "book weights", weights.numpy().round(2), flush=True)
    optimiser = torch.optim.AdamW(talker.parameters(), RATE, betas=(0.9, 0.95), weight_decay=0.02)
    path, step, spent, mean = given.work / "talker.pt", 0, 0.0, None
    average = {name: value.clone() for name, value in talker.state_dict().items()}
    if path.exists():
        state = torch.load(path, weights_only=True)
        talker.load_state_dict(state["model"])
        optimiser.load_state_dict(state["optimiser"])
        average, step, spent = state["average"], state["step"], state["minutes"]
        print("resumed at step", step, flush=True)
    source = batches(rows, given.books, np.random.default_rng((given.seed, step)))
    began, saved, blocks = time.time(), time.time(), 0
    while True:
        minutes = spent + (time.time() - began) / 60
        if minutes >= given.minutes:
            break
        rate = RATE * min(1, (step + 1) / 100) * max(0.02, 0.5 + 0.5 * math.cos(math.pi * min(1.0, minutes / given.minutes)))
        for group in optimiser.param_groups:
            group["lr"] = rate
        batch = next(source)
        each, length, guess = talker(batch)
        loss = (each * weights).sum() / weights.sum() + LENGTH_WEIGHT * length + GUESS_WEIGHT * guess
        loss.backward()
        torch.nn.utils.clip_grad_norm_(talker.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        step, blocks = step + 1, blocks + int(batch[4].sum())
        keep = min(0.998, step / (step + 20))
        for name, value in talker.state_dict().items():
            average[name].lerp_(value, 1 - keep) if value.is_floating_point() else average[name].copy_(value)
        now = np.array([float(x) for x in (*each.detach()[[0, 1, 3, 7]], each.detach().mean(), length.detach(), guess.detach())])
        mean = now if mean is None else mean * 0.97 + now * 0.03
        if step % 50 == 0:
            print(step, f"{minutes:.1f} min, {blocks / (time.time() - began):.0f} blocks/s; books 0 1 3 7, mean, length, guess:", mean.round(3), flush=True)
        if time.time() - saved > 180:
            saved = time.time()
            save(path, model=talker.state_dict(), average=average, optimiser=optimiser.state_dict(), step=step, minutes=minutes)
            if held:
                talker.eval()
                with torch.no_grad():
                    each, length, guess = talker(gather(sorted(held, key=lambda r: len(r[3]))[:32], given.books), share=1.0)
                talker.train()
                print("held out:", each[[0, 1, 3, 7]].numpy().round(3), round(float(each.mean()), 3), round(float(length), 3), round(float(guess), 3), flush=True)
    save(path, model=talker.state_dict(), average=average, optimiser=optimiser.state_dict(), step=step, minutes=given.minutes)
    print("done", step, "steps", flush=True)


if __name__ == "__main__":
    main()
