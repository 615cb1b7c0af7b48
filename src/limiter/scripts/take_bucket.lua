-- Takes tokens of a bucket: what is needed and, of the rest, at most a quarter for later.
-- KEYS: bucket.
-- ARGV: capacity, interval in ms, tokens an interval brings, now in ms, the least to take, what is needed, more for later.
-- Reply: taken, when it last got tokens, tokens left.
local capacity, interval, refill, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local least, needed, more = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
local held = redis.call('HMGET', KEYS[1], 'refilledAt', 'tokens')
local refilled, tokens = tonumber(held[1]), tonumber(held[2])
if not refilled or not tokens then
  refilled, tokens = now, capacity
elseif now >= refilled + interval then
  local refills = math.floor((now - refilled) / interval)
  tokens = math.min(capacity, tokens + refills * refill)
  refilled = refilled + refills * interval
end
if tokens < least then
  return { 0, refilled, tokens }
end
local taken = math.min(needed, tokens)
taken = taken + math.min(more, math.floor((tokens - taken) / 4))
if taken > 0 then
  tokens = tokens - taken
  redis.call('HSET', KEYS[1], 'refilledAt', string.format('%.0f', refilled), 'tokens', string.format('%.0f', tokens))
  -- Once it would be full there is nothing to remember.
  local wait = math.ceil((capacity - tokens) / refill) * interval
  if wait > 0 then
    redis.call('PEXPIRE', KEYS[1], string.format('%.0f', wait))
  end
end
return { taken, refilled, tokens }
