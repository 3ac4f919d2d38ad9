"""What the property tests share: how far they look, and JSON values to look at."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings, strategies as st

# The same examples every time, so that a failure is a change's and not chance's.
bounded = settings(max_examples=100, derandomize=True, deadline=None, database=None)
# A hostile answer is small as it is; to shrink one takes minutes.
fuzzing = settings(
    bounded,
    max_examples=50,
    phases=[Phase.explicit, Phase.generate],
    report_multiple_bugs=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
urls = st.builds("{}://{}".format, st.sampled_from(["http", "https"]), texts)


def nested(leaves, keys=texts):
    """JSON of lists and objects around leaves."""
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4),
        max_leaves=20,
    )


numbers = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
scalars = st.none() | st.booleans() | numbers | texts
