// The board, how the shop is doing, and commands with this shop's address in them.

import { byId } from "/assets/dom.js";
import { request } from "/assets/http.js";
import { showBoard } from "./board.js";

const SHOP_EVERY_MS = 3000;
const COMMANDS = ["order-command", "look-up-command", "follow-command", "one-command"];

async function readShop() {
  const shop = byId("shop");
  try {
    const { state, backlog, baristas, wait_seconds: wait } = await request("GET", "/shop");
    const people = baristas === 1 ? "1 barista" : `${baristas} baristas`;
    shop.textContent =
      `The shop is ${state}. ${people} at work, ${backlog} in the queue, ` +
      `a wait of ${wait.low} to ${wait.high} seconds.`;
  } catch {
    shop.textContent = "The shop does not answer right now.";
  }
  setTimeout(() => void readShop(), SHOP_EVERY_MS);
}

for (const id of COMMANDS) {
  const command = byId(id);
  command.textContent = command.textContent.replace("http://127.0.0.1:8080", location.origin);
}
void readShop();
showBoard();
