"""The voice's signal domain: the mel axis, the parameters of a frame, the source-filter synthesis and the log-mel picture.

NETWORKS.md states the same arithmetic for other implementations. Nothing here is trained.
"""
import math

import numpy as np

RATE = 16000            # Hz
HOP = 160               # samples in a frame, 10 ms
FRAMES = 8              # frames in a block; one block is one step of the talker, 80 ms
BANDS = 80              # points of the log-amplitude envelope
NOISE_BANDS = 8         # points of the log aperiodicity
PARAMETERS = 2 + BANDS + NOISE_BANDS
FFT = 1024
BINS = FFT // 2 + 1
TOP_MEL = 1127.0 * math.log1p(8000.0 / 700.0)
NOISE_HZ = np.array([250, 750, 1500, 2500, 3500, 4500, 5500, 7000], np.float64)
QUIETEST = -13.0        # an envelope never goes below this (natural log of amplitude)
MEL_FLOOR = 1e-5


def mel(hz):
    return 1127.0 * np.log1p(np.asarray(hz, np.float64) / 700.0)


def hertz(mels):
    return 700.0 * np.expm1(np.asarray(mels, np.float64) / 1127.0)


BIN_HZ = np.arange(BINS) * RATE / FFT
BAND_MEL = np.linspace(0.0, TOP_MEL, BANDS)
BAND_HZ = hertz(BAND_MEL)


def _spread(points, at):
    """(len(points), len(at)): linear interpolation as a matrix, constant beyond the ends."""
    return np.stack([np.interp(at, points, row) for row in np.eye(len(points))])


ENVELOPE_TO_BINS = _spread(BAND_MEL, mel(BIN_HZ)).astype(np.float32)      # BANDS, BINS
NOISE_TO_BINS = _spread(NOISE_HZ, BIN_HZ).astype(np.float32)              # NOISE_BANDS, BINS


def _mel_filters():
    """(BINS, BANDS): triangles centred on the envelope's points, each scaled to sum 1."""
    step = TOP_MEL / (BANDS - 1)
    bank = np.maximum(0.0, 1.0 - np.abs(mel(BIN_HZ)[:, None] - BAND_MEL[None, :]) / step)
    return (bank / bank.sum(0, keepdims=True)).astype(np.float32)


MEL_FILTERS = _mel_filters()
WINDOW = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FFT) / FFT)).astype(np.float32)
GRAIN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(2 * HOP) / (2 * HOP))).astype(np.float32)
CEPSTRUM_FOLD = np.concatenate([[1.0], np.full(FFT // 2 - 1, 2.0), [1.0], np.zeros(FFT // 2 - 1)]).astype(np.float32)


def log_mel(wave):
    """samples -> (frames, BANDS): ln(mean power in the triangle / window energy + floor); frame k is centred on k*HOP."""
    wave = np.asarray(wave, np.float32)
    frames = len(wave) // HOP
    padded = np.pad(wave, (FFT // 2, FFT))
    cut = padded[np.arange(frames)[:, None] * HOP + np.arange(FFT)[None, :]] * WINDOW
    power = np.abs(np.fft.rfft(cut, axis=1)) ** 2 / float((WINDOW ** 2).sum())
    return np.log(power.astype(np.float32) @ MEL_FILTERS + MEL_FLOOR ** 2)


def level(wave):
    """The wave at a root mean square of 0.08 over its louder half of frames; what the encoder and the match hear."""
    wave = np.asarray(wave, np.float32)
    frames = len(wave) // HOP
    if frames == 0:
        return wave
    power = np.sort((wave[: frames * HOP].reshape(frames, HOP) ** 2).mean(1))[frames // 2:].mean()
    return wave * np.float32(0.08 / math.sqrt(power + 1e-10))


MASK = (1 << 64) - 1


def mix(x):
    """SplitMix64's finaliser on numpy uint64 values."""
    x = np.asarray(x, np.uint64)
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def uniform(seed, counter):
    """[0, 1) with 24 bits; a pure function of (seed, counter)."""
    with np.errstate(over="ignore"):
        word = mix(mix(np.uint64(seed & MASK)) ^ np.asarray(counter, np.uint64))
    return ((word >> np.uint64(40)).astype(np.float64) / float(1 << 24)).astype(np.float32)


def noise(seed, start, count):
    """White, unit variance, uniform; sample n of an utterance depends on (seed, n) only."""
    at = np.arange(start, start + count, dtype=np.uint64)
    return ((uniform(seed ^ 0x6E6F697365, at) - 0.5) * np.float32(math.sqrt(12.0))).astype(np.float32)


def minimum_phase(log_amplitude):
    """(..., BINS) -> complex (..., BINS): the causal filter with this log amplitude (folded real cepstrum)."""
    cepstrum = np.fft.irfft(log_amplitude, n=FFT, axis=-1)
    return np.exp(np.fft.rfft(cepstrum * CEPSTRUM_FOLD, n=FFT, axis=-1))


class Synthesiser:
    """Parameters in, samples out, one frame after another; the output lags by one hop (10 ms)."""

    def __init__(self, seed):
        self.seed = seed
        self.phase = 0.0                              # cycles since the last pulse, [0, 1)
        self.last_hz = None
        self.count = 0                                # samples of excitation made
        self.pulses = np.zeros(HOP + 1, np.float32)   # previous hop, plus one sample spilt into the next
        self.noise = np.zeros(HOP, np.float32)
        self.tail = np.zeros(FFT, np.float32)

    def _excite(self, hz, voiced):
        before = hz if self.last_hz is None else self.last_hz
        self.last_hz = hz
        pulses = np.zeros(HOP + 1, np.float32)
        pulses[0] = self.pulses[HOP]
        for n in range(HOP):
            f = before + (hz - before) * (n + 1) / HOP
            step = f / RATE
            self.phase += step
            if self.phase >= 1.0:
                self.phase -= 1.0
                if voiced:
                    late = min(max(self.phase / step, 0.0), 1.0)   # samples since the pulse truly fell
                    size = math.sqrt(RATE / f)
                    # the pulse fell `late` before sample n, so it is shared by n and n + 1 mirrored: a delay of 1 - late
                    pulses[n] += size * late
                    pulses[n + 1] += size * (1.0 - late)
        hiss = noise(self.seed, self.count, HOP)
        self.count += HOP
        return pulses, hiss

    def frame(self, log_hz, voiced, envelope, aperiodicity):
        """One frame -> HOP samples."""
        pulses, hiss = self._excite(math.exp(log_hz), voiced)
        spectrum = np.asarray(envelope, np.float32) @ ENVELOPE_TO_BINS
        response = minimum_phase(spectrum)
        rough = np.minimum(np.exp(np.asarray(aperiodicity, np.float32) @ NOISE_TO_BINS), 1.0) if voiced else np.ones(BINS, np.float32)
        smooth = np.sqrt(np.maximum(0.0, 1.0 - rough * rough))
        p = np.concatenate([self.pulses[:HOP], pulses[:HOP]]) * GRAIN
        h = np.concatenate([self.noise, hiss]) * GRAIN
        mixed = np.fft.rfft(p, FFT) * smooth + np.fft.rfft(h, FFT) * rough
        self.tail += np.fft.irfft(mixed * response, FFT).astype(np.float32)
        out = self.tail[:HOP].copy()
        self.tail = np.concatenate([self.tail[HOP:], np.zeros(HOP, np.float32)])
        self.pulses, self.noise = pulses, hiss
        return out


def synthesise(log_hz, voiced, envelope, aperiodicity, seed=0):
    """All frames at once, vectorised; equals `Synthesiser` frame by frame (the test compares them)."""
    log_hz, voiced = np.asarray(log_hz, np.float64), np.asarray(voiced) > 0.5
    frames, count = len(log_hz), len(log_hz) * HOP
    hz = np.exp(log_hz)
    before = np.concatenate([hz[:1], hz[:-1]])
    ramp = (np.arange(HOP) + 1) / HOP
    f = (before[:, None] + (hz - before)[:, None] * ramp[None, :]).reshape(-1)
    total = np.cumsum(f / RATE)
    whole = np.floor(total)
    hit = (np.diff(whole, prepend=0.0) > 0) & np.repeat(voiced, HOP)
    late = np.clip((total - whole) / (f / RATE), 0.0, 1.0)
    size = np.where(hit, np.sqrt(RATE / f), 0.0)
    pulses = size * late
    pulses[1:] += (size * (1.0 - late))[:-1]
    hiss = noise(seed, 0, count)

    def grains(x):
        padded = np.concatenate([np.zeros(HOP, np.float32), x.astype(np.float32)])
        return np.fft.rfft(padded[np.arange(frames)[:, None] * HOP + np.arange(2 * HOP)] * GRAIN, FFT, axis=1)

    response = minimum_phase(np.asarray(envelope, np.float32) @ ENVELOPE_TO_BINS)
    rough = np.minimum(np.exp(np.asarray(aperiodicity, np.float32) @ NOISE_TO_BINS), 1.0)
    rough = np.where(voiced[:, None], rough, 1.0)
    pieces = np.fft.irfft((grains(pulses) * np.sqrt(np.maximum(0, 1 - rough ** 2)) + grains(hiss) * rough) * response, FFT, axis=1)
    out = np.zeros(count + FFT, np.float64)
    for k in range(frames):
        out[k * HOP:k * HOP + FFT] += pieces[k]
    return out[:count].astype(np.float32)
