// Sends operations; used by GraphiQL's page and, as it stands, by the plain one.

// The server answers queries and mutations at once, and subscriptions as a stream of events.
const ACCEPT = "application/graphql-response+json, application/json, text/event-stream";

/**
 * Sends one operation and gives the response's status with the answer, or, of a subscription, with its events: an
 * iterator that ends the subscription when it is returned from.
 */
export async function send(endpoint, operation, headers) {
  const abort = new AbortController();
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { accept: ACCEPT, "content-type": "application/json", ...headers },
    body: JSON.stringify(operation),
    signal: abort.signal,
  });
  const status = `${response.status} ${response.statusText}`.trim();
  if (response.headers.get("content-type")?.startsWith("text/event-stream")) {
    return { ok: true, status, events: stoppable(events(response.body, abort.signal), abort) };
  }
  const text = await response.text();
  try {
    return { ok: response.ok, status, answer: JSON.parse(text) };
  } catch {
    throw new Error(`The server answered ${status}, and not in JSON: ${text.slice(0, 500)}`);
  }
}

/** The iterator, with a way to leave it while it waits for the next event. */
function stoppable(iterator, abort) {
  return {
    next: () => iterator.next(),
    async return() {
      abort.abort();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

async function* events(body, signal) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) throw new Error("The server ended the subscription, as it does to restart. Run it again.");
      const frames = (waiting + value).split("\n\n");
      waiting = frames.pop();
      for (const frame of frames) {
        const fields = new Map(frame.split("\n").map((line) => line.split(/: ?(.*)/s, 2)));
        if (fields.get("event") === "complete") return;
        if (fields.get("event") === "next") yield JSON.parse(fields.get("data"));
      }
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The operation that a link holds, as `?query=…&variables=…&operationName=…`; null if it holds none. */
export function linked(address) {
  const given = new URL(address).searchParams;
  const query = given.get("query");
  if (!query) return null;
  return { query, variables: indented(given.get("variables") ?? ""), operationName: given.get("operationName") };
}

function indented(json) {
  try {
    return json && JSON.stringify(JSON.parse(json), null, 2);
  } catch {
    return json;
  }
}

/** A link that opens the page with an operation in it. It never holds headers: they may hold a token. */
export function link(address, { query, variables, operationName }) {
  const made = new URL(address);
  made.hash = "";
  made.search = new URLSearchParams({
    query,
    ...(variables?.trim() && { variables }),
    ...(operationName && { operationName }),
  });
  return made.href;
}
