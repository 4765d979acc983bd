"""Writes the voice as the product reads it, reads it back, and makes golden tensors.

    python training/export.py --work DIR --out models/starter [--golden FILE.safetensors] [--random]
"""
import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import load_file, save_file

import match as m
import voice as voices
import vocoder as v
from base_data import PHONES
from codec import CODEBOOKS, CODES, LATENT, PITCH_SCALE, Codec
from pseudo_speakers import BASE, BASE_VOICES, TRACT_LIMITS, bend
from reference import SCALES, Reference
from talker import LONGEST, SHORTEST, SLOTS, STYLES, WINDOW, Talker, slots
from voice import PRESETS, Voice

SKIP = ("talker.tables", "talker.guess.", "talker.namer.keys", "talker.namer.size")
HEAT, TOP = (0.4, 0.3), 20


def tensors(voice):
    out = {"tables": voice.codec.quantiser.tables[: voice.talker.books]}
    out.update({f"decoder.{k}": t for k, t in voice.codec.decoder.state_dict().items()})
    out.update({f"talker.{k}": t for k, t in voice.talker.state_dict().items()})
    out.update({f"reference.{k}": t for k, t in voice.reference.state_dict().items()})
    return {k: t.detach().numpy().astype(np.float16) for k, t in out.items() if not k.startswith(SKIP)}


def config(voice):
    talker, decoder = voice.talker, voice.codec.decoder
    return {
        "format": "starter-voice-1", "language": "en", "rate_hz": v.RATE, "hop": v.HOP, "frames_per_block": v.FRAMES,
        "bands": v.BANDS, "noise_bands": v.NOISE_BANDS, "noise_hz": v.NOISE_HZ.tolist(), "fft": v.FFT,
        "phones": list(PHONES), "base_voices": list(BASE_VOICES), "styles": STYLES,
        "codec": {"books": talker.books, "codes": CODES, "latent": LATENT, "width": decoder.inward.out_features,
                  "fine_width": decoder.fine, "coarse_blocks": len(decoder.coarse), "coarse_kernel": decoder.coarse[0].kernel,
                  "fine_blocks": len(decoder.blocks), "fine_kernel": decoder.blocks[0].kernel, "pitch_scale": PITCH_SCALE},
        "talker": {"text_width": talker.phone.embedding_dim, "text_blocks": len(talker.text), "text_kernel": talker.text[0].kernel,
                   "slots": SLOTS, "slot_width": talker.slot.out_features, "width": talker.width, "heads": talker.heads,
                   "hidden": talker.layers[0].down.in_features, "layers": len(talker.layers), "window": WINDOW,
                   "namer_hidden": talker.namer.ups[0].out_features, "namer_depth": len(talker.namer.ups),
                   "shortest_seconds": SHORTEST, "longest_seconds": LONGEST},
        "reference": {"width": voice.reference.attend.in_features, "scales": [round(float(s), 4) for s in SCALES], "most_seconds": m.MOST_SECONDS,
                      "tract_limits": list(TRACT_LIMITS)},
        "sampling": {"heat_first": HEAT[0], "heat_rest": HEAT[1], "top": TOP},
        "sharpen": {"amount": voices.SHARPEN, "low_order": voices.LOW_ORDER, "high_order": voices.HIGH_ORDER},
    }


def write(voice, out):
    """models: voice.safetensors (f16, tables and calibration included) and voice.json."""
    out.mkdir(parents=True, exist_ok=True)
    arrays = tensors(voice)
    rounded = read_arrays(arrays, config(voice))     # everything below is computed with the rounded weights
    rounded.calibrate()
    arrays["calibration.codes"] = rounded.calibration_codes.astype(np.int32)
    save_file(arrays, out / "voice.safetensors")
    (out / "voice.safetensors").chmod(0o644)
    described = config(voice)
    described["presets"] = [dict(id=name, name=PRESETS[name][0], description=PRESETS[name][1],
                                 vector=[round(float(x), 6) for x in rounded.preset(name)]) for name in PRESETS]
    described["weights_sha256"] = hashlib.sha256((out / "voice.safetensors").read_bytes()).hexdigest()
    (out / "voice.json").write_text(json.dumps(described, indent=1) + "\n")


def read_arrays(arrays, described):
    codec, reference = Codec(described["codec"]["width"], described["codec"]["fine_width"], described["codec"]["books"]), Reference()
    full = {k: torch.from_numpy(a.astype(np.float32)) for k, a in arrays.items() if a.dtype == np.float16}
    codec.quantiser.tables = full["tables"]
    t = described["talker"]
    talker = Talker(full["tables"], described["codec"]["books"], t["width"], t["heads"], t["hidden"], t["layers"], t["text_width"], t["slot_width"])
    part = lambda prefix: {k[len(prefix):]: a for k, a in full.items() if k.startswith(prefix)}
    codec.decoder.load_state_dict(part("decoder."))
    missing = talker.load_state_dict(part("talker."), strict=False)
    assert all(("talker." + k).startswith(SKIP) for k in missing.missing_keys), missing
    reference.load_state_dict(part("reference."))
    return Voice(codec, talker, reference)


def read(folder):
    described = json.loads((Path(folder) / "voice.json").read_text())
    arrays = load_file(Path(folder) / "voice.safetensors")
    voice = read_arrays(arrays, described)
    voice.calibration_codes = arrays["calibration.codes"].astype(np.int64)
    return voice, described


@torch.no_grad()
def golden(voice, described):
    """Inputs and outputs of each stage for one short utterance; float32."""
    names = "pau dh ax k ae t s ae t pau".split()
    phones = np.array([PHONES.index(p) for p in names])
    vector = np.array(described["presets"][1]["vector"], np.float32)
    style = vector[BASE:BASE + STYLES]
    talker, out = voice.talker, {"phones": phones, "vector": vector, "seed": np.array([7])}
    context, log_seconds = talker.read(torch.from_numpy(phones)[None], torch.from_numpy(style)[None])
    _, ends = talker.seconds(phones, style, 0.1)
    index, place = slots(ends)
    out |= {"text.context": context[0].numpy(), "text.log_seconds": log_seconds[0].numpy(), "ends_at_tempo_0.1": ends.astype(np.float32),
            "slots.index": index, "slots.place": place}
    out["lane"] = (talker.lay(context, torch.from_numpy(index)[None], torch.from_numpy(place)[None]) + talker.voice(torch.from_numpy(style)[None])[:, None])[0].numpy()
    trace = []
    codes = talker.speak(phones, style, 0.1, seed=7, heat=HEAT, top=TOP, trace=trace)
    greedy = talker.speak(phones, style, 0.1, seed=7, heat=(0, 0))
    out |= {"codes": codes, "codes.greedy": greedy, "hidden": torch.stack([t[0] for t in trace]).numpy(),
            "scores.first_block": trace[0][1].numpy(), "scores.last_block": trace[-1][1].numpy(), "latent": torch.stack([t[2] for t in trace]).numpy()}
    frames = voice.codec.decoder(voice.codec.quantiser.embed(torch.from_numpy(codes))[None])[0].numpy()
    deviation, voiced, envelope, rough = voice.parameters(codes)
    log_hz, bent, rougher = bend(vector, deviation, 0.0, envelope, rough)
    out |= {"decoder.frames": frames, "sharpened": envelope, "log_hz": log_hz, "voiced": voiced, "envelope": bent, "aperiodicity": rougher}
    wave = v.synthesise(log_hz, voiced, bent, rougher, 7)
    out |= {"wave": wave, "noise.first_32": v.noise(7, 0, 32), "uniform.seed7_0_to_31": v.uniform(7, np.arange(32, dtype=np.uint64)),
            "impulse_response.frame_20": np.fft.irfft(v.minimum_phase(bent[20:21] @ v.ENVELOPE_TO_BINS)[0], v.FFT).astype(np.float32)}
    loud = v.level(np.tile(wave, 2))
    picture = v.log_mel(loud)
    base, guess = voice.reference(torch.from_numpy(picture)[None])
    log_hz = m.pitch(loud)
    out |= {"reference.wave": np.tile(wave, 2), "reference.levelled": loud, "reference.log_mel": picture, "reference.base": base[0].numpy(),
            "reference.guess": guess[0].numpy(), "reference.log_hz_or_zero": np.nan_to_num(log_hz).astype(np.float32)}
    try:
        out["reference.vector"] = voice.clone(np.tile(wave, 2))
    except ValueError:
        pass
    for k, codes in enumerate(voice.calibration_codes):
        out[f"calibration.loudness_{k}"] = np.array([m.loudness(m.calibration_wave(vector, *voice.calibrate()[k]))])
    return {k: np.ascontiguousarray(a.astype(np.int32) if a.dtype.kind in "iu" else a.astype(np.float32)) for k, a in out.items()}


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--out", type=Path, required=True)
    arguments.add_argument("--golden", type=Path)
    arguments.add_argument("--random", action="store_true")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    if given.random:
        torch.manual_seed(1)
        codec = Codec()
        with torch.no_grad():
            codec.quantiser.tables.mul_(3 * 0.8 ** torch.arange(CODEBOOKS)[:, None, None])
            for block in [*codec.decoder.coarse, *codec.decoder.blocks]:
                block.scale.fill_(0.5)
        voice = Voice(codec, Talker(codec.quantiser.tables, CODEBOOKS), Reference())
    else:
        voice = Voice.load(given.work)
    write(voice, given.out)
    voice, described = read(given.out)
    if given.golden:
        save_file(golden(voice, described), given.golden)
    print({p.name: p.stat().st_size for p in sorted(given.out.iterdir())})


if __name__ == "__main__":
    main()
