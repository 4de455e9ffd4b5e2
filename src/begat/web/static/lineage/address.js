// The address: what is asked stands in it, so that a link shows the same.

import { FIRST, MOST } from "./walk.js";

const CHOICES = ["up", "down", "level", "deleted"];
let written = ""; // the address of what is shown

const now = () => location.pathname + location.search;

/** Whether the address became another one in more than its fragment. */
export const moved = () => now() !== written;

/** The id that is asked about. */
export function here() {
  const text = location.pathname.split("/")[2] || "";
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // what nothing decodes to
  }
}

/** The address of a node's own page. */
export function href(node) {
  const kept = new URLSearchParams(location.search);
  for (const name of ["up", "down", "show"]) kept.delete(name); // every page opens on one hop
  return `/lineage/${encodeURIComponent(node.asset)}${kept.size ? `?${kept}` : ""}`;
}

/** Sets the controls to what the address asks for; gives how many nodes are to be shown. */
export function read(controls) {
  const address = new URLSearchParams(location.search);
  for (const name of CHOICES) {
    const options = [...controls[name].options].map((option) => option.value);
    controls[name].value = options.includes(address.get(name)) ? address.get(name) : controls[name].dataset.usual;
  }
  const most = address.get("show") === String(MOST) ? MOST : FIRST;
  write(controls, most); // without what there is no choice of
  return most;
}

/** Writes what the controls say into the address. */
export function write(controls, most) {
  const address = new URLSearchParams();
  for (const name of CHOICES) {
    if (controls[name].value !== controls[name].dataset.usual) address.set(name, controls[name].value);
  }
  if (most === MOST) address.set("show", MOST);
  history.replaceState(null, "", `${location.pathname}${address.size ? `?${address}` : ""}`);
  written = now();
}
