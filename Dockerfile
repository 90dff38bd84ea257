# syntax=docker/dockerfile:1
# Builds one image with all packages, web pages, knowledge base and models, so that nothing is downloaded at run time.
# Pin the two base images by digest for production (docs/how-to/deployment.md says how).
ARG PYTHON_IMAGE=python:3.11.14-slim-bookworm
ARG NODE_IMAGE=node:22.21.1-bookworm-slim

FROM ${NODE_IMAGE} AS web-form
WORKDIR /build/web-form
ENV NEXT_TELEMETRY_DISABLED=1
COPY web-form/package.json web-form/package-lock.json ./
RUN --mount=type=cache,target=/root/.npm npm ci --no-audit --no-fund
COPY web-form/ ./
RUN npm run build

FROM ${PYTHON_IMAGE} AS packages
# Address of the package index of PyTorch's CPU build, which saves several GB. Empty: the default index.
ARG TORCH_INDEX_URL=""
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1
RUN python -m venv /opt/venv
WORKDIR /build
COPY requirements.lock requirements-build.lock requirements-torch-*.lock ./
RUN --mount=type=cache,target=/root/.cache/pip \
    /opt/venv/bin/pip install --require-hashes -r requirements-build.lock && \
    build=${TORCH_INDEX_URL:+cpu} && \
    /opt/venv/bin/pip install --require-hashes --no-deps ${TORCH_INDEX_URL:+--index-url "$TORCH_INDEX_URL"} \
        -r "requirements-torch-${build:-default}.lock" && \
    /opt/venv/bin/pip install --require-hashes --no-build-isolation -r requirements.lock
COPY . .
COPY --from=web-form /build/web-form/out web-form/out
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation .

FROM ${PYTHON_IMAGE} AS system
# KubeRay's probes call wget and its start commands need bash; the system itself needs neither.
# hadolint ignore=DL3008
RUN apt-get update && \
    apt-get install -y --no-install-recommends wget && \
    rm -rf /var/lib/apt/lists/*
RUN useradd --uid 10001 --user-group --no-create-home --home-dir /tmp --shell /usr/sbin/nologin fte && \
    mkdir /data && chown 10001:10001 /data
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH \
    HOME=/tmp \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    HF_HUB_OFFLINE=1 \
    RAY_USAGE_STATS_ENABLED=0 \
    DATA_DIR=/data
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
# Starts a Ray head with the addresses in its environment. KubeRay overrides it with `ray start`.
CMD ["python", "-m", "serve_app", "run"]
