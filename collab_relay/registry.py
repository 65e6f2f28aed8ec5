"""Who is at which process, as Redis knows it: ids and numbers, for seconds.

Promises: every key dies by itself, within ten seconds of nobody renewing it (the debts of one who
asked too often: when they are paid, at most an hour). Numbers of connections only go up, also when
Redis has forgotten them. What is somebody else's by now is neither renewed nor deleted. Nothing of
an instance but its id is ever here: no names, addresses, friends or boxes.

The only module that speaks to Redis, but for the channel layer of `cluster`. `UNREACHABLE` is what
its functions raise when they cannot. One client, the event loop's thread.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

UNREACHABLE = (RedisError, OSError, TimeoutError)
PREFIX = "portfolio-relay:"
HERE_SECONDS = 10
ANSWER_SECONDS = 2.0
AT_ONCE = 500  # keys in one command: Redis does nothing else meanwhile

# The number is the time in microseconds, or one more than any before it. What was there is told.
ENTER = """
local now = redis.call('TIME')
local number = tonumber(now[1]) * 1000000 + tonumber(now[2])
local last = tonumber(redis.call('GET', KEYS[1]) or 0)
local there = redis.call('GET', KEYS[2])
local theirs = there and tonumber(string.match(there, '^%d+')) or 0
number = math.max(number, last + 1, theirs + 1)
local text = string.format('%.0f', number)
redis.call('SET', KEYS[1], text, 'PX', ARGV[2])
redis.call('SET', KEYS[2], text .. ' ' .. ARGV[1], 'PX', ARGV[2])
return {text, there or '', redis.call('PTTL', KEYS[3]), redis.call('PTTL', KEYS[4])}
"""

# For each id: 0 it is ours and lives on, 1 it was missing and is ours again, or who has it now.
HOLD = """
local found = {}
for i, key in ipairs(KEYS) do
  local mine = ARGV[i + 2] .. ' ' .. ARGV[1]
  local there = redis.call('GET', key)
  if there == mine then
    redis.call('PEXPIRE', key, ARGV[2])
    found[i] = 0
  elseif not there or tonumber(string.match(there, '^%d+')) < tonumber(ARGV[i + 2]) then
    redis.call('SET', key, mine, 'PX', ARGV[2])
    found[i] = 1
  else
    found[i] = string.match(there, '^%d+')
  end
end
return found
"""

LEAVE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
for i = 2, 3 do
  if tonumber(ARGV[i]) > redis.call('PTTL', KEYS[i]) and tonumber(ARGV[i]) > 0 then
    redis.call('SET', KEYS[i], '', 'PX', ARGV[i])
  end
end
"""

BEAT = """
local now = redis.call('TIME')
local ms = tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ms)
redis.call('ZADD', KEYS[1], ms + tonumber(ARGV[2]), ARGV[1])
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return redis.call('ZRANGE', KEYS[1], 0, -1)
"""


class Entered(NamedTuple):
    number: int
    older: str  # the process of the connection before this one, or ""
    spent: float  # seconds until the bucket of the id is full again
    knocked: float  # the same of knocks


class Held(NamedTuple):
    missing: bool  # some were not there, so that nobody could find them
    replaced: list[tuple[str, int]]  # ids that are somewhere else by now, and their numbers


class Registry:
    """`process` is the name of ours, once it has one."""

    def __init__(self, url: str, process: str = "") -> None:
        self.process = process
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=16,
            timeout=ANSWER_SECONDS,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            # Again for a connection of before a restart; not when there is no answer in time.
            retry=Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
            decode_responses=True,
        )
        self._redis: Any = Redis.from_pool(pool)
        scripts = (ENTER, HOLD, LEAVE, BEAT)
        self._enter, self._hold, self._leave, self._beat = map(self._redis.register_script, scripts)

    async def beat(self) -> list[str]:
        """We are there; who is, ourselves included."""
        found = await self._beat([PREFIX + "processes"], [self.process, _ms(HERE_SECONDS)])
        return list(found)

    async def end(self) -> None:
        await self._redis.zrem(PREFIX + "processes", self.process)

    async def enter(self, user_id: str) -> Entered:
        """This id is here from now on."""
        keys = [PREFIX + "number", _at(user_id), _spent(user_id), _knocked(user_id)]
        found = await self._enter(keys, [self.process, _ms(HERE_SECONDS)])
        number, older, spent, knocked = found
        place = older.partition(" ")[2]
        return Entered(int(number), place, max(0, spent) / 1000, max(0, knocked) / 1000)

    async def hold(self, numbers: dict[str, int]) -> Held:
        """These connections live on, unless they are replaced by newer ones."""
        missing, replaced = False, []
        for some in _chunks([*numbers]):
            values = [str(numbers[user_id]) for user_id in some]
            keys = [_at(user_id) for user_id in some]
            found = await self._hold(keys, [self.process, _ms(HERE_SECONDS), *values])
            missing = missing or 1 in found
            replaced += [
                (who, int(it)) for who, it in zip(some, found, strict=True) if it not in (0, 1)
            ]
        return Held(missing, replaced)

    async def leave(self, user_id: str, number: int, spent: float, knocked: float) -> None:
        keys = [_at(user_id), _spent(user_id), _knocked(user_id)]
        await self._leave(keys, [f"{number} {self.process}", _ms(spent), _ms(knocked)])

    async def find(self, user_ids: Iterable[str]) -> dict[str, str]:
        """At which processes these are, of those who are anywhere."""
        places: dict[str, str] = {}
        for some in _chunks([*user_ids]):
            found = await self._redis.mget([_at(user_id) for user_id in some])
            places |= {
                user_id: value.partition(" ")[2]
                for user_id, value in zip(some, found, strict=True)
                if value
            }
        return places

    async def is_new(self, nonce: str, seconds: int) -> bool:
        """False when it was asked about before."""
        return bool(await self._redis.set(PREFIX + "nonce:" + nonce, "", nx=True, ex=seconds))

    async def close(self) -> None:
        await self._redis.aclose()


def _at(user_id: str) -> str:
    return PREFIX + "at:" + user_id


def _spent(user_id: str) -> str:
    return PREFIX + "spent:" + user_id


def _knocked(user_id: str) -> str:
    return PREFIX + "knocked:" + user_id


def _ms(seconds: float) -> int:
    return int(seconds * 1000)


def _chunks(items: list[str]) -> Iterable[list[str]]:
    return (items[start : start + AT_ONCE] for start in range(0, len(items), AT_ONCE))
