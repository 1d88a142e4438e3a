# The program for every service of docker-compose.yml; what it does is the command given there.
FROM python:3.11.14-slim-bookworm

RUN useradd --create-home --uid 10001 bng
WORKDIR /app
COPY requirements.lock ./
RUN python -m pip install --no-cache-dir --no-deps --compile -r requirements.lock
COPY pyproject.toml ./
COPY bng_core bng_core
COPY flows flows
COPY dashboards dashboards
COPY notebooks notebooks
COPY sample sample
COPY prefect.yaml ./
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e .

USER bng
ENV PYTHONUNBUFFERED=1 DO_NOT_TRACK=1 PREFECT_HOME=/home/bng/.prefect BNG_DATA_DIR=/home/bng/.bng
