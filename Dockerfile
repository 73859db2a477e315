# The pipeline in a box; docs/container.md says more.
#   docker build -t lockstep .
#   docker run -v "$(pwd)/outputs:/app/outputs" lockstep
# runs the default pipeline and leaves the result in outputs/. Other commands work too:
#   docker run lockstep dvc exp run -S tune.n_trials=20
# An exact tag; `docker buildx imagetools inspect` tells its digest, to be added as @sha256:... where that is wanted.
ARG BASE=python:3.11.7-slim-bookworm

FROM ${BASE} AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.lock pyproject.toml docker/unneeded.py /tmp/
RUN python -m pip install --require-hashes -r /tmp/requirements.lock \
 && python -m pip uninstall --quiet --yes $(python /tmp/unneeded.py /tmp/pyproject.toml)

FROM ${BASE}
# DVC reads experiments and revisions through git.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git \
 && rm -rf /var/lib/apt/lists/*
COPY --from=packages /opt/venv /opt/venv
# Nothing but /app and /tmp is written to, so that both a read-only root and any `--user` work.
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 \
    HOME=/tmp USER=lockstep DVC_SITE_CACHE_DIR=/tmp/dvc DVC_NO_ANALYTICS=1
RUN useradd --uid 1000 lockstep
WORKDIR /app
COPY . /app
# `dvc exp run` commits, so it needs a name; a build context without history gets a first commit, as does a worktree,
# whose .git is a file that names a folder outside.
RUN python -m pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e . \
 && git config --system user.name lockstep \
 && git config --system user.email lockstep@localhost \
 && git config --system --add safe.directory /app \
 && { [ -d .git ] || rm -f .git; } \
 && { git rev-parse HEAD >/dev/null 2>&1 || { git init -q && git add -A && git commit -q -m "build context"; }; } \
 && mkdir -p outputs && chmod -R a+rwX /app
USER lockstep
# No HEALTHCHECK: this is a batch job, whose health is its exit code.
CMD ["docker/run.sh"]
