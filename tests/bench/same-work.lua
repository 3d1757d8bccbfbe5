-- The peer of SM.SEND: what a user of Redis writes for a machine of two states, with everything Detent keeps of a
-- transition. KEYS[1] is the machine, ARGV[1] the time in milliseconds, ARGV[2] the event.
local machine, now, event = KEYS[1], ARGV[1], ARGV[2]
local transitions = { off = { GO = 'on' }, on = { GO = 'off' } }
local from = redis.call('HGET', machine, 'state') or 'off'
local to = transitions[from][event]
if to == nil then
  return redis.error_reply('ILLEGAL event ' .. event .. ' in ' .. from)
end
local rev = redis.call('HINCRBY', machine, 'rev', 1)
redis.call('HSET', machine, 'state', to, 'since', now)
-- History, index by state and time, counters, change stream.
redis.call('RPUSH', machine .. ':history', cjson.encode({ rev, now, event, from, to }))
redis.call('ZREM', 'state:' .. from, machine)
redis.call('ZADD', 'state:' .. to, now, machine)
redis.call('HINCRBY', 'counts', from, -1)
redis.call('HINCRBY', 'counts', to, 1)
redis.call('XADD', 'changes', 'MAXLEN', '~', '1000000', '*',
  'key', machine, 'rev', rev, 'event', event, 'from', from, 'to', to, 'at', now)
return to
