"""Places of keys, beside a dict of them."""

from random import Random

from api_openai.bulk.places import Places


def test_places_are_what_a_dict_says() -> None:
    random, places, expected = Random(7), Places(), dict[str, int]()
    for _ in range(20_000):
        key, number = f"row-{random.randrange(9000)}", random.randrange(1 << 63)
        places.put(key, number)
        expected[key] = number
    assert {key: places.get(key) for key in expected} == expected
    assert [places.get(f"row-{number}") for number in range(9000, 9100)] == [None] * 100
