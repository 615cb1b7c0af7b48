-- What was purged since a sequence, for whoever did not listen meanwhile.
-- KEYS: versions, log.  ARGV: the sequence.
-- Reply: the sequence now (0: there is none), and the messages since, the oldest first.
local reply = redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')
table.insert(reply, 1, redis.call('HGET', KEYS[1], 'seq') or '0')
return reply
