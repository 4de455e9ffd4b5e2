"""Roles in a project: each may do what the ones before it may."""

from __future__ import annotations

from enum import IntEnum


class Role(IntEnum):
    """What a principal may do in a project."""

    VIEWER = 1
    REVIEWER = 2
    EDITOR = 3
    OPERATOR = 4
    OWNER = 5
