-- A sign of life on the channel, with the sequence of the last purge: whoever has missed one hears of it.
-- KEYS: versions.  ARGV: the channel.
return redis.call('PUBLISH', ARGV[1], cjson.encode({ b = redis.call('HGET', KEYS[1], 'seq') or '0' }))
