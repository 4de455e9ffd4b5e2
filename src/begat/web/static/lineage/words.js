// The names and shapes of kinds, statuses and retentions. Shape and text carry the meaning, colour only repeats it.

const KINDS = {
  SOURCE_TABLE: "Source table",
  SHEET: "Sheet",
  TEMPLATE: "Template",
  CANONICAL_LABEL: "Canonical label",
  TRAINING_SHEET: "Training sheet",
  TRAINING_JOB: "Training job",
  MODEL: "Model",
  MODEL_VERSION: "Model version",
  ENDPOINT: "Endpoint",
  MONITOR: "Monitor",
  IMPROVEMENT_TASK: "Improvement task",
  QA_PAIR: "Q&A pair",
  FEEDBACK: "Feedback",
};

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1).toLowerCase().replaceAll("_", " ");

/** "Training sheet" of TRAINING_SHEET. */
export const kindName = (kind) => KINDS[kind] || capital(kind);

/** "In review" of IN_REVIEW. */
export const plain = (text) => (text ? capital(text) : "");

/** "built from" of BUILT_FROM. */
export const relationName = (relation) => relation.toLowerCase().replaceAll("_", " ");

const GROUP = {
  SOURCE_TABLE: "data",
  SHEET: "data",
  SHEET_VERSION: "data",
  TEMPLATE: "prompt",
  TEMPLATE_VERSION: "prompt",
  CANONICAL_LABEL: "prompt",
  LABEL_VERSION: "prompt",
  TRAINING_SHEET: "rows",
  TRAINING_SHEET_VERSION: "rows",
  SNAPSHOT: "rows",
  GENERATION: "rows",
  QA_PAIR: "rows",
  TRAINING_JOB: "model",
  MODEL: "model",
  MODEL_VERSION: "model",
  EVALUATION: "model",
  ENDPOINT: "live",
  ENDPOINT_VERSION: "live",
  MONITOR: "live",
  FEEDBACK: "live",
  IMPROVEMENT_TASK: "live",
};

/** The part of an asset's life that the kind belongs to: data, prompt, rows, model or live. */
export const groupOf = (kind) => GROUP[kind] || "data";

// One 12 by 12 picture for each part of the life.
export const PICTURE = {
  data: "M1 2h10v8H1zM1 5h10M4.5 2v8",
  prompt: "M1 2h10v6H6l-3 3V8H1z",
  rows: "M1 2.5h2M5 2.5h6M1 6h2M5 6h6M1 9.5h2M5 9.5h6",
  model: "M6 1l5 2.5v5L6 11 1 8.5v-5zM1 3.5L6 6l5-2.5M6 6v5",
  live: "M1 6h2l2-4 2 8 2-4h2",
  hidden: "M1 1l10 10M11 1L1 11",
};

const TONE = {
  good: "PUBLISHED VERIFIED APPROVED FINALIZED SUCCEEDED READY ONLINE SERVING ACTIVE AVAILABLE RESOLVED CLOSED",
  busy: "GENERATING QUEUED RUNNING CANCELING REGISTERING DEPLOYING STOPPING IN_PROGRESS IN_REVIEW ACKNOWLEDGED TRIAGED",
  alert: "NEEDS_REVIEW DEGRADED ALERTING DISPUTED FLAGGED MISSING OPEN NEW DEPRECATED",
  bad: "FAILED LOST REJECTED GONE",
};
const TONES = Object.fromEntries(
  Object.entries(TONE).flatMap(([tone, names]) => names.split(" ").map((name) => [name, tone])),
);

/** good, busy, alert, bad or calm. */
export const toneOf = (status) => TONES[status] || "calm";

// 10 by 10: a filled disc, a half disc, a triangle, a cross, a ring.
export const MARK = {
  good: "M5 1a4 4 0 1 1 0 8a4 4 0 1 1 0-8z",
  busy: "M5 1a4 4 0 1 1 0 8z M5 1a4 4 0 0 0 0 8",
  alert: "M5 .8L9.6 9H.4z",
  bad: "M1.4 1.4l7.2 7.2M8.6 1.4L1.4 8.6",
  calm: "M5 1.2a3.8 3.8 0 1 1 0 7.6a3.8 3.8 0 1 1 0-7.6z",
};

const numbers = new Intl.NumberFormat("en");

/** "1,000". */
export const figure = (number) => numbers.format(number);

/** "1 hop", "2 hops". */
export const many = (count, one, more = `${one}s`) => `${figure(count)} ${count === 1 ? one : more}`;

const TURNING = /[\u202a-\u202e\u2066-\u2069]/g; // characters that turn the writing of what follows
const FROM_THE_RIGHT = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name that turns nothing of what is said around it: one from right to left is set apart. */
export const named = ({ fullName, name }) => {
  const plainly = (fullName || name).replace(TURNING, "");
  return FROM_THE_RIGHT.test(plainly) ? `\u2068${plainly}\u2069` : plainly;
};

/** "Sheet ‘Questions’, version 2" of a node, as people call it. */
export function title(node) {
  if (node.hidden) return `hidden ${kindName(node.kind).toLowerCase()}`;
  return node.number ? `${node.name}, ${kindName(node.kind).toLowerCase()} ${node.number}` : node.name;
}

/** All that the map shows of a node, for those who hear it. */
export function spoken(node) {
  const said = [kindName(node.kind), node.hidden ? "hidden from you" : title(node)];
  if (node.status) said.push(`status ${plain(node.status).toLowerCase()}`);
  if (node.retention && node.retention !== "LIVE") said.push(plain(node.retention).toLowerCase());
  said.push(node.side === "start" ? "the start" : `${many(node.depth, "hop")} ${node.side}`);
  return said.join(", ");
}
