// The board by itself.

import { showBoard } from "./board.js";

showBoard();
