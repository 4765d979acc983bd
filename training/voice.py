"""The whole voice in Python, as other implementations must behave: text to phones to codes to samples, and cloning."""
from pathlib import Path

import numpy as np
import torch

import flite
import vocoder as v
from base_data import PHONE_ID
from codec import Codec, unpack
from match import match, settle_level
from pseudo_speakers import BASE, BASE_PITCH, BASE_VOICES, BREATH, EQUAL, PITCH, RANGE, SIZE, TEMPO, TRACT, bend
from reference import Reference
from talker import STYLES, Talker

SHARPEN, LOW_ORDER, HIGH_ORDER = 0.15, 2, 40
RIPPLES = np.stack([np.cos(np.pi * k * (np.arange(v.BANDS) + 0.5) / v.BANDS) * np.sqrt(2 / v.BANDS) for k in range(LOW_ORDER, HIGH_ORDER)]).astype(np.float32)
CALIBRATION_TEXT = "We heard you, so please bring the good paper back to my old house before noon."


def sharpen(envelope, amount=SHARPEN):
    return envelope + amount * (envelope @ RIPPLES.T) @ RIPPLES


def phones_of(text, voice="slt"):
    """flite's phones for a text; the product uses its own lexicon, which speaks the same symbols."""
    return np.array([PHONE_ID[p] for p, _ in flite.speak(voice, text)[1] if p in PHONE_ID])


PRESETS = {   # id: (name, description, base voice, pitch Hz, range, tract, breath, tempo, first five equaliser cosines)
    "alder": ("Alder", "A low, level voice for long reading.", "rms", 95, 0.20, 0.97, 0.0, 0.0, (0.1, -0.05, 0.0, 0.0, 0.0)),
    "birch": ("Birch", "A clear, bright, high voice.", "slt", 184, 0.05, 1.02, -0.1, 0.0, (-0.1, 0.05, 0.0, 0.0, 0.0)),
    "cedar": ("Cedar", "A warm, lighter low voice with more melody.", "rms", 124, 0.25, 1.07, 0.1, 0.02, (0.2, 0.0, 0.1, 0.0, 0.0)),
    "dune": ("Dune", "A soft, darker high voice.", "slt", 160, 0.10, 0.96, 0.1, -0.04, (0.25, -0.05, 0.05, 0.0, 0.0)),
}


def preset(name, calibrations):
    _, _, base, hz, spread, tract, breath, tempo, curve = PRESETS[name]
    vector = np.zeros(SIZE, np.float32)
    vector[BASE + BASE_VOICES.index(base)] = 1.0
    vector[[PITCH, RANGE, TRACT, BREATH, TEMPO]] = np.log(hz), spread, np.log(tract), breath, tempo
    vector[EQUAL:EQUAL + len(curve)] = curve
    return settle_level(vector, calibrations[BASE_VOICES.index(base)])


class Voice:
    def __init__(self, codec, talker, reference):
        self.codec, self.talker, self.reference = codec.eval(), talker.eval(), reference.eval()
        self.calibration_codes = None

    @classmethod
    def load(cls, work, books=None):
        work = Path(work)
        codec, reference = Codec(), Reference()
        codec.load_state_dict(torch.load(work / "codec.pt", weights_only=True)["model"])
        state = torch.load(work / "talker.pt", weights_only=True)["average"]
        talker = Talker(codec.quantiser.tables, books or len(state["tables"]))
        talker.load_state_dict(state)
        if (work / "reference.pt").exists():
            reference.load_state_dict(torch.load(work / "reference.pt", weights_only=True)["model"])
        return cls(codec, talker, reference)

    @torch.no_grad()
    def parameters(self, codes):
        """codes (blocks, books) -> (pitch deviation, voiced, envelope, aperiodicity) of the base voice."""
        frames = self.codec.decoder(self.codec.quantiser.embed(torch.as_tensor(codes))[None])[0]
        deviation, voiced, envelope, rough = unpack(frames.numpy())
        return deviation, voiced, sharpen(envelope), rough

    def calibrate(self):
        """The talker's own reading of one sentence in each base voice; clones are matched against it."""
        if self.calibration_codes is None:
            phones = phones_of(CALIBRATION_TEXT)
            rows = [self.talker.speak(phones, np.eye(STYLES, dtype=np.float32)[k], seed=1) for k in range(len(BASE_VOICES))]
            blocks = min(len(r) for r in rows)
            self.calibration_codes = np.stack([r[:blocks] for r in rows])
        return [self.parameters(codes) for codes in self.calibration_codes]

    def preset(self, name):
        return preset(name, self.calibrate())

    def clone(self, wave):
        return match(wave, self.reference, self.calibrate())

    def speak(self, phones, vector, seed=0, **sampling):
        """-> samples at 16 kHz."""
        codes = self.talker.speak(phones, vector[BASE:BASE + STYLES], float(vector[TEMPO]), seed, **sampling)
        return self.sound(codes, vector, seed)

    def sound(self, codes, vector, seed=0):
        deviation, voiced, envelope, rough = self.parameters(codes)
        log_hz, envelope, rough = bend(vector, deviation, 0.0, envelope, rough)
        return np.clip(v.synthesise(log_hz, voiced, envelope, rough, seed), -1.0, 1.0)
