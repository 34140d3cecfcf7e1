// The texts of the page, in its language, as the shell sent them.

/** @typedef {string | Partial<Record<Intl.LDMLPluralRule, string>>} Text */
/** @typedef {{texts: Record<string, Record<string, Text>>, [data: string]: unknown}} Shared */

export const language = document.documentElement.lang;

/** What the shell gave the page: its texts, and data of its own. */
export const shared = /** @type {Shared} */ (
  JSON.parse(document.getElementById("shared")?.textContent ?? '{"texts": {}}')
);

const plurals = new Intl.PluralRules(language);
const numbers = new Intl.NumberFormat(language);

/**
 * Fills in the text `<section>.<name>`; `count` decides on its plural form. Numbers are written as
 * the language does.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 * @returns {string}
 */
export function t(key, values = {}) {
  const dot = key.indexOf(".");
  const text = shared.texts[key.slice(0, dot)]?.[key.slice(dot + 1)];
  if (text === undefined) throw new Error(`there is no such text: ${key}`);
  return form(text, values).replace(/\{(\w+)\}/g, (_, name) => written(key, name, values[name]));
}

/**
 * @param {Text} text
 * @param {Record<string, string | number>} values
 */
function form(text, values) {
  if (typeof text === "string") return text;
  return text[plurals.select(Number(values["count"]))] ?? text.other ?? "";
}

/**
 * @param {string} key
 * @param {string} name
 * @param {string | number | undefined} value
 */
function written(key, name, value) {
  if (value === undefined) throw new Error(`${key} needs a value: ${name}`);
  return typeof value === "number" ? numbers.format(value) : value;
}
