// Which lines are chosen: a stretch from where it began to the line that the keys move. Plain data, no React.

export interface Selection {
  anchor: number;
  /** The line that the keys move. */
  active: number;
}

export function first(selection: Selection): number {
  return Math.min(selection.anchor, selection.active);
}

export function last(selection: Selection): number {
  return Math.max(selection.anchor, selection.active);
}

export function holds(selection: Selection, line: number): boolean {
  return line >= first(selection) && line <= last(selection);
}

/** Moves to a line, or stretches to it. Stays within `count` lines. */
export function moveTo(selection: Selection, line: number, count: number, stretch: boolean): Selection {
  const active = Math.max(0, Math.min(line, count - 1));
  return { anchor: stretch ? Math.min(selection.anchor, Math.max(0, count - 1)) : active, active };
}

/** What is left of a selection when the book has `count` lines now. */
export function within(selection: Selection, count: number): Selection {
  const most = Math.max(0, count - 1);
  return { anchor: Math.min(selection.anchor, most), active: Math.min(selection.active, most) };
}
