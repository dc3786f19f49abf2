# One image for every service; docker-compose.yml says which command each of them runs.
ARG PYTHON=3.13

FROM python:${PYTHON}-slim AS packages
WORKDIR /app
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy
COPY deploy/install.sh deploy/
COPY deploy/requirements deploy/requirements
RUN deploy/install.sh run && .venv/bin/python -m pip uninstall --quiet --yes uv pip

FROM python:${PYTHON}-slim
RUN useradd --uid 10001 --home-dir /var/lib/kasparro --shell /usr/sbin/nologin kasparro \
    && install --directory --owner=kasparro --group=kasparro --mode=700 /var/lib/kasparro
WORKDIR /app
COPY --from=packages /app/.venv .venv
COPY profiles.yml ./
COPY kasparro kasparro
COPY extract extract
COPY dbt_project dbt_project
COPY flows flows
COPY api api
COPY providers providers
RUN .venv/bin/python -m compileall -q kasparro extract flows api providers

ENV PATH=/app/.venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    KASPARRO_HOME=/var/lib/kasparro \
    API_HOST=0.0.0.0 \
    API_PORT=8000
USER 10001
VOLUME /var/lib/kasparro
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=5 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ[\"API_PORT\"]}/health/live', timeout=4)"]
CMD ["python", "-m", "api"]
