"""The server: from a GraphQL request over HTTP down to one SQL statement, and back."""

import os

# Before numpy is imported: products of matrices take one thread. What is worked out must leave the other cores to what
# answers, and on a busy machine threads that wait for one another take twenty times as long.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
