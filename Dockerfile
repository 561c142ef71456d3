# Two images from one file, after the browser's libraries are fetched: `serve` answers photos and stays small (no torch); `worker` retrains.
FROM python:3.12-slim AS pages
WORKDIR /app
COPY requirements/npm.txt package.json package-lock.json ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r npm.txt
RUN npm ci --ignore-scripts --no-audit --no-fund && npm run vendor

FROM python:3.12-slim AS serve
WORKDIR /app
RUN apt-get update && apt-get install -y --no-install-recommends libglib2.0-0 && rm -rf /var/lib/apt/lists/*
COPY requirements/serve.txt requirements/serve.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/serve.txt
COPY . .
COPY --from=pages /app/service/pages/static/vendor service/pages/static/vendor
# Editable, so that configs/ beside the packages is found.
RUN pip install --no-cache-dir setuptools && pip install --no-cache-dir --no-deps --no-build-isolation --editable .
RUN useradd --create-home shelfloop && mkdir /data && chown shelfloop /data
USER shelfloop
ENV SHELFLOOP_HOME=/data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --start-period=20s CMD python -c "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/readyz')"
CMD ["shelfloop", "serve", "--host", "0.0.0.0", "--port", "8000"]

FROM serve AS worker
USER root
COPY requirements/train.txt requirements/train.txt
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements/train.txt
USER shelfloop
HEALTHCHECK NONE
CMD ["shelfloop", "worker"]
