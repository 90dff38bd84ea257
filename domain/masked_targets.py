"""Masks the secrets of notification targets where a profile is shown, and puts them back where it is saved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urlsplit

from domain.company import SECRET_PREFIX, Company, NotificationRoute, NotificationTarget
from domain.errors import InvalidProfile

MASK = "********"


def masked(company: Company) -> Company:
    """Return the profile as an answer may show it. The name of a secret is none; Slack's url is one."""
    return _with_targets(company, lambda _place, target: _masked(target))


def unmasked(company: Company, stored: Company) -> Company:
    """Return the profile with the stored secrets where they are masked.

    Raises:
        InvalidProfile: There is none for a target: it has to be written again.
    """
    known = {_masked(target): target for route in stored.notifications for target in route.targets}

    def restore(place: str, target: NotificationTarget) -> NotificationTarget:
        if MASK not in (target.secret, urlsplit(target.url).path.strip("/")):
            return target
        if target not in known:
            name = "secret" if target.secret == MASK else "url"
            raise InvalidProfile({f"{place}.{name}": "this is masked; write it again"})
        return known[target]

    return _with_targets(company, restore)


def _masked(target: NotificationTarget) -> NotificationTarget:
    secret = target.secret
    if secret and not secret.startswith(SECRET_PREFIX):
        secret = MASK
    url = target.url
    if target.kind == "slack" and url:
        parts = urlsplit(url)
        url = f"{parts.scheme}://{parts.netloc}/{MASK}"
    return replace(target, secret=secret, url=url)


def _with_targets(
    company: Company, change: Callable[[str, NotificationTarget], NotificationTarget]
) -> Company:
    def changed(number: int, route: NotificationRoute) -> NotificationRoute:
        place = f"notifications.{number}"
        then = tuple(change(f"{place}.then.{at}", target) for at, target in enumerate(route.then))
        return replace(route, to=change(f"{place}.to", route.to), then=then)

    routes = tuple(changed(number, route) for number, route in enumerate(company.notifications))
    return replace(company, notifications=routes) if routes else company
