"""The one way from Python to Android's Java classes; works only on a phone."""

from importlib import import_module
from typing import Any

type Java = Any
"""A Java class or object: pyjnius knows its members at run time only."""


def java_class(name: str) -> Java:
    """Return the Java class of that full name."""
    return import_module("jnius").autoclass(name)


def java_error() -> type[Exception]:
    """Return the class of exceptions that Java code raises."""
    found: type[Exception] = import_module("jnius").JavaException
    return found
