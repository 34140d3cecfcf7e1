// Staff sign in by their key, typed, pasted, or in the fragment of a link.

import { byId } from "/assets/dom.js";
import { request, RequestError } from "/assets/http.js";
import { sayWhenLate } from "/assets/late.js";
import { t } from "/assets/text.js";

const form = byId("sign-in", HTMLFormElement);
const key = byId("key", HTMLInputElement);
const failure = byId("failure");

async function signIn() {
  failure.textContent = "";
  const answered = sayWhenLate((text) => (failure.textContent = text));
  try {
    await request("PUT", "/staff/session", {
      headers: { Authorization: `Bearer ${key.value.trim()}` },
    });
    const next = new URL(
      new URLSearchParams(location.search).get("next") ?? "/staff",
      location.origin,
    );
    location.replace(
      next.origin === location.origin && next.pathname.startsWith("/staff") ? next : "/staff",
    );
  } catch (error) {
    const isWrong = error instanceof RequestError && error.status === 401;
    failure.textContent =
      isWrong || !(error instanceof RequestError) ? t("sign_in.wrong") : error.message;
    key.setAttribute("aria-invalid", "true");
    key.select();
  } finally {
    answered();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void signIn();
});

async function signOut() {
  try {
    await request("DELETE", "/staff/session");
    location.replace(location.pathname);
  } catch (error) {
    if (!(error instanceof RequestError)) throw error;
    failure.textContent = error.message;
  }
}

document.getElementById("sign-out")?.addEventListener("click", () => void signOut());

function useLink() {
  const given = new URLSearchParams(location.hash.slice(1)).get("key");
  if (!given) return;
  history.replaceState(null, "", location.pathname + location.search);
  key.value = given;
  void signIn();
}

addEventListener("hashchange", useLink);
useLink();
