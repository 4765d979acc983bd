"""Trains the ear on the pool that `ear_data.py` fills: CTC phones, and which pseudo-speaker it is.

    python training/ear_train.py recogniser|speaker POOL_DIR CHECKPOINT.pt MINUTES [RESUME.pt]

The two networks share nothing, so each is a run of its own.
"""
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

import ear

BATCH_FRAMES = 4500
POOL_ITEMS = 26000
FULL_RATE = dict(matrices=0.02, recogniser=2e-3, speaker=1e-3)
DECAY = 0.6              # the last part of a run over which the rate falls to nothing
HELD_OUT_SHARD = "11_0000.npz"


class Muon(torch.optim.Optimizer):
    """Momentum with each matrix's step made orthogonal (Jordan 2024; five Newton-Schulz rounds)."""

    def __init__(self, params, lr):
        super().__init__(params, dict(lr=lr, momentum=0.95, decay=0.01))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                m = self.state[p].setdefault("m", torch.zeros_like(p))
                m.lerp_(p.grad, 1 - group["momentum"])
                u = p.grad.lerp(m, group["momentum"])
                x = u / (u.norm() + 1e-7)
                tall = x.shape[0] > x.shape[1]
                x = x.T if tall else x
                for _ in range(5):
                    a = x @ x.T
                    x = 3.4445 * x + (-4.775 * a + 2.0315 * a @ a) @ x
                u = x.T if tall else x
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(u, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


class Pool:
    """The newest shards in memory; items come in pairs of one speaker."""

    def __init__(self, folder, keep_out):
        self.folder, self.seen, self.pairs, self.keep_out, self.fresh = Path(folder), set(), [], keep_out, 0

    def refresh(self):
        for path in sorted(self.folder.glob("[0-9]*.npz"), key=os.path.getmtime):
            if path.name in self.seen or path.name in self.keep_out:
                continue
            self.seen.add(path.name)
            got = list(np.load(path, allow_pickle=True)["items"])
            self.fresh += sum(len(x["m"]) for x in got)
            self.pairs += [(a, b) for a, b in zip(got[0::2], got[1::2]) if a["speaker"] == b["speaker"]]
        del self.pairs[: max(0, len(self.pairs) - POOL_ITEMS // 2)]
        self.by_length = sorted((x for p in self.pairs for x in p), key=lambda x: len(x["m"]))
        self.lengths = [len(x["m"]) for x in self.by_length]
        voices = {}
        for pair in self.pairs:
            voices.setdefault(pair[0]["voice"].split("+")[0], []).append(pair)
        self.by_voice = [v for v in voices.values() if len(v) >= 200]


def vary(rng, m, warp, colour=0.3):
    """Feature-domain variety for a picture that is used more than once: tract, colour, noise, pace."""
    at = np.clip((np.arange(ear.MELS) + 0.5) * (1 + warp[0]) + warp[1] - 0.5, 0, ear.MELS - 1.001)
    i = at.astype(int)
    u = (at - i).astype(np.float32)
    m = m[:, i] * (1 - u) + m[:, i + 1] * u
    if rng.random() < 0.7:
        m = m + np.interp(np.arange(64), np.linspace(0, 63, 6), rng.normal(0, colour, 6)).astype(np.float32)
    if rng.random() < 0.12:
        floor = m.mean() + rng.uniform(-3.0, 0.0) + np.interp(np.arange(64), np.linspace(0, 63, 6), rng.normal(0, 0.5, 6))
        m = np.logaddexp(m, floor + rng.gumbel(0, 0.4, m.shape) * 0.7).astype(np.float32)
    return m


def batch(rng, pool):
    """Utterances of about one length: [(picture, phones, frame labels)]."""
    line = pool.by_length
    size = len(line[int(rng.integers(len(line)))]["m"])
    centre = int(np.searchsorted(pool.lengths, size))
    near = line[max(0, centre - 300): centre + 300]
    out = []
    for _ in range(max(8, BATCH_FRAMES // size)):
        item = near[int(rng.integers(len(near)))]
        m = vary(rng, item["m"].astype(np.float32), (rng.normal(0, 0.035), rng.normal(0, 0.5)))
        n = len(m) // 3 * 3
        labels = item["labels"] if item["labels"] is not None else np.full(n // 3, -100)
        k = max(60, int(n * math.exp(rng.normal(0, 0.12)))) // 3 * 3
        x = np.linspace(0, n - 1.001, k)
        i = x.astype(int)
        w = (x - i).astype(np.float32)[:, None]
        m = m[i] * (1 - w) + m[i + 1] * w
        labels = labels.astype(np.int64)[np.clip((np.arange(k // 3) * n / k).astype(int), 0, n // 3 - 1)]
        out.append((torch.tensor(m, dtype=torch.float32), torch.tensor(item["phones"].astype(np.int64)), torch.tensor(labels)))
    return out


def recogniser_losses(recogniser, items, rng=None):
    """CTC loss a step, frame loss, log-probabilities; `rng` means training: masks."""
    steps = [len(m) // 3 for m, _, _ in items]
    x = torch.zeros(len(items), max(steps) * 3, ear.MELS)
    labels = torch.full((len(items), max(steps)), -100)
    for i, (m, _, label) in enumerate(items):
        y = ear.level(m)
        for _ in range(1 if rng else 0):
            w = int(rng.integers(0, 8))
            a = int(rng.integers(0, ear.MELS - w))
            y[:, a:a + w] = 0
            w = int(rng.integers(0, 9))
            a = int(rng.integers(0, max(1, len(y) - w)))
            y[a:a + w] = 0
        x[i, : len(y)] = y
        labels[i, : len(label)] = label
    logits, frame_logits = recogniser(x)
    lp = logits.log_softmax(-1)
    lengths = torch.tensor(steps)
    targets = torch.tensor([len(p) for _, p, _ in items])
    ctc = F.ctc_loss(lp.transpose(0, 1), torch.cat([p for _, p, _ in items]), lengths, targets, reduction="none", zero_infinity=True)
    frame = F.cross_entropy(frame_logits.reshape(-1, ear.CLASSES), labels.reshape(-1), ignore_index=-100)
    return (ctc / lengths).mean(), frame, lp


def speaker_losses(speaker, scale, pool, rng, pairs=32):
    """Each speaker's two windows against all others in the batch, mostly speakers made from one teacher."""
    n = int(rng.integers(140, 320)) // 2 * 2
    choice = pool.by_voice[int(rng.integers(len(pool.by_voice)))] if rng.random() < 0.7 else pool.pairs
    cut = []
    for _ in range(pairs):
        warp = (rng.normal(0, 0.05), rng.normal(0, 0.7))    # one more speaker, when both items share it
        for item in choice[int(rng.integers(len(choice)))]:
            m = item["m"].astype(np.float32)
            m = np.resize(m, (n, ear.MELS)) if len(m) < n else m[(a := int(rng.integers(0, len(m) - n + 1))): a + n]
            # A colour of its own for each window: the room must not give the person away.
            cut.append(ear.speaker_level(torch.tensor(vary(rng, m, warp, colour=0.35), dtype=torch.float32)))
    e = speaker(torch.stack(cut))
    like = e[0::2] @ e[1::2].T * scale.exp().clamp(max=60)
    want = torch.arange(pairs)
    loss = (F.cross_entropy(like, want) + F.cross_entropy(like.T, want)) / 2
    return loss, (like.argmax(1) == want).float().mean()


def edits(a, b):
    row = np.arange(len(b) + 1)
    for i, x in enumerate(a):
        previous = row.copy()
        row[0] = i + 1
        for j, y in enumerate(b):
            row[j + 1] = min(previous[j] + (x != y), row[j] + 1, previous[j + 1] + 1)
    return int(row[-1])


def collapse(lp):
    best = lp.argmax(-1)
    return [int(p) for p, before in zip(best, np.concatenate([[0], best[:-1]])) if p and p != before]


def main(part, folder, checkpoint, minutes, resume=None):
    torch.set_num_threads(1)
    torch.manual_seed(0)
    rng = np.random.default_rng(int(time.time()))
    minutes = float(minutes)
    net = ear.Recogniser() if part == "recogniser" else ear.Speaker()
    scale = torch.nn.Parameter(torch.tensor(2.5))
    if resume:
        state = torch.load(resume)
        net.load_state_dict(state[part])
        scale.data = state["scale"]
    average = {k: v.clone() for k, v in net.state_dict().items()}
    print(f"{part} {sum(p.numel() for p in net.parameters()) / 1e6:.2f} M", flush=True)
    matrix = lambda name, p: part == "recogniser" and p.ndim == 2 and "head" not in name and "frames" not in name
    optimisers = [torch.optim.AdamW([p for n, p in net.named_parameters() if not matrix(n, p)] + [scale], FULL_RATE[part], betas=(0.9, 0.95), weight_decay=0.01)]
    if part == "recogniser":
        optimisers.append(Muon([p for n, p in net.named_parameters() if matrix(n, p)], FULL_RATE["matrices"]))
    full = [g["lr"] for o in optimisers for g in o.param_groups]
    pool = Pool(folder, keep_out={HELD_OUT_SHARD})
    while len(pool.pairs) < 100:
        pool.refresh()
        time.sleep(5)
    kept = list(np.load(Path(folder) / HELD_OUT_SHARD, allow_pickle=True)["items"])
    probe = [(torch.tensor(x["m"].astype(np.float32)[: len(x["m"]) // 3 * 3]), torch.tensor(x["phones"].astype(np.int64)),
              torch.full((len(x["m"]) // 3,), -100)) for x in kept[:48]]
    start, step, heard, smooth = time.time(), 0, 0, None

    def save():
        torch.save({part: net.state_dict(), "scale": scale.data, "average": average, "step": step, "heard_hours": heard / 360000,
                    "minutes": (time.time() - start) / 60}, checkpoint + ".tmp")
        os.replace(checkpoint + ".tmp", checkpoint)

    while True:
        gone = (time.time() - start) / 60
        if gone > minutes:
            break
        if step % 150 == 0:
            pool.refresh()
        rate = min(1.0, (step + 1) / 50) * max(0.02, min(1.0, (minutes - gone) / (DECAY * minutes)))
        for group, lr in zip((g for o in optimisers for g in o.param_groups), full):
            group["lr"] = lr * rate
        if part == "recogniser":
            items = batch(rng, pool)
            heard += sum(len(m) for m, _, _ in items)
            first, second, _ = recogniser_losses(net, items, rng)
            (3 * first + 0.5 * second).backward()
        else:
            first, second = speaker_losses(net, scale, pool, rng)
            first.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        for o in optimisers:
            o.step()
            o.zero_grad(set_to_none=True)
        step += 1
        keep = min(0.995, step / (step + 20))
        with torch.no_grad():
            for k, v in net.state_dict().items():
                average[k].lerp_(v, 1 - keep)
        now = torch.tensor([float(first.detach()), float(second.detach())])
        smooth = now if smooth is None else smooth * 0.98 + now * 0.02
        if step % 50 == 0:
            print(f"{step} {gone:.1f} min, pool {len(pool.pairs)} pairs fresh {pool.fresh / 360000:.1f} h, heard {heard / 360000:.2f} h; "
                  + ("ctc %.3f frame %.3f" if part == "recogniser" else "who %.3f right %.3f") % tuple(smooth.tolist()), flush=True)
        if step % 250 == 0:
            save()
            if part == "recogniser":
                judge = ear.Recogniser()
                judge.load_state_dict(average)
                judge.eval()
                with torch.no_grad():
                    wrong = total = 0
                    for i in range(0, len(probe), 8):
                        lp = recogniser_losses(judge, probe[i:i + 8])[2]
                        for row, (m, phones, _) in zip(lp.numpy(), probe[i:i + 8]):
                            wrong += edits(collapse(row[: len(m) // 3]), phones.tolist())
                            total += len(phones)
                print(f"   held-out synthetic phone error {wrong / total:.3f}", flush=True)
    save()


if __name__ == "__main__":
    main(*sys.argv[1:])
