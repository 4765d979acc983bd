// Languages that a consent can name to dub into, with the English names that the owner reads aloud. The program knows
// more of them; a test of it holds that these are among them.

export const LANGUAGES: [string, string][] = [
  ["ar", "Arabic"],
  ["bg", "Bulgarian"],
  ["ca", "Catalan"],
  ["cs", "Czech"],
  ["da", "Danish"],
  ["de", "German"],
  ["el", "Greek"],
  ["es", "Spanish"],
  ["et", "Estonian"],
  ["fa", "Persian"],
  ["fi", "Finnish"],
  ["fil", "Filipino"],
  ["fr", "French"],
  ["he", "Hebrew"],
  ["hi", "Hindi"],
  ["hr", "Croatian"],
  ["hu", "Hungarian"],
  ["id", "Indonesian"],
  ["it", "Italian"],
  ["ja", "Japanese"],
  ["ko", "Korean"],
  ["lt", "Lithuanian"],
  ["lv", "Latvian"],
  ["mk", "Macedonian"],
  ["ms", "Malay"],
  ["nb", "Norwegian"],
  ["nl", "Dutch"],
  ["pl", "Polish"],
  ["pt", "Portuguese"],
  ["ro", "Romanian"],
  ["ru", "Russian"],
  ["sk", "Slovak"],
  ["sl", "Slovenian"],
  ["sr", "Serbian"],
  ["sv", "Swedish"],
  ["th", "Thai"],
  ["tr", "Turkish"],
  ["uk", "Ukrainian"],
  ["vi", "Vietnamese"],
  ["zh", "Chinese"],
];

/** Most that can be read aloud as one sentence. */
export const LANGUAGES_MOST = 12;

/** As the sentence lists them: in the order of their tags, by their English names. */
export function inWords(tags: string[]): string {
  const names = [...tags].sort().map((tag) => LANGUAGES.find(([known]) => known === tag)?.[1] ?? tag);
  const last = names.pop() ?? "";
  return names.length === 0 ? last : `${names.join(", ")} and ${last}`;
}
