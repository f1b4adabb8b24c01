// Apollo Client 4 with error, retry and persisted query links, subscriptions over WebSocket.
import { createHash } from "node:crypto";

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, gql, HttpLink, InMemoryCache } from "@apollo/client/core";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";
import { RetryLink } from "@apollo/client/link/retry";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { createClient } from "graphql-ws";
import { filter, firstValueFrom, tap } from "rxjs";
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

const errorsOf = (error) => (CombinedGraphQLErrors.is(error) ? error.errors.map(told) : [{ name: error.name }]);

/** A client, with all results that passed its links and all errors that its error link saw. */
function client({ token = tokens.good, fetch = recordingFetch, renews = false } = {}) {
  let current = token;
  const results = [];
  const errors = [];
  const seen = new ApolloLink((operation, forward) => forward(operation).pipe(tap((result) => results.push(result))));
  const reported = new ErrorLink(({ error, operation, forward }) => {
    errors.push(...errorsOf(error));
    const { retried } = operation.getContext();
    if (!retried && errorsOf(error).some(({ code }) => code === "UNAVAILABLE")) {
      operation.setContext({ retried: true });
      return forward(operation);
    }
    if (!renews || current === tokens.good) return undefined;
    current = tokens.good;
    return forward(operation);
  });
  const authorised = new SetContextLink(({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${current}` },
  }));
  const http = ApolloLink.from([
    seen,
    reported,
    new RetryLink({ delay: { initial: 20, max: 20 }, attempts: { max: 3 } }),
    new PersistedQueryLink({ sha256: (text) => createHash("sha256").update(text).digest("hex") }),
    authorised,
    new HttpLink({ uri: httpUrl, fetch }),
  ]);
  const socket = new GraphQLWsLink(
    createClient({
      url: socketUrl,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: `Bearer ${token}` },
      retryAttempts: 0,
    }),
  );
  const made = new ApolloClient({
    link: ApolloLink.split(({ operationType }) => operationType === "subscription", socket, http),
    cache: new InMemoryCache({ typePolicies: { Query: { fields: { actors: relayStylePagination() } } } }),
  });
  return { made, results, errors };
}

const asked = (document, variables = {}) => ({ query: gql(document), variables });
const settled = (observable) => observable.pipe(filter(({ loading }) => !loading));

const all = (observable) =>
  emissions((next, error) => {
    const subscription = observable.subscribe({ next, error });
    return () => subscription.unsubscribe();
  });

const watched = (made, document, variables) =>
  all(settled(made.watchQuery({ ...asked(document, variables), errorPolicy: "all" })));

async function refused(token) {
  const { made, errors } = client({ token });
  const found = await watched(made, documents.VIEWER);
  // What the error link saw is what the caller gets.
  if (JSON.stringify(found.flatMap(({ error }) => errorsOf(error))) !== JSON.stringify(errors)) return errors;
  return found.map(({ data, error }) => ({ data: data ?? null, errors: errorsOf(error), closed: null }));
}

async function created(name) {
  const { made, results } = client();
  await made.mutate({ mutation: gql(documents.CREATE_TOPIC), variables: { name } });
  return results.map(({ data }) => data.createTopic.topic);
}

await run({
  async query() {
    const { made, results } = client();
    const found = await watched(made, documents.ACTOR, { slug: "russia" });
    return found.length === results.length ? found.map(({ data }) => data.actor.name) : results;
  },
  async paging() {
    const query = client().made.watchQuery(asked(documents.ACTORS, { first: 3 }));
    const found = all(settled(query));
    const { data } = await firstValueFrom(settled(query));
    await query.fetchMore({ variables: { after: data.actors.pageInfo.endCursor } });
    const pages = await found;
    return pages.length === 2 ? pages[1].data.actors.edges.map(({ node }) => node.name) : pages;
  },
  async mutation() {
    return (await created("Topic of Apollo Client")).map(({ name }) => name);
  },
  async subscription() {
    const { made } = client();
    const after = await endOfFeed(async (after) => {
      const { data } = await made.query(asked(documents.FEED, { after }));
      return data.changes.pageInfo;
    });
    const subscribed = all(made.subscribe(asked(documents.CHANGES, { after })));
    const [topic] = await created("Followed by Apollo Client");
    const events = await subscribed;
    return events.map(({ data: { changes }, error }) => ({
      action: changes.node.action,
      same: changes.node.entityId === topic.id,
      error: error ?? null,
    }));
  },
  expired: () => refused(tokens.expired),
  revoked: () => refused(tokens.revoked),
  async subscriptionOfExpired() {
    const { made } = client({ token: tokens.expired });
    const found = await all(made.subscribe(asked(documents.CHANGES)));
    return found.map(({ data, error }) => ({
      data: data ?? null,
      errors: [],
      closed: Number(/Socket closed with event (\d+)/.exec(error.message)?.[1]),
    }));
  },
  async renewed() {
    const { made } = client({ token: tokens.expired, renews: true });
    const found = await watched(made, documents.VIEWER);
    return found.map(({ data }) => data.viewer.name);
  },
  async badId() {
    const found = await watched(client().made, documents.BAD_ID);
    return found.map(({ data, error }) => ({ node: data.node, viewer: data.viewer.name, errors: errorsOf(error) }));
  },
  async persisted() {
    const { made } = client();
    const first = await watched(made, documents.ACTOR, { slug: "russia" });
    const second = await watched(made, documents.ACTOR, { slug: "turkey" });
    return [...first, ...second].map(({ data }) => data.actor.name);
  },
  async retried() {
    const found = [];
    for (const fetch of [flakyFetch(), busyFetch()])
      found.push(...(await watched(client({ fetch }).made, documents.ACTOR, { slug: "russia" })));
    return found.map(({ data }) => data.actor.name);
  },
});
