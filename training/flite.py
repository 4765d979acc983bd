"""The teachers: flite's voices through its C library, with phone times and, for the parametric voices, the exact parameters they speak with."""
import ctypes as C

import numpy as np
from scipy.linalg import solveh_banded

import vocoder as v

TEACHERS = ("slt", "rms", "awb")      # parametric voices: their own tracks are the targets
EXTRA = "kal16"                       # a diphone voice, analysed with WORLD; the recogniser's training uses it
ALPHA = 0.42                          # frequency warp of the voices' mel cepstra
ORDER = 25
SHARPEN = 0.4                         # the post-filter strength that flite itself speaks with
INT16 = np.log(32768.0) - 0.45      # with the level the voices come out at after flite's own filters
BLENDS_HZ = np.array([500, 1500, 3000, 5000, 7000.0])   # centres of flite's five mixing bands


class _Track(C.Structure):
    _fields_ = [("type", C.c_char_p), ("frames", C.c_int), ("channels", C.c_int),
                ("times", C.POINTER(C.c_float)), ("rows", C.POINTER(C.POINTER(C.c_float)))]


class _Wave(C.Structure):
    _fields_ = [("type", C.c_char_p), ("rate", C.c_int), ("count", C.c_int), ("channels", C.c_int),
                ("samples", C.POINTER(C.c_short))]


def _bind():
    flite = C.CDLL("libflite.so.1", mode=C.RTLD_GLOBAL)
    C.CDLL("libflite_usenglish.so.1", mode=C.RTLD_GLOBAL)
    C.CDLL("libflite_cmulex.so.1", mode=C.RTLD_GLOBAL)
    pointer, text = C.c_void_p, C.c_char_p
    for name, result, *arguments in (
            ("flite_synth_text", pointer, text, pointer), ("utt_relation", pointer, pointer, text),
            ("relation_head", pointer, pointer), ("item_next", pointer, pointer),
            ("ffeature_string", text, pointer, text), ("ffeature_float", C.c_float, pointer, text),
            ("delete_utterance", None, pointer), ("utt_wave", pointer, pointer),
            ("feat_val", pointer, pointer, text), ("val_track", pointer, pointer)):
        function = getattr(flite, name)
        function.restype, function.argtypes = result, list(arguments)
    flite.flite_init()
    return flite


_flite = None
_voices = {}


def _voice(name):
    global _flite
    _flite = _flite or _bind()
    if name not in _voices:
        library = C.CDLL(f"libflite_cmu_us_{name}.so.1", mode=C.RTLD_GLOBAL)
        register = getattr(library, f"register_cmu_us_{name}")
        register.restype, register.argtypes = C.c_void_p, [C.c_char_p]
        _voices[name] = register(None)
    return _voices[name]


def _array(features, name):
    value = _flite.feat_val(features, name)
    if not value:
        return None
    track = C.cast(_flite.val_track(value), C.POINTER(_Track)).contents
    return np.stack([np.ctypeslib.as_array(track.rows[i], (track.channels,)).copy() for i in range(track.frames)])


def speak(voice, text):
    """-> (samples, [(phone, end seconds)], tracks): tracks is (params, mixing) at 5 ms or None for a diphone voice."""
    handle = _voice(voice)
    utterance = _flite.flite_synth_text(text.encode("ascii", "ignore"), handle)
    try:
        wave = C.cast(_flite.utt_wave(utterance), C.POINTER(_Wave)).contents
        samples = np.ctypeslib.as_array(wave.samples, (wave.count,)).astype(np.float32) / 32768.0
        phones = []
        item = _flite.relation_head(_flite.utt_relation(utterance, b"Segment"))
        while item:
            phones.append((_flite.ffeature_string(item, b"name").decode(), float(_flite.ffeature_float(item, b"end"))))
            item = _flite.item_next(item)
        features = C.cast(utterance, C.POINTER(C.c_void_p))[0]
        tracks = _array(features, b"param_track"), _array(features, b"str_track")
        return samples, phones, tracks if tracks[0] is not None else None
    finally:
        _flite.delete_utterance(utterance)


def _smooth(mean, spread, slope, slope_spread):
    """The trajectory of largest likelihood given static and delta statistics (delta = (next - previous) / 2)."""
    count = len(mean)
    weight, slope_weight = 1.0 / spread ** 2, 1.0 / slope_spread ** 2
    slope_weight[[0, -1]] = 0.0
    diagonal, right = weight.copy(), weight * mean
    diagonal[1:] += 0.25 * slope_weight[:-1]
    diagonal[:-1] += 0.25 * slope_weight[1:]
    right[1:] += 0.5 * slope_weight[:-1] * slope[:-1]
    right[:-1] -= 0.5 * slope_weight[1:] * slope[1:]
    band = np.zeros((3, count))
    band[2] = diagonal
    band[0, 2:] = -0.25 * slope_weight[1:-1]
    return solveh_banded(band, right)


def _warped_cosines():
    omega = 2 * np.pi * v.BAND_HZ / v.RATE
    bent = omega + 2 * np.arctan2(ALPHA * np.sin(omega), 1 - ALPHA * np.cos(omega))
    return np.cos(bent[None, :] * np.arange(ORDER)[:, None])


COSINES = _warped_cosines()


def parameters(tracks):
    """A parametric voice's tracks -> (f0 in Hz with 0 for unvoiced, envelope, log aperiodicity), one row each 10 ms."""
    params, mixing = (t.astype(np.float64) for t in tracks)
    cepstra = np.stack([_smooth(params[:, 2 * m + 2], np.maximum(params[:, 2 * m + 3], 1e-3),
                                params[:, 2 * m + 52], np.maximum(params[:, 2 * m + 53], 1e-4)) for m in range(ORDER)], 1)
    plain = cepstra @ COSINES
    cepstra[:, 2:] *= 1.0 + SHARPEN
    sharp = cepstra @ COSINES
    power = lambda e: np.log(np.mean(np.exp(2 * e) * np.gradient(v.BAND_HZ), axis=1, keepdims=True)) / 2
    envelope = sharp + power(plain) - power(sharp) - INT16
    mixing = np.clip(mixing, 0.0, 1.0)
    f0 = params[:, 0]
    voiced = f0 > 0
    pulse = np.stack([np.interp(v.NOISE_HZ, BLENDS_HZ, row) for row in mixing])
    loud = np.stack([np.interp(v.BAND_HZ, BLENDS_HZ, row) for row in mixing])
    envelope = envelope + np.where(voiced[:, None], 0.5 * np.log(loud ** 2 + (1 - loud) ** 2), 0.0)
    rough = np.log((1 - pulse) / np.sqrt(pulse ** 2 + (1 - pulse) ** 2) + 1e-3)
    rough = np.where(voiced[:, None], rough, 0.0)
    return f0[::2], np.maximum(envelope, v.QUIETEST)[::2], rough[::2]


def analyse(samples):
    """Any wave -> the same three tracks, by WORLD."""
    import pyworld
    wave = np.ascontiguousarray(samples, np.float64)
    f0, at = pyworld.dio(wave, v.RATE, f0_floor=60, f0_ceil=420, frame_period=10)
    f0 = pyworld.stonemask(wave, f0, at, v.RATE)
    power = pyworld.cheaptrick(wave, f0, at, v.RATE, f0_floor=71, fft_size=v.FFT)
    rough = pyworld.d4c(wave, f0, at, v.RATE, fft_size=v.FFT)
    weights = v.ENVELOPE_TO_BINS / np.maximum(v.ENVELOPE_TO_BINS.sum(1, keepdims=True), 1e-6)
    envelope = np.maximum(0.5 * np.log(power + 1e-12) @ weights.T, v.QUIETEST)
    weights = v.NOISE_TO_BINS / v.NOISE_TO_BINS.sum(1, keepdims=True)
    return f0, envelope, np.minimum(np.log(rough + 1e-3) @ weights.T, 0.0)
