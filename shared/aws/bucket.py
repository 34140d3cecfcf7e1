"""A bucket of photos: made if it is missing, and set up as the shop needs it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from shared.aws.provisioning import OURS
from shared.runtime.startup import StartupError

if TYPE_CHECKING:
    from types_aiobotocore_s3 import S3Client
    from types_aiobotocore_s3.type_defs import CreateBucketConfigurationTypeDef

_FIRST_REGION = "us-east-1"
"""The one region that is not named as a bucket's place."""

_KEEP_DAYS = 14
"""An upload that nobody has looked at is kept as long as SQS keeps its message."""

_CORS: Mapping[str, Any] = {
    "ID": "coffeeshop-forms",
    "AllowedMethods": ["POST"],
    "AllowedOrigins": ["*"],
    "ExposeHeaders": ["x-amz-version-id"],
}
"""Any page may post a form and read the answer: the form is signed, no cookie plays a part."""

LIFECYCLE: Sequence[Mapping[str, Any]] = (
    {
        "ID": "coffeeshop-uploads",
        "Status": "Enabled",
        "Filter": {"Prefix": "uploads/"},
        "Expiration": {"Days": _KEEP_DAYS},
        "NoncurrentVersionExpiration": {"NoncurrentDays": _KEEP_DAYS},
    },
    {
        "ID": "coffeeshop-upload-markers",
        "Status": "Enabled",
        "Filter": {"Prefix": "uploads/"},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    },
    {
        "ID": "coffeeshop-photos",
        "Status": "Enabled",
        "Filter": {"Prefix": "shops/"},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
        "NoncurrentVersionExpiration": {"NoncurrentDays": 1},
    },
    {
        "ID": "coffeeshop-unfinished",
        "Status": "Enabled",
        "Filter": {"Prefix": ""},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    },
)
"""When S3 deletes what the shop does not."""


class ForeignBucketError(StartupError):
    """The bucket exists already, and is not a coffee shop's, or not in this region."""

    def __init__(self, bucket: str, why: str) -> None:
        super().__init__(
            f"There is a bucket {bucket!r} already that {why}; it is left alone. "
            "Set COFFEE_PHOTOS to another name."
        )


async def ensure_bucket(s3: S3Client, bucket: str, account: str) -> None:
    """Create or complete a bucket of this account's; raises ForeignBucketError."""
    await _find_or_create(s3, bucket, account)
    await _secure(s3, bucket)
    await _add_rules(s3, bucket)


async def _find_or_create(s3: S3Client, bucket: str, account: str) -> None:
    try:
        found = await s3.head_bucket(Bucket=bucket, ExpectedBucketOwner=account)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == HTTPStatus.FORBIDDEN:
            raise ForeignBucketError(bucket, "belongs to another account") from error
        if status != HTTPStatus.NOT_FOUND:
            raise
        await _create(s3, bucket)
        return
    region = found.get("BucketRegion", s3.meta.region_name)
    if region != s3.meta.region_name:
        raise ForeignBucketError(bucket, f"is in {region}, not in {s3.meta.region_name}")
    await _refuse_foreign(s3, bucket)


async def _create(s3: S3Client, bucket: str) -> None:
    """Create a bucket with its tag, in one step: without it, it would never be ours."""
    place: CreateBucketConfigurationTypeDef = {
        "Tags": [{"Key": key, "Value": value} for key, value in OURS.items()]
    }
    if s3.meta.region_name != _FIRST_REGION:
        place["LocationConstraint"] = s3.meta.region_name  # type: ignore[typeddict-item]  # one of its regions
    try:
        await s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=place)
    except s3.exceptions.BucketAlreadyOwnedByYou:  # another process was quicker
        await _refuse_foreign(s3, bucket)
    except s3.exceptions.BucketAlreadyExists as error:
        raise ForeignBucketError(bucket, "belongs to another account") from error


async def _refuse_foreign(s3: S3Client, bucket: str) -> None:
    try:
        tags = (await s3.get_bucket_tagging(Bucket=bucket))["TagSet"]
    except ClientError as error:
        if error_code(error) != "NoSuchTagSet":
            raise
        tags = []
    if not OURS.items() <= {tag["Key"]: tag["Value"] for tag in tags}.items():
        wanted = ", ".join(f"{key}={value}" for key, value in OURS.items())
        raise ForeignBucketError(bucket, f"no coffee shop made, or it has lost its tag {wanted}")


async def _secure(s3: S3Client, bucket: str) -> None:
    """Keep all versions, and let nobody in but this account and CloudFront."""
    await s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    await s3.put_public_access_block(
        Bucket=bucket,
        PublicAccessBlockConfiguration={
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
    )


async def _add_rules(s3: S3Client, bucket: str) -> None:
    """Let browsers post forms, and let uploads end, and versions of photos that were put again."""
    cors: Any = []
    try:
        cors = (await s3.get_bucket_cors(Bucket=bucket))["CORSRules"]
    except ClientError as error:
        if error_code(error) != "NoSuchCORSConfiguration":
            raise
    rules = merged(cors, [_CORS], "ID")
    await s3.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": rules})
    lifecycle: Any = []
    try:
        lifecycle = (await s3.get_bucket_lifecycle_configuration(Bucket=bucket))["Rules"]
    except ClientError as error:
        if error_code(error) != "NoSuchLifecycleConfiguration":
            raise
    rules = merged(lifecycle, LIFECYCLE, "ID")
    await s3.put_bucket_lifecycle_configuration(
        Bucket=bucket, LifecycleConfiguration={"Rules": rules}
    )


def merged(found: Iterable[Any], ours: Sequence[Any], key: str) -> list[Any]:
    """Add our rules to those that were found, in place of older ones of our own."""
    own = {each[key] for each in ours}
    return [*(each for each in found if each.get(key) not in own), *ours]


def error_code(error: ClientError) -> str:
    """Return S3's code of an error, or nothing."""
    return error.response.get("Error", {}).get("Code", "")
