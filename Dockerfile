# GraphiQL for the browser, bundled from npm.
FROM node:22-slim AS graphiql
WORKDIR /graphiql
COPY api/http/graphiql/ ./
RUN npm ci --silent && npm run build --silent

# The locked dependencies and the project, in an environment of their own.
FROM python:3.13-slim AS build
WORKDIR /app
RUN python -m venv /app/venv
COPY requirements.lock ./
RUN /app/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md ./
COPY api/ api/
COPY migrations/ migrations/
COPY models/ models/
COPY seeds/ seeds/
COPY --from=graphiql /graphiql/dist/ api/http/graphiql/dist/
RUN /app/venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin stancegraph \
    && mkdir -p /app/var && chown stancegraph /app/var
COPY --from=build /app/venv /app/venv
WORKDIR /app
ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    STANCEGRAPH_HOST=0.0.0.0 \
    STANCEGRAPH_PORT=8000 \
    STANCEGRAPH_LOG_FORMAT=json
USER stancegraph
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request; urllib.request.urlopen('http://127.0.0.1:' + os.environ['STANCEGRAPH_PORT'] + '/readyz', timeout=4)"]
CMD ["stancegraph", "serve"]
