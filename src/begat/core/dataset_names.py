"""A table's full name, and the namespace and name that OpenLineage (openlineage.io, Naming) knows it by."""

from __future__ import annotations

OWN = "begat"
"""The namespace of begat's own assets: what is in it is never a table."""


def full_name(namespace: str, name: str) -> str:
    """The full name of a dataset: an address and the name in it are joined by a slash, a catalog (or whatever else is
    no address) and the name in it by a dot, unless the name says the catalog itself."""
    if "://" in namespace:
        return f"{namespace if namespace.endswith('://') else namespace.rstrip('/')}/{name.lstrip('/')}"
    return name if name == namespace or name.startswith(f"{namespace}.") else f"{namespace}.{name}"


def dataset(full_name: str) -> tuple[str, str]:
    """The namespace and the name of a table; `full_name` makes the same of them."""
    scheme, address, rest = full_name.partition("://")
    authority, slash, path = rest.partition("/")
    if address and slash and authority and path and not path.startswith("/"):
        return f"{scheme}://{authority}", path
    return full_name.partition(".")[0] or full_name, full_name
