"""Writes the trained ear and the golden tensors that other implementations are tested against.

    python training/ear_export.py RECOGNISER.pt SPEAKER.pt RULES.json OUT_DIR LEXICON_DIR WORDS.txt
"""
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file

import ear
import ear_rules as rules
import flite
from ear_measure import Words


def settings(thresholds):
    return {
        "kind": "vouch-ear-1", "rate_hz": ear.RATE, "hop": ear.HOP, "window": ear.WINDOW, "fft": ear.FFT, "mels": ear.MELS,
        "low_hz": ear.LOW_HZ, "high_hz": ear.HIGH_HZ, "top_hz": ear.TOP_HZ, "range": ear.RANGE, "phones": " ".join(ear.PHONES),
        "recogniser": {"width": 256, "taps": 11, "times": 2, "depth": 8, "stack": ear.STACK, "reach": ear.REACH, "warps": [0.92, 1.0, 1.08]},
        "speaker": {"width": 160, "taps": 5, "times": 2, "depth": 4, "stack": ear.SPEAKER_STACK, "reach": ear.SPEAKER_REACH, "out": 128,
                    "window_seconds": rules.WINDOW_SECONDS, "hop_seconds": rules.WINDOW_HOP_SECONDS},
        "rules": {"sentence_decoys": rules.SENTENCE_DECOYS, "word_decoys": rules.WORD_DECOYS, "phone_bonus": rules.PHONE_BONUS, **thresholds},
    }


def golden(e, words, path):
    wave = flite.speak("slt", "melody, volcano.")[0][:25600]
    s = ear.spectrum(wave)
    picture = torch.log(s @ e.banks[1.0] + 1e-5)
    level = ear.level(picture[: len(s) // ear.STACK * ear.STACK])
    claim = [words.names.index("melody"), words.names.index("volcano")]
    melody, volcano = (words.vocabulary[i] for i in claim)
    lp = e.log_probs(wave)
    said = rules.words_evidence(lp, claim, words.vocabulary, 7)
    read = rules.sentence_evidence(lp, [melody, volcano, melody], 7)
    with torch.no_grad():
        logits = e.recogniser(level[None])[0][0]
    tensors = {
        "wave": torch.tensor(wave), "picture": picture, "picture_first_warp": torch.log(s @ e.banks[e.warps[0]] + 1e-5), "level": level,
        "logits": logits, "log_probs": torch.tensor(lp), "speaker_level": ear.speaker_level(picture), "embedding": torch.tensor(e.embedding(wave)),
        "sequence": torch.tensor(melody + volcano, dtype=torch.int32),
        "log_likelihoods": torch.tensor(ear.log_likelihoods(lp, [melody + volcano, melody, volcano + melody])),
        "spans": torch.tensor(rules.align(lp, melody + volcano), dtype=torch.int32),
        "words_evidence": torch.tensor([said["slots"], said["z"]], dtype=torch.float32),
        "sentence_evidence": torch.tensor([read["beaten"], read["z"]], dtype=torch.float32),
    }
    save_file({k: v.detach().contiguous() for k, v in tensors.items()}, str(path))
    Path(path).chmod(0o644)
    print("golden:", said, read, tensors["spans"].tolist())


def main(recogniser_path, speaker_path, thresholds, out, lexicon, vocabulary):
    torch.set_num_threads(1)
    nets = []
    for part, path, net in (("recogniser", recogniser_path, ear.Recogniser()), ("speaker", speaker_path, ear.Speaker())):
        state = torch.load(path)
        net.load_state_dict(state["average"])
        print(part, {k: state[k] for k in ("step", "heard_hours", "minutes")})
        nets.append(net)
    ear.export(*nets, settings(json.loads(Path(thresholds).read_text())), out)
    e, _ = ear.restore(out)
    golden(e, Words(lexicon, vocabulary), Path(out) / "ear-golden.safetensors")


if __name__ == "__main__":
    main(*sys.argv[1:])
