// The page: reads its address, asks, lays out, and keeps map, table and words the same.

import * as address from "./address.js";
import { sidesOf } from "./box.js";
import { ask, setToken, Trouble } from "./data.js";
import { LineageMap } from "./map.js";
import { nothing, notes, panel, status } from "./notes.js";
import { html } from "./svg.js";
import { LineageTable } from "./table.js";
import { empty, FIRST, isKnown, learn, MOST, setOpen, SIDES, visible } from "./walk.js";
import { figure, many, named, title } from "./words.js";

const by = (id) => document.getElementById(id);
const controls = by("controls");
const worker = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
const table = new LineageTable(by("rows"), act, address.href);
const map = new LineageMap(by("map"), act);

let lineage = null; // see walk.js
let shown = { nodes: [], edges: [], cut: 0 };
let most = FIRST;
let visit = 0; // counts what was opened, so that late answers to an earlier question are dropped
let drawing = 0;
const last = { sides: "", laid: null }; // a layout serves again while the same is shown
const loading = { upstream: null, downstream: null };

const depths = () => ({ upstream: Number(controls.up.value), downstream: Number(controls.down.value) });
const filter = () => ({ level: controls.level.value, deleted: controls.deleted.value });

// ── Asking ──────────────────────────────────────────────────────────────────────────────────────────────────────────

async function open() {
  const asked = ++visit;
  drawing += 1; // what is being laid out is of the page that was left
  lineage = null;
  loading.upstream = loading.downstream = null;
  most = address.read(controls);
  document.body.classList.remove("empty");
  if (document.body.dataset.tokens === "yes" && !open.known) return tokenAsked();
  hush();
  say("Loading...");
  try {
    const wanted = depths();
    const answers = await Promise.all(SIDES.map((side) => ask(address.here(), side, wanted[side], filter())));
    if (asked !== visit) return null;
    performance.mark("begat-answer");
    const { asset } = answers[0];
    if (!asset) return await unknown(asked);
    lineage = empty(asset, wanted);
    SIDES.forEach((side, place) => learn(lineage, side, wanted[side], answers[place].walk));
    head(asset);
    await draw(null);
    if (asked === visit) lookAhead(asked);
  } catch (trouble) {
    if (asked === visit) failed(trouble, open);
  }
  return null;
}

/** Makes sure that a side is known to that depth. */
async function known(side, depth) {
  if (lineage.sides[side].depth >= depth) return;
  if (!loading[side] || loading[side].depth < depth) {
    const [asked, of] = [visit, lineage];
    const answer = ask(address.here(), side, depth, filter()).then(({ walk }) => {
      if (asked === visit && walk && of.sides[side].depth < depth) learn(of, side, depth, walk);
    });
    loading[side] = { depth, answer };
    answer.catch(() => {}).finally(() => (loading[side]?.answer === answer ? (loading[side] = null) : null));
  }
  await loading[side].answer;
}

// One hop more than is shown tells how many stand behind each node. Nobody waits for it.
async function lookAhead(asked) {
  const sides = SIDES.filter((side) => lineage.base[side] && lineage.base[side] < MOST && !lineage.sides[side].more);
  await Promise.allSettled(sides.map((side) => known(side, lineage.base[side] + 1)));
  if (asked !== visit) return;
  // Most often only what stands behind the last nodes is new: a thousand nodes are not drawn again for nothing.
  const told = ({ nodes }) => JSON.stringify(nodes.map(({ key, behind, expanded }) => [key, behind, expanded]));
  if (told(visible(lineage, most)) === told(shown)) around();
  else await draw(map.at);
  by("map").dataset.ready = "all";
}

// ── Doing ───────────────────────────────────────────────────────────────────────────────────────────────────────────

function act(name, node, side, changed) {
  if (name === "choose") return chosen(node, changed);
  return toggle(node, sidesOf(node).filter((one) => !side || one.side === side));
}

async function toggle(node, sides) {
  const folds = sides.every((one) => one.folds);
  const before = shown.nodes.length;
  const asked = visit;
  try {
    for (const { side } of sides) {
      if (!folds && !isKnown(lineage, node, side)) {
        say("Loading...");
        await known(side, node.depth + 1);
        if (asked !== visit) return null;
      }
      if (!folds && lineage.sides[side].more && !isKnown(lineage, node, side)) {
        return say(`What lies behind ${title(node)} is beyond the nearest 1,000. Open its own page to go on from there.`);
      }
      setOpen(lineage, node, side, !folds);
    }
  } catch (trouble) {
    return asked === visit ? failed(trouble, () => toggle(node, sides)) : null;
  }
  hush(); // what went wrong before has come right
  if (sides.some((one) => one.expanded && !one.folds)) showMore(); // it is open: what is missing is cut
  await draw(node.key);
  if (asked !== visit) return null;
  if (!folds) for (const { side } of sides) map.reveal(node.key, side);
  const change = shown.nodes.length - before;
  const told = change > 0 ? `${many(change, "more node")} shown.` : change < 0 ? `${many(-change, "node")} folded away.`
    : shown.cut && !folds ? `The map is full: ${cut()}` : `Nothing more behind ${title(node)}.`;
  return say(`${told} ${status(shown)}`);
}

function showMore() {
  most = MOST;
  address.write(controls, most);
}

async function draw(anchor) {
  const number = ++drawing;
  shown = visible(lineage, most);
  const sides = SIDES.map((side, place) => ({
    nodes: shown.nodes.filter((node) => node.side === side || node.side === "start").map((node) => node.key),
    edges: shown.edges.filter((edge) => edge.side === side),
    turn: place ? 1 : -1,
  }));
  by("map").setAttribute("aria-busy", "true");
  const same = JSON.stringify(sides);
  if (same !== last.sides) [last.sides, last.laid] = [same, laidOut(number, sides)];
  const laid = await last.laid;
  if (number !== drawing) return;
  around(); // before the map, which fits into what this leaves
  map.draw(shown, sides.map((side, place) => ({ ...side, ...laid[place] })), anchor);
  table.fill(shown);
  by("map").setAttribute("aria-busy", "false");
  by("map").dataset.ready = "shown";
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark("begat-drawn")));
}

function laidOut(number, sides) {
  return new Promise((resolve, reject) => {
    const onMessage = ({ data }) => {
      if (data.number !== number) return;
      worker.removeEventListener("message", onMessage);
      resolve(data.sides);
    };
    worker.addEventListener("message", onMessage);
    worker.addEventListener("error", () => reject(new Trouble("refused", "The map could not be laid out", "Reload the page.")), { once: true });
    worker.postMessage({ number, sides });
  });
}

// ── Saying ──────────────────────────────────────────────────────────────────────────────────────────────────────────

const say = (text) => (by("status").textContent = text);

function head(asset) {
  by("title").textContent = named(asset);
  document.title = `${named(asset)}: lineage`;
}

function around() {
  say(status(shown));
  by("notes").replaceChildren(...notes(lineage).map((line) => html("li", {}, line)));
  by("cut").hidden = !shown.cut;
  if (!shown.cut) return;
  by("cut-text").textContent = cut();
  by("more").hidden = most >= MOST;
}

function cut() {
  const more = `${figure(shown.cut)} more ${shown.cut === 1 ? "is" : "are"} open`;
  return `The nearest ${figure(shown.nodes.length)} are shown; ${more}${most < MOST ? "." : ", more than a page shows. Ask for all in GraphiQL or as an export."}`;
}

function chosen(node, changed) {
  panel(by("chosen"), node, lineage, address.href, filter());
  table.mark(node.key, changed && by("map").contains(document.activeElement));
}

function notice({ title: head, text, link }, again) {
  by("notice").hidden = false;
  by("notice-title").textContent = head;
  by("notice-text").textContent = text;
  by("again").hidden = !again;
  by("again").onclick = again ? () => (hush(), arrive(again())) : null;
  by("notice-link").hidden = !link;
  if (link) [by("notice-link").href, by("notice-link").textContent] = link;
  say("");
}

// What was pressed is gone: whoever has keys or listens goes on at the title, but for who is asked for a token.
const arrive = (done) => done.then(() => by("token").hidden && by("title").focus());

const hush = () => ((by("notice").hidden = true), (by("token").hidden = true));

function failed(trouble, again) {
  if (!lineage) bare();
  if (!(trouble instanceof Trouble)) {
    console.error(trouble);
    return notice({ title: "This page has a fault", text: "Reload it; if it stays so, tell whoever runs begat. The API is not affected." }, null);
  }
  notice({ title: trouble.message, text: trouble.text }, trouble.kind === "token" ? null : again);
  if (trouble.kind !== "token") return null;
  by("token").hidden = false;
  open.again = again;
  by("token").elements.token.focus();
  return null;
}

function tokenAsked() {
  failed(new Trouble("token", "begat wants to know who asks", "Paste your token. It is kept in this page only, until you close or reload it."), open);
}

async function unknown(asked) {
  const [before, after] = address.here().split(":");
  const of = after ? (await ask(before, SIDES[0], 0)).asset : null;
  if (asked !== visit) return;
  bare();
  notice(nothing(address.here(), of), null);
}

// Nothing to show beside the words.
function bare() {
  document.body.classList.add("empty");
  head({ name: address.here() });
}

// ── Listening ───────────────────────────────────────────────────────────────────────────────────────────────────────

controls.addEventListener("change", () => {
  address.write(controls, most);
  open();
});
by("token").addEventListener("submit", (event) => {
  event.preventDefault();
  setToken(by("token").elements.token.value);
  by("token").elements.token.value = "";
  open.known = true;
  hush();
  arrive((open.again || open)());
});
by("more").addEventListener("click", () => {
  map.go(map.at); // the button goes
  showMore();
  draw(null);
});
by("nearer").addEventListener("click", () => map.camera.by(1.25));
by("farther").addEventListener("click", () => map.camera.by(0.8));
by("whole").addEventListener("click", () => map.fit(true));
by("home").addEventListener("click", () => map.go("start"));
// Another asset's page is opened in this one, so that the token need not be pasted again.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href^='/lineage/']");
  if (!link || event.defaultPrevented || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", link.getAttribute("href"));
  map.at = "start";
  arrive(open());
});
window.addEventListener("popstate", () => address.moved() && arrive(open()));
open();
