"""Print the matrix: `python -m tests.conformance`."""

from collections import Counter

from .stage import ROUTES, SCENARIOS, why_not
from .test_matrix import matrix
from .ways import WAYS


def main() -> None:
    """Print how many scenarios each way plays on each route, and why others are left out."""
    print(f"{len(SCENARIOS)} scenarios\n")
    print(f"{'':15}" + "".join(f"{route!s:>11}" for route in ROUTES))
    for way in WAYS:
        counts = [
            sum(not why_not(scenario, way, route) for scenario in SCENARIOS.values())
            for route in ROUTES
        ]
        print(f"{way:15}" + "".join(f"{count:>11}" for count in counts))
    print("\nLeft out:")
    reasons = Counter((why, scenario.name) for scenario, _, _, why in matrix() if why)
    by_reason: dict[str, list[str]] = {}
    for why, name in reasons:
        by_reason.setdefault(why, []).append(name)
    for why, names in by_reason.items():
        shown = ", ".join(names) if len(names) <= 8 else f"{len(names)} scenarios"
        print(f"- {why}: {shown}")


if __name__ == "__main__":
    main()
