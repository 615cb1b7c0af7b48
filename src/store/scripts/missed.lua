-- What was purged since a sequence, for whoever did not listen meanwhile.
-- KEYS: versions, log.  ARGV: the sequence.
-- Reply: the sequence now (0: there is none), the time in µs, what the log has of the sequence now and of the one asked
-- for (nothing: '', more than one purge: '?'), and the messages since, the oldest first.
local function at(sequence)
  local found = redis.call('ZRANGEBYSCORE', KEYS[2], sequence, sequence)
  return found[2] and '?' or found[1] or ''
end
local time = redis.call('TIME')
local now = redis.call('HGET', KEYS[1], 'seq') or '0'
local reply = { now, string.format('%.0f', time[1] * 1000000 + time[2]), at(now), at(ARGV[1]) }
for _, message in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '(' .. ARGV[1], '+inf')) do
  reply[#reply + 1] = message
end
return reply
