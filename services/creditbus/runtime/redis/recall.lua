-- Tell of records each arrival that is known: which of the records asked for, place, state and subject.
-- ARGV: prefix, and source and id of each record, packed. Of a record that nobody knows nothing is told.
-- What waits for its entry is told as AWAITED; the state of what nobody has decided is empty.
local prefix, found = ARGV[1], {}
for number, asked in ipairs(cmsgpack.unpack(ARGV[2])) do
  local source, record = asked[1], asked[2]
  for _, place in ipairs(redis.call('ZRANGE', prefix .. 'record ' .. source .. ' ' .. record, 0, -1)) do
    local told = redis.call('HMGET', prefix .. 'arrival ' .. source .. ' ' .. place, 'state', 'subject', 'content')
    local state = told[1] or ''
    if state == 'APPLIED' and told[3] == 'WAITING' then
      state = 'AWAITED'
    end
    found[#found + 1] = {number - 1, place, state, told[2] or ''}
  end
end
return found
