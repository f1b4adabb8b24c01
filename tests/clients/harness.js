// What the tests of all clients share: where the server is, how emissions are counted, and how results are reported.
import { setTimeout as sleep } from "node:timers/promises";

const { ADDRESS, TOKENS } = process.env;

export const httpUrl = `${ADDRESS}/graphql`;
export const socketUrl = httpUrl.replace("http", "ws");
/** Tokens by their state: good, expired, revoked. */
export const tokens = JSON.parse(TOKENS);

/** Milliseconds without a further emission after which an operation that stays open is taken as settled. */
const QUIET = 150;
const LONGEST = 15_000;

const answered = [];

/** `fetch`, with a record of the status of each response. */
export async function recordingFetch(...request) {
  const response = await fetch(...request);
  answered.push(response.status);
  return response;
}

/** `fetch` that the first time does what `first` does. */
function exceptFirst(first) {
  let begun = false;
  return async (...request) => {
    if (begun) return recordingFetch(...request);
    begun = true;
    return first();
  };
}

/** `fetch` that fails once as it does while a server restarts. */
export const flakyFetch = () =>
  exceptFirst(() => {
    throw new TypeError("fetch failed");
  });

/** `fetch` that once gets the answer of a server whose database is too busy. */
export const busyFetch = () =>
  exceptFirst(() => {
    const errors = [{ message: "all connections are busy; try again", extensions: { code: "UNAVAILABLE" } }];
    const headers = { "content-type": "application/graphql-response+json; charset=utf-8", "retry-after": "1" };
    return new Response(JSON.stringify({ errors }), { status: 503, statusText: "Service Unavailable", headers });
  });

/** All values that `subscribe(next, end)` emits until it ends or nothing more comes for a while. */
export function emissions(subscribe) {
  return new Promise((resolve, reject) => {
    const values = [];
    let quiet;
    let stop = () => {};
    const latest = setTimeout(() => end(new Error(`nothing came in ${LONGEST} ms`)), LONGEST);
    const end = (error) => {
      clearTimeout(quiet);
      clearTimeout(latest);
      stop();
      if (error) reject(error);
      else resolve(values);
    };
    const next = (value) => {
      values.push(value);
      clearTimeout(quiet);
      quiet = setTimeout(end, QUIET);
    };
    stop = subscribe(next, end) ?? stop;
  });
}

/** The cursor of the last change there is; `read` gives the page info of the changes after a cursor. */
export async function endOfFeed(read) {
  let page = { hasNextPage: true, endCursor: null };
  while (page.hasNextPage) page = await read(page.endCursor);
  return page.endCursor;
}

/** What matters of an error that came with a result. */
export const told = (error) => ({ code: error.extensions?.code, path: error.path ?? null });

const unhandled = [];
process.on("unhandledRejection", (reason) => unhandled.push(String(reason?.stack ?? reason)));
process.on("uncaughtException", (error) => unhandled.push(String(error.stack)));

/** Runs the cases one after the other and prints what each gave, and the statuses it met, as one JSON object. */
export async function run(cases) {
  const results = {};
  for (const [name, act] of Object.entries(cases)) {
    answered.length = 0;
    try {
      const values = await act();
      results[name] = { values, statuses: [...answered] };
    } catch (error) {
      results[name] = { thrown: String(error?.stack ?? error) };
    }
  }
  await sleep(QUIET);
  process.stdout.write(JSON.stringify({ results, unhandled }), () => process.exit());
}
