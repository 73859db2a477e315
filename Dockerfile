# The pipeline in a box:
#   docker build -t lockstep .
#   docker run -v "$(pwd)/outputs:/app/outputs" lockstep
# runs the default pipeline and leaves reports, models and the MLflow store in outputs/. Other commands work too:
#   docker run lockstep dvc exp run -S tune.n_trials=20
FROM python:3.11-slim-bookworm AS packages
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.lock /tmp/
RUN python -m pip install --require-hashes -r /tmp/requirements.lock

FROM python:3.11-slim-bookworm
# DVC reads experiments and revisions through git.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends git make \
 && rm -rf /var/lib/apt/lists/*
RUN useradd --create-home --uid 1000 lockstep
COPY --from=packages /opt/venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 HOME=/home/lockstep USER=lockstep
WORKDIR /app
COPY . /app
# `dvc exp run` commits, so it needs a name; a build context without history gets a first commit.
# Any user may write the working copy, so that `docker run --user "$(id -u):$(id -g)"` works.
RUN python -m pip install --no-cache-dir --no-deps --no-build-isolation -e . \
 && git config --system user.name lockstep \
 && git config --system user.email lockstep@localhost \
 && git config --system --add safe.directory /app \
 && { git rev-parse HEAD >/dev/null 2>&1 || { git init -q && git add -A && git commit -q -m "build context"; }; } \
 && mkdir -p outputs && chmod -R a+rwX /app /home/lockstep
USER lockstep
CMD ["sh", "-c", "if [ ! -w outputs ]; then echo \"outputs/ is not writable for user $(id -u): run the container with --user and the numbers of the folder's owner\" >&2; exit 1; fi; lockstep check && dvc repro && cp -R reports models outputs/ && { [ ! -d mlruns ] || cp -R mlruns outputs/; }"]
