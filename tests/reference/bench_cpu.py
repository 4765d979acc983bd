"""PyTorch's side of `cargo xtask bench cpu`: the same layers over the same weights, straight from torch's operators.

It takes commands on standard input, one a line, and answers each with one line, so that the two sides can take turns:
  load FILE TALKER PREDICTOR CONTEXT FRAMES  the weights, layers of both decoders, positions before the step, frames of a
                              chunk of the codec; answers "ready VERSION"
  run PIECE PRECISION BATCH   one repetition; answers its seconds
  show PIECE PRECISION BATCH  one repetition; answers "numbers COUNT", then COUNT little-endian 32-bit floats
"""

import ctypes
import json
import mmap
import struct
import sys
import time

import torch
import torch.nn.functional as F

HEADS, KEY_HEADS, WIDTH, EPSILON, BASE = 16, 8, 128, 1e-6, 1e6
PASSES, WORDS = 15, 2048


def read(path):
    """Tensors of a safetensors file, over the file's memory."""
    with open(path, "rb") as file:
        memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
    size = struct.unpack("<Q", memory[:8])[0]
    header = json.loads(memory[8 : 8 + size])
    tensors = {}
    for name, entry in header.items():
        count = 1
        for side in entry["shape"]:
            count *= side
        flat = torch.frombuffer(memory, dtype=torch.bfloat16, count=count, offset=8 + size + entry["data_offsets"][0])
        tensors[name] = flat.view(entry["shape"])
    return tensors


class Layer:
    """Weights of one product at a precision. "byte" is torch's dynamic quantisation with a scale for each output."""

    def __init__(self, weight, precision):
        self.packed = None
        if precision == "byte":
            weight = weight.float()
            scale = weight.abs().amax(1).clamp(min=1e-12) / 127
            zero = torch.zeros(len(scale), dtype=torch.long)
            quantised = torch.quantize_per_channel(weight, scale, zero, 0, torch.qint8)
            self.packed = torch.ops.quantized.linear_prepack(quantised, None)
        else:
            self.weight = weight.to(torch.float32 if precision == "single" else torch.bfloat16).clone()

    def __call__(self, x):
        if self.packed is None:
            return F.linear(x, self.weight)
        return torch.ops.quantized.linear_dynamic(x.reshape(-1, x.shape[-1]), self.packed, True).view(*x.shape[:-1], -1)


class Decoder:
    """Decoder blocks over a cache that is laid out once, `(batch, heads, positions, width)` for each layer."""

    def __init__(self, tensors, prefix, count, precision, batch, positions):
        self.kind = torch.bfloat16 if precision == "brain" else torch.float32
        get = lambda name: tensors[prefix + name]
        plain = lambda name: get(name).to(self.kind)
        self.layers = []
        for number in range(count):
            at = f"layers.{number}."
            attention, feed = at + "self_attn.", at + "mlp."
            self.layers.append(
                dict(
                    mixed=Layer(torch.cat([get(attention + n + "_proj.weight") for n in "qkv"]), precision),
                    output=Layer(get(attention + "o_proj.weight"), precision),
                    gated=Layer(torch.cat([get(feed + n + "_proj.weight") for n in ("gate", "up")]), precision),
                    down=Layer(get(feed + "down_proj.weight"), precision),
                    before=plain(at + "input_layernorm.weight"),
                    after=plain(at + "post_attention_layernorm.weight"),
                    query=plain(attention + "q_norm.weight"),
                    key=plain(attention + "k_norm.weight"),
                    keys=torch.zeros(batch, KEY_HEADS, positions, WIDTH, dtype=self.kind),
                    values=torch.zeros(batch, KEY_HEADS, positions, WIDTH, dtype=self.kind),
                )
            )
        self.norm = plain("norm.weight")
        angles = torch.arange(positions).float()[:, None] * BASE ** (-torch.arange(0, WIDTH, 2).float() / WIDTH)
        self.cosines = torch.cat([angles.cos()] * 2, -1).to(self.kind)
        sines = torch.cat([-angles.sin(), angles.sin()], -1)
        self.sines = sines.to(self.kind)

    def turn(self, x, place):
        """Rotary positions on halves; `x` `(batch, heads, time, width)`."""
        time = x.shape[2]
        cosines, sines = self.cosines[place : place + time], self.sines[place : place + time]
        return torch.addcmul(x * cosines, x.roll(WIDTH // 2, -1), sines)

    def __call__(self, x, place):
        """`x` `(batch, time, hidden)` from position `place` on."""
        batch, time, _ = x.shape
        for layer in self.layers:
            y = F.rms_norm(x, x.shape[-1:], layer["before"], EPSILON)
            mixed = layer["mixed"](y).view(batch, time, HEADS + 2 * KEY_HEADS, WIDTH).transpose(1, 2)
            query, key, value = mixed.split([HEADS, KEY_HEADS, KEY_HEADS], 1)
            query = self.turn(F.rms_norm(query, (WIDTH,), layer["query"], EPSILON), place)
            key = self.turn(F.rms_norm(key, (WIDTH,), layer["key"], EPSILON), place)
            keys, values = layer["keys"][:batch], layer["values"][:batch]
            keys[:, :, place : place + time] = key
            values[:, :, place : place + time] = value
            mixture = F.scaled_dot_product_attention(
                query,
                keys[:, :, : place + time],
                values[:, :, : place + time],
                is_causal=time > 1 and place == 0,
                enable_gqa=True,
            )
            x = x + layer["output"](mixture.transpose(1, 2).reshape(batch, time, HEADS * WIDTH))
            gate, up = layer["gated"](F.rms_norm(x, x.shape[-1:], layer["after"], EPSILON)).chunk(2, -1)
            x = x + layer["down"](F.silu(gate) * up)
        return F.rms_norm(x, x.shape[-1:], self.norm, EPSILON)


class Talker:
    """One position of every stream after a context, and its logits."""

    def __init__(self, tensors, precision, layers, context):
        self.decoder = Decoder(tensors, "talker.", layers, precision, 8, context + 1)
        self.head = Layer(tensors["talker.head.weight"], precision)
        self.step = tensors["input.step"].to(self.decoder.kind)
        self.context = context
        self.decoder(tensors["input.context"].to(self.decoder.kind), 0)

    def run(self, batch):
        return self.head(self.decoder(self.step[:batch, None], self.context)[:, -1])


class Predictor:
    """The fifteen passes that give the rest of a frame's codes. Which code goes in next is fixed."""

    def __init__(self, tensors, precision, layers, context):
        self.decoder = Decoder(tensors, "predictor.", layers, precision, 8, PASSES + 1)
        self.heads = [Layer(tensors[f"predictor.head.{n}.weight"], precision) for n in range(PASSES)]
        self.tables = [tensors[f"predictor.table.{n}.weight"].to(self.decoder.kind) for n in range(PASSES)]
        self.frame = tensors["input.frame"].to(self.decoder.kind)

    def run(self, batch):
        x, out = self.frame[:batch], []
        place = 0
        for number in range(PASSES):
            hidden = self.decoder(x, place)[:, -1]
            place += x.shape[1]
            logits = self.heads[number](hidden)
            logits.argmax(-1)
            out.append(logits)
            words = [(number * 37 + stream * 101 + 7) % WORDS for stream in range(batch)]
            x = self.tables[number][words][:, None]
        return torch.stack(out, 1)


class Codec:
    """The codec's decoder on some frames alone, without anything before them. Everything is `(batch, channels, time)`
    and contiguous, as torch's convolutions want it; there is no "byte" here, since there is no dynamic quantisation of
    convolutions."""

    CODES, HEADS, WIDTH, EPSILON, BASE, WINDOW = 16, 16, 64, 1e-5, 1e4, 72

    def __init__(self, tensors, precision, frames, context):
        self.kind = {"single": torch.float32, "brain": torch.bfloat16}[precision]
        assert frames <= self.WINDOW
        get = lambda name: tensors["decoder." + name].float()
        keep = lambda value: value.to(self.kind).contiguous().clone()
        plain = lambda name: keep(get(name))
        both = lambda name: (plain(name + ".weight"), plain(name + ".bias"))
        conv = lambda name: both(name + ".conv")

        def vectors(at):
            return keep(get(at + "embedding_sum") / get(at + "cluster_usage").clamp(min=1e-5)[:, None])

        def snake(name):
            alpha, beta = get(name + ".alpha").exp(), get(name + ".beta").exp()
            return keep(alpha[:, None]), keep((1 / (beta + 1e-9))[:, None])

        first, rest = ("quantizer.rvq_first.", "quantizer.rvq_rest.")
        book = "vq.layers.{}._codebook."
        self.first = vectors(first + book.format(0))
        # All tables in one, so that a sum over the codes is one lookup.
        self.rest = torch.cat([vectors(rest + book.format(level)) for level in range(self.CODES - 1)])
        self.offsets = torch.arange(self.CODES - 1) * WORDS
        # Both projections in one product.
        self.project = keep(torch.cat([get(kind + "output_proj.weight")[..., 0] for kind in (first, rest)], 1))
        self.enter = conv("pre_conv")
        self.inward, self.outward = both("pre_transformer.input_proj"), both("pre_transformer.output_proj")
        self.layers = []
        for number in range(8):
            at = f"pre_transformer.layers.{number}."
            attention, feed = at + "self_attn.", at + "mlp."
            self.layers.append(
                dict(
                    mixed=keep(torch.cat([get(f"{attention}{n}_proj.weight") for n in "qkv"])),
                    output=plain(attention + "o_proj.weight"),
                    gated=keep(torch.cat([get(f"{feed}{n}_proj.weight") for n in ("gate", "up")])),
                    down=plain(feed + "down_proj.weight"),
                    before=plain(at + "input_layernorm.weight"),
                    after=plain(at + "post_attention_layernorm.weight"),
                    attention_scale=plain(at + "self_attn_layer_scale.scale"),
                    feed_scale=plain(at + "mlp_layer_scale.scale"),
                )
            )
        self.norm = plain("pre_transformer.norm.weight")
        angles = torch.arange(frames)[:, None] * self.BASE ** (-torch.arange(0, self.WIDTH, 2).float() / self.WIDTH)
        self.cosines = keep(torch.cat([angles.cos()] * 2, -1))
        self.sines = keep(torch.cat([-angles.sin(), angles.sin()], -1))
        self.widenings = []
        for number in range(2):
            at = f"upsample.{number}."
            self.widenings.append(
                dict(
                    up=conv(at + "0"),
                    depthwise=conv(at + "1.dwconv"),
                    norm=both(at + "1.norm"),
                    wide=both(at + "1.pwconv1"),
                    narrow=both(at + "1.pwconv2"),
                    gamma=plain(at + "1.gamma"),
                )
            )
        self.begin = conv("decoder.0")
        self.stages = []
        for number, factor in enumerate((8, 5, 4, 3), 1):
            at = f"decoder.{number}.block."
            units = []
            for unit, dilation in zip((2, 3, 4), (1, 3, 9)):
                part = lambda name: f"{at}{unit}.{name}"
                units.append(
                    (snake(part("act1")), conv(part("conv1")), dilation, snake(part("act2")), conv(part("conv2")))
                )
            self.stages.append((snake(at + "0"), conv(at + "1"), factor, units))
        self.last_snake = snake("decoder.5")
        self.last = conv("decoder.6")
        streams, times, levels = torch.arange(8), torch.arange(frames), torch.arange(self.CODES)
        codes = times[:, None] * 37 + levels * 53 + streams[:, None, None] * 101 + 7
        self.codes = codes % WORDS

    def turn(self, x):
        return torch.addcmul(x * self.cosines, x.roll(self.WIDTH // 2, -1), self.sines)

    @staticmethod
    def causal(x, layer, dilation=1, groups=1):
        weight, bias = layer
        return F.conv1d(F.pad(x, ((weight.shape[2] - 1) * dilation, 0)), weight, bias, dilation=dilation, groups=groups)

    @staticmethod
    def widen(x, layer, factor):
        return F.conv_transpose1d(x, *layer, stride=factor)[..., : x.shape[-1] * factor]

    @staticmethod
    def snake(x, layer):
        alpha, inverse_beta = layer
        return torch.addcmul(x, (x * alpha).sin_().square_(), inverse_beta)

    def transform(self, x):
        """`x` `(batch, time, latent)` to as many."""
        batch, time, _ = x.shape
        x = F.linear(x, *self.inward)
        for layer in self.layers:
            y = F.rms_norm(x, x.shape[-1:], layer["before"], self.EPSILON)
            mixed = F.linear(y, layer["mixed"]).view(batch, time, 3, self.HEADS, self.WIDTH).permute(2, 0, 3, 1, 4)
            mixture = F.scaled_dot_product_attention(self.turn(mixed[0]), self.turn(mixed[1]), mixed[2], is_causal=True)
            mixture = mixture.transpose(1, 2).reshape(batch, time, self.HEADS * self.WIDTH)
            x = torch.addcmul(x, F.linear(mixture, layer["output"]), layer["attention_scale"])
            gated = F.linear(F.rms_norm(x, x.shape[-1:], layer["after"], self.EPSILON), layer["gated"])
            gate, up = gated.chunk(2, -1)
            x = torch.addcmul(x, F.linear(F.silu(gate) * up, layer["down"]), layer["feed_scale"])
        return F.linear(F.rms_norm(x, x.shape[-1:], self.norm, self.EPSILON), *self.outward)

    def run(self, batch):
        codes = self.codes[:batch]
        rest = F.embedding(codes[..., 1:] + self.offsets, self.rest).sum(2)
        x = F.linear(torch.cat([F.embedding(codes[..., 0], self.first), rest], -1), self.project)
        x = self.causal(x.transpose(1, 2), self.enter)
        x = self.transform(x.transpose(1, 2)).transpose(1, 2).contiguous()
        for layer in self.widenings:
            x = self.widen(x, layer["up"], 2)
            y = self.causal(x, layer["depthwise"], groups=x.shape[1]).transpose(1, 2)
            y = F.gelu(F.linear(F.layer_norm(y, y.shape[-1:], *layer["norm"], 1e-6), *layer["wide"]))
            x = x + (F.linear(y, *layer["narrow"]) * layer["gamma"]).transpose(1, 2)
        x = self.causal(x, self.begin)
        for before, up, factor, units in self.stages:
            x = self.widen(self.snake(x, before), up, factor).contiguous()
            for first, spread, dilation, between, mix in units:
                y = self.causal(self.snake(x, first), spread, dilation)
                x = self.causal(self.snake(y, between), mix).add_(x)
        return self.causal(self.snake(x, self.last_snake), self.last).clamp_(-1, 1)[:, 0]


PIECES = {"talker": Talker, "predictor": Predictor, "codec": Codec}


def main():
    torch.set_num_threads(int(sys.argv[1]))
    made, tensors, sizes = {}, {}, {}

    def piece(name, precision):
        if (name, precision) not in made:
            made[name, precision] = PIECES[name](tensors, precision, sizes[name], sizes["context"])
        return made[name, precision]

    with torch.inference_mode():
        for line in sys.stdin:
            command, *rest = line.split()
            if command == "load":
                tensors = read(rest[0])
                names = ("talker", "predictor", "context", "codec")
                sizes = dict(zip(names, map(int, rest[1:])))
                print("ready", torch.__version__, flush=True)
                continue
            work = piece(rest[0], rest[1])
            began = time.perf_counter()
            out = work.run(int(rest[2]))
            seconds = time.perf_counter() - began
            if command == "run":
                print(seconds, flush=True)
            else:
                numbers = out.float().contiguous().view(-1)
                print("numbers", len(numbers), flush=True)
                sys.stdout.buffer.write(ctypes.string_at(numbers.data_ptr(), 4 * len(numbers)))
                sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
