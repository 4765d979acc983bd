// What is read for the samples. English, because the bundled voice speaks English: each takes ten to fifteen seconds and,
// together, they hold every sound of the language.

export const PROMPTS = [
  "The old lighthouse keeper poured a cup of strong tea, watched the fog roll in from the north, and wondered whether the ships beyond the bay could hear his bell ring through the quiet night.",
  "On Thursday my cousin George brought a huge yellow kite to the beach, but the wind was too rough, so we chose to sit by the fire, joke about the weather, and share warm ginger bread.",
  "Please check each voice twice: a good recording should sound clear, calm and close, with no hum, no echo and no hurry, just the way you would explain a favourite book to a friend.",
] as const;

/** How many of them should be read; the rest is for whoever wants to give more. */
export const ENOUGH = 2;
