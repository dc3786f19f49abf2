// Building the page out of text: nothing from outside is ever parsed as HTML.

/** The element with an id. */
export const $ = (id) => document.getElementById(id);

/** An element with attributes and children; strings become text. `null` attributes are left out. */
export function el(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(key, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

/** Replace an element's text where it differs, so that screen readers hear changes only. */
export function say(id, text, title = null) {
  const element = $(id);
  if (element.textContent !== text) element.textContent = text;
  if (title) element.title = title;
}

/** The address, if it is one a link may have. */
export function webAddress(url) {
  try {
    const parsed = new URL(url);
    return ["http:", "https:"].includes(parsed.protocol) ? parsed.href : null;
  } catch {
    return null;
  }
}
