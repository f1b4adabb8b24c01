// GraphiQL, set up for this server: its endpoint, its first query, its workers, and nothing from elsewhere.
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import "./app.css";
import { createRoot } from "react-dom/client";

// Replaced by the build: the file name of each of the editor's workers.
const workers = WORKERS;

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = workers[label] ?? workers.editor;
    return new Worker(new URL(file, import.meta.url), { name: label });
  },
};

// A comment is as good as nothing here, so it shows the form a token takes without sending one.
const HEADERS = `{
  // "Authorization": "Bearer <your token>"
}`;

/** Sends one operation and gives what the server answered, or an error that says what came instead. */
async function send(endpoint, operation, headers) {
  const response = await fetch(endpoint, {
    method: "POST",
    headers: {
      accept: "application/graphql-response+json, application/json",
      "content-type": "application/json",
      ...headers,
    },
    body: JSON.stringify(operation),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    const status = `${response.status} ${response.statusText}`.trim();
    throw new Error(`The server answered ${status}, and not in JSON: ${text.slice(0, 500)}`);
  }
}

const { endpoint, query } = JSON.parse(document.getElementById("settings").textContent);

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={(operation, options) => send(endpoint, operation, options?.headers)}
    defaultQuery={query}
    defaultHeaders={HEADERS}
    initialHeaders={HEADERS}
    defaultEditorToolsVisibility="headers"
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>stancegraph</GraphiQL.Logo>
  </GraphiQL>,
);
