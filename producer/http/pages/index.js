// Keeps the board as the shop has it: read once in full, then changed by each event.

import { followBoard } from "/pages/board_tabs.js";
import { visible } from "/pages/visible.js";

const lists = {
  preparing: document.getElementById("preparing"),
  ready: document.getElementById("ready"),
};
const shop = document.getElementById("shop");
const connection = document.getElementById("connection");
const SHOP_EVERY_MS = 3000;

let board = new Map();

function draw() {
  for (const [state, list] of Object.entries(lists)) {
    const entries = [...board.values()].filter((entry) => entry.state === state);
    entries.sort((a, b) => (a.since < b.since ? 1 : -1));
    const items = entries.map((entry) => {
      const item = document.createElement("li");
      item.textContent = visible(entry.number);
      return item;
    });
    if (items.length === 0) {
      const none = document.createElement("li");
      none.className = "none";
      none.textContent = "none";
      items.push(none);
    }
    list.replaceChildren(...items);
  }
}

function change({ number, state, since }) {
  const known = board.get(number);
  if (known && known.since > since) return;
  if (state in lists) board.set(number, { number, state, since });
  else board.delete(number);
}

async function readBoard() {
  const answer = await fetch("/board/orders");
  if (!answer.ok) throw new Error(`the board answered ${answer.status}`);
  return answer.json();
}

async function readShop() {
  try {
    const answer = await fetch("/shop");
    if (!answer.ok) throw new Error(`the shop answered ${answer.status}`);
    const { state, backlog, baristas, wait_seconds: wait } = await answer.json();
    const people = baristas === 1 ? "1 barista" : `${baristas} baristas`;
    shop.textContent =
      `The shop is ${state}. ${people} at work, ${backlog} in the queue, ` +
      `a wait of ${wait.low} to ${wait.high} seconds.`;
  } catch {
    shop.textContent = "The shop does not answer right now.";
  }
  setTimeout(readShop, SHOP_EVERY_MS);
}

function follow() {
  // Events that come while the board is being read must not be lost to it.
  let gathered = null;
  let reads = 0;
  const refresh = async () => {
    const read = ++reads;
    gathered ??= [];
    const entries = await readBoard().catch(() => null);
    if (read !== reads) return; // it is being read again
    if (entries) {
      board = new Map();
      for (const state of Object.keys(lists)) {
        for (const entry of entries[state]) change({ ...entry, state });
      }
    }
    connection.textContent = entries ? "Live." : "The board cannot be read right now.";
    gathered.forEach(change);
    gathered = null;
    draw();
  };
  followBoard(({ kind, data }) => {
    if (kind === "open" || kind === "reset") refresh();
    else if (kind === "lost") connection.textContent = "The connection is lost; trying again …";
    else if (gathered) gathered.push(data);
    else {
      change(data);
      draw();
    }
  });
}

for (const id of ["order-command", "look-up-command", "follow-command", "one-command"]) {
  const command = document.getElementById(id);
  command.textContent = command.textContent.replace("http://127.0.0.1:8080", location.origin);
}
draw();
readShop();
follow();
