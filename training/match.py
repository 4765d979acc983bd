"""Fits a speaker vector to a reference recording: the encoder's guesses, then pitch, equalisation and level as measured.

Nothing here needs WORLD; NETWORKS.md states each step for other implementations.
"""
import math

import numpy as np

import vocoder as v
from pseudo_speakers import (BASE, BASE_VOICES, BREATH, COSINES, CURVES, EQUAL, GAIN, PITCH, RANGE, SIZE, TEMPO, TRACT, TRACT_LIMITS, bend)

CUT = 640                     # samples compared at each lag
LAGS = np.arange(40, 268)     # 400 Hz down to 60 Hz
ENOUGH = 0.45                 # normalised correlation of a voiced frame
MOST_SECONDS = 15
LIKE = 0.85                   # a shorter lag wins when its peak reaches this share of the best


def pitch(wave):
    """Levelled samples -> log Hz each 10 ms, NaN where unvoiced. Normalised correlation, no smoothing."""
    wave = np.asarray(wave, np.float64)
    frames = len(wave) // v.HOP
    span = CUT + LAGS[-1] + 1
    padded = np.pad(wave, (span // 2, span))
    piece = padded[np.arange(frames)[:, None] * v.HOP + np.arange(span)[None]]
    size = 2048
    product = np.fft.irfft(np.conj(np.fft.rfft(piece[:, :CUT], size)) * np.fft.rfft(piece, size), size)[:, LAGS[0] - 1:LAGS[-1] + 2]
    energy = np.cumsum(np.pad(piece ** 2, ((0, 0), (1, 0))), 1)
    lags = np.arange(LAGS[0] - 1, LAGS[-1] + 2)
    there = np.stack([energy[:, l + CUT] - energy[:, l] if l + CUT < energy.shape[1] else energy[:, -1] - energy[:, l] for l in lags], 1)
    here = energy[:, CUT:CUT + 1]
    like = product / np.sqrt(here * there + 1e-9)
    middle = like[:, 1:-1]
    peak = (middle > like[:, :-2]) & (middle >= like[:, 2:])
    best = np.where(peak, middle, -1.0)
    top = best.max(1)
    first = (best >= LIKE * top[:, None]).argmax(1)
    out = np.full(frames, np.nan)
    rows = np.arange(frames)
    a, b, c = like[rows, first], like[rows, first + 1], like[rows, first + 2]
    shift = np.clip(0.5 * (a - c) / np.where(np.abs(a - 2 * b + c) < 1e-9, 1.0, a - 2 * b + c), -0.5, 0.5)
    loud = here[:, 0] / CUT > 0.08 ** 2 * 0.02
    good = (top > ENOUGH) & loud
    out[good] = np.log(v.RATE / (LAGS[first[good]] + shift[good]))
    return out


def pitch_statistics(log_hz):
    """Median and half the 16-84 percentile span, after dropping values further than 0.5 from the median."""
    heard = log_hz[~np.isnan(log_hz)]
    if len(heard) < 10:
        return None
    heard = heard[np.abs(heard - np.median(heard)) < 0.5]
    low, middle, high = np.percentile(heard, [16, 50, 84])
    return middle, max((high - low) / 2, 0.02)


def colour(picture, voiced):
    """Mean log-mel over voiced frames, as log amplitude, mean removed."""
    mean = 0.5 * picture[voiced].mean(0)
    return mean - mean.mean()


def calibration_wave(vector, deviation, voiced, envelope, rough):
    log_hz, envelope, rough = bend(vector, deviation, 0.0, envelope, rough)
    return v.synthesise(log_hz, voiced, envelope, rough, 0)


def loudness(wave):
    """What `level` divides by, in natural log."""
    frames = len(wave) // v.HOP
    return 0.5 * math.log(np.sort((wave[: frames * v.HOP].reshape(frames, v.HOP) ** 2).mean(1))[frames // 2:].mean() + 1e-10)


def settle_level(vector, calibration):
    """Sets the vector's gain so that the calibration utterance comes out at the common level."""
    vector[GAIN] = 0.0
    vector[GAIN] = math.log(0.08) - loudness(calibration_wave(vector, *calibration))
    return vector


def match(wave, reference, calibrations):
    """16 kHz samples, a `Reference`, and for each base voice (deviation, voiced, envelope, rough) -> speaker vector."""
    wave = v.level(np.asarray(wave, np.float32)[: MOST_SECONDS * v.RATE])
    picture = v.log_mel(wave)
    import torch  # here, so that scoring recordings needs no network
    with torch.no_grad():
        base, guess = reference(torch.from_numpy(picture)[None])
    base, guess = int(base.argmax()), guess[0].numpy()
    log_hz = pitch(wave)
    vector = np.zeros(SIZE, np.float32)
    vector[BASE + base] = 1.0
    vector[TRACT] = np.clip(guess[0], math.log(TRACT_LIMITS[0]), math.log(TRACT_LIMITS[1]))
    vector[BREATH] = np.clip(guess[1], -0.8, 0.8)
    vector[TEMPO] = np.clip(guess[2], -0.15, 0.15)
    calibration = calibrations[base]
    deviation, voiced = calibration[0], calibration[1] > 0.5
    own = pitch_statistics(np.where(voiced, deviation, np.nan))
    found = pitch_statistics(log_hz)
    if found is None:
        raise ValueError("no voiced speech found in the reference")
    vector[RANGE] = math.log(np.clip(found[1] / own[1], 0.6, 1.8))
    vector[PITCH] = found[0] - math.exp(vector[RANGE]) * own[0]
    wanted = colour(picture, ~np.isnan(log_hz))
    unit = COSINES / np.sqrt((COSINES ** 2).sum(1, keepdims=True))
    for _ in range(2):
        made = v.log_mel(v.level(calibration_wave(vector, *calibration)))
        step = unit @ (wanted - colour(made, voiced[: len(made)]))
        vector[EQUAL:EQUAL + CURVES] += 0.9 * step / np.sqrt((COSINES ** 2).sum(1))
    curve = vector[EQUAL:EQUAL + CURVES] @ COSINES
    vector[EQUAL:EQUAL + CURVES] *= min(1.0, 2.0 / max(np.abs(curve).max(), 1e-6))
    return settle_level(vector, calibration)
