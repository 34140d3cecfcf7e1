# One image for all services; the command selects the service. See docs/decisions/0015-containers.md.
# `make digests` prints the base image by its digest, which cannot change as a tag can.
ARG PYTHON_IMAGE=python:3.13-slim-bookworm
FROM ${PYTHON_IMAGE} AS build

# The lock has the hash of every installed package. It includes setuptools, which builds our own package
# and the one that is published only as source. pip is not installed.
# For traces: --build-arg LOCK=requirements-image-otel.lock
ARG LOCK=requirements-image.lock
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /build
COPY ${LOCK} ./requirements-image.lock
RUN awk '/^setuptools==/, !/\\$/' requirements-image.lock > build.lock \
 && python -m venv --without-pip /opt/coffeeshop \
 && pip --python /opt/coffeeshop install --quiet --require-hashes -r build.lock \
 && pip --python /opt/coffeeshop install --quiet --require-hashes --no-build-isolation \
    --only-binary :all: --no-binary openapi-ui-bundles -r requirements-image.lock

COPY pyproject.toml README.md LICENSE ./
COPY producer producer
COPY worker worker
COPY notifier notifier
COPY shared shared
COPY shop shop
RUN pip --python /opt/coffeeshop install --quiet --no-index --no-deps --no-build-isolation . \
 && pip --python /opt/coffeeshop uninstall --quiet --yes setuptools \
 && find /opt/coffeeshop -type d -name tests -prune -exec rm -rf {} +

FROM ${PYTHON_IMAGE}

# A running container installs and tests nothing, so pip and the tests go. Its root is read-only: without
# compiling the standard library here, every start would compile it again.
RUN cd /usr/local/lib/python3.13 \
 && rm -rf /usr/local/bin/pip* ensurepip idlelib test site-packages/pip* \
 && python -m compileall -q . \
 && install -d -o 10001 -g 10001 -m 0700 /var/lib/coffeeshop
COPY --from=build /opt/coffeeshop /opt/coffeeshop

ENV PATH=/opt/coffeeshop/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONSAFEPATH=1 \
    COFFEE_HOST=0.0.0.0 \
    COFFEE_PORT=8080 \
    COFFEE_WORKER_PORT=8080 \
    COFFEE_LOG_FORMAT=json \
    COFFEE_STATE_DIR=/var/lib/coffeeshop
# On Fargate a volume is root's, unless the image names it.
VOLUME /var/lib/coffeeshop
USER 10001:10001
WORKDIR /var/lib/coffeeshop
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s \
  CMD ["python", "-m", "shared.runtime.healthcheck"]
CMD ["python", "-m", "producer"]
