"""Builds the pronouncing lexicon and the letter-to-sound trees that the text crate ships.

    python training/lexicon.py CMUDICT OUT_DIR

CMUDICT is the directory that holds `cmudict.dict` and its `LICENSE`. Formats: LEXICON.md.
"""
import collections
import hashlib
import math
import random
import re
import struct
import sys
import zlib
from pathlib import Path

import numpy as np

# One character for each phone. `ax` is the unstressed `ah`; `er` covers both stresses.
PHONE_OF_CHAR = {
    "A": "aa", "a": "ae", "V": "ah", "O": "ao", "W": "aw", "@": "ax", "Y": "ay", "b": "b",
    "C": "ch", "d": "d", "D": "dh", "E": "eh", "R": "er", "e": "ey", "f": "f", "g": "g",
    "h": "hh", "I": "ih", "i": "iy", "J": "jh", "k": "k", "l": "l", "m": "m", "n": "n",
    "N": "ng", "o": "ow", "x": "oy", "p": "p", "r": "r", "s": "s", "S": "sh", "t": "t",
    "T": "th", "U": "uh", "u": "uw", "v": "v", "w": "w", "y": "y", "z": "z", "Z": "zh",
}
CHAR_OF_PHONE = {phone: char for char, phone in PHONE_OF_CHAR.items()}

# Very common words for which CMUdict's first variant is not what flite says, nor what a
# reader would say in running text. The voice learned from flite.
WEAK_FORMS = {
    "a": "@", "the": "D@", "to": "t@", "and": "and", "live": "lIv", "here": "hIr",
    "didn't": "dIdnt", "doesn't": "dVznt", "hasn't": "haznt", "couldn't": "kUdnt",
    "wouldn't": "wUdnt", "shouldn't": "SUdnt", "isn't": "Iznt", "wasn't": "wVznt",
}

WINDOW = 4            # letters seen to each side
HISTORY = 3           # sounds already chosen (to the right) that a question may ask about
FEATURES = 2 * WINDOW + HISTORY
ALPHABET = "#'abcdefghijklmnopqrstuvwxyz"   # '#' is outside the word
LONGEST_SOUND = 3     # phones one letter may stand for


def read_cmudict(path):
    """{word: one-character phones}, first pronunciation of each word, in file order."""
    words = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        fields = line.split("#")[0].split()
        if not fields or not re.fullmatch(r"[a-z][a-z']*", fields[0]) or fields[0] in words:
            continue
        phones = []
        for name in fields[1:]:
            phone = name.lower()
            phones.append("ax" if phone == "ah0" else phone.rstrip("012"))
        words[fields[0]] = "".join(CHAR_OF_PHONE[p] for p in phones)
    words.update({w: p for w, p in WEAK_FORMS.items() if w in words})
    return words


def pack_lexicon(words):
    text = "".join(f"{w} {p}\n" for w, p in sorted(words.items()))
    return zlib.compress(text.encode("ascii"), 9), text


# Letters to sounds: alignment -------------------------------------------------------------

def align(word, phones, cost, default):
    """Cheapest split of `phones` over the letters; (pieces, cost) or None."""
    n, m = len(word), len(phones)
    infinity = float("inf")
    best = [[infinity] * (m + 1) for _ in range(n + 1)]
    back = [[0] * (m + 1) for _ in range(n + 1)]
    best[0][0] = 0.0
    for i in range(n):
        table = cost[word[i]]
        row, nxt, bk = best[i], best[i + 1], back[i + 1]
        for j in range(m + 1):
            if row[j] == infinity:
                continue
            for k in range(min(LONGEST_SOUND, m - j) + 1):
                value = row[j] + table.get(phones[j:j + k], default[k])
                if value < nxt[j + k]:
                    nxt[j + k], bk[j + k] = value, k
    if best[n][m] == infinity:
        return None
    pieces, j = [], m
    for i in range(n, 0, -1):
        k = back[i][j]
        pieces.append(phones[j - k:j])
        j -= k
    return pieces[::-1], best[n][m]


def learn_alignment(items, rounds=6, seed=1):
    """Hard expectation-maximisation of -log P(sound | letter)."""
    sample = random.Random(seed).sample(items, min(25000, len(items)))
    letters = ALPHABET[1:]
    # Round zero: phones spread evenly over the letters say which letter tends to which phone.
    counts = {c: collections.Counter() for c in letters}
    for word, phones in sample:
        if len(word) < len(phones):
            continue
        for j, phone in enumerate(phones):
            counts[word[int((j + 0.5) * len(word) / len(phones))]][phone] += 1
    default = [3.0, 9.0, 13.0, 18.0]
    for _ in range(rounds):
        cost = {}
        for c in letters:
            total = sum(counts[c].values()) + 1.0
            cost[c] = {s: -math.log(n / total) for s, n in counts[c].items() if n >= 3}
        counts = {c: collections.Counter() for c in letters}
        for word, phones in sample:
            found = align(word, phones, cost, default)
            if found is not None:
                for c, piece in zip(word, found[0]):
                    counts[c][piece] += 1
        default = [9.0, 10.0, 13.0, 18.0]
    for c in letters:
        total = sum(counts[c].values()) + 1.0
        cost[c] = {s: -math.log(n / total) for s, n in counts[c].items() if n >= 3}
    return cost, default


# Letters to sounds: trees -----------------------------------------------------------------

def context(word, i, history):
    """The FEATURES values a question may ask about, for letter i.

    Letters are decided from the last to the first: English endings say more about what
    comes before them than the other way round (held-out phone error .087 against .089).
    """
    at = lambda k: ALPHABET.index(word[k]) if 0 <= k < len(word) else 0
    near = [at(i + d) for d in range(-WINDOW, WINDOW + 1) if d != 0]
    return near + [history[-1 - k] if k < len(history) else 0 for k in range(HISTORY)]


def grow(x, y, classes, smallest, gain_floor):
    """One binary tree as nested tuples: a class number, or (feature, value, yes, no)."""
    counts = np.bincount(y, minlength=classes)
    best_class = int(counts.argmax())
    if len(y) < 2 * smallest or counts[best_class] == len(y):
        return best_class
    present = np.flatnonzero(counts)
    small = np.searchsorted(present, y)
    k = len(present)

    def bits(c):
        total = c.sum(-1)
        with np.errstate(divide="ignore", invalid="ignore"):
            part = np.where(c > 0, c * np.log2(c), 0.0).sum(-1)
            whole = np.where(total > 0, total * np.log2(total), 0.0)
        return whole - part

    here = bits(counts[present].astype(float))
    best = (gain_floor, None)
    for f in range(x.shape[1]):
        values = x[:, f]
        table = np.bincount(values * k + small, minlength=(values.max() + 1) * k).reshape(-1, k).astype(float)
        size = table.sum(1)
        gain = here - bits(table) - bits(counts[present] - table)
        gain[(size < smallest) | (size > len(y) - smallest)] = -1
        v = int(gain.argmax())
        if gain[v] > best[0]:
            best = (float(gain[v]), (f, v))
    if best[1] is None:
        return best_class
    f, v = best[1]
    yes = x[:, f] == v
    left = grow(x[yes], y[yes], classes, smallest, gain_floor)
    right = grow(x[~yes], y[~yes], classes, smallest, gain_floor)
    return left if left == right and isinstance(left, int) else (f, v, left, right)


def train_trees(aligned, smallest=2, gain_floor=4.0):
    tally = collections.Counter(p for _, pieces in aligned for p in pieces)
    sounds = [""] + sorted(s for s, n in tally.items() if s and n >= 5)
    number = {s: i for i, s in enumerate(sounds)}
    rows = {c: ([], []) for c in ALPHABET[1:]}
    for word, pieces in aligned:
        if any(p not in number for p in pieces):
            continue
        history = []
        for i in range(len(word) - 1, -1, -1):
            c, piece = word[i], pieces[i]
            xs, ys = rows[c]
            xs.append(context(word, i, history))
            ys.append(number[piece])
            history.append(number[piece] + 1)   # 0 is "nothing chosen yet"
    trees = []
    for c in ALPHABET[1:]:
        x = np.array(rows[c][0], dtype=np.int64).reshape(-1, FEATURES)
        y = np.array(rows[c][1], dtype=np.int64)
        trees.append(grow(x, y, len(sounds), smallest, gain_floor))
    return sounds, trees


def pack_letters(sounds, trees):
    """The bytes of letters.bin, see LEXICON.md."""
    nodes = bytearray()

    def put(tree):
        if isinstance(tree, int):
            nodes.extend(struct.pack("<BH", 255, tree))
            return
        f, v, yes, no = tree
        at = len(nodes)
        nodes.extend(struct.pack("<BBI", f, v, 0)[:5])
        put(yes)
        skip = len(nodes)
        nodes[at + 2:at + 5] = struct.pack("<I", skip)[:3]
        put(no)

    roots = []
    for tree in trees:
        roots.append(len(nodes))
        put(tree)
    table = b"".join(bytes([len(s)]) + s.encode("ascii") for s in sounds)
    head = b"LTS1" + struct.pack("<HHI", len(sounds), len(trees), len(nodes))
    return head + table + struct.pack(f"<{len(roots)}I", *roots) + bytes(nodes)


class Letters:
    """Reference decoder of letters.bin, as a reader in any language should do it."""

    def __init__(self, data):
        assert data[:4] == b"LTS1"
        sound_count, tree_count, node_bytes = struct.unpack_from("<HHI", data, 4)
        at = 12
        self.sounds = []
        for _ in range(sound_count):
            n = data[at]
            self.sounds.append(data[at + 1:at + 1 + n].decode("ascii"))
            at += 1 + n
        self.roots = struct.unpack_from(f"<{tree_count}I", data, at)
        at += 4 * tree_count
        self.nodes = data[at:at + node_bytes]
        assert len(self.nodes) == node_bytes and at + node_bytes == len(data)

    def phones(self, word):
        history, out = [], []
        for i in range(len(word) - 1, -1, -1):
            seen = context(word, i, history)
            at = self.roots[ALPHABET.index(word[i]) - 1]
            while self.nodes[at] != 255:
                f, v = self.nodes[at], self.nodes[at + 1]
                no = int.from_bytes(self.nodes[at + 2:at + 5], "little")
                at = at + 5 if seen[f] == v else no
            sound = int.from_bytes(self.nodes[at + 1:at + 3], "little")
            history.append(sound + 1)
            out.append(self.sounds[sound])
        return "".join(reversed(out))


def edits(a, b):
    row = list(range(len(b) + 1))
    for i, x in enumerate(a):
        previous, row[0] = row[0], i + 1
        for j, y in enumerate(b):
            previous, row[j + 1] = row[j + 1], min(previous + (x != y), row[j + 1] + 1, row[j] + 1)
    return row[-1]


def main(source, out):
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    words = read_cmudict(Path(source) / "cmudict.dict")
    packed, text = pack_lexicon(words)
    (out / "lexicon.bin").write_bytes(packed)
    (out / "LICENSE-cmudict").write_bytes((Path(source) / "LICENSE").read_bytes())
    print(f"lexicon: {len(words)} words, {len(text)} bytes of text, {len(packed)} packed")

    held = {w for w in words if int(hashlib.sha256(w.encode()).hexdigest(), 16) % 20 == 0}
    items = [(w, p) for w, p in words.items() if w not in held]
    cost, default = learn_alignment(items)
    aligned = []
    for word, phones in items:
        found = align(word, phones, cost, default)
        # Abbreviations read out in full ("aaa", "mr") teach nothing about letters.
        if found is not None and found[1] / len(word) < 3.2:
            aligned.append((word, found[0]))
    print(f"aligned {len(aligned)} of {len(items)}")
    sounds, trees = train_trees(aligned)
    data = pack_letters(sounds, trees)
    (out / "letters.bin").write_bytes(data)
    reader = Letters(data)
    wrong = total = exact = 0
    for word in sorted(held):
        guess = reader.phones(word)
        distance = edits(words[word], guess)
        wrong, total, exact = wrong + distance, total + len(words[word]), exact + (distance == 0)
    print(f"letters.bin {len(data)} bytes; held out {len(held)} words: "
          f"phone error {wrong / total:.4f}, words exact {exact / len(held):.4f}")

    rng = random.Random(7)
    golden = []
    for word in rng.sample(sorted(words), 110):
        golden.append(("lexicon", word, words[word]))
    invented = ["vouchsafe's", "zorblatt", "quixotry", "thrumble", "gnarliest", "aeiou", "x", "zzyzx", "o'malleyish"]
    for word in rng.sample(sorted(held), 100) + invented:
        golden.append(("letters", word, reader.phones(word)))
    (out / "golden.tsv").write_text("".join(f"{k}\t{w}\t{p}\n" for k, w, p in golden))


if __name__ == "__main__":
    main(*sys.argv[1:])
