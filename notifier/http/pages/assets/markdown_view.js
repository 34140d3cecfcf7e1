// The body of an issue as the server has rendered it: built anew of a few elements, as text alone.

import { el, fill } from "/assets/dom.js";

const KEPT = /** @type {const} */ ([
  ...["p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "blockquote", "pre", "code"],
  ...["em", "strong", "br", "hr", "a"],
]);
/** @type {ReadonlySet<string>} */
const NAMES = new Set(KEPT);

/**
 * @param {Element} place
 * @param {string} html
 */
export function showMarkdown(place, html) {
  const parsed = new DOMParser().parseFromString(html, "text/html");
  fill(place, ...children(parsed.body));
}

/**
 * @param {Element} element
 * @returns {(Node | string)[]}
 */
function children(element) {
  return [...element.childNodes].flatMap((node) => {
    if (node instanceof Text) return [node.data];
    return node instanceof Element ? copied(node) : [];
  });
}

/**
 * @param {Element} element
 * @returns {(Node | string)[]}
 */
function copied(element) {
  const name = element.localName;
  if (!isKept(name)) return children(element);
  const href = element.getAttribute("href") ?? "";
  const isLink = name === "a" && /^(https?:\/\/|mailto:)/i.test(href);
  const props = isLink ? { href, rel: "noreferrer", target: "_blank" } : {};
  return [el(name, props, ...children(element))];
}

/**
 * @param {string} name
 * @returns {name is typeof KEPT[number]}
 */
function isKept(name) {
  return NAMES.has(name);
}
