// Looks over a page from within it for what is cut, what sticks out and what lies on something else.

/** Runs in the page; it must not use anything outside of itself. Answers each fault in words with where it is. */
export function findFaults() {
  const faults = [];
  const top = document.querySelector("[role=dialog], [role=menu], [role=listbox]");
  const where = (element) => {
    const id = element.closest("[data-testid]")?.getAttribute("data-testid");
    const words = (element.getAttribute("aria-label") ?? element.textContent ?? "").trim().replace(/\s+/g, " ");
    const classes = typeof element.className === "string" ? element.className.split(" ").slice(0, 6).join(".") : "";
    return `<${element.tagName.toLowerCase()}${classes ? ` .${classes}` : ""}> “${words.slice(0, 50)}”${id ? ` in ${id}` : ""}`;
  };
  const shown = (element) => {
    if (!element.checkVisibility({ opacityProperty: true, visibilityProperty: true })) return false;
    const { width, height } = element.getBoundingClientRect();
    // What is for screen readers only is one pixel large.
    return width > 2 && height > 2;
  };
  /** What is left of an element's box after all that clips it, the window too. */
  const visible = (element) => {
    const box = element.getBoundingClientRect();
    let { left, top, right, bottom } = box;
    for (let above = element.parentElement; above; above = above.parentElement) {
      const style = getComputedStyle(above);
      if (style.overflowX === "visible" && style.overflowY === "visible") continue;
      const clip = above.getBoundingClientRect();
      left = Math.max(left, clip.left);
      right = Math.min(right, clip.right);
      top = Math.max(top, clip.top);
      bottom = Math.min(bottom, clip.bottom);
    }
    return {
      left: Math.max(0, left),
      top: Math.max(0, top),
      right: Math.min(window.innerWidth, right),
      bottom: Math.min(window.innerHeight, bottom),
    };
  };

  const root = document.documentElement;
  if (root.scrollWidth > root.clientWidth)
    faults.push(`the document is ${root.scrollWidth - root.clientWidth} px too wide`);

  for (const element of document.querySelectorAll("body *")) {
    if (!shown(element) || element.closest("svg")) continue;
    const style = getComputedStyle(element);
    const ownText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== "");
    const over = element.scrollWidth - element.clientWidth;
    const field = element.matches("input, textarea, select");
    const handled = style.textOverflow === "ellipsis" || ["auto", "scroll"].includes(style.overflowX) || field;
    if (ownText && style.display !== "inline" && over > 1 && !handled) {
      faults.push(`words stick out by ${over} px: ${where(element)}`);
    }
    // A box that hides what does not fit, without a sign of it, cuts words.
    if (style.overflowX === "hidden" && style.textOverflow !== "ellipsis" && over > 1 && element.textContent?.trim()) {
      faults.push(`cut by ${over} px on the side: ${where(element)}`);
    }
    // Sideways scrolling within the page is nobody's wish.
    if (["auto", "scroll"].includes(style.overflowX) && over > 1 && !field) {
      faults.push(`scrolls sideways by ${over} px: ${where(element)}`);
    }
    const below = element.scrollHeight - element.clientHeight;
    const clamped = style.webkitLineClamp !== "none" || style.textOverflow === "ellipsis";
    if (
      style.overflowY === "hidden" &&
      below > 2 &&
      !clamped &&
      element !== document.body &&
      element.textContent?.trim()
    ) {
      faults.push(`cut by ${below} px below: ${where(element)}`);
    }
  }

  const controls = [
    ...document.querySelectorAll(
      "button, a[href], input, textarea, select, [role=slider], [role=combobox], [role=option], [role=menuitem]",
    ),
  ].filter((element) => shown(element) && (!top || top.contains(element)));
  const boxes = [];
  for (const control of controls) {
    const box = control.getBoundingClientRect();
    if (box.left < -1 || box.right > window.innerWidth + 1) faults.push(`outside of the window: ${where(control)}`);
    const seen = visible(control);
    const name = control.getAttribute("aria-label") ?? control.textContent?.trim() ?? "";
    const labelled =
      control.labels?.length || control.getAttribute("aria-labelledby") || control.getAttribute("placeholder");
    if (!name && !labelled && control.getAttribute("aria-hidden") !== "true") faults.push(`no name: ${where(control)}`);
    if (seen.right - seen.left > 2 && seen.bottom - seen.top > 2) {
      const cutAside = Math.min(box.width, window.innerWidth) - (seen.right - seen.left);
      if (cutAside > 2) faults.push(`a control is cut by ${cutAside.toFixed(0)} px on the side: ${where(control)}`);
      boxes.push({ control, seen });
    }
  }
  for (const [index, { control, seen }] of boxes.entries()) {
    for (const other of boxes.slice(index + 1)) {
      if (control.contains(other.control) || other.control.contains(control)) continue;
      const wide = Math.min(seen.right, other.seen.right) - Math.max(seen.left, other.seen.left);
      const high = Math.min(seen.bottom, other.seen.bottom) - Math.max(seen.top, other.seen.top);
      if (wide <= 1 || high <= 1) continue;
      // What floats over the page, or a bar that stays while the rest scrolls under it, may cover: but then it must be on top.
      const layer = (element) => {
        for (let above = element; above; above = above.parentElement) {
          if (["fixed", "sticky"].includes(getComputedStyle(above).position)) return above;
        }
        return null;
      };
      if (layer(control) !== layer(other.control)) continue;
      faults.push(
        `overlap of ${wide.toFixed(0)} × ${high.toFixed(0)} px: ${where(control)} and ${where(other.control)}`,
      );
    }
  }
  return [...new Set(faults)].slice(0, 12);
}
