# One image for pages, worker and beat; docker-compose.yml says which of them a container is.
FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
WORKDIR /portal

# what typesets the committee papers, and glyphs of six languages
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-noto-core fonts-noto-cjk \
    && rm -rf /var/lib/apt/lists/*

COPY requirements/base.txt requirements/
RUN pip install --no-cache-dir --require-hashes --requirement requirements/base.txt

COPY . .
# catalogues are compiled here; var/ is all that the portal writes to
RUN for catalogue in locale/*/LC_MESSAGES/*.po; do \
        test ! -e "$catalogue" || pybabel compile --input-file "$catalogue" --output-file "${catalogue%.po}.mo" || exit 1; \
    done \
    && useradd --system --no-create-home portal \
    && mkdir -p var/static var/evidence \
    && chown -R portal:portal var

USER portal
EXPOSE 8000
CMD ["gunicorn", "un20portal.wsgi", "--workers", "3", "--threads", "4", "--bind", "0.0.0.0:8000"]
