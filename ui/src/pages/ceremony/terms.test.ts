// The form's complaints and its sentence.

import { expect, test } from "vitest";
import { complaints, EMPTY, form, preview, type TermsDraft } from "./terms";

const whole: TermsDraft = { ...EMPTY, owner: " Ada  Lovelace ", purpose: "reading my own notes", adult: true };

test("an empty form complains about all that is missing", () => {
  expect(complaints(EMPTY)).toEqual({ owner: "name", purpose: "purpose", adult: "adult" });
  expect(complaints(whole)).toEqual({});
});

test("lengths are measured as the program measures them", () => {
  expect(complaints({ ...whole, owner: "--" }).owner).toBe("name");
  expect(complaints({ ...whole, owner: "é".repeat(51) }).owner).toBe("nameLong");
  expect(complaints({ ...whole, purpose: "a     b" }).purpose).toBe("purpose");
  expect(complaints({ ...whole, purpose: "x".repeat(201) }).purpose).toBe("purposeLong");
  for (const hours of ["", "0", "1.5", "10001"]) expect(complaints({ ...whole, hours }).hours).toBe("hours");
});

test("a kept key wants its passphrase twice", () => {
  const kept = { ...whole, keepsKey: true };
  expect(complaints({ ...kept, passphrase: "1234567", again: "1234567" })).toEqual({ passphrase: "short" });
  expect(complaints({ ...kept, passphrase: "12345678", again: "1234567" })).toEqual({ again: "differs" });
  expect(complaints({ ...kept, passphrase: "12345678", again: "12345678" })).toEqual({});
});

test("the form is tidied and names somebody else only if asked to", () => {
  const asked = form({ ...whole, grantee: "Left Over" }, ["a"]);
  expect(asked).toEqual({
    owner: "Ada Lovelace",
    grantee: null,
    purpose: "reading my own notes",
    days: 90,
    hours: 20,
    dubInto: [],
    adult: true,
    samples: ["a"],
  });
});

test("the preview is the sentence", () => {
  const words = preview({ ...whole, days: 30 }, Date.parse("2026-11-21T12:00:00Z"));
  expect(words.map((piece) => piece.text).join("")).toBe(
    "I, Ada Lovelace, allow Ada Lovelace to make a computer voice from my recordings, for reading my own notes, until December 21, 2026. I can stop this at any time.",
  );
});

test("languages to dub into are named in the sentence, by their English names", () => {
  const sentence = (dubInto: string[]) =>
    preview({ ...whole, dubInto }, 0)
      .map((piece) => piece.text)
      .join("");
  expect(sentence(["de"])).toContain("from my recordings, with dubbing into German, for reading my own notes, until");
  expect(sentence(["fr", "de", "es"])).toContain("with dubbing into German, Spanish and French, for");
  expect(form({ ...whole, dubInto: ["de", "fr"] }, []).dubInto).toEqual(["de", "fr"]);
});
