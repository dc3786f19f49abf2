"""Fault plans: which requests go wrong, and how.

A plan is a list of rules. A rule picks requests (provider, path, query, which of those that match, or by chance) and
names one fault. The first rule that picks a request decides. In Python:

    Plan([Rule(TooManyRequests(retry_after=2), provider="coingecko", path="/coins/markets", nth=3)])

and the same as JSON, for `--faults`:

    {"rules": [{"provider": "coingecko", "path": "/coins/markets", "nth": 3,
                "fault": {"kind": "too_many_requests", "retry_after": 2}}]}
"""

from providers.faults.plan import Plan, Rule

__all__ = ["Plan", "Rule"]
