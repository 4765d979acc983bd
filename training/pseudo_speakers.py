"""Unlimited speakers from few teachers: a teacher's parameters, bent by a small set of readable numbers.

A speaker is 32 numbers (NETWORKS.md, "speaker vector"): which base voice, pitch, pitch range, vocal-tract length,
breathiness, rate, and fifteen cosines of equalisation. The voice applies the same transform after its decoder.
"""
import math

import numpy as np

import vocoder as v

SIZE = 32
BASE, PITCH, RANGE, TRACT, BREATH, TEMPO, GAIN, EQUAL = 0, 4, 5, 6, 7, 8, 9, 17   # places in the vector; EQUAL has 15 numbers
CURVES = 15
BASE_VOICES = ("slt", "rms", "awb")
BASE_PITCH = {"slt": math.log(172.0), "rms": math.log(100.0), "awb": math.log(128.0), "kal16": math.log(105.0)}
PITCH_LIMITS = {"slt": (115.0, 300.0), "rms": (72.0, 230.0), "awb": (75.0, 240.0), "kal16": (72.0, 230.0)}
TRACT_LIMITS = (0.80, 1.28)
COSINES = np.stack([np.cos(np.pi * k * (np.arange(v.BANDS) + 0.5) / v.BANDS) for k in range(1, CURVES + 1)]).astype(np.float32)
EQUAL_SPREAD = np.array([0.5, 0.32, 0.26, 0.22, 0.18, 0.15, 0.13, 0.11, 0.1, 0.09, 0.08, 0.07, 0.06, 0.05, 0.05], np.float32)


def plain(voice):
    """The teacher's own vector."""
    vector = np.zeros(SIZE, np.float32)
    if voice in BASE_VOICES:
        vector[BASE + BASE_VOICES.index(voice)] = 1.0
    vector[PITCH] = BASE_PITCH[voice]
    return vector


def draw(rng, voice):
    """A random speaker made of this teacher. Tract length follows pitch loosely, as in people."""
    vector = plain(voice)
    low, high = (math.log(hz) for hz in PITCH_LIMITS[voice])
    vector[PITCH] = rng.uniform(low, high)
    tract = math.exp(0.25 * (vector[PITCH] - BASE_PITCH[voice]) + rng.normal(0, 0.06))
    vector[TRACT] = math.log(min(max(tract, TRACT_LIMITS[0]), TRACT_LIMITS[1]))
    vector[RANGE] = rng.normal(0.2, 0.3)
    vector[BREATH] = rng.normal(0, 0.4)
    vector[TEMPO] = np.clip(rng.normal(0, 0.09), -0.2, 0.2)
    vector[EQUAL:EQUAL + CURVES] = rng.normal(0, 1, CURVES) * EQUAL_SPREAD
    return vector


def bend(vector, log_hz, mean_log_hz, envelope, aperiodicity):
    """The transform itself: parameters of a base voice -> parameters of the speaker, frame by frame."""
    log_hz = vector[PITCH] + math.exp(vector[RANGE]) * (log_hz - mean_log_hz)
    log_hz = np.clip(log_hz, math.log(50.0), math.log(500.0)).astype(np.float32)
    source = np.clip(v.mel(v.BAND_HZ / math.exp(vector[TRACT])) / v.TOP_MEL * (v.BANDS - 1), 0, v.BANDS - 1)
    below = np.minimum(source.astype(int), v.BANDS - 2)
    part = (source - below).astype(np.float32)
    envelope = envelope[:, below] * (1 - part) + envelope[:, below + 1] * part
    envelope = envelope + vector[EQUAL:EQUAL + CURVES] @ COSINES + vector[GAIN]
    return log_hz, envelope.astype(np.float32), np.clip(aperiodicity + vector[BREATH], -7.0, 0.0).astype(np.float32)


def stretch(tempo, *tracks):
    """Each (frames, ...) track at exp(tempo) times the speed; interpolated, except 0/1 tracks (float32 with only 0 and 1)."""
    frames = len(tracks[0])
    count = max(v.FRAMES, int(round(frames / math.exp(tempo))))
    at = np.linspace(0, frames - 1, count)
    below = np.minimum(at.astype(int), max(frames - 2, 0))
    part = (at - below).astype(np.float32)
    out = []
    for track in tracks:
        if track.ndim == 1 and set(np.unique(track)) <= {0.0, 1.0}:
            out.append(track[np.minimum((at + 0.5).astype(int), frames - 1)])
        else:
            w = part if track.ndim == 1 else part[:, None]
            out.append(track[below] * (1 - w) + track[below + 1] * w)
    return out


def render(item, vector, seed=0, tempo=True):
    """An `Item` spoken by a pseudo-speaker -> samples. Phone ends scale by exp(-vector[TEMPO]) when `tempo`."""
    log_hz, envelope, rough = bend(vector, item.log_hz, item.mean_log_hz, item.envelope, item.aperiodicity)
    voiced = item.voiced
    if tempo and abs(vector[TEMPO]) > 1e-3:
        log_hz, voiced, envelope, rough = stretch(float(vector[TEMPO]), log_hz, voiced, envelope, rough)
    return v.synthesise(log_hz, voiced, envelope, rough, seed)


def spoil(rng, wave):
    """A recording as people make them: another level, a room, a microphone's colour, hiss, telephone band now and then."""
    wave = v.level(wave)
    if rng.random() < 0.5:
        count = int(rng.uniform(0.05, 0.35) * v.RATE)
        room = rng.normal(0, 1, count) * np.exp(-6.9 * np.arange(count) / count) * rng.uniform(0.02, 0.12)
        room[0] = 1.0
        size = 1 << int(np.ceil(np.log2(len(wave) + count)))
        wave = np.fft.irfft(np.fft.rfft(wave, size) * np.fft.rfft(room, size), size)[: len(wave)]
    if rng.random() < 0.6:
        size = 1 << int(np.ceil(np.log2(len(wave) + 1)))
        at = np.fft.rfftfreq(size, 1 / v.RATE)
        curve = np.interp(v.mel(at), np.linspace(0, v.TOP_MEL, 8), np.cumsum(rng.normal(0, 0.15, 8)))
        if rng.random() < 0.2:
            curve = curve - 4.0 / (1 + np.exp((at - 120) / 20.0)) - 4.0 / (1 + np.exp((rng.uniform(3600, 7000) - at) / 100.0))
        wave = np.fft.irfft(np.fft.rfft(wave, size) * np.exp(curve), size)[: len(wave)]
    if rng.random() < 0.8:
        tint = rng.normal(0, 1, len(wave))
        if rng.random() < 0.5:
            tint = np.convolve(tint, 0.9 ** np.arange(24), "same")
        wave = wave + tint / (tint.std() + 1e-9) * np.std(wave) * 10 ** (-rng.uniform(15, 45) / 20)
    return wave.astype(np.float32)
