import uuid

import pytest
from redis import Redis

from bng_core.cache import PREFIX, open_cache

NOBODY = "redis://127.0.0.1:9/0"


def test_an_answer_is_found_by_its_key_until_its_time_is_over(services):
    cache, key, run_id = open_cache(services.redis_url, 120), uuid.uuid4().hex, uuid.uuid4()

    cache.keep(key, run_id)

    assert cache.find(key) == run_id
    assert cache.find("another key") is None
    with Redis.from_url(services.redis_url) as redis:
        assert 0 < redis.ttl(PREFIX + key) <= 120


def test_a_forgotten_answer_is_not_found(services):
    cache, key = open_cache(services.redis_url, 120), uuid.uuid4().hex
    cache.keep(key, uuid.uuid4())

    with Redis.from_url(services.redis_url) as redis:
        redis.pexpire(PREFIX + key, 0)

    assert cache.find(key) is None


@pytest.mark.parametrize("address", [None, NOBODY])
def test_without_redis_nothing_is_found_and_nothing_fails(address):
    cache = open_cache(address, 120)

    cache.keep("key", uuid.uuid4())

    assert cache.find("key") is None
