// GraphiQL, set up for this server: its endpoint, its examples, its workers, and nothing from elsewhere.
import { ToolbarButton, ToolbarMenu, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { GraphiQL } from "graphiql";
import "graphiql/style.css";
import "./app.css";
import { useEffect, useRef } from "react";
import { createRoot } from "react-dom/client";

import { link, linked, send } from "./send.js";

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

const { endpoint, examples } = JSON.parse(document.getElementById("settings").textContent);
const opened = linked(location.href);

// Where GraphiQL keeps what its settings say about remembering headers. Unless it is told so here as well, it forgets
// them when it opens again.
const remembersHeaders = localStorage.getItem("graphiql:shouldPersistHeaders") === "true";

async function fetcher(operation, options) {
  const { answer, events } = await send(endpoint, operation, options?.headers);
  return events ?? answer;
}

/** Puts the cursor on the operation that the link names, once the editor has read the document: Ctrl+Enter runs it. */
function useLinkedOperation() {
  const { operations, queryEditor } = useGraphiQL(({ operations, queryEditor }) => ({ operations, queryEditor }));
  const { setOperationName } = useGraphiQLActions();
  const pending = useRef(opened?.operationName);
  useEffect(() => {
    const linkedOperation = operations?.find(({ name }) => name?.value === pending.current);
    if (!pending.current || !linkedOperation || !queryEditor) return;
    setOperationName(pending.current);
    queryEditor.setPosition(queryEditor.getModel().getPositionAt(linkedOperation.loc.start));
    queryEditor.focus();
    pending.current = undefined;
  }, [operations, queryEditor, setOperationName]);
}

function Examples() {
  const editor = useGraphiQL(({ queryEditor }) => queryEditor);
  const { addTab } = useGraphiQLActions();
  const open = (text) => {
    addTab();
    editor.setValue(text);
  };
  return (
    <ToolbarMenu
      button={
        <ToolbarButton label="Examples">
          <ExamplesIcon />
        </ToolbarButton>
      }
    >
      {examples.map(({ title, text }) => (
        <ToolbarMenu.Item key={title} onSelect={() => open(text)}>
          {title}
        </ToolbarMenu.Item>
      ))}
    </ToolbarMenu>
  );
}

const ExamplesIcon = () => (
  <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true">
    <path d="M2 3.5h12M2 8h12M2 12.5h7" />
  </svg>
);

const LinkIcon = () => (
  <svg className="graphiql-toolbar-icon" viewBox="0 0 16 16" fill="none" stroke="currentColor" aria-hidden="true">
    <path d="M7 9a3 3 0 0 0 4 0l2.5-2.5a2.8 2.8 0 0 0-4-4L8.5 3.5M9 7a3 3 0 0 0-4 0L2.5 9.5a2.8 2.8 0 0 0 4 4L7.5 12.5" />
  </svg>
);

function CopyLink() {
  const editors = useGraphiQL(({ queryEditor, variableEditor }) => ({ queryEditor, variableEditor }));
  const operationName = useGraphiQL(({ operationName }) => operationName);
  const copy = async () => {
    const operation = { query: editors.queryEditor.getValue(), variables: editors.variableEditor?.getValue() };
    const address = link(location.href, { ...operation, operationName });
    // The address bar has it too: browsers give no clipboard to a page that came over plain HTTP from another host.
    history.replaceState(null, "", address);
    await navigator.clipboard?.writeText(address).catch(() => {});
  };
  return (
    <ToolbarButton label="Copy a link to this operation" onClick={copy}>
      <LinkIcon />
    </ToolbarButton>
  );
}

function Tools({ prettify, merge, copy }) {
  useLinkedOperation();
  return (
    <>
      {prettify}
      {merge}
      {copy}
      <CopyLink />
      <Examples />
    </>
  );
}

// A tab keeps the operation from here on: opened again, the page shows what became of it.
if (opened) history.replaceState(null, "", location.pathname);

createRoot(document.getElementById("graphiql")).render(
  <GraphiQL
    fetcher={fetcher}
    defaultQuery={examples[0].text}
    defaultHeaders={HEADERS}
    initialQuery={opened?.query}
    initialVariables={opened?.variables}
    shouldPersistHeaders={remembersHeaders}
    showPersistHeadersSettings
    defaultEditorToolsVisibility={opened?.variables ? "variables" : "headers"}
    inputValueDeprecation
    schemaDescription
  >
    <GraphiQL.Logo>stancegraph</GraphiQL.Logo>
    <GraphiQL.Toolbar>{(tools) => <Tools {...tools} />}</GraphiQL.Toolbar>
  </GraphiQL>,
);
