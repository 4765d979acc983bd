"""Chooses the words that a person is asked to say: common, plain, far from each other in sound.

    python training/challenge_words.py LEXICON.BIN CMUDICT_DIR OUT.txt [CONFUSIONS.npy]

The candidates below were written down for this purpose. CONFUSIONS, when given, is what the
ear takes for what (39 x 39, rows are what was said), and replaces the plain phone distance.
"""
import re
import sys
import zlib
from pathlib import Path

import numpy as np

from lexicon import PHONE_OF_CHAR

COUNT = 128
PHONES = (6, 9)
SYLLABLES = (2, 4)
APART = 5.0            # phone edits between any two words

CANDIDATES = """
accident acrobat adventure afternoon airplane alphabet ambulance anchovy animal apartment apricot aquarium
architect article artichoke artist asparagus astronaut athlete atlantic audience autumn avenue avocado balcony
ballerina balloon banana bandana banker barbecue barometer basement basketball bathroom battery beautiful bedroom
bicycle binocular biscuit blackberry blanket blueberry boomerang botanist bracelet breakfast briefcase broccoli
brother bucket buffalo building bulldozer bumblebee butterfly button cabbage cabinet cactus calculator calendar
camel camera campfire canary candle canvas canyon caramel caravan cardboard carnival carpenter carpet casserole
castle catalog cathedral cauliflower celery ceremony champion chandelier chemistry chestnut chimney chocolate
cinnamon circus clarinet classroom clothing coconut colony comedy compass computer concert confetti continent
cookbook copper corridor cosmic costume cottage crocodile cucumber cupboard curtain customer daffodil dandelion
daughter december decorate delicate dentist department desert detective diamond dictionary dinosaur diplomat
discover document dolphin domino donkey dragonfly driveway drummer dynamite eagle earthquake editor eggplant
elastic elbow elephant elevator emerald engineer envelope escalator evening excellent explorer fabulous factory
falcon family fantastic farmhouse feather festival fiddle fireplace firewood fisherman flamingo flashlight
flexible football footprint forest forever fortune fountain fragile friendly furniture galaxy gallery garage
garden garlic generous gentleman geography giraffe glacier goldfish gondola gorilla graduate grandfather granite
grapefruit grasshopper gravity grocery guardian guitar gymnast hamburger hammock handkerchief happiness harbor
harmonica hazelnut helicopter helmet hemisphere hero hibiscus highway holiday honeymoon horizon hospital hurricane
iceberg icicle idea illustrate imagine india ingredient insect instrument invention invisible island jacket jaguar
january jasmine jellyfish jewelry journey judo juniper jupiter kangaroo kayak ketchup keyboard kilogram kindness
kingdom kitchen ladder ladybug landscape lantern laundry lavender lemonade leopard lettuce library licorice
lighthouse limousine lobster locomotive luggage lullaby macaroni magazine magnet magnolia mahogany mammoth mandolin
mango maple marathon marble market marmalade marvelous mattress meadow medicine melody memory mermaid message
meteor microphone microscope midnight miniature miracle mischief monastery monkey monument moonlight morning
mosquito motorcycle mountain mushroom musician mustard mystery napkin narrator nature necklace neighbor newspaper
nightingale noodle notebook november nutmeg oatmeal obstacle octopus october olive omelet opera orange orchestra
orchid oregano ornament ostrich otter overcoat oxygen oyster pajamas palace panda pancake panorama papaya parachute
paradise parking parrot passenger passport peacock peanut pelican penguin pepper perfume photograph piano picnic
picture pigeon pineapple pioneer planet platinum playground plumber pocket polar popcorn porcelain porcupine
postcard potato powder president professor promise propeller property protein pudding pumpkin puppet puzzle
pyramid quality rabbit raccoon radio rainbow raspberry rattlesnake recipe rectangle refrigerator reindeer republic
restaurant rhinoceros ribbon robot romantic rosemary rowboat ruby sailboat salad salamander sandwich sapphire
satellite saturday saxophone scarecrow scientist scissors scorpion sculpture seagull seashell september shampoo
shepherd shoulder signature silver skeleton skyscraper snowflake snowman solar soldier spaghetti sparrow spider
spinach splendid squirrel stadium staircase starfish station statue strawberry student sugar suitcase summer
sunflower sunglasses sunshine surprise swallow sweater symphony table tablecloth tambourine tangerine taxi teacher
teapot technique telephone telescope television temperature tennis theater thermometer thunder thursday ticket
tiger toaster tobacco tomato tornado tortoise tournament tractor treasure triangle tricycle trombone trumpet tulip
turkey turquoise turtle twilight typewriter ukulele umbrella unicorn universe vacation valentine valley vanilla
vegetable velvet village vinegar violet violin visitor vitamin volcano volunteer waffle walnut wardrobe waterfall
watermelon weather wednesday whisper wilderness windmill window windshield winter wizard wonderful woodpecker
workshop yesterday yogurt zebra zeppelin zucchini
""".split()

VOWELS = set("AaVOW@YERIeioxUu")
BROAD = {}
for number, group in enumerate(("pbtdkg", "fvTDszSZCJh", "mnN", "lrwy")):
    for phone in group:
        BROAD[phone] = number


def plain_cost(a, b):
    """0 for the same phone, a little for sounds of one kind (`V` and `@` are one to the ear)."""
    a, b = a.replace("@", "V"), b.replace("@", "V")
    if a == b:
        return 0.0
    if a in VOWELS and b in VOWELS or BROAD.get(a, -1) == BROAD.get(b, -2):
        return 0.7
    return 1.0


def distance(a, b, cost):
    row = np.arange(len(b) + 1, dtype=float)
    for i, x in enumerate(a):
        previous = row.copy()
        row[0] = i + 1
        for j, y in enumerate(b):
            row[j + 1] = min(previous[j] + cost[x, y], row[j] + 1, previous[j + 1] + 1)
    return row[-1]


def main(lexicon, cmudict, out, confusions=None):
    lexicon = dict(line.split(" ") for line in zlib.decompress(Path(lexicon).read_bytes()).decode().splitlines())
    several = set()
    for line in (Path(cmudict) / "cmudict.dict").read_text().splitlines():
        variant = re.match(r"([a-z']+)\(\d\)", line)
        if variant:
            several.add(variant.group(1))
    vowels = lambda p: sum(c in VOWELS for c in p)
    words = sorted({w for w in CANDIDATES if w in lexicon and w not in several
                    and PHONES[0] <= len(lexicon[w]) <= PHONES[1]
                    and SYLLABLES[0] <= vowels(lexicon[w]) <= SYLLABLES[1]})
    cost = {(a, b): plain_cost(a, b) for a in PHONE_OF_CHAR for b in PHONE_OF_CHAR}
    if confusions is not None:
        table = np.load(confusions)
        fold = {c: i for i, c in enumerate(c for c in PHONE_OF_CHAR if c != "@")}
        fold["@"] = fold["V"]
        for a, b in cost:
            if cost[a, b] > 0:
                both = table[fold[a], fold[b]] + table[fold[b], fold[a]]
                cost[a, b] = float(np.clip(-np.log10(both / 2 + 1e-3) / 2, 0.3, 1.0))
    n = len(words)
    apart = np.full((n, n), 99.0)
    for i in range(n):
        for j in range(i):
            apart[i, j] = apart[j, i] = distance(lexicon[words[i]], lexicon[words[j]], cost)
    plain = {(a, b): 0.0 if a.replace("@", "V") == b.replace("@", "V") else 1.0 for a in PHONE_OF_CHAR for b in PHONE_OF_CHAR}
    whole = np.full((n, n), 99.0)
    for i in range(n):
        for j in range(i):
            whole[i, j] = whole[j, i] = distance(lexicon[words[i]], lexicon[words[j]], plain)
    # Start from the word farthest from all others, then always the one farthest from those chosen.
    chosen = [int(np.argmax(np.where(apart > 90, 0, apart).mean(1)))]
    while len(chosen) < COUNT:
        nearest = apart[:, chosen].min(1) + 0.01 * apart[:, chosen].mean(1)
        nearest[(whole[:, chosen] < APART).any(1)] = -1
        nearest[chosen] = -1
        if nearest.max() < 0:
            break
        chosen.append(int(nearest.argmax()))
    pairs = [(apart[i, j], words[i], words[j]) for i in chosen for j in chosen if i < j]
    Path(out).write_text("".join(f"{words[i]}\n" for i in sorted(chosen)), encoding="ascii")
    print(f"{n} candidates, {len(chosen)} chosen; nearest {sorted(pairs)[:8]}; "
          f"least whole edits {min(whole[i, j] for i in chosen for j in chosen if i != j)}; "
          f"syllables of 2 to 4, phones {min(len(lexicon[words[i]]) for i in chosen)}-{max(len(lexicon[words[i]]) for i in chosen)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
