"""Small random checkpoints in the real formats with the numbers of every stage, for tests of other implementations.

    python training/golden.py OUT_DIR LEXICON_DIR WORDS.txt

Sizes are far below the product's, so that weights and numbers together stay under half a megabyte; they do not change
when the product's weights are trained again.
"""
import functools
import sys
from pathlib import Path

import torch
from safetensors.numpy import load_file, save_file

import ear
import ear_export
import export
import reference
import voice as voices
from codec import Codec
from ear_measure import Words
from talker import Talker

CODES, BOOKS = 32, 5


def small_voice(out):
    torch.manual_seed(3)
    export.CODES = CODES
    export.Reference = functools.partial(reference.Reference, 24)
    codec = Codec(40, 32, BOOKS, CODES)
    with torch.no_grad():
        codec.quantiser.tables.mul_(3 * 0.8 ** torch.arange(BOOKS)[:, None, None])
        for block in [*codec.decoder.coarse, *codec.decoder.blocks]:
            block.scale.fill_(0.5)
    talker = Talker(codec.quantiser.tables, BOOKS, width=32, heads=2, hidden=48, depth=2, text=24, slot=12)
    with torch.no_grad():
        talker.length[2].bias.fill_(-2.4)
    voice = voices.Voice(codec, talker, export.Reference())
    export.write(voice, out)
    voice, described = export.read(out)
    numbers = export.golden(voice, described)
    keep = {k: a for k, a in numbers.items() if k not in ("reference.wave", "reference.levelled", "impulse_response.frame_20")}
    save_file(keep, out / "voice-golden.safetensors")


def small_ear(out, lexicon, words):
    torch.manual_seed(4)
    nets = ear.Recogniser(width=40, depth=2), ear.Speaker(width=24, depth=2, out=32)
    for net in nets:
        for block in net.blocks:
            torch.nn.init.normal_(block.back.weight, std=0.05)
    described = ear_export.settings({"sentence_z": 4.0, "words_z": 4.0, "slots": 5, "same_person": 0.5})
    described["recogniser"].update(width=40, depth=2)
    described["speaker"].update(width=24, depth=2, out=32)
    ear.export(*nets, described, out)
    ear.Recogniser = functools.partial(ear.Recogniser, width=40, depth=2)
    ear.Speaker = functools.partial(ear.Speaker, width=24, depth=2, out=32)
    restored, _ = ear.restore(out)
    ear_export.golden(restored, Words(lexicon, words), out / "ear-golden.safetensors")
    numbers = load_file(out / "ear-golden.safetensors")
    save_file({k: a for k, a in numbers.items() if k != "level"}, out / "ear-golden.safetensors")


def main(out, lexicon, words):
    torch.set_num_threads(1)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    small_voice(out)
    small_ear(out, lexicon, words)
    for path in sorted(out.iterdir()):
        path.chmod(0o644)
        print(path.name, path.stat().st_size)


if __name__ == "__main__":
    main(*sys.argv[1:])
