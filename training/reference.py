"""The reference encoder: a log-mel picture of someone speaking to the numbers of a pseudo-speaker.

It says which base voice is nearest, the tract length relative to it, breathiness and tempo. Pitch and equalisation are
measured, not guessed: `match.py`.
"""
import torch
import torch.nn.functional as F
from torch import nn

import vocoder as v
from pseudo_speakers import BASE_VOICES

GUESSES = 3        # tract, breath, tempo
SCALES = torch.tensor([0.1, 0.4, 0.1])


class Reference(nn.Module):
    """(batch, frames, 80) log mel of a levelled wave -> base scores (batch, 3), guesses (batch, 3)."""

    def __init__(self, width=128):
        super().__init__()
        self.inward = nn.Conv1d(v.BANDS, width, 5, 2, 2)
        self.convs = nn.ModuleList(nn.Conv1d(width, width, 3, padding=d, dilation=d) for d in (1, 2, 4))
        self.norms = nn.ModuleList(nn.LayerNorm(width, eps=1e-5) for _ in range(3))
        self.attend = nn.Linear(width, width)
        self.hidden = nn.Linear(2 * width, width)
        self.base = nn.Linear(width, len(BASE_VOICES))
        self.guess = nn.Linear(width, GUESSES)

    def forward(self, picture):
        x = F.silu(self.inward(((picture + 12.0) / 4.0).transpose(1, 2))).transpose(1, 2)
        for conv, norm in zip(self.convs, self.norms):
            x = x + F.silu(norm(conv(x.transpose(1, 2)).transpose(1, 2)))
        weight = self.attend(x).softmax(1)
        mean = (x * weight).sum(1)
        spread = ((x * x * weight).sum(1) - mean * mean).clamp(min=1e-4).sqrt()
        h = F.silu(self.hidden(torch.cat([mean, spread], -1)))
        return self.base(h), self.guess(h) * SCALES
