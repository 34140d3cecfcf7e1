// The page `/staff/keys`: whose keys there are, a new one, and withdrawing one.

import { ask } from "/assets/dialog.js";
import { byId, el, fill } from "/assets/dom.js";
import { day } from "/assets/format.js";
import { request, RequestError } from "/assets/http.js";
import { shared, t } from "/assets/text.js";
import { toast } from "/assets/toast.js";
import { visible } from "/assets/visible.js";

/** @typedef {{id: string, name: string, role: "barista" | "manager", created_at: string, created_by: string}} Key */

async function read() {
  const list = byId("keys");
  try {
    const { keys } = await request("GET", "/staff-keys");
    fill(list, keys.length ? keys.map(row) : el("li", { class: "quiet" }, t("keys.none")));
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    const again = el("button", { class: "quiet", onclick: () => void read() }, t("keys.again"));
    fill(list, el("li", {}, error.message, again));
  }
  list.removeAttribute("aria-busy");
}

/** @param {Key} key */
function row(key) {
  const { name, role, created_at: at, created_by: by } = key;
  const isOwn = name === shared["name"];
  return el(
    "li",
    {},
    el("strong", {}, visible(name)),
    el("span", { class: "badge" }, t(role === "manager" ? "keys.manager" : "keys.barista")),
    isOwn && el("span", { class: "badge accent" }, t("keys.yours")),
    el("span", { class: "quiet small" }, t("keys.made", { day: day(at), by: visible(by) })),
    el(
      "button",
      {
        type: "button",
        class: "danger end",
        "aria-label": t("keys.withdraw_of", { name: visible(name) }),
        onclick: () => void withdraw(key, isOwn),
      },
      t("keys.withdraw"),
    ),
  );
}

/**
 * @param {Key} key
 * @param {boolean} isOwn
 */
async function withdraw({ id, name }, isOwn) {
  const title = t("keys.withdraw_question", { name: visible(name) });
  const text = isOwn ? t("keys.withdraw_own") : t("keys.withdraw_text");
  if (!(await ask({ title, text, yes: t("keys.withdraw"), isDanger: true }))) return;
  try {
    await request("DELETE", `/staff-keys/${encodeURIComponent(id)}`);
    toast(t("keys.withdrawn", { name: visible(name) }), { kind: "good" });
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.status !== 404) toast(error.message, { kind: "bad" });
  }
  await read();
}

let isMaking = false;

async function addOnce() {
  if (isMaking) return;
  isMaking = true;
  try {
    await add();
  } finally {
    isMaking = false;
  }
}

async function add() {
  const name = byId("name", HTMLInputElement);
  const role = document.querySelector("input[name=role]:checked");
  say("");
  if (!name.value.trim()) {
    say(t("keys.no_name"));
    return;
  }
  const body = {
    name: name.value.trim(),
    role: role instanceof HTMLInputElement ? role.value : "barista",
  };
  try {
    const made = await request("POST", "/staff-keys", { body });
    name.value = "";
    show(made.name, made.key);
    await read();
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    say(words(error));
    if (error.status === 0) await read(); // it may be made: then it is listed, and can be withdrawn
  }
}

/** @param {RequestError} error */
function words({ status, kind, title, errors }) {
  if (status === 0) return `${title} ${t("keys.maybe")}`;
  if (kind === "name-taken") return t("keys.taken");
  return errors.length ? t("keys.bad_name") : title;
}

/** @param {string} text */
function say(text) {
  const name = byId("name", HTMLInputElement);
  byId("name-error").textContent = text;
  if (text) {
    name.setAttribute("aria-invalid", "true");
    name.focus();
  } else name.removeAttribute("aria-invalid");
}

/**
 * Shows a key until its maker says that it is passed on: afterwards nobody can read it any more, so
 * that neither Escape nor a tap beside it closes the dialog.
 * @param {string} name
 * @param {string} key
 */
function show(name, key) {
  const dialog = byId("made", HTMLDialogElement);
  byId("made-title").textContent = t("keys.made_title", { name: visible(name) });
  const url = shared["public_url"];
  const shop = typeof url === "string" ? url.replace(/\/$/, "") : location.origin;
  const link = `${shop}/staff/sign-in#key=${encodeURIComponent(key)}`;
  byId("link", HTMLInputElement).value = link;
  byId("here").hidden = !isThisMachine(new URL(shop).hostname);
  byId("key", HTMLInputElement).value = key;
  byId("copy-link").onclick = () => void copy("link", "keys.copy_link");
  byId("copy-key").onclick = () => void copy("key", "keys.copy_key");
  dialog.oncancel = (event) => {
    event.preventDefault();
  };
  dialog.onclose = () => {
    for (const id of ["link", "key"]) byId(id, HTMLInputElement).value = "";
    byId("name").focus();
  };
  dialog.showModal();
}

/**
 * Whether an address leads to the machine alone on which it is opened.
 * @param {string} host
 */
function isThisMachine(host) {
  return host === "localhost" || host.endsWith(".localhost") || /^127\.|^\[::1\]$/.test(host);
}

/**
 * Copies a field, or selects it where the browser keeps the clipboard to itself.
 * @param {"link" | "key"} id
 * @param {string} label
 */
async function copy(id, label) {
  const field = byId(id, HTMLInputElement);
  const button = byId(`copy-${id}`);
  try {
    await navigator.clipboard.writeText(field.value);
    button.textContent = t("keys.copied");
    setTimeout(() => (button.textContent = t(label)), 2000);
  } catch {
    field.select();
  }
}

const form = document.getElementById("add");
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void addOnce();
});
if (form) void read();
