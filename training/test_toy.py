"""A toy-size run of the recipe's parts: synthesis streaming, bending, pitch, codec, talker. Under a minute; skipped without torch.

    python training/test_toy.py
"""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

try:
    import numpy as np
    import torch
    torch.set_num_threads(1)
    READY = True
except ImportError:
    READY = False


def tracks(frames=60, hz=140.0):
    at = np.arange(frames)
    log_hz = np.log(hz) + 0.1 * np.sin(at / 9.0)
    envelope = -6.0 + 1.5 * np.cos(np.arange(80)[None] / 7.0 + at[:, None] / 25.0)
    return log_hz.astype(np.float32), (at % 20 > 4).astype(np.float32), envelope.astype(np.float32), np.full((frames, 8), -2.0, np.float32)


@unittest.skipUnless(READY, "torch is not installed")
class Toy(unittest.TestCase):
    def test_streaming_synthesis_equals_whole(self):
        import vocoder as v
        log_hz, voiced, envelope, rough = tracks()
        whole = v.synthesise(log_hz, voiced, envelope, rough, 3)
        stream = v.Synthesiser(3)
        pieces = np.concatenate([stream.frame(*row) for row in zip(log_hz, voiced, envelope, rough)])
        self.assertLess(np.abs(whole - pieces).max(), 1e-5)
        self.assertGreater(np.abs(whole).max(), 1e-3)

    def test_pitch_is_measured(self):
        import match
        import vocoder as v
        log_hz, _, envelope, rough = tracks(120)
        wave = v.synthesise(log_hz, np.ones(120), envelope, rough - 2, 0)
        middle, _ = match.pitch_statistics(match.pitch(v.level(wave)))
        self.assertLess(abs(middle - np.median(log_hz)), 0.05)

    def test_plain_speaker_bends_nothing(self):
        from pseudo_speakers import BASE_PITCH, bend, plain
        log_hz, _, envelope, rough = tracks()
        bent, same, rougher = bend(plain("slt"), log_hz, float(log_hz.mean()), envelope, rough)
        self.assertLess(np.abs(same - envelope).max(), 1e-4)
        self.assertLess(abs(bent.mean() - BASE_PITCH["slt"]), 1e-3)
        self.assertTrue(np.array_equal(rougher, rough))

    def test_codec_learns_and_decoder_is_causal(self):
        from codec import WEIGHTS, Codec, losses, pack
        torch.manual_seed(0)
        codec = Codec(width=64, fine=48, books=2, codes=16)
        log_hz, voiced, envelope, rough = tracks(96)
        frames = torch.from_numpy(pack(log_hz, float(log_hz.mean()), voiced, envelope, rough))[None].repeat(4, 1, 1)
        with torch.no_grad():
            codec.quantiser.fit(codec.encode(frames).reshape(-1, 64))
        optimiser = torch.optim.AdamW(codec.parameters(), 2e-3)
        seen = []
        for _ in range(40):
            made, _, commit = codec(frames, learn=True)
            loss = sum(w * p for w, p in zip(WEIGHTS, losses(made, frames, torch.ones(4, 96)))) + commit
            loss.backward()
            optimiser.step()
            optimiser.zero_grad()
            seen.append(float(loss.detach()))
        self.assertLess(seen[-1], 0.9 * seen[0])
        with torch.no_grad():
            latent = torch.randn(1, 10, 64)
            whole, cut = codec.decoder(latent), codec.decoder(latent[:, :6])
        self.assertLess((whole[:, :48] - cut).abs().max(), 1e-4)

    def test_talker_steps_equal_training_pass(self):
        from talker import Talker, choose, slots
        torch.manual_seed(0)
        tables = torch.randn(3, 16, 64) * torch.tensor([1.0, 0.5, 0.3])[:, None, None]
        talker = Talker(tables, 3, width=64, heads=2, hidden=96, depth=2, text=32, slot=16).eval()
        phones, style = np.array([1, 5, 9, 30, 1]), np.array([1, 0, 0, 0], np.float32)
        trace = []
        codes = talker.speak(phones, style, seed=5, top=8, trace=trace)
        self.assertTrue(np.array_equal(codes, talker.speak(phones, style, seed=5, top=8)))
        context, ends = talker.seconds(phones, style)
        index, place = slots(ends)
        with torch.no_grad():
            back = torch.cat([talker.begin[None], talker.previous(torch.cat([t[2][None] for t in trace]))[:-1]])
            hidden = talker.walk(talker.lay(context, torch.from_numpy(index)[None], torch.from_numpy(place)[None])
                                 + talker.voice(torch.from_numpy(style)[None])[:, None] + back[None])[0]
        self.assertLess((hidden - torch.stack([t[0] for t in trace])).abs().max(), 1e-4)
        self.assertEqual(choose(np.array([0.0, 3.0, 3.0], np.float32), 0, 2, 1, 0, 0), 1)


if __name__ == "__main__":
    unittest.main()
