"""The ear: the picture of sound it looks at, its two networks, and how its answers are scored. EAR.md states the same maths."""
import json
import math
from pathlib import Path

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F

RATE, HOP, WINDOW, FFT, MELS = 16000, 160, 400, 512, 64
LOW_HZ, HIGH_HZ, TOP_HZ = 60.0, 7600.0, 7990.0
STACK, REACH = 3, 3                 # frames in one step of the recogniser, frames seen to each side of it
SPEAKER_STACK, SPEAKER_REACH = 2, 2
RANGE = 9.0                         # natural-log range kept below the loudest cell
PHONES = ("aa ae ah ao aw ay b ch d dh eh er ey f g hh ih iy jh k l m n ng ow oy p r s sh t th uh uw v w y z zh").split()
NUMBER = {p: i + 1 for i, p in enumerate(PHONES)}   # 0 is the blank
NUMBER.update({"ax": NUMBER["ah"], "axr": NUMBER["er"], "pau": 0})
CLASSES = len(PHONES) + 1


def mel(hz):
    return 1127.0 * np.log1p(np.asarray(hz) / 700.0)


def filters(warp=1.0):
    """(FFT/2+1, MELS): triangles on the mel axis, edges multiplied by `warp`, columns scaled to sum 1."""
    hz = 700.0 * np.expm1(np.linspace(mel(LOW_HZ), mel(HIGH_HZ), MELS + 2) / 1127.0)
    hz = np.minimum(hz * warp, TOP_HZ) + 0.001 * np.arange(MELS + 2)
    f = np.arange(FFT // 2 + 1) * RATE / FFT
    out = np.zeros((len(f), MELS))
    for i in range(MELS):
        a, b, c = hz[i:i + 3]
        out[:, i] = np.maximum(0.0, np.minimum((f - a) / (b - a), (c - f) / (c - b)))
    return (out / np.maximum(out.sum(0), 1e-3)).astype(np.float32)


HANN = torch.hann_window(WINDOW)


def spectrum(wave):
    """(samples,) -> (samples // HOP, FFT/2+1) magnitudes of the levelled, pre-emphasised wave; frame t is centred on t*HOP."""
    x = torch.as_tensor(np.asarray(wave, np.float32))
    x = x - x.mean()
    x = x / (x.pow(2).mean().sqrt() + 1e-5)
    x = x - 0.9 * F.pad(x, (1, 0))[:-1]
    out = torch.stft(x, FFT, HOP, WINDOW, HANN, center=True, pad_mode="constant", return_complex=True).abs()
    return out.T[: len(x) // HOP]


def picture(wave, warp=1.0):
    return torch.log(spectrum(wave) @ torch.tensor(filters(warp)) + 1e-5)


def level(m):
    """(frames, MELS) -> what the recogniser sees: floor, mean of each band to 0, mean spread to 1."""
    m = m.clamp(min=float(m.amax()) - RANGE)
    m = m - m.mean(0, keepdim=True)
    return m / (m.std(0, correction=0).mean() + 0.1)


def speaker_level(m):
    """(frames, MELS) -> what the speaker network sees: the colour of the voice stays, the loudness goes."""
    m = m.clamp(min=float(m.amax()) - RANGE)
    loud = m.mean(1)
    heard = loud >= loud.amax() - 4.0
    return (m - m[heard].mean()) / 2.0


def stack(x, size, reach):
    """(B, T, C) with T a multiple of size -> (B, T/size, (size + 2 reach) C): own frames with neighbours, zeros outside."""
    b, t, c = x.shape
    p = F.pad(x, (0, 0, reach, reach))
    return p.unfold(1, size + 2 * reach, size).permute(0, 1, 3, 2).reshape(b, t // size, -1)


class Block(nn.Module):
    """x + back(relu(into(norm(depthwise(x)))))"""

    def __init__(self, width, taps, times):
        super().__init__()
        self.depthwise = nn.Conv1d(width, width, taps, padding=taps // 2, groups=width)
        self.norm = nn.LayerNorm(width)
        self.into = nn.Linear(width, times * width)
        self.back = nn.Linear(times * width, width)
        nn.init.normal_(self.back.weight, std=0.01)
        nn.init.zeros_(self.back.bias)

    def forward(self, x):
        h = self.depthwise(x.transpose(1, 2)).transpose(1, 2)
        return x + self.back(F.relu(self.into(self.norm(h))))


class Recogniser(nn.Module):
    def __init__(self, width=256, taps=11, times=2, depth=8):
        super().__init__()
        self.entry = nn.Linear((STACK + 2 * REACH) * MELS, width)
        self.blocks = nn.ModuleList(Block(width, taps, times) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, CLASSES)
        self.frames = nn.Linear(width, CLASSES)      # frame labels, in training only

    def forward(self, x):
        """(B, T, MELS) levelled, T a multiple of STACK -> two times (B, T/STACK, CLASSES) logits."""
        h = self.entry(stack(x, STACK, REACH))
        for block in self.blocks:
            h = block(h)
        h = self.norm(h)
        return self.head(h), self.frames(h)


class Speaker(nn.Module):
    def __init__(self, width=160, taps=5, times=2, depth=4, out=128):
        super().__init__()
        self.entry = nn.Linear((SPEAKER_STACK + 2 * SPEAKER_REACH) * MELS, width)
        self.blocks = nn.ModuleList(Block(width, taps, times) for _ in range(depth))
        self.norm = nn.LayerNorm(width)
        self.attend = nn.Linear(width, width)
        self.out = nn.Linear(2 * width, out)

    def forward(self, x):
        """(B, T, MELS) speaker-levelled -> (B, 128) of unit length."""
        h = self.entry(stack(x[:, : x.shape[1] // SPEAKER_STACK * SPEAKER_STACK], SPEAKER_STACK, SPEAKER_REACH))
        for block in self.blocks:
            h = block(h)
        h = self.norm(h)
        w = self.attend(h).softmax(1)
        mean = (w * h).sum(1)
        spread = ((w * h * h).sum(1) - mean * mean).clamp(min=1e-4).sqrt()
        return F.normalize(self.out(torch.cat([mean, spread], 1)), dim=-1)


class Ear:
    """Both networks with their export, for measuring and for golden tensors."""

    def __init__(self, recogniser, speaker, warps=(0.92, 1.0, 1.08)):
        self.recogniser, self.speaker, self.warps = recogniser.eval(), speaker.eval(), warps
        self.banks = {w: torch.tensor(filters(w)) for w in set(warps) | {1.0}}

    @torch.no_grad()
    def log_probs(self, wave, warps=None):
        """(steps, CLASSES): mean of the warps' log-probabilities, normalised again."""
        s = spectrum(wave)
        s = s[: len(s) // STACK * STACK]
        x = torch.stack([level(torch.log(s @ self.banks[w] + 1e-5)) for w in warps or self.warps])
        return self.recogniser(x)[0].log_softmax(-1).mean(0).log_softmax(-1).numpy()

    @torch.no_grad()
    def embedding(self, wave):
        x = torch.log(spectrum(wave) @ self.banks[1.0] + 1e-5)
        return self.speaker(speaker_level(x)[None])[0].numpy()


# Scores -------------------------------------------------------------------------------------

def log_likelihoods(lp, sequences):
    """CTC log-likelihood of each phone-number sequence, all steps of `lp` used."""
    lp = torch.as_tensor(lp)
    n = len(sequences)
    lengths = torch.tensor([len(s) for s in sequences])
    flat = torch.tensor([p for s in sequences for p in s])
    many = lp[:, None].expand(-1, n, -1).contiguous()
    return -F.ctc_loss(many, flat, torch.full((n,), len(lp)), lengths, reduction="none").numpy()


def export(recogniser, speaker, settings, folder, dtype=torch.float16):
    from safetensors.torch import save_file
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    tensors = {}
    for prefix, net in (("recogniser.", recogniser), ("speaker.", speaker)):
        for name, value in net.state_dict().items():
            if name.startswith("frames."):
                continue
            if name.endswith("depthwise.weight"):
                value = value[:, 0]
            tensors[prefix + name] = value.detach().to(dtype).contiguous()
    save_file(tensors, str(folder / "ear.safetensors"))
    (folder / "ear.safetensors").chmod(0o644)
    (folder / "ear.json").write_text(json.dumps(settings, indent=1) + "\n")


def restore(folder):
    """Back from an export (half precision widened to single), so that measurements are of what ships."""
    from safetensors.torch import load_file
    tensors = load_file(str(Path(folder) / "ear.safetensors"))
    settings = json.loads((Path(folder) / "ear.json").read_text())
    nets = []
    for prefix, net in (("recogniser.", Recogniser()), ("speaker.", Speaker())):
        state = net.state_dict()
        for name in state:
            if name.startswith("frames."):
                continue
            value = tensors[prefix + name].float()
            state[name] = value[:, None] if name.endswith("depthwise.weight") else value
        net.load_state_dict(state)
        nets.append(net)
    return Ear(*nets, warps=tuple(settings["recogniser"]["warps"])), settings
