"""The whole system on one machine: Postgres, Valkey, Prefect, a worker and Voilà on 127.0.0.1.

services   what is started, in order, as a short declarative list
supervisor starts it, restarts what died, stops it in reverse order
commands   bng up | down | status
"""
