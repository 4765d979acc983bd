"""Speech for the ear to learn from: teachers' sentences, re-voiced as people who do not exist, in rooms that do not exist.

    python training/ear_data.py POOL_DIR SEED MINUTES WORDS.txt LEXICON.BIN

Writes shards of log-mel pictures (not waves) until the time is up; `ear_train.py` reads them. No recorded person is used.
"""
import math
import os
import subprocess
import sys
import tempfile
import time
import zlib
from pathlib import Path

import numpy as np
import soundfile
from scipy.signal import resample_poly

import ear
import flite
import vocoder
from lexicon import PHONE_OF_CHAR

SHARD_SECONDS = 600.0
ESPEAK = ("en-us+m1", "en-us+f1", "en-us+m3", "en-us+f2", "en-gb+m2", "en-gb+f3", "en-gb-x-rp+m4", "en-gb-scotland+m5",
          "en-gb-x-gbclan+f2", "en-029+m1")      # the variants m7 m8 f4 f5 are kept for measuring

NOUNS = """time year people way day man thing woman life child world school state family student group country problem hand
part place case week company system question work number night point home water room mother area money story fact month
lot right study book eye job word business issue side kind head house service friend father power hour game line end law
car city name team minute idea body back parent face others level office door health person art war history party result
change morning reason girl boy moment air teacher force voice garden river kitchen window letter picture bridge farmer
doctor island mountain forest village market station chapter street coffee bread apple table chair lamp paper winter
summer cloud storm light shadow mirror ship captain sailor flight map treasure castle knight queen king song music drum
director budget measure region climate battery planet truth blood fear hope war peace heart mind soul sword horse gold""".split()
VERBS = """makes takes finds gives tells asks needs feels leaves puts means keeps begins shows hears plays runs moves likes
believes holds brings writes sits stands loses pays meets sets learns changes leads watches follows stops speaks reads
allows adds spends grows opens walks wins offers remembers loves buys waits serves sends builds stays falls cuts reaches
kills raises passes sells decides pulls saw came went knew thought said told gave took found left felt became heard held
brought wrote stood lost paid met sat spoke lay led read grew fell sent built understood drew broke spent chose""".split()
ADJECTIVES = """good new first last long great little own other old right big high small large next early young important few
public bad same able quiet strange bright cold warm deep soft hard heavy simple broken golden silver hidden distant
careful curious gentle honest lonely proud sudden wooden yellow green black white poor rich true false strong weak""".split()
FILLERS = """and but so then because although when while if that as since before after until where""".split()
SMALL = """the a his her their our this that my your some every no each""".split()
PLACES = "in on at by with from under over through between behind without against across near into toward for of about".split()
PRONOUNS = "I you he she it we they who everyone nobody someone".split()
AUXILIARIES = "was is had will would could should must may might did can has been never always".split()
NAMES = """James Mary Robert Linda Anna Peter Maria Thomas Susan David Karen Daniel Nancy Paul Laura Mark Emma George Helen Kevin
Alice Brian Sarah Edward Ruth Frank Julia Henry Olivia Walter Grace Smith Johnson Brown Miller Wilson Taylor Anderson Clark
Walker Young Harris Martin Baker Nelson Carter Roberts Turner Phillips Campbell Parker Evans Collins Stewart Morris""".split()
PURPOSES = """narrating my own audiobook|a podcast about gardening|reading letters to my family|an audio guide for a museum
|training videos at work|a radio play|dubbing my short film|a children's story|reading the news aloud|language lessons
|a demonstration of this program|announcements in our shop|telling bedtime stories|making an audio book""".replace("\n", "").split("|")
MONTHS = "January February March April May June July August September October November December".split()
ORDINALS = """first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth
sixteenth seventeenth eighteenth nineteenth twentieth""".split()


class Text:
    def __init__(self, rng, words, lexicon):
        self.rng, self.words, self.lexicon = rng, words, sorted(lexicon)

    def pick(self, of):
        return of[int(self.rng.integers(len(of)))]

    def phrase(self):
        r = self.rng.random()
        adjective = self.pick(ADJECTIVES) + " " if r < 0.5 else ""
        return self.pick(SMALL) + " " + adjective + self.pick(NOUNS)

    def clause(self):
        subject = self.pick(PRONOUNS) if self.rng.random() < 0.5 else self.phrase()
        auxiliary = self.pick(AUXILIARIES) + " " if self.rng.random() < 0.4 else ""
        out = f"{subject} {auxiliary}{self.pick(VERBS)} {self.phrase()}"
        for _ in range(int(self.rng.integers(3))):
            out += f" {self.pick(PLACES)} {self.phrase()}"
        return out

    def consent(self):
        name = lambda: self.pick(NAMES) + " " + self.pick(NAMES)
        day = f"{self.pick(MONTHS)} the {self.pick(ORDINALS)}"
        parts = [f"I, {name()}, allow {name()} to make a computer voice from my recordings", f"for {self.pick(PURPOSES)}, until {day}.",
                 "I can stop this at any time.", "Today's words are", "allow us to make a computer voice from my recordings"]
        k = int(self.rng.integers(4))
        return " ".join(parts[k:k + 2])

    def one(self):
        r = self.rng.random()
        if r < 0.34:
            return self.pick((", ", " ", ". ", ", ")).join(self.pick(self.words) for _ in range(int(self.rng.integers(2, 7)))) + "."
        if r < 0.42:
            return self.consent()
        if r < 0.66:
            return self.pick((", ", " ", " ", ". ")).join(self.pick(self.lexicon) for _ in range(int(self.rng.integers(2, 7)))) + "."
        if r < 0.85:
            out = self.clause()
            if self.rng.random() < 0.5:
                out += self.pick((", ", " ")) + self.pick(FILLERS) + " " + self.clause()
            return out + "."
        mixed = [self.pick(self.lexicon) if self.rng.random() < 0.5 else self.pick(NOUNS + VERBS + ADJECTIVES + SMALL + PLACES) for _ in range(int(self.rng.integers(3, 10)))]
        return " ".join(mixed) + "."


def espeak(voice, text, lexicon, folder):
    """One of espeak-ng's voices, with the lexicon's phones and no times."""
    words = [w for w in "".join(c if c.isalpha() or c == "'" else " " for c in text.lower()).split()]
    if not all(w in lexicon for w in words):
        return None
    path = os.path.join(folder, "e.wav")
    subprocess.run(["espeak-ng", "-v", voice, "-s", "155", "-w", path, text], check=True)
    samples, rate = soundfile.read(path)
    samples = resample_poly(samples, 320, 441) if rate == 22050 else samples
    return samples.astype(np.float32), [(PHONE_OF_CHAR[c], None) for w in words for c in lexicon[w]]


def base(rng, text, lexicon, folder):
    """A teacher's utterance as parameters: dict(f0, envelope, rough, phones, ends, voice)."""
    r = rng.random()
    sentence = text.one()
    if r < 0.14:
        voice = text.pick(ESPEAK)
        spoken = espeak(voice, sentence, lexicon, folder)
        if spoken is None:
            return None
        samples, phones = spoken
        f0, envelope, rough = flite.analyse(samples)
        end = None
    else:
        voice = text.pick(("slt", "rms", "awb", "slt", "rms", "awb", "kal16"))
        samples, phones, tracks = flite.speak(voice, sentence)
        f0, envelope, rough = flite.analyse(samples) if tracks is None else flite.parameters(tracks)
        end = np.array([e for _, e in phones], np.float32)
    voiced = f0 > 0
    if voiced.sum() < 15 or len(f0) > 1000 or any(p not in ear.NUMBER for p, _ in phones):
        return None
    log_f0 = np.interp(np.arange(len(f0)), np.flatnonzero(voiced), np.log(f0[voiced]))
    return dict(voice=voice, log_f0=log_f0.astype(np.float32), mean=float(np.log(f0[voiced]).mean()), voiced=voiced,
                envelope=envelope.astype(np.float32), rough=rough.astype(np.float32),
                phones=np.array([ear.NUMBER[p] for p, _ in phones]), end=end)


def person(rng, own):
    """How a pseudo-speaker differs from a teacher whose mean log pitch is `own`."""
    mean = rng.uniform(math.log(72), math.log(300))
    tract = float(np.clip(math.exp(0.25 * (mean - own) + rng.normal(0, 0.07)), 0.76, 1.36))
    knots = rng.normal(0, 0.022, 7)
    return dict(mean=mean, tract=tract, knots=knots, range=math.exp(rng.normal(0.2, 0.35)), breath=rng.normal(0, 0.5),
                colour=rng.normal(0, [0, .6, .4, .3, .22, .18, .14, .12, .1, .1]), contrast=math.exp(rng.normal(0, 0.13)),
                rate=math.exp(rng.normal(-0.06, 0.2)), uneven=abs(rng.normal(0.25, 0.1)), lag=rng.normal(0, 0.02))


COSINES = np.stack([np.cos(np.pi * k * (np.arange(80) + 0.5) / 80) for k in range(80)]) * math.sqrt(2 / 80)


def wander(rng, n, step, spread):
    k = max(2, n // step + 2)
    return np.interp(np.linspace(0, k - 1, n), np.arange(k), rng.normal(0, spread, k))


def revoice(rng, item, who):
    """-> (samples, phone end frames or None)."""
    count = len(item["log_f0"])
    mean = who["mean"] + rng.normal(0, 0.04)
    log_f0 = mean + who["range"] * (item["log_f0"] - item["mean"]) + wander(rng, count, 25, 0.05) + rng.normal(0, 0.008, count)
    bend = np.interp(np.arange(80), np.linspace(0, 79, 7), who["knots"] + rng.normal(0, 0.006, 7))
    hz = vocoder.hertz(vocoder.BAND_MEL) / (who["tract"] * np.exp(bend))
    at = np.clip(vocoder.mel(hz) / vocoder.TOP_MEL * 79, 0, 78.999)
    j = at.astype(int)
    u = (at - j).astype(np.float32)
    envelope = item["envelope"][:, j] * (1 - u) + item["envelope"][:, j + 1] * u
    cepstra = envelope @ COSINES.T.astype(np.float32)
    cepstra[:, 2:40] *= who["contrast"] * math.exp(rng.normal(0, 0.06))
    envelope = cepstra @ COSINES.astype(np.float32)
    envelope = envelope + (who["colour"] @ COSINES[:10]).astype(np.float32) * 6.3
    rough = np.clip(item["rough"] + who["breath"], -7, 0)
    # Each stretch of about a phone gets its own pace.
    if item["end"] is not None:
        bounds = np.clip((item["end"] * 100), 0, count)
        pace = np.interp(np.arange(count), bounds, np.exp(rng.normal(0, who["uneven"], len(bounds))))
    else:
        pace = np.exp(wander(rng, count, 9, who["uneven"]))
    clock = np.cumsum(pace * who["rate"] * math.exp(rng.normal(0, 0.08)))
    n = max(30, int(clock[-1]))
    x = np.clip(np.interp(np.arange(n) + 0.5, clock, np.arange(count)), 0, count - 1.001)
    i = x.astype(int)
    w = (x - i).astype(np.float32)[:, None]
    mix = lambda a: a[i] * (1 - w) + a[i + 1] * w
    ends = None if item["end"] is None else np.interp(item["end"] * 100, np.arange(count + 1), np.concatenate([[0], clock]))
    voiced = item["voiced"][np.minimum((x + 0.5).astype(int), count - 1)]
    wave = vocoder.synthesise(mix(log_f0[:, None])[:, 0], voiced, mix(envelope), mix(rough), seed=int(rng.integers(1 << 40)))
    return wave, ends


def filtered(x, h):
    n = 1 << int(math.ceil(math.log2(len(x) + len(h))))
    return np.fft.irfft(np.fft.rfft(x, n) * np.fft.rfft(h, n), n)[: len(x)]


def room(rng, heavy=1.0):
    """A channel: impulse response, noise colour, levels. Several utterances may share one."""
    length = 6400
    h = np.zeros(length)
    h[0] = 1.0
    if rng.random() < 0.6 * heavy:
        t = np.arange(length) / ear.RATE
        tail = rng.normal(0, 1, length) * np.exp(-6.9 * t / rng.uniform(0.08, 0.7))
        tail[: int(rng.uniform(0.001, 0.012) * ear.RATE)] = 0
        h += tail / np.linalg.norm(tail) * 10 ** (-rng.uniform(-1, 15) / 20)
    f = np.arange(1025) * ear.RATE / 2048
    g = np.zeros(1025)
    if rng.random() < 0.7:
        g += np.interp(np.log1p(f / 300), np.linspace(0, np.log1p(8000 / 300), 7), rng.normal(0, 4.0 * heavy, 7)) / 8.686
    if rng.random() < 0.3:
        g -= np.clip((f - rng.choice([3400, 3800, 5000, 6500, rng.uniform(3300, 7800)])) / 200, 0, 8)
    if rng.random() < 0.4:
        low = rng.uniform(50, 320)
        g -= np.clip((low - f) / low * 4, 0, 6)
    e = np.roll(np.fft.irfft(np.exp(g)), 256)[:512] * np.hanning(512)
    n = np.exp(np.interp(f, np.linspace(0, 8000, 8), rng.normal(0, 0.5, 8))) * (np.maximum(f, 40) / 1000) ** -rng.uniform(0, 1.2)
    noise = np.roll(np.fft.irfft(n), 256)[:512] * np.hanning(512)
    return dict(h=filtered(np.pad(h, (0, 512)), e), noise=noise, snr=rng.uniform(6, 45), clip=rng.uniform(1.5, 4) if rng.random() < 0.05 else None)


def hear(rng, wave, channel, babble=None):
    """Puts a dry wave into a channel; the mean power of speech is 1 before the noise."""
    x = filtered(wave, channel["h"])
    x = x / (x.std() + 1e-6)
    noise = filtered(rng.normal(0, 1, len(x)), channel["noise"])
    noise = noise / (noise.std() + 1e-6) * np.repeat(np.exp(wander(rng, len(x) // 160 + 1, 30, 0.4)), 160)[: len(x)]
    x = x + noise * 10 ** (-(channel["snr"] + rng.normal(0, 1.5)) / 20)
    if babble is not None:
        b = np.resize(babble, len(x))
        x = x + b / (b.std() + 1e-6) * 10 ** (-rng.uniform(10, 25) / 20)
    for _ in range(rng.poisson(0.4)):       # a click or a breath
        n = int(rng.uniform(0.01, 0.25) * ear.RATE)
        at = int(rng.integers(max(1, len(x) - n)))
        burst = np.diff(rng.normal(0, 1, n + 1)) * np.hanning(n) * 10 ** (-rng.uniform(6, 30) / 20)
        x[at:at + n] += burst[: len(x) - at]
    if channel["clip"]:
        x = np.clip(x, -channel["clip"], channel["clip"])
    return x.astype(np.float32)


def main(pool, seed, minutes, words, lexicon):
    pool, seed, minutes = Path(pool), int(seed), float(minutes)
    pool.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(seed)
    words = Path(words).read_text().split()
    table = dict(l.split(" ") for l in zlib.decompress(Path(lexicon).read_bytes()).decode().splitlines())
    text = Text(rng, words, [w for w in table if len(w) > 2 and "'" not in w])
    import torch
    torch.set_num_threads(1)
    bases, babble, out, seconds, shard, start, speaker = {}, None, [], 0.0, 0, time.time(), 0
    total = 0.0
    with tempfile.TemporaryDirectory() as folder:
        while time.time() - start < minutes * 60:
            # A teacher's utterance is revoiced a few times; new ones come in steadily.
            try:
                item = base(rng, text, table, folder)
            except (subprocess.CalledProcessError, RuntimeError, ValueError):
                continue
            if item is None:
                continue
            stock = bases.setdefault(item["voice"], [])
            stock.append(item)
            del stock[:-200]
            if len(stock) < 2:
                continue
            for _ in range(2):
                who, speaker = person(rng, item["mean"]), speaker + 1
                channel = room(rng)
                picks = [item, stock[int(rng.integers(len(stock)))]]
                for turn, pick in enumerate(picks):
                    if turn and rng.random() < 0.5:
                        channel = room(rng)
                    wave, ends = revoice(rng, pick, who)
                    before = int(rng.uniform(0, 40))
                    wave = np.pad(wave, (before * 160, int(rng.uniform(0, 40)) * 160))
                    x = hear(rng, wave, channel, babble if rng.random() < 0.18 else None)
                    babble = wave if babble is None or rng.random() < 0.4 else np.resize(babble, len(wave)) + 0.8 * wave
                    if rng.random() < 0.1:
                        babble = wave
                    m = ear.picture(x).half().numpy()
                    labels = None
                    if ends is not None:
                        t = np.arange(len(m) // 3) * 3 + 1.5 - before
                        k = np.searchsorted(ends, t)
                        labels = np.where((t < 0) | (k >= len(ends)), 0, pick["phones"][np.clip(k, 0, len(ends) - 1)]).astype(np.int8)
                    out.append(dict(m=m, phones=pick["phones"][pick["phones"] > 0].astype(np.int8), labels=labels,
                                    speaker=seed * 10_000_000 + speaker, voice=pick["voice"]))
                    seconds += len(m) / 100
            if seconds > SHARD_SECONDS:
                path = pool / f"{seed}_{shard:04d}.npz"
                np.savez(pool / f"part{seed}.tmp.npz", items=np.array(out, dtype=object))
                os.replace(pool / f"part{seed}.tmp.npz", path)
                total, shard = total + seconds, shard + 1
                print(f"{path.name} {len(out)} items, {total / 3600:.2f} h, {total / (time.time() - start):.0f} x real time", flush=True)
                out, seconds = [], 0.0


if __name__ == "__main__":
    main(*sys.argv[1:])
