-- Raises the version of each tag to a new sequence number: O(tags), whatever the number of keys. Tells whoever listens,
-- and those who missed it find it in the log.
-- KEYS: versions, log.  ARGV: the highest sequence the caller has seen, the bounds of the hash and of the log, the channel,
-- who purges, 'tags' | 'all' | 'pattern', tags… or the pattern.
-- Reply: the new sequence.
local heads = redis.call('HMGET', KEYS[1], 'seq', 'floor')
local seq, floor = tonumber(heads[1]), tonumber(heads[2])
local seen, kind = tonumber(ARGV[1]), ARGV[6]

local function tell(at, what, names)
  local text, time = string.format('%.0f', at), redis.call('TIME')
  local now = string.format('%.0f', time[1] * 1000000 + time[2])
  local message = cjson.encode({ s = text, o = ARGV[5], k = what, n = names, t = now })
  redis.call('ZADD', KEYS[2], text, message)
  redis.call('ZREMRANGEBYRANK', KEYS[2], 0, -1 - tonumber(ARGV[3]))
  -- Whoever can not be told does not hear the beats either, and asks.
  redis.pcall('PUBLISH', ARGV[4], message)
  return text
end

local function start_anew(at)
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'seq', string.format('%.0f', at), 'floor', string.format('%.0f', at))
  return tell(at, 'all', nil)
end

if not seq or not floor or seq < seen then
  local time = redis.call('TIME')
  return start_anew(math.max(time[1] * 1000000 + time[2], seen + 1, (seq or 0) + 1))
end
if kind == 'all' or redis.call('HLEN', KEYS[1]) > tonumber(ARGV[2]) then
  return start_anew(seq + 1)
end
seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
local text, names = string.format('%.0f', seq), {}
for i = 7, #ARGV do
  names[#names + 1] = ARGV[i]
end
if kind == 'pattern' then
  redis.call('HSET', KEYS[1], '@pattern', text)
else
  for _, name in ipairs(names) do
    redis.call('HSET', KEYS[1], name, text)
  end
end
return tell(seq, kind, names)
