"""The codec: blocks of eight parameter frames (80 ms) to residual-quantised codes and, causally, back.

The encoder is used in training only: the product ships the code tables and the decoder.
"""
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

import vocoder as v

CODEBOOKS, CODES, LATENT = 16, 512, 64
PITCH_SCALE = 0.25
LOW, HIGH = 2, 2 + v.BANDS


def pack(log_hz, mean_log_hz, voiced, envelope, aperiodicity):
    """Parameters of a base voice -> (frames, 90), roughly unit scale; pitch is relative to the utterance's mean."""
    return np.concatenate([((log_hz - mean_log_hz) / PITCH_SCALE)[:, None], (voiced * 2 - 1)[:, None],
                           (envelope + 7.0) / 2.0, (aperiodicity + 1.5) / 1.5], 1).astype(np.float32)


def unpack(frames):
    """(frames, 90) -> (pitch deviation, voiced 0/1, envelope, aperiodicity)."""
    return (frames[:, 0] * PITCH_SCALE, (frames[:, 1] > 0).astype(np.float32), frames[:, LOW:HIGH] * 2.0 - 7.0,
            np.minimum(frames[:, HIGH:] * 1.5 - 1.5, 0.0))


class Block(nn.Module):
    """x + scale * mlp(norm(depthwise(x))); causal unless told otherwise. (batch, time, width)."""

    def __init__(self, width, kernel, expand, causal=True):
        super().__init__()
        self.kernel, self.causal = kernel, causal
        self.conv = nn.Conv1d(width, width, kernel, groups=width)
        self.norm = nn.LayerNorm(width, eps=1e-5)
        self.up = nn.Linear(width, width * expand)
        self.down = nn.Linear(width * expand, width)
        self.scale = nn.Parameter(torch.full((width,), 0.2))

    def forward(self, x):
        pad = (self.kernel - 1, 0) if self.causal else (self.kernel // 2, self.kernel // 2)
        h = self.conv(F.pad(x.transpose(1, 2), pad)).transpose(1, 2)
        return x + self.scale * self.down(F.silu(self.up(self.norm(h))))


class Quantiser(nn.Module):
    """Residual vector quantisation; tables follow the data by moving averages."""

    def __init__(self, books=CODEBOOKS, codes=CODES, width=LATENT):
        super().__init__()
        self.books, self.codes = books, codes
        self.register_buffer("tables", torch.randn(books, codes, width) * 0.1)
        self.register_buffer("count", torch.ones(books, codes))
        self.register_buffer("total", self.tables.clone())

    def nearest(self, rest, book):
        table = self.tables[book]
        return (table.pow(2).sum(1)[None] - 2 * rest @ table.T).argmin(1)

    def forward(self, latent, learn=False, keep=None):
        """(batch, blocks, width) -> (quantised with straight-through gradient, codes, commitment)."""
        rest = latent.detach().reshape(-1, latent.shape[-1]).float()
        if learn and keep is None:
            keep = torch.randint(2, self.books + 1, latent.shape[:1])
            keep[torch.rand(latent.shape[0]) < 0.75] = self.books
            keep = keep.repeat_interleave(latent.shape[1])
        out, codes = torch.zeros_like(rest), []
        for book in range(self.books):
            index = self.nearest(rest, book)
            value = self.tables[book][index]
            if learn:
                self._follow(book, index, rest)
            out = out + (value if keep is None else value * (keep > book).float()[:, None])
            rest = rest - value
            codes.append(index)
        out = out.view_as(latent)
        commit = (latent.float() - out).pow(2).mean()
        return latent + (out - latent).detach(), torch.stack(codes, 1).view(*latent.shape[:2], self.books), commit

    @torch.no_grad()
    def _follow(self, book, index, rest):
        count = torch.bincount(index, minlength=self.codes).float()
        total = torch.zeros_like(self.tables[book]).index_add_(0, index, rest)
        self.count[book].mul_(0.985).add_(count, alpha=0.015)
        self.total[book].mul_(0.985).add_(total, alpha=0.015)
        self.tables[book] = self.total[book] / (self.count[book][:, None] + 1e-5)
        dead = self.count[book] < 0.05
        if dead.any():
            self.tables[book][dead] = rest[torch.randint(0, len(rest), (int(dead.sum()),))]
            self.count[book][dead] = 0.2
            self.total[book][dead] = self.tables[book][dead] * 0.2

    @torch.no_grad()
    def fit(self, rest, rounds=8):
        """k-means, one book after another, on (many, width)."""
        rest = rest.float().clone()
        for book in range(self.books):
            self.tables[book] = rest[torch.randperm(len(rest))[: self.codes]]
            for _ in range(rounds):
                index = self.nearest(rest, book)
                count = torch.bincount(index, minlength=self.codes).float()
                total = torch.zeros_like(self.tables[book]).index_add_(0, index, rest)
                used = count > 0
                self.tables[book][used] = total[used] / count[used][:, None]
                self.tables[book][~used] = rest[torch.randint(0, len(rest), (int((~used).sum()),))]
            self.count[book] = count.clamp(min=0.5) * (768 / len(rest))
            self.total[book] = self.tables[book] * self.count[book][:, None]
            rest = rest - self.tables[book][self.nearest(rest, book)]

    def embed(self, codes):
        """(..., books) -> (..., width): the sum of the chosen rows."""
        return sum(self.tables[book][codes[..., book]] for book in range(codes.shape[-1]))


class Decoder(nn.Module):
    def __init__(self, width=384, fine=256):
        super().__init__()
        self.fine = fine
        self.inward = nn.Linear(LATENT, width)
        self.coarse = nn.ModuleList(Block(width, 4, 3) for _ in range(3))
        self.spread = nn.Linear(width, v.FRAMES * fine)
        self.blocks = nn.ModuleList(Block(fine, 5, 2) for _ in range(3))
        self.outward = nn.Linear(fine, v.PARAMETERS)
        self.direct = nn.Linear(LATENT, v.FRAMES * v.PARAMETERS)

    def forward(self, latent):
        batch, blocks, _ = latent.shape
        h = self.inward(latent)
        for block in self.coarse:
            h = block(h)
        h = self.spread(h).reshape(batch, blocks * v.FRAMES, self.fine)
        for block in self.blocks:
            h = block(h)
        return self.outward(h) + self.direct(latent).reshape(batch, blocks * v.FRAMES, v.PARAMETERS)


class Codec(nn.Module):
    def __init__(self, width=384, fine=256, books=CODEBOOKS, codes=CODES):
        super().__init__()
        self.inward = nn.Linear(v.PARAMETERS * v.FRAMES, width)
        self.context = nn.ModuleList(Block(width, 3, 2, causal=False) for _ in range(2))
        self.outward = nn.Linear(width, LATENT)
        self.direct = nn.Linear(v.PARAMETERS * v.FRAMES, LATENT)
        self.quantiser = Quantiser(books, codes)
        self.decoder = Decoder(width, fine)

    @torch.no_grad()
    def start(self, blocks):
        """Begins at the principal components of (many, 720) blocks, so that training starts from a working linear codec."""
        weight = torch.ones(v.FRAMES, v.PARAMETERS)
        weight[:, HIGH:] = 0.5
        weight = weight.reshape(-1)
        mean = blocks.mean(0)
        centred = (blocks - mean) * weight
        values, vectors = torch.linalg.eigh(centred.T @ centred / len(blocks))
        vectors, size = vectors[:, -LATENT:], values[-LATENT:].mean().sqrt()
        self.direct.weight.copy_((vectors / size).T * weight)
        self.direct.bias.copy_(-self.direct.weight @ mean)
        self.decoder.direct.weight.copy_(vectors * size / weight[:, None])
        self.decoder.direct.bias.copy_(mean)
        for layer in (self.outward, self.decoder.outward):
            layer.weight.mul_(0.1)
            layer.bias.zero_()

    def encode(self, frames):
        blocks = frames.reshape(frames.shape[0], frames.shape[1] // v.FRAMES, -1)
        h = self.inward(blocks)
        for block in self.context:
            h = block(h)
        return self.outward(h) + self.direct(blocks)

    def forward(self, frames, learn=False):
        latent, codes, commit = self.quantiser(self.encode(frames), learn)
        return self.decoder(latent), codes, commit


def losses(made, true, mask):
    """Envelope, its slope in time, its ripple over frequency, pitch, voicing, aperiodicity; loud frames weigh more."""
    made = made.float()
    voiced = (true[..., 1:2] > 0).float()
    loud = true[..., LOW:LOW + 48].mean(-1, keepdim=True)
    weight = mask[..., None] * (0.25 + torch.sigmoid((loud - 0.5) * 4))
    a, b = made[..., LOW:HIGH], true[..., LOW:HIGH]
    envelope = ((a - b).abs() * weight).mean()
    slope = (((a[:, 1:] - a[:, :-1]) - (b[:, 1:] - b[:, :-1])).abs() * weight[:, 1:]).mean()
    ripple = (((a[..., 3:] - a[..., :-3]) - (b[..., 3:] - b[..., :-3])).abs() * weight).mean()
    pitch = ((made[..., :1] - true[..., :1]).abs() * (0.03 + 0.97 * voiced) * mask[..., None]).mean()
    voicing = (F.binary_cross_entropy_with_logits(made[..., 1:2] * 3, voiced, reduction="none") * mask[..., None]).mean()
    rough = ((made[..., HIGH:] - true[..., HIGH:]).abs() * (0.1 + 0.9 * voiced) * mask[..., None]).mean()
    return envelope, slope, ripple, pitch, voicing, rough


WEIGHTS = (1.0, 0.5, 0.5, 1.0, 0.3, 0.3)
