// Words for the fake program's books, written for it: one short novel in four chapters, and a maker of long ones.

import { dice } from "./world";

/** Title and paragraphs of a chapter. */
export type Chapter = [string, string[]];

export const LAMP: Chapter[] = [
  [
    "The Keeper's Daughter",
    [
      "Nobody had lit the lamp at Harrow Point for eleven years. The road to it was gone, and so was the boat, and the last keeper had taken the key with him when he left.",
      "Marit found the key in a sugar tin. It lay under a folded bill for paraffin, wrapped in a piece of sailcloth, and it was heavier than it looked.",
      "“That's no house key,” said her aunt. She turned it over twice, put it back, and closed the lid. “Leave it. Some doors are shut for a reason.”",
      "But the tin stayed on the shelf, and Marit was nine, and it rained for a week. By the Friday she had counted the teeth of the key with her thumb so often that she could have drawn it in the dark.",
    ],
  ],
  [
    "Low Water",
    [
      "At the lowest tide of the year the sand runs dry as far as the point. It lasts for fifty minutes. Her father had told her that, long ago, as one tells a child that there are wolves.",
      "She took a loaf, a length of rope and the key. She did not take a lantern, because a lantern can be seen.",
      "The sand was hard and ribbed and cold. Small crabs ran sideways from her shadow; far out, a bell rang on its buoy, slowly, as if it were counting her steps.",
      "Halfway across she looked back. The village was a row of grey teeth. Somebody had hung out washing, and the sheets were waving at her.",
      "Was it further than it looked? It was. When the first thin water came hissing over the ribs she began to run.",
    ],
  ],
  [
    "What the Log Said",
    [
      "The door opened without a sound. Somebody had oiled the hinges.",
      "There were ninety-one steps, and on every tenth a window no wider than a hand. Dust lay on the first eighty. On the last eleven there was none.",
      "In the lamp room stood a table, a chair, and a book as thick as a loaf. “14 March, wind SW 6, lamp lit at 17.48,” said the last line. The ink was still wet.",
      "Marit read it three times. Then, because it seemed rude not to, she took the pen and wrote beneath it: “14 March. I am here too.”",
      "Nothing moved. The sea went on with its one long word. And below her, quite gently, the door was closed.",
    ],
  ],
  [
    "Harrow Light",
    [
      "The man who came up the stairs was carrying two cups. He set one in front of her, as though they had an appointment.",
      "“You'll have questions,” he said. “Ask them while it's hot.”",
      "“Are you the keeper?” “I was. Then they wrote to say that no ship needed me, and I went home, and on the second night I heard one.”",
      "He nodded at the window. There was nothing to see there but evening. “So I come over at low water. Five nights, six, until the sand is dry again. It isn't allowed, of course.”",
      "She drank. It was tea, mostly sugar. “Can I light it?” she asked; and he looked at the clock, and at the sky, and at the key in her hand, and stood up to show her how.",
    ],
  ],
];

export const RHYMES: Chapter[] = [
  [
    "Who Has Seen the Wind?",
    [
      "Who has seen the wind? Neither I nor you: But when the leaves hang trembling, The wind is passing through.",
      "Who has seen the wind? Neither you nor I: But when the trees bow down their heads, The wind is passing by.",
    ],
  ],
  [
    "What Is Pink?",
    [
      "What is pink? A rose is pink By the fountain's brink. What is red? A poppy's red In its barley bed. What is blue? The sky is blue Where the clouds float through.",
    ],
  ],
  [
    "How Many Seconds in a Minute?",
    ["How many seconds in a minute? Sixty, and no more in it. How many minutes in an hour? Sixty for sun and shower."],
  ],
];

const WHO = [
  "The ferryman",
  "Ines",
  "Old Baptiste",
  "The schoolmistress",
  "Nobody",
  "My grandmother",
  "The surveyor",
  "A boy from the mill",
];
const DID = [
  "walked down to the quay before anyone was awake",
  "kept the letters in a drawer that stuck in wet weather",
  "counted the carts as they came over the bridge",
  "said that the winter would be a long one",
  "waited until the kettle had finished singing",
  "knew the way through the marsh, or said so",
  "had painted the door blue and never spoken of it again",
  "watched the snow fill the tracks, one after the other",
];
const WHY = [
  "because the bread was always warm by then",
  "although it had been raining since Tuesday",
  "and nobody thought it strange",
  "as if there were all the time in the world",
  "until the lamp in the chapel went out",
  "which is how the quarrel began",
  "for the sake of the one who had gone away",
  "and the dog, as usual, came along",
];
const SHORT = [
  "It was enough.",
  "“And then,” I said, “what?”",
  "The clock struck, and was wrong.",
  "Somewhere a gate was banging.",
  "She laughed at that.",
  "We never found the other shoe.",
];
const TITLES = [
  "The Ferry",
  "A Door in the Wall",
  "Salt",
  "What the Miller Kept",
  "Two Letters",
  "Snow in April",
  "The Long Table",
  "Counting House",
];

/** One sentence of a long book. */
export function sentence(random: () => number): string {
  const pick = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  if (random() < 0.18) return pick(SHORT);
  const first = `${pick(WHO)} ${pick(DID)}`;
  return random() < 0.3 ? `${first}.` : `${first}, ${pick(WHY)}.`;
}

/** A book of so many lines, headings among them. */
export function longBook(lines: number, seed: number): Chapter[] {
  const random = dice(seed);
  const chapters: Chapter[] = [];
  let left = lines;
  while (left > 0) {
    const number = chapters.length;
    const own = Math.min(left, 180 + Math.floor(random() * 60));
    const paragraphs: string[] = [];
    for (let made = 1; made < own; ) {
      const many = Math.min(own - made, 1 + Math.floor(random() * 5));
      paragraphs.push(Array.from({ length: many }, () => sentence(random)).join(" "));
      made += many;
    }
    chapters.push([`${number + 1}. ${TITLES[number % TITLES.length]}`, paragraphs]);
    left -= own;
  }
  return chapters;
}

/** Paragraphs to lines: a sentence each. */
export function sentencesOf(paragraph: string): string[] {
  return paragraph.split(/(?<=[.!?][”"]?)\s+(?=[“"\p{Lu}\d])/u).filter(Boolean);
}
