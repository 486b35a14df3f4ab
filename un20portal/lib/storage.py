"""Where files of people are kept, as entries of STORAGES: a folder, or a bucket that speaks S3. No Django."""

from typing import Any

Entry = dict[str, Any]
ANSWERS_WITHIN = 20  # seconds; a request must not wait for a bucket as long as a worker lives


def folder(path: str) -> Entry:
    """Keep files in a folder of this machine, readable by the portal only."""
    return {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": path}}


def bucket(name: str, *, endpoint: str, region: str, access_key: str, secret_key: str) -> Entry:
    """Keep files in a private bucket: of AWS without an endpoint, as the machine itself without keys."""
    from botocore.config import Config

    options: Entry = {
        "bucket_name": name,
        "endpoint_url": endpoint or None,
        "region_name": region or None,
        "access_key": access_key or None,
        "secret_key": secret_key or None,
        "default_acl": None,  # whatever the bucket says; files go out through the portal only
        "client_config": Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if endpoint else "auto"},
            connect_timeout=3,
            read_timeout=ANSWERS_WITHIN,
            retries={"total_max_attempts": 2},
            request_checksum_calculation="when_required",  # servers that only speak S3 know no other one
            response_checksum_validation="when_required",
        ),
        "max_memory_size": 1_000_000,
    }
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
