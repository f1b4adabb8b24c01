// The operations that Relay compiles; what is run are the artifacts in __generated__.
import { graphql } from "relay-runtime";

export default [
  graphql`
    query documentsActorQuery($slug: String!) {
      actor(slug: $slug) {
        id
        name
      }
    }
  `,
  graphql`
    query documentsViewerQuery {
      viewer {
        id
        name
      }
    }
  `,
  graphql`
    query documentsActorsQuery($first: Int!, $after: String) {
      actors(first: $first, after: $after) @connection(key: "documents_actors") {
        edges {
          node {
            id
            name
          }
        }
      }
    }
  `,
  graphql`
    query documentsFeedQuery($after: String) {
      changes(first: 100, after: $after) {
        pageInfo {
          hasNextPage
          endCursor
        }
      }
    }
  `,
  graphql`
    query documentsBadIdQuery {
      node(id: "nope") {
        id
      }
      viewer {
        id
        name
      }
    }
  `,
  graphql`
    mutation documentsCreateTopicMutation($name: String!) {
      createTopic(input: { name: $name }) {
        topic {
          id
          name
        }
        errors {
          code
        }
      }
    }
  `,
  graphql`
    subscription documentsChangesSubscription($after: String) {
      changes(types: [TOPIC], after: $after) {
        cursor
        node {
          id
          action
          entityId
        }
      }
    }
  `,
];
