// Relay: its runtime with operations that relay-compiler made of schema.graphql.
import { createClient } from "graphql-ws";
import runtime from "relay-runtime";
import WebSocket from "ws";

import { emissions, endOfFeed, httpUrl, recordingFetch, run, socketUrl, told, tokens } from "./harness.js";
import ActorQuery from "./relay/__generated__/documentsActorQuery.graphql.js";
import ActorsQuery from "./relay/__generated__/documentsActorsQuery.graphql.js";
import BadIdQuery from "./relay/__generated__/documentsBadIdQuery.graphql.js";
import ChangesSubscription from "./relay/__generated__/documentsChangesSubscription.graphql.js";
import CreateTopicMutation from "./relay/__generated__/documentsCreateTopicMutation.graphql.js";
import FeedQuery from "./relay/__generated__/documentsFeedQuery.graphql.js";
import ViewerQuery from "./relay/__generated__/documentsViewerQuery.graphql.js";

const { commitMutation, Environment, fetchQuery, Network, Observable, RecordSource, requestSubscription, Store } = runtime;

function environment(token = tokens.good) {
  const authorization = `Bearer ${token}`;
  const seen = { errors: [] };
  const socket = createClient({
    url: socketUrl,
    webSocketImpl: WebSocket,
    connectionParams: { authorization },
    retryAttempts: 0,
  });
  async function send({ text: query }, variables) {
    const response = await recordingFetch(httpUrl, {
      method: "POST",
      headers: {
        accept: "application/graphql-response+json, application/json;q=0.9",
        authorization,
        "content-type": "application/json",
      },
      body: JSON.stringify({ query, variables }),
    });
    const result = await response.json();
    seen.errors.push(...(result.errors ?? []).map(told));
    return result;
  }
  const follow = ({ text: query, name: operationName }, variables) =>
    Observable.create((sink) => socket.subscribe({ query, operationName, variables }, sink));
  const made = new Environment({ network: Network.create(send, follow), store: new Store(new RecordSource()) });
  return { made, seen };
}

const asked = (made, query, variables = {}) =>
  emissions((next, end) => {
    const subscription = fetchQuery(made, query, variables).subscribe({ next, error: end });
    return () => subscription.unsubscribe();
  });

const refusal = (error) => ({ data: null, errors: (error.source?.errors ?? []).map(told), closed: error.code ?? null });

const create = (made, name) =>
  new Promise((resolve, reject) => {
    const created = [];
    commitMutation(made, {
      mutation: CreateTopicMutation,
      variables: { name },
      onNext: () => created.push(null),
      onCompleted: ({ createTopic }) => resolve({ topic: createTopic.topic, times: created.length }),
      onError: reject,
    });
  });

async function refused(token) {
  const { made } = environment(token);
  const values = await asked(made, ViewerQuery).catch((error) => [refusal(error)]);
  return values;
}

await run({
  async query() {
    const found = await asked(environment().made, ActorQuery, { slug: "russia" });
    return found.map(({ actor }) => actor.name);
  },
  async paging() {
    const { made } = environment();
    const [{ actors: first }] = await asked(made, ActorsQuery, { first: 3 });
    const found = await asked(made, ActorsQuery, { first: 3, after: first.pageInfo.endCursor });
    return found.flatMap(({ actors }) => actors.edges.map(({ node }) => node.name));
  },
  async mutation() {
    const { topic, times } = await create(environment().made, "Topic of Relay");
    return Array(times).fill(topic.name);
  },
  async subscription() {
    const { made } = environment();
    const after = await endOfFeed(async (after) => {
      const { changes } = await fetchQuery(made, FeedQuery, { after }).toPromise();
      return changes.pageInfo;
    });
    const variables = { after };
    const subscribed = emissions((onNext, onError) => {
      const { dispose } = requestSubscription(made, { subscription: ChangesSubscription, variables, onNext, onError });
      return dispose;
    });
    const { topic } = await create(made, "Followed by Relay");
    const events = await subscribed;
    return events.map(({ changes: { node } }) => ({
      action: node.action,
      same: node.entityId === topic.id,
      error: null,
    }));
  },
  expired: () => refused(tokens.expired),
  revoked: () => refused(tokens.revoked),
  async subscriptionOfExpired() {
    const { made } = environment(tokens.expired);
    const found = await emissions((onNext, onError) => {
      const subscription = ChangesSubscription;
      const { dispose } = requestSubscription(made, { subscription, variables: {}, onNext, onError });
      return dispose;
    }).catch((error) => [refusal(error)]);
    return found;
  },
  async badId() {
    const { made, seen } = environment();
    const found = await asked(made, BadIdQuery);
    const values = found.map(({ node, viewer }) => ({ node, viewer: viewer.name, errors: seen.errors }));
    return values;
  },
});
