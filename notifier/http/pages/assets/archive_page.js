// The page of a newsletter: its dates as the reader's language writes them.

import { day } from "/assets/format.js";

for (const time of document.querySelectorAll("time")) time.textContent = day(time.dateTime);
