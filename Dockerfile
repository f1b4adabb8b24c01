# GraphiQL for the browser. `--build-arg GRAPHIQL=plain` leaves it out and needs no npm: a plain form stands in for it.
ARG GRAPHIQL=bundled
# The documentation, served at /docs. `--build-arg DOCS=none` leaves it out.
ARG DOCS=built

FROM node:24-slim AS graphiql-bundled
WORKDIR /graphiql
COPY api/http/graphiql/package.json api/http/graphiql/package-lock.json api/http/graphiql/.npmrc ./
RUN npm ci
COPY api/http/graphiql/ ./
RUN npm run build

FROM scratch AS graphiql-plain
WORKDIR /graphiql/dist

FROM graphiql-${GRAPHIQL} AS graphiql


FROM python:3.13-slim AS docs-built
RUN python -m venv /venv
ENV PATH=/venv/bin:$PATH
WORKDIR /source
COPY requirements-docs.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements-docs.lock
COPY mkdocs.yml schema.graphql ./
COPY api/ api/
COPY docs/ docs/
COPY models/ models/
COPY migrations/ migrations/
COPY seeds/ seeds/
RUN python -m docs.generator && zensical build --clean --strict

FROM scratch AS docs-none
WORKDIR /source/api/http/site

FROM docs-${DOCS} AS docs


# The environment: what is locked, then the project itself. Nothing that builds it is in the image that runs.
FROM python:3.13-slim AS install
RUN python -m venv /app/venv
ENV PATH=/app/venv/bin:$PATH
WORKDIR /source
COPY requirements.lock ./
RUN pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY api/ api/
COPY models/ models/
COPY migrations/ migrations/
COPY seeds/ seeds/
COPY --from=graphiql /graphiql/dist/ api/http/graphiql/dist/
COPY --from=docs /source/api/http/site/ api/http/site/
RUN pip install --no-cache-dir --no-deps --no-build-isolation .


FROM python:3.13-slim
# The folder is for those who run it on SQLite: a volume there outlives the container.
RUN useradd --system --uid 10001 --user-group --no-create-home stancegraph \
    && install --directory --owner stancegraph --group stancegraph /app/var
COPY --from=install /app/venv /app/venv
ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STANCEGRAPH_HOST=0.0.0.0 \
    STANCEGRAPH_LOG_FORMAT=json
WORKDIR /app
USER stancegraph
EXPOSE 8000
HEALTHCHECK --interval=5s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ.get('STANCEGRAPH_PORT', 8000)}/readyz\", timeout=4)"]
CMD ["stancegraph", "serve"]
