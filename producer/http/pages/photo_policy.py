"""The content security policy of pages that show photos, or send them to where they are kept."""

from __future__ import annotations

from urllib.parse import urlsplit

from producer.context import PhotoContext
from shared.domain.errors import UnavailableError
from shared.web.headers import CONTENT_SECURITY_POLICY


def with_photos(photos: PhotoContext) -> str:
    """Extend the policy by the host of the photos, unless that is this one."""
    return _allowing(CONTENT_SECURITY_POLICY, "img-src", photos.url)


async def with_uploads(photos: PhotoContext) -> str:
    """Extend it by where forms lead to, too, which is S3 unless the shop keeps photos itself."""
    policy = with_photos(photos)
    if photos.uploads is not None:
        return policy
    try:
        form = await photos.form("any", "")
    except UnavailableError:
        return policy
    return _allowing(policy, "connect-src", form.url)


def _allowing(policy: str, directive: str, url: str) -> str:
    address = urlsplit(url)
    if not address.netloc:
        return policy
    host = f"{address.scheme}://{address.netloc}"
    return policy.replace(f"{directive} 'self'", f"{directive} 'self' {host}")
