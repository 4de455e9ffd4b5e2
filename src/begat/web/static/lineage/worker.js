// Lays out beside the page's own thread, so that nothing freezes meanwhile.

import { layout } from "./layout.js";

self.addEventListener("message", ({ data: { number, sides } }) => {
  self.postMessage({ number, sides: sides.map(({ nodes, edges, turn }) => layout(nodes, edges, turn)) });
});
