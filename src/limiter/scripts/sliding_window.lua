-- One decision of the sliding window. The same rule as limiter/sliding_window.rs, on two counters in Redis.
-- KEYS: current bucket, previous bucket.  ARGV: limit, now in ms, window in ms, cost.
-- Reply: what remains, negative when refused.
local limit, now, window, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
local previous = tonumber(redis.call('GET', KEYS[2]) or '0')
local weighted = math.floor((1 - (now % window) / window) * previous)
if cost > 0 and weighted + current >= limit then
  return -1
end
current = redis.call('INCRBY', KEYS[1], cost)
if current == cost then
  redis.call('PEXPIRE', KEYS[1], window * 2 + 1000)
end
return limit - (current + weighted)
