// Starts GraphiQL. The address may hold a ready query (?query=, ?variables=); it is shown, not run.
"use strict";

const root = document.getElementById("graphiql");

// GraphiQL writes the headers of every request into its history, whatever shouldPersistHeaders says. They hold the
// token, which must not outlive the page, so what goes to the browser's storage passes through here.
const withoutHeaders = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), (name, value) => (name === "headers" ? null : value));
  } catch {
    return text; // no JSON: a width, a theme, the text of an editor
  }
};
const ours = () => Object.keys(localStorage).filter((name) => name.startsWith("graphiql:"));
const storage = {
  getItem: (name) => localStorage.getItem(name),
  setItem: (name, text) => name !== "graphiql:headers" && localStorage.setItem(name, withoutHeaders(text)),
  removeItem: (name) => localStorage.removeItem(name),
  clear: () => ours().forEach((name) => localStorage.removeItem(name)),
  get length() {
    return ours().length;
  },
};

// Variables as a person would write them, where they are JSON.
const readable = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

function start(examples) {
  const address = new URLSearchParams(window.location.search);
  const linked = address.get("query") || undefined;
  const variables = (linked && address.get("variables")) || undefined;
  const headers = root.dataset.tokens === "yes" ? '{\n  "Authorization": "Bearer "\n}' : undefined;
  // Subscriptions go over a WebSocket; the headers editor's Authorization is then in the connection's first message.
  const sockets = window.location.origin.replace(/^http/, "ws") + "/graphql";
  const fetcher = GraphiQL.createFetcher({ url: "/graphql", subscriptionUrl: sockets });

  function Page() {
    // GraphiQL keeps its tabs between visits; a query in the address becomes a tab of its own, and is the one shown.
    const [query, setQuery] = React.useState(linked);
    const explorer = GraphiQLPluginExplorer.useExplorerPlugin({ query: query, onEdit: setQuery });
    return React.createElement(GraphiQL, {
      fetcher: fetcher,
      storage: storage,
      query: query,
      onEditQuery: setQuery,
      variables: variables && readable(variables),
      defaultQuery: examples,
      headers: headers, // of the tab that is shown first,
      defaultHeaders: headers, // and of every other
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      plugins: [explorer],
    });
  }
  ReactDOM.render(React.createElement(Page), root);
}

fetch("/static/examples.graphql")
  .then((answer) => (answer.ok ? answer.text() : ""))
  .catch(() => "")
  .then(start);
