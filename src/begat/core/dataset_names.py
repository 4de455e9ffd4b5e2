"""A table's full name, and the namespace and name that OpenLineage (openlineage.io, Naming) knows it by."""

from __future__ import annotations

OWN = "begat"
"""The namespace of begat's own assets: what is in it is never a table."""


def full_name(namespace: str, name: str) -> str:
    """The full name of a dataset: an address and the name in it are joined by a slash, a catalog (or whatever else is
    no address) and the name in it by a dot, unless the name begins with the namespace itself."""
    if name == namespace or name.startswith((f"{namespace}.", f"{namespace}/")):
        return name
    if "://" in namespace:
        return f"{namespace if namespace.endswith('://') else namespace.rstrip('/')}/{name.lstrip('/')}"
    return f"{namespace}.{name}"


def dataset(full: str) -> tuple[str, str]:
    """The namespace and the name of a table; `full_name` makes the same of them."""
    scheme, _, rest = full.partition("://")
    authority, _, path = rest.partition("/")
    address = f"{scheme}://{authority}"
    if authority and path and full_name(address, path) == full:
        return address, path
    return full.partition(".")[0] or full, full
