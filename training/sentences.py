"""What the teachers read: our own sentence frames, running public-domain text, and bare word lists.

The Harvard lists and `HELD_OUT` are for scoring and never generated here.
"""
import functools
import random
import re
import subprocess

NOUNS = """time year people way day man thing woman life child world school state family student group country problem hand part
place case week company system program question work government number night point home water room mother area money story fact
month lot right study book eye job word business issue side kind head house service friend father power hour game line end member
law car city name president team minute idea body back parent face level office door health person art war history party result
change morning reason research moment air teacher force education dog voice garden river kitchen window machine letter picture
engine bridge farmer doctor island mountain forest village market station chapter recording microphone computer telephone message
street coffee bread apple orange table chair lamp paper pencil winter summer autumn spring cloud storm thunder light shadow candle
mirror ship harbor captain sailor pilot flight journey map treasure castle knight queen king song music guitar violin drum movie
camera studio actor budget contract measure region climate energy battery planet rocket blanket basket button feather hammer ladder
meadow orchard pebble quarrel railway saddle sugar tunnel umbrella valley wagon yard zebra judge breeze treasure garage vision oyster
toy boy coin noise thumb path cloth breath month truth youth thief leather brother weather sheep shirt shoulder bush sugar ocean
chicken church cheese match watch beach jacket giant gem page village""".split()
NOW = """makes takes finds gives tells asks needs feels leaves puts keeps begins shows hears plays moves likes believes holds brings
writes provides loses pays meets includes continues learns changes leads understands watches follows creates reads allows spends grows
opens wins offers remembers loves considers buys waits serves sends expects builds reaches raises passes sells requires reports
decides pulls explains carries repairs measures paints records imagines describes chooses answers visits protects enjoys judges""".split()
THEN = """made took found gave told asked needed felt left kept began showed heard played moved liked believed held brought wrote
provided lost paid met included continued learned changed led understood watched followed created read allowed spent grew opened won
offered remembered loved considered bought served sent expected built reached raised passed sold required reported decided pulled
explained carried repaired measured painted recorded imagined described chose answered visited protected enjoyed judged caught threw
thanked washed breathed""".split()
BARE = """see know want hear help call leave open close finish believe remember forget understand change choose join use push pull
watch teach reach measure enjoy thank join move view""".split()
KINDS = """good new first last long great little own other old right big high different small large next early young important few
public bad same able late real best free clear quiet bright heavy gentle curious strange simple hollow golden silver purple yellow
green broken careful nervous cheerful patient ancient modern frozen sharp narrow wide deep shallow rough smooth warm cold fresh bitter
sweet sour huge tiny proud humble brave lazy clever honest loyal ordinary peculiar familiar unusual reasonable beautiful thick thin
rich poor noisy joyful usual youthful northern southern""".split()
HOW = """quickly slowly carefully quietly loudly gently usually often always never sometimes perhaps certainly probably finally
suddenly early late today tomorrow yesterday everywhere nearby together again outside inside""".split()
WHERE = "in on under over behind near beyond across through around without beside after before against between with toward".split()
WHO = "I you we they he she it".split()
NAMES = """John Mary Peter Susan George Alice Robert Helen James Laura Michael Anna David Emma Charles Sophie Henry Julia Thomas Clara
London Paris Boston Canada Japan Africa Europe Monday Tuesday Wednesday Thursday Friday Saturday Sunday January March July August
October December""".split()
NUMBERS = """one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen twenty thirty forty fifty sixty seventy eighty ninety hundred thousand million""".split()
START = "Yes|No|Well|Please|Thank you|Hello|Of course|Listen|I think|However|In fact|For example".split("|")
RUDE = re.compile(r"fuck|shit|cunt|nigg|fag|whor|slut|bitch|bastard|piss|cock|dick|rape|raping|rapist|penis|vagin|semen|anus|anal$|arse|ass$|"
                  r"asses|tits|boob|porn|turd|wank|twat|spic$|kike|chink|dago|coon|negro|jap$|homo|dyke|damn|crap|incest|orgas|erotic|sex|nazi|slave|"
                  r"breast|thigh|naked|nude|harlot|concub|fornic|dung|circumcis|womb|loins|nipple|prostitut|bugger|whip|rapes|genital|testic|scrot")

HELD_OUT = [
    "The morning train was late again because of snow on the line.",
    "She kept a small notebook full of names that she liked.",
    "Nobody on the island could remember such a quiet winter.",
    "Please leave the keys with the neighbour on the second floor.",
    "A good map is worth more than a fast horse in these hills.",
    "They built the boat in a barn and then could not get it out.",
    "My grandmother taught me to bake bread without measuring anything.",
    "The museum closes at five, but the garden stays open until dark.",
    "He wrote three letters to the council and received no answer.",
    "When the rain stopped, the children ran down to the river.",
    "Every evening the lamps along the harbor came on one by one.",
    "It takes two people to carry the old piano up the stairs.",
    "The doctor asked him to count backwards from one hundred.",
    "Our neighbours grow tomatoes, beans and onions behind the garage.",
    "I would rather walk home than wait another hour for the bus.",
    "The engineer measured the bridge twice before she signed the paper.",
    "Somewhere in the attic there is a box of photographs from the war.",
    "You should always check the weather before you cross the mountains.",
    "The choir sang so softly that we could hear the candles burn.",
    "After the storm, the fishermen mended their nets on the beach.",
]


@functools.lru_cache
def running_text():
    """Clauses of 3 to 16 words of the King James Bible (the `bible` command of Debian's bible-kjv)."""
    text = subprocess.run(["bible", "-l9999", "gen1:1-rev22:21"], capture_output=True, text=True, check=True).stdout
    verses = re.split(r"\n\s+\d+ ", "\n" + re.sub(r"\n\n.*?\n\n", "\n", text))
    clauses = []
    for verse in verses:
        for clause in re.split(r"(?<=[.;:?!])\s+", re.sub(r"[\[\]()]", "", " ".join(verse.split()))):
            if 3 <= len(clause.split()) <= 16 and not RUDE.search(clause.lower()) and not re.search(r"\d", clause):
                clauses.append(clause)
    return clauses


@functools.lru_cache
def words():
    with open("/usr/share/dict/american-english", encoding="utf-8") as file:
        return [w for w in file.read().split() if re.fullmatch(r"[a-z]{3,12}", w) and not RUDE.search(w)]


def _thing(r):
    if r.random() < 0.15:
        return r.choice(NAMES)
    which = r.choice("the the the a this that every my your our their his her some no another".split())
    noun = (r.choice(KINDS) + " " if r.random() < 0.5 else "") + r.choice(NOUNS)
    if which == "a" and noun[0] in "aeiou":
        which = "an"
    return f"{which} {noun}"


FRAMES = [
    lambda r: f"{_thing(r)} {r.choice(THEN)} {_thing(r)} {r.choice(WHERE)} {_thing(r)}.",
    lambda r: f"{_thing(r)} {r.choice(NOW)} {_thing(r)}, and {_thing(r)} {r.choice(NOW)} {_thing(r)}.",
    lambda r: f"When {_thing(r)} {r.choice(THEN)} {_thing(r)}, {r.choice(WHO)} {r.choice(THEN)} {r.choice(HOW)}.",
    lambda r: f"Did {_thing(r)} {r.choice(BARE)} {_thing(r)}?",
    lambda r: f"{r.choice('What Why How Where Who'.split())} {r.choice(['is', 'was', 'about', 'would be'])} {_thing(r)}?",
    lambda r: f"There {r.choice(['are', 'were', 'will be'])} {r.choice(NUMBERS)} {r.choice(NOUNS)}s {r.choice(WHERE)} {_thing(r)}.",
    lambda r: f"{r.choice(WHO)} {r.choice('would could should will might must can cannot'.split())} {r.choice(BARE)} {_thing(r)} {r.choice(HOW)}.",
    lambda r: f"{r.choice(WHO)} {r.choice(['did not', 'do not', 'don’t', 'can’t', 'won’t', 'didn’t'])} {r.choice(BARE)} {_thing(r)}.".replace("’", "'"),
    lambda r: f"{r.choice(HOW)}, {_thing(r)} {r.choice(THEN)} {r.choice(WHERE)} {_thing(r)}; {r.choice(WHO)} {r.choice(THEN)} it.",
    lambda r: f"{r.choice(START)}, {_thing(r)} {r.choice(NOW)} {r.choice(HOW)}.",
    lambda r: f"It is {r.choice(KINDS)} and {r.choice(KINDS)}, but {_thing(r)} {r.choice(NOW)} the {r.choice(NOUNS)}.",
    lambda r: f"{_thing(r)}.",
    lambda r: f"{r.choice(NUMBERS)} {r.choice(NUMBERS)} {r.choice(NUMBERS)}, {r.choice(NUMBERS)} {r.choice(NUMBERS)}.",
]


def sentence(seed):
    """One sentence, a pure function of its seed and of the installed text packages."""
    r = random.Random(seed)
    kind = r.random()
    if kind < 0.3:
        text = r.choice(running_text())
    elif kind < 0.7:
        text = r.choice(FRAMES)(r)
    else:
        chosen = [r.choice(words()) for _ in range(r.randint(4, 8))]
        if len(chosen) > 5 and r.random() < 0.5:
            chosen[2] += ","
        text = " ".join(chosen) + "."
    return text[0].upper() + text[1:]


if __name__ == "__main__":
    print(len(running_text()), len(words()))
    for number in range(25):
        print(sentence(number))
