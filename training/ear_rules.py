"""What the ear's numbers mean for consent: was this sentence read, were these words read, is it one person. EAR.md states the rules."""
import math

import numpy as np

import ear

MASK = (1 << 64) - 1
SENTENCE_DECOYS = 128
WORD_DECOYS = 200
PHONE_BONUS = 2.0          # nats for each phone, so that long words are not worse off than short ones
WINDOW_SECONDS, WINDOW_HOP_SECONDS = 3.0, 0.5


class SplitMix:
    """SplitMix64 (Steele, Lea, Flood 2014)."""

    def __init__(self, seed):
        self.state = seed & MASK

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & MASK
        x = self.state
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK
        return x ^ (x >> 31)

    def below(self, n):
        return self.next() % n

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.below(i + 1)
            items[i], items[j] = items[j], items[i]


def align(lp, sequence):
    """Best CTC path: for each phone (first step, last step) of its own frames."""
    lp = np.asarray(lp, np.float64)
    states = np.zeros(2 * len(sequence) + 1, np.int64)
    states[1::2] = sequence
    jump = np.zeros(len(states), bool)
    jump[3::2] = states[3::2] != states[1:-2:2]
    score = np.full(len(states), -np.inf)
    score[0], score[1] = lp[0, 0], lp[0, states[1]]
    back = np.zeros((len(lp), len(states)), np.int8)
    for t in range(1, len(lp)):
        one = np.concatenate([[-np.inf], score[:-1]])
        two = np.where(jump, np.concatenate([[-np.inf, -np.inf], score[:-2]]), -np.inf)
        options = np.stack([score, one, two])
        back[t] = options.argmax(0)
        score = options.max(0) + lp[t, states]
    s = len(states) - 1 if score[-1] > score[-2] else len(states) - 2
    spans = [[None, None] for _ in sequence]
    for t in range(len(lp) - 1, -1, -1):
        if s % 2 == 1:
            span = spans[s // 2]
            span[0] = t
            span[1] = t if span[1] is None else span[1]
        s -= int(back[t, s])
    return spans


def sentence_evidence(lp, words, seed):
    """`words`: phone numbers of each word read. -> dict(beaten, z): decoys are the same words in other orders."""
    rng = SplitMix(seed)
    tries = [sum(words, [])]
    for _ in range(SENTENCE_DECOYS):
        order = list(words)
        rng.shuffle(order)
        tries.append(sum(order, []))
    scores = ear.log_likelihoods(lp, tries)
    decoys = scores[1:]
    return dict(beaten=int((scores[0] > decoys).sum()), z=float((scores[0] - decoys.mean()) / (decoys.std() + 1e-6)),
                margin=float((scores[0] - decoys.max()) / len(tries[0])))


def words_evidence(lp, claimed, vocabulary, seed):
    """`claimed`: indices into `vocabulary` (phone numbers of each word). -> dict(slots, z)."""
    rng = SplitMix(seed)
    rows = [list(claimed)]
    for _ in range(WORD_DECOYS):
        pool = list(range(len(vocabulary)))
        rng.shuffle(pool)
        rows.append(pool[: len(claimed)])
    for slot in range(len(claimed)):
        for other in range(len(vocabulary)):
            if other != claimed[slot]:
                rows.append([*claimed[:slot], other, *claimed[slot + 1:]])
    tries = [sum((vocabulary[i] for i in row), []) for row in rows]
    scores = ear.log_likelihoods(lp, tries) + PHONE_BONUS * np.array([len(t) for t in tries])
    decoys = scores[1: 1 + WORD_DECOYS]
    swaps = scores[1 + WORD_DECOYS:].reshape(len(claimed), -1)
    ranks = (swaps >= scores[0]).sum(1)
    return dict(slots=int((ranks == 0).sum()), near=int((ranks < 3).sum()), first=bool((scores[0] > decoys).all()),
                z=float((scores[0] - decoys.mean()) / (decoys.std() + 1e-6)))


def speech(wave):
    """The recording without its silences: 20 ms frames within 30 dB of the loud ones (95th percentile), with 120 ms around."""
    n = ear.RATE // 50
    frames = [wave[a: a + n] for a in range(0, len(wave), n)]
    db = np.array([10 * np.log10(float((f.astype(np.float64) ** 2).mean()) + 1e-12) for f in frames])
    threshold = max(np.sort(db)[len(db) * 95 // 100] - 30.0, -60.0)
    voiced = db > threshold
    kept = [f for i, f in enumerate(frames) if voiced[max(0, i - 6): i + 7].any()]
    return np.concatenate(kept) if kept else wave[:0]


def windows(wave):
    """3 s windows of speech every half second; the last one ends with the speech."""
    x = speech(wave)
    size, hop = int(WINDOW_SECONDS * ear.RATE), int(WINDOW_HOP_SECONDS * ear.RATE)
    last = max(0, len(x) - size)
    return [x[a: a + size] for a in sorted({min(i * hop, last) for i in range(-(-last // hop) + 1)})]


def one_person(likenesses, least):
    """At least 98 % of a recording's windows are alike, and none unlike for more than 2 s on end."""
    alike = [v >= least for v in likenesses]
    run = longest = 0
    for a in alike:
        run = 0 if a else run + 1
        longest = max(longest, run)
    return np.mean(alike) >= 0.98 and longest * WINDOW_HOP_SECONDS <= 2.0


def strictest(likenesses):
    """The largest `least` at which `one_person` still says yes."""
    return max((t for t in likenesses if one_person(likenesses, t)), default=-1.0)


def phone_numbers(word, lexicon, letters):
    """A written word to phone numbers, as the text crate pronounces it."""
    from lexicon import PHONE_OF_CHAR
    spelled = lexicon.get(word) or letters.phones(word)
    return [ear.NUMBER[PHONE_OF_CHAR[c]] for c in spelled]
