"""The HTTP API: jobs, the cache, health and figures for other programs; `python -m flows.api`.

Here and not in bng_core, because it needs the ways to a worker that only flows knows.

models      what is asked and answered, as OpenAPI shows it
access      who asks: API keys, and how often they may
limits      how large a request may be, and what every answer carries
faults      every error as one JSON object
desk        what the routes share: settings, the run service, the cache
jobs, live, metric, operations    the routes
app         all of it together
"""
