"""Prompt templates: Jinja2's language without its power, so that a stranger's template is data and never a program.

Jinja's own sandbox keeps a template away from Python, but not from the processor and the memory: ``{{ 'a' * 10**10 }}``
or ten lines of ``{% set x = [x, x] %}`` stop a server. So only Jinja's lexer and parser are used here; what they parse
is checked against a list of what is allowed (``rules``) and evaluated by a small interpreter (``evaluate``) that knows
JSON values only, has no attribute of a Python object to give away, and pays for every step from a budget. Where both
accept a template, the text is the one that Jinja's sandbox with StrictUndefined renders; a test holds the two together.

Allowed: ``{{ expression }}``, ``if``, ``for`` (three deep), ``set``, ``raw``, comments, the filters and tests listed in
``filters`` and ``tests``, and ``{{ row["First name"] }}`` for a column whose name is no identifier.
"""

from begat.core.templates.template import (
    MAX_SOURCE,
    ParsedTemplate,
    Rendered,
    check_variables,
    parse,
    render,
)

__all__ = ["MAX_SOURCE", "ParsedTemplate", "Rendered", "check_variables", "parse", "render"]
