// To be written.

export function Models() {
  return null;
}
