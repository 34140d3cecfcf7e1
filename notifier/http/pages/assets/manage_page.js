// The page `/newsletters/manage`: what comes to a mailbox, by the token of the link in its mail.

import { ask } from "/assets/dialog.js";
import { byId } from "/assets/dom.js";
import { newKey, request, RequestError } from "/assets/http.js";
import { sayWhenLate } from "/assets/late.js";
import { t } from "/assets/text.js";
import { visible } from "/assets/visible.js";

const form = byId("choice", HTMLFormElement);
const topics = byId("topics", HTMLFieldSetElement);
const token = new URLSearchParams(location.search).get("token") ?? "";
const mailbox = `/newsletters/mailbox?token=${encodeURIComponent(token)}`;
/** @type {NodeListOf<HTMLInputElement>} */
const boxes = form.querySelectorAll("input[name=topic]");
let occasion = newKey();

/** @param {string} text */
function say(text) {
  byId("said").textContent = text;
}

/**
 * Sends a request; says when its answer is late.
 * @param {string} method
 * @param {import("/assets/http.js").Options} [options]
 */
async function send(method, options) {
  say("");
  const answered = sayWhenLate(say);
  try {
    const value = await request(method, mailbox, options);
    say("");
    return value;
  } finally {
    answered();
  }
}

/** @param {unknown} error */
function fail(error) {
  if (!(error instanceof RequestError)) throw error;
  if (error.status === 404) showInstead("over");
  else if (error.status === 401) showInstead("broken");
  else say(error.message);
}

/** @param {"over" | "broken"} id of what is shown in place of the form */
function showInstead(id) {
  form.hidden = true;
  form.removeAttribute("aria-busy");
  byId("address").hidden = true;
  byId(id).hidden = false;
}

async function read() {
  try {
    const { address, topics: chosen } = await send("GET");
    byId("address").textContent = visible(address);
    for (const box of boxes) box.checked = chosen.includes(box.value);
    topics.disabled = false;
  } catch (error) {
    fail(error);
  }
  form.removeAttribute("aria-busy");
}

async function save() {
  const chosen = [...boxes].filter(({ checked }) => checked).map(({ value }) => value);
  topics.disabled = true;
  try {
    await send("PUT", { body: { topics: chosen, occasion }, key: occasion });
    occasion = newKey();
    if (chosen.length) say(t("managing.saved"));
    else showInstead("over");
  } catch (error) {
    fail(error);
  }
  topics.disabled = false;
}

async function forget() {
  const question = {
    title: t("managing.forget_question"),
    text: t("managing.forget_text"),
    yes: t("managing.forget"),
    isDanger: true,
  };
  if (!(await ask(question))) return;
  try {
    await send("DELETE");
    showInstead("over");
  } catch (error) {
    fail(error);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (!topics.disabled) void save();
});
byId("none").addEventListener("click", () => {
  if (topics.disabled) return;
  for (const box of boxes) box.checked = false;
  void save();
});
byId("forget").addEventListener("click", () => void forget());
if (token) void read();
else showInstead("broken");
