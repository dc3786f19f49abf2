"""A market that is made up: a seeded random walk over any number of coins, with the flaws of life."""

from providers.generated.market import GeneratedMarket

__all__ = ["GeneratedMarket"]
