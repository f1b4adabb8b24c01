// urql: `node urql.js document` with its document cache and server-sent events, `node urql.js graphcache` with the
// normalised cache and WebSocket.
import { cacheExchange, Client, fetchExchange, subscriptionExchange } from "@urql/core";
import { cacheExchange as normalisedCacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";
import { persistedExchange } from "@urql/exchange-persisted";
import { retryExchange } from "@urql/exchange-retry";
import { createClient } from "graphql-ws";
import WebSocket from "ws";

import * as documents from "./documents.js";
import {
  busyFetch,
  emissions,
  endOfFeed,
  flakyFetch,
  httpUrl,
  recordingFetch,
  run,
  socketUrl,
  told,
  tokens,
} from "./harness.js";

const normalised = process.argv[2] === "graphcache";

function cache() {
  return normalised ? normalisedCacheExchange({ resolvers: { Query: { actors: relayPagination() } } }) : cacheExchange;
}

function overSocket(authorization) {
  const socket = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  return subscriptionExchange({
    forwardSubscription: ({ query, variables }) => ({
      subscribe: (sink) => ({ unsubscribe: socket.subscribe({ query, variables }, sink) }),
    }),
  });
}

function client({ token = tokens.good, fetch = recordingFetch, more = [] } = {}) {
  const authorization = `Bearer ${token}`;
  return new Client({
    url: httpUrl,
    fetch,
    fetchOptions: { headers: { authorization } },
    fetchSubscriptions: !normalised,
    exchanges: [cache(), ...more, ...(normalised ? [overSocket(authorization)] : []), fetchExchange],
  });
}

const all = (source) =>
  emissions((next) => {
    const { unsubscribe } = source.subscribe(next);
    return unsubscribe;
  });

const asked = (from, document, variables = {}) => all(from.query(document, variables));

const refused = (results) =>
  results.map(({ error, data }) => ({
    data: data ?? null,
    errors: error.graphQLErrors.map(told),
    closed: error.networkError?.code ?? null,
  }));

await run({
  async query() {
    const found = await asked(client(), documents.ACTOR, { slug: "russia" });
    return found.map(({ data }) => data.actor.name);
  },
  async paging() {
    const one = client();
    const [first] = await asked(one, documents.ACTORS, { first: 3 });
    const after = first.data.actors.pageInfo.endCursor;
    const found = await asked(one, documents.ACTORS, { first: 3, after });
    const pages = normalised ? found : [first, ...found];
    return pages.flatMap(({ data }) => data.actors.edges.map(({ node }) => node.name));
  },
  async mutation() {
    const created = await all(client().mutation(documents.CREATE_TOPIC, { name: `Topic of urql ${process.argv[2]}` }));
    return created.map(({ data }) => data.createTopic.topic.name);
  },
  async subscription() {
    const one = client();
    const after = await endOfFeed(async (after) => (await one.query(documents.FEED, { after })).data.changes.pageInfo);
    const subscribed = all(one.subscription(documents.CHANGES, { after }));
    const created = await one.mutation(documents.CREATE_TOPIC, { name: `Followed by urql ${process.argv[2]}` });
    const events = await subscribed;
    return events.map(({ data: { changes }, error }) => ({
      action: changes.node.action,
      same: changes.node.entityId === created.data.createTopic.topic.id,
      error: error ?? null,
    }));
  },
  async expired() {
    const found = await asked(client({ token: tokens.expired }), documents.VIEWER);
    return refused(found);
  },
  async revoked() {
    const found = await asked(client({ token: tokens.revoked }), documents.VIEWER);
    return refused(found);
  },
  async subscriptionOfExpired() {
    const found = await all(client({ token: tokens.expired }).subscription(documents.CHANGES, {}));
    return refused(found);
  },
  async badId() {
    const found = await asked(client(), documents.BAD_ID);
    return found.map(({ data, error }) => ({
      node: data.node,
      viewer: data.viewer.name,
      errors: error.graphQLErrors.map(told),
    }));
    return values;
  },
  async persisted() {
    const one = client({ more: [persistedExchange()] });
    const first = await asked(one, documents.ACTOR, { slug: "russia" });
    const second = await asked(one, documents.ACTOR, { slug: "turkey" });
    return [...first, ...second].map(({ data }) => data.actor.name);
  },
  async retried() {
    const retry = retryExchange({
      initialDelayMs: 20,
      maxDelayMs: 20,
      retryIf: ({ networkError, graphQLErrors }) =>
        Boolean(networkError) || graphQLErrors.some(({ extensions }) => extensions?.code === "UNAVAILABLE"),
    });
    const found = [];
    for (const fetch of [flakyFetch(), busyFetch()])
      found.push(...(await asked(client({ fetch, more: [retry] }), documents.ACTOR, { slug: "russia" })));
    return found.map(({ data }) => data.actor.name);
  },
});
