// Small things for the page: elements, texts in the reader's language, lists out of templates.

export const $ = (selector, within = document) => within.querySelector(selector);
export const byId = (id) => document.getElementById(id);

const words = JSON.parse(byId("words").textContent);

// A text of the page, with what belongs in its braces.
export function told(name, values = {}) {
  return words[name].replace(/\{(\w+)\}/g, (_, what) => values[what] ?? "");
}

// Says something in a paragraph that is there only while there is something to say.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
  element.hidden = !text;
}

export function show(element, yes = true) {
  element.hidden = !yes;
}

// A template's copy, with texts by class name.
export function made(template, texts) {
  const copy = byId(template).content.cloneNode(true);
  for (const [name, text] of Object.entries(texts)) {
    const place = $(`.${name}`, copy);
    if (text) place.textContent = text;
    else place.remove();
  }
  return copy;
}

export function fill(list, items) {
  list.replaceChildren(...items);
}
