#!/usr/bin/env python3
"""Golden data for the translation model (dense Qwen3) and for the tokenizer, from transformers 5.

usage: llm.py FOLDER     writes FOLDER/llm/{tied,untied,sharded}

`tied` shares input and output embeddings, `untied` does not, `sharded` is `untied` cut into two files with an index.
Runs are greedy, in float32, on one CPU thread.
"""

import os
import shutil
import sys

import torch
import transformers
from safetensors.torch import save_file
from transformers import Qwen3Config, Qwen3ForCausalLM

from tiny import Golden, fill, save_weights, settle, write_json, write_tokenizer

SEED = 31
STEPS = 10
SPECIAL = [
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|object_ref_start|>", "<|object_ref_end|>", "<|box_start|>",
    "<|box_end|>", "<|quad_start|>", "<|quad_end|>", "<|vision_start|>", "<|vision_end|>", "<|vision_pad|>",
    "<|image_pad|>", "<|video_pad|>",
]
PLAIN = [
    "<tool_call>", "</tool_call>", "<|fim_prefix|>", "<|fim_middle|>", "<|fim_suffix|>", "<|fim_pad|>", "<|repo_name|>",
    "<|file_sep|>", "<tool_response>", "</tool_response>", "<think>", "</think>",
]
# The part of the chat layout that a plain conversation needs; with thinking switched off an empty thought is prefilled.
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n"
    "{% if enable_thinking is defined and enable_thinking is false %}<think>\n\n</think>\n\n{% endif %}{% endif %}"
)
CHATS = {
    "german": [("system", "Translate into German."), ("user", "Hello world, this is a test.")],
    "chinese": [("user", "她说今天的天气很好。\n\n  Übersetze das!")],
    "turns": [("system", "Be brief."), ("user", "It's 12:30."), ("assistant", "Es ist 12:30."), ("user", "And now? 🙂")],
}
TEXTS = [
    "", " ", "  ", "   a", "a   ", "a  b", "\n", "\n\n", " \n", "\n a", "a\n\n\nb", "\t\tx", " \t \r\n y", "\u00a0x", "\u3000全角",
    "Hello world", " Hello", "HELLO", "Hello, world!", "it's IT'S we'Ll I'm you'VE he'd they're can’t", "'s", "''s",
    "0", "1234567890", "3.14", "12,5 % von 1.000 €", "x86_64", "2026-11-21T17:00:00Z", "٣٤", "½²",
    "Größe", "Gro\u0308\u00dfe", "Fußgängerübergänge", "Straße, Äpfel; Öl: über?", "ﬁnden", "İstanbul",
    "她说今天的天气很好", "今天 是2026年。", "ひらがなカタカナ漢字", "안녕하세요", "สวัสดี", "مرحبا بالعالم", "שלום", "हिन्दी",
    "🙂", "👩‍👩‍👧‍👦 family", "🇩🇪🇨🇳", "e\u0301", "\u200bzero", "\ufeffmark", "\ufffd", "\u0000nul", "don't--stop...now!!", "(a)[b]{c}<d>",
    "foo_bar-baz/qux\\quux", "https://example.org/?q=a+b&c=d", "for(i=0;i<10;i++){\n\tx += i;\n}\n", "…–—„“”‚‘’",
    "<|im_start|>user\nhi<|im_end|>\n", "<think>\n\n</think>\n\n", "<|im_start", "a<|endoftext|>b", "<tool_call> x</tool_call>",
    "assistant\n", "user assistant system", "Ω≈ç√∫˜µ≤≥÷", "𝔘𝔫𝔦𝔠𝔬𝔡𝔢", "a" * 40, " " * 17 + "end", "ab" * 12 + "\n" * 5,
]


def model_config(vocabulary, ids, tied):
    return dict(
        architectures=["Qwen3ForCausalLM"], attention_bias=False, attention_dropout=0.0, bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|im_end|>"], head_dim=16, hidden_act="silu", hidden_size=32, initializer_range=0.02,
        intermediate_size=48, max_position_embeddings=40960, max_window_layers=3, model_type="qwen3",
        num_attention_heads=4, num_hidden_layers=3, num_key_value_heads=2, rms_norm_eps=1e-6, rope_scaling=None,
        rope_theta=1000000, sliding_window=None, tie_word_embeddings=tied, torch_dtype="bfloat16",
        transformers_version="4.51.0", use_cache=True, use_sliding_window=False, vocab_size=vocabulary,
    )


def prepare(folder):
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    ids, count = write_tokenizer(folder, 376, SPECIAL, PLAIN, dict(chat_template=TEMPLATE))
    tokens = transformers.AutoTokenizer.from_pretrained(folder)
    assert [tokens.convert_tokens_to_ids(token) for token in ids] == list(ids.values())
    return ids, -(-count // 32) * 32, tokens


def build(folder, tied, seed):
    ids, vocabulary, tokens = prepare(folder)
    config = model_config(vocabulary, ids, tied)
    known = Qwen3Config(**{name: value for name, value in config.items() if name not in ("architectures", "model_type")})
    known._attn_implementation = "eager"
    model = Qwen3ForCausalLM(known).eval()
    fill(model, seed)
    write_json(f"{folder}/config.json", config)
    write_json(f"{folder}/generation_config.json", dict(
        bos_token_id=ids["<|endoftext|>"], do_sample=True, eos_token_id=[ids["<|im_end|>"], ids["<|endoftext|>"]],
        pad_token_id=ids["<|endoftext|>"], temperature=0.6, top_k=20, top_p=0.95, transformers_version="4.51.0",
    ))
    return model, tokens, ids


def run(golden, model, tokens, ids, messages):
    chat = [dict(role=role, content=content) for role, content in messages]
    written = tokens.apply_chat_template(chat, tokenize=False, add_generation_prompt=True, enable_thinking=False)
    prompt = tokens(written, add_special_tokens=False, return_tensors="pt").input_ids
    other = tokens.apply_chat_template(chat, add_generation_prompt=True, enable_thinking=False, return_dict=True)
    assert other["input_ids"] == prompt[0].tolist()
    golden.watch("embed", model.model.embed_tokens, lambda output: output[0], numbered=False)
    for at, layer in enumerate(model.model.layers):
        golden.watch(f"layers.{at}", layer, lambda output: (output[0] if isinstance(output, tuple) else output)[0], numbered=False)
    golden.watch("norm", model.model.norm, lambda output: output[0], numbered=False)
    if messages is CHATS["chinese"]:
        golden.watch("logits", model, lambda output: output.logits[0], numbered=False)
    model(input_ids=prompt, attention_mask=torch.ones_like(prompt))
    golden.unwatch()
    ends = [ids["<|im_end|>"], ids["<|endoftext|>"]]
    answer = model.generate(
        input_ids=prompt, attention_mask=torch.ones_like(prompt), do_sample=False, max_new_tokens=STEPS, eos_token_id=ends,
        pad_token_id=ends[1], output_logits=True, return_dict_in_generate=True, temperature=None, top_k=None, top_p=None,
    )
    logits = torch.cat(answer.logits)
    out = answer.sequences[0, prompt.shape[1]:]
    golden.put("prompt.ids", prompt[0])
    golden.put("step.logits", logits)
    golden.put("out.ids", out)
    best = logits.topk(2).values
    return dict(
        messages=chat, prompt=written, text=tokens.decode(out, skip_special_tokens=True), ended=int(out[-1]) in ends,
        margin=float((best[:, 0] - best[:, 1]).min()),
    )


def shard(folder, source, state):
    """The same checkpoint in two files, the first without the last layer, and the index that tells who has what."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(source, folder, ignore=shutil.ignore_patterns("model.safetensors", "golden"))
    files = {1: {}, 2: {}}
    for name, value in state.items():
        late = name.startswith("model.layers.2.") or name in ("model.norm.weight", "lm_head.weight")
        files[2 if late else 1][name] = value.detach().bfloat16().contiguous().clone()
    place = {}
    for number, tensors in files.items():
        file = f"model-{number:05d}-of-00002.safetensors"
        save_file(tensors, f"{folder}/{file}", {"format": "pt"})
        place |= {name: file for name in tensors}
    total = sum(value.numel() * 2 for tensors in files.values() for value in tensors.values())
    write_json(f"{folder}/model.safetensors.index.json", dict(metadata=dict(total_size=total), weight_map=dict(sorted(place.items()))))
    again = Qwen3ForCausalLM.from_pretrained(folder, dtype=torch.float32)
    assert all(torch.equal(value, state[name]) for name, value in again.state_dict().items())


def main(target):
    for kind, tied, seed in (("tied", True, SEED), ("untied", False, SEED + 1)):
        folder = os.path.join(target, "llm", kind)
        model, tokens, ids = build(folder, tied, seed)
        state = {n: v for n, v in model.state_dict().items() if not (tied and n == "lm_head.weight")}
        golden = Golden(folder)
        row = (model.model.embed_tokens if tied else model.lm_head).weight[ids["<|im_end|>"]]
        start = row.clone()
        for step in range(40):
            row.copy_((start * (1 + step / 16)).bfloat16().float())
            seen = []
            for messages in CHATS.values():
                facts = run(golden, model, tokens, ids, messages)
                seen.append(facts["ended"] and len(golden.tensors["out.ids"]) > 3)
                golden.tensors = {}
            if any(seen):
                break
        save_weights(f"{folder}/model.safetensors", state)
        for name, messages in CHATS.items():
            if name != "chinese" and not tied:
                continue
            golden.write(name, **run(golden, model, tokens, ids, messages))
            print(kind, name, golden.cases[name]["ended"], golden.cases[name]["margin"])
        tied and write_json(f"{folder}/golden/texts.json", [
            dict(text=text, ids=(found := tokens(text, add_special_tokens=False).input_ids),
                 decoded=tokens.decode(found, skip_special_tokens=False, clean_up_tokenization_spaces=False))
            for text in TEXTS
        ])
        golden.close(
            seed=seed, end_gain=1 + step / 16, tokens=ids, vocabulary=model.config.vocab_size, torch=torch.__version__,
            transformers=transformers.__version__,
        )
        if not tied:
            shard(os.path.join(target, "llm", "sharded"), folder, state)


if __name__ == "__main__":
    settle(SEED)
    main(sys.argv[1])
