"""Tally: the number of stances with each label, and the net of support and opposition."""

from api.analysis.agreement.net import NetUndefined, NetValue, compute_net
from api.dataset.tallies import LabelCounts
from api.graphql.fields import enum_type, object_type, resolver
from models import StanceLabel

enum_type(
    NetUndefined,
    name="NetUndefinedReason",
    NO_STANCES="There are no stances.",
    NO_SIDES="There are stances, but none takes a side.",
)


@object_type
class StanceNet:
    """(s - o) / (s + o) for s stances in support and o in opposition, with a 95% confidence interval."""

    value: float | None
    """The value, from -1 (all oppose) to 1 (all support); null if it is undefined."""
    lower: float | None
    """The lower bound of Wilson's score interval for the share of support; null if the value is undefined."""
    upper: float | None
    """The upper bound of the interval; null if the value is undefined."""
    undefined_reason: NetUndefined | None
    """Why the value is undefined; null if it is defined."""

    @classmethod
    def of(cls, net: NetValue) -> "StanceNet":
        """Return the object of a net value."""
        return cls(value=net.value, lower=net.lower, upper=net.upper, undefined_reason=net.undefined_reason)


@object_type
class StanceTally:
    """Number of stances with each label. The stances of all annotators count."""

    support: int
    """Number of stances with the label SUPPORT."""
    opposition: int
    """Number of stances with the label OPPOSE."""
    neutral: int
    """Number of stances with the label NEUTRAL."""
    mixed: int
    """Number of stances with the label MIXED."""
    unclear: int
    """Number of stances with the label UNCLEAR."""

    @resolver
    def net(self) -> StanceNet:
        """The net of support and opposition."""
        return StanceNet.of(compute_net(self.support, self.opposition, self.neutral + self.mixed + self.unclear))

    @classmethod
    def of(cls, counts: LabelCounts) -> "StanceTally":
        """Return the tally of counts."""
        support, opposition, neutral, mixed, unclear = (counts[label] for label in StanceLabel)
        return cls(support=support, opposition=opposition, neutral=neutral, mixed=mixed, unclear=unclear)
