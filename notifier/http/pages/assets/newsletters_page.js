// People sign up for newsletters: one mail confirms all that they tick.

import { byId } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { sayWhenLate } from "/assets/late.js";
import { t } from "/assets/text.js";

const form = byId("sign-up", HTMLFormElement);
const address = byId("address", HTMLInputElement);
const go = byId("go", HTMLButtonElement);
const failure = byId("failure");
const nothingChosen = byId("nothing-chosen");
const sent = byId("sent");

function chosen() {
  const boxes = form.querySelectorAll("input[name=topic]:checked");
  return Array.from(boxes, (box) => /** @type {HTMLInputElement} */ (box).value);
}

/** @param {RequestError} error */
function reason(error) {
  if (error.status === 422) return t("signup.wrong");
  if (error.status === 429) return t("signup.too_many");
  return error.message;
}

/** @param {string} text */
function refuseAddress(text) {
  failure.textContent = text;
  address.setAttribute("aria-invalid", "true");
  address.focus();
}

/** Says what is missing, and returns whether that is nothing. */
function isComplete() {
  failure.textContent = "";
  nothingChosen.textContent = "";
  address.removeAttribute("aria-invalid");
  if (!chosen().length) {
    nothingChosen.textContent = t("signup.none");
    form.querySelector("input")?.focus();
  } else if (!address.validity.valid) refuseAddress(t("signup.wrong"));
  else return true;
  return false;
}

/** @param {string} target */
async function subscribe(target) {
  const [topic, ...also] = chosen();
  const body = { channel: "email", address: target, also };
  await request("POST", `/topics/${encodeURIComponent(String(topic))}/subscriptions`, { body });
}

/** @param {string} target */
function showSent(target) {
  byId("sent-text").textContent = t("signup.sent", { address: target });
  form.hidden = true;
  sent.hidden = false;
  sent.focus();
}

async function signUp() {
  if (go.ariaBusy === "true" || !isComplete()) return;
  const target = address.value.trim();
  go.ariaBusy = "true";
  const answered = sayWhenLate((text) => (failure.textContent = text));
  try {
    await subscribe(target);
    failure.textContent = "";
    showSent(target);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    if (error.status === 422) refuseAddress(reason(error));
    else failure.textContent = reason(error);
  } finally {
    answered();
    go.ariaBusy = "false";
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void signUp();
});

byId("again").addEventListener("click", () => {
  sent.hidden = true;
  form.hidden = false;
  address.focus();
});

const asked = document.querySelector(
  `input[name=topic][value="${CSS.escape(location.hash.slice(1))}"]`,
);
if (asked instanceof HTMLInputElement) asked.checked = true;
