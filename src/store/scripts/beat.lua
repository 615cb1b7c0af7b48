-- A sign of life on the channel, with the sequence of the last purge and the time: whoever has missed one hears of it, and
-- whoever hears it late knows how late.
-- KEYS: versions.  ARGV: the channel.
local time = redis.call('TIME')
local now = string.format('%.0f', time[1] * 1000000 + time[2])
return redis.call('PUBLISH', ARGV[1], cjson.encode({ b = redis.call('HGET', KEYS[1], 'seq') or '0', t = now }))
