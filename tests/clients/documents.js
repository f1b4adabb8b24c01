// The operations that urql and Apollo Client send; Relay compiles its own.
export const ACTOR = `query Actor($slug: String!) { actor(slug: $slug) { id name } }`;
export const VIEWER = `query Viewer { viewer { id name } }`;
export const ACTORS = `query Actors($first: Int!, $after: String) {
  actors(first: $first, after: $after) {
    edges { cursor node { id name } }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  }
}`;
export const CREATE_TOPIC = `mutation CreateTopic($name: String!) {
  createTopic(input: { name: $name }) { topic { id name } errors { code } }
}`;
export const FEED = `query Feed($after: String) {
  changes(first: 100, after: $after) { pageInfo { hasNextPage endCursor } }
}`;
export const CHANGES = `subscription Changes($after: String) {
  changes(types: [TOPIC], after: $after) { cursor node { id action entityId } }
}`;
export const BAD_ID = `query BadId { node(id: "nope") { id } viewer { id name } }`;
