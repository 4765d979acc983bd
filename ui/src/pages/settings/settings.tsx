// To be written.

export function Settings() {
  return null;
}
