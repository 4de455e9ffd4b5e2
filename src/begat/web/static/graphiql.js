// Starts GraphiQL. The address may hold a ready query (?query=, ?variables=, ?operationName=); it is shown, not run.
"use strict";

const root = document.getElementById("graphiql");

function start(examples) {
  const address = new URLSearchParams(window.location.search);
  const linked = address.get("query") || undefined;
  const fetcher = GraphiQL.createFetcher({ url: "/graphql" });

  function Page() {
    // GraphiQL keeps its tabs between visits; a query in the address becomes a tab of its own, and is the one shown.
    const [query, setQuery] = React.useState(linked);
    const explorer = GraphiQLPluginExplorer.useExplorerPlugin({ query: query, onEdit: setQuery });
    return React.createElement(GraphiQL, {
      fetcher: fetcher,
      query: query,
      onEditQuery: setQuery,
      variables: linked && (address.get("variables") || undefined),
      operationName: linked && (address.get("operationName") || undefined),
      defaultQuery: examples,
      defaultHeaders: root.dataset.tokens === "yes" ? '{\n  "Authorization": "Bearer "\n}' : undefined,
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false, // a token must not stay in the browser's storage
      plugins: [explorer],
    });
  }
  ReactDOM.render(React.createElement(Page), root);
}

fetch("/static/examples.graphql")
  .then((answer) => (answer.ok ? answer.text() : ""))
  .catch(() => "")
  .then(start);
