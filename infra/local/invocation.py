"""Calls a handler of `app.py` as Lambda does: with an event and a context, and with an error that ends the call alone."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalice.local import LambdaContext

from infra.local.lines import say

TIMEOUT_S = 300
MEMORY_MB = 1024

Handler = Callable[[dict[str, Any], LambdaContext], object]
Invoke = Callable[[Handler, dict[str, Any], str], bool]


class Lambda:
    """Room for handlers to run in; each call has a thread of it, as each invocation has an environment on AWS."""

    def __init__(self, *, concurrency: int) -> None:
        self._environments = ThreadPoolExecutor(concurrency, thread_name_prefix="lambda")

    def __call__(self, handler: Handler, event: dict[str, Any], function: str) -> bool:
        """Run it and say whether it returned; what it raised has been told."""
        context = LambdaContext(function, MEMORY_MB, max_runtime_ms=TIMEOUT_S * 1000)
        error = self._environments.submit(handler, event, context).exception()
        if error is not None:
            say(f"{function} raised {error!r}", level="ERROR", exception="".join(traceback.format_exception(error)))
        return error is None
