// How long a consent still holds.

import { expect, test } from "vitest";
import { daysLeft } from "./words";

const at = (time: string) => Date.parse(time);

test("the last day counts to its end", () => {
  expect(daysLeft("2027-03-03", at("2027-03-03T12:00:00Z"))).toBe(0);
  expect(daysLeft("2027-03-03", at("2027-03-02T23:59:00Z"))).toBe(1);
  expect(daysLeft("2027-03-03", at("2026-11-21T10:00:00Z"))).toBe(102);
  expect(daysLeft("2027-03-03", at("2027-03-04T00:00:01Z"))).toBe(-1);
});
