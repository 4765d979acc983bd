"""The talker: phones and a base voice to codec codes, one block of 80 ms at a time.

A text encoder runs once per utterance and gives each phone a length; a causal transformer walks the 80 ms grid; a small
network then names the sixteen codes of a block one after another.
"""
import math

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import vocoder as v
from base_data import PHONES
from codec import LATENT, Block

SLOTS = 4                    # text positions looked up in a block, 20 ms each
BLOCK_SECONDS = v.HOP * v.FRAMES / v.RATE
SHORTEST, LONGEST = 0.02, 0.6   # seconds of a predicted phone
WINDOW = 64                  # blocks a step can look back on, itself included
STYLES = 4


class Norm(nn.Module):
    """x / rms(x) * weight."""

    def __init__(self, width):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, x):
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotary(positions, width):
    """(len, width/2) cosines and sines; pair i is (i, i + width/2)."""
    angle = positions[:, None].float() * (10000.0 ** (-torch.arange(width // 2) / (width // 2)))[None]
    return angle.cos(), angle.sin()


def turn(x, cosine, sine):
    a, b = x.chunk(2, -1)
    return torch.cat([a * cosine - b * sine, b * cosine + a * sine], -1)


class Layer(nn.Module):
    def __init__(self, width, heads, hidden):
        super().__init__()
        self.heads = heads
        self.before = Norm(width)
        self.query_key_value = nn.Linear(width, 3 * width, bias=False)
        self.query_norm, self.key_norm = Norm(width // heads), Norm(width // heads)
        self.join = nn.Linear(width, width, bias=False)
        self.between = Norm(width)
        self.gate_up = nn.Linear(width, 2 * hidden, bias=False)
        self.down = nn.Linear(hidden, width, bias=False)

    def forward(self, x, angles, mask, past=None):
        batch, time, width = x.shape
        q, k, value = self.query_key_value(self.before(x)).view(batch, time, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        q, k = turn(self.query_norm(q), *angles), turn(self.key_norm(k), *angles)
        if past is not None:
            if past:
                k, value = torch.cat([past[0], k], 2)[:, :, -WINDOW:], torch.cat([past[1], value], 2)[:, :, -WINDOW:]
            past[:] = [k, value]
        size = width // self.heads
        score = torch.bmm(q.reshape(-1, time, size) * size ** -0.5, k.reshape(batch * self.heads, -1, size).transpose(1, 2))
        if mask is not None:
            score = score + mask
        mixed = torch.bmm(score.softmax(-1), value.reshape(batch * self.heads, -1, size)).view(batch, self.heads, time, size)
        x = x + self.join(mixed.transpose(1, 2).reshape(batch, time, width))
        gate, up = self.gate_up(self.between(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Namer(nn.Module):
    """The code predictor: hidden state and the sum of the codes named so far -> scores of the next book's codes."""

    def __init__(self, width, books, tables, hidden=384, depth=2):
        super().__init__()
        self.books = books
        self.hidden = nn.Linear(width, width)
        self.partial = nn.Linear(LATENT, width, bias=False)
        self.book = nn.Parameter(torch.randn(books, width) * 0.02)
        self.norms = nn.ModuleList(Norm(width) for _ in range(depth))
        self.ups = nn.ModuleList(nn.Linear(width, hidden) for _ in range(depth))
        self.downs = nn.ModuleList(nn.Linear(hidden, width) for _ in range(depth))
        self.last = Norm(width)
        self.point = nn.Parameter(torch.randn(books, LATENT, width) * 0.1 * width ** -0.5)
        self.offset = nn.Parameter(torch.zeros(books, tables.shape[1]))
        size = tables[:books].pow(2).mean((1, 2), keepdim=True).sqrt()
        self.register_buffer("keys", tables[:books] / size)     # books, codes, LATENT
        self.register_buffer("size", size[:, 0, 0])

    def forward(self, hidden, partial, book=None):
        """hidden (rows, width), partial (rows, books, LATENT) -> (rows, books, codes); or one book with partial (rows, LATENT)."""
        if book is not None:
            x = self.hidden(hidden) + self.partial(partial) + self.book[book]
        else:
            x = self.hidden(hidden)[:, None] + self.partial(partial) + self.book
        for norm, up, down in zip(self.norms, self.ups, self.downs):
            x = x + down(F.silu(up(norm(x))))
        x = self.last(x)
        if book is not None:
            return (x @ self.point[book].T) @ self.keys[book].T + self.offset[book]
        point = torch.bmm(x.transpose(0, 1), self.point.transpose(1, 2))
        return torch.baddbmm(self.offset[:, None], point, self.keys.transpose(1, 2)).transpose(0, 1)


class Talker(nn.Module):
    def __init__(self, tables, books, width=256, heads=4, hidden=640, depth=5, text=256, slot=96):
        super().__init__()
        self.books, self.heads, self.width = books, heads, width
        self.register_buffer("tables", tables[:books].clone())
        self.phone = nn.Embedding(len(PHONES), text)
        self.style = nn.Linear(STYLES, text, bias=False)
        self.text = nn.ModuleList(Block(text, 5, 2, causal=False) for _ in range(4))
        self.length = nn.Sequential(nn.Linear(text, 128), nn.SiLU(), nn.Linear(128, 1))
        self.slot = nn.Linear(text, slot)
        self.place = nn.Linear(4, slot, bias=False)
        self.track = nn.Linear(SLOTS * slot, width)
        self.voice = nn.Linear(STYLES, width, bias=False)
        self.previous = nn.Linear(LATENT, width, bias=False)
        self.begin = nn.Parameter(torch.randn(width) * 0.02)
        self.layers = nn.ModuleList(Layer(width, heads, hidden) for _ in range(depth))
        self.last = Norm(width)
        self.namer = Namer(width, books, tables)
        self.guess = nn.Linear(width, LATENT)        # training only: the latent itself, a dense extra task

    def read(self, phones, style):
        """(batch, phones) ids, (batch, STYLES) -> contexts and log seconds of each phone."""
        x = self.phone(phones) + self.style(style)[:, None]
        for block in self.text:
            x = block(x)
        return x, self.length(x)[..., 0]

    def lay(self, context, index, place):
        """index (batch, blocks, SLOTS), place (batch, blocks, SLOTS, 4) -> (batch, blocks, width)."""
        batch, blocks, _ = index.shape
        chosen = torch.gather(self.slot(context), 1, index.reshape(batch, -1, 1).expand(-1, -1, self.slot.out_features))
        x = F.silu(chosen.view(batch, blocks, SLOTS, -1) + self.place(place))
        return self.track(x.reshape(batch, blocks, -1))

    def walk(self, x):
        time = x.shape[1]
        at = torch.arange(time)
        far = (at[:, None] < at[None]) | (at[:, None] - at[None] >= WINDOW)
        mask = torch.zeros(time, time).masked_fill(far, -1e9)
        angles = rotary(at, self.width // self.heads)
        for layer in self.layers:
            x = layer(x, angles, mask)
        return self.last(x)

    def forward(self, batch, share=0.35, drop=0.15, jitter=0.15):
        """A training batch -> losses (codes per book, length, guess)."""
        phones, filled, log_seconds, codes, real, index, place, style = batch
        context, lengths = self.read(phones, style)
        length = ((lengths - log_seconds).abs() * filled).sum() / filled.sum()
        rows = torch.stack([self.tables[b][codes[..., b]] for b in range(self.books)], 2)      # batch, blocks, books, LATENT
        sums = rows.cumsum(2)
        latent = sums[:, :, -1]
        before = latent[:, :-1]
        if self.training:
            before = before + jitter * torch.rand(len(codes), 1, 1) * torch.randn_like(before)
        back = self.previous(before)
        if self.training:
            back = back * (torch.rand(*back.shape[:2], 1) > drop)
        back = torch.cat([self.begin.expand(len(codes), 1, -1), back], 1)
        hidden = self.walk(self.lay(context, index, place) + self.voice(style)[:, None] + back)[real]
        target, latent, sums = codes[real], latent[real], sums[real]
        guess = (self.guess(hidden) - latent).abs().mean()
        pick = torch.randperm(len(hidden))[: max(16, int(len(hidden) * share))]
        partial = torch.cat([torch.zeros_like(sums[pick, :1]), sums[pick, :-1]], 1)
        score = self.namer(hidden[pick], partial)
        target = target[pick]
        each = F.cross_entropy(score.flatten(0, 1), target.flatten(), reduction="none").view(-1, self.books).mean(0)
        return each, length, guess

    @torch.no_grad()
    def seconds(self, phones, style, tempo=0.0):
        """-> (contexts, end of each phone in seconds)."""
        context, lengths = self.read(torch.as_tensor(phones)[None], torch.as_tensor(style)[None])
        seconds = np.clip(np.exp(lengths[0].double().numpy()), SHORTEST, LONGEST) * math.exp(-tempo)
        return context, np.cumsum(seconds)

    @torch.no_grad()
    def speak(self, phones, style, tempo=0.0, seed=0, heat=(0.4, 0.3), top=20, ends=None, trace=None):
        """-> codes (blocks, books). The same seed gives the same codes whatever else is being said."""
        context, predicted = self.seconds(phones, style, tempo)
        index, place = slots(predicted if ends is None else ends)
        lane = self.lay(context, torch.from_numpy(index)[None], torch.from_numpy(place)[None]) + self.voice(torch.as_tensor(style)[None])[:, None]
        past, before, out = [[] for _ in self.layers], self.begin, []
        for step in range(lane.shape[1]):
            x = (lane[0, step] + before)[None, None]
            angles = rotary(torch.tensor([step]), self.width // self.heads)
            for layer, kept in zip(self.layers, past):
                x = layer(x, angles, None, kept)
            hidden = self.last(x)[0]
            total, names, scores = torch.zeros(1, LATENT), [], []
            for book in range(self.books):
                score = self.namer(hidden, total, book)[0]
                names.append(choose(score.numpy(), heat[0] if book == 0 else heat[1], top, seed, step, book))
                total = total + self.tables[book][names[-1]]
                scores.append(score)
            before = self.previous(total)[0]
            out.append(names)
            if trace is not None:
                trace.append((hidden[0], torch.stack(scores), total[0]))
        return np.array(out)


def choose(score, heat, top, seed, step, book):
    """Top-k sampling with a counter-based draw: sort by (score descending, index ascending), softmax at `heat`, inverse of the running sum."""
    order = np.lexsort((np.arange(len(score)), -score))[:top]
    if heat <= 0:
        return int(order[0])
    weight = np.exp((score[order] - score[order[0]]) / np.float32(heat)).astype(np.float32)
    draw = v.uniform(seed, np.uint64(step * 64 + book)) * weight.sum(dtype=np.float32)
    total = np.float32(0)
    for place, w in enumerate(weight):
        total += w
        if draw < total:
            return int(order[place])
    return int(order[-1])


def slots(ends, blocks=None):
    """Ends of phones in seconds -> (blocks, SLOTS) phone numbers and (blocks, SLOTS, 4) places within the phone."""
    ends = np.asarray(ends, np.float64)
    blocks = blocks or max(2, int(math.ceil(ends[-1] / BLOCK_SECONDS - 1e-6)))
    at = (np.arange(blocks * SLOTS) + 0.5) * (BLOCK_SECONDS / SLOTS)
    index = np.minimum(np.searchsorted(ends, at, side="right"), len(ends) - 1)
    begin = np.concatenate([[0.0], ends[:-1]])[index]
    end = ends[index]
    place = np.stack([np.clip((at - begin) / 0.1, 0, 3), np.clip((end - at) / 0.1, -1, 3),
                      np.clip((at - begin) / np.maximum(end - begin, 1e-3), 0, 1.5), np.clip((end - begin) / 0.1, 0, 4)], -1)
    return index.reshape(blocks, SLOTS), place.reshape(blocks, SLOTS, 4).astype(np.float32)
