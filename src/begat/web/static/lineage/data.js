// Asks begat's API. The token lives in this module only: like GraphiQL's, it must not outlive the page.

let token = "";

export const PAGE = 1000; // the most hits that one answer brings

/** What went wrong, in words: a title, what it means and what to do; `kind` decides what the page offers. */
export class Trouble extends Error {
  constructor(kind, title, text) {
    super(title);
    this.kind = kind;
    this.text = text;
  }
}

// Of what is pasted, only what a header can hold: an invisible character from elsewhere would keep it from being sent.
export const setToken = (text) => {
  token = text.replace(/^\W*bearer\s+/i, "").replace(/[^\x21-\x7e]/g, "");
};

const walk = (field) => `
query Lineage($id: ID!, $depth: Int!, $filter: LineageFilter, $first: Int!) {
  asset(id: $id) {
    id kind name statusName retention owner ...Table
    ${field}(depth: $depth, filter: $filter) {
      at
      nodes(first: $first) {
        nodes { id kind depth hidden version { id number } asset { id kind name statusName retention owner ...Table } }
        edges { from to relation via }
        totalCount
        pageInfo { hasNextPage }
      }
      counts { depth kind count }
      completeness { complete reason omitted { kind count } }
    }
  }
}
fragment Table on SourceTable { fullName }`;

const CARD = `
query Lineage($id: ID!) {
  asset(id: $id) { id kind name statusName retention owner ...Table }
}
fragment Table on SourceTable { fullName }`;

/** One direction of the lineage of an asset: `{ asset, walk }`; asset is null where there is none to be seen. */
export async function ask(id, direction, depth, filter) {
  if (depth === 0) return { asset: (await send(CARD, { id })).asset, walk: null };
  const { asset } = await send(walk(direction), { id, depth, filter, first: PAGE });
  return { asset, walk: asset && asset[direction] };
}

/** A link that opens the question behind one direction in GraphiQL, ready to run. */
export function graphiqlLink(id, direction = "upstream", depth = 1, filter = {}) {
  const query = walk(direction).trim();
  const variables = JSON.stringify({ id, depth: Math.max(depth, 1), filter, first: 50 });
  return `/graphql?${new URLSearchParams({ query, variables })}`;
}

async function send(query, variables) {
  const headers = { "Content-Type": "application/json", Accept: "application/graphql-response+json, application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch("/graphql", { method: "POST", headers, body: JSON.stringify({ query, variables }) });
  } catch {
    throw new Trouble(
      "away",
      "begat does not answer",
      "It may have been stopped, or the connection to it is down. What is shown may be out of date. Start begat or " +
        "reconnect, then try again.",
    );
  }
  let body;
  try {
    body = await answer.json();
  } catch {
    throw new Trouble(
      "away",
      `Something that is not begat's API answered (status ${answer.status})`,
      "Perhaps a proxy stands in between and begat is away. Try again in a moment.",
    );
  }
  if (answer.status === 401) throw unknownCaller();
  if (body.errors && body.errors.length) throw refused(body.errors[0]);
  return body.data;
}

function unknownCaller() {
  return token
    ? new Trouble("token", "The token is not accepted", "It may have expired or been revoked. Paste a new one: begat token create NAME makes it.")
    : new Trouble("token", "begat wants to know who asks", "Paste your token. It is kept in this page only, until you close or reload it.");
}

const ADVICE = {
  LIMIT: "Choose fewer hops, or open an asset nearer to what you look for.",
  DEADLINE: "It took too long. Choose fewer hops, then try again.",
  UNAVAILABLE: "begat lives, but its database does not answer. Try again in a moment.",
};

function refused(error) {
  const { code = "", hint = "", requestId = "" } = error.extensions || {};
  if (code === "UNAUTHENTICATED") return unknownCaller();
  const advice = ADVICE[code] || hint || "Try again; if it stays so, tell whoever runs begat.";
  const named = requestId ? ` (request ${requestId})` : "";
  return new Trouble("refused", error.message, `${advice}${named}`);
}
